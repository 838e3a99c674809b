//! `Resizing`: images of another size.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::arguments::options::{DataFormat, Interpolation};
use crate::error::{Error, Result};
use crate::images::pixels::{resized, rounded, spatial_axes};
use crate::images::resampling::{Filter, Resampling, Window, crop_windows, pad_windows};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::reading::reads_keras_2;
use crate::layer::signal::Signal;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, Values};

/// Brings images to another size.
///
/// A new pixel is a weighted mean of the old ones around its place; `interpolation` says how they are weighted. Where the
/// input is one of integers, new pixels are rounded to integers.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: the same with the new height and width
///
/// ```
/// use horn::layers::{Interpolation, Resizing};
///
/// let layer = Resizing(224, 224).interpolation(Interpolation::Bicubic).crop_to_aspect_ratio(true);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resizing {
    #[serde(flatten)]
    common: Common,
    height: usize,
    width: usize,
    interpolation: Interpolation,
    crop_to_aspect_ratio: bool,
    pad_to_aspect_ratio: bool,
    fill_mode: Fill,
    fill_value: f64,
    antialias: bool,
    data_format: DataFormat,
    /// As [`Filter::in_steps`].
    #[serde(skip, default = "reads_keras_2")]
    in_steps: bool,
}

/// What is put around images: Keras knows one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Fill {
    Constant,
}

/// `keras.layers.Resizing(height, width)`. See [`Resizing`](struct@Resizing).
#[allow(non_snake_case)]
pub fn Resizing(height: usize, width: usize) -> Resizing {
    Resizing::new(height, width)
}

impl Resizing {
    /// A layer that makes images of this size.
    pub fn new(height: usize, width: usize) -> Self {
        Self {
            common: Common::default(),
            height,
            width,
            interpolation: Interpolation::Bilinear,
            crop_to_aspect_ratio: false,
            pad_to_aspect_ratio: false,
            fill_mode: Fill::Constant,
            fill_value: 0.0,
            antialias: false,
            data_format: DataFormat::default(),
            in_steps: false,
        }
    }

    fn windows(&self, from: [usize; 2]) -> [Window; 2] {
        let to = [self.height, self.width];
        if self.crop_to_aspect_ratio {
            crop_windows(from, to)
        } else if self.pad_to_aspect_ratio {
            pad_windows(from, to)
        } else {
            from.map(Window::all)
        }
    }

    fn plan(&self, from: [usize; 2]) -> Resampling {
        let to = [self.height, self.width];
        let Self { interpolation, antialias, in_steps, .. } = *self;
        let filter = Filter { interpolation, antialias, in_steps };
        Resampling::new(self.data_format, from, self.windows(from), to, filter)
    }
}

common_arguments!(Resizing);

arguments!(Resizing {
    /// How pixels are weighted; bilinear by default.
    interpolation: Interpolation,
    /// Are images cropped to the shape of the new ones, rather than distorted? No by default.
    crop_to_aspect_ratio: bool,
    /// Are images padded to the shape of the new ones, rather than distorted? No by default.
    pad_to_aspect_ratio: bool,
    /// What they are padded with; 0 by default.
    fill_value: f64,
    /// Do more of the old pixels count where images get smaller, so that fine patterns become grey? No by default.
    antialias: bool,
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for Resizing {
    described!("Resizing"; recorded_mode: Some(Mode::Training), gives_integers: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if self.crop_to_aspect_ratio && self.pad_to_aspect_ratio {
            return Err(Error::argument("images can't be both cropped and padded")
                .received("crop_to_aspect_ratio and pad_to_aspect_ratio")
                .expected("one of them")
                .hint("leave one out"));
        }
        Ok(resized(input, self.data_format, [self.height, self.width])?.with_values(input.values()))
    }

    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let plan = match spatial_axes(self.data_format).map(|axis| input.sizes()[axis]) {
            [Some(height), Some(width)] => {
                let from = [height, width];
                build.take_constants(Resampling::cost(from, self.windows(from), [self.height, self.width]))?;
                Some(self.plan(from))
            }
            _ => None,
        };
        Ok(BuiltLayer::new(ResizingModule { layer: self.clone(), plan, values: input.values() }))
    }
}

#[derive(Module, Debug)]
struct ResizingModule {
    #[module(skip)]
    layer: Resizing,
    /// For the size that was announced.
    #[module(skip)]
    plan: Option<Resampling>,
    /// What the pixels are: those that are integers are integers again when they are resized.
    #[module(skip)]
    values: Values,
}

impl Forward for ResizingModule {
    fn workspace(&self, inputs: &[Signal]) -> u64 {
        let Resizing { height, width, data_format, .. } = self.layer;
        match inputs.iter().map(Signal::sizes).find(|sizes| sizes.len() == 4) {
            Some(images) => {
                let windows = self.layer.windows(spatial_axes(data_format).map(|axis| images[axis]));
                Resampling::workspace(data_format, &images, windows, [height, width])
            }
            None => 0,
        }
    }

    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        let images = input.float::<4>()?;
        let size = spatial_axes(self.layer.data_format).map(|axis| images.dims()[axis]);
        let resized = match &self.plan {
            Some(plan) if plan.takes(size) => plan.run(images, self.layer.fill_value),
            _ => self.layer.plan(size).run(images, self.layer.fill_value),
        };
        Ok(match self.values {
            Values::Bytes | Values::Ints | Values::Longs => rounded(resized, self.values),
            _ => resized,
        }
        .into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn impossible_arguments_are_errors() {
        assert!(infer(Resizing(0, 2), &[0.0; 4], &[1, 2, 2, 1]).unwrap_err().is_argument());
        let both = Resizing(1, 2).crop_to_aspect_ratio(true).pad_to_aspect_ratio(true);
        assert!(infer(both, &[0.0; 4], &[1, 2, 2, 1]).unwrap_err().is_argument());
        assert!(infer(Resizing(1, 2), &[0.0; 4], &[1, 2, 2]).unwrap_err().is_shape());
    }

    #[test]
    fn a_mean_stays_a_mean() {
        let (sizes, y) = infer(Resizing(1, 1).antialias(true), &[0.0, 1.0, 2.0, 3.0], &[1, 2, 2, 1]).unwrap();
        assert_eq!((sizes, y), (vec![1, 1, 1, 1], vec![1.5]));
    }
}
