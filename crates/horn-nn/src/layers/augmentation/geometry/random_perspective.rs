//! `RandomPerspective`: images from another point of view.

use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::arguments::options::{DataFormat, Interpolation};
use crate::error::Result;
use crate::images::affine::{FillMode, Lookup, check_interpolation};
use crate::images::pixels::{check_images, spatial_axes};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::augmentation::augment::{Augment, Augmentation, chosen, plain};
use crate::layers::augmentation::factor::{Factor, Spread};
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::random::seed_generator::SeedGenerator;
use crate::random::threefry;
use crate::tensor::shape::Shape;

/// While training, moves the corners of images by random shares of their distance from the top and from the left, as if
/// seen from another point of view. Does nothing otherwise.
///
/// Each image is changed with a probability that is drawn from `factor`; a single number `f` stands for the range from 0 to
/// `f`.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::RandomPerspective;
///
/// let layer = RandomPerspective().factor(0.5).scale(0.3).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomPerspective {
    #[serde(flatten)]
    common: Common,
    factor: Spread<0>,
    scale: f64,
    interpolation: Interpolation,
    fill_value: f64,
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.RandomPerspective()`. See [`RandomPerspective`](struct@RandomPerspective).
#[allow(non_snake_case)]
pub fn RandomPerspective() -> RandomPerspective {
    RandomPerspective::new()
}

impl RandomPerspective {
    /// The layer with Keras's defaults.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            factor: Factor::from(1.0).into(),
            scale: 1.0,
            interpolation: Interpolation::Bilinear,
            fill_value: 0.0,
            seed: None,
            data_format: DataFormat::default(),
        }
    }

    /// The probability of a change, from 0 to 1; from 0 to 1 by default.
    #[must_use]
    pub fn factor(mut self, factor: impl Into<Factor>) -> Self {
        self.factor = factor.into().into();
        self
    }
}

impl Default for RandomPerspective {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(RandomPerspective);

arguments!(RandomPerspective {
    /// Seeds the change; by default the seed is drawn when the model is built.
    seed: u64,
    /// Up to how much corners move: half of it either way, from 0 to 1; 1 by default.
    scale: f64,
    /// What lies between the pixels: `Bilinear`, which is the default, or `Nearest`.
    interpolation: Interpolation,
    /// The value beyond the edges; 0 by default.
    fill_value: f64,
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for RandomPerspective {
    described!("RandomPerspective"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        check_interpolation(self.interpolation)?;
        self.factor.check("factor", 0.0, 1.0)?;
        Factor::Range([self.scale; 2]).check("scale", 0.0, 1.0)?;
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(Augmentation::new(self.clone(), build.seed_generator(self.seed)?)))
    }
}

impl Augment for RandomPerspective {
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
        let is_chosen = chosen(drawn, &images, self.factor.range());
        let batch = images.dims()[0];
        let half = 0.5 * self.scale as f32;
        let shares = threefry::uniform(drawn.next_key(), 8 * batch, -half, half);
        let [height, width] = spatial_axes(self.data_format).map(|axis| images.dims()[axis]);
        let views: Vec<[f32; 8]> = shares.chunks_exact(8).map(|shares| view(shares, height, width)).collect();
        let places = |numerator: usize| {
            let place = |view: &[f32; 8], x: usize, y: usize| {
                let along = |at: usize, rest: f32| view[at] * x as f32 + view[at + 1] * y as f32 + rest;
                along(numerator, view[numerator + 2]) / along(6, 1.0)
            };
            let of_view = |view| (0..height * width).map(move |at| place(view, at % width, at / width));
            let places: Vec<f32> = views.iter().flat_map(of_view).collect();
            Tensor::<2>::from_data(TensorData::new(places, [batch, height * width]), &plain(&images))
        };
        let lookup = Lookup {
            data_format: self.data_format,
            interpolation: self.interpolation,
            fill_mode: FillMode::Constant,
            fill_value: self.fill_value,
        };
        let seen = lookup.run_at(images.clone(), places(3), places(0));
        Ok(images.mask_where(is_chosen, seen))
    }

    fn workspace(&self, images: &[usize]) -> u64 {
        Lookup::workspace(self.data_format, images)
    }

    fn draws(&self) -> u32 {
        3
    }
}

/// Where the pixel at `(x, y)` comes from: `(v₀x + v₁y + v₂, v₃x + v₄y + v₅) / (v₆x + v₇y + 1)`. The corners are moved by
/// these shares of their places.
fn view(shares: &[f32], height: usize, width: usize) -> [f32; 8] {
    let [right, bottom] = [width as f32 - 1.0, height as f32 - 1.0];
    let corners = [[0.0, 0.0], [right, 0.0], [0.0, bottom], [right, bottom]];
    let mut equations = [[0.0; 9]; 8];
    for (at, [x, y]) in corners.into_iter().enumerate() {
        let [to_x, to_y] = [x + x * shares[2 * at], y + y * shares[2 * at + 1]];
        equations[at] = [to_x, to_y, 1.0, 0.0, 0.0, 0.0, -x * to_x, -x * to_y, x];
        equations[at + 4] = [0.0, 0.0, 0.0, to_x, to_y, 1.0, -y * to_x, -y * to_y, y];
    }
    solved(equations)
}

/// Solves linear equations by Gauss's elimination. Without a unique solution, numbers are not finite.
fn solved(mut equations: [[f32; 9]; 8]) -> [f32; 8] {
    for column in 0..8 {
        let size = |row: &usize| equations[*row][column].abs();
        let pivot = (column..8).max_by(|a, b| size(a).total_cmp(&size(b))).expect("a row is left");
        equations.swap(column, pivot);
        for row in column + 1..8 {
            let factor = equations[row][column] / equations[column][column];
            let above = equations[column];
            for (value, above) in equations[row].iter_mut().zip(above).skip(column) {
                *value -= factor * above;
            }
        }
    }
    let mut solution = [0.0; 8];
    for row in (0..8).rev() {
        let known: f32 = (row + 1..8).map(|at| equations[row][at] * solution[at]).sum();
        solution[row] = (equations[row][8] - known) / equations[row][row];
    }
    solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn impossible_arguments_are_errors() {
        let fails = |layer: RandomPerspective| infer(layer, &[1.0], &[1, 1, 1, 1]).unwrap_err().is_argument();
        assert!(fails(RandomPerspective().factor(1.5)) && fails(RandomPerspective().scale(1.5)));
        assert!(fails(RandomPerspective().interpolation(Interpolation::Bicubic)));
    }
}
