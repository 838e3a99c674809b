//! The formulas of the activations, as functions of a tensor.
//!
//! They agree with Keras on JAX, including the gradient where a function is not smooth and for inputs so large that
//! `exp` overflows. An infinity in a branch that is not selected would turn the gradient into NaN, so the argument of
//! `exp` is limited to the range in which it is finite.
//!
//! Negative axes count from the end. An axis that the tensor does not have is a panic, as in Burn.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use burn::tensor::{Int, Tensor, activation};
use horn_kernels::Activation as Fast;

/// `x` where it is positive, else `alpha · (e^(x / alpha) − 1)`.
pub fn celu<const D: usize>(x: Tensor<D>, alpha: f64) -> Tensor<D> {
    let positive = x.clone().greater_elem(0);
    let negative = x.clone().mask_fill(positive.clone(), 0);
    (exp_minus_1(negative / alpha) * alpha).mask_where(positive, x)
}

/// `x` where it is positive, else `alpha · (e^x − 1)`.
pub fn elu<const D: usize>(x: Tensor<D>, alpha: f64) -> Tensor<D> {
    if let Some(y) = horn_kernels::activation(&x, Fast::Elu { alpha }) {
        return y;
    }
    let positive = x.clone().greater_elem(0);
    let negative = x.clone().mask_fill(positive.clone(), 0);
    (exp_minus_1(negative) * alpha).mask_where(positive, x)
}

/// `e^x`.
pub fn exponential<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if let Some(y) = horn_kernels::activation(&x, Fast::Exponential) {
        return y;
    }
    x.exp()
}

/// `x · P(X ≤ x)` for a normal `X`: `x / 2 · (1 + erf(x / √2))`, or an approximation of it with `tanh`.
pub fn gelu<const D: usize>(x: Tensor<D>, approximate: bool) -> Tensor<D> {
    if let Some(y) = horn_kernels::activation(&x, if approximate { Fast::GeluTanh } else { Fast::Gelu }) {
        return y;
    }
    // Burn's own gelu has an approximate gradient on most backends.
    let probability = if approximate {
        let cube = x.clone() * x.clone() * x.clone();
        ((x.clone() + cube * 0.044715) * (FRAC_2_SQRT_PI * FRAC_1_SQRT_2)).tanh()
    } else {
        (x.clone() * FRAC_1_SQRT_2).erf()
    };
    x * ((probability + 1.0) * 0.5)
}

/// `a · sigmoid(b)`, `a` and `b` being the halves of `x` along the axis. An odd size is a panic.
pub fn glu<const D: usize>(x: Tensor<D>, axis: isize) -> Tensor<D> {
    activation::glu(x, axis)
}

/// `x` where it is farther from 0 than the threshold, else 0.
pub fn hard_shrink<const D: usize>(x: Tensor<D>, threshold: f64) -> Tensor<D> {
    activation::hard_shrink(x, threshold)
}

/// `relu6(x + 3) / 6`: 0 up to −3, 1 from 3 on, and a straight line between.
pub fn hard_sigmoid<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    relu6(x + 3.0) / 6.0
}

/// `min(max(slope · x + 1/2, 0), 1)`: a hard sigmoid of another slope than 1/6, such as Keras 2's, 0.2.
pub fn hard_sigmoid_with<const D: usize>(x: Tensor<D>, slope: f64) -> Tensor<D> {
    clip(x * slope + 0.5, 0.0, 1.0)
}

/// `x · hard_sigmoid(x)`.
pub fn hard_silu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.clone() * hard_sigmoid(x)
}

/// `x`, but never below −1 or above 1.
pub fn hard_tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.clamp(-1.0, 1.0)
}

/// `x` where it is at least 0, else `negative_slope · x`.
pub fn leaky_relu<const D: usize>(x: Tensor<D>, negative_slope: f64) -> Tensor<D> {
    if let Some(y) = horn_kernels::activation(&x, Fast::LeakyRelu { negative_slope }) {
        return y;
    }
    activation::leaky_relu(x, negative_slope)
}

/// `log(sigmoid(x)) = −log(1 + e^−x)`.
pub fn log_sigmoid<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if let Some(y) = horn_kernels::activation(&x, Fast::LogSigmoid) {
        return y;
    }
    activation::log_sigmoid(x)
}

/// `log(softmax(x))`, finite wherever `x` is.
pub fn log_softmax<const D: usize>(x: Tensor<D>, axis: isize) -> Tensor<D> {
    if let Some(y) = along_the_last(axis, D).then(|| horn_kernels::log_softmax(&x)).flatten() {
        return y;
    }
    activation::log_softmax(x, axis)
}

/// `x · tanh(softplus(x))`.
pub fn mish<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.clone() * softplus(x).tanh()
}

/// `max(x, 0)`.
pub fn relu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if let Some(y) = horn_kernels::activation(&x, Fast::Relu) {
        return y;
    }
    activation::relu(x)
}

/// `x` above the threshold, `negative_slope · (x − threshold)` elsewhere, and no more than `max_value`.
pub fn relu_with<const D: usize>(
    x: Tensor<D>,
    negative_slope: f64,
    max_value: Option<f64>,
    threshold: f64,
) -> Tensor<D> {
    if negative_slope != 0.0 && max_value.is_none() && threshold == 0.0 {
        return leaky_relu(x, negative_slope);
    }
    if max_value == Some(6.0) && negative_slope == 0.0 && threshold == 0.0 {
        return relu6(x);
    }
    let above = match threshold {
        0.0 => relu(x.clone()),
        threshold => activation::thresholded_relu(x.clone(), threshold),
    };
    let above = match max_value {
        Some(6.0) if threshold == 0.0 => relu6(above),
        Some(max_value) => clip(above, 0.0, max_value),
        None => above,
    };
    match negative_slope {
        0.0 => above,
        slope => above - relu(x.neg() + threshold) * slope,
    }
}

/// `min(max(x, 0), 6)`.
pub fn relu6<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if let Some(y) = horn_kernels::activation(&x, Fast::Relu6) {
        return y;
    }
    // JAX's slope is 0 at 6 as it is at 0; that of a clamp would be 1.
    let x = relu(x);
    let full = x.clone().greater_equal_elem(6);
    x.mask_fill(full, 6)
}

/// `1.05070098 · elu(x, 1.67326324)`, which keeps the mean and the variance of layer after layer.
pub fn selu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if let Some(y) = horn_kernels::activation(&x, Fast::Selu) {
        return y;
    }
    const ALPHA: f64 = 1.673_263_242_354_377_2;
    const SCALE: f64 = 1.050_700_987_355_480_5;
    elu(x, ALPHA) * SCALE
}

/// `1 / (1 + e^−x)`.
pub fn sigmoid<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if let Some(y) = horn_kernels::activation(&x, Fast::Sigmoid) {
        return y;
    }
    activation::sigmoid(x)
}

/// `x · sigmoid(x)`.
pub fn silu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if let Some(y) = horn_kernels::activation(&x, Fast::Silu) {
        return y;
    }
    activation::silu(x)
}

/// `x` moved towards 0 by the threshold, and 0 where it would pass it.
pub fn soft_shrink<const D: usize>(x: Tensor<D>, threshold: f64) -> Tensor<D> {
    activation::soft_shrink(x, threshold)
}

/// Probabilities that add up to 1 along the axis:
/// `φ(u)_i = e^(u_i − max u) / Σ_k e^(u_k − max u)`.
///
/// The maximum cancels out: the formula equals `e^(u_i) / Σ_k e^(u_k)`. It is subtracted for numerical stability:
/// `e^89` overflows an `f32`, and infinity divided by infinity is NaN. With the maximum subtracted the largest exponent
/// is 0, the sum lies between 1 and the number of terms, and terms that are too small underflow to 0.
///
/// ```
/// use horn::burn::tensor::{Device, Tensor};
/// use horn::activations::softmax;
///
/// let u = Tensor::<1>::from_floats([1000.0, 1000.0, -1000.0], &Device::default());
/// assert_eq!(softmax(u, -1).into_data().try_to_vec::<f32>().unwrap(), [0.5, 0.5, 0.0]);
/// ```
pub fn softmax<const D: usize>(x: Tensor<D>, axis: isize) -> Tensor<D> {
    if let Some(y) = along_the_last(axis, D).then(|| horn_kernels::softmax(&x)).flatten() {
        return y;
    }
    activation::softmax(x, axis)
}

/// `log(1 + e^x)`, also where `e^x` overflows.
pub fn softplus<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if let Some(y) = horn_kernels::activation(&x, Fast::Softplus) {
        return y;
    }
    log_sigmoid(x.neg()).neg()
}

/// `x / (1 + |x|)`.
pub fn softsign<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    activation::softsign(x)
}

/// 0 up to −1, `(x + 1)² / 4` between −1 and 1, and `x` from there on.
pub fn sparse_plus<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let (low, high) = (x.clone().lower_equal_elem(-1), x.clone().greater_equal_elem(1));
    let shifted = x.clone() + 1.0;
    let middle = shifted.clone() * shifted / 4.0;
    middle.mask_where(high, x).mask_fill(low, 0)
}

/// 0 up to −1, 1 from 1 on, and `(x + 1) / 2` between.
pub fn sparse_sigmoid<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    clip(x + 1.0, 0.0, 2.0) * 0.5
}

/// The point nearest to `x` whose elements along the axis are not negative and add up to 1: `max(x − τ, 0)`.
///
/// `τ` is `(z_1 + … + z_k − 1) / k`, with the `k` largest elements `z_1 ≥ z_2 ≥ …` for which `k · z_k` is more than
/// `z_1 + … + z_k − 1` (Martins and Astudillo, 2016). Keras up to 3.15.1 has another `τ` where `k` is more than 1, by
/// a bug that was fixed later (keras-team/keras#23469): its outputs then do not add up to 1.
pub fn sparsemax<const D: usize>(x: Tensor<D>, axis: isize) -> Tensor<D> {
    let axis = if axis < 0 { D.saturating_add_signed(axis) } else { axis.unsigned_abs() };
    let size = x.dims()[axis];
    let mut along = [1; D];
    along[axis] = size;

    // Sorting only finds the support, so no gradient flows through it.
    let sorted = x.clone().detach().sort_descending(axis);
    let ranks = Tensor::<1, Int>::arange(1..size as i64 + 1, &x.device()).float().cast(x.dtype()).reshape(along);
    let excess = sorted.clone().cumsum(axis) - 1.0;
    let inside = (sorted.clone() * ranks).greater(excess);
    let k = inside.clone().float().cast(x.dtype()).sum_dim(axis);
    let smallest = sorted.mask_fill(inside.bool_not(), f32::INFINITY).min_dim(axis);

    let outside = x.clone().lower(smallest);
    let tau = (x.clone().mask_fill(outside, 0).sum_dim(axis) - 1.0) / k;
    relu(x - tau)
}

/// `(x + √(x² + b)) / 2`.
pub fn squareplus<const D: usize>(x: Tensor<D>, b: f64) -> Tensor<D> {
    (x.clone() + (x.clone() * x + b).sqrt()) * 0.5
}

/// The hyperbolic tangent.
pub fn tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if let Some(y) = horn_kernels::activation(&x, Fast::Tanh) {
        return y;
    }
    x.tanh()
}

/// `x − tanh(x)`.
pub fn tanh_shrink<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    activation::tanhshrink(x)
}

/// `x` above the threshold, else `default_value`.
pub fn threshold<const D: usize>(x: Tensor<D>, threshold: f64, default_value: f64) -> Tensor<D> {
    activation::threshold(x, threshold, default_value)
}

/// Is this the last axis of a tensor of this rank?
fn along_the_last(axis: isize, rank: usize) -> bool {
    axis == -1 || axis == rank as isize - 1
}

/// `min(max(x, min), max)`, with half the slope at the two ends as JAX has it; a clamp has the whole.
fn clip<const D: usize>(x: Tensor<D>, min: f64, max: f64) -> Tensor<D> {
    let y = x.clamp(min, max);
    if !y.is_tracked() {
        return y;
    }
    let end = y.clone().equal_elem(min).bool_or(y.clone().equal_elem(max));
    let half = (y.clone() + y.clone().detach()) * 0.5;
    y.mask_where(end, half)
}

/// `e^x − 1` for `x ≤ 0`, as exact near 0 as `x` is: there `e^x` has lost the digits that the difference is made of.
fn exp_minus_1<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let exp = x.clone().exp();
    let value = (x.detach() * 0.5).tanh() * (exp.clone().detach() + 1.0);
    if !exp.is_tracked() {
        return value;
    }
    // The derivative is e^x itself: this term adds its gradient and nothing to the value.
    value + (exp.clone() - exp.detach())
}
