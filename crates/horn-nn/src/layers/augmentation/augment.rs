//! What the layers that change images at random have in common.

use std::fmt;
use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{Bool, Device, Tensor, TensorData};

use crate::error::Result;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::forward::Forward;
use crate::memory;
use crate::random::seed_generator::SeedGenerator;
use crate::random::threefry;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// A layer that changes images while training, and not otherwise.
pub(crate) trait Augment: fmt::Debug + Send + Sync + 'static {
    /// Changes a batch of images, by numbers from the generator.
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>>;

    /// Checks the shape of the images, where the layer does not take all of them.
    fn check(&self, _images: &Shape) -> Result<()> {
        Ok(())
    }

    /// How many values it holds inside for images of this shape: some copies, where it computes pixel by pixel.
    fn workspace(&self, images: &[usize]) -> u64 {
        memory::values(images).saturating_mul(5)
    }

    /// How many times it draws for a batch.
    fn draws(&self) -> u32;

    /// How many times it draws in inference, where some of Keras's layers draw for nothing.
    fn idle_draws(&self) -> u32 {
        0
    }
}

/// Such a layer, as a part of another.
pub(crate) trait AugmentingLayer: Layer + Augment {}

impl<L: Layer + Augment> AugmentingLayer for L {}

/// The module of such a layer.
#[derive(Module, Debug)]
pub(crate) struct Augmentation {
    #[module(skip)]
    layer: Arc<dyn Augment>,
    drawn: SeedGenerator,
}

impl Augmentation {
    pub fn new(layer: impl Augment, drawn: SeedGenerator) -> Self {
        Self { layer: Arc::new(layer), drawn }
    }
}

impl Forward for Augmentation {
    fn forward(&self, input: AnyTensor, mode: Mode) -> Result<AnyTensor> {
        if mode == Mode::Inference {
            self.drawn.skip(self.layer.idle_draws());
            return Ok(input);
        }
        // Only here, as images are not changed in inference.
        memory::check_workspace(self.layer.workspace(&input.sizes()), input.count() as u64)?;
        self.layer.augment(input.float()?, &self.drawn).map(AnyTensor::from)
    }
}

/// A number for each image.
pub(crate) fn for_each_image(drawn: &SeedGenerator, images: &Tensor<4>, [low, high]: [f64; 2]) -> Tensor<4> {
    drawn.uniform([images.dims()[0], 1, 1, 1], low as f32, high as f32, &plain(images))
}

/// Values of the host for each image, on the images' device.
pub(crate) fn of_images(values: Vec<f32>, images: &Tensor<4>) -> Tensor<4> {
    let sizes = [values.len(), 1, 1, 1];
    Tensor::from_data(TensorData::new(values, sizes), &plain(images))
}

/// Chooses images: each with a probability that is drawn from the range.
pub(crate) fn chosen(drawn: &SeedGenerator, images: &Tensor<4>, [low, high]: [f64; 2]) -> Tensor<4, Bool> {
    let batch = images.dims()[0];
    let draw = |low: f64, high: f64| threefry::uniform(drawn.next_key(), batch, low as f32, high as f32);
    let (probabilities, draws) = (draw(low, high), draw(0.0, 1.0));
    let chosen: Vec<bool> =
        draws.into_iter().zip(probabilities).map(|(drawn, probability)| drawn < probability).collect();
    Tensor::<4, Bool>::from_data(TensorData::new(chosen, [batch, 1, 1, 1]), &plain(images)).expand(images.dims())
}

/// The device of the images, for numbers that have no gradients.
pub(crate) fn plain(images: &Tensor<4>) -> Device {
    images.device().without_autodiff()
}
