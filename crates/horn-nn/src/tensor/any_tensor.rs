//! Tensors whose rank is known only at run time.
//!
//! Burn's `Tensor<D>` has its rank in the type; a list of layers can't. [`AnyTensor`] is the same tensor without the
//! rank; going there and back costs nothing but a check.

use std::fmt;

use burn::backend::TensorMetadata;
use burn::tensor::kind::Basic;
use burn::tensor::{Bool, DType, Device, DispatchTensor, Int, Tensor};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::tensor::shape;

/// A Burn tensor of any rank and kind.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use horn_nn::AnyTensor;
///
/// let x = AnyTensor::from(Tensor::<2>::ones([2, 3], &Device::default()));
/// assert_eq!(x.sizes(), [2, 3]);
///
/// let wrong = x.clone().float::<3>().unwrap_err();
/// assert!(wrong.is_shape());
///
/// let x: Tensor<2> = x.float()?;
/// # Ok::<(), horn_nn::Error>(())
/// ```
///
/// Its rank is never taken for granted:
///
/// ```compile_fail,E0308
/// # use burn::tensor::{Device, Tensor};
/// # use horn_nn::AnyTensor;
/// # let x = AnyTensor::from(Tensor::<2>::ones([2, 3], &Device::default()));
/// let x: Tensor<2> = x;
/// ```
#[derive(Clone)]
pub struct AnyTensor(DispatchTensor);

impl AnyTensor {
    /// The sizes of all axes.
    pub fn sizes(&self) -> Vec<usize> {
        self.0.shape().to_vec()
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.0.shape().num_dims()
    }

    /// What its values are.
    pub fn dtype(&self) -> DType {
        self.0.dtype()
    }

    /// Where its values are.
    pub fn device(&self) -> Device {
        Device::new(self.0.device())
    }

    /// The tensor as one of floats and rank `D`.
    ///
    /// # Errors
    ///
    /// Where the rank is not `D`, or the values are no floats.
    pub fn float<const D: usize>(self) -> Result<Tensor<D>> {
        let is_float = self.dtype().is_float();
        self.typed("floats", is_float)
    }

    /// The tensor as one of integers and rank `D`.
    ///
    /// # Errors
    ///
    /// Where the rank is not `D`, or the values are no integers.
    pub fn int<const D: usize>(self) -> Result<Tensor<D, Int>> {
        let is_int = self.dtype().is_int() || self.dtype().is_uint();
        self.typed("integers", is_int)
    }

    /// The tensor as one of booleans and rank `D`.
    ///
    /// # Errors
    ///
    /// Where the rank is not `D`, or the values are no booleans.
    pub fn bool<const D: usize>(self) -> Result<Tensor<D, Bool>> {
        let is_bool = self.dtype().is_bool();
        self.typed("booleans", is_bool)
    }

    fn typed<const D: usize, K: Basic>(self, kind: &str, is_kind: bool) -> Result<Tensor<D, K>> {
        if is_kind && self.rank() == D {
            return Ok(Tensor::from_dispatch(self.0));
        }
        Err(Error::shape("the tensor is of another rank or kind")
            .received(format!("{:?} of shape {}", self.dtype(), shape::sizes(&self.sizes())))
            .expected(format!("{kind} of rank {D}"))
            .hint("reshape it, or use a layer for this rank"))
    }

    /// The same values, in row-major order, with other sizes.
    ///
    /// # Errors
    ///
    /// Where the number of values is another, or there are more axes than tensors can have.
    pub fn reshape(self, sizes: &[usize]) -> Result<Self> {
        if self.sizes().iter().product::<usize>() != sizes.iter().product::<usize>() {
            return Err(Error::shape("reshaping can't change the number of values")
                .received(format!("{} to {}", shape::sizes(&self.sizes()), shape::sizes(sizes)))
                .expected("sizes of the same product")
                .hint("change the target shape"));
        }
        by_rank!(self, |x| match *sizes {
            [a] => Ok(x.reshape([a]).into()),
            [a, b] => Ok(x.reshape([a, b]).into()),
            [a, b, c] => Ok(x.reshape([a, b, c]).into()),
            [a, b, c, d] => Ok(x.reshape([a, b, c, d]).into()),
            [a, b, c, d, e] => Ok(x.reshape([a, b, c, d, e]).into()),
            [a, b, c, d, e, f] => Ok(x.reshape([a, b, c, d, e, f]).into()),
            _ => Err(unsupported_rank(sizes.len())),
        })?
    }

    /// The same values with the axes in another order: axis `i` of the result is axis `axes[i]` of this tensor.
    ///
    /// # Errors
    ///
    /// Where the values are no floats, or the axes are not all of the tensor's, each once.
    pub fn permute(self, axes: &[usize]) -> Result<Self> {
        let mut sorted = axes.to_vec();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..self.rank()) {
            return Err(Error::argument("the axes can't be brought into this order")
                .received(format!("{axes:?} for {}", shape::sizes(&self.sizes())))
                .expected(format!("each axis from 0 to {} once", self.rank().saturating_sub(1))));
        }
        if axes.is_sorted() {
            return Ok(self);
        }
        fn permute<const D: usize>(x: Tensor<D>, axes: &[usize]) -> AnyTensor {
            let axes: [usize; D] = axes.try_into().expect("the axes were compared");
            x.permute(axes.map(|axis| axis as isize)).into()
        }
        by_rank!(self, |x| permute(x, axes))
    }

    /// The same values, repeated along axes of size 1.
    ///
    /// # Errors
    ///
    /// Where the values are no floats, or the sizes don't fit.
    pub fn expand(self, sizes: &[usize]) -> Result<Self> {
        let own = self.sizes();
        if own.len() != sizes.len() || own.iter().zip(sizes).any(|(own, size)| own != size && *own != 1) {
            return Err(Error::shape("the tensor can't be repeated to these sizes")
                .received(shape::sizes(&own))
                .expected(shape::sizes(sizes)));
        }
        fn expand<const D: usize>(x: Tensor<D>, sizes: &[usize]) -> AnyTensor {
            let sizes: [usize; D] = sizes.try_into().expect("the ranks were compared");
            x.expand(sizes).into()
        }
        by_rank!(self, |x| expand(x, sizes))
    }

    /// The tensor with all leading axes made one: `[samples, last]`.
    ///
    /// A vector is taken as one column.
    ///
    /// # Errors
    ///
    /// Where the values are no floats.
    pub fn rows(self) -> Result<Tensor<2>> {
        match self.rank() {
            2 => self.float(),
            1 => Ok(self.float::<1>()?.unsqueeze_dim(1)),
            _ => {
                let last = self.sizes().last().copied().unwrap_or(1);
                by_rank!(self, |x| x.reshape([-1, last as i64]))
            }
        }
    }
}

impl<const D: usize, K: Basic> From<Tensor<D, K>> for AnyTensor {
    fn from(tensor: Tensor<D, K>) -> Self {
        Self(tensor.into_dispatch())
    }
}

impl fmt::Debug for AnyTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyTensor({:?}, {})", self.dtype(), shape::sizes(&self.sizes()))
    }
}

/// The most axes that a tensor in a model can have.
pub const MAX_RANK: usize = 6;

/// The error for tensors with more axes than [`MAX_RANK`].
#[doc(hidden)]
pub fn unsupported_rank(rank: usize) -> Error {
    Error::shape("tensors of this rank are not supported")
        .received(rank)
        .expected(format!("a rank of 1 to {MAX_RANK}"))
        .hint("reshape the data to fewer axes")
}

/// Runs the expression with the [`AnyTensor`] as a float `Tensor` of its own rank, 1 to 6.
///
/// The expression is compiled once for each rank; its value must have the same type for all, such as an
/// [`AnyTensor`] made by `into()`. The whole is a `Result`. With `bool:` or `int:` before the tensor it is one of
/// booleans or integers.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use horn_nn::{AnyTensor, by_rank};
///
/// let x = AnyTensor::from(Tensor::<3>::ones([2, 3, 4], &Device::default()));
/// let y: AnyTensor = by_rank!(x, |x| AnyTensor::from(x.neg()))?;
/// assert_eq!(y.sizes(), [2, 3, 4]);
/// # Ok::<(), horn_nn::Error>(())
/// ```
#[macro_export]
macro_rules! by_rank {
    (bool: $tensor:expr, |$x:ident| $body:expr) => {
        $crate::by_rank!(@ bool, $tensor, $x, $body)
    };
    (int: $tensor:expr, |$x:ident| $body:expr) => {
        $crate::by_rank!(@ int, $tensor, $x, $body)
    };
    ($tensor:expr, |$x:ident| $body:expr) => {
        $crate::by_rank!(@ float, $tensor, $x, $body)
    };
    (@ $kind:ident, $tensor:expr, $x:ident, $body:expr) => {{
        let tensor: $crate::AnyTensor = $tensor;
        match tensor.rank() {
            1 => tensor.$kind::<1>().map(|$x| $body),
            2 => tensor.$kind::<2>().map(|$x| $body),
            3 => tensor.$kind::<3>().map(|$x| $body),
            4 => tensor.$kind::<4>().map(|$x| $body),
            5 => tensor.$kind::<5>().map(|$x| $body),
            6 => tensor.$kind::<6>().map(|$x| $body),
            rank => Err($crate::unsupported_rank(rank)),
        }
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_values_and_kind() {
        let device = Device::default();
        let ints = AnyTensor::from(Tensor::<1, Int>::from_data([1, 2, 3], &device));
        assert!(ints.clone().float::<1>().is_err());
        assert!(ints.clone().bool::<1>().is_err());
        assert_eq!(ints.int::<1>().unwrap().to_data().iter::<i64>().collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn errors_tell_both_sides() {
        let x = AnyTensor::from(Tensor::<2>::ones([2, 3], &Device::default()));
        assert_eq!(
            x.float::<4>().unwrap_err().to_string(),
            "the tensor is of another rank or kind; received F32 of shape (2, 3), expected floats of rank 4. \
             Hint: reshape it, or use a layer for this rank."
        );
    }

    #[test]
    fn rows_flatten_all_but_the_last_axis() {
        let device = Device::default();
        let x = AnyTensor::from(Tensor::<3>::ones([2, 3, 4], &device));
        assert_eq!(x.rows().unwrap().dims(), [6, 4]);
        let x = AnyTensor::from(Tensor::<1>::ones([5], &device));
        assert_eq!(x.rows().unwrap().dims(), [5, 1]);
    }
}
