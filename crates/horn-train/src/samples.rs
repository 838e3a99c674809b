//! Samples with their targets: checked before anything is computed, then divided into batches.

use std::sync::Arc;

use burn::tensor::Device;
use horn_nn::random::permutation;
use horn_nn::{AnyTensor, Error, HostArray, Model, Result, Shape, sizes, unsupported_rank};

use crate::batch::{Batch, BatchSource};
use crate::losses::{Loss, TargetKind};
use crate::objective::output_names;

/// The data that `fit` and `evaluate` take: an array for each input and for each output of the model.
pub(crate) struct Samples<'a> {
    x: Vec<HostArray<'a>>,
    y: Vec<Targets<'a>>,
}

/// The targets of one output, and the name of their argument in error messages.
struct Targets<'a> {
    array: HostArray<'a>,
    argument: String,
}

/// The name of one of several arrays in error messages.
fn argument(name: &str, at: usize, count: usize) -> String {
    if count == 1 { name.to_owned() } else { format!("{name}[{at}]") }
}

impl<'a> Samples<'a> {
    /// Pairs samples with targets.
    ///
    /// # Errors
    ///
    /// If there are no samples, or the arrays are of different lengths.
    pub fn new(x: Vec<HostArray<'a>>, y: Vec<HostArray<'a>>) -> Result<Self> {
        let len = x.first().map_or(0, HostArray::len);
        if len == 0 {
            return Err(Error::data("there are no samples")
                .at("x")
                .received(x.first().map_or_else(|| "no array".to_owned(), |x| sizes(x.sizes())))
                .expected("at least one sample")
                .hint("check how the data was loaded or filtered"));
        }
        if let Some(at) = x.iter().position(|x| x.len() != len) {
            return Err(Error::data("the inputs are of different lengths")
                .at(argument("x", at, x.len()))
                .received(format!("{} samples, and {len} in x[0]", x[at].len()))
                .expected("as many samples in each")
                .hint("check that they come from the same data"));
        }
        if let Some(at) = y.iter().position(|y| y.len() != len) {
            return Err(Error::data("x and y are of different lengths")
                .at(argument("y", at, y.len()))
                .received(format!("{} targets for {len} samples", y[at].len()))
                .expected("one target for each sample")
                .hint("check that x and y come from the same data"));
        }
        let count = y.len();
        let y = y.into_iter().enumerate().map(|(at, array)| Targets { array, argument: argument("y", at, count) });
        Ok(Self { x, y: y.collect() })
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.x[0].len()
    }

    /// The shape of the first input, for any batch size.
    pub fn input_shape(&self) -> Shape {
        self.x[0].shape().of_any_batch()
    }

    /// Checks the samples against the model and the targets against the losses, one for each output.
    ///
    /// # Errors
    ///
    /// If a shape does not fit, a number is not finite, or a label is not a valid class.
    pub fn check(&self, model: &Model, losses: &[Arc<dyn Loss>]) -> Result<()> {
        let received: Vec<_> = self.x.iter().map(HostArray::shape).collect();
        model.check_inputs(&received).map_err(|error| error.at("x"))?;
        for (at, x) in self.x.iter().enumerate() {
            check_finite(x, &argument("x", at, self.x.len()))?;
        }
        let outputs = model.output_shapes();
        if outputs.len() != self.y.len() {
            return Err(Error::shape("there are not targets for each output")
                .at("y")
                .received(format!("{} arrays", self.y.len()))
                .expected(format!("{}: {}", outputs.len(), output_names(model).join(", ")))
                .hint("give one array for each output of the model, in this order"));
        }
        for ((targets, output), loss) in self.y.iter().zip(outputs).zip(losses) {
            check_numbers(&targets.array, &targets.argument)?;
            check_finite(&targets.array, &targets.argument)?;
            match loss.targets() {
                TargetKind::Classes => targets.check_classes(output, loss.as_ref())?,
                TargetKind::Dense => targets.check_dense(output, loss.as_ref())?,
                TargetKind::Any => {}
            }
        }
        Ok(())
    }

    /// The samples at the indices `at` as a batch on the device; strings stay on the host. `kinds` has the kind of
    /// targets that the loss of each output takes.
    fn batch(&self, at: &[usize], kinds: &[TargetKind], device: &Device) -> Result<Batch> {
        let plain = device.clone().without_autodiff();
        let target = |(targets, kind): (&Targets<'_>, &TargetKind)| match kind {
            TargetKind::Classes => class_batch(&targets.array, at, &plain),
            TargetKind::Dense | TargetKind::Any => targets.array.float_batch(at, &plain),
        };
        Ok(Batch {
            len: at.len(),
            inputs: self.x.iter().map(|x| x.batch(at, device)).collect::<Result<_>>()?,
            targets: self.y.iter().zip(kinds).map(target).collect::<Result<_>>()?,
            sample_weights: Vec::new(),
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

/// A source of batches of arrays in memory.
pub(crate) struct ArraySource<'a> {
    samples: &'a Samples<'a>,
    kinds: Vec<TargetKind>,
    /// The indices of the samples, in the order in which they are yielded.
    order: Vec<usize>,
    batch_size: usize,
    shuffle: bool,
    next: usize,
}

impl<'a> ArraySource<'a> {
    /// Yields the samples in a range, for these losses.
    pub fn new(
        samples: &'a Samples<'a>,
        range: std::ops::Range<usize>,
        batch_size: usize,
        losses: &[Arc<dyn Loss>],
    ) -> Self {
        Self::of_kinds(samples, range, batch_size, losses.iter().map(|loss| loss.targets()).collect())
    }

    /// Yields the samples in a range, with targets of these kinds.
    pub fn of_kinds(
        samples: &'a Samples<'a>,
        range: std::ops::Range<usize>,
        batch_size: usize,
        kinds: Vec<TargetKind>,
    ) -> Self {
        Self { samples, kinds, order: range.collect(), batch_size, shuffle: false, next: 0 }
    }

    /// Shuffles the samples for each epoch, if wanted. The range must start at 0.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }
}

impl BatchSource for ArraySource<'_> {
    fn len(&self) -> Option<usize> {
        Some(self.order.len().div_ceil(self.batch_size))
    }

    fn start(&mut self) -> Result<()> {
        if self.shuffle {
            self.order = permutation(self.order.len());
        }
        self.next = 0;
        Ok(())
    }

    fn next_batch(&mut self, device: &Device) -> Result<Option<Batch>> {
        let left = &self.order[self.next..];
        let at = &left[..left.len().min(self.batch_size)];
        self.next += at.len();
        if at.is_empty() { Ok(None) } else { self.samples.batch(at, &self.kinds, device).map(Some) }
    }
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
                .received(format!("{} for outputs {output}", sizes(self.array.sizes())))
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

    fn check_dense(&self, output: &Shape, loss: &dyn Loss) -> Result<()> {
        let received = self.array.sizes();
        // Keras accepts a vector in place of a column, and a column in place of a vector.
        let column = output.last() == Some(1) && Shape::new(&output.sizes()[..output.rank() - 1]).accepts(received);
        if output.accepts(received) || column {
            return Ok(());
        }
        let hint = if received.len() < output.rank() {
            "use SparseCategoricalCrossentropy for class numbers, or one-hot encode the targets"
        } else {
            "give the last layer as many units as the targets have columns"
        };
        Err(Error::shape(format!("the targets do not fit {}", loss.class_name()))
            .at(self.argument.clone())
            .received(sizes(received))
            .expected(format!("{output}, as the model's outputs"))
            .hint(hint))
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

fn check_finite(array: &HostArray<'_>, argument: &str) -> Result<()> {
    match array.first_not_finite() {
        None => Ok(()),
        Some((at, value)) => {
            let features = array.features().max(1);
            Err(Error::data("the data holds a value that is not finite")
                .at(argument)
                .received(format!("{value} in sample {}, value {}", at / features, at % features))
                .expected("finite numbers")
                .hint("remove or replace such values before training"))
        }
    }
}
