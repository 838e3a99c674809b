//! Samples with their targets and weights: arranged and checked before anything is computed, then divided into batches.

use burn::tensor::Device;
use horn_nn::{AnyTensor, Error, HostArray, Result, Shape, Signal, inputs_in_order, sizes, unsupported_rank};

use crate::compiling::objective::OutputObjective;
use crate::losses::{Loss, TargetKind};
use crate::sources::arranged::{Weights, targets_in_order, weights_in_order};
use crate::sources::batch::Batch;
use crate::sources::class_weight::ClassWeight;
use crate::sources::data::{Data, argument, check_finite};
use crate::sources::target_values::{check_values, misfit_hint};

/// The data of a model: an array for each input, and targets and weights for each output that needs them.
pub(crate) struct Samples<'a> {
    x: Vec<HostArray<'a>>,
    y: Vec<Targets<'a>>,
}

/// The targets of one output.
struct Targets<'a> {
    array: HostArray<'a>,
    /// The name of the argument in error messages.
    argument: String,
    kind: TargetKind,
    output: OutputObjective,
    weights: Option<Weights<'a>>,
}

impl<'a> Samples<'a> {
    /// Puts the data into the order of the inputs and outputs.
    ///
    /// # Errors
    ///
    /// If there are no samples, the arrays are of different lengths, or there is not an array for each input and for each
    /// output that needs one.
    pub fn new(data: Data<'a>, inputs: &[&str], outputs: &[OutputObjective]) -> Result<Self> {
        data.check_lengths()?;
        let Data { x, y, sample_weight } = data;
        let x = inputs_in_order(x, inputs)?;
        let weights = weights_in_order(sample_weight, &y, outputs)?;
        let y = targets_in_order(y, outputs)?;
        let y = y.into_iter().zip(weights).zip(outputs).filter_map(|((target, weights), output)| {
            let (array, argument) = target.filter(|_| output.needs_targets())?;
            let kind = output.loss.as_ref().map_or(TargetKind::Any, |loss| loss.targets());
            Some(Targets { array, argument, kind, output: output.clone(), weights })
        });
        Ok(Self { x, y: y.collect() })
    }

    /// Data for a custom training step, which alone knows what it does with them. Targets of whole numbers are class
    /// numbers.
    ///
    /// # Errors
    ///
    /// If there are no samples, the arrays are of different lengths, a number is not finite, or weights do not fit the
    /// targets.
    pub fn of_any(data: Data<'a>) -> Result<Self> {
        data.check_lengths()?;
        let Data { x, y, sample_weight } = data;
        let count = y.len();
        let output = |(at, array): (usize, &HostArray<'_>)| {
            OutputObjective::without_loss(argument("y", at, count), array.shape().of_any_batch())
        };
        let outputs: Vec<OutputObjective> = y.iter().enumerate().map(output).collect();
        let weights = weights_in_order(sample_weight, &y, &outputs)?;
        let y = y.into_iter().zip(weights).zip(outputs).map(|((array, weights), output)| {
            let kind = if array.is_integer() { TargetKind::Classes } else { TargetKind::Dense };
            Targets { array, argument: output.name.clone(), kind, output, weights }
        });
        let samples = Self { x, y: y.collect() };
        samples.check()?;
        Ok(samples)
    }

    /// What is computed of the outputs that have targets.
    pub fn outputs(&self) -> Vec<OutputObjective> {
        self.y.iter().map(|targets| targets.output.clone()).collect()
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.x[0].len()
    }

    /// The shapes of the inputs.
    pub fn input_shapes(&self) -> Vec<Shape> {
        self.x.iter().map(HostArray::shape).collect()
    }

    /// Checks the values of the samples, and the targets and weights against the outputs and their losses.
    ///
    /// # Errors
    ///
    /// If a shape does not fit, a number is not finite, or a label is not a valid class.
    pub fn check(&self) -> Result<()> {
        for (at, x) in self.x.iter().enumerate() {
            check_finite(x, &argument("x", at, self.x.len()))?;
        }
        let several = self.y.len() > 1;
        for targets in &self.y {
            check_numbers(&targets.array, &targets.argument)?;
            check_finite(&targets.array, &targets.argument)?;
            let output = &targets.output;
            let name = several.then_some(output.name.as_str());
            match (targets.kind, &output.loss) {
                (TargetKind::Classes, Some(loss)) => targets.check_classes(&output.rows_shape(), loss.as_ref())?,
                (TargetKind::Dense, Some(loss)) => targets.check_dense(&output.shape, loss.as_ref(), name)?,
                _ => {}
            }
            if let Some(loss) = &output.loss {
                check_values(&targets.array, &targets.argument, loss.as_ref())?;
            }
            if let Some(weights) = &targets.weights {
                weights.check(output)?;
            }
        }
        Ok(())
    }

    /// Checks that weights of classes fit the targets.
    ///
    /// # Errors
    ///
    /// If there are weights of samples, too, or the targets have several classes for each sample.
    pub fn check_class_weight(&self, class_weight: &ClassWeight, outputs: &[OutputObjective]) -> Result<()> {
        class_weight.check(outputs)?;
        let Some(targets) = self.y.first() else {
            return Err(Error::argument("there are no targets")
                .at("class_weight")
                .expected("targets, and a loss")
                .hint("remove class_weight"));
        };
        if targets.weights.is_some() {
            return Err(Error::argument("class_weight and sample_weight can't be combined")
                .at("class_weight")
                .received("class_weight and sample_weight")
                .expected("one of them")
                .hint("multiply the weight of each sample by that of its class, and give only sample_weight"));
        }
        class_weight.of_samples(&targets.array, &[]).map(drop)
    }

    /// The samples at the indices `at` as a batch on the device; strings stay on the host.
    pub fn batch(&self, at: &[usize], class_weight: Option<&ClassWeight>, device: &Device) -> Result<Batch> {
        let inputs = self.x.iter().map(|x| x.batch(at, device)).collect::<Result<_>>()?;
        self.with_targets(inputs, at, class_weight, device)
    }

    /// All samples as a batch.
    pub fn into_batch(mut self, class_weight: Option<&ClassWeight>, device: &Device) -> Result<Batch> {
        let all: Vec<usize> = (0..self.len()).collect();
        let inputs = std::mem::take(&mut self.x).into_iter().map(|x| x.into_batch(device)).collect::<Result<_>>()?;
        self.with_targets(inputs, &all, class_weight, device)
    }

    /// These inputs, with the targets and weights of the samples `at`.
    fn with_targets(
        &self,
        inputs: Vec<Signal>,
        at: &[usize],
        class_weight: Option<&ClassWeight>,
        device: &Device,
    ) -> Result<Batch> {
        let plain = device.clone().without_autodiff();
        let target = |targets: &Targets<'_>| match targets.kind {
            TargetKind::Classes => class_batch(&targets.array, at, &plain),
            TargetKind::Dense | TargetKind::Any => targets.array.float_batch(at, &plain),
        };
        let weights = |targets: &Targets<'_>| match (&targets.weights, class_weight) {
            (Some(weights), _) => weights.array.float_batch(at, &plain).map(Some),
            (None, Some(class_weight)) => {
                let weights = class_weight.of_samples(&targets.array, at)?;
                HostArray::new(weights, [at.len()])?.float_batch(&(0..at.len()).collect::<Vec<_>>(), &plain).map(Some)
            }
            (None, None) => Ok(None),
        };
        Ok(Batch {
            len: at.len(),
            inputs,
            targets: self.y.iter().map(target).collect::<Result<_>>()?,
            sample_weights: self.y.iter().map(weights).collect::<Result<_>>()?,
        })
    }
}

/// The targets at the indices `at` as class numbers, in the array's own shape.
fn class_batch(array: &HostArray<'_>, at: &[usize], device: &Device) -> Result<AnyTensor> {
    let classes = array.class_batch(at, device)?;
    let mut sizes = array.sizes().to_vec();
    sizes[0] = at.len();
    Ok(match *sizes {
        [_] => classes.into(),
        [a, b] => classes.reshape([a, b]).into(),
        [a, b, c] => classes.reshape([a, b, c]).into(),
        [a, b, c, d] => classes.reshape([a, b, c, d]).into(),
        [a, b, c, d, e] => classes.reshape([a, b, c, d, e]).into(),
        [a, b, c, d, e, f] => classes.reshape([a, b, c, d, e, f]).into(),
        _ => return Err(unsupported_rank(sizes.len())),
    })
}

impl Targets<'_> {
    fn check_classes(&self, output: &Shape, loss: &dyn Loss) -> Result<()> {
        let (leading, classes) = output.sizes().split_at(output.rank() - 1);
        let labels = match self.array.sizes() {
            [labels @ .., 1] if labels.len() == leading.len() => labels,
            labels => labels,
        };
        let classes = classes[0].unwrap_or(usize::MAX);
        if !Shape::new(leading).accepts(labels) {
            let hint = if self.array.sizes().last() == Some(&classes) {
                "use CategoricalCrossentropy for one-hot targets, or give class numbers"
            } else {
                "give one class number for each row of outputs"
            };
            return Err(Error::shape(format!("the targets do not fit {}", loss.class_name()))
                .at(self.argument.clone())
                .received(format!("{} for outputs {}", sizes(self.array.sizes()), self.output.shape))
                .expected(format!("class numbers {}", Shape::new(leading)))
                .hint(hint));
        }
        match self.array.first_not_class(classes, loss.ignored_class()) {
            None => Ok(()),
            Some((at, label)) => Err(Error::data("a label is not a valid class")
                .at(self.argument.clone())
                .received(format!("{label} at position {at}"))
                .expected(format!("whole numbers from 0 to {}", classes - 1))
                .hint(format!("correct the labels, or give the last layer more than {classes} units"))),
        }
    }

    /// `name` is the output's, if there are several.
    fn check_dense(&self, output: &Shape, loss: &dyn Loss, name: Option<&str>) -> Result<()> {
        let received = self.array.sizes();
        // Keras accepts a vector in place of a column, and a column in place of a vector.
        let vector = output.last() == Some(1) && Shape::new(&output.sizes()[..output.rank() - 1]).accepts(received);
        let column = matches!(received, [leading @ .., 1] if output.accepts(leading));
        if output.accepts(received) || vector || column {
            return Ok(());
        }
        let outputs = name.map_or("the model's outputs".to_owned(), |name| format!("the model's output {name:?}"));
        Err(Error::shape(format!("the targets do not fit {}", loss.class_name()))
            .at(self.argument.clone())
            .received(sizes(received))
            .expected(format!("{output}, as {outputs}"))
            .hint(misfit_hint(loss, received, output.rank())))
    }
}

fn check_numbers(array: &HostArray<'_>, argument: &str) -> Result<()> {
    if !array.is_strings() {
        return Ok(());
    }
    Err(Error::data("the targets are strings")
        .at(argument)
        .received(format!("strings of shape {}", sizes(array.sizes())))
        .expected("numbers")
        .hint("look the classes up: StringLookup with `num_oov_indices(0)`"))
}
