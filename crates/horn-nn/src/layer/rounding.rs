//! What a layer in half precision rounds inside.

use burn::tensor::{FloatDType, Tensor};

use crate::by_rank;
use crate::error::Result;
use crate::tensor::any_tensor::AnyTensor;

/// The dtype that a layer rounds its product to, and the sum of that and the bias; none for a layer in float32, and where
/// the device computes in the dtype.
///
/// A CPU has no instructions for half precision: values of the dtype are multiplied and added up in float32. XLA rounds
/// what each operation gives, and the product is one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rounding(pub Option<FloatDType>);

impl Rounding {
    /// Is nothing rounded?
    pub fn is_none(self) -> bool {
        self.0.is_none()
    }

    /// The values of the dtype, in the tensor's own dtype.
    pub fn apply<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        let Some(dtype) = self.0 else { return x };
        let own = x.dtype();
        x.cast(dtype).cast(own)
    }

    /// [`apply`](Self::apply) for a tensor of any rank.
    pub fn apply_any(self, x: AnyTensor) -> Result<AnyTensor> {
        by_rank!(x, |x| self.apply(x).into())
    }

    /// A product with a bias, both the product and the sum rounded.
    pub fn add_bias<const D: usize>(self, product: Tensor<D>, bias: Option<Tensor<D>>) -> Tensor<D> {
        let product = self.apply(product);
        match bias {
            Some(bias) => self.apply(product + bias),
            None => product,
        }
    }
}
