//! `RandomCrop`: a part of images, at a random place.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::Result;
use crate::images::pixels::{resized, spatial_axes};
use crate::images::resampling::{Filter, Resampling, Window, crop_windows};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::memory;
use crate::random::seed_generator::SeedGenerator;
use crate::random::{next_seed, threefry};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// While training, cuts a part out of images, the same part of all images of a batch. Where an image is not larger, its
/// middle is taken and resized. Does nothing otherwise, as in Keras: the images then keep their size.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: the same with the new height and width
///
/// ```
/// use horn::layers::RandomCrop;
///
/// let layer = RandomCrop(24, 24).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomCrop {
    #[serde(flatten)]
    common: Common,
    height: usize,
    width: usize,
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.RandomCrop(height, width)`. See [`RandomCrop`](struct@RandomCrop).
#[allow(non_snake_case)]
pub fn RandomCrop(height: usize, width: usize) -> RandomCrop {
    RandomCrop::new(height, width)
}

impl RandomCrop {
    /// A layer that makes images of this size.
    pub fn new(height: usize, width: usize) -> Self {
        Self { common: Common::default(), height, width, seed: None, data_format: DataFormat::default() }
    }
}

common_arguments!(RandomCrop);

arguments!(RandomCrop {
    /// Seeds the places; by default the seed is drawn when the model is built.
    seed: u64,
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for RandomCrop {
    described!("RandomCrop"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        resized(input, self.data_format, [self.height, self.width])
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        if self.seed.is_none() {
            // Keras draws a seed for the configuration as well.
            next_seed();
        }
        let places = build.seed_generator(self.seed)?;
        let (size, data_format) = ([self.height, self.width], self.data_format);
        Ok(BuiltLayer::new(RandomCropModule { size, data_format, places }))
    }
}

#[derive(Module, Debug)]
struct RandomCropModule {
    #[module(skip)]
    size: [usize; 2],
    #[module(skip)]
    data_format: DataFormat,
    places: SeedGenerator,
}

impl RandomCropModule {
    /// Where the part begins.
    fn starts(&self, from: [usize; 2]) -> [usize; 2] {
        if from[0] <= self.size[0] || from[1] <= self.size[1] {
            return crop_windows(from, self.size).map(|window| window.start.unsigned_abs());
        }
        [0, 1].map(|at| {
            let free = (from[at] - self.size[at] + 1) as f32;
            let drawn = threefry::uniform(self.places.next_key(), 1, 0.0, free)[0] as usize;
            drawn.min(from[at] - self.size[at])
        })
    }
}

impl Forward for RandomCropModule {
    fn forward(&self, input: AnyTensor, mode: Mode) -> Result<AnyTensor> {
        if mode == Mode::Inference {
            return Ok(input);
        }
        let mut images = input.float::<4>()?;
        let axes = spatial_axes(self.data_format);
        let starts = self.starts(axes.map(|axis| images.dims()[axis]));
        for (at, axis) in axes.into_iter().enumerate() {
            let len = self.size[at].min(images.dims()[axis] - starts[at]);
            images = images.narrow(axis, starts[at], len);
        }
        let from = axes.map(|axis| images.dims()[axis]);
        let windows = from.map(Window::all);
        let workspace = Resampling::workspace(self.data_format, &images.dims(), windows, self.size);
        memory::check_workspace(workspace, 0)?;
        let plan = Resampling::new(self.data_format, from, windows, self.size, Filter::LINEAR);
        Ok(plan.run(images, 0.0).into())
    }
}
