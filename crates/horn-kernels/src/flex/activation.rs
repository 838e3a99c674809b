//! Functions of single values: a loop for each function, and one for its derivative.

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use crate::flex::apply::{Kernel, Run, operand};
use crate::flex::buffer::{tensor, values};
use crate::flex::loops::fill;
use crate::flex::math::{exp, exp_minus_1, log_1_plus, normal, sigmoid, tanh};
use crate::flex::simd::vectorize;
use crate::types::activation::Activation;

/// The constants of [`Activation::Selu`].
const SELU_ALPHA: f32 = 1.673_263_2;
const SELU_SCALE: f32 = 1.050_701;

/// `√(2 / π)`, and the factor of the cube, of [`Activation::GeluTanh`].
const GELU_SCALE: f32 = 0.797_884_6;
const GELU_CUBE: f32 = 0.044_715;

pub(crate) fn activation<const D: usize>(x: &Tensor<D>, activation: Activation) -> Option<Tensor<D>> {
    Some(Elementwise(activation).run([operand(x)?]))
}

#[derive(Clone, Copy, Debug)]
struct Elementwise(Activation);

impl Elementwise {
    /// Is the derivative computed from the result? Otherwise it is from the input.
    fn derives_from_result(self) -> bool {
        use Activation::{Exponential, Relu, Relu6, Sigmoid, Tanh};
        matches!(self.0, Exponential | Relu | Relu6 | Sigmoid | Tanh)
    }
}

impl Kernel<1> for Elementwise {
    type Saved = FlexTensor;

    fn forward(&self, [x]: [FlexTensor; 1], _: bool) -> (FlexTensor, Option<FlexTensor>) {
        let y = tensor(x.shape(), |y| apply(self.0, values(&x), y));
        let saved = if self.derives_from_result() { y.clone() } else { x };
        (y, Some(saved))
    }

    fn backward(&self, saved: FlexTensor, gradient: FlexTensor, _: [bool; 1]) -> [Option<FlexTensor>; 1] {
        [Some(tensor(saved.shape(), |by_x| derive(self.0, values(&saved), values(&gradient), by_x)))]
    }
}

fn apply(activation: Activation, x: &[f32], y: &mut [f32]) {
    match activation {
        Activation::Elu { alpha } => map(x, y, elu(alpha as f32)),
        Activation::Exponential => map(x, y, exp),
        Activation::Gelu => map(
            x,
            y,
            #[inline(always)]
            |x| x * normal(x).0,
        ),
        Activation::GeluTanh => map(
            x,
            y,
            #[inline(always)]
            |x| x * (0.5 * gelu_tanh(x) + 0.5),
        ),
        Activation::LeakyRelu { negative_slope } => {
            let slope = negative_slope as f32;
            map(
                x,
                y,
                #[inline(always)]
                move |x| if x < 0.0 { slope * x } else { x },
            );
        }
        Activation::LogSigmoid => map(
            x,
            y,
            #[inline(always)]
            |x| -softplus(-x),
        ),
        // Not `max`, which would lose what is not a number.
        Activation::Relu => map(
            x,
            y,
            #[inline(always)]
            |x| if x < 0.0 { 0.0 } else { x },
        ),
        Activation::Relu6 => map(
            x,
            y,
            #[inline(always)]
            |x| {
                let above = if x < 0.0 { 0.0 } else { x };
                if above > 6.0 { 6.0 } else { above }
            },
        ),
        Activation::Selu => {
            let elu = elu(SELU_ALPHA);
            map(
                x,
                y,
                #[inline(always)]
                move |x| SELU_SCALE * elu(x),
            );
        }
        Activation::Sigmoid => map(x, y, sigmoid),
        Activation::Silu => map(
            x,
            y,
            #[inline(always)]
            |x| x * sigmoid(x),
        ),
        Activation::Softplus => map(x, y, softplus),
        Activation::Tanh => map(x, y, tanh),
    }
}

/// Multiplies the gradient by the derivative, which is a function of what was saved.
fn derive(activation: Activation, saved: &[f32], gradient: &[f32], by_x: &mut [f32]) {
    match activation {
        Activation::Elu { alpha } => scale(saved, gradient, by_x, elu_slope(alpha as f32)),
        Activation::Exponential => scale(
            saved,
            gradient,
            by_x,
            #[inline(always)]
            |y| y,
        ),
        Activation::Gelu => scale(
            saved,
            gradient,
            by_x,
            #[inline(always)]
            |x| {
                let (probability, density) = normal(x);
                density.mul_add(x, probability)
            },
        ),
        Activation::GeluTanh => scale(
            saved,
            gradient,
            by_x,
            #[inline(always)]
            |x| {
                let tanh = gelu_tanh(x);
                let inner = GELU_SCALE * (3.0 * GELU_CUBE * x * x + 1.0);
                0.5 * (1.0 + tanh + x * (1.0 - tanh * tanh) * inner)
            },
        ),
        Activation::LeakyRelu { negative_slope } => {
            let slope = negative_slope as f32;
            scale(
                saved,
                gradient,
                by_x,
                #[inline(always)]
                move |x| if x < 0.0 { slope } else { 1.0 },
            );
        }
        Activation::LogSigmoid => scale(
            saved,
            gradient,
            by_x,
            #[inline(always)]
            |x| sigmoid(-x),
        ),
        Activation::Relu => scale(
            saved,
            gradient,
            by_x,
            #[inline(always)]
            |y| if y > 0.0 { 1.0 } else { 0.0 },
        ),
        Activation::Relu6 => scale(
            saved,
            gradient,
            by_x,
            #[inline(always)]
            |y| if y > 0.0 && y < 6.0 { 1.0 } else { 0.0 },
        ),
        Activation::Selu => {
            let slope = elu_slope(SELU_ALPHA);
            scale(
                saved,
                gradient,
                by_x,
                #[inline(always)]
                move |x| SELU_SCALE * slope(x),
            );
        }
        Activation::Sigmoid => scale(
            saved,
            gradient,
            by_x,
            #[inline(always)]
            |y| y * (1.0 - y),
        ),
        Activation::Silu => scale(
            saved,
            gradient,
            by_x,
            #[inline(always)]
            |x| {
                let share = sigmoid(x);
                share * (1.0 + x * (1.0 - share))
            },
        ),
        Activation::Softplus => scale(saved, gradient, by_x, sigmoid),
        Activation::Tanh => scale(
            saved,
            gradient,
            by_x,
            #[inline(always)]
            |y| 1.0 - y * y,
        ),
    }
}

#[inline(always)]
fn elu(alpha: f32) -> impl Fn(f32) -> f32 + Copy + Sync {
    #[inline(always)]
    move |x| if x > 0.0 { x } else { alpha * exp_minus_1(x) }
}

#[inline(always)]
fn elu_slope(alpha: f32) -> impl Fn(f32) -> f32 + Copy + Sync {
    #[inline(always)]
    move |x| if x > 0.0 { 1.0 } else { alpha * exp(x) }
}

#[inline(always)]
fn gelu_tanh(x: f32) -> f32 {
    tanh(GELU_SCALE * (GELU_CUBE * x * x * x + x))
}

#[inline(always)]
fn softplus(x: f32) -> f32 {
    let above = if x < 0.0 { 0.0 } else { x };
    above + log_1_plus(exp(-x.abs()))
}

/// `function` must be `#[inline(always)]`.
#[inline(always)]
fn map(x: &[f32], y: &mut [f32], function: impl Fn(f32) -> f32 + Copy + Sync) {
    fill(y, |start, y| {
        let x = &x[start..][..y.len()];
        vectorize(
            #[inline(always)]
            || {
                for (y, x) in y.iter_mut().zip(x) {
                    *y = function(*x);
                }
            },
        );
    });
}

/// `derivative` must be `#[inline(always)]`.
#[inline(always)]
fn scale(saved: &[f32], gradient: &[f32], by_x: &mut [f32], derivative: impl Fn(f32) -> f32 + Copy + Sync) {
    fill(by_x, |start, by_x| {
        let (saved, gradient) = (&saved[start..][..by_x.len()], &gradient[start..][..by_x.len()]);
        vectorize(
            #[inline(always)]
            || {
                for ((by_x, saved), gradient) in by_x.iter_mut().zip(saved).zip(gradient) {
                    *by_x = gradient * derivative(*saved);
                }
            },
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::{follows_its_derivative, same};
    use burn::tensor::activation as plain;
    use proptest::prelude::*;

    const ALL: [Activation; 13] = [
        Activation::Elu { alpha: 0.7 },
        Activation::Exponential,
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::LeakyRelu { negative_slope: 0.2 },
        Activation::LogSigmoid,
        Activation::Relu,
        Activation::Relu6,
        Activation::Selu,
        Activation::Sigmoid,
        Activation::Silu,
        Activation::Softplus,
        Activation::Tanh,
    ];

    fn by_burn(x: Tensor<1>, activation: Activation) -> Tensor<1> {
        let elu = |alpha: f64| {
            let negative = x.clone().clamp_max(0.0);
            plain::relu(x.clone()) + (negative.exp() - 1.0) * alpha
        };
        match activation {
            Activation::Elu { alpha } => elu(alpha),
            Activation::Exponential => x.exp(),
            Activation::Gelu => x.clone() * ((x * std::f64::consts::FRAC_1_SQRT_2).erf() + 1.0) * 0.5,
            Activation::GeluTanh => {
                let inner = (x.clone() + x.clone().powi_scalar(3) * 0.044_715) * (2.0 / std::f64::consts::PI).sqrt();
                x * (inner.tanh() + 1.0) * 0.5
            }
            Activation::LeakyRelu { negative_slope } => plain::leaky_relu(x, negative_slope),
            Activation::LogSigmoid => plain::log_sigmoid(x),
            Activation::Relu => plain::relu(x),
            Activation::Relu6 => x.clamp(0.0, 6.0),
            Activation::Selu => elu(1.673_263_242_354_377_2) * 1.050_700_987_355_480_5,
            Activation::Sigmoid => plain::sigmoid(x),
            Activation::Silu => plain::silu(x),
            Activation::Softplus => plain::softplus(x, 1.0),
            Activation::Tanh => x.tanh(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn equal_the_plain_path(len in 0..200_usize, spread in 0.1..12.0_f64) {
            for function in ALL {
                same(
                    &[len],
                    |leaves| activation(&(leaves[0].clone() * spread), function).unwrap(),
                    |leaves| by_burn(leaves[0].clone() * spread, function),
                );
            }
        }
    }

    #[test]
    fn long_tensors_are_split_over_the_threads() {
        for function in [Activation::Relu, Activation::Gelu] {
            same(
                &[100_001],
                |leaves| activation(&(leaves[0].clone() * 5.0), function).unwrap(),
                |leaves| by_burn(leaves[0].clone() * 5.0, function),
            );
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        use Activation::{Elu, LeakyRelu, Relu, Relu6, Selu};
        let has_a_kink = |f: &Activation| matches!(f, Elu { .. } | LeakyRelu { .. } | Relu | Relu6 | Selu);
        for function in ALL.into_iter().filter(|f| !has_a_kink(f)) {
            follows_its_derivative(&[50], |leaves| activation(&leaves[0], function).unwrap());
        }
    }

    fn at(function: Activation, x: f32) -> f32 {
        let x = Tensor::<1>::from_floats([x], &burn::tensor::Device::flex());
        activation(&x, function).unwrap().into_scalar()
    }

    #[test]
    fn far_values_and_missing_ones() {
        for function in ALL {
            assert!(at(function, f32::NAN).is_nan(), "{function:?}");
            assert!(at(function, 80.0).is_finite() && at(function, -1e4).is_finite(), "{function:?}");
        }
        assert_eq!((at(Activation::Softplus, 1000.0), at(Activation::LogSigmoid, -1000.0)), (1000.0, -1000.0));
        assert_eq!((at(Activation::Gelu, 100.0), at(Activation::Gelu, -100.0)), (100.0, 0.0));
        assert_eq!(at(Activation::Elu { alpha: 1.0 }, -1e-6), -9.999_995e-7);
        // The tail: -5 · P(X ≤ -5).
        assert!((at(Activation::Gelu, -5.0) / -1.433_257_9e-6 - 1.0).abs() < 1e-5);
    }

    #[test]
    fn slopes_at_corners_are_those_of_jax() {
        let slope = |function| {
            let x = Tensor::<1>::from_floats([0.0], &burn::tensor::Device::flex().autodiff()).require_grad();
            let gradients = activation(&x, function).unwrap().sum().backward();
            x.grad(&gradients).unwrap().into_scalar::<f32>()
        };
        assert_eq!((slope(Activation::Relu), slope(Activation::LeakyRelu { negative_slope: 0.2 })), (0.0, 1.0));
    }
}
