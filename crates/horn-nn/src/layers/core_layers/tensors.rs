//! The argument of a function in `Lambda` and `BurnModule`: one tensor, or several.

use burn::tensor::Tensor;

use crate::error::{Error, Result};
use crate::tensor::any_tensor::AnyTensor;

/// The argument of a function in a model: a tensor, an array of tensors with the same rank, or a tuple of up to four
/// tensors.
pub trait Tensors: Sized + 'static {
    /// The rank of each tensor.
    fn ranks() -> Vec<usize>;

    /// Converts the tensors to the argument.
    ///
    /// # Errors
    ///
    /// If the number of tensors differs, or one has another rank or type.
    fn from_list(tensors: Vec<AnyTensor>) -> Result<Self>;
}

impl<const D: usize> Tensors for Tensor<D> {
    fn ranks() -> Vec<usize> {
        vec![D]
    }

    fn from_list(tensors: Vec<AnyTensor>) -> Result<Self> {
        let [tensor] = <[Self; 1]>::from_list(tensors)?;
        Ok(tensor)
    }
}

impl<const D: usize, const N: usize> Tensors for [Tensor<D>; N] {
    fn ranks() -> Vec<usize> {
        vec![D; N]
    }

    fn from_list(tensors: Vec<AnyTensor>) -> Result<Self> {
        let tensors = tensors.into_iter().map(AnyTensor::float).collect::<Result<Vec<Tensor<D>>>>()?;
        exactly(tensors)
    }
}

macro_rules! tuples {
    ($(($($tensor:ident $rank:ident),+))*) => {$(
        impl<$(const $rank: usize),+> Tensors for ($(Tensor<$rank>,)+) {
            fn ranks() -> Vec<usize> {
                vec![$($rank),+]
            }

            fn from_list(tensors: Vec<AnyTensor>) -> Result<Self> {
                let [$($tensor),+] = exactly(tensors)?;
                Ok(($($tensor.float()?,)+))
            }
        }
    )*};
}

tuples!((a A, b B)(a A, b B, c C)(a A, b B, c C, d D));

fn exactly<T, const N: usize>(tensors: Vec<T>) -> Result<[T; N]> {
    let count = tensors.len();
    let wrong = || {
        Error::shape("the function takes another number of tensors")
            .received(count)
            .expected(N)
            .hint("apply the layer to as many tensors as the function takes")
    };
    tensors.try_into().map_err(|_| wrong())
}
