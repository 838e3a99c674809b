//! What flows between layers.

use crate::activations::Activation;
use crate::{AnyTensor, Logits, Result, by_rank};

/// A value on its way from one layer to the next: a tensor, and the mask that says which of its steps count.
///
/// A softmax or sigmoid at its end is applied when the value is asked for: a crossentropy is exact only from what comes
/// before, and asks for [`logits`](Self::logits) instead.
#[derive(Debug, Clone)]
pub struct Signal {
    value: AnyTensor,
    mask: Option<AnyTensor>,
    activation: Activation,
}

impl Signal {
    /// A value without a mask.
    pub fn new(value: impl Into<AnyTensor>) -> Self {
        Self { value: value.into(), mask: None, activation: Activation::Linear }
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
    /// Where it has more axes than a tensor in a model can have.
    pub fn value(self) -> Result<AnyTensor> {
        let Self { value, activation, .. } = self;
        match activation {
            Activation::Linear => Ok(value),
            activation => by_rank!(value, |x| activation.forward(x).into()),
        }
    }

    /// The sizes of the tensor.
    pub fn sizes(&self) -> Vec<usize> {
        self.value.sizes()
    }

    /// Which steps count; `None` where all do.
    pub fn mask(&self) -> Option<&AnyTensor> {
        self.mask.as_ref()
    }

    /// The tensor before its softmax or sigmoid, where it ends in one.
    pub fn logits(self) -> Logits {
        Logits { value: self.value, activation: self.activation }
    }

    /// The same signal with its activation applied, for when it is read more than once.
    pub(crate) fn settled(self) -> Result<Self> {
        let mask = self.mask.clone();
        Ok(Self::new(self.value()?).with_mask(mask))
    }
}

impl From<Logits> for Signal {
    fn from(logits: Logits) -> Self {
        Self { value: logits.value, mask: None, activation: logits.activation }
    }
}

impl<T: Into<AnyTensor>> From<T> for Signal {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
