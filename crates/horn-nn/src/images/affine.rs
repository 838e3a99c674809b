//! Images that are turned, zoomed and moved: each new pixel is looked up at another place of the old image.

use burn::tensor::{Bool, Int, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::arguments::options::{DataFormat, Interpolation};
use crate::error::{Error, Result};
use crate::images::colors::channel_axis;
use crate::memory;

/// What lies beyond the edges of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FillMode {
    /// The image in a mirror: `d c b a | a b c d | d c b a`.
    #[default]
    Reflect,
    /// The image again: `a b c d | a b c d | a b c d`.
    Wrap,
    /// One value: `k k k k | a b c d | k k k k`.
    Constant,
    /// The last pixel: `a a a a | a b c d | d d d d`.
    Nearest,
}

/// Can places between the pixels be filled like this?
pub(crate) fn check_interpolation(interpolation: Interpolation) -> Result<()> {
    if matches!(interpolation, Interpolation::Bilinear | Interpolation::Nearest) {
        return Ok(());
    }
    Err(Error::argument("this interpolation is not supported here")
        .received(format!("{interpolation:?}"))
        .expected("Bilinear or Nearest")
        .hint("take Bilinear"))
}

/// Where the pixel at `(x, y)` comes from: `(x[0]·x + x[1]·y + x[2], y[0]·x + y[1]·y + y[2])`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Affine {
    pub x: [f32; 3],
    pub y: [f32; 3],
}

/// How the places between and beyond the pixels are filled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lookup {
    pub data_format: DataFormat,
    pub interpolation: Interpolation,
    pub fill_mode: FillMode,
    pub fill_value: f64,
}

impl Lookup {
    /// How many values it holds inside for images of this shape: the places, their neighbours and weights for each pixel,
    /// and the index, eight bytes long, and the value of a neighbour for each value of a pixel.
    pub fn workspace(data_format: DataFormat, images: &[usize]) -> u64 {
        let values = memory::values(images);
        let channels = images.get(channel_axis(data_format)).copied().unwrap_or(1).max(1) as u64;
        (values / channels).saturating_mul(20).saturating_add(values.saturating_mul(5))
    }

    /// Moves the pixels of each image.
    pub fn run(&self, images: Tensor<4>, moves: &[Affine]) -> Tensor<4> {
        match self.data_format {
            DataFormat::ChannelsLast => self.look_up(images, moves),
            DataFormat::ChannelsFirst => self.look_up(images.permute([0, 2, 3, 1]), moves).permute([0, 3, 1, 2]),
        }
    }

    /// The pixels at places, `[batch, height · width]`.
    pub fn run_at(&self, images: Tensor<4>, rows: Tensor<2>, columns: Tensor<2>) -> Tensor<4> {
        match self.data_format {
            DataFormat::ChannelsLast => self.look_up_at(images, rows, columns),
            DataFormat::ChannelsFirst => {
                self.look_up_at(images.permute([0, 2, 3, 1]), rows, columns).permute([0, 3, 1, 2])
            }
        }
    }

    fn look_up(&self, images: Tensor<4>, moves: &[Affine]) -> Tensor<4> {
        let [_, height, width, _] = images.dims();
        let along = |axis: fn(&Affine) -> [f32; 3]| places(moves.iter().map(axis), [height, width], &images);
        let [rows, columns] = [along(|affine| affine.y), along(|affine| affine.x)];
        self.look_up_at(images, rows, columns)
    }

    fn look_up_at(&self, images: Tensor<4>, rows: Tensor<2>, columns: Tensor<2>) -> Tensor<4> {
        let [batch, height, width, channels] = images.dims();
        let pixels: Tensor<3> = images.reshape([batch, height * width, channels]);
        let (rows, columns) = (self.sources(rows, height), self.sources(columns, width));
        let mut found: Option<Tensor<3>> = None;
        for row in &rows {
            for column in &columns {
                let index = row.index.clone() * width as f64 + column.index.clone();
                let index = index.int().unsqueeze_dim::<3>(2).expand(pixels.dims());
                let mut values = pixels.clone().gather(1, index);
                if let (Some(row), Some(column)) = (&row.beyond, &column.beyond) {
                    let beyond = row.clone().bool_or(column.clone());
                    values = values.mask_fill(beyond.unsqueeze_dim::<3>(2).expand(pixels.dims()), self.fill_value);
                }
                if let (Some(row), Some(column)) = (&row.weight, &column.weight) {
                    values = values * (row.clone() * column.clone()).unsqueeze_dim::<3>(2);
                }
                found = Some(match found {
                    Some(found) => found + values,
                    None => values,
                });
            }
        }
        found.expect("there is a source").reshape([batch, height, width, channels])
    }

    /// The values of a tensor of any sizes at places, `[axes, places]`. The values are in row-major order, a row for each.
    pub fn values_at(&self, values: Tensor<2>, sizes: &[usize], places: &Tensor<2>) -> Tensor<2> {
        let count = places.dims()[1];
        let device = values.device();
        // What is found so far: where, with what weight, and whether it is beyond an edge.
        let zeros = Tensor::<2>::zeros([1, count], &device);
        let mut corners = vec![(zeros.clone(), zeros.clone() + 1.0, zeros)];
        for (axis, &size) in sizes.iter().enumerate() {
            let sources = self.sources(places.clone().narrow(0, axis, 1), size);
            let joined = corners.iter().flat_map(|(index, weight, beyond)| {
                sources.iter().map(move |source| {
                    let weight = source.weight.clone().map_or(weight.clone(), |own| weight.clone() * own);
                    let outside = source.beyond.clone().map_or(beyond.clone(), |own| beyond.clone() + own.float());
                    (index.clone() * size as f64 + source.index.clone(), weight, outside)
                })
            });
            corners = joined.collect();
        }
        let found = corners.into_iter().map(|(index, weight, beyond)| {
            let index = index.int().reshape([count]);
            let found = values.clone().select(0, index).reshape([1, count]);
            found.mask_fill(beyond.greater_elem(0.0), self.fill_value) * weight
        });
        found.reduce(|sum, value| sum + value).expect("there is a corner")
    }

    /// The pixels around each place, along one axis.
    fn sources(&self, places: Tensor<2>, size: usize) -> Vec<Source> {
        if self.interpolation == Interpolation::Nearest {
            // Halves away from zero.
            let nearest = (places.clone().abs() + 0.5).floor() * places.sign();
            return vec![self.source(nearest, None, size)];
        }
        let lower = places.clone().floor();
        let upper_weight = places - lower.clone();
        let lower_weight = upper_weight.clone().neg() + 1.0;
        vec![self.source(lower.clone(), Some(lower_weight), size), self.source(lower + 1.0, Some(upper_weight), size)]
    }

    /// Brings places beyond the edges back into the image.
    fn source(&self, at: Tensor<2>, weight: Option<Tensor<2>>, size: usize) -> Source {
        let last = (size - 1) as f64;
        let (index, beyond) = match self.fill_mode {
            FillMode::Nearest => (at, None),
            FillMode::Wrap => (wrap(at, size), None),
            FillMode::Reflect => {
                let at = wrap(at, 2 * size);
                let mirrored = at.clone().neg() + (2 * size - 1) as f64;
                (at.min_pair(mirrored), None)
            }
            FillMode::Constant => {
                let beyond = at.clone().lower_elem(0.0).bool_or(at.clone().greater_elem(last));
                (at, Some(beyond))
            }
        };
        Source { index: index.clamp(0.0, last), beyond, weight }
    }
}

/// One of the pixels that a new pixel is made of, along one axis.
struct Source {
    index: Tensor<2>,
    beyond: Option<Tensor<2, Bool>>,
    weight: Option<Tensor<2>>,
}

/// The place within a period.
fn wrap(at: Tensor<2>, period: usize) -> Tensor<2> {
    // The half keeps a rounded quotient away from the next whole number.
    let periods = ((at.clone() + 0.5) / period as f64).floor();
    at - periods * period as f64
}

/// Where the pixels of each image come from, along one axis: `[batch, height · width]`.
fn places(rows: impl ExactSizeIterator<Item = [f32; 3]>, [height, width]: [usize; 2], images: &Tensor<4>) -> Tensor<2> {
    let device = images.device().without_autodiff();
    let batch = rows.len();
    let rows = TensorData::new(rows.flatten().collect::<Vec<f32>>(), [batch, 3]);
    let rows = Tensor::<2>::from_data(rows, &device);
    let steps = |size: usize| Tensor::<1, Int>::arange(0..size as i64, &device).float();
    let x: Tensor<2> = steps(width).unsqueeze_dim::<2>(0).expand([height, width]).reshape([1, height * width]);
    let y: Tensor<2> = steps(height).unsqueeze_dim::<2>(1).expand([height, width]).reshape([1, height * width]);
    let factor = |at: usize| rows.clone().narrow(1, at, 1);
    y * factor(1) + x * factor(0) + factor(2)
}
