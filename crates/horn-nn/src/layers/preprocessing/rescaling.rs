//! `Rescaling`: other units for the data.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::layers::common::{Common, common_arguments, described};
use crate::{AnyTensor, Build, BuiltLayer, Error, Forward, Layer, Mode, Result, Shape, by_rank};

/// `output = input · scale + offset`.
///
/// # Shapes
///
/// - input: any
/// - output: as the input
///
/// ```
/// use horn_nn::layers::Rescaling;
///
/// let bytes_to_unit = Rescaling(1.0 / 255.0);
/// let bytes_to_signed = Rescaling(1.0 / 127.5).offset(-1.0);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rescaling {
    #[serde(flatten)]
    common: Common,
    scale: f64,
    offset: f64,
}

/// `keras.layers.Rescaling(scale)`.
#[allow(non_snake_case)]
pub fn Rescaling(scale: f64) -> Rescaling {
    Rescaling::new(scale)
}

impl Rescaling {
    /// A layer that multiplies by `scale`.
    pub fn new(scale: f64) -> Self {
        Self { common: Common::default(), scale, offset: 0.0 }
    }

    /// What is added; 0 by default.
    #[must_use]
    pub fn offset(mut self, offset: f64) -> Self {
        self.offset = offset;
        self
    }
}

common_arguments!(Rescaling);

impl Layer for Rescaling {
    described!("Rescaling", masking);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if self.scale.is_finite() && self.offset.is_finite() {
            return Ok(input.clone());
        }
        Err(Error::argument("the scale or the offset is not a number")
            .received(format!("scale = {}, offset = {}", self.scale, self.offset))
            .expected("finite numbers")
            .mend("check how they were computed"))
    }

    fn build(&self, _: &Shape, _: &mut Build) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(RescalingModule { scale: self.scale, offset: self.offset }))
    }
}

#[derive(Module, Debug)]
struct RescalingModule {
    scale: f64,
    offset: f64,
}

impl Forward for RescalingModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        by_rank!(input, |x| {
            let scaled = x * self.scale;
            if self.offset == 0.0 { scaled.into() } else { (scaled + self.offset).into() }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn multiplies_and_adds() {
        let (_, y) = infer(Rescaling(0.5).offset(-1.0), &[0.0, 4.0], &[1, 2]).unwrap();
        assert_eq!(y, [-1.0, 1.0]);
    }

    #[test]
    fn not_a_number_is_an_error() {
        assert!(infer(Rescaling(f64::INFINITY), &[1.0], &[1, 1]).unwrap_err().is_argument());
    }
}
