//! Recurrent layers: all steps of a sequence in one operation.

use burn::tensor::Tensor;

use crate::types::sequence::{Elementwise, Passed, Sequence};

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
