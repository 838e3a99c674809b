//! Functions of images: colours, blur and edges, margins, likeness. Layers compute by the same code (`images/`).

use burn::tensor::Tensor;
use serde_json::{Value, json};

use crate::arguments::options::DataFormat;
use crate::error::{Error, Result};
use crate::images::blur::{blurred, filtered};
use crate::images::colors::{channel_axis, channels, grey, joined, to_hsv, to_rgb};
use crate::images::pixels::spatial_axes;
use crate::operations::calls::call::Call;
use crate::operations::calls::function::Rule;
use crate::operations::formula::{Formula, Term, required};
use crate::operations::networks::windowed::Convolution;
use crate::operations::primitives::reductions::Reduction;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, Values};

/// A batch of images, or one image, as a shape with four axes.
pub(crate) fn batch_of(images: &Shape) -> Result<Shape> {
    match images.rank() {
        3 => Ok(Shape::new([&[Some(1)], images.sizes()].concat())),
        4 => Ok(images.clone()),
        _ => Err(Error::shape("the input is neither an image nor a batch of images")
            .received(images)
            .expected("three axes, or four for a batch")
            .hint("reshape the input; images of one colour need an axis of size 1 for it")),
    }
}

/// Changes a batch of images; one image is a batch of one.
pub(crate) fn changed(x: AnyTensor, change: impl FnOnce(Tensor<4>) -> Result<AnyTensor>) -> Result<AnyTensor> {
    if x.rank() != 3 {
        return change(x.float()?);
    }
    let batch = x.expanded(0)?.float()?;
    let y = change(batch)?;
    let sizes = y.sizes();
    y.reshape(&sizes[1..])
}

/// Functions of each image.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Picture {
    GaussianBlur,
    HsvToRgb,
    RgbToGrayscale,
    RgbToHsv,
    SobelEdges,
}

/// The largest side of a filter, whose weights are made for each call.
pub(crate) const MAX_FILTER: usize = 1 << 10;

impl Picture {
    fn blur<T>(call: &Call<T>) -> Result<([usize; 2], [f32; 2])> {
        let sizes = call.sizes("kernel_size", 2)?.unwrap_or_else(|| vec![3; 2]);
        if sizes.iter().any(|&size| size > MAX_FILTER) {
            return Err(call.invalid("kernel_size", &format!("sizes of at most {MAX_FILTER}")));
        }
        let number = |value: &Value| value.as_f64().filter(|&sigma| sigma > 0.0).map(|sigma| sigma as f32);
        let sigma = match call.parameter("sigma") {
            Value::Array(values) => values.iter().map(number).collect::<Option<Vec<f32>>>(),
            value => number(value).map(|sigma| vec![sigma; 2]),
        };
        let sigma = sigma.and_then(|sigma| <[f32; 2]>::try_from(sigma).ok());
        Ok(([sizes[0], sizes[1]], sigma.ok_or_else(|| call.invalid("sigma", "one or two numbers above 0"))?))
    }
}

impl Rule for Picture {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let images = call.tensor()?;
        let batch = batch_of(images)?;
        let axis = channel_axis(call.data_format()?);
        let own = images.rank() + axis - 4;
        let mut sizes = images.sizes().to_vec();
        let colours = match self {
            Self::HsvToRgb | Self::RgbToHsv => &[3][..],
            Self::RgbToGrayscale => &[1, 3],
            Self::GaussianBlur => {
                Self::blur(call)?;
                &[]
            }
            Self::SobelEdges => &[],
        };
        if let Some(channels) = batch.sizes()[axis]
            && !colours.is_empty()
            && !colours.contains(&channels)
        {
            return Err(Error::shape("the images have no colours")
                .received(format!("{channels} channels: {images}"))
                .expected("3 channels: red, green and blue")
                .hint("give coloured images, or look at data_format"));
        }
        match self {
            Self::RgbToGrayscale => sizes[own] = Some(1),
            Self::SobelEdges => sizes.push(Some(2)),
            _ => {}
        }
        Ok(vec![Shape::new(sizes).with_values(Values::Floats)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let format = call.data_format()?;
        let blur = if *self == Self::GaussianBlur { Some(Self::blur(&call)?) } else { None };
        let output = changed(call.into_tensor()?, |x| {
            Ok(match (self, blur) {
                (Self::HsvToRgb, _) => joined(to_rgb(channels(x, format)?), format).into(),
                (Self::RgbToHsv, _) => joined(to_hsv(channels(x, format)?), format).into(),
                (Self::RgbToGrayscale, _) => grey(x, format)?.into(),
                (_, Some((sizes, sigmas))) => same_size(x, format, sizes, |x| blurred(x, sizes, sigmas, format)).into(),
                _ => {
                    let down = [-1.0, -2.0, -1.0, 0.0, 0.0, 0.0, 1.0, 2.0, 1.0];
                    let along = [-1.0, 0.0, 1.0, -2.0, 0.0, 2.0, -1.0, 0.0, 1.0];
                    let edges = [down, along].map(|kernel| filtered(x.clone(), &kernel, [3, 3], format));
                    Tensor::stack::<5>(edges.to_vec(), 4).into()
                }
            })
        })?;
        Ok(vec![output])
    }
}

/// Filters of even sizes make images larger by one: the first row and column are more than Keras has.
fn same_size(
    x: Tensor<4>,
    format: DataFormat,
    sizes: [usize; 2],
    filter: impl FnOnce(Tensor<4>) -> Tensor<4>,
) -> Tensor<4> {
    let own = x.dims();
    let mut y = filter(x);
    for (axis, size) in spatial_axes(format).into_iter().zip([sizes[1], sizes[0]]) {
        y = y.narrow(axis, usize::from(size.is_multiple_of(2)), own[axis]);
    }
    y
}

/// `image.pad_images(images, top_padding, …)` and `image.crop_images(…)`: margins added or cut, of which two of each three
/// numbers are given: before, after, and the whole.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Margins {
    Crop,
    Pad,
}

impl Margins {
    /// The margins of an axis: before and after.
    fn of<T>(self, call: &Call<T>, names: [&str; 3], size: Option<usize>) -> Result<[usize; 2]> {
        let [before, after, target] = names;
        let number = |name: &str| -> Result<Option<i64>> {
            match call.parameter(name) {
                Value::Null => Ok(None),
                value => {
                    let value = value.as_i64().filter(|value| (0..=1 << 31).contains(value));
                    Ok(Some(value.ok_or_else(|| call.invalid(name, "a whole number of at least 0"))?))
                }
            }
        };
        let all = match (number(target)?, size) {
            (None, _) => None,
            (Some(target), Some(size)) => {
                let size = size as i64;
                Some(if self == Self::Pad { target - size } else { size - target })
            }
            (Some(_), None) => {
                return Err(Error::shape("the size of the images must be known")
                    .expected(format!("a known size for {target}"))
                    .hint(format!("give {before} and {after}")));
            }
        };
        let (first, last) = match (number(before)?, number(after)?, all) {
            (Some(first), Some(last), None) => (first, last),
            (Some(first), None, Some(all)) => (first, all - first),
            (None, Some(last), Some(all)) => (all - last, last),
            _ => return Err(call.invalid(before, &format!("two of {before}, {after} and {target}"))),
        };
        match (usize::try_from(first), usize::try_from(last)) {
            (Ok(first), Ok(last)) => Ok([first, last]),
            _ => Err(call.invalid(target, "a size that leaves margins of at least 0")),
        }
    }
}

impl Formula for Margins {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let x = required(call, 0)?;
        let rank = x.axis_count();
        batch_of(&Shape::new(x.lengths()))?;
        let axes = spatial_axes(call.data_format()?).map(|axis| axis + rank - 4);
        let word = if *self == Self::Pad { "padding" } else { "cropping" };
        let names = [["top", "bottom", "height"], ["left", "right", "width"]];
        let mut margins = vec![(0, 0); rank];
        for (axis, [before, after, target]) in axes.into_iter().zip(names) {
            let names = [format!("{before}_{word}"), format!("{after}_{word}"), format!("target_{target}")];
            let [before, after] = self.of(call, [&names[0], &names[1], &names[2]], x.lengths()[axis])?;
            margins[axis] = (before, after);
        }
        if *self == Self::Pad {
            return Ok(vec![x.padded(&margins, "constant")?]);
        }
        let crop = |x: T, axis: usize| -> Result<T> {
            let (before, after) = margins[axis];
            x.sliced(axis, Some(before as i64), (after > 0).then_some(-(after as i64)))
        };
        Ok(vec![axes.into_iter().try_fold(x, crop)?])
    }
}

/// `image.ssim(image1, image2, …)`: how alike two images are in the parts that a filter sees.
pub(crate) struct Ssim;

impl Formula for Ssim {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let images = [required(call, 0)?, required(call, 1)?];
        let is_one = images[0].axis_count() == 3;
        let format = call.data_format()?;
        let largest = call.number("max_val")?;
        let [c1, c2] = ["k1", "k2"].map(|name| call.number(name).map(|k| (k * largest).powi(2)));
        let (c1, c2) = (c1?, c2?);
        let size = call.size("filter_size")?.unwrap_or(11);
        let sigma = call.number("filter_sigma")?;
        if size > MAX_FILTER || sigma <= 0.0 {
            return Err(call.invalid("filter_size", &format!("1 to {MAX_FILTER}, and a filter_sigma above 0")));
        }
        // Each channel is an image of its own.
        let apart = |x: &T| -> Result<T> {
            batch_of(&Shape::new(x.lengths()))?;
            let x = if is_one { x.expanded(0)? } else { x.clone() };
            let x = if format == DataFormat::ChannelsLast { x.permuted(&[0, 3, 1, 2])? } else { x };
            let sizes = x.lengths();
            x.reshaped(&[sizes[0].zip(sizes[1]).map(|(batch, channels)| batch * channels), sizes[2], sizes[3], Some(1)])
        };
        let (x, y) = (apart(&images[0])?, apart(&images[1])?);
        let kernel = x.constant(&[size, size, 1, 1], || {
            let middle = (size as f64 - 1.0) / 2.0;
            let bell: Vec<f64> = (0..size).map(|at| (-0.5 * ((at as f64 - middle) / sigma).powi(2)).exp()).collect();
            let sum = bell.iter().sum::<f64>().powi(2);
            bell.iter().flat_map(|one| bell.iter().map(move |other| (one * other / sum) as f32)).collect()
        })?;
        let mean = |x: &T| {
            let config = json!({"strides": 1, "padding": "valid", "data_format": "channels_last", "dilation_rate": 1});
            T::one(&Convolution::Plain, config, vec![x.clone(), kernel.clone()])
        };
        let (own, other) = (mean(&x)?, mean(&y)?);
        let (own_square, other_square, both) = (own.times(&own)?, other.times(&other)?, own.times(&other)?);
        let spread = |x: &T, y: &T, means: &T| mean(&x.times(y)?)?.minus(means);
        let variances = spread(&x, &x, &own_square)?.plus(&spread(&y, &y, &other_square)?)?.scaled(1.0, c2)?;
        let together = spread(&x, &y, &both)?.scaled(2.0, c2)?;
        let likeness = both.scaled(2.0, c1)?.times(&together)?;
        let likeness = likeness.over(&own_square.plus(&other_square)?.scaled(1.0, c1)?.times(&variances)?)?;
        let means = likeness.reduced(Reduction::Mean, &[1, 2, 3], false)?;
        let batch = if is_one { Some(1) } else { images[0].lengths()[0] };
        let channels = images[0].length(images[0].axis_count() + channel_axis(format) - 4)?;
        let each = means.reshaped(&[batch, Some(channels)])?.reduced(Reduction::Mean, &[1], false)?;
        Ok(vec![if is_one { each.reduced(Reduction::Sum, &[0], false)? } else { each }])
    }
}
