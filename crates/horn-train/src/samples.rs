//! Samples with their targets: checked before anything is computed, then handed out in batches.

use burn::tensor::Device;
use horn_nn::{AnyTensor, Error, HostArray, Model, Result, Shape, sizes};

use crate::losses::{Loss, Target, TargetKind};

/// The data that `fit` and `evaluate` take.
pub(crate) struct Samples<'a> {
    x: HostArray<'a>,
    y: HostArray<'a>,
}

impl<'a> Samples<'a> {
    /// Pairs samples with targets.
    ///
    /// # Errors
    ///
    /// Where there are none, or not as many of the one as of the other.
    pub fn new(x: HostArray<'a>, y: HostArray<'a>) -> Result<Self> {
        if x.is_empty() {
            return Err(Error::data("there are no samples")
                .at("x")
                .received(sizes(x.sizes()))
                .expected("at least one sample")
                .mend("check how the data was loaded or filtered"));
        }
        if x.len() != y.len() {
            return Err(Error::data("x and y are of different lengths")
                .at("y")
                .received(format!("{} targets for {} samples", y.len(), x.len()))
                .expected("one target for each sample")
                .mend("check that x and y come from the same data"));
        }
        Ok(Self { x, y })
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.x.len()
    }

    /// The shape of batches of samples.
    pub fn input_shape(&self) -> Shape {
        Shape::batched(&self.x.sizes()[1..])
    }

    /// Checks the samples against the model and the targets against the loss.
    ///
    /// # Errors
    ///
    /// Where a shape does not fit, a number is not finite, or a label is no class of the model's.
    pub fn check(&self, model: &Model, loss: &dyn Loss) -> Result<()> {
        model.check_input(self.x.sizes()).map_err(|error| error.at("x"))?;
        check_finite(&self.x, "x")?;
        check_finite(&self.y, "y")?;
        match loss.targets() {
            TargetKind::Classes => self.check_classes(model.output_shape(), loss),
            TargetKind::Dense => self.check_dense(model.output_shape(), loss),
        }
    }

    fn check_classes(&self, output: &Shape, loss: &dyn Loss) -> Result<()> {
        let (leading, classes) = output.sizes().split_at(output.rank() - 1);
        let labels = match self.y.sizes() {
            [labels @ .., 1] if labels.len() == leading.len() => labels,
            labels => labels,
        };
        let classes = classes[0].unwrap_or(usize::MAX);
        if !Shape::new(leading).accepts(labels) {
            let mend = if self.y.sizes().last() == Some(&classes) {
                "use CategoricalCrossentropy for one-hot targets, or give class numbers"
            } else {
                "give one class number for each row of outputs"
            };
            return Err(Error::shape(format!("the targets do not fit {}", loss.class_name()))
                .at("y")
                .received(format!("{} for outputs {output}", sizes(self.y.sizes())))
                .expected(format!("class numbers {}", Shape::new(leading)))
                .mend(mend));
        }
        match self.y.first_not_class(classes, loss.ignored_class()) {
            None => Ok(()),
            Some((at, label)) => Err(Error::data("a label is no class of the model's")
                .at("y")
                .received(format!("{label} at position {at}"))
                .expected(format!("whole numbers from 0 to {}", classes - 1))
                .mend(format!("correct the labels, or give the last layer more than {classes} units"))),
        }
    }

    fn check_dense(&self, output: &Shape, loss: &dyn Loss) -> Result<()> {
        let received = self.y.sizes();
        // Keras lets a vector stand for a column, and a column for a vector.
        let column = output.last() == Some(1) && Shape::new(&output.sizes()[..output.rank() - 1]).accepts(received);
        if output.accepts(received) || column {
            return Ok(());
        }
        let mend = if received.len() < output.rank() {
            "use SparseCategoricalCrossentropy for class numbers, or one-hot encode the targets"
        } else {
            "give the last layer as many units as the targets have columns"
        };
        Err(Error::shape(format!("the targets do not fit {}", loss.class_name()))
            .at("y")
            .received(sizes(received))
            .expected(format!("{output}, as the model's outputs"))
            .mend(mend))
    }

    /// The samples `at` as a batch on the device.
    ///
    /// # Errors
    ///
    /// Where the samples have more axes than tensors can.
    pub fn inputs(&self, at: &[usize], device: &Device) -> Result<AnyTensor> {
        self.x.float_batch(at, device)
    }

    /// The targets `at` on the device, in the form that is wanted.
    ///
    /// # Errors
    ///
    /// Where the targets have more axes than tensors can.
    pub fn targets(&self, at: &[usize], kind: TargetKind, output: &Shape, device: &Device) -> Result<Target> {
        Ok(match kind {
            TargetKind::Classes => Target::Classes(self.y.class_batch(at, device)),
            TargetKind::Dense => {
                let y = self.y.float_batch(at, device)?;
                let columns = if output.rank() == y.rank() { y.sizes()[y.rank() - 1] } else { 1 };
                let rows = y.sizes().iter().product::<usize>() / columns.max(1);
                Target::Dense(y.reshape(&[rows, columns])?.float()?)
            }
        })
    }

    /// The sizes of the targets, for metrics that look at them.
    pub fn target_sizes(&self) -> &[usize] {
        self.y.sizes()
    }
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
                .mend("remove or replace such values before training"))
        }
    }
}
