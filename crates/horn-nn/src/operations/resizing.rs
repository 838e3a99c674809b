//! `image.resize`: images of another size.

use crate::arguments::options::{DataFormat, Interpolation};
use crate::error::{Error, Result};
use crate::images::pixels::{resized, spatial_axes};
use crate::images::resampling::{Resampling, Window, crop_windows, pad_windows};
use crate::memory;
use crate::operations::broadcast::with_rank;
use crate::operations::call::Call;
use crate::operations::function::Rule;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, Values};

/// `image.resize(images, size, …)`, for a batch of images or one image.
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
            serde_json::Value::Null => Ok(DataFormat::default()),
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
        Ok(vec![output.with_values(Values::Floats)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let Arguments { size, interpolation, antialias, data_format, fill_value } = Arguments::of(&call)?;
        let (crops, pads) = (call.flag("crop_to_aspect_ratio"), call.flag("pad_to_aspect_ratio"));
        let x = call.into_tensor()?;
        let is_one = x.rank() == 3;
        let images = if is_one { with_rank(x, 4)? } else { x };
        let from = spatial_axes(data_format).map(|axis| images.sizes()[axis]);
        let windows = match (crops, pads) {
            (true, _) => crop_windows(from, size),
            (_, true) => pad_windows(from, size),
            _ => from.map(Window::all),
        };
        memory::check_workspace(Resampling::workspace(data_format, &images.sizes(), windows, size), 0)?;
        let plan = Resampling::new(data_format, from, windows, size, interpolation, antialias);
        let output = AnyTensor::from(plan.run(images.float::<4>()?, fill_value));
        let sizes = output.sizes();
        Ok(vec![if is_one { output.reshape(&sizes[1..])? } else { output }])
    }
}
