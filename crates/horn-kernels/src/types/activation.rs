//! Functions of single values.

/// A function of single values.
///
/// The slope where a function is not smooth is that of JAX: 0 at 0 for [`Relu`](Self::Relu), 0 at 0 and 6 for [`Relu6`](Self::Relu6), 1 for
/// [`LeakyRelu`](Self::LeakyRelu).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// `x` where it is positive, else `alpha · (eˣ − 1)`.
    Elu {
        /// The limit for small inputs, negated.
        alpha: f64,
    },
    /// `eˣ`.
    Exponential,
    /// `x · P(X ≤ x)` for a normal `X`: `x / 2 · (1 + erf(x / √2))`.
    Gelu,
    /// `x / 2 · (1 + tanh(√(2 / π) · (x + 0.044715 x³)))`, which is nearly [`Gelu`](Self::Gelu).
    GeluTanh,
    /// `x` where it is at least 0, else `negative_slope · x`.
    LeakyRelu {
        /// The slope below 0.
        negative_slope: f64,
    },
    /// `log(sigmoid(x))`.
    LogSigmoid,
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `scale · elu(x, alpha)` with two constants that keep the mean and the variance of layer after layer.
    Selu,
    /// `1 / (1 + e⁻ˣ)`.
    Sigmoid,
    /// `x · sigmoid(x)`.
    Silu,
    /// `log(1 + eˣ)`.
    Softplus,
    /// The hyperbolic tangent.
    Tanh,
}
