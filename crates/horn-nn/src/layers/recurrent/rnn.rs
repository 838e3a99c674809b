//! `RNN`: any cell taken through a sequence.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call_arguments::CallArgument;
use crate::layer::conventions::OutputMask;
use crate::layer::description::{Layer, Part, PartInput};
use crate::layer::erased::BuiltLayer;
use crate::layers::common::{Common, common_arguments, described};
use crate::layers::nested::Nested;
use crate::layers::recurrent::arguments::{SequenceArguments, sequence_arguments, sequence_call};
use crate::layers::recurrent::cell_layer::{state_sizes, with_states};
use crate::layers::recurrent::cells::AnyCell;
use crate::layers::recurrent::sequence::Recurrent;
use crate::tensor::shape::Shape;

/// Takes a cell through a sequence: `LSTM(4)` is `RNN(LSTMCell(4))`.
///
/// A cell is a layer that takes a step and its states, and returns an output and the new states; a custom one says by
/// [`Layer::state_sizes`] what its states are.
///
/// # Shapes
///
/// - input: `[batch, steps, features]`; the initial states may come after it
/// - output: the cell's, of the last step; that of every step, `[batch, steps, …]`, with `return_sequences`
/// - with `return_state` the last states come after it
///
/// # Masks
///
/// A masked step keeps the states, and repeats the first as its output. The mask is propagated with `return_sequences`.
/// As in Keras, a layer that is given its initial states ignores the mask that is propagated with the sequence; a mask
/// `[batch, steps]` that [`with_mask`](crate::SharedLayer::with_mask) gives counts.
///
/// ```
/// use horn::Apply;
/// use horn::layers::{GRUCell, Input, LSTMCell, RNN, StackedRNNCells};
///
/// let cells = StackedRNNCells([LSTMCell(16).into(), GRUCell(8).into()]);
/// let y = RNN(cells).return_sequences(true).apply(&Input([20, 4]))?;
/// assert_eq!(y.shape().to_string(), "(None, 20, 8)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RNN {
    #[serde(flatten)]
    common: Common,
    cell: Nested,
    #[serde(flatten)]
    sequence: SequenceArguments,
}

/// `keras.layers.RNN(cell)`. See [`RNN`](struct@RNN).
#[allow(non_snake_case)]
pub fn RNN(cell: impl Into<Nested>) -> RNN {
    RNN::new(cell)
}

impl RNN {
    /// This cell in every step.
    pub fn new(cell: impl Into<Nested>) -> Self {
        Self { common: Common::default(), cell: cell.into(), sequence: SequenceArguments::default() }
    }
}

common_arguments!(RNN);

sequence_arguments!(RNN);

impl Layer for RNN {
    described!("RNN", masking; recorded_mode: Some(Mode::Inference), mask_argument: MaskArgument::Steps);
    crate::many_inputs!();

    fn output_mask(&self) -> OutputMask {
        self.sequence.output_mask()
    }

    fn parts(&self) -> Vec<Part> {
        vec![self.cell.part("cell", PartInput::Step)]
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let step = SequenceArguments::step_shape(inputs, 3)?;
        let states = state_sizes(&self.cell)?;
        let outputs = self.cell.output_shapes(&with_states(step, &states))?;
        let states: Vec<Vec<Option<usize>>> = states.iter().map(|&size| vec![Some(size)]).collect();
        self.sequence.output_shapes(inputs, outputs[0].sample(), &states)
    }

    fn call_arguments(&self, inputs: usize) -> Vec<CallArgument> {
        sequence_call(inputs)
    }

    fn build_for(&self, inputs: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let cell = AnyCell::build("cell", &self.cell, SequenceArguments::step_shape(inputs, 3)?, build)?;
        Ok(BuiltLayer::new(Recurrent::<_, 2>::new(cell, self.sequence)))
    }
}
