//! Integers between functions. Floats hold none above 2²⁴ exactly, so functions that compute integers from integers do so on
//! the host, which is exact on every device.

use burn::tensor::{Int, Tensor, TensorData};
use ndarray::{ArrayD, IxDyn};

use crate::error::{Error, Result};
use crate::memory;
use crate::operations::calls::argument::{Argument, Constant};
use crate::operations::calls::broadcast::{joined, known, with_rank};
use crate::operations::calls::call::Call;
use crate::operations::calls::operands::{number_of, uploaded};
use crate::tensor::any_tensor::{AnyTensor, widest_int};
use crate::tensor::shape::Values;

/// A function of the arguments' values at one place.
type OfPlace = dyn Fn(&[i64]) -> i64;

/// What a function does with integers.
pub(crate) enum Integers {
    /// It computes with floats.
    AsFloats,
    /// It only moves values, integers as well as floats.
    Moved,
    /// It is this function of the arguments' values at one place.
    Each(Box<OfPlace>),
    /// It computes with all values along some axes: [`Rule::compute_exactly`](super::function::Rule::compute_exactly).
    Along,
    /// The same for a comparison, for which floats do where a constant is small: rounding keeps the order.
    Compared(fn(i64, i64) -> bool),
}

impl Integers {
    pub fn of_one(function: fn(i64) -> i64) -> Self {
        Self::Each(Box::new(move |values| function(values[0])))
    }

    pub fn of_two(function: fn(i64, i64) -> i64) -> Self {
        Self::Each(Box::new(move |values| function(values[0], values[1])))
    }

    /// Are integers computed exactly, for inputs that are all integers or truths, and outputs of this kind?
    pub fn are_exact<T>(&self, inputs: Values, output: Values, arguments: &[Argument<T>]) -> bool {
        let of_integers = inputs.are_integers();
        match self {
            Self::AsFloats => false,
            Self::Moved | Self::Along | Self::Each(_) => of_integers && output < Values::Floats,
            Self::Compared(_) => {
                let is_exact_float = |argument: &Argument<T>| match argument {
                    Argument::Constant(Constant::Int(number)) => number.unsigned_abs() < 1 << 24,
                    Argument::Constant(Constant::Array(array)) => Values::of_dtype(array.dtype()) == Values::Floats,
                    Argument::Constant(_) => true,
                    _ => false,
                };
                of_integers && !arguments.iter().any(is_exact_float)
            }
        }
    }
}

/// The values of a tensor of integers, in row-major order.
pub(crate) fn downloaded_integers(x: AnyTensor) -> Result<Vec<i64>> {
    let count = x.count();
    Ok(x.reshape(&[count])?.int::<1>()?.into_data().iter::<i64>().collect())
}

/// Integers in row-major order as a tensor.
pub(crate) fn uploaded_integers(values: Vec<i64>, sizes: &[usize], like: &AnyTensor) -> Result<AnyTensor> {
    let (device, count) = (like.device(), values.len());
    let data = TensorData::new(values, [count]);
    AnyTensor::from(Tensor::<1, Int>::from_data(data, (&device, widest_int(&device).into()))).reshape(sizes)
}

/// The results of a function of each place, for kinds of inputs and of results: int32 wraps round, and int64 at 64 bits.
pub(crate) fn each(
    call: Call<AnyTensor>,
    function: &dyn Fn(&[i64]) -> i64,
    [given, results]: [Values; 2],
) -> Result<AnyTensor> {
    let arguments = call.into_arguments();
    let tensor = |argument: &Argument<AnyTensor>| match argument {
        Argument::Tensor(tensor) => Some(tensor.clone()),
        _ => None,
    };
    let first = arguments.iter().find_map(tensor).ok_or_else(not_whole)?;
    let mut sizes = Vec::new();
    for argument in &arguments {
        sizes = match argument {
            Argument::Tensor(tensor) => joined(&sizes, &known(tensor))?,
            Argument::Constant(Constant::Array(array)) => {
                joined(&sizes, &array.values.shape().iter().copied().map(Some).collect::<Vec<_>>())?
            }
            _ => sizes,
        };
    }
    let sizes: Vec<usize> = sizes.into_iter().flatten().collect();
    // An integer has two times four bytes, in each argument and in the result.
    memory::check_workspace(memory::values(&sizes).saturating_mul(2 * (arguments.len() as u64 + 1)), 0)?;
    let spread = |x: AnyTensor| downloaded_integers(with_rank(x, sizes.len())?.expand(&sizes)?);
    // A number is the same at each place.
    let operand = |argument| match argument {
        Argument::Tensor(tensor) => spread(tensor),
        Argument::Constant(Constant::Int(number)) => Ok(vec![number]),
        Argument::Constant(Constant::Array(array)) if array.values.ndim() > 0 => {
            let values = array.values.iter().map(|&value| value as i64).collect();
            spread(uploaded_integers(values, array.values.shape(), &first)?)
        }
        other => Ok(vec![number_of(&other).ok_or_else(not_whole)? as i64]),
    };
    let operands = arguments.into_iter().map(operand).collect::<Result<Vec<_>>>()?;
    let mut values = vec![0; operands.len()];
    let at_place = |place: usize| {
        for (value, operand) in values.iter_mut().zip(&operands) {
            *value = limited(operand[place % operand.len()], given);
        }
        function(&values)
    };
    let found = (0..memory::values(&sizes) as usize).map(at_place);
    match results {
        Values::Bools => uploaded(found.map(|value| (value & 1) as f32).collect(), &sizes, &first.device()),
        _ => uploaded_integers(found.map(|value| wrapped(value, results)).collect(), &sizes, &first),
    }
}

/// What a function makes of the integers along these axes, at each place of the other axes: one integer, or so many along one
/// axis. The axes keep their places.
pub(crate) fn along(
    x: AnyTensor,
    axes: &[usize],
    count: usize,
    [given, results]: [Values; 2],
    function: impl Fn(&[i64]) -> Vec<i64>,
) -> Result<AnyTensor> {
    let sizes = x.sizes();
    // The integers are on the host twice, in two orders.
    memory::check_workspace(memory::values(&sizes).saturating_mul(6), 0)?;
    let values = downloaded_integers(x.clone())?.into_iter().map(|value| limited(value, given)).collect();
    let values = ArrayD::from_shape_vec(IxDyn(&sizes), values).map_err(|_| not_whole())?;
    let order: Vec<usize> = (0..sizes.len()).filter(|axis| !axes.contains(axis)).chain(axes.iter().copied()).collect();
    let count_along = |axes: &[usize]| axes.iter().map(|&axis| sizes[axis]).product::<usize>();
    let (lines, length) = (count_along(&order[..sizes.len() - axes.len()]), count_along(axes));
    let ordered: Vec<i64> = values.permuted_axes(order.clone()).iter().copied().collect();
    let found: Vec<i64> = (0..lines).flat_map(|line| function(&ordered[line * length..][..length])).collect();
    let size = |axis: usize| match axes {
        [one] if *one == axis => count,
        axes if axes.contains(&axis) => 1,
        _ => sizes[axis],
    };
    let found = ArrayD::from_shape_vec(order.iter().map(|&axis| size(axis)).collect::<Vec<_>>(), found);
    let mut back = vec![0; order.len()];
    order.iter().enumerate().for_each(|(at, &axis)| back[axis] = at);
    let found = found.map_err(|_| not_whole())?.permuted_axes(back);
    let sizes: Vec<usize> = found.shape().to_vec();
    uploaded_integers(found.iter().map(|&value| wrapped(value, results)).collect(), &sizes, &x)
}

/// A value as one of this kind: a float that was cast to int32 may be beyond it.
pub(crate) fn limited(value: i64, kind: Values) -> i64 {
    if kind == Values::Ints { value.clamp(i32::MIN.into(), i32::MAX.into()) } else { value }
}

/// An integer as one of this kind, which wraps round.
pub(crate) fn wrapped(value: i64, kind: Values) -> i64 {
    match kind {
        Values::Ints => (value as i32).into(),
        Values::Bytes => (value as u8).into(),
        _ => value,
    }
}

fn not_whole() -> Error {
    Error::argument("the function takes a tensor, a number or an array here")
        .expected("a tensor, a number or an array")
        .hint("change the argument")
}

/// The largest whole number that is not greater than the quotient; for 0 as the divisor the number that XLA gives.
pub(crate) fn floor_divided(x: i64, y: i64) -> i64 {
    match y {
        0 => -1 - i64::from(x != 0),
        _ => {
            let (quotient, rest) = (x.wrapping_div(y), x.wrapping_rem(y));
            quotient - i64::from(rest != 0 && (rest < 0) != (y < 0))
        }
    }
}

/// The rest of the division, with the sign of the divisor; 0 for 0.
pub(crate) fn rest(x: i64, y: i64) -> i64 {
    match y {
        0 => 0,
        _ => {
            let rest = x.wrapping_rem(y);
            if rest != 0 && (rest < 0) != (y < 0) { rest + y } else { rest }
        }
    }
}

/// A power; for negative exponents the whole part of the quotient.
pub(crate) fn power(x: i64, y: i64) -> i64 {
    match x {
        1 => 1,
        -1 => 1 - 2 * (y & 1),
        _ if y < 0 => 0,
        _ => {
            let (mut power, mut square, mut left) = (1_i64, x, y);
            while left > 0 {
                if left & 1 == 1 {
                    power = power.wrapping_mul(square);
                }
                square = square.wrapping_mul(square);
                left >>= 1;
            }
            power
        }
    }
}
