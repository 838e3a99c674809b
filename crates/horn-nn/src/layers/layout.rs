//! Between Keras's layout of images, channels last, and Burn's, channels first.
//!
//! # Why the layout is no note on the side
//!
//! Layers hand each other tensors in Keras's layout, and Burn's convolutions and poolings take the other. The way from
//! one to the other is a change of strides, which copies nothing; a copy comes only where an operation needs its values
//! in row-major order and finds them in another.
//!
//! What a convolution or pooling returns lies in memory channels first. Its output here is a view of that with the
//! channels last, and when the next convolution or pooling turns the view back, it has the row-major tensor again: on
//! the way through a run of them nothing is copied, and only the first has an input to convert, and what comes after
//! the last one a view to read. Biases are added inside Burn's convolution, and an activation that works value by value
//! is applied before the view is made. Layers of their own in between that work value by value keep the order in
//! memory on the CPU: Burn's unary operations do, and binary ones with two tensors of the same order or with a vector
//! along the channels, as long as one of them is not needed any more and can take the result.
//!
//! On GPUs it is simpler still: Burn's convolutions work channels last there, and both ways cost nothing.

use crate::layers::DataFormat;
use crate::{AnyTensor, Error, Result, Shape, by_rank};

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
                .mend("take the layer for as many axes (1D, 2D, 3D), or bring the input to these by `Reshape`")),
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

/// The channels of an input, which must be known.
pub(crate) fn known_channels(axes: &Axes, input: &Shape) -> Result<usize> {
    match axes.channels {
        Some(channels) if channels > 0 => Ok(channels),
        _ => Err(Error::shape("the number of input channels must be known and not zero")
            .received(input)
            .mend("give `Input` the number of channels, as in `Input([28, 28, 1])`")),
    }
}
