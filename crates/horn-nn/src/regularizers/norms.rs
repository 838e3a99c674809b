//! `L1`, `L2` and `L1L2`: penalties for large weights.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize, Serializer};

use crate::arguments::float32;
use crate::error::{Error, Result};

/// The penalty `l1 · Σ |w|`, which drives weights to 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct L1 {
    /// A float32 in Keras, also in its files.
    #[serde(serialize_with = "widened")]
    l1: f32,
}

impl L1 {
    /// A regularizer with this factor, 0 or above; Keras's default is 0.01.
    pub fn new(l1: f64) -> Self {
        Self { l1: l1 as f32 }
    }

    pub(super) fn validate(&self) -> Result<()> {
        check_factor("L1", "l1", self.l1.into())
    }

    pub(super) fn penalty<const D: usize>(&self, weight: Tensor<D>) -> Tensor<1> {
        abs(weight).sum() * self.l1
    }
}

impl Default for L1 {
    fn default() -> Self {
        Self::new(0.01)
    }
}

/// The penalty `l2 · Σ w²`, which keeps weights small.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct L2 {
    l2: f64,
}

impl L2 {
    /// A regularizer with this factor, 0 or above; Keras's default is 0.01.
    pub fn new(l2: f64) -> Self {
        Self { l2 }
    }

    pub(super) fn validate(&self) -> Result<()> {
        check_factor("L2", "l2", self.l2)
    }

    pub(super) fn penalty<const D: usize>(&self, weight: Tensor<D>) -> Tensor<1> {
        weight.square().sum() * self.l2
    }
}

impl Default for L2 {
    fn default() -> Self {
        Self::new(0.01)
    }
}

/// The penalty `l1 · Σ |w| + l2 · Σ w²`. Both factors are 0 by default, as in Keras.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct L1L2 {
    l1: f64,
    l2: f64,
}

impl L1L2 {
    /// A regularizer with these factors, 0 or above.
    pub fn new(l1: f64, l2: f64) -> Self {
        Self { l1, l2 }
    }

    pub(super) fn validate(&self) -> Result<()> {
        check_factor("L1L2", "l1", self.l1)?;
        check_factor("L1L2", "l2", self.l2)
    }

    pub(super) fn penalty<const D: usize>(&self, weight: Tensor<D>) -> Tensor<1> {
        // A term with the factor 0 is left out, as 0 times infinity, the norm of weights that overflow, would be NaN.
        match (self.l1 != 0.0, self.l2 != 0.0) {
            (true, true) => abs(weight.clone()).sum() * self.l1 + weight.square().sum() * self.l2,
            (true, false) => abs(weight).sum() * self.l1,
            (false, true) => weight.square().sum() * self.l2,
            (false, false) => Tensor::zeros([1], (&weight.device(), weight.dtype())),
        }
    }
}

/// Writes all digits of the float32, as Python does; its shortest representation is another float64.
pub(crate) fn widened<S: Serializer>(value: &f32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((*value).into())
}

/// `|x|`, with the derivative 1 at 0 as in JAX.
pub(crate) fn abs<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let negative = x.clone().lower_elem(0);
    x.clone().mask_where(negative, -x)
}

pub(crate) fn check_factor(class: &str, argument: &str, factor: f64) -> Result<()> {
    if float32::is_finite(factor) && factor >= 0.0 {
        return Ok(());
    }
    Err(Error::argument("the regularization factor is not valid")
        .received(format!("{class} with {argument} = {factor}"))
        .expected(float32::expected(factor, "a finite number, 0 or above"))
        .hint("try 0.01 first"))
}
