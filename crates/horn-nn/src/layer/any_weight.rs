//! Weights whose rank depends on an argument.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::weight::WeightSpec;
use crate::tensor::any_tensor::{AnyTensor, unsupported_rank};

/// A trainable weight of any rank that a tensor in a model can have.
#[derive(Module, Debug)]
pub(crate) enum AnyWeight {
    One(Param<Tensor<1>>),
    Two(Param<Tensor<2>>),
    Three(Param<Tensor<3>>),
    Four(Param<Tensor<4>>),
    Five(Param<Tensor<5>>),
    Six(Param<Tensor<6>>),
}

impl AnyWeight {
    /// Creates the weight, as [`LayerBuilder::add_weight`] does.
    pub(crate) fn new<'a>(
        build: &mut LayerBuilder,
        name: &str,
        sizes: &[usize],
        spec: impl Into<WeightSpec<'a>>,
    ) -> Result<Self> {
        Ok(match *sizes {
            [a] => Self::One(build.add_weight(name, [a], spec)?),
            [a, b] => Self::Two(build.add_weight(name, [a, b], spec)?),
            [a, b, c] => Self::Three(build.add_weight(name, [a, b, c], spec)?),
            [a, b, c, d] => Self::Four(build.add_weight(name, [a, b, c, d], spec)?),
            [a, b, c, d, e] => Self::Five(build.add_weight(name, [a, b, c, d, e], spec)?),
            [a, b, c, d, e, f] => Self::Six(build.add_weight(name, [a, b, c, d, e, f], spec)?),
            _ => return Err(unsupported_rank(sizes.len())),
        })
    }

    /// The values of the weight.
    pub(crate) fn value(&self) -> AnyTensor {
        match self {
            Self::One(weight) => weight.val().into(),
            Self::Two(weight) => weight.val().into(),
            Self::Three(weight) => weight.val().into(),
            Self::Four(weight) => weight.val().into(),
            Self::Five(weight) => weight.val().into(),
            Self::Six(weight) => weight.val().into(),
        }
    }

    /// The values with leading axes of size 1, so that they broadcast to tensors of this rank.
    pub(crate) fn with_rank(&self, rank: usize) -> Result<AnyTensor> {
        let value = self.value();
        let sizes = value.sizes();
        let missing = vec![1; rank.saturating_sub(sizes.len())];
        value.reshape(&[missing, sizes].concat())
    }
}
