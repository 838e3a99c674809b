//! `AutoContrast`: images that use all values.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::Result;
use crate::images::pixels::{BYTES, between_ranges, check_images, check_value_range};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layers::augmentation::augment::Augment;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// Stretches the values of each channel of an image, so that the least becomes the least of `value_range` and the largest
/// the largest. A channel of one value stays as it is. In training and in prediction alike.
///
/// As in Keras, the channels are those of images with the channels last, also with another `data_format`.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`
/// - output: as the input
///
/// ```
/// use horn::layers::AutoContrast;
///
/// let layer = AutoContrast().value_range([0.0, 1.0]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AutoContrast {
    #[serde(flatten)]
    common: Common,
    value_range: [f64; 2],
    data_format: DataFormat,
}

/// `keras.layers.AutoContrast()`. See [`AutoContrast`](struct@AutoContrast).
#[allow(non_snake_case)]
pub fn AutoContrast() -> AutoContrast {
    AutoContrast::new()
}

impl AutoContrast {
    /// The layer for images of bytes.
    pub fn new() -> Self {
        Self { common: Common::default(), value_range: BYTES, data_format: DataFormat::default() }
    }
}

impl Default for AutoContrast {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(AutoContrast);

arguments!(AutoContrast {
    /// The least and the largest value of a pixel; 0 and 255 by default.
    value_range: [f64; 2],
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for AutoContrast {
    described!("AutoContrast"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        check_value_range(self.value_range)?;
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(AutoContrastModule { value_range: self.value_range }))
    }
}

#[derive(Module, Debug)]
struct AutoContrastModule {
    #[module(skip)]
    value_range: [f64; 2],
}

impl Forward for AutoContrastModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        Ok(stretched(input.float()?, self.value_range).into())
    }
}

impl Augment for AutoContrast {
    fn augment(&self, images: Tensor<4>, _: &SeedGenerator) -> Result<Tensor<4>> {
        Ok(stretched(images, self.value_range))
    }

    fn draws(&self) -> u32 {
        0
    }
}

/// Each channel of each image, stretched to the range. A channel of one value is divided by nothing, and left as it is.
fn stretched(images: Tensor<4>, value_range: [f64; 2]) -> Tensor<4> {
    let bytes = between_ranges(images.clone(), value_range, BYTES);
    let low = bytes.clone().min_dim(1).min_dim(2);
    let scale = (bytes.clone().max_dim(1).max_dim(2) - low.clone()).recip() * 255.0;
    let moved = bytes * scale.clone() - low * scale;
    let is_flat = moved.clone().is_nan();
    between_ranges(moved.clamp(0.0, 255.0), BYTES, value_range).mask_where(is_flat, images)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn all_values_are_used() {
        // keras.layers.AutoContrast()(np.array([[[[10, 7]], [[20, 7]], [[60, 7]]]], "float32"))
        let (_, y) = infer(AutoContrast(), &[10.0, 7.0, 20.0, 7.0, 60.0, 7.0], &[1, 3, 1, 2]).unwrap();
        assert_eq!(y, [0.0, 7.0, 51.0, 7.0, 255.0, 7.0]);
    }

    #[test]
    fn impossible_arguments_are_errors() {
        let error = infer(AutoContrast().value_range([1.0, 1.0]), &[1.0], &[1, 1, 1, 1]).unwrap_err();
        assert!(error.to_string().contains("the range of values is empty"), "{error}");
        assert!(infer(AutoContrast(), &[1.0], &[1, 1]).unwrap_err().is_shape());
    }
}
