//! Activations with custom arguments instead of Keras's defaults.

use std::fmt;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::activations::functions;

/// An activation with its arguments, under the names of Keras's keyword arguments.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum Tuned {
    /// [`functions::celu`].
    Celu {
        /// What large negative inputs tend to, negated, and how fast.
        alpha: f64,
    },
    /// [`functions::elu`].
    Elu {
        /// What large negative inputs tend to, negated.
        alpha: f64,
    },
    /// [`functions::gelu`].
    Gelu {
        /// The formula with `tanh` instead of the one with the error function.
        approximate: bool,
    },
    /// [`functions::hard_shrink`].
    HardShrink {
        /// Inputs at most this far from 0 become 0.
        threshold: f64,
    },
    /// [`functions::hard_sigmoid_with`]. Written to files as the two layers of Keras that compute it.
    HardSigmoid {
        /// The slope where the output is between 0 and 1.
        slope: f64,
    },
    /// [`functions::leaky_relu`].
    LeakyRelu {
        /// The slope below 0.
        negative_slope: f64,
    },
    /// [`functions::relu_with`].
    Relu {
        /// The slope below the threshold.
        negative_slope: f64,
        /// The largest output.
        max_value: Option<f64>,
        /// Inputs up to it are damped.
        threshold: f64,
    },
    /// [`functions::soft_shrink`].
    SoftShrink {
        /// By how much inputs move towards 0.
        threshold: f64,
    },
    /// [`functions::squareplus`].
    Squareplus {
        /// How smooth the bend is.
        b: f64,
    },
    /// [`functions::threshold`].
    Threshold {
        /// Inputs up to it are replaced.
        threshold: f64,
        /// By what they are replaced.
        default_value: f64,
    },
}

impl Tuned {
    /// Keras's name of the function, without its arguments.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Celu { .. } => "celu",
            Self::Elu { .. } => "elu",
            Self::Gelu { .. } => "gelu",
            Self::HardShrink { .. } => "hard_shrink",
            Self::HardSigmoid { .. } => "hard_sigmoid",
            Self::LeakyRelu { .. } => "leaky_relu",
            Self::Relu { .. } => "relu",
            Self::SoftShrink { .. } => "soft_shrink",
            Self::Squareplus { .. } => "squareplus",
            Self::Threshold { .. } => "threshold",
        }
    }

    pub(super) fn forward<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Celu { alpha } => functions::celu(x, alpha),
            Self::Elu { alpha } => functions::elu(x, alpha),
            Self::Gelu { approximate } => functions::gelu(x, approximate),
            Self::HardShrink { threshold } => functions::hard_shrink(x, threshold),
            Self::HardSigmoid { slope } => functions::hard_sigmoid_with(x, slope),
            Self::LeakyRelu { negative_slope } => functions::leaky_relu(x, negative_slope),
            Self::Relu { negative_slope, max_value, threshold } => {
                functions::relu_with(x, negative_slope, max_value, threshold)
            }
            Self::SoftShrink { threshold } => functions::soft_shrink(x, threshold),
            Self::Squareplus { b } => functions::squareplus(x, b),
            Self::Threshold { threshold, default_value } => functions::threshold(x, threshold, default_value),
        }
    }
}

impl fmt::Display for Tuned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        match self {
            Self::Celu { alpha } | Self::Elu { alpha } => write!(f, "(alpha={alpha})"),
            Self::Gelu { approximate } => write!(f, "(approximate={approximate})"),
            Self::HardShrink { threshold } | Self::SoftShrink { threshold } => write!(f, "(threshold={threshold})"),
            Self::HardSigmoid { slope } => write!(f, "(slope={slope})"),
            Self::LeakyRelu { negative_slope } => write!(f, "(negative_slope={negative_slope})"),
            Self::Relu { negative_slope, max_value, threshold } => {
                write!(f, "(negative_slope={negative_slope}")?;
                if let Some(max_value) = max_value {
                    write!(f, ", max_value={max_value}")?;
                }
                write!(f, ", threshold={threshold})")
            }
            Self::Squareplus { b } => write!(f, "(b={b})"),
            Self::Threshold { threshold, default_value } => {
                write!(f, "(threshold={threshold}, default_value={default_value})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::Activation;

    #[test]
    fn keras_defaults_are_the_plain_variants() {
        let plain = [
            Activation::celu(1.0),
            Activation::elu(1.0),
            Activation::gelu(false),
            Activation::hard_shrink(0.5),
            Activation::hard_sigmoid(1.0 / 6.0),
            Activation::leaky_relu(0.2),
            Activation::relu(0.0, None, 0.0),
            Activation::soft_shrink(0.5),
            Activation::squareplus(4.0),
        ];
        for activation in plain {
            assert_eq!(activation.to_string().parse::<Activation>().unwrap(), activation);
        }
        assert_ne!(Activation::leaky_relu(0.3), Activation::LeakyRelu);
        assert!(matches!(Activation::relu(0.0, 6.0, 0.0), Activation::Tuned(_)));
    }

    #[test]
    fn arguments_are_kept_and_shown() {
        let cases = [
            (Activation::celu(2.0), "celu(alpha=2)", json!({"name": "celu", "alpha": 2.0})),
            (Activation::gelu(true), "gelu(approximate=true)", json!({"name": "gelu", "approximate": true})),
            (
                Activation::hard_shrink(1.0),
                "hard_shrink(threshold=1)",
                json!({"name": "hard_shrink", "threshold": 1.0}),
            ),
            (
                Activation::soft_shrink(1.0),
                "soft_shrink(threshold=1)",
                json!({"name": "soft_shrink", "threshold": 1.0}),
            ),
            (Activation::squareplus(1.0), "squareplus(b=1)", json!({"name": "squareplus", "b": 1.0})),
            (
                Activation::threshold(0.5, -2.0),
                "threshold(threshold=0.5, default_value=-2)",
                json!({"name": "threshold", "threshold": 0.5, "default_value": -2.0}),
            ),
        ];
        for (activation, text, config) in cases {
            assert_eq!(activation.to_string(), text);
            assert_eq!(serde_json::to_value(activation).unwrap(), config);
            assert_eq!(serde_json::from_value::<Activation>(config).unwrap(), activation);
        }
    }

    #[test]
    fn those_that_are_written_as_layers_are_shown_and_read_as_the_others() {
        for (activation, text, config) in [
            (Activation::elu(0.5), "elu(alpha=0.5)", json!({"name": "elu", "alpha": 0.5})),
            (
                Activation::leaky_relu(0.1),
                "leaky_relu(negative_slope=0.1)",
                json!({"name": "leaky_relu", "negative_slope": 0.1}),
            ),
            (
                Activation::relu(0.1, 6.0, 1.0),
                "relu(negative_slope=0.1, max_value=6, threshold=1)",
                json!({"name": "relu", "negative_slope": 0.1, "max_value": 6.0, "threshold": 1.0}),
            ),
            (
                Activation::relu(0.1, None, 0.0),
                "relu(negative_slope=0.1, threshold=0)",
                json!({"name": "relu", "negative_slope": 0.1, "max_value": null, "threshold": 0.0}),
            ),
        ] {
            assert_eq!(activation.to_string(), text);
            assert_eq!(serde_json::from_value::<Activation>(config).unwrap(), activation);
        }
    }

    #[test]
    fn a_wrong_argument_is_an_error() {
        for config in [json!({"name": "elu", "beta": 1.0}), json!({"name": "tanh"}), json!(3)] {
            assert!(serde_json::from_value::<Activation>(config.clone()).is_err(), "{config}");
        }
    }
}
