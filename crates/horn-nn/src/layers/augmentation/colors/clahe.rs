//! `ContrastLimitedAdaptiveHistogramEqualization`: values that are spread evenly, tile by tile.

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::{Error, Result};
use crate::images::pixels::{BYTES, between_ranges, check_images, check_value_range};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::memory;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// Spreads the values of each channel of an image evenly within tiles, and interpolates between these. How often a value
/// counts is limited, so that noise is not made strong. In training and in prediction alike.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::ContrastLimitedAdaptiveHistogramEqualization;
///
/// let layer = ContrastLimitedAdaptiveHistogramEqualization().clip_limit(2.0).tile_grid_size([4, 4]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContrastLimitedAdaptiveHistogramEqualization {
    #[serde(flatten)]
    common: Common,
    value_range: [f64; 2],
    clip_limit: f64,
    tile_grid_size: [usize; 2],
    data_format: DataFormat,
}

/// `keras.layers.ContrastLimitedAdaptiveHistogramEqualization()`. See
/// [`ContrastLimitedAdaptiveHistogramEqualization`](struct@ContrastLimitedAdaptiveHistogramEqualization).
#[allow(non_snake_case)]
pub fn ContrastLimitedAdaptiveHistogramEqualization() -> ContrastLimitedAdaptiveHistogramEqualization {
    ContrastLimitedAdaptiveHistogramEqualization::new()
}

impl ContrastLimitedAdaptiveHistogramEqualization {
    /// The layer for images of bytes, in eight by eight tiles.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            value_range: BYTES,
            clip_limit: 4.0,
            tile_grid_size: [8, 8],
            data_format: DataFormat::default(),
        }
    }
}

impl Default for ContrastLimitedAdaptiveHistogramEqualization {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(ContrastLimitedAdaptiveHistogramEqualization);

arguments!(ContrastLimitedAdaptiveHistogramEqualization {
    /// The least and the largest value of a pixel; 0 and 255 by default.
    value_range: [f64; 2],
    /// How often a value counts at most, in multiples of the mean; 4 by default, 0 for no limit.
    clip_limit: f64,
    /// How many tiles there are down and along; 8 each by default.
    tile_grid_size: [usize; 2],
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

/// The largest number of tiles along an axis.
const MAX_TILES: usize = 1 << 10;

/// How many values a byte has.
const BYTE_VALUES: usize = 256;

impl Layer for ContrastLimitedAdaptiveHistogramEqualization {
    described!("ContrastLimitedAdaptiveHistogramEqualization"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        check_value_range(self.value_range)?;
        if self.clip_limit.is_finite() && self.tile_grid_size.iter().all(|tiles| (1..=MAX_TILES).contains(tiles)) {
            return Ok(input.clone());
        }
        Err(Error::argument("the image can't be cut into these tiles")
            .received(format!("tile_grid_size = {:?}, clip_limit = {}", self.tile_grid_size, self.clip_limit))
            .expected(format!("1 to {MAX_TILES} tiles along each axis, and a finite limit"))
            .hint("leave them out for eight by eight tiles"))
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(ClaheModule { layer: self.clone() }))
    }
}

#[derive(Module, Debug)]
struct ClaheModule {
    #[module(skip)]
    layer: ContrastLimitedAdaptiveHistogramEqualization,
}

impl Forward for ClaheModule {
    fn workspace(&self, inputs: &[Signal]) -> u64 {
        // The tables of all tiles of a plane, and the values on the host.
        let tables = memory::values(&self.layer.tile_grid_size).saturating_mul(BYTE_VALUES as u64);
        inputs.iter().map(Signal::count).fold(0, u64::saturating_add).saturating_mul(5).saturating_add(tables)
    }

    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        let layer = &self.layer;
        let images = input.float::<4>()?.without_autodiff();
        let device = images.device();
        // Plane by plane: the channels before the pixels.
        let planes = match layer.data_format {
            DataFormat::ChannelsLast => images.permute([0, 3, 1, 2]),
            DataFormat::ChannelsFirst => images,
        };
        let sizes = planes.dims();
        let bytes: Vec<f32> = between_ranges(planes, layer.value_range, BYTES).into_data().iter().collect();
        let tiles = Tiles::new([sizes[2], sizes[3]], layer.tile_grid_size, layer.clip_limit as f32);
        let even = bytes.chunks_exact(sizes[2] * sizes[3]).flat_map(|plane| tiles.spread(plane)).collect::<Vec<f32>>();
        let planes = Tensor::<4>::from_data(TensorData::new(even, sizes), &device);
        let planes = between_ranges(planes, BYTES, layer.value_range);
        Ok(match layer.data_format {
            DataFormat::ChannelsLast => planes.permute([0, 2, 3, 1]).into(),
            DataFormat::ChannelsFirst => planes.into(),
        })
    }
}

/// A plane of pixels, cut into tiles. Beyond its end it is mirrored.
struct Tiles {
    size: [usize; 2],
    grid: [usize; 2],
    tile: [usize; 2],
    limit: f32,
}

impl Tiles {
    fn new(size: [usize; 2], grid: [usize; 2], clip_limit: f32) -> Self {
        let tile = [size[0].div_ceil(grid[0]), size[1].div_ceil(grid[1])];
        Self { size, grid, tile, limit: clip_limit * (tile[0] * tile[1]) as f32 / BYTE_VALUES as f32 }
    }

    /// The pixels with values that are spread evenly.
    fn spread(&self, plane: &[f32]) -> Vec<f32> {
        let tables: Vec<[f32; BYTE_VALUES]> = (0..self.grid[0] * self.grid[1])
            .map(|at| self.table(plane, [at / self.grid[1], at % self.grid[1]]))
            .collect();
        let table = |row: usize, column: usize| &tables[row * self.grid[1] + column];
        let around = |at: usize, axis: usize| {
            let place = (at as f32 - self.tile[axis] as f32 / 2.0) / self.tile[axis] as f32 + 1.0;
            let before = place.floor();
            // Tiles are counted from 1; beyond the first and the last one lie these again.
            let tile = |at: f32| (at.max(0.0) as usize).clamp(1, self.grid[axis]) - 1;
            (tile(before), tile(before + 1.0), place - before)
        };
        let columns: Vec<_> = (0..self.size[1]).map(|column| around(column, 1)).collect();
        let mut even = Vec::with_capacity(plane.len());
        for (row, pixels) in plane.chunks_exact(self.size[1]).enumerate() {
            let (above, below, down) = around(row, 0);
            for (pixel, &(left, right, along)) in pixels.iter().zip(&columns) {
                let byte = byte(*pixel);
                let mixed = |row| table(row, left)[byte] * (1.0 - along) + table(row, right)[byte] * along;
                even.push(mixed(above) * (1.0 - down) + mixed(below) * down);
            }
        }
        even
    }

    /// What the bytes of a tile become.
    fn table(&self, plane: &[f32], tile: [usize; 2]) -> [f32; BYTE_VALUES] {
        let mirrored = |at: usize, size: usize| {
            let at = at % (2 * size);
            at.min(2 * size - 1 - at)
        };
        let mut counts = [0.0_f32; BYTE_VALUES];
        for row in 0..self.tile[0] {
            let row = mirrored(tile[0] * self.tile[0] + row, self.size[0]);
            for column in 0..self.tile[1] {
                let column = mirrored(tile[1] * self.tile[1] + column, self.size[1]);
                counts[byte(plane[row * self.size[1] + column])] += 1.0;
            }
        }
        if self.limit > 0.0 {
            let excess: f32 = counts.iter().map(|count| count - count.min(self.limit)).sum();
            counts = counts.map(|count| count.min(self.limit) + excess / BYTE_VALUES as f32);
        }
        let mut sum = 0.0;
        let sums = counts.map(|count| {
            sum += count;
            sum
        });
        let rest = (self.tile[0] * self.tile[1]) as f32 - sums[0];
        let rest = if rest == 0.0 { 1.0 } else { rest };
        sums.map(|sum| ((sum - sums[0]) * 255.0 / rest).clamp(0.0, 255.0))
    }
}

fn byte(value: f32) -> usize {
    value.clamp(0.0, 255.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn impossible_arguments_are_errors() {
        let layer = ContrastLimitedAdaptiveHistogramEqualization;
        let fails = |layer: ContrastLimitedAdaptiveHistogramEqualization| infer(layer, &[1.0], &[1, 1, 1, 1]).is_err();
        assert!(fails(layer().tile_grid_size([0, 1])) && fails(layer().tile_grid_size([1, MAX_TILES + 1])));
        assert!(fails(layer().clip_limit(f64::NAN)) && fails(layer().value_range([1.0, 0.0])));
    }
}
