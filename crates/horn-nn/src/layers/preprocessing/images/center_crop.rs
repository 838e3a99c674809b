//! `CenterCrop`: the middle of images.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::Result;
use crate::images::pixels::{resized, spatial_axes};
use crate::images::resampling::{Filter, Resampling, crop_windows};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// Cuts out the middle of images. Where an image is smaller, the largest part of its middle that has the shape is
/// resized instead.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: the same with the new height and width
///
/// ```
/// use horn::layers::CenterCrop;
///
/// let layer = CenterCrop(200, 200);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CenterCrop {
    #[serde(flatten)]
    common: Common,
    height: usize,
    width: usize,
    data_format: DataFormat,
}

/// `keras.layers.CenterCrop(height, width)`. See [`CenterCrop`](struct@CenterCrop).
#[allow(non_snake_case)]
pub fn CenterCrop(height: usize, width: usize) -> CenterCrop {
    CenterCrop::new(height, width)
}

impl CenterCrop {
    /// A layer that makes images of this size.
    pub fn new(height: usize, width: usize) -> Self {
        Self { common: Common::default(), height, width, data_format: DataFormat::default() }
    }
}

common_arguments!(CenterCrop);

arguments!(CenterCrop {
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for CenterCrop {
    described!("CenterCrop"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        resized(input, self.data_format, [self.height, self.width])
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        let (size, data_format) = ([self.height, self.width], self.data_format);
        Ok(BuiltLayer::new(CenterCropModule { size, data_format }))
    }
}

fn is_smaller(from: [usize; 2], size: [usize; 2]) -> bool {
    from[0] < size[0] || from[1] < size[1]
}

#[derive(Module, Debug)]
struct CenterCropModule {
    #[module(skip)]
    size: [usize; 2],
    #[module(skip)]
    data_format: DataFormat,
}

impl Forward for CenterCropModule {
    fn workspace(&self, inputs: &[Signal]) -> u64 {
        // Only images that are too small are resized.
        let enlarged = |images: &Vec<usize>| {
            let from = spatial_axes(self.data_format).map(|axis| images[axis]);
            let workspace = Resampling::workspace(self.data_format, images, crop_windows(from, self.size), self.size);
            if is_smaller(from, self.size) { workspace } else { 0 }
        };
        inputs.iter().map(Signal::sizes).filter(|sizes| sizes.len() == 4).map(|sizes| enlarged(&sizes)).sum()
    }

    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        let images = input.float::<4>()?;
        let axes = spatial_axes(self.data_format);
        let from = axes.map(|axis| images.dims()[axis]);
        if is_smaller(from, self.size) {
            let windows = crop_windows(from, self.size);
            let plan = Resampling::new(self.data_format, from, windows, self.size, Filter::LINEAR);
            return Ok(plan.run(images, 0.0).into());
        }
        let crop = |images: burn::tensor::Tensor<4>, at: usize| {
            images.narrow(axes[at], (from[at] - self.size[at]) / 2, self.size[at])
        };
        Ok(crop(crop(images, 0), 1).into())
    }
}
