//! Tensors whose rank is known only at run time.
//!
//! The type of Burn's `Tensor<D>` contains the rank, but the rank of a tensor between two layers of a list is not known at
//! compile time. [`AnyTensor`] is the same tensor without the rank; converting back only checks the rank.

use std::fmt;

use burn::backend::TensorMetadata;
use burn::tensor::kind::Basic;
use burn::tensor::{Bool, DType, Device, DispatchTensor, Int, IntDType, Tensor};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::tensor::shape;

/// A Burn tensor of any rank and kind.
///
/// ```
/// use horn::burn::tensor::{Device, Tensor};
/// use horn::AnyTensor;
///
/// let x = AnyTensor::from(Tensor::<2>::ones([2, 3], &Device::default()));
/// assert_eq!(x.sizes(), [2, 3]);
///
/// let wrong = x.clone().float::<3>().unwrap_err();
/// assert!(wrong.is_shape());
///
/// let x: Tensor<2> = x.float()?;
/// # Ok::<(), horn::Error>(())
/// ```
///
/// The rank is checked at every conversion, so there is none without a `Result`.
#[derive(Clone)]
pub struct AnyTensor(DispatchTensor);

impl AnyTensor {
    /// The shape: the sizes of all axes.
    pub fn sizes(&self) -> Vec<usize> {
        self.0.shape().to_vec()
    }

    /// Hands the shape to a function, without an allocation.
    pub(crate) fn with_sizes<T>(&self, function: impl FnOnce(&[usize]) -> T) -> T {
        function(&self.0.shape())
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.0.shape().num_dims()
    }

    /// The number of values.
    pub(crate) fn count(&self) -> usize {
        self.0.shape().num_elements()
    }

    /// The type of the values.
    pub fn dtype(&self) -> DType {
        self.0.dtype()
    }

    /// The device of the values.
    pub fn device(&self) -> Device {
        Device::new(self.0.device())
    }

    /// The tensor as a float tensor of rank `D`.
    ///
    /// # Errors
    ///
    /// If the rank is not `D`, or the values are not floats.
    pub fn float<const D: usize>(self) -> Result<Tensor<D>> {
        self.typed(FLOATS)
    }

    /// The tensor as an integer tensor of rank `D`.
    ///
    /// # Errors
    ///
    /// If the rank is not `D`, or the values are not integers.
    pub fn int<const D: usize>(self) -> Result<Tensor<D, Int>> {
        self.typed(INTEGERS)
    }

    /// The tensor as a boolean tensor of rank `D`.
    ///
    /// # Errors
    ///
    /// If the rank is not `D`, or the values are not booleans.
    pub fn bool<const D: usize>(self) -> Result<Tensor<D, Bool>> {
        self.typed(BOOLEANS)
    }

    /// The values as floats. Integers above 2²⁴ are rounded; booleans become 0 and 1.
    ///
    /// # Errors
    ///
    /// If the rank is not supported.
    pub fn floats(self) -> Result<Self> {
        match kind(self.dtype()) {
            FLOATS => Ok(self),
            BOOLEANS => by_rank!(bool: self, |x| x.float().into()),
            _ => by_rank!(int: self, |x| x.float().into()),
        }
    }

    /// The values as integers, of 64 bits where the device has them. Floats are truncated towards zero.
    ///
    /// ```
    /// use horn::burn::tensor::{Device, Tensor};
    /// use horn::AnyTensor;
    ///
    /// let x = AnyTensor::from(Tensor::<1>::from_data([1.9, -1.9], &Device::default()));
    /// let x = x.integers()?.int::<1>()?;
    /// assert_eq!(x.into_data().iter::<i64>().collect::<Vec<_>>(), [1, -1]);
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the rank is not supported.
    pub fn integers(self) -> Result<Self> {
        let widest = widest_int(&self.device());
        match kind(self.dtype()) {
            FLOATS => by_rank!(self, |x| x.cast(widest).into()),
            BOOLEANS => by_rank!(bool: self, |x| x.cast(widest).into()),
            _ if self.dtype() == widest.into() => Ok(self),
            _ => by_rank!(int: self, |x| x.cast(widest).into()),
        }
    }

    /// The tensor with the rank and the kind of another one.
    ///
    /// # Errors
    ///
    /// If its rank or kind differs.
    pub fn like<const D: usize, K: Basic>(self, other: &Tensor<D, K>) -> Result<Tensor<D, K>> {
        self.typed(kind(other.dtype()))
    }

    /// Are the values integers?
    pub fn is_integer(&self) -> bool {
        kind(self.dtype()) == INTEGERS
    }

    fn typed<const D: usize, K: Basic>(self, expected: &str) -> Result<Tensor<D, K>> {
        if kind(self.dtype()) == expected && self.rank() == D {
            return Ok(Tensor::from_dispatch(self.0));
        }
        Err(Error::shape("the tensor has another rank or type")
            .received(format!("{:?} of shape {}", self.dtype(), shape::sizes(&self.sizes())))
            .expected(format!("{expected} of rank {D}"))
            .hint("reshape it, or use a layer for tensors of this rank"))
    }

    /// The same values, in row-major order, with another shape.
    ///
    /// # Errors
    ///
    /// If the number of values differs, or there are more axes than a tensor can have.
    pub fn reshape(self, sizes: &[usize]) -> Result<Self> {
        if shape::count(&self.sizes()) != shape::count(sizes) {
            return Err(Error::shape("reshaping can't change the number of values")
                .received(format!("{} to {}", shape::sizes(&self.sizes()), shape::sizes(sizes)))
                .expected("a shape with the same number of values")
                .hint("change the target shape"));
        }
        by_rank!(any: self, |x| match *sizes {
            [a] => Ok(x.reshape([a]).into()),
            [a, b] => Ok(x.reshape([a, b]).into()),
            [a, b, c] => Ok(x.reshape([a, b, c]).into()),
            [a, b, c, d] => Ok(x.reshape([a, b, c, d]).into()),
            [a, b, c, d, e] => Ok(x.reshape([a, b, c, d, e]).into()),
            [a, b, c, d, e, f] => Ok(x.reshape([a, b, c, d, e, f]).into()),
            _ => Err(unsupported_rank(sizes.len())),
        })?
    }

    /// Permutes the axes: axis `i` of the result is axis `axes[i]` of this tensor.
    ///
    /// # Errors
    ///
    /// If `axes` is not a permutation of the tensor's axes.
    pub fn permute(self, axes: &[usize]) -> Result<Self> {
        let mut sorted = axes.to_vec();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..self.rank()) {
            return Err(Error::argument("the axes are not a permutation")
                .received(format!("{axes:?} for {}", shape::sizes(&self.sizes())))
                .expected(format!("each axis from 0 to {} once", self.rank().saturating_sub(1)))
                .hint("list every axis of the tensor once"));
        }
        if axes.is_sorted() {
            return Ok(self);
        }
        fn permute<const D: usize, K: Basic>(x: Tensor<D, K>, axes: &[usize]) -> AnyTensor {
            let axes: [usize; D] =
                axes.try_into().expect("`axes` has as many elements as the tensor has axes, which was checked");
            x.permute(axes.map(|axis| axis as isize)).into()
        }
        by_rank!(any: self, |x| permute(x, axes))
    }

    /// Broadcasts the tensor: repeats the values along axes of size 1.
    ///
    /// # Errors
    ///
    /// If the tensor cannot be broadcast to this shape.
    pub fn expand(self, sizes: &[usize]) -> Result<Self> {
        let own = self.sizes();
        if own.len() != sizes.len() || own.iter().zip(sizes).any(|(own, size)| own != size && *own != 1) {
            return Err(Error::shape("the tensor can't be broadcast to this shape")
                .received(shape::sizes(&own))
                .expected(shape::sizes(sizes))
                .hint("give it the same rank, and the same sizes or 1"));
        }
        fn expand<const D: usize, K: Basic>(x: Tensor<D, K>, sizes: &[usize]) -> AnyTensor {
            let sizes: [usize; D] =
                sizes.try_into().expect("`sizes` has as many elements as the tensor has axes, which was checked");
            x.expand(sizes).into()
        }
        by_rank!(any: self, |x| expand(x, sizes))
    }

    /// Flattens all axes but the last: `[samples, last]`.
    ///
    /// A tensor of rank 1 becomes a single column.
    ///
    /// # Errors
    ///
    /// If the values are not floats.
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

const FLOATS: &str = "floats";
const INTEGERS: &str = "integers";
const BOOLEANS: &str = "booleans";

/// The kind of values of this type, as messages call it.
fn kind(dtype: DType) -> &'static str {
    match dtype {
        dtype if dtype.is_bool() => BOOLEANS,
        dtype if dtype.is_int() || dtype.is_uint() => INTEGERS,
        _ => FLOATS,
    }
}

/// The widest integers of the device: Keras's int64 where it has them.
pub(crate) fn widest_int(device: &Device) -> IntDType {
    if device.supports_dtype(IntDType::I64) { IntDType::I64 } else { IntDType::I32 }
}

/// The highest rank of a tensor in a model.
pub const MAX_RANK: usize = 6;

/// The error for tensors of rank 0, or above [`MAX_RANK`].
#[doc(hidden)]
pub fn unsupported_rank(rank: usize) -> Error {
    Error::shape("tensors of this rank are not supported")
        .received(rank)
        .expected(format!("a rank of 1 to {MAX_RANK}"))
        .hint("reshape the data to fewer axes")
}

/// Evaluates the expression with the [`AnyTensor`] as a float `Tensor` of its own rank, 1 to 6.
///
/// The expression is compiled once for each rank; its value must have the same type for all ranks, such as an
/// [`AnyTensor`] made with `into()`. The macro returns a `Result`. With `bool:` or `int:` before the tensor, it is a
/// boolean or an integer tensor; with `numbers:` a float or an integer tensor, and with `any:` one of any of the three, for
/// expressions that are the same for these kinds.
///
/// ```
/// use horn::burn::tensor::{Device, Tensor};
/// use horn::{AnyTensor, by_rank};
///
/// let x = AnyTensor::from(Tensor::<3>::ones([2, 3, 4], &Device::default()));
/// let y: AnyTensor = by_rank!(x, |x| AnyTensor::from(x.neg()))?;
/// assert_eq!(y.sizes(), [2, 3, 4]);
/// # Ok::<(), horn::Error>(())
/// ```
#[macro_export]
macro_rules! by_rank {
    (bool: $tensor:expr, |$x:ident| $body:expr) => {
        $crate::by_rank!(@ bool, $tensor, $x, $body)
    };
    (int: $tensor:expr, |$x:ident| $body:expr) => {
        $crate::by_rank!(@ int, $tensor, $x, $body)
    };
    (numbers: $tensor:expr, |$x:ident| $body:expr) => {{
        let numbers: $crate::AnyTensor = $tensor;
        if numbers.is_integer() {
            $crate::by_rank!(@ int, numbers, $x, $body)
        } else {
            $crate::by_rank!(@ float, numbers, $x, $body)
        }
    }};
    (any: $tensor:expr, |$x:ident| $body:expr) => {{
        let any: $crate::AnyTensor = $tensor;
        if any.dtype().is_bool() {
            $crate::by_rank!(@ bool, any, $x, $body)
        } else {
            $crate::by_rank!(numbers: any, |$x| $body)
        }
    }};
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
    fn integers_of_any_size_keep_their_values_and_axes() {
        let device = Device::default();
        let large = (1_i64 << 40) + 5;
        let data = burn::tensor::TensorData::new(vec![large, -1, 3, 16_777_217], [2, 2]);
        let x = AnyTensor::from(Tensor::<2, Int>::from_data(data, (&device, widest_int(&device).into())));
        let x = x.permute(&[1, 0]).unwrap().reshape(&[1, 4]).unwrap().expand(&[2, 4]).unwrap().integers().unwrap();
        let read = x.clone().int::<2>().unwrap().into_data().iter::<i64>().collect::<Vec<_>>();
        assert_eq!(read, [[large, 3, -1, 16_777_217]; 2].concat());
        let floats = x.floats().unwrap().float::<2>().unwrap().into_data().iter::<f32>().collect::<Vec<_>>();
        assert_eq!(floats[4..], [large as f32, 3.0, -1.0, 16_777_216.0]);
    }

    #[test]
    fn errors_tell_both_sides() {
        let x = AnyTensor::from(Tensor::<2>::ones([2, 3], &Device::default()));
        assert_eq!(
            x.float::<4>().unwrap_err().to_string(),
            "the tensor has another rank or type; received F32 of shape (2, 3), expected floats of rank 4. \
             Hint: reshape it, or use a layer for tensors of this rank."
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
