//! `AlphaDropout`: dropout that keeps mean and variance.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layers::common::{Common, common_arguments, described};
use crate::layers::regularization::noise::{check_noise_shape, check_rate, generator, noise_arguments, noise_sizes};
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// While training, sets a fraction `rate` of the values to the least that `Selu` gives, and stretches and shifts all so
/// that mean 0 and variance 1 stay. Does nothing otherwise.
///
/// # Shapes
///
/// - input: any
/// - output: as the input
///
/// Source: Klambauer et al., [Self-Normalizing Neural Networks](https://arxiv.org/abs/1706.02515), 2017.
///
/// ```
/// use horn::layers::AlphaDropout;
///
/// let layer = AlphaDropout(0.1).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlphaDropout {
    #[serde(flatten)]
    common: Common,
    rate: f64,
    noise_shape: Option<Vec<Option<usize>>>,
    seed: Option<u64>,
}

/// `keras.layers.AlphaDropout(rate)`. See [`AlphaDropout`](struct@AlphaDropout).
#[allow(non_snake_case)]
pub fn AlphaDropout(rate: f64) -> AlphaDropout {
    AlphaDropout::new(rate)
}

impl AlphaDropout {
    /// A layer that drops the fraction `rate`, 0 or more and below 1.
    pub fn new(rate: f64) -> Self {
        Self { common: Common::default(), rate, noise_shape: None, seed: None }
    }
}

common_arguments!(AlphaDropout);

noise_arguments!(AlphaDropout, noise_shape);

impl Layer for AlphaDropout {
    described!("AlphaDropout", masking; recorded_mode: Some(Mode::Inference), built_for: BuiltFor::Nothing);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_rate("rate", self.rate)?;
        if self.rate == 1.0 {
            return Err(Error::argument("the rate must be less than 1")
                .received("rate = 1")
                .expected("a fraction of the values")
                .hint("take `Dropout` if all values are to be dropped"));
        }
        check_noise_shape(self.noise_shape.as_deref(), input)?;
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let noise = generator(self.rate, self.seed, build)?;
        Ok(BuiltLayer::new(AlphaDropoutModule { rate: self.rate, noise_shape: self.noise_shape.clone(), noise }))
    }
}

#[derive(Module, Debug)]
struct AlphaDropoutModule {
    rate: f64,
    #[module(skip)]
    noise_shape: Option<Vec<Option<usize>>>,
    noise: SeedGenerator,
}

/// What `Selu` gives for −∞: `−α · scale`.
const LEAST: f64 = -1.673_263_242_354_377_2 * 1.050_700_987_355_480_5;

impl AlphaDropoutModule {
    fn drop<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let sizes = noise_sizes(x.dims(), self.noise_shape.as_deref());
        let drawn = self.noise.uniform(sizes, 0.0, 1.0, &x.device().without_autodiff());
        let kept = drawn.greater_equal_elem(self.rate).float();
        let stretch = ((1.0 - self.rate) * (1.0 + self.rate * LEAST * LEAST)).powf(-0.5);
        let shift = -stretch * LEAST * self.rate;
        let dropped = (kept.clone().neg() + 1.0) * LEAST;
        (x * kept + dropped) * stretch + shift
    }
}

impl Forward for AlphaDropoutModule {
    fn forward(&self, input: AnyTensor, mode: Mode) -> Result<AnyTensor> {
        if mode == Mode::Inference || self.rate == 0.0 {
            return Ok(input);
        }
        by_rank!(input, |x| self.drop(x).into())
    }
}
