//! What the layers that draw noise have in common.

use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::shape::Shape;

/// Is it a share, 0 to 1?
pub(crate) fn check_rate(rate: f64) -> Result<()> {
    if (0.0..=1.0).contains(&rate) {
        return Ok(());
    }
    Err(Error::argument("the rate is no share")
        .received(format!("rate = {rate}"))
        .expected("0 to 1")
        .hint("give the share that is dropped: 0.2 for a fifth"))
}

/// Can noise of this shape be repeated to the input's?
pub(crate) fn check_noise_shape(noise_shape: Option<&[Option<usize>]>, input: &Shape) -> Result<()> {
    let fits = noise_shape.is_none_or(|noise| {
        let fit = |(noise, size): (&Option<usize>, &Option<usize>)| match (noise, size) {
            (None | Some(1), _) => true,
            (Some(noise), Some(size)) => noise == size,
            (Some(_), None) => true,
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

/// The sizes of the noise for an input of these sizes.
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
