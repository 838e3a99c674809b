//! Functions of each element: arithmetic, comparisons and activations.

use serde_json::{Value, json};

use crate::error::Result;
use crate::graph::keras_tensor::KerasTensor;
use crate::not_finite;
use crate::ops::operand::{IntoOperand, call};

/// Functions of one tensor without further arguments.
macro_rules! unary {
    ($($(#[$doc:meta])+ $name:ident => $class:literal;)+) => {$(
        $(#[$doc])+
        ///
        /// # Errors
        ///
        /// If the tensor carries an error of an operator.
        pub fn $name(x: impl IntoOperand) -> Result<KerasTensor> {
            call($class, Value::Null, [x.into_operand()])
        }
    )+};
}

unary! {
    /// The absolute value.
    abs => "Absolute";
    /// The inverse cosine, in radians.
    arccos => "Arccos";
    /// The inverse hyperbolic cosine.
    arccosh => "Arccosh";
    /// The inverse sine, in radians.
    arcsin => "Arcsin";
    /// The inverse hyperbolic sine.
    arcsinh => "Arcsinh";
    /// The inverse tangent, in radians.
    arctan => "Arctan";
    /// The inverse hyperbolic tangent.
    arctanh => "Arctanh";
    /// The smallest whole number that is not less.
    ceil => "Ceil";
    /// The cosine of radians.
    cos => "Cos";
    /// The hyperbolic cosine.
    cosh => "Cosh";
    /// Degrees as radians.
    deg2rad => "Deg2rad";
    /// The error function.
    erf => "Erf";
    /// e to the power of x.
    exp => "Exp";
    /// 2 to the power of x.
    exp2 => "Exp2";
    /// e to the power of x, minus 1.
    expm1 => "Expm1";
    /// The largest whole number that is not greater.
    floor => "Floor";
    /// Is the value finite: neither NaN nor infinite?
    isfinite => "Isfinite";
    /// Is the value infinite?
    isinf => "Isinf";
    /// Is the value NaN?
    isnan => "Isnan";
    /// The natural logarithm.
    log => "Log";
    /// The logarithm to base 10.
    log10 => "Log10";
    /// The natural logarithm of 1 + x.
    log1p => "Log1p";
    /// The logarithm to base 2.
    log2 => "Log2";
    /// True where the value is 0 or false.
    logical_not => "LogicalNot";
    /// The value with the other sign.
    negative => "Negative";
    /// Ones of the same shape.
    ones_like => "OnesLike";
    /// Radians as degrees.
    rad2deg => "Rad2deg";
    /// 1 / x.
    reciprocal => "Reciprocal";
    /// 1 / √x.
    rsqrt => "Rsqrt";
    /// -1, 0 or 1, as the value is negative, 0 or positive.
    sign => "Sign";
    /// The sine of radians.
    sin => "Sin";
    /// The hyperbolic sine.
    sinh => "Sinh";
    /// The square root.
    sqrt => "Sqrt";
    /// The square.
    square => "Square";
    /// The same values, through which no gradient flows.
    stop_gradient => "StopGradient";
    /// The tangent of radians.
    tan => "Tan";
    /// The whole part: rounds towards 0.
    trunc => "Trunc";
    /// The angle of a real number in the plane of complex ones: 0, or π for negative ones.
    angle => "Angle";
    /// The bits of integers, turned round: another name of [`bitwise_not`].
    bitwise_invert => "BitwiseInvert";
    /// The bits of integers, turned round.
    bitwise_not => "BitwiseNot";
    /// The same values: real numbers are their own conjugates.
    conj => "Conjugate";
    /// The same values.
    copy => "Copy";
    /// Zeros of the same shape, which stand for any values.
    empty_like => "EmptyLike";
    /// The absolute value: another name of [`abs`].
    fabs => "Fabs";
    /// The imaginary part of real numbers: 0.
    imag => "Imag";
    /// Is the value real? All are.
    isreal => "Isreal";
    /// The real part of real numbers: the same values.
    real => "Real";
    /// The cube root.
    cbrt => "Cbrt";
    /// 1 minus the error function.
    erfc => "Erfc";
    /// The inverse of the error function.
    erfinv => "Erfinv";
    /// The modified Bessel function of the first kind, of order 0.
    i0 => "I0";
    /// Is the value minus infinity?
    isneginf => "Isneginf";
    /// Is the value infinity?
    isposinf => "Isposinf";
    /// 0 in place of NaN, and the largest and smallest finite numbers in place of infinities.
    nan_to_num => "NanToNum";
    /// Is the sign set, as that of -0?
    signbit => "Signbit";
    /// sin(πx) / πx, and 1 at 0.
    sinc => "Sinc";
    /// Zeros of the same shape.
    zeros_like => "ZerosLike";
    /// [`activations::hard_sigmoid`](crate::activations::hard_sigmoid).
    hard_sigmoid => "HardSigmoid";
    /// [`activations::hard_silu`](crate::activations::hard_silu).
    hard_silu => "HardSilu";
    /// [`activations::hard_tanh`](crate::activations::hard_tanh).
    hard_tanh => "HardTanh";
    /// [`activations::log_sigmoid`](crate::activations::log_sigmoid).
    log_sigmoid => "LogSigmoid";
    /// [`activations::relu`](crate::activations::relu).
    relu => "Relu";
    /// [`activations::relu6`](crate::activations::relu6).
    relu6 => "Relu6";
    /// [`activations::selu`](crate::activations::selu).
    selu => "Selu";
    /// [`activations::sigmoid`](crate::activations::sigmoid).
    sigmoid => "Sigmoid";
    /// [`activations::silu`](crate::activations::silu).
    silu => "Silu";
    /// [`activations::softplus`](crate::activations::softplus).
    softplus => "Softplus";
    /// [`activations::softsign`](crate::activations::softsign).
    softsign => "Softsign";
    /// [`activations::mish`](crate::activations::mish).
    mish => "Mish";
    /// [`activations::sparse_plus`](crate::activations::sparse_plus).
    sparse_plus => "SparsePlus";
    /// [`activations::sparse_sigmoid`](crate::activations::sparse_sigmoid).
    sparse_sigmoid => "SparseSigmoid";
    /// [`activations::tanh`](crate::activations::tanh).
    tanh => "Tanh";
    /// [`activations::tanh_shrink`](crate::activations::tanh_shrink).
    tanh_shrink => "TanhShrink";
}

/// Functions of two tensors, or of a tensor and a number or array.
macro_rules! binary {
    ($($(#[$doc:meta])+ $name:ident => $class:literal;)+) => {$(
        $(#[$doc])+
        ///
        /// # Errors
        ///
        /// If the shapes do not broadcast.
        pub fn $name(x1: impl IntoOperand, x2: impl IntoOperand) -> Result<KerasTensor> {
            call($class, Value::Null, [x1.into_operand(), x2.into_operand()])
        }
    )+};
}

binary! {
    /// x1 + x2.
    add => "Add";
    /// The angle of the point (x2, x1), in radians.
    arctan2 => "Arctan2";
    /// x1 / x2.
    divide => "Divide";
    /// x1 / x2, and 0 where x2 is 0.
    divide_no_nan => "DivideNoNan";
    /// Is x1 equal to x2?
    equal => "Equal";
    /// The largest whole number that is not greater than x1 / x2.
    floor_divide => "FloorDivide";
    /// Is x1 greater than x2?
    greater => "Greater";
    /// Is x1 at least x2?
    greater_equal => "GreaterEqual";
    /// The length of the hypotenuse: √(x1² + x2²).
    hypot => "Hypot";
    /// Is x1 less than x2?
    less => "Less";
    /// Is x1 at most x2?
    less_equal => "LessEqual";
    /// log(exp(x1) + exp(x2)), without overflow.
    logaddexp => "Logaddexp";
    /// Are both true, that is, not 0?
    logical_and => "LogicalAnd";
    /// Is one of both true?
    logical_or => "LogicalOr";
    /// Is exactly one of both true?
    logical_xor => "LogicalXor";
    /// The greater of both.
    maximum => "Maximum";
    /// The lesser of both.
    minimum => "Minimum";
    /// The remainder of x1 / x2, with the sign of x2.
    mod_ => "Mod";
    /// x1 · x2.
    multiply => "Multiply";
    /// Is x1 unequal to x2?
    not_equal => "NotEqual";
    /// x1 to the power of x2.
    power => "Power";
    /// Are all values of both equal within `rtol` 1e-5 and `atol` 1e-8? A single boolean.
    allclose => "AllClose";
    /// The bits that both integers have.
    bitwise_and => "BitwiseAnd";
    /// The bits of the first integer, moved to higher places.
    bitwise_left_shift => "BitwiseLeftShift";
    /// The bits that one of both integers has.
    bitwise_or => "BitwiseOr";
    /// The bits of the first integer, moved to lower places.
    bitwise_right_shift => "BitwiseRightShift";
    /// The bits that exactly one of both integers has.
    bitwise_xor => "BitwiseXor";
    /// The greater of both; the other one where one is NaN.
    fmax => "Fmax";
    /// The lesser of both; the other one where one is NaN.
    fmin => "Fmin";
    /// The remainder of x1 / x2, with the sign of x1.
    fmod => "Fmod";
    /// The greatest common divisor of integers.
    gcd => "Gcd";
    /// 0 where x1 is negative, x2 where it is 0, and 1 where it is positive.
    heaviside => "Heaviside";
    /// Are both equal within `rtol` 1e-5 and `atol` 1e-8: is |x1 - x2| at most 1e-8 + 1e-5 · |x2|?
    isclose => "Isclose";
    /// The least common multiple of integers.
    lcm => "Lcm";
    /// x1 · 2 to the power of x2.
    ldexp => "Ldexp";
    /// The bits of the first integer, moved to higher places: another name of [`bitwise_left_shift`].
    left_shift => "LeftShift";
    /// log2(2^x1 + 2^x2), without overflow.
    logaddexp2 => "Logaddexp2";
    /// The next number of float32 from x1 towards x2.
    nextafter => "Nextafter";
    /// The bits of the first integer, moved to lower places: another name of [`bitwise_right_shift`].
    right_shift => "RightShift";
    /// x1 - x2.
    subtract => "Subtract";
    /// x1 / x2.
    true_divide => "TrueDivide";
    /// The dot product: that of the last axis of x1 and the first of a matrix x2.
    dot => "Dot";
    /// The product of matrices, which are the last two axes; those before broadcast.
    matmul => "Matmul";
}

/// Activations with one number.
macro_rules! activations {
    ($($(#[$doc:meta])+ $name:ident($parameter:ident) => $class:literal;)+) => {$(
        $(#[$doc])+
        ///
        /// # Errors
        ///
        /// If the tensor carries an error of an operator.
        pub fn $name(x: impl IntoOperand, $parameter: f64) -> Result<KerasTensor> {
            call($class, json!({stringify!($parameter): not_finite::value($parameter)}), [x.into_operand()])
        }
    )+};
}

activations! {
    /// [`activations::celu`](crate::activations::celu).
    celu(alpha) => "Celu";
    /// [`activations::elu`](crate::activations::elu).
    elu(alpha) => "Elu";
    /// [`activations::hard_shrink`](crate::activations::hard_shrink).
    hard_shrink(threshold) => "HardShrink";
    /// [`activations::leaky_relu`](crate::activations::leaky_relu).
    leaky_relu(negative_slope) => "LeakyRelu";
    /// [`activations::soft_shrink`](crate::activations::soft_shrink).
    soft_shrink(threshold) => "SoftShrink";
    /// [`activations::squareplus`](crate::activations::squareplus).
    squareplus(b) => "Squareplus";
}

/// [`activations::gelu`](crate::activations::gelu).
///
/// # Errors
///
/// If the tensor carries an error of an operator.
pub fn gelu(x: impl IntoOperand, approximate: bool) -> Result<KerasTensor> {
    call("Gelu", json!({"approximate": approximate}), [x.into_operand()])
}

/// [`activations::threshold`](crate::activations::threshold).
///
/// # Errors
///
/// If the tensor carries an error of an operator.
pub fn threshold(x: impl IntoOperand, threshold: f64, default_value: f64) -> Result<KerasTensor> {
    call(
        "Threshold",
        json!({"threshold": not_finite::value(threshold), "default_value": not_finite::value(default_value)}),
        [x.into_operand()],
    )
}

/// Rounds to `decimals` decimals; half-way cases go to the even neighbour.
///
/// # Errors
///
/// If the tensor carries an error of an operator.
pub fn round(x: impl IntoOperand, decimals: i64) -> Result<KerasTensor> {
    call("Round", json!({"decimals": decimals}), [x.into_operand()])
}

/// Values below `x_min` become `x_min`, those above `x_max` become `x_max`.
///
/// # Errors
///
/// If the tensor carries an error of an operator.
pub fn clip(x: impl IntoOperand, x_min: f64, x_max: f64) -> Result<KerasTensor> {
    call("Clip", json!({"x_min": not_finite::value(x_min), "x_max": not_finite::value(x_max)}), [x.into_operand()])
}

/// `x1` where the condition is true, else `x2`.
///
/// # Errors
///
/// If the shapes do not broadcast.
pub fn where_(condition: impl IntoOperand, x1: impl IntoOperand, x2: impl IntoOperand) -> Result<KerasTensor> {
    call("Where", Value::Null, [condition.into_operand(), x1.into_operand(), x2.into_operand()])
}

/// The values as another dtype, by Keras's name of it: a cast to integers drops the fraction, one to `"bool"` is true where
/// the value is not 0, and one from integers to smaller ones wraps round. Floats are float32, so a cast to another float type
/// changes nothing.
///
/// # Errors
///
/// If the dtype has no numbers.
pub fn cast(x: impl IntoOperand, dtype: &str) -> Result<KerasTensor> {
    call("Cast", json!({"dtype": dtype}), [x.into_operand()])
}

/// The values as another dtype, as by [`cast`].
///
/// # Errors
///
/// If the dtype has no numbers.
pub fn saturate_cast(x: impl IntoOperand, dtype: &str) -> Result<KerasTensor> {
    call("SaturateCast", json!({"dtype": dtype}), [x.into_operand()])
}

/// A tensor of the same shape, filled with `fill_value`.
///
/// # Errors
///
/// If the tensor carries an error of an operator.
pub fn full_like(x: impl IntoOperand, fill_value: f64) -> Result<KerasTensor> {
    call("FullLike", Value::Null, [x.into_operand(), fill_value.into_operand()])
}
