//! `Equalization`: values that are spread evenly.

use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::{Error, Result};
use crate::images::colors::channel_axis;
use crate::images::pixels::{BYTES, between_ranges, check_images, check_value_range};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::augmentation::augment::{Augment, Augmentation, plain};
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::shape::Shape;

/// While training, spreads the values of each channel, so that each range of values has as many pixels as any other. The
/// values of all images of a batch are counted together, as in Keras. Does nothing otherwise.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::Equalization;
///
/// let layer = Equalization().value_range([0.0, 1.0]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Equalization {
    #[serde(flatten)]
    common: Common,
    bins: usize,
    value_range: [f64; 2],
    data_format: DataFormat,
}

/// `keras.layers.Equalization()`. See [`Equalization`](struct@Equalization).
#[allow(non_snake_case)]
pub fn Equalization() -> Equalization {
    Equalization::new()
}

impl Equalization {
    /// The layer with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::default(), bins: 256, value_range: BYTES, data_format: DataFormat::default() }
    }
}

impl Default for Equalization {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(Equalization);

arguments!(Equalization {
    /// Into how many ranges values are counted; 256 by default.
    bins: usize,
    /// The least and the largest value of a pixel; 0 and 255 by default.
    value_range: [f64; 2],
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for Equalization {
    described!("Equalization"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        check_value_range(self.value_range)?;
        if !(1..=MAX_BINS).contains(&self.bins) {
            return Err(Error::argument("the number of bins is out of range")
                .received(format!("bins = {}", self.bins))
                .expected(format!("1 to {MAX_BINS}"))
                .hint("leave bins out for 256"));
        }
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(Augmentation::new(self.clone(), SeedGenerator::new(0)?)))
    }
}

impl Augment for Equalization {
    fn augment(&self, images: Tensor<4>, _: &SeedGenerator) -> Result<Tensor<4>> {
        let device = plain(&images);
        let channels = images.dims()[channel_axis(self.data_format)];
        let channel = |at: usize| {
            let channel = images.clone().narrow(channel_axis(self.data_format), at, 1);
            let sizes = channel.dims();
            let bytes =
                between_ranges(channel, self.value_range, BYTES).without_autodiff().into_data().iter::<f32>().collect();
            let even = Tensor::<4>::from_data(TensorData::new(spread(bytes, self.bins), sizes), &device);
            between_ranges(even, BYTES, self.value_range)
        };
        Ok(Tensor::cat((0..channels).map(channel).collect(), channel_axis(self.data_format)))
    }

    fn draws(&self) -> u32 {
        0
    }
}

/// The largest number of ranges.
const MAX_BINS: usize = 1 << 16;

/// Bytes, spread evenly: by how many values lie below each.
fn spread(bytes: Vec<f32>, bins: usize) -> Vec<f32> {
    let last = (bins - 1) as f32;
    let mut counts = vec![0_u64; bins];
    for byte in &bytes {
        counts[(byte * last / 255.0).clamp(0.0, last) as usize] += 1;
    }
    if counts.iter().filter(|count| **count > 0).count() <= 1 {
        return bytes;
    }
    let mut below = 0;
    let sums: Vec<u64> = counts
        .iter()
        .map(|count| {
            below += count;
            below
        })
        .collect();
    let first = sums.iter().copied().find(|sum| *sum > 0).unwrap_or_default();
    let all = (below - first) as f32;
    let table: Vec<f32> = sums
        .iter()
        .map(|sum| ((sum.saturating_sub(first) * 255) as f32 / all).round_ties_even().clamp(0.0, 255.0))
        .collect();
    bytes.into_iter().map(|byte| table[(byte / 255.0 * last).clamp(0.0, last) as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn impossible_arguments_are_errors() {
        let fails = |layer: Equalization| infer(layer, &[1.0], &[1, 1, 1, 1]).unwrap_err().is_argument();
        assert!(fails(Equalization().bins(0)) && fails(Equalization().bins(MAX_BINS + 1)));
    }
}
