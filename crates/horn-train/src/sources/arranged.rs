//! Puts targets and weights into the order of a model's outputs.

use horn_nn::{Error, HostArray, Result, Shape, by_name, sizes};

use crate::compiling::objective::OutputObjective;
use crate::sources::data::{argument, check_finite};

/// The weights of the samples in what is computed of one output.
pub(crate) struct Weights<'a> {
    pub array: HostArray<'a>,
    argument: String,
}

impl Weights<'_> {
    /// Checks that the weights are numbers, one for each sample or for each value of the loss.
    pub fn check(&self, output: &OutputObjective) -> Result<()> {
        if self.array.is_strings() {
            return Err(Error::data("the weights are strings")
                .at(self.argument.clone())
                .received(format!("strings of shape {}", sizes(self.array.sizes())))
                .expected("numbers")
                .hint("give one number for each sample"));
        }
        check_finite(&self.array, &self.argument)?;
        let received = self.array.sizes();
        let given = received.len() - received.iter().rev().take_while(|&&size| size == 1).count();
        let output = output.rows_shape();
        let output = output.sizes();
        let steps = &output[..output.len().saturating_sub(1).max(1)];
        let fits = |(own, size): (&usize, &Option<usize>)| size.is_none_or(|size| size == *own);
        if given <= steps.len() && received[1..given.max(1)].iter().zip(&steps[1..]).all(fits) {
            return Ok(());
        }
        let expected = match steps {
            [_] => "(samples,)".to_owned(),
            steps => format!("(samples,) or {}", Shape::new(steps)),
        };
        Err(Error::shape("the weights do not fit the output")
            .at(self.argument.clone())
            .received(sizes(received))
            .expected(expected)
            .hint("give one weight for each sample, or for each step of each sample"))
    }
}

/// The targets of each output, and the names of their arguments in error messages.
pub(crate) fn targets_in_order<'a>(
    y: Vec<HostArray<'a>>,
    outputs: &[OutputObjective],
) -> Result<Vec<Option<(HostArray<'a>, String)>>> {
    let count = y.len();
    let named = y.iter().any(|y| y.name().is_some());
    let given = y.into_iter().enumerate().map(|(at, array)| {
        let name = array.name().map(str::to_owned);
        let argument = name.as_ref().map_or_else(|| argument("y", at, count), |name| format!("y[{name:?}]"));
        (name, (array, argument))
    });
    let needed = outputs.iter().filter(|output| output.needs_targets()).count();
    let ordered: Vec<_> = if named {
        by_name("y", given.collect(), &names(outputs))?
    } else if count == outputs.len() {
        given.map(|(_, target)| Some(target)).collect()
    } else if count == needed {
        // Outputs without a loss or metrics may be left out.
        let mut given = given.map(|(_, target)| target);
        outputs.iter().map(|output| if output.needs_targets() { given.next() } else { None }).collect()
    } else {
        return Err(Error::shape("there are not targets for each output")
            .at("y")
            .received(format!("{count} arrays"))
            .expected(format!("{}: {}", outputs.len(), names(outputs).join(", ")))
            .hint("give one array for each output of the model, in this order"));
    };
    match outputs.iter().zip(&ordered).find(|(output, target)| output.needs_targets() && target.is_none()) {
        None => Ok(ordered),
        Some((output, _)) => Err(Error::data("an output has no targets")
            .at("y")
            .received(format!("none for {:?}", output.name))
            .expected(names(outputs).join(", "))
            .hint("give its targets, or compile the model without a loss and metrics of this output")),
    }
}

/// The weights of the samples for each output. An array with one weight for each sample counts for all outputs.
pub(crate) fn weights_in_order<'a>(
    weights: Vec<HostArray<'a>>,
    y: &[HostArray<'a>],
    outputs: &[OutputObjective],
) -> Result<Vec<Option<Weights<'a>>>> {
    let count = weights.len();
    let one_for_all = |weights: &HostArray<'_>| matches!(weights.sizes(), [_] | [_, 1]);
    let named = weights.iter().any(|weights| weights.name().is_some());
    let given = weights.into_iter().enumerate().map(|(at, array)| {
        let name = array.name().map(str::to_owned);
        let list = || argument("sample_weight", at, count);
        let argument = name.as_ref().map_or_else(list, |name| format!("sample_weight[{name:?}]"));
        (name, Weights { array, argument })
    });
    let mut given: Vec<_> = given.collect();
    if named {
        return by_name("sample_weight", given, &names(outputs));
    }
    if count == 0 {
        return Ok(outputs.iter().map(|_| None).collect());
    }
    if count == outputs.len() {
        return Ok(given.into_iter().map(|(_, weights)| Some(weights)).collect());
    }
    if count == y.len() && y.iter().all(|y| y.name().is_none()) {
        let mut given = given.into_iter().map(|(_, weights)| weights);
        let weights = |output: &OutputObjective| if output.needs_targets() { given.next() } else { None };
        return Ok(outputs.iter().map(weights).collect());
    }
    match given.pop() {
        Some((_, Weights { array, argument })) if count == 1 && one_for_all(&array) => {
            let weights = |_| Some(Weights { array: array.clone(), argument: argument.clone() });
            Ok(outputs.iter().map(weights).collect())
        }
        last => Err(Error::shape("there are not weights for each output")
            .at("sample_weight")
            .received(match last {
                Some((_, weights)) if count == 1 => format!("one array {}", sizes(weights.array.sizes())),
                _ => format!("{count} arrays"),
            })
            .expected(format!("{}: {}", outputs.len(), names(outputs).join(", ")))
            .hint("give one array for each output, or one number for each sample")),
    }
}

fn names(outputs: &[OutputObjective]) -> Vec<&str> {
    outputs.iter().map(|output| output.name.as_str()).collect()
}
