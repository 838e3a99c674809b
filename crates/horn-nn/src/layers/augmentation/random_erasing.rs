//! `RandomErasing`: images with a part missing.

use burn::tensor::{Bool, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::{Error, Result};
use crate::images::colors::channel_axis;
use crate::images::pixels::{BYTES, check_images, check_value_range, spatial_axes};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::augmentation::augment::{Augment, Augmentation, chosen, plain};
use crate::layers::augmentation::factor::{Factor, Spread};
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::random::seed_generator::SeedGenerator;
use crate::random::threefry;
use crate::tensor::shape::Shape;

/// While training, erases a rectangle of images: its sides are random shares of the width and the height. Does nothing
/// otherwise.
///
/// Each image is erased with a probability that is drawn from `factor`; a single number `f` stands for the range from 0 to
/// `f`.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::RandomErasing;
///
/// let layer = RandomErasing().factor(0.5).fill_value(0.0).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomErasing {
    #[serde(flatten)]
    common: Common,
    factor: Spread<0>,
    scale: Spread<0>,
    fill_value: Option<FillValue>,
    value_range: [f64; 2],
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.RandomErasing()`. See [`RandomErasing`](struct@RandomErasing).
#[allow(non_snake_case)]
pub fn RandomErasing() -> RandomErasing {
    RandomErasing::new()
}

impl RandomErasing {
    /// The layer with Keras's defaults.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            factor: Factor::from(1.0).into(),
            scale: Factor::from((0.02, 0.33)).into(),
            fill_value: None,
            value_range: BYTES,
            seed: None,
            data_format: DataFormat::default(),
        }
    }

    /// The probability of the erasing, from 0 to 1; from 0 to 1 by default.
    #[must_use]
    pub fn factor(mut self, factor: impl Into<Factor>) -> Self {
        self.factor = factor.into().into();
        self
    }

    /// The square of the share of each side; from 0.02 to 0.33 by default.
    #[must_use]
    pub fn scale(mut self, scale: impl Into<Factor>) -> Self {
        self.scale = scale.into().into();
        self
    }

    /// What the rectangle is filled with: one value, or one for each of three channels. Noise by default.
    #[must_use]
    pub fn fill_value(mut self, fill_value: impl Into<FillValue>) -> Self {
        self.fill_value = Some(fill_value.into());
        self
    }
}

impl Default for RandomErasing {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(RandomErasing);

arguments!(RandomErasing {
    /// Seeds the change; by default the seed is drawn when the model is built.
    seed: u64,
    /// The least and the largest value of a pixel; 0 and 255 by default.
    value_range: [f64; 2],
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for RandomErasing {
    described!("RandomErasing"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        check_value_range(self.value_range)?;
        self.factor.check("factor", 0.0, 1.0)?;
        self.scale.check("scale", 0.0, 1.0)?;
        let channels = input.sizes()[channel_axis(self.data_format)];
        if let (Some(FillValue::Channels(_)), Some(channels)) =
            (self.fill_value, channels.filter(|channels| *channels != 3))
        {
            return Err(Error::argument("there is not one value for each channel")
                .received(format!("fill_value has 3 values for {channels} channels"))
                .expected("one value")
                .hint("give one number"));
        }
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(Augmentation::new(self.clone(), build.seed_generator(self.seed)?)))
    }
}

impl Augment for RandomErasing {
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
        let sizes = images.dims();
        let batch = sizes[0];
        let [height, width] = spatial_axes(self.data_format);
        let [low, high] = self.scale.range().map(|end| end as f32);
        let shares = threefry::uniform(drawn.next_key(), 2 * batch, low, high);
        let inside = |axis: usize, side: usize| {
            let starts = threefry::uniform(drawn.next_key(), batch, 0.0, 1.0);
            let shares = shares.iter().skip(side).step_by(2);
            let spans: Vec<[f32; 2]> =
                starts.into_iter().zip(shares).map(|(at, share)| span(at, *share, sizes[axis])).collect();
            within(&spans, axis, &images)
        };
        let (columns, rows) = (inside(width, 0), inside(height, 1));
        let is_erased = columns.bool_and(rows).bool_and(chosen(drawn, &images, self.factor.range()));
        let [least, most] = self.value_range;
        let filling = match self.fill_value {
            None => drawn.normal(sizes, &plain(&images)) * most,
            Some(FillValue::One(value)) => Tensor::full(sizes, value, &plain(&images)),
            Some(FillValue::Channels(values)) => {
                let mut one = [1; 4];
                one[channel_axis(self.data_format)] = 3;
                let values = TensorData::new(values.map(|value| value as f32).to_vec(), one);
                Tensor::<4>::from_data(values, &plain(&images)).expand(sizes)
            }
        };
        Ok(images.mask_where(is_erased, filling.clamp(least, most)))
    }

    fn draws(&self) -> u32 {
        5 + u32::from(self.fill_value.is_none())
    }
}

/// What the missing part of an image is filled with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FillValue {
    /// One value.
    One(f64),
    /// A value for each of three channels.
    Channels([f64; 3]),
}

impl From<f64> for FillValue {
    fn from(value: f64) -> Self {
        Self::One(value)
    }
}

impl From<[f64; 3]> for FillValue {
    fn from(values: [f64; 3]) -> Self {
        Self::Channels(values)
    }
}

/// From where to where the part goes that begins at this share of what is left over.
fn span(at: f32, share: f32, size: usize) -> [f32; 2] {
    let len = share.sqrt() * size as f32;
    let start = at * (size as f32 - len);
    [start, start + len]
}

/// Which pixels of each image lie within its span along the axis.
fn within(spans: &[[f32; 2]], axis: usize, images: &Tensor<4>) -> Tensor<4, Bool> {
    let size = images.dims()[axis];
    let is_inside = |at: usize, [start, end]: [f32; 2]| (start..end).contains(&(at as f32));
    let inside: Vec<bool> = spans.iter().flat_map(|span| (0..size).map(|at| is_inside(at, *span))).collect();
    let mut sizes = [spans.len(), 1, 1, 1];
    sizes[axis] = size;
    Tensor::<4, Bool>::from_data(TensorData::new(inside, sizes), &plain(images)).expand(images.dims())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn impossible_arguments_are_errors() {
        let fails = |layer: RandomErasing| infer(layer, &[1.0], &[1, 1, 1, 1]).unwrap_err().is_argument();
        assert!(fails(RandomErasing().factor(1.5)) && fails(RandomErasing().scale(1.5)));
        assert!(fails(RandomErasing().fill_value([0.0, 1.0, 2.0])));
    }
}
