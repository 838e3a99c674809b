//! Functions of each element, or of two elements at one place.

use burn::tensor::{Bool, Tensor};
use serde_json::{Map, Value};

use crate::by_rank;
use crate::error::Result;
use crate::operations::calls::argument::{Argument, Constant};
use crate::operations::calls::broadcast::{aligned, joined};
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::function::Rule;
use crate::operations::calls::integers::{self, Integers};
use crate::operations::calls::operands::{number_of, shape_of, tensor_of};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::powers::powf;
use crate::tensor::shape::{Shape, Values};

/// Functions of one tensor, element by element.
#[derive(Clone, Copy)]
pub(crate) enum Unary {
    Abs,
    Arccos,
    Arccosh,
    Arcsin,
    Arcsinh,
    Arctan,
    Arctanh,
    Ceil,
    Cos,
    Cosh,
    Deg2rad,
    Erf,
    Exp,
    Exp2,
    Expm1,
    Floor,
    Identity,
    IsFinite,
    IsInf,
    IsNan,
    Log,
    Log10,
    Log1p,
    Log2,
    LogicalNot,
    Negative,
    OnesLike,
    Rad2deg,
    Reciprocal,
    Round,
    Rsqrt,
    Sign,
    Sin,
    Sinh,
    Sqrt,
    Square,
    StopGradient,
    Tan,
    Trunc,
    ZerosLike,
}

impl Unary {
    fn forward<const D: usize>(self, x: Tensor<D>, decimals: f64) -> Tensor<D> {
        match self {
            Self::Abs => x.abs(),
            Self::Arccos => x.acos(),
            Self::Arccosh => x.acosh(),
            Self::Arcsin => x.asin(),
            Self::Arcsinh => x.asinh(),
            Self::Arctan => x.atan(),
            Self::Arctanh => x.atanh(),
            Self::Ceil => x.ceil(),
            Self::Cos => x.cos(),
            Self::Cosh => x.cosh(),
            Self::Deg2rad => x.deg2rad(),
            Self::Erf => x.erf(),
            Self::Exp => x.exp(),
            Self::Exp2 => (x * std::f64::consts::LN_2).exp(),
            Self::Expm1 => x.exp() - 1.0,
            Self::Floor => x.floor(),
            Self::Identity => x,
            Self::IsFinite => x.is_finite().float(),
            Self::IsInf => x.is_inf().float(),
            Self::IsNan => x.is_nan().float(),
            Self::Log => x.log(),
            Self::Log10 => x.log() / std::f64::consts::LN_10,
            Self::Log1p => x.log1p(),
            Self::Log2 => x.log() / std::f64::consts::LN_2,
            Self::LogicalNot => x.equal_elem(0.0).float(),
            Self::Negative => x.neg(),
            Self::OnesLike => x.ones_like(),
            Self::Rad2deg => x.rad2deg(),
            Self::Reciprocal => x.recip(),
            Self::Round if decimals == 0.0 => x.round(),
            Self::Round => (x * decimals).round() / decimals,
            Self::Rsqrt => x.sqrt().recip(),
            Self::Sign => x.sign(),
            Self::Sin => x.sin(),
            Self::Sinh => x.sinh(),
            Self::Sqrt => x.sqrt(),
            Self::Square => x.square(),
            Self::StopGradient => x.detach(),
            Self::Tan => x.tan(),
            Self::Trunc => x.trunc(),
            Self::ZerosLike => x.zeros_like(),
        }
    }

    /// The kind of the results.
    fn values(self, of: Values, dtype: Option<&str>) -> Values {
        match self {
            Self::IsFinite | Self::IsInf | Self::IsNan | Self::LogicalNot => Values::Bools,
            Self::OnesLike | Self::ZerosLike | Self::Identity => dtype.map_or(of, Values::of_dtype),
            Self::Abs | Self::Negative | Self::Round | Self::Sign | Self::Square | Self::StopGradient | Self::Trunc => {
                of
            }
            _ => Values::Floats,
        }
    }
}

impl Rule for Unary {
    fn takes_numbers(&self) -> bool {
        true
    }

    fn integers(&self, config: &Map<String, Value>) -> Integers {
        match self {
            Self::Abs => Integers::of_one(i64::wrapping_abs),
            Self::Negative => Integers::of_one(i64::wrapping_neg),
            Self::Sign => Integers::of_one(i64::signum),
            Self::Square => Integers::of_one(|x| x.wrapping_mul(x)),
            Self::Identity | Self::StopGradient | Self::Trunc => Integers::Moved,
            Self::Round if config.get("decimals").and_then(Value::as_i64).unwrap_or(0) >= 0 => Integers::Moved,
            _ => Integers::AsFloats,
        }
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        let dtype = call.config.get("dtype").and_then(Value::as_str);
        Ok(vec![input.clone().with_values(self.values(input.values(), dtype))])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let decimals = call.config.get("decimals").and_then(Value::as_i64).unwrap_or(0);
        // 10 to the power of the decimals; 0 for none.
        let decimals = if decimals == 0 { 0.0 } else { 10_f64.powi(decimals.clamp(-300, 300) as i32) };
        let (rule, x) = (*self, call.into_tensor()?);
        if x.is_integer() {
            return Ok(vec![x]);
        }
        Ok(vec![by_rank!(x, |x| rule.forward(x, decimals).into())?])
    }
}

/// Functions of two tensors or a tensor and a constant, which broadcast.
#[derive(Clone, Copy)]
pub(crate) enum Binary {
    Add,
    Arctan2,
    Divide,
    DivideNoNan,
    Equal,
    FloorDivide,
    Greater,
    GreaterEqual,
    Hypot,
    Less,
    LessEqual,
    LogicalAnd,
    LogicalOr,
    LogicalXor,
    Logaddexp,
    Maximum,
    Minimum,
    Mod,
    Multiply,
    NotEqual,
    Power,
    Subtract,
}

impl Binary {
    fn forward<const D: usize>(self, x: Tensor<D>, y: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Add => x + y,
            Self::Arctan2 => x.atan2(y),
            Self::Divide => x / y,
            Self::DivideNoNan => {
                let zero = y.clone().equal_elem(0.0);
                let (quotient, zero) = (x / y.mask_fill(zero.clone(), 1.0), zero);
                let sizes = quotient.dims();
                quotient.mask_fill(zero.expand(sizes), 0.0)
            }
            Self::Equal => compared(x, y, Tensor::equal),
            Self::FloorDivide => (x / y).floor(),
            Self::Greater => compared(x, y, Tensor::greater),
            Self::GreaterEqual => compared(x, y, Tensor::greater_equal),
            Self::Hypot => {
                let (x, y) = expanded(x, y);
                x.hypot(y)
            }
            Self::Less => compared(x, y, Tensor::lower),
            Self::LessEqual => compared(x, y, Tensor::lower_equal),
            Self::LogicalAnd => truth(x) * truth(y),
            Self::LogicalOr => (truth(x) + truth(y)).clamp_max(1.0),
            Self::LogicalXor => (truth(x) - truth(y)).abs(),
            Self::Logaddexp => {
                // log(exp(x) + exp(y)), from the larger of both, so that no exponential overflows.
                let (x, y) = expanded(x, y);
                let largest = x.clone().max_pair(y.clone());
                largest + (x - y).abs().neg().exp().log1p()
            }
            Self::Maximum => {
                let (x, y) = expanded(x, y);
                x.max_pair(y)
            }
            Self::Minimum => {
                let (x, y) = expanded(x, y);
                x.min_pair(y)
            }
            Self::Mod => {
                let (x, y) = expanded(x, y);
                x.remainder(y)
            }
            Self::Multiply => x * y,
            Self::NotEqual => compared(x, y, Tensor::not_equal),
            Self::Power => {
                let (x, y) = expanded(x, y);
                x.powf(y)
            }
            Self::Subtract => x - y,
        }
    }

    /// The same with a number as the second argument, where that needs no tensor.
    fn with_number<const D: usize>(self, x: Tensor<D>, y: f64) -> Option<Tensor<D>> {
        Some(match self {
            Self::Add => x + y,
            Self::Subtract => x - y,
            Self::Multiply => x * y,
            Self::Divide => x / y,
            Self::Equal => x.equal_elem(y).float(),
            Self::NotEqual => x.not_equal_elem(y).float(),
            Self::Greater => x.greater_elem(y).float(),
            Self::GreaterEqual => x.greater_equal_elem(y).float(),
            Self::Less => x.lower_elem(y).float(),
            Self::LessEqual => x.lower_equal_elem(y).float(),
            Self::Maximum => x.clamp_min(y),
            Self::Minimum => x.clamp_max(y),
            Self::Power if y == 2.0 => x.square(),
            Self::Power => powf(x, y),
            _ => return None,
        })
    }

    /// The kind of the results.
    fn values(self, of: Values) -> Values {
        match self {
            Self::Arctan2 | Self::Divide | Self::DivideNoNan | Self::Hypot | Self::Logaddexp => Values::Floats,
            Self::Equal | Self::NotEqual | Self::Greater | Self::GreaterEqual | Self::Less | Self::LessEqual => {
                Values::Bools
            }
            Self::LogicalAnd | Self::LogicalOr | Self::LogicalXor => Values::Bools,
            _ => of,
        }
    }
}

/// Both at their common shape, for Burn's functions that do not broadcast.
fn expanded<const D: usize>(x: Tensor<D>, y: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
    let (own, other) = (x.dims(), y.dims());
    let sizes: [usize; D] = std::array::from_fn(|at| if own[at] == 1 { other[at] } else { own[at] });
    (x.expand(sizes), y.expand(sizes))
}

fn compared<const D: usize>(
    x: Tensor<D>,
    y: Tensor<D>,
    compare: impl FnOnce(Tensor<D>, Tensor<D>) -> Tensor<D, Bool>,
) -> Tensor<D> {
    let (x, y) = expanded(x, y);
    compare(x, y).float()
}

/// 1 for values that are not 0.
fn truth<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.not_equal_elem(0.0).float()
}

impl Rule for Binary {
    fn takes_numbers(&self) -> bool {
        true
    }

    fn integers(&self, _: &Map<String, Value>) -> Integers {
        match self {
            Self::Add => Integers::of_two(i64::wrapping_add),
            Self::Equal => Integers::Compared(|x, y| x == y),
            Self::FloorDivide => Integers::of_two(integers::floor_divided),
            Self::Greater => Integers::Compared(|x, y| x > y),
            Self::GreaterEqual => Integers::Compared(|x, y| x >= y),
            Self::Less => Integers::Compared(|x, y| x < y),
            Self::LessEqual => Integers::Compared(|x, y| x <= y),
            Self::Maximum => Integers::of_two(i64::max),
            Self::Minimum => Integers::of_two(i64::min),
            Self::Mod => Integers::of_two(integers::rest),
            Self::Multiply => Integers::of_two(i64::wrapping_mul),
            Self::NotEqual => Integers::Compared(|x, y| x != y),
            Self::Power => Integers::of_two(integers::power),
            Self::Subtract => Integers::of_two(i64::wrapping_sub),
            _ => Integers::AsFloats,
        }
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let [x, y] = two(call.arguments()).ok_or_else(|| no_tensor(call.class))?;
        let is_number = |argument: &Argument<Shape>| matches!(argument, Argument::Constant(Constant::Int(_)));
        let has_number = is_number(x) || is_number(y);
        let (x, y) = (shape_of(x)?, shape_of(y)?);
        let bytes = has_number && (x.values() == Values::Bytes || y.values() == Values::Bytes);
        // Bytes and a whole number give bytes, which wrap round.
        let values = self.values(if bytes { Values::Bytes } else { x.values().joined(y.values()) });
        Ok(vec![Shape::new(joined(x.sizes(), y.sizes())?).with_values(values)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let (class, rule, device) = (call.class, *self, call.tensors_device()?);
        let arguments = <[Argument<AnyTensor>; 2]>::try_from(call.into_arguments());
        let [x, y] = arguments.map_err(|_| no_tensor(class))?;
        if let (Argument::Tensor(x), Some(y)) = (&x, number_of(&y)) {
            let output = by_rank!(x.clone(), |x| rule.with_number(x, y).map(AnyTensor::from))?;
            if let Some(output) = output {
                return Ok(vec![output]);
            }
        }
        let [x, y] = aligned(tensor_of(x, &device)?, tensor_of(y, &device)?)?;
        Ok(vec![by_rank!(x, |x| y.float().map(|y| AnyTensor::from(rule.forward(x, y))))??])
    }
}

fn two<T>(arguments: &[Argument<T>]) -> Option<[&Argument<T>; 2]> {
    match arguments {
        [x, y] => Some([x, y]),
        _ => None,
    }
}
