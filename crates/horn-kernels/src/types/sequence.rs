//! What recurrent layers take and give.

use burn::tensor::{Bool, Tensor};

/// A function that a recurrent layer applies to each number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elementwise {
    /// `tanh(x)`.
    Tanh,
    /// `1 / (1 + e⁻ˣ)`.
    Sigmoid,
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x + 3, 0), 6) / 6`.
    HardSigmoid,
    /// `x`.
    Linear,
}

/// What a recurrent layer gets, and how it goes through it.
#[derive(Clone, Copy, Debug)]
pub struct Sequence<'a> {
    /// `[samples, steps, features]`.
    pub x: &'a Tensor<3>,
    /// `[features, gates · units]`.
    pub kernel: &'a Tensor<2>,
    /// `[units, gates · units]`.
    pub recurrent_kernel: &'a Tensor<2>,
    /// `[gates · units]`; of [`gru`](crate::gru) with `reset_after` that of the input and then that of the state.
    pub bias: Option<&'a Tensor<1>>,
    /// `[samples, units]` each; none where they start with zeros.
    pub states: &'a [Tensor<2>],
    /// The unmasked timesteps, `[samples, steps]`. Others keep the states.
    pub mask: Option<&'a Tensor<2, Bool>>,
    /// What is applied to the new state.
    pub activation: Elementwise,
    /// From the last step to the first?
    pub go_backwards: bool,
    /// Are the outputs of all steps asked for, in the order in which they are taken, or only that of the last?
    pub return_sequences: bool,
    /// Are the states after the last step asked for?
    pub return_states: bool,
}

/// What a recurrent layer returns.
#[derive(Clone, Debug)]
pub struct Passed {
    /// The output of all steps or of the last, `[samples, steps or 1, units]`. A step that does not count has the state
    /// as its output.
    pub outputs: Tensor<3>,
    /// The states after the last step, `[samples, units]` each; none where they were not asked for.
    pub states: Vec<Tensor<2>>,
}
