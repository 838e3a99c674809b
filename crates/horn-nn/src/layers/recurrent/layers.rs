//! What the descriptions of all cells and of all layers of one cell say in the same way.

use crate::error::{Error, Result};
use crate::tensor::shape;
use crate::tensor::shape::Shape;

/// Makes a layer of a cell's description that has the fields `units`, `cell` and `seed`, and says how it is built.
macro_rules! recurrent_cell {
    ($cell:ident, $class:literal, $states:literal) => {
        $crate::layers::common::common_arguments!($cell);
        $crate::layers::recurrent::arguments::cell_arguments!($cell);

        impl $crate::Layer for $cell {
            $crate::layers::common::described!($class);
            $crate::many_inputs!();

            fn output_shapes(&self, inputs: &[$crate::Shape]) -> $crate::Result<Vec<$crate::Shape>> {
                self.cell.check(self.units)?;
                $crate::layers::recurrent::layers::cell_shapes(inputs, &[self.units; $states])
            }

            fn build_for(
                &self,
                inputs: &[$crate::Shape],
                build: &mut $crate::LayerBuilder,
            ) -> $crate::Result<$crate::BuiltLayer> {
                let features = $crate::layers::recurrent::layers::features(&inputs[0])?;
                Ok($crate::layer::erased::BuiltLayer::new(self.build_cell(features, build)?))
            }

            fn state_sizes(&self) -> Option<Vec<usize>> {
                Some(vec![self.units; $states])
            }

            fn call_arguments(&self, inputs: usize) -> Vec<(&'static str, usize)> {
                $crate::layers::recurrent::arguments::step_arguments(inputs)
            }
        }
    };
}
pub(super) use recurrent_cell;

/// Makes a layer of a description that has the fields `units`, `cell`, `seed` and `sequence`, and says what its cell is.
macro_rules! recurrent_layer {
    ($layer:ident, $class:literal, $cell:literal, $states:literal) => {
        $crate::layers::common::common_arguments!($layer);
        $crate::layers::recurrent::arguments::cell_arguments!($layer);
        $crate::layers::recurrent::arguments::sequence_arguments!($layer);

        impl $crate::Layer for $layer {
            $crate::layers::common::described!(
                $class, masking, activity;
                recorded_mode: Some(Mode::Inference), mask_argument: MaskArgument::Steps
            );
            $crate::many_inputs!();

            fn output_mask(&self) -> $crate::OutputMask {
                self.sequence.output_mask()
            }

            fn output_shapes(&self, inputs: &[$crate::Shape]) -> $crate::Result<Vec<$crate::Shape>> {
                self.cell.check(self.units)?;
                $crate::layers::recurrent::layers::features(&SequenceArguments::step_shape(inputs, 3)?)?;
                let state = vec![Some(self.units)];
                self.sequence.output_shapes(inputs, &state, &vec![state.clone(); $states])
            }

            fn call_arguments(&self, inputs: usize) -> Vec<(&'static str, usize)> {
                $crate::layers::recurrent::arguments::sequence_call(inputs, $states)
            }

            fn build_for(
                &self,
                inputs: &[$crate::Shape],
                build: &mut $crate::LayerBuilder,
            ) -> $crate::Result<$crate::BuiltLayer> {
                let features = $crate::layers::recurrent::layers::features(&inputs[0])?;
                let cell = build.within_group($cell, "cell", |build| self.as_cell().build_cell(features, build))?;
                Ok($crate::layer::erased::BuiltLayer::new($crate::layers::recurrent::sequence::Recurrent::<_, 2>::new(
                    cell,
                    self.sequence,
                )))
            }
        }
    };
}
pub(super) use recurrent_layer;

/// The shapes of a cell's output and states, for those of a step and of states.
pub(super) fn cell_shapes(inputs: &[Shape], states: &[usize]) -> Result<Vec<Shape>> {
    let expected: Vec<Shape> = states.iter().map(|&size| Shape::batched([size])).collect();
    let fit = inputs.len() == states.len() + 1
        && inputs[0].rank() == 2
        && expected.iter().zip(&inputs[1..]).all(|(state, given)| state.admits(given));
    if !fit {
        return Err(Error::shape("the inputs do not fit the cell")
            .received(shape::list(inputs))
            .expected(format!("(None, features), {}", shape::list(&expected)))
            .hint("apply it to a step and its states, or put it into `RNN`"));
    }
    features(&inputs[0])?;
    let batch = inputs[0].sizes()[0];
    let state = |&size: &usize| Shape::new([batch, Some(size)]);
    Ok([state(&states[0])].into_iter().chain(states.iter().map(state)).collect())
}

/// The number of features of a step.
pub(super) fn features(input: &Shape) -> Result<usize> {
    input.last().filter(|&features| features > 0).ok_or_else(|| {
        Error::shape("the number of input features must be known and not zero")
            .received(input)
            .expected("(None, steps, features)")
            .hint("give `Input` the size of its last axis")
    })
}
