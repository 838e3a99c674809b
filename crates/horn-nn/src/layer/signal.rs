//! What flows between layers.

use std::sync::Arc;

use burn::tensor::Device;
use ndarray::{ArrayD, IxDyn};

use crate::activations::activation::Activation;
use crate::by_rank;
use crate::data::host_array::HostArray;
use crate::error::{Error, Result};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// A layer's value before its last activation.
#[derive(Debug, Clone)]
pub struct Logits {
    /// What the activation is applied to.
    pub value: AnyTensor,
    /// `Softmax`, `Sigmoid`, or `Linear` for none.
    pub activation: Activation,
}

/// A value on its way from one layer to the next: a tensor, and the mask that says which of its steps count.
///
/// A softmax or sigmoid at its end is applied when the value is asked for: a crossentropy is exact only from what comes
/// before, and asks for [`logits`](Self::logits) instead.
///
/// Where a model takes texts, they are the value on the way from the input to the layer that makes numbers of them.
#[derive(Debug, Clone)]
pub struct Signal {
    value: Carried,
    mask: Option<AnyTensor>,
    activation: Activation,
}

#[derive(Debug, Clone)]
enum Carried {
    Tensor(AnyTensor),
    Texts(Texts),
}

/// Texts on their way through a model. Devices have none: they stay on the host.
#[derive(Debug, Clone)]
pub struct Texts {
    /// The texts, the first axis the samples.
    pub texts: Arc<ArrayD<String>>,
    /// Where the numbers that are made of them are wanted.
    pub device: Device,
}

impl Signal {
    /// A value without a mask.
    pub fn new(value: impl Into<AnyTensor>) -> Self {
        Self { value: Carried::Tensor(value.into()), mask: None, activation: Activation::Linear }
    }

    /// Texts, of which a layer shall make numbers on the device.
    pub fn of_strings(texts: ArrayD<String>, device: &Device) -> Self {
        let texts = Texts { texts: Arc::new(texts), device: device.clone() };
        Self { value: Carried::Texts(texts), mask: None, activation: Activation::Linear }
    }

    /// The same value with another mask: booleans, true where a step counts, of the value's leading axes.
    #[must_use]
    pub fn with_mask(mut self, mask: Option<AnyTensor>) -> Self {
        self.mask = mask;
        self
    }

    /// The tensor.
    ///
    /// # Errors
    ///
    /// Where it has more axes than a tensor in a model can have, or the value is texts.
    pub fn value(self) -> Result<AnyTensor> {
        let Logits { value, activation } = self.logits()?;
        match activation {
            Activation::Linear => Ok(value),
            activation => by_rank!(value, |x| activation.forward(x).into()),
        }
    }

    /// The texts.
    ///
    /// # Errors
    ///
    /// Where the value is a tensor.
    pub fn texts(self) -> Result<Texts> {
        match self.value {
            Carried::Texts(texts) => Ok(texts),
            Carried::Tensor(tensor) => Err(Error::data("there are no texts, but numbers")
                .received(format!("{:?} of shape {}", tensor.dtype(), crate::tensor::shape::sizes(&tensor.sizes())))
                .expected("texts")
                .hint("give the layer texts: an Input of `InputDtype::String`")),
        }
    }

    /// The sizes of the value.
    pub fn sizes(&self) -> Vec<usize> {
        match &self.value {
            Carried::Tensor(tensor) => tensor.sizes(),
            Carried::Texts(texts) => texts.texts.shape().to_vec(),
        }
    }

    /// Is the value texts, and no tensor?
    pub fn is_strings(&self) -> bool {
        matches!(self.value, Carried::Texts(_))
    }

    /// The shape of the value, all sizes known.
    pub(crate) fn shape(&self) -> Shape {
        Shape::of_data(&self.sizes(), self.is_strings())
    }

    /// Which steps count; `None` where all do.
    pub fn mask(&self) -> Option<&AnyTensor> {
        self.mask.as_ref()
    }

    /// The tensor before its softmax or sigmoid, where it ends in one.
    ///
    /// # Errors
    ///
    /// Where the value is texts.
    pub fn logits(self) -> Result<Logits> {
        match self.value {
            Carried::Tensor(value) => Ok(Logits { value, activation: self.activation }),
            Carried::Texts(texts) => Err(Error::data("there are no numbers, but texts")
                .received(format!("texts of shape {}", crate::tensor::shape::sizes(texts.texts.shape())))
                .expected("numbers")
                .hint("put a TextVectorization or a StringLookup before")),
        }
    }

    /// The same values with a last axis of size 1 added or taken away, so that there are so many axes.
    pub(crate) fn with_rank(self, rank: usize) -> Result<Self> {
        let mut sizes = self.sizes();
        if sizes.len() == rank {
            return Ok(self);
        }
        sizes.resize(rank, 1);
        Ok(match self.value {
            Carried::Tensor(tensor) => tensor.reshape(&sizes)?.into(),
            Carried::Texts(Texts { texts, device }) => {
                let texts = Arc::unwrap_or_clone(texts).into_shape_with_order(IxDyn(&sizes));
                Self::of_strings(texts.expect("an axis of size 1 changes nothing"), &device)
            }
        })
    }

    /// The same signal with its activation applied, for when it is read more than once.
    pub(crate) fn settled(self) -> Result<Self> {
        if self.activation == Activation::Linear {
            return Ok(self);
        }
        let mask = self.mask.clone();
        Ok(Self::new(self.value()?).with_mask(mask))
    }
}

impl From<Logits> for Signal {
    fn from(logits: Logits) -> Self {
        Self { value: Carried::Tensor(logits.value), mask: None, activation: logits.activation }
    }
}

impl<T: Into<AnyTensor>> From<T> for Signal {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl HostArray<'_> {
    /// The samples `at` as what a model takes: a tensor of floats on the device, or strings.
    ///
    /// # Errors
    ///
    /// Where the array has more axes than tensors can.
    pub fn batch(&self, at: &[usize], device: &Device) -> Result<Signal> {
        match self.string_batch(at) {
            Some(strings) => Ok(Signal::of_strings(strings, device)),
            None => Ok(self.float_batch(at, device)?.into()),
        }
    }
}
