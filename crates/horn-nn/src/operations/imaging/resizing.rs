//! `image.resize`: images of another size. `image.scale_and_translate`: those that are moved, too.

use burn::tensor::{Tensor, TensorData};
use serde_json::{Map, Value};

use crate::arguments::options::{DataFormat, Interpolation};
use crate::by_rank;
use crate::error::{Error, Result};
use crate::images::pixels::{resized, rounded, spatial_axes};
use crate::images::resampling::{Filter, Resampling, Window, crop_windows, pad_windows, shares_at};
use crate::memory;
use crate::operations::calls::argument::Argument;
use crate::operations::calls::broadcast::with_rank;
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::function::Rule;
use crate::operations::calls::integers::Integers;
use crate::operations::calls::operands::{number_of, numbers_of};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, Values};

/// `image.resize(images, size, …)`, for a batch of images or one image. Images of integers give integers.
pub(crate) struct Resize;

/// The largest size of an image: the weights of an axis are a matrix of the old and the new size.
const MAX_SIDE: usize = 1 << 14;

struct Arguments {
    size: [usize; 2],
    interpolation: Interpolation,
    antialias: bool,
    data_format: DataFormat,
    fill_value: f64,
}

impl Arguments {
    fn of<T>(call: &Call<T>) -> Result<Self> {
        let size = call.ints("size")?.unwrap_or_default();
        let size = <[i64; 2]>::try_from(size).map_err(|_| call.invalid("size", "a height and a width"))?;
        let side = |size: i64| usize::try_from(size).ok().filter(|size| (1..=MAX_SIDE).contains(size));
        let [Some(height), Some(width)] = size.map(side) else {
            return Err(call.invalid("size", &format!("sizes from 1 to {MAX_SIDE}")));
        };
        let option = |name: &str| call.parameter(name).clone();
        let interpolation = serde_json::from_value(option("interpolation"));
        let data_format = match option("data_format") {
            Value::Null => Ok(DataFormat::default()),
            format => serde_json::from_value(format),
        };
        if call.parameter("fill_mode") != "constant" {
            return Err(call.invalid("fill_mode", "constant"));
        }
        if call.flag("crop_to_aspect_ratio") && call.flag("pad_to_aspect_ratio") {
            return Err(Error::argument("images can't be both cropped and padded")
                .received("crop_to_aspect_ratio and pad_to_aspect_ratio")
                .expected("one of them")
                .hint("leave one out"));
        }
        Ok(Self {
            size: [height, width],
            interpolation: interpolation.map_err(|_| call.invalid("interpolation", "an interpolation of Keras"))?,
            antialias: call.flag("antialias"),
            data_format: data_format.map_err(|_| call.invalid("data_format", "channels_last or channels_first"))?,
            fill_value: call.number("fill_value")?,
        })
    }
}

impl Rule for Resize {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let arguments = Arguments::of(call)?;
        let input = call.tensor()?;
        let output = if input.rank() == 3 {
            let batch = Shape::new([&[Some(1)], input.sizes()].concat());
            Shape::new(&resized(&batch, arguments.data_format, arguments.size)?.sizes()[1..])
        } else {
            resized(input, arguments.data_format, arguments.size)?
        };
        Ok(vec![output.with_values(input.values())])
    }

    fn integers(&self, _: &Map<String, Value>) -> Integers {
        Integers::Along
    }

    fn compute_exactly(&self, call: Call<AnyTensor>, [_, results]: [Values; 2]) -> Result<Vec<AnyTensor>> {
        let integers = |images: AnyTensor| by_rank!(images, |images| rounded(images, results).int().into());
        self.compute(call)?.into_iter().map(integers).collect()
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let Arguments { size, interpolation, antialias, data_format, fill_value } = Arguments::of(&call)?;
        let (crops, pads) = (call.flag("crop_to_aspect_ratio"), call.flag("pad_to_aspect_ratio"));
        let x = call.into_tensor()?.floats()?;
        let is_one = x.rank() == 3;
        let images = if is_one { with_rank(x, 4)? } else { x };
        let from = spatial_axes(data_format).map(|axis| images.sizes()[axis]);
        let windows = match (crops, pads) {
            (true, _) => crop_windows(from, size),
            (_, true) => pad_windows(from, size),
            _ => from.map(Window::all),
        };
        memory::check_workspace(Resampling::workspace(data_format, &images.sizes(), windows, size), 0)?;
        let plan =
            Resampling::new(data_format, from, windows, size, Filter { interpolation, antialias, in_steps: false });
        let output = AnyTensor::from(plan.run(images.float::<4>()?, fill_value));
        let sizes = output.sizes();
        Ok(vec![if is_one { output.reshape(&sizes[1..])? } else { output }])
    }
}

/// `image.scale_and_translate(images, output_shape, scale, translation, spatial_dims, method, antialias)`, where the scales
/// and the translations are constants.
pub(crate) struct ScaleAndTranslate;

/// How an axis is scaled and moved.
struct Move {
    axis: usize,
    /// The size of the output.
    to: usize,
    scale: f64,
    translation: f64,
}

impl ScaleAndTranslate {
    fn moves<T>(call: &Call<T>, rank: usize) -> Result<Vec<Move>> {
        let [_, shape, scale, translation] = call.arguments() else { return Err(no_tensor(call.class)) };
        let axes = call.axes("spatial_dims", rank)?;
        let given = call.ints("spatial_dims")?.unwrap_or_default();
        let of = |argument: &Argument<T>, name: &str| {
            numbers_of(argument).filter(|numbers| numbers.len() == given.len()).ok_or_else(|| {
                Error::argument(format!("the {name} of the images must be constants"))
                    .expected(format!("{} numbers, one for each of the axes", given.len()))
                    .hint("compute them outside of the graph, or use `affine_transform`")
            })
        };
        let (scales, translations) = (of(scale, "scales")?, of(translation, "translations")?);
        // The samples may be any number.
        let sizes = match shape {
            Argument::List(items) => Some(items.iter().map(number_of).collect::<Vec<_>>()),
            other => numbers_of(other).map(|sizes| sizes.into_iter().map(Some).collect()),
        };
        let sizes = sizes.filter(|sizes| sizes.len() == rank && !axes.is_empty());
        let side = |axis: usize| {
            let size = sizes.as_ref().and_then(|sizes| sizes[axis]).filter(|size| size.fract() == 0.0);
            size.map(|size| size as usize).filter(|size| (1..=MAX_SIDE).contains(size)).ok_or_else(|| {
                Error::argument("the shape of the output does not fit the images")
                    .expected(format!("{rank} sizes; those of the moved axes from 1 to {MAX_SIDE}"))
                    .hint("give the shape of a batch as `output_shape`, and the moved axes as `spatial_dims`")
            })
        };
        let axis = |(at, axis): (usize, &i64)| {
            let axis = call.axis_of(*axis, rank)?;
            let scale = scales[at];
            if scale <= 0.0 || !scale.is_finite() || !translations[at].is_finite() {
                return Err(Error::argument("the scale must be above 0")
                    .received(format!("a scale of {scale} and a translation of {}", translations[at]))
                    .expected("a scale above 0")
                    .hint("flip the images by `ops::flip`"));
            }
            Ok(Move { axis, to: side(axis)?, scale, translation: translations[at] })
        };
        given.iter().enumerate().map(axis).collect()
    }

    fn interpolation<T>(call: &Call<T>) -> Result<Interpolation> {
        Ok(match call.parameter("method").as_str() {
            Some("linear" | "bilinear" | "trilinear") => Interpolation::Bilinear,
            Some("cubic" | "bicubic" | "tricubic") => Interpolation::Bicubic,
            Some("lanczos3") => Interpolation::Lanczos3,
            Some("lanczos5") => Interpolation::Lanczos5,
            _ => return Err(call.invalid("method", "linear, cubic, lanczos3 or lanczos5")),
        })
    }
}

impl Rule for ScaleAndTranslate {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        Self::interpolation(call)?;
        let images = call.tensor()?;
        let mut sizes = images.sizes().to_vec();
        for Move { axis, to, .. } in Self::moves(call, images.rank())? {
            sizes[axis] = Some(to);
        }
        Ok(vec![Shape::new(sizes).with_values(Values::Floats)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let interpolation = Self::interpolation(&call)?;
        let antialias = call.flag("antialias");
        let moves = Self::moves(&call, call.tensor()?.rank())?;
        let mut images = call.into_tensor()?;
        for Move { axis, to, scale, translation } in moves {
            let mut sizes = images.sizes();
            let from = sizes[axis];
            let (before, after) = (sizes[..axis].iter().product(), sizes[axis + 1..].iter().product());
            sizes[axis] = to;
            memory::check_workspace(memory::values(&[from, to, 3]).saturating_add(memory::values(&sizes)), 0)?;
            let mut weights = vec![0.0; to * from];
            let width = if antialias { scale.recip().max(1.0) } else { 1.0 };
            for row in 0..to {
                let place = (row as f64 + 0.5 - translation) / scale - 0.5;
                // What comes from beyond the images is 0.
                if (-0.5..=from as f64 - 0.5).contains(&place) {
                    for (at, share) in shares_at(place, width, from, interpolation) {
                        weights[row * from + at] = share as f32;
                    }
                }
            }
            let device = images.device().without_autodiff();
            let weights = Tensor::<3>::from_data(TensorData::new(weights, [1, to, from]), &device);
            let rows = images.reshape(&[before, from, after])?.float::<3>()?;
            images = AnyTensor::from(weights.expand([before, to, from]).matmul(rows)).reshape(&sizes)?;
        }
        Ok(vec![images])
    }
}
