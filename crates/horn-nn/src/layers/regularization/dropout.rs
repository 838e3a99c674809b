//! `Dropout`: noise that keeps a model from relying on single features.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::by_rank;
use crate::error::Result;
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
use crate::windows::layout::value_by_value;

/// While training, sets a fraction `rate` of the values to zero and divides the others by `1 − rate`, so that their sum
/// is expected to stay. Does nothing otherwise.
///
/// # Shapes
///
/// - input: any
/// - output: as the input
///
/// ```
/// use horn::layers::Dropout;
///
/// let layer = Dropout(0.5).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dropout {
    #[serde(flatten)]
    common: Common,
    rate: f64,
    noise_shape: Option<Vec<Option<usize>>>,
    seed: Option<u64>,
}

/// `keras.layers.Dropout(rate)`. See [`Dropout`](struct@Dropout).
#[allow(non_snake_case)]
pub fn Dropout(rate: f64) -> Dropout {
    Dropout::new(rate)
}

impl Dropout {
    /// A layer that drops the fraction `rate`, 0 to 1.
    pub fn new(rate: f64) -> Self {
        Self { common: Common::default(), rate, noise_shape: None, seed: None }
    }
}

common_arguments!(Dropout);

noise_arguments!(Dropout, noise_shape);

impl Layer for Dropout {
    described!("Dropout", masking; recorded_mode: Some(Mode::Inference), built_for: BuiltFor::Nothing);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_rate("rate", self.rate)?;
        check_noise_shape(self.noise_shape.as_deref(), input)?;
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(DropoutModule::new(self.rate, self.noise_shape.clone(), self.seed, build)?))
    }
}

/// Drops values; also a part of layers that drop something on their way.
#[derive(Module, Debug)]
pub(crate) struct DropoutModule {
    rate: f64,
    #[module(skip)]
    noise_shape: Option<Vec<Option<usize>>>,
    noise: SeedGenerator,
}

impl DropoutModule {
    /// Drops the fraction `rate`, with noise of this shape.
    pub fn new(
        rate: f64,
        noise_shape: Option<Vec<Option<usize>>>,
        seed: Option<u64>,
        build: &mut LayerBuilder,
    ) -> Result<Self> {
        Ok(Self { rate, noise_shape, noise: generator(rate, seed, build)? })
    }

    /// Does it change anything in this mode?
    pub fn drops(&self, mode: Mode) -> bool {
        mode != Mode::Inference && self.rate > 0.0
    }

    /// Drops values while the model learns.
    pub fn drop<const D: usize>(&self, x: Tensor<D>, mode: Mode) -> Tensor<D> {
        if !self.drops(mode) {
            return x;
        }
        if self.rate == 1.0 {
            return nothing_of(x);
        }
        if let Some(y) = self.drop_fast(&x) {
            return y;
        }
        let kept = self.kept(&x);
        self.scaled(x, kept)
    }

    /// Drops values in one operation, where there is one.
    fn drop_fast<const D: usize>(&self, x: &Tensor<D>) -> Option<Tensor<D>> {
        if noise_sizes(x.dims(), self.noise_shape.as_deref()) != x.dims() {
            return None;
        }
        horn_kernels::dropout(x, self.rate, || self.noise.next_key())
    }

    /// Ones for the values that stay.
    fn kept<const D: usize>(&self, x: &Tensor<D>) -> Tensor<D> {
        let sizes = noise_sizes(x.dims(), self.noise_shape.as_deref());
        self.noise.bernoulli(sizes, 1.0 - self.rate, &x.device().without_autodiff())
    }

    fn scaled<const D: usize>(&self, x: Tensor<D>, kept: Tensor<D>) -> Tensor<D> {
        x * kept / (1.0 - self.rate)
    }
}

/// Zeros that take part in the gradient.
fn nothing_of<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let all = x.zeros_like().equal_elem(0.0);
    x.mask_fill(all, 0.0)
}

impl Forward for DropoutModule {
    fn forward(&self, input: AnyTensor, mode: Mode) -> Result<AnyTensor> {
        if !self.drops(mode) {
            return Ok(input);
        }
        let input = input.floats()?;
        if self.rate == 1.0 {
            return value_by_value([input], |[x]| by_rank!(x, |x| nothing_of(x).into()));
        }
        if let Some(y) = by_rank!(input.clone(), |x| self.drop_fast(&x).map(AnyTensor::from))? {
            return Ok(y);
        }
        // Drawn for the order of the axes, whatever that in memory is: so the noise is Keras's.
        let kept = by_rank!(input.clone(), |x| AnyTensor::from(self.kept(&x)))?;
        value_by_value([input, kept], |[x, kept]| {
            by_rank!(x, |x| kept.float().map(|kept| AnyTensor::from(self.scaled(x, kept))))?
        })
    }

    fn takes_integers(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::{infer, run};

    #[test]
    fn does_nothing_in_inference() {
        assert_eq!(infer(Dropout(0.9), &[1.0, 2.0], &[1, 2]).unwrap().1, [1.0, 2.0]);
    }

    #[test]
    fn drops_the_share_and_scales_the_rest() {
        let (_, y) = run(Dropout(0.25), &[1.0; 10_000], &[100, 100], Mode::Training).unwrap();
        assert!(y.iter().all(|&y| y == 0.0 || (y - 4.0 / 3.0).abs() < 1e-6));
        let dropped = y.iter().filter(|&&y| y == 0.0).count() as f64 / 10_000.0;
        // Five standard deviations of a fraction of 10,000 draws: 5 · sqrt(0.25 · 0.75 / 10,000) = 0.022.
        assert!((dropped - 0.25).abs() < 0.022, "{dropped}");
    }

    #[test]
    fn noise_is_shared_along_an_axis_of_one() {
        let layer = Dropout(0.5).noise_shape([None, Some(1)]);
        let (_, y) = run(layer, &[1.0; 400], &[100, 4], Mode::Training).unwrap();
        assert!(y.chunks(4).all(|row| row.iter().all(|&y| y == row[0])));
        assert!(y.contains(&0.0) && y.contains(&2.0));
    }

    #[test]
    fn a_rate_of_one_drops_all() {
        assert_eq!(run(Dropout(1.0), &[1.0, 2.0], &[1, 2], Mode::Training).unwrap().1, [0.0, 0.0]);
    }

    #[test]
    fn impossible_arguments_are_errors() {
        assert!(infer(Dropout(1.5), &[1.0], &[1, 1]).unwrap_err().is_argument());
        assert!(infer(Dropout(f64::NAN), &[1.0], &[1, 1]).unwrap_err().is_argument());
        assert!(infer(Dropout(0.5).noise_shape([None]), &[1.0], &[1, 1]).unwrap_err().is_shape());
        assert!(infer(Dropout(0.5).noise_shape([None, Some(2)]), &[0.0; 3], &[1, 3]).unwrap_err().is_shape());
    }
}
