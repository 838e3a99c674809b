//! `ELU` and `LeakyReLU`: rectifiers with one argument.

use serde::{Deserialize, Serialize};

use crate::activations::activation::Activation;
use crate::arguments::or_default::OrDefault;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::activation::activation_layer::ActivationModule;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::tensor::shape::Shape;

/// Defines the layer of an activation with one argument, which may have a minimum.
macro_rules! rectifier {
    ($(#[$doc:meta])+ $class:ident, $name:literal, $what:literal, $argument:ident = $default:literal, $least:expr, $function:ident) => {
        $(#[$doc])+
        ///
        /// # Shapes
        ///
        /// - input: any
        /// - output: as the input
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            common: Common,
            $argument: f64,
        }

        #[doc = concat!("`keras.layers.", $name, "(", stringify!($argument), ")`; `()` for ", $default, ". See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class($argument: impl Into<OrDefault<f64>>) -> $class {
            $class::new($argument)
        }

        impl $class {
            #[doc = concat!("The layer with this ", stringify!($argument), ", ", $default, " by default.")]
            pub fn new($argument: impl Into<OrDefault<f64>>) -> Self {
                Self { common: Common::default(), $argument: $argument.into().unwrap_or($default) }
            }
        }

        impl Default for $class {
            fn default() -> Self {
                Self::new(())
            }
        }

        common_arguments!($class);
        arguments!($class {
            #[doc = concat!($what, "; ", $default, " by default.")]
            $argument: f64,
        });

        impl Layer for $class {
            described!($name, masking; built_for: BuiltFor::Nothing, independent_samples: true);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                let least: Option<f64> = $least;
                if self.$argument.is_finite() && least.is_none_or(|least| self.$argument >= least) {
                    return Ok(input.clone());
                }
                Err(Error::argument(concat!(stringify!($argument), " is out of range"))
                    .received(self.$argument)
                    .expected(least.map_or("a finite number".to_owned(), |least| format!("a number of at least {least}")))
                    .hint(concat!("leave ", stringify!($argument), " out, or give it such a number")))
            }

            fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
                Ok(BuiltLayer::new(ActivationModule { activation: Activation::$function(self.$argument) }))
            }
        }
    };
}

rectifier! {
    /// `f(x) = x` where `x > 0`, and `alpha · (e^x − 1)` elsewhere (Clevert et al., 2015).
    ///
    /// ```
    /// use horn::layers::ELU;
    ///
    /// let layer = ELU(0.5);
    /// ```
    ELU, "ELU", "The limit for small inputs, negated", alpha = 1.0, None, elu
}

rectifier! {
    /// `f(x) = x` where `x ≥ 0`, and `negative_slope · x` elsewhere (Maas et al., 2013).
    ///
    /// ```
    /// use horn::layers::LeakyReLU;
    ///
    /// let layer = LeakyReLU(0.1);
    /// ```
    LeakyReLU, "LeakyReLU", "The slope below 0", negative_slope = 0.3, Some(0.0), leaky_relu
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    /// Keras raises `ValueError` for the slope, and accepts every `alpha`.
    #[test]
    fn slopes_are_not_negative() {
        let error = infer(LeakyReLU(-0.1), &[1.0], &[1, 1]).unwrap_err().to_string();
        assert!(
            error.ends_with(
                "negative_slope is out of range; received -0.1, expected a number of at least 0. \
                 Hint: leave negative_slope out, or give it such a number."
            ),
            "{error}"
        );
        assert!(infer(LeakyReLU(0.0), &[-1.0], &[1, 1]).is_ok());
        assert!(infer(ELU(-1.0), &[-1.0], &[1, 1]).is_ok());
    }

    #[test]
    fn what_is_not_a_number_is_an_error() {
        assert!(infer(ELU(f64::NAN), &[1.0], &[1, 1]).unwrap_err().is_argument());
        assert!(infer(LeakyReLU(f64::INFINITY), &[1.0], &[1, 1]).unwrap_err().is_argument());
    }
}
