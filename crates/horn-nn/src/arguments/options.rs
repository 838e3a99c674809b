//! Options that several families of layers share: padding, data format, axes and interpolation.

use serde::{Deserialize, Serialize};

/// How an operation that slides over its input treats the edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Padding {
    /// Nothing is added: the output is smaller than the input.
    #[default]
    Valid,
    /// Padding is added so that with strides of 1 the output is as large as the input; if its amount is odd, the end
    /// gets one more.
    Same,
    /// All is added before the first timestep, so that no output depends on later timesteps. For `Conv1D` only.
    Causal,
}

/// The position of the channel axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataFormat {
    /// The last axis: `[batch, height, width, channels]`. Keras's default.
    #[default]
    ChannelsLast,
    /// The axis after the batch: `[batch, channels, height, width]`.
    ChannelsFirst,
}

impl DataFormat {
    /// The first spatial axis; the other spatial axes follow it.
    pub(crate) fn first_spatial_axis(self) -> usize {
        match self {
            Self::ChannelsLast => 1,
            Self::ChannelsFirst => 2,
        }
    }
}

/// One axis or several, the batch axis being 0; negative ones count from the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Axes {
    /// One axis.
    One(isize),
    /// Several axes.
    Several(Vec<isize>),
}

impl From<isize> for Axes {
    fn from(axis: isize) -> Self {
        Self::One(axis)
    }
}

impl From<(isize, isize)> for Axes {
    fn from(axes: (isize, isize)) -> Self {
        Self::Several(vec![axes.0, axes.1])
    }
}

impl<const N: usize> From<[isize; N]> for Axes {
    fn from(axes: [isize; N]) -> Self {
        Self::Several(axes.to_vec())
    }
}

impl From<Vec<isize>> for Axes {
    fn from(axes: Vec<isize>) -> Self {
        Self::Several(axes)
    }
}

impl AsRef<[isize]> for Axes {
    fn as_ref(&self) -> &[isize] {
        match self {
            Self::One(axis) => std::slice::from_ref(axis),
            Self::Several(axes) => axes,
        }
    }
}

/// How the pixels of a resized image are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interpolation {
    /// The nearest pixel.
    #[default]
    Nearest,
    /// Linear interpolation between two pixels along each axis.
    Bilinear,
    /// Cubic convolution over four pixels (Keys, 1981).
    Bicubic,
    /// A windowed sinc over six pixels (Lanczos).
    Lanczos3,
    /// A windowed sinc over ten pixels (Lanczos).
    Lanczos5,
}
