//! Recurrent layers: all steps of a sequence in one operation.

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
    /// `[gates · units]`; of [`gru`] with `reset_after` that of the input and then that of the state.
    pub bias: Option<&'a Tensor<1>>,
    /// `[samples, units]` each; none where they start with zeros.
    pub states: &'a [Tensor<2>],
    /// The steps that count, `[samples, steps]`. Others keep the states.
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

/// Are there kernels for this input? If so, the functions below return `None` only where sizes do not fit.
pub fn has_recurrent_kernels(x: &Tensor<3>) -> bool {
    #[cfg(feature = "flex")]
    return crate::flex::apply::operand(x).is_some();
    #[cfg(not(feature = "flex"))]
    false
}

/// Long short-term memory, with the gates i, f, g and o and the states h and c.
pub fn lstm(sequence: &Sequence<'_>, recurrent_activation: Elementwise) -> Option<Passed> {
    #[cfg(feature = "flex")]
    return crate::flex::recurrent::lstm(sequence, recurrent_activation);
    #[cfg(not(feature = "flex"))]
    None
}

/// Gated recurrent units, with the gates z, r and n and the state h. With `reset_after` the state is reset after its
/// product with the recurrent kernel, and the product has a bias of its own.
pub fn gru(sequence: &Sequence<'_>, recurrent_activation: Elementwise, reset_after: bool) -> Option<Passed> {
    #[cfg(feature = "flex")]
    return crate::flex::recurrent::gru(sequence, recurrent_activation, reset_after);
    #[cfg(not(feature = "flex"))]
    None
}

/// Plain recurrence, without gates and with the state h.
pub fn simple_rnn(sequence: &Sequence<'_>) -> Option<Passed> {
    #[cfg(feature = "flex")]
    return crate::flex::recurrent::simple_rnn(sequence);
    #[cfg(not(feature = "flex"))]
    None
}
