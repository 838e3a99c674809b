//! `RandomFlip`: mirror images.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::arguments::or_default::{OrDefault, or_default};
use crate::error::Result;
use crate::images::pixels::{check_images, spatial_axes};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// Which sides of an image change places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlipMode {
    /// Left and right.
    Horizontal,
    /// Top and bottom.
    Vertical,
    /// Both at once, which is half a turn.
    #[default]
    HorizontalAndVertical,
}

/// While training, flips each image with a probability of one half. Does nothing otherwise.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::{FlipMode, RandomFlip};
///
/// let layer = RandomFlip(FlipMode::Horizontal).seed(1);
/// assert_eq!(RandomFlip(()), RandomFlip(FlipMode::HorizontalAndVertical));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomFlip {
    #[serde(flatten)]
    common: Common,
    mode: FlipMode,
    seed: Option<u64>,
    data_format: DataFormat,
}

or_default! {
    FlipMode => FlipMode;
}

/// `keras.layers.RandomFlip(mode)`; `()` to flip both ways. See [`RandomFlip`](struct@RandomFlip).
#[allow(non_snake_case)]
pub fn RandomFlip(mode: impl Into<OrDefault<FlipMode>>) -> RandomFlip {
    RandomFlip::new(mode)
}

impl RandomFlip {
    /// A layer that changes these sides; both by default.
    pub fn new(mode: impl Into<OrDefault<FlipMode>>) -> Self {
        Self {
            common: Common::default(),
            mode: mode.into().unwrap_or(FlipMode::default()),
            seed: None,
            data_format: DataFormat::default(),
        }
    }
}

impl Default for RandomFlip {
    fn default() -> Self {
        Self::new(())
    }
}

common_arguments!(RandomFlip);

arguments!(RandomFlip {
    /// Seeds the choice; by default the seed is drawn when the model is built.
    seed: u64,
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for RandomFlip {
    described!("RandomFlip"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let [height, width] = spatial_axes(self.data_format);
        let axes = match self.mode {
            FlipMode::Horizontal => vec![width],
            FlipMode::Vertical => vec![height],
            FlipMode::HorizontalAndVertical => vec![height, width],
        };
        Ok(BuiltLayer::new(RandomFlipModule { axes, choice: build.seed_generator(self.seed)? }))
    }
}

#[derive(Module, Debug)]
struct RandomFlipModule {
    #[module(skip)]
    axes: Vec<usize>,
    choice: SeedGenerator,
}

impl Forward for RandomFlipModule {
    fn forward(&self, input: AnyTensor, mode: Mode) -> Result<AnyTensor> {
        if mode == Mode::Inference {
            return Ok(input);
        }
        let images = input.float::<4>()?;
        let sizes = images.dims();
        let drawn: Tensor<4> = self.choice.uniform([sizes[0], 1, 1, 1], 0.0, 1.0, &images.device().without_autodiff());
        let chosen = drawn.lower_equal_elem(0.5).expand(sizes);
        let flipped = self.axes.iter().fold(images.clone(), |images, axis| images.flip([*axis]));
        Ok(images.mask_where(chosen, flipped).into())
    }
}
