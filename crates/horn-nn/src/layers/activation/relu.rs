//! `ReLU`: the rectifier with three optional arguments.

use serde::{Deserialize, Serialize};

use crate::activations::activation::Activation;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::activation::activation_layer::ActivationModule;
use crate::layers::common::{Common, common_arguments, described};
use crate::tensor::shape::Shape;

/// `f(x) = max_value` where `x ≥ max_value`, `x` where `threshold < x < max_value`, and
/// `negative_slope · (x − threshold)` elsewhere.
///
/// # Shapes
///
/// - input: any
/// - output: as the input
///
/// ```
/// use horn::layers::ReLU;
///
/// let relu6 = ReLU().max_value(6.0);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReLU {
    #[serde(flatten)]
    common: Common,
    max_value: Option<f64>,
    negative_slope: f64,
    threshold: f64,
}

/// `keras.layers.ReLU()`. See [`ReLU`](struct@ReLU).
#[allow(non_snake_case)]
pub fn ReLU() -> ReLU {
    ReLU::new()
}

impl ReLU {
    /// `max(x, 0)`.
    pub fn new() -> Self {
        Self { common: Common::default(), max_value: None, negative_slope: 0.0, threshold: 0.0 }
    }

    /// The largest output; none by default.
    #[must_use]
    pub fn max_value(mut self, max_value: f64) -> Self {
        self.max_value = Some(max_value);
        self
    }

    /// The slope below the threshold; 0 by default.
    #[must_use]
    pub fn negative_slope(mut self, negative_slope: f64) -> Self {
        self.negative_slope = negative_slope;
        self
    }

    /// The threshold below which inputs are damped; 0 by default.
    #[must_use]
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.threshold = threshold;
        self
    }
}

impl Default for ReLU {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(ReLU);

impl Layer for ReLU {
    described!("ReLU", masking; built_for: BuiltFor::Nothing, independent_samples: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let arguments = [
            ("max_value", self.max_value.unwrap_or(0.0)),
            ("negative_slope", self.negative_slope),
            ("threshold", self.threshold),
        ];
        for (argument, value) in arguments {
            if !(value.is_finite() && value >= 0.0) {
                return Err(Error::argument(format!("{argument} is out of range"))
                    .received(value)
                    .expected("a number of at least 0")
                    .hint(format!("leave {argument} out, or give it a value from 0 on")));
            }
        }
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        let activation = Activation::relu(self.negative_slope, self.max_value, self.threshold);
        Ok(BuiltLayer::new(ActivationModule { activation }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    /// `keras.layers.ReLU(…)(np.array([[-3., -0.5, 0., 0.5, 1., 7.]], "float32"))`
    #[test]
    fn as_keras() {
        let x = [-3.0, -0.5, 0.0, 0.5, 1.0, 7.0];
        for (layer, y) in [
            (ReLU(), [0.0, 0.0, 0.0, 0.5, 1.0, 7.0]),
            (ReLU().max_value(6.0), [0.0, 0.0, 0.0, 0.5, 1.0, 6.0]),
            (ReLU().negative_slope(0.1), [-0.3, -0.05, 0.0, 0.5, 1.0, 7.0]),
            (ReLU().threshold(1.0), [0.0, 0.0, 0.0, 0.0, 0.0, 7.0]),
            (ReLU().max_value(2.0).negative_slope(0.5).threshold(1.0), [-2.0, -0.75, -0.5, -0.25, 0.0, 2.0]),
        ] {
            let (_, values) = infer(layer.clone(), &x, &[1, 6]).unwrap();
            for (value, expected) in values.iter().zip(y) {
                assert!((value - expected).abs() < 1e-6, "{layer:?}: {values:?}");
            }
        }
    }

    #[test]
    fn negative_arguments_are_errors() {
        assert!(infer(ReLU().negative_slope(-0.1), &[1.0], &[1, 1]).unwrap_err().is_argument());
        assert!(infer(ReLU().max_value(f64::NAN), &[1.0], &[1, 1]).unwrap_err().is_argument());
    }
}
