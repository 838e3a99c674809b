//! Arguments that several families of layers share: paddings, data formats, axes and interpolations.

use serde::{Deserialize, Serialize};

/// How an operation that slides over its input treats the edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Padding {
    /// Nothing is added: the output is smaller than the input.
    #[default]
    Valid,
    /// So much is added that with strides of 1 the output is as large as the input; what is odd goes to the end.
    Same,
    /// All is added before the first step, so that no output sees later steps. For `Conv1D` only.
    Causal,
}

/// Where the channels are.
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
    /// The first of the axes that are neither the batch nor the channels; the others follow it.
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

/// What stands between the pixels of an image that gets another size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interpolation {
    /// The nearest pixel.
    #[default]
    Nearest,
    /// A straight line between two pixels.
    Bilinear,
    /// Cubic convolution over four pixels (Keys, 1981).
    Bicubic,
    /// A windowed sinc over six pixels (Lanczos).
    Lanczos3,
    /// A windowed sinc over ten pixels (Lanczos).
    Lanczos5,
}
