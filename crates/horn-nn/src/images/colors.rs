//! Colours: grey, and hue, saturation and value instead of red, green and blue.

use burn::tensor::Tensor;

use crate::arguments::options::DataFormat;
use crate::error::{Error, Result};
use crate::tensor::shape;

/// The axis of the channels.
pub(crate) fn channel_axis(data_format: DataFormat) -> usize {
    match data_format {
        DataFormat::ChannelsLast => 3,
        DataFormat::ChannelsFirst => 1,
    }
}

/// The three channels of coloured images.
pub(crate) fn channels(images: Tensor<4>, data_format: DataFormat) -> Result<[Tensor<4>; 3]> {
    let (axis, sizes) = (channel_axis(data_format), images.dims());
    if sizes[axis] == 3 {
        return Ok([0, 1, 2].map(|at| images.clone().narrow(axis, at, 1)));
    }
    Err(Error::shape("the images have no colours")
        .received(format!("{} channels: {}", sizes[axis], shape::sizes(&sizes)))
        .expected("3 channels: red, green and blue")
        .hint("give the layer coloured images, or look at data_format"))
}

/// Images in grey, with one channel. Images that have only one stay as they are.
pub(crate) fn grey(images: Tensor<4>, data_format: DataFormat) -> Result<Tensor<4>> {
    if images.dims()[channel_axis(data_format)] == 1 {
        return Ok(images);
    }
    let [red, green, blue] = channels(images, data_format)?;
    Ok(red * 0.2989 + green * 0.587 + blue * 0.114)
}

/// Hue, saturation and value of red, green and blue.
pub(crate) fn to_hsv(rgb: [Tensor<4>; 3]) -> [Tensor<4>; 3] {
    let [red, green, blue] = rgb.map(|x| x.clone().mask_fill(x.abs().lower_elem(f32::EPSILON), 0.0));
    let value = red.clone().max_pair(green.clone()).max_pair(blue.clone());
    let spread = value.clone() - red.clone().min_pair(green.clone()).min_pair(blue.clone());
    let positive = |x: &Tensor<4>| x.clone().mask_fill(x.clone().lower_equal_elem(0.0), 1.0);
    let is_dark = value.clone().lower_equal_elem(0.0);
    let saturation = (spread.clone() / positive(&value)).mask_fill(is_dark, 0.0);
    let sixth = (positive(&spread) * 6.0).recip();
    let from_blue = sixth.clone() * (red.clone() - green.clone()) + 4.0 / 6.0;
    let from_green = sixth.clone() * (blue.clone() - red.clone()) + 2.0 / 6.0;
    let from_red = sixth * (green.clone() - blue);
    let hue =
        from_blue.mask_where(value.clone().equal(green), from_green).mask_where(value.clone().equal(red), from_red);
    let turn = hue.clone().lower_elem(0.0).float();
    let hue = hue.mask_fill(spread.lower_equal_elem(0.0), 0.0) + turn;
    [hue, saturation, value]
}

/// Red, green and blue of hue, saturation and value.
pub(crate) fn to_rgb([hue, saturation, value]: [Tensor<4>; 3]) -> [Tensor<4>; 3] {
    let sector = (hue.clone() - hue.floor()) * 6.0;
    let rest = saturation.clone().neg() + 1.0;
    let mixed = |share: Tensor<4>| value.clone() * (rest.clone() + saturation.clone() * share.clamp(0.0, 1.0));
    let red = mixed((sector.clone() - 3.0).abs() - 1.0);
    let green = mixed((sector.clone() - 2.0).abs().neg() + 2.0);
    let blue = mixed((sector - 4.0).abs().neg() + 2.0);
    [red, green, blue]
}

/// One tensor of three channels.
pub(crate) fn joined(channels: [Tensor<4>; 3], data_format: DataFormat) -> Tensor<4> {
    Tensor::cat(channels.to_vec(), channel_axis(data_format))
}
