//! What a layer says that is a recurrent cell.

use crate::error::{Error, Result};
use crate::layer::names;
use crate::layers::nested::Nested;
use crate::tensor::shape::Shape;

/// The sizes of a cell's states.
pub(crate) fn state_sizes(cell: &Nested) -> Result<Vec<usize>> {
    cell.layer().state_sizes().filter(|sizes| !sizes.is_empty()).ok_or_else(|| {
        Error::argument("the layer is not a recurrent cell")
            .at(names::place(&cell.name(), cell.layer()))
            .received(cell.layer().class_name())
            .expected("a cell, such as `LSTMCell`")
            .hint("say by `Layer::state_sizes` what its states are, if it is a custom cell")
    })
}

/// The shapes of a step and of states.
pub(crate) fn with_states(step: Shape, states: &[usize]) -> Vec<Shape> {
    let batch = step.sizes()[0];
    [step].into_iter().chain(states.iter().map(|&size| Shape::new([batch, Some(size)]))).collect()
}
