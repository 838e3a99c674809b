//! Conversion between Keras's layout of images, channels last, and Burn's, channels first.
//!
//! Where `horn-kernels` has a fast way, a layer takes and gives row-major tensors with the channels last, and nothing of
//! this is needed. What follows is for the plain way.
//!
//! Tensors between layers have Keras's layout, while Burn's convolutions and poolings take the other one. The conversion
//! only changes the strides; values are copied only if an operation needs row-major order and gets another one.
//!
//! The result of a convolution or pooling has its channels first in memory. The output of the layer is a view of it with
//! the channels last. The next convolution or pooling converts the view back to the row-major tensor. So in a sequence of
//! such layers nothing is copied: only the first one converts its input, and only the layer after the last one gets a
//! view. Biases are added in Burn's convolution.
//!
//! Elementwise layers in between must keep the order in memory. On Burn's CPU backend, a single operation on one tensor
//! does. Operations on two tensors, or on a tensor that is used twice, write row-major output and read a view slowly, value
//! by value. Therefore [`value_by_value`] passes the row-major tensor behind the view to such an operation, and
//! [`along_space`] does so for operations that change the size of images. On GPUs Burn's convolutions work with channels
//! last, so nothing has to be done.

use crate::arguments::options::DataFormat;
use crate::by_rank;
use crate::error::{Error, Result};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

#[cfg(feature = "flex")]
use burn::backend::Flex;

/// The sizes of a shape by the role of its axes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Axes {
    pub batch: Option<usize>,
    pub channels: Option<usize>,
    pub spatial: Vec<Option<usize>>,
}

impl DataFormat {
    /// Splits a shape with this number of spatial axes.
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

    /// Joins the sizes to a shape.
    pub(crate) fn join(self, axes: Axes) -> Shape {
        let Axes { batch, channels, spatial } = axes;
        Shape::new(match self {
            Self::ChannelsLast => [vec![batch], spatial, vec![channels]].concat(),
            Self::ChannelsFirst => [vec![batch, channels], spatial].concat(),
        })
    }

    /// A view of the tensor in Burn's layout.
    pub(crate) fn to_channels_first(self, x: AnyTensor) -> Result<AnyTensor> {
        match self {
            Self::ChannelsLast => by_rank!(any: x, |x| x.movedim(-1, 1).into()),
            Self::ChannelsFirst => Ok(x),
        }
    }

    /// A view of a tensor in Burn's layout, in this layout.
    pub(crate) fn channels_first_to_own(self, x: AnyTensor) -> Result<AnyTensor> {
        match self {
            Self::ChannelsLast => by_rank!(any: x, |x| x.movedim(1, -1).into()),
            Self::ChannelsFirst => Ok(x),
        }
    }
}

/// Runs an elementwise operation on one tensor, or on several of the same rank, in the order of the values in memory.
pub(crate) fn value_by_value<const N: usize>(
    tensors: [AnyTensor; N],
    apply: impl FnOnce([AnyTensor; N]) -> Result<AnyTensor>,
) -> Result<AnyTensor> {
    if !channels_lie_first(&tensors) {
        return apply(tensors);
    }
    let views = tensors.into_iter().map(|x| DataFormat::ChannelsLast.to_channels_first(x));
    let views = views.collect::<Result<Vec<_>>>()?.try_into().expect("each tensor has one view");
    DataFormat::ChannelsLast.channels_first_to_own(apply(views)?)
}

/// Runs an operation along the spatial axes in the order of the values in memory. Its second argument is the first
/// spatial axis in this order.
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

/// Does any of the tensors, which have the same rank and the channels last, have the channels first in memory?
pub(crate) fn channels_lie_first(tensors: &[AnyTensor]) -> bool {
    let rank = tensors.first().map_or(0, AnyTensor::rank);
    let turned = |x: &AnyTensor| {
        let view = DataFormat::ChannelsLast.to_channels_first(x.clone());
        is_row_major(x.clone()) == Some(false) && view.is_ok_and(|view| is_row_major(view) == Some(true))
    };
    rank > 2 && tensors.iter().all(|x| x.rank() == rank) && tensors.iter().any(turned)
}

/// Are the values in row-major order? Only the CPU backend reports it.
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
