//! `GaussianDropout` and `GaussianNoise`: normally distributed noise.

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
use crate::layers::regularization::noise::{generator, noise_arguments};
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// Makes a layer of its one argument, its range, as code and in words, and the noise.
macro_rules! gaussian {
    ($(#[$doc:meta])+ $class:ident, $name:literal, $argument:ident, $range:expr, $words:literal, $noise:expr) => {
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            common: Common,
            $argument: f64,
            seed: Option<u64>,
        }

        #[doc = concat!("`keras.layers.", $name, "(", stringify!($argument), ")`. See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class($argument: f64) -> $class {
            $class::new($argument)
        }

        impl $class {
            /// A layer with so strong a noise, 0 to 1.
            pub fn new($argument: f64) -> Self {
                Self { common: Common::default(), $argument, seed: None }
            }
        }

        common_arguments!($class);
        noise_arguments!($class);

        impl Layer for $class {
            described!($name, masking; recorded_mode: Some(Mode::Inference), built_for: BuiltFor::Nothing);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                if $range.contains(&self.$argument) {
                    return Ok(input.clone());
                }
                Err(Error::argument(concat!(stringify!($argument), " is out of range"))
                    .received(format!(concat!(stringify!($argument), " = {}"), self.$argument))
                    .expected($words)
                    .hint("0.1 is a weak noise, 0.5 a strong one"))
            }

            fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
                let generator = generator(self.$argument, self.seed, build)?;
                Ok(BuiltLayer::new(GaussianModule { noise: $noise(self.$argument), generator }))
            }
        }
    };
}

gaussian! {
    /// While training, multiplies each value by a random number of mean 1 and standard deviation
    /// `√(rate / (1 − rate))`, as strong a noise as that of `Dropout`. Does nothing otherwise.
    ///
    /// # Shapes
    ///
    /// - input: any
    /// - output: as the input
    ///
    /// Source: Srivastava et al., [Dropout](https://www.cs.toronto.edu/~rsalakhu/papers/srivastava14a.pdf), 2014.
    ///
    /// ```
    /// use horn::layers::GaussianDropout;
    ///
    /// let layer = GaussianDropout(0.2).seed(1);
    /// ```
    GaussianDropout, "GaussianDropout", rate, (0.0..1.0), "a number from 0 to below 1",
    |rate: f64| Noise::Factor((rate / (1.0 - rate)).sqrt())
}

gaussian! {
    /// While training, adds to each value a random number of mean 0 and standard deviation `stddev`. Does nothing
    /// otherwise.
    ///
    /// # Shapes
    ///
    /// - input: any
    /// - output: as the input
    ///
    /// ```
    /// use horn::layers::GaussianNoise;
    ///
    /// let layer = GaussianNoise(0.1).seed(1);
    /// ```
    GaussianNoise, "GaussianNoise", stddev, (0.0..=1.0), "a number from 0 to 1", Noise::Summand
}

/// Where the noise goes, and its standard deviation.
#[derive(Debug, Clone, Copy)]
enum Noise {
    Factor(f64),
    Summand(f64),
}

#[derive(Module, Debug)]
struct GaussianModule {
    #[module(skip)]
    noise: Noise,
    generator: SeedGenerator,
}

impl GaussianModule {
    fn disturb<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let drawn = || self.generator.normal(x.dims(), &x.device().without_autodiff());
        match self.noise {
            Noise::Factor(0.0) | Noise::Summand(0.0) => x,
            Noise::Factor(stddev) => x.clone() * (drawn() * stddev + 1.0),
            Noise::Summand(stddev) => x.clone() + drawn() * stddev,
        }
    }
}

impl Forward for GaussianModule {
    fn forward(&self, input: AnyTensor, mode: Mode) -> Result<AnyTensor> {
        if mode == Mode::Inference {
            return Ok(input);
        }
        by_rank!(input, |x| self.disturb(x).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn impossible_noise_is_an_error() {
        assert!(infer(GaussianDropout(1.0), &[1.0], &[1, 1]).unwrap_err().is_argument());
        assert!(infer(GaussianNoise(-0.1), &[1.0], &[1, 1]).unwrap_err().is_argument());
        assert_eq!(infer(GaussianNoise(1.0), &[1.0], &[1, 1]).unwrap().1, [1.0]);
    }
}
