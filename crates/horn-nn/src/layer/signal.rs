//! `Signal`: the values that are passed between layers.

use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use ndarray::{ArrayD, IxDyn};

use crate::activations::activation::Activation;
use crate::by_rank;
use crate::data::host_array::{HostArray, float_tensor};
use crate::error::{Error, Result};
use crate::layer::deferred::Deferred;
use crate::memory;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// A layer's output before its last activation.
#[derive(Debug, Clone)]
pub struct Logits {
    /// What the activation is applied to.
    pub value: AnyTensor,
    /// `Softmax`, `Sigmoid`, or `Linear` for none.
    pub activation: Activation,
}

/// A value that is passed from one layer to the next: a tensor, and the mask of its unmasked timesteps.
///
/// A softmax or sigmoid at the end is applied lazily, when [`value`](Self::value) is called: a crossentropy is
/// numerically stable only from the [`logits`](Self::logits).
///
/// If a model takes strings, they are the value between the input and the layer that converts them to numbers.
#[derive(Debug, Clone)]
pub struct Signal {
    value: Carried,
    /// In a box, as few signals have one: signals are moved often.
    mask: Option<Box<AnyTensor>>,
    activation: Activation,
}

#[derive(Debug, Clone)]
enum Carried {
    Tensor(AnyTensor),
    Deferred(Box<Deferred>),
    Strings(Strings),
}

/// Strings as the value of a signal. Devices have no strings, so they stay in host memory.
#[derive(Debug, Clone)]
pub struct Strings {
    /// The strings; the first axis is the samples.
    pub values: Arc<ArrayD<String>>,
    /// The device for the numbers that the strings are converted to.
    pub device: Device,
}

impl Signal {
    /// A value without a mask.
    pub fn new(value: impl Into<AnyTensor>) -> Self {
        Self { value: Carried::Tensor(value.into()), mask: None, activation: Activation::Linear }
    }

    /// Strings, which a layer will convert to numbers on the device.
    pub fn of_strings(values: ArrayD<String>, device: &Device) -> Self {
        let strings = Strings { values: Arc::new(values), device: device.clone() };
        Self { value: Carried::Strings(strings), mask: None, activation: Activation::Linear }
    }

    /// The result of an operation that is computed when somebody asks for it.
    pub(crate) fn deferred(operation: Deferred) -> Self {
        Self { value: Carried::Deferred(Box::new(operation)), mask: None, activation: Activation::Linear }
    }

    /// The operation, if the value is not computed yet, and no activation is to be applied to it.
    pub(crate) fn deferred_mut(&mut self) -> Option<&mut Deferred> {
        match &mut self.value {
            Carried::Deferred(operation) if self.activation == Activation::Linear => Some(operation),
            _ => None,
        }
    }

    /// The same value before a softmax or a sigmoid, which is applied lazily.
    pub(crate) fn before(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// Computes the value, if that was deferred.
    ///
    /// # Errors
    ///
    /// If the operation fails.
    pub(crate) fn computed(mut self) -> Result<Self> {
        if let Carried::Deferred(operation) = self.value {
            self.value = Carried::Tensor(operation.compute()?);
        }
        Ok(self)
    }

    /// The same value with another mask: a boolean tensor with the value's leading axes, true for unmasked timesteps.
    #[must_use]
    pub fn with_mask(mut self, mask: Option<AnyTensor>) -> Self {
        self.mask = mask.map(Box::new);
        self
    }

    /// The tensor, as floats.
    ///
    /// # Errors
    ///
    /// If the rank is not supported, or the value is strings.
    pub fn value(self) -> Result<AnyTensor> {
        self.numbers()?.floats()
    }

    /// The tensor as floats of rank `D`. The signal stays.
    ///
    /// # Errors
    ///
    /// If the rank is not `D`, or the value is strings.
    pub fn float<const D: usize>(&self) -> Result<Tensor<D>> {
        self.clone().value()?.float()
    }

    /// The tensor as it is: floats or integers.
    ///
    /// # Errors
    ///
    /// As for [`value`](Self::value).
    pub fn numbers(self) -> Result<AnyTensor> {
        let Logits { value, activation } = self.before_activation()?;
        match activation {
            Activation::Linear => Ok(value),
            activation => by_rank!(value, |x| activation.forward(x).into()),
        }
    }

    /// The tensor as integers; floats are truncated towards zero.
    ///
    /// # Errors
    ///
    /// As for [`value`](Self::value).
    pub fn integers(self) -> Result<AnyTensor> {
        self.numbers()?.integers()
    }

    /// The strings.
    ///
    /// # Errors
    ///
    /// If the value is a tensor.
    pub fn strings(self) -> Result<Strings> {
        match self.value {
            Carried::Strings(strings) => Ok(strings),
            Carried::Tensor(_) | Carried::Deferred(_) => Err(Error::data("the values are numbers")
                .received(format!("numbers of shape {}", crate::tensor::shape::sizes(&self.sizes())))
                .expected("strings")
                .hint("give the layer strings: an Input of `InputDtype::String`")),
        }
    }

    /// The shape of the value: the sizes of all axes.
    pub fn sizes(&self) -> Vec<usize> {
        self.with_sizes(<[usize]>::to_vec)
    }

    /// Hands the shape to a function, without an allocation.
    pub(crate) fn with_sizes<T>(&self, function: impl FnOnce(&[usize]) -> T) -> T {
        match &self.value {
            Carried::Tensor(tensor) => tensor.with_sizes(function),
            Carried::Deferred(operation) => function(operation.sizes()),
            Carried::Strings(strings) => function(strings.values.shape()),
        }
    }

    /// The number of values.
    pub(crate) fn count(&self) -> u64 {
        match &self.value {
            Carried::Tensor(tensor) => tensor.count() as u64,
            Carried::Deferred(operation) => memory::values(operation.sizes()),
            Carried::Strings(strings) => strings.values.len() as u64,
        }
    }

    /// Is the value strings?
    pub fn is_strings(&self) -> bool {
        matches!(self.value, Carried::Strings(_))
    }

    /// The shape of the value, with all sizes known.
    pub(crate) fn shape(&self) -> Shape {
        Shape::of_data(&self.sizes(), self.is_strings())
    }

    /// The mask, true for unmasked timesteps; `None` if nothing is masked.
    pub fn mask(&self) -> Option<&AnyTensor> {
        self.mask.as_deref()
    }

    /// The tensor before its last softmax or sigmoid, if it has one.
    ///
    /// # Errors
    ///
    /// If the value is strings.
    pub fn logits(self) -> Result<Logits> {
        let Logits { value, activation } = self.before_activation()?;
        Ok(Logits { value: value.floats()?, activation })
    }

    /// The tensor as it is, floats or integers, before its activation.
    pub(crate) fn before_activation(self) -> Result<Logits> {
        match self.value {
            Carried::Tensor(value) => Ok(Logits { value, activation: self.activation }),
            Carried::Deferred(operation) => Ok(Logits { value: operation.compute()?, activation: self.activation }),
            Carried::Strings(strings) => Err(Error::data("the values are strings")
                .received(format!("strings of shape {}", crate::tensor::shape::sizes(strings.values.shape())))
                .expected("numbers")
                .hint("add a TextVectorization or a StringLookup layer before it")),
        }
    }

    /// The same values with this rank: last axes of size 1 are added or removed.
    pub(crate) fn with_rank(self, rank: usize) -> Result<Self> {
        let mut sizes = self.sizes();
        if sizes.len() == rank {
            return Ok(self);
        }
        sizes.resize(rank, 1);
        Ok(match self.value {
            Carried::Tensor(tensor) => tensor.reshape(&sizes)?.into(),
            Carried::Deferred(operation) => operation.compute()?.reshape(&sizes)?.into(),
            Carried::Strings(Strings { values, device }) => {
                let values = Arc::unwrap_or_clone(values).into_shape_with_order(IxDyn(&sizes));
                Self::of_strings(values.expect("an axis of size 1 does not change the number of values"), &device)
            }
        })
    }

    /// The same signal with its activation applied, so that it is computed once for several readers.
    pub(crate) fn materialized(self) -> Result<Self> {
        if self.activation == Activation::Linear {
            return Ok(self);
        }
        let mask = self.mask.clone();
        Ok(Self { mask, ..Self::new(self.value()?) })
    }
}

/// The tensors of several signals in one kind: integers if all are integers, else floats.
pub(crate) fn alike(signals: Vec<Signal>) -> Result<Vec<AnyTensor>> {
    let tensors = signals.into_iter().map(Signal::numbers).collect::<Result<Vec<_>>>()?;
    if tensors.iter().all(AnyTensor::is_integer) {
        return tensors.into_iter().map(AnyTensor::integers).collect();
    }
    tensors.into_iter().map(AnyTensor::floats).collect()
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
    /// The samples `at` as the input of a model: numbers on the device, or strings. Integers of 32 and 64 bits stay
    /// integers until they come to a layer that takes floats.
    ///
    /// # Errors
    ///
    /// If the array has more axes than a tensor can have.
    pub fn batch(&self, at: &[usize], device: &Device) -> Result<Signal> {
        match self.string_batch(at) {
            Some(strings) => Ok(Signal::of_strings(strings, device)),
            None => Ok(self.number_batch(at, device)?.into()),
        }
    }

    /// All samples as the input of a model, as [`batch`](Self::batch). Floats of its own are not copied.
    ///
    /// # Errors
    ///
    /// If the array has more axes than a tensor can have.
    pub fn into_batch(self, device: &Device) -> Result<Signal> {
        let sizes = self.sizes().to_vec();
        match self.into_floats() {
            Ok(floats) => Ok(float_tensor(floats, sizes, device)?.into()),
            Err(array) => array.batch(&(0..array.len()).collect::<Vec<_>>(), device),
        }
    }
}
