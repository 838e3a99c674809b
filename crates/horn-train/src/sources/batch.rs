//! Batches of training data.

use horn_nn::{AnyTensor, Signal};

/// A batch: samples with their targets, on the device.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The number of samples.
    pub len: usize,
    /// One signal for each input of the model, `[len, …]`.
    pub inputs: Vec<Signal>,
    /// One tensor for each output of the model, `[len, …]`: floats, or integers if they are class numbers. Outputs without
    /// a loss and without metrics may be left out.
    pub targets: Vec<AnyTensor>,
    /// The weights of the samples in the loss, `[len]` or `[len, steps]`, one entry for each of the targets. An output
    /// without weights counts all samples equally.
    pub sample_weights: Vec<Option<AnyTensor>>,
}
