//! Between Keras's layout of images, channels last, and Burn's, channels first.
//!
//! Layers hand each other tensors in Keras's layout, and Burn's convolutions and poolings take the other. The way from
//! one to the other is a change of strides, which copies nothing; a copy comes only where an operation needs its values
//! in row-major order and finds them in another.
//!
//! What a convolution or pooling returns lies in memory channels first. Its output here is a view of that with the
//! channels last, and when the next convolution or pooling turns the view back, it has the row-major tensor again: on
//! the way through a run of them nothing is copied, only the first has an input to convert, and only what comes after
//! the last one meets a view. Biases are added inside Burn's convolution.
//!
//! Layers in between that work value by value must keep the order. On Burn's backend for the CPU, operations on one
//! tensor do so by themselves where they are a single step; those on two, and on what is used twice, write row-major
//! output, and read a view value by value. [`value_by_value`] therefore gives such an operation the row-major tensor
//! behind the view, and [`along_space`] does so for those that change the sizes of images. On GPUs Burn's convolutions work channels last, and there is nothing to do.

use crate::arguments::options::DataFormat;
use crate::by_rank;
use crate::error::{Error, Result};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

#[cfg(feature = "flex")]
use burn::backend::Flex;

/// A shape taken apart by the meaning of its axes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Axes {
    pub batch: Option<usize>,
    pub channels: Option<usize>,
    pub spatial: Vec<Option<usize>>,
}

impl DataFormat {
    /// The meanings of a shape with so many spatial axes.
    pub(crate) fn split(self, input: &Shape, spatial_rank: usize) -> Result<Axes> {
        let expected = ["", "steps", "height, width", "depth, height, width"][spatial_rank.min(3)];
        match (self, input.sizes()) {
            (_, sizes) if sizes.len() != spatial_rank + 2 => Err(Error::shape("the input has another number of axes")
                .received(input)
                .expected(match self {
                    Self::ChannelsLast => format!("(None, {expected}, channels)"),
                    Self::ChannelsFirst => format!("(None, channels, {expected})"),
                })
                .hint("take the layer for as many axes (1D, 2D, 3D), or bring the input to these by `Reshape`")),
            (Self::ChannelsLast, [batch, spatial @ .., channels])
            | (Self::ChannelsFirst, [batch, channels, spatial @ ..]) => {
                Ok(Axes { batch: *batch, channels: *channels, spatial: spatial.to_vec() })
            }
            _ => unreachable!("there are at least two axes"),
        }
    }

    /// The shape with these meanings.
    pub(crate) fn join(self, axes: Axes) -> Shape {
        let Axes { batch, channels, spatial } = axes;
        Shape::new(match self {
            Self::ChannelsLast => [vec![batch], spatial, vec![channels]].concat(),
            Self::ChannelsFirst => [vec![batch, channels], spatial].concat(),
        })
    }

    /// The tensor in Burn's layout: a view.
    pub(crate) fn to_channels_first(self, x: AnyTensor) -> Result<AnyTensor> {
        match self {
            Self::ChannelsLast => by_rank!(x, |x| x.movedim(-1, 1).into()),
            Self::ChannelsFirst => Ok(x),
        }
    }

    /// A tensor in Burn's layout in this one: a view.
    pub(crate) fn channels_first_to_own(self, x: AnyTensor) -> Result<AnyTensor> {
        match self {
            Self::ChannelsLast => by_rank!(x, |x| x.movedim(1, -1).into()),
            Self::ChannelsFirst => Ok(x),
        }
    }
}

/// Runs an operation that works value by value, on one tensor or several of one rank, in the order in which the values
/// lie in memory.
pub(crate) fn value_by_value<const N: usize>(
    tensors: [AnyTensor; N],
    apply: impl FnOnce([AnyTensor; N]) -> Result<AnyTensor>,
) -> Result<AnyTensor> {
    if !channels_lie_first(&tensors) {
        return apply(tensors);
    }
    let views = tensors.into_iter().map(|x| DataFormat::ChannelsLast.to_channels_first(x));
    let views = views.collect::<Result<Vec<_>>>()?.try_into().expect("there are as many views as tensors");
    DataFormat::ChannelsLast.channels_first_to_own(apply(views)?)
}

/// Runs an operation along the spatial axes in the order in which the values lie in memory; it is told where the first
/// of these axes is then.
pub(crate) fn along_space(
    x: AnyTensor,
    first_axis: usize,
    apply: impl FnOnce(AnyTensor, usize) -> Result<AnyTensor>,
) -> Result<AnyTensor> {
    if first_axis == 1 && channels_lie_first(std::slice::from_ref(&x)) {
        let view = DataFormat::ChannelsLast.to_channels_first(x)?;
        return DataFormat::ChannelsLast.channels_first_to_own(apply(view, 2)?);
    }
    apply(x, first_axis)
}

/// Do any of the tensors, all of one rank and with their channels last, lie in memory with the channels first?
pub(crate) fn channels_lie_first(tensors: &[AnyTensor]) -> bool {
    let rank = tensors.first().map_or(0, AnyTensor::rank);
    let turned = |x: &AnyTensor| {
        let view = DataFormat::ChannelsLast.to_channels_first(x.clone());
        is_row_major(x.clone()) == Some(false) && view.is_ok_and(|view| is_row_major(view) == Some(true))
    };
    rank > 2 && tensors.iter().all(|x| x.rank() == rank) && tensors.iter().any(turned)
}

/// Do the values lie in the order of the axes? Only the backend for the CPU tells.
#[cfg(feature = "flex")]
fn is_row_major(x: AnyTensor) -> Option<bool> {
    let primitive = by_rank!(x, |x| x.without_autodiff().try_into_primitive::<Flex>().ok());
    primitive.ok().flatten().map(|primitive| primitive.layout().is_contiguous())
}

#[cfg(not(feature = "flex"))]
fn is_row_major(_: AnyTensor) -> Option<bool> {
    None
}

/// The channels of an input, which must be known.
pub(crate) fn known_channels(axes: &Axes, input: &Shape) -> Result<usize> {
    match axes.channels {
        Some(channels) if channels > 0 => Ok(channels),
        _ => Err(Error::shape("the number of input channels must be known and not zero")
            .received(input)
            .hint("give `Input` the number of channels, as in `Input([28, 28, 1])`")),
    }
}
