//! What the layers that draw noise have in common.

use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::shape::Shape;

/// Is the value of this argument a fraction, 0 to 1?
pub(crate) fn check_rate(argument: &str, rate: f64) -> Result<()> {
    if (0.0..=1.0).contains(&rate) {
        return Ok(());
    }
    Err(Error::argument("the rate is not a fraction")
        .received(format!("{argument} = {rate}"))
        .expected("0 to 1")
        .hint("give the fraction that is dropped: 0.2 for a fifth"))
}

/// Can noise of this shape be repeated to the input's?
pub(crate) fn check_noise_shape(noise_shape: Option<&[Option<usize>]>, input: &Shape) -> Result<()> {
    let fits = noise_shape.is_none_or(|noise| {
        let fit = |(noise, size): (&Option<usize>, &Option<usize>)| match (noise, size) {
            (None | Some(1), _) | (Some(_), None) => true,
            (Some(noise), Some(size)) => noise == size,
        };
        noise.len() == input.rank() && noise.iter().zip(input.sizes()).all(fit)
    });
    if fits {
        return Ok(());
    }
    Err(Error::shape("the noise does not fit the input")
        .received(format!("noise_shape {noise_shape:?} for {input}"))
        .expected("one size for each axis: 1, None, or the input's own")
        .hint("put 1 where an axis shares its noise and None elsewhere"))
}

/// The shape of the noise for an input of this shape.
pub(crate) fn noise_sizes<const D: usize>(mut sizes: [usize; D], noise_shape: Option<&[Option<usize>]>) -> [usize; D] {
    for (size, noise) in sizes.iter_mut().zip(noise_shape.into_iter().flatten()) {
        *size = noise.unwrap_or(*size);
    }
    sizes
}

/// The random numbers of a layer that is as strong as `rate`: as in Keras, one of rate 0 draws no seed.
pub(crate) fn generator(rate: f64, seed: Option<u64>, build: &mut LayerBuilder) -> Result<SeedGenerator> {
    if rate > 0.0 { build.seed_generator(seed) } else { SeedGenerator::new(0) }
}

/// The arguments of the noise as methods, of a description that has the field `seed` and, where it is named,
/// `noise_shape`.
macro_rules! noise_arguments {
    ($class:ident, noise_shape) => {
        $crate::layers::regularization::noise::noise_arguments!($class);

        impl $class {
            /// The shape of the noise, batch axis included: where a size is 1, one draw counts for the whole axis. `None`
            /// stands for the input's own size.
            #[must_use]
            pub fn noise_shape(mut self, noise_shape: impl $crate::arguments::sample_shape::IntoSampleShape) -> Self {
                self.noise_shape = Some(noise_shape.into_sizes());
                self
            }
        }
    };
    ($class:ident) => {
        impl $class {
            /// Seeds the noise; by default the seed is drawn when the model is built.
            #[must_use]
            pub fn seed(mut self, seed: u64) -> Self {
                self.seed = Some(seed);
                self
            }
        }
    };
}
pub(super) use noise_arguments;
