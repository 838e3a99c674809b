//! Less common functions of each element, and those of whole numbers.

use burn::tensor::Tensor;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::operations::calls::broadcast::{joined, known, with_rank};
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::function::Rule;
use crate::operations::calls::integers::{Integers, each};
use crate::operations::calls::operands::{downloaded, shape_of, tensor_of, uploaded};
use crate::operations::formula::{Formula, Term, required};
use crate::operations::primitives::elementwise::{Binary, Unary};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, Values};

/// Functions of one tensor.
#[derive(Clone, Copy)]
pub(crate) enum Special {
    /// The angle of a real number in the plane of complex ones: 0, or π for negative ones.
    Angle,
    Cbrt,
    Erfc,
    Erfinv,
    /// The modified Bessel function of the first kind, of order 0.
    I0,
    IsNegInf,
    IsPosInf,
    IsReal,
    SignBit,
    Sinc,
}

/// 2 / √π, the slope of the error function at 0.
const SLOPE: f64 = std::f64::consts::FRAC_2_SQRT_PI;

impl Special {
    /// The function of values along one axis.
    fn forward(self, x: Tensor<1>) -> Tensor<1> {
        match self {
            Self::Angle => x.lower_elem(0.0).float() * std::f64::consts::PI,
            Self::Cbrt => x.clone().abs().powf_scalar(1.0 / 3.0) * x.sign(),
            Self::Erfc => x.erf().neg() + 1.0,
            Self::Erfinv => erfinv(x),
            Self::I0 => i0(x),
            Self::IsNegInf => x.equal_elem(f64::NEG_INFINITY).float(),
            Self::IsPosInf => x.equal_elem(f64::INFINITY).float(),
            Self::IsReal => x.ones_like(),
            // The reciprocal also tells -0 from 0.
            Self::SignBit => (x.clone().lower_elem(0.0).float() + x.recip().lower_elem(0.0).float()).clamp_max(1.0),
            Self::Sinc => {
                // 1 at 0, where the quotient is none.
                let zero = x.clone().equal_elem(0.0);
                let angle = x.mask_fill(zero.clone(), 1.0) * std::f64::consts::PI;
                (angle.clone().sin() / angle).mask_fill(zero, 1.0)
            }
        }
    }
}

/// The inverse error function: an approximation without gradient, and a step of Newton's method, which has one.
fn erfinv(x: Tensor<1>) -> Tensor<1> {
    // By Winitzki: with a = 0.147, correct to three digits.
    let a = 0.147;
    let own = x.clone().detach();
    let logarithm = (own.clone().square().neg() + 1.0).log();
    let middle = logarithm.clone() * 0.5 + 2.0 / (std::f64::consts::PI * a);
    let mut y = ((middle.clone().square() - logarithm / a).sqrt() - middle).sqrt() * own.clone().sign();
    let slope = |y: &Tensor<1>| y.clone().square().neg().exp() * SLOPE;
    y = y.clone() - (y.clone().erf() - own.clone()) / slope(&y);
    let y = y.detach();
    let refined = y.clone() - (y.clone().erf() - x) / slope(&y);
    // At -1 and 1 it is infinite, beyond them no number.
    let infinite = own.clone().sign() * f64::INFINITY;
    let outside = infinite.mask_fill(own.clone().abs().greater_elem(1.0), f64::NAN);
    refined.mask_where(own.abs().greater_equal_elem(1.0), outside)
}

/// Polynomials of Abramowitz and Stegun, 9.8.1 and 9.8.2.
fn i0(x: Tensor<1>) -> Tensor<1> {
    let polynomial = |x: Tensor<1>, factors: &[f64]| {
        let start = x.zeros_like();
        factors.iter().rev().fold(start, |sum, &factor| sum * x.clone() + factor)
    };
    let size = x.abs();
    let near = size.clone().lower_elem(3.75);
    let inner = (size.clone().clamp_max(3.75) / 3.75).square();
    let inner = polynomial(inner, &[1.0, 3.515_622_9, 3.089_942_4, 1.206_749_2, 0.265_973_2, 0.036_076_8, 0.004_581_3]);
    let far = size.clamp_min(3.75);
    let outer = polynomial(
        far.clone().recip() * 3.75,
        &[
            0.398_942_28,
            0.013_285_92,
            0.002_253_19,
            -0.001_575_65,
            0.009_162_81,
            -0.020_577_06,
            0.026_355_37,
            -0.016_476_33,
            0.003_923_77,
        ],
    );
    (far.clone().exp() * outer / far.sqrt()).mask_where(near, inner)
}

impl Rule for Special {
    fn takes_numbers(&self) -> bool {
        true
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let kind = match self {
            Self::IsNegInf | Self::IsPosInf | Self::IsReal | Self::SignBit => Values::Bools,
            _ => Values::Floats,
        };
        Ok(vec![call.tensor()?.clone().with_values(kind)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let x = call.into_tensor()?;
        let sizes = x.sizes();
        let flat = x.reshape(&[sizes.iter().product()])?.float::<1>()?;
        Ok(vec![AnyTensor::from(self.forward(flat)).reshape(&sizes)?])
    }
}

/// Functions of two tensors that are made of others.
#[derive(Clone, Copy)]
pub(crate) enum Paired {
    Fmod,
    Heaviside,
    Ldexp,
    Logaddexp2,
}

impl Formula for Paired {
    fn accepts_numbers(&self) -> bool {
        true
    }

    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let (x, y) = (required(call, 0)?, required(call, 1)?);
        Ok(vec![match self {
            // With the sign of the first.
            Self::Fmod => x.map(Unary::Abs)?.with(Binary::Mod, &y.map(Unary::Abs)?)?.times(&x.map(Unary::Sign)?)?,
            Self::Heaviside => {
                let above = x.with_number(Binary::Greater, 0.0)?;
                let step = y.or(&x.with_number(Binary::Equal, 0.0)?, &above)?;
                step.of_kind(Values::Floats)
            }
            Self::Ldexp => x.times(&y.map(Unary::Exp2)?)?,
            Self::Logaddexp2 => {
                let natural = |x: &T| x.scaled(std::f64::consts::LN_2, 0.0);
                natural(&x)?.with(Binary::Logaddexp, &natural(&y)?)?.scaled(std::f64::consts::LOG2_E, 0.0)?
            }
        }])
    }
}

/// Functions of whole numbers, which are computed on the host. They have no gradients.
#[derive(Clone, Copy)]
pub(crate) enum Whole {
    And,
    Gcd,
    Lcm,
    LeftShift,
    Not,
    Or,
    RightShift,
    Xor,
}

impl Whole {
    /// The function of the values at one place.
    fn at_place(self) -> impl Fn(&[i64]) -> i64 {
        let function: fn(i64, i64) -> i64 = match self {
            Self::And => |x, y| x & y,
            Self::Gcd => divisor,
            Self::Lcm => |x, y| match divisor(x, y) {
                0 => 0,
                divisor => (x / divisor).wrapping_mul(y).wrapping_abs(),
            },
            Self::LeftShift => |x, y| x.checked_shl(bits(y)).unwrap_or(0),
            Self::Not => |x, _| !x,
            Self::Or => |x, y| x | y,
            Self::RightShift => |x, y| x.checked_shr(bits(y)).unwrap_or(if x < 0 { -1 } else { 0 }),
            Self::Xor => |x, y| x ^ y,
        };
        move |values| function(values[0], values.get(1).copied().unwrap_or(0))
    }
}

/// By how many bits a number shifts; by more than all of them, nothing is left.
fn bits(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The greatest common divisor.
fn divisor(mut x: i64, mut y: i64) -> i64 {
    while y != 0 {
        (x, y) = (y, x.wrapping_rem(y));
    }
    x.wrapping_abs()
}

fn next_after(x: f32, y: f32) -> f32 {
    match x.partial_cmp(&y) {
        Some(std::cmp::Ordering::Less) => x.next_up(),
        Some(std::cmp::Ordering::Greater) => x.next_down(),
        Some(std::cmp::Ordering::Equal) => y,
        None => f32::NAN,
    }
}

impl Rule for Whole {
    fn takes_numbers(&self) -> bool {
        true
    }

    fn integers(&self, _: &Map<String, Value>) -> Integers {
        Integers::Each(Box::new(self.at_place()))
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let shapes = call.arguments().iter().map(shape_of).collect::<Result<Vec<_>>>()?;
        let first = shapes.first().ok_or_else(|| no_tensor(call.class))?;
        let kind = shapes.iter().fold(first.values(), |kind, shape| kind.joined(shape.values()));
        if kind == Values::Floats {
            return Err(Error::argument("the function takes integers only")
                .received(format!("floats of shape {first}"))
                .expected("integers or booleans")
                .hint("cast the tensor to int32 first"));
        }
        let sizes =
            shapes[1..].iter().try_fold(first.sizes().to_vec(), |sizes, shape| joined(&sizes, shape.sizes()))?;
        Ok(vec![Shape::new(sizes).with_values(kind)])
    }

    /// Of booleans; integers are computed as such.
    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        Ok(vec![each(call.mapped(AnyTensor::integers)?, &self.at_place(), [Values::Bools; 2])?])
    }
}

/// `nextafter(x1, x2)`: the nearest number of float32 towards the other, which is computed on the host. It has no gradient.
pub(crate) struct NextAfter;

impl Rule for NextAfter {
    fn takes_numbers(&self) -> bool {
        true
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        Ok(Binary::Hypot.outputs(call)?.into_iter().map(|shape| shape.with_values(Values::Floats)).collect())
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let device = call.tensors_device()?;
        let tensors = call.into_arguments().into_iter().map(|argument| tensor_of(argument, &device));
        let tensors = tensors.collect::<Result<Vec<_>>>()?;
        let sizes = tensors.iter().try_fold(Vec::new(), |sizes, x| joined(&sizes, &known(x)))?;
        let sizes: Vec<usize> = sizes.into_iter().flatten().collect();
        let [x, y] = [0, 1].map(|at| downloaded(&with_rank(tensors[at].clone(), sizes.len())?.expand(&sizes)?));
        let values = x?.into_iter().zip(y?).map(|(x, y)| next_after(x, y)).collect();
        Ok(vec![uploaded(values, &sizes, &device)?])
    }
}
