//! Arguments that several families of layers share: paddings and data formats.

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
