//! `MaxNumBoundingBoxes`: a fixed number of boxes.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::Result;
use crate::images::pixels::check_images;
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::augmentation::augment::{Augment, Augmentation};
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::shape::Shape;

/// Limits the number of boxes that data has besides its images. Models of Horn take images only, and these pass through.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::MaxNumBoundingBoxes;
///
/// let layer = MaxNumBoundingBoxes(32);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MaxNumBoundingBoxes {
    #[serde(flatten)]
    common: Common,
    max_number: usize,
    data_format: DataFormat,
}

/// `keras.layers.MaxNumBoundingBoxes(max_number)`. See [`MaxNumBoundingBoxes`](struct@MaxNumBoundingBoxes).
#[allow(non_snake_case)]
pub fn MaxNumBoundingBoxes(max_number: usize) -> MaxNumBoundingBoxes {
    MaxNumBoundingBoxes::new(max_number)
}

impl MaxNumBoundingBoxes {
    /// The layer with Keras's defaults.
    pub fn new(max_number: usize) -> Self {
        Self { common: Common::default(), max_number, data_format: DataFormat::default() }
    }
}

common_arguments!(MaxNumBoundingBoxes);

arguments!(MaxNumBoundingBoxes {
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for MaxNumBoundingBoxes {
    described!("MaxNumBoundingBoxes"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(Augmentation::new(self.clone(), SeedGenerator::new(0)?)))
    }
}

impl Augment for MaxNumBoundingBoxes {
    fn augment(&self, images: Tensor<4>, _: &SeedGenerator) -> Result<Tensor<4>> {
        Ok(images)
    }

    fn draws(&self) -> u32 {
        0
    }
}
