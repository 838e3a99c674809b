//! `MixUp`: images that shine through each other.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layers::augmentation::mixing::shares::{Mix, mixed_shapes};
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::shape::Shape;

/// While training, blends each image with another one of its batch, and its label with that one's label. Does nothing
/// otherwise.
///
/// The output is `w · x + (1 − w) · x′`, where `w` comes from a beta distribution of the shape `(alpha, alpha)`: the
/// smaller `alpha`, the more often one of the two is hardly seen (Zhang et al., 2018).
///
/// # Shapes
///
/// - inputs: images `[batch, height, width, channels]`, or with the channels second; and labels `[batch, classes]`,
///   where Keras takes a dict of both. Without labels the images are the only input
/// - outputs: as the inputs
///
/// ```
/// use horn::Apply;
/// use horn::layers::{Input, MixUp};
///
/// let mixed = MixUp().alpha(0.4).seed(1).apply_all((Input([32, 32, 3]), Input([10])))?;
/// assert_eq!(mixed[1].shape().to_string(), "(None, 10)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MixUp {
    #[serde(flatten)]
    common: Common,
    alpha: f64,
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.MixUp()`. See [`MixUp`](struct@MixUp).
#[allow(non_snake_case)]
pub fn MixUp() -> MixUp {
    MixUp::new()
}

impl MixUp {
    /// A layer that blends with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::default(), alpha: 0.2, seed: None, data_format: DataFormat::default() }
    }
}

impl Default for MixUp {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(MixUp);

arguments!(MixUp {
    /// Seeds the choice; by default the seed is drawn when the model is built.
    seed: u64,
    /// How evenly the images are blended; 0.2 by default.
    alpha: f64,
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for MixUp {
    described!("MixUp"; recorded_mode: Some(Mode::Training));
    crate::many_inputs!();

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        if !(self.alpha > 0.0 && self.alpha.is_finite()) {
            return Err(Error::argument("alpha must be above 0")
                .received(format!("alpha = {}", self.alpha))
                .expected("a number above 0")
                .hint("0.2 blends a little, 1.0 blends by any weight alike"));
        }
        mixed_shapes(inputs)
    }

    fn build_for(&self, _: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(MixUpModule { alpha: self.alpha as f32, drawn: build.seed_generator(self.seed)? }))
    }
}

#[derive(Module, Debug)]
struct MixUpModule {
    #[module(skip)]
    alpha: f32,
    drawn: SeedGenerator,
}

impl Forward for MixUpModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        if !call.is_training() {
            // Keras draws here, too, and the next draw is another one.
            self.drawn.skip(2);
            return Ok(inputs);
        }
        let mut inputs = inputs.into_iter();
        let Some(images) = inputs.next() else { return Ok(Vec::new()) };
        let images = images.value()?.float::<4>()?;
        let batch = images.dims()[0];
        let partners = self.drawn.permutation(batch);
        let mix = Mix::new(&partners, self.drawn.beta(batch, self.alpha, self.alpha), &images.device());
        mix.outputs(mix.blend(images), inputs.next())
    }
}
