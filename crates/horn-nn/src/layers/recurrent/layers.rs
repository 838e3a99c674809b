//! What the descriptions of all cells and of all layers of one cell say in the same way.

use crate::error::{Error, Result};
use crate::tensor::shape;
use crate::tensor::shape::Shape;

/// Makes a cell and the layer that takes it through a sequence.
///
/// Both have `units`, the arguments that are listed, those of all cells, and a seed. The cell says by `build_cell` how
/// it is built. The group of the cell in Keras's files follows its class; what comes after the layer's class are
/// attributes of its field `seed`.
macro_rules! recurrent_layers {
    (
        $(#[$cell_doc:meta])+
        $cell:ident, $cell_class:literal, $group:literal;
        $(#[$doc:meta])+
        $layer:ident, $class:literal $(, #[$seed:meta])?;
        states: $states:literal,
        arguments: { $($(#[$argument_doc:meta])+ $argument:ident: $type:ty = $default:expr,)* }
    ) => {
        $(#[$cell_doc])+
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $cell {
            #[serde(flatten)]
            common: $crate::layers::common::Common,
            units: usize,
            $($argument: $type,)*
            #[serde(flatten)]
            cell: $crate::layers::recurrent::arguments::CellArguments,
            seed: Option<u64>,
        }

        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $layer {
            #[serde(flatten)]
            common: $crate::layers::common::Common,
            units: usize,
            $($argument: $type,)*
            #[serde(flatten)]
            cell: $crate::layers::recurrent::arguments::CellArguments,
            $(#[$seed])?
            seed: Option<u64>,
            #[serde(flatten)]
            sequence: $crate::layers::recurrent::arguments::SequenceArguments,
        }

        impl $cell {
            /// A cell with `units` units, with Keras's defaults.
            pub fn new(units: usize) -> Self {
                Self {
                    common: $crate::layers::common::Common::default(),
                    units,
                    $($argument: $default,)*
                    cell: $crate::layers::recurrent::arguments::CellArguments::default(),
                    seed: None,
                }
            }
        }

        impl $layer {
            /// A layer with `units` units, with Keras's defaults.
            pub fn new(units: usize) -> Self {
                let $cell { common, units, $($argument,)* cell, seed } = $cell::new(units);
                let sequence = $crate::layers::recurrent::arguments::SequenceArguments::default();
                Self { common, units, $($argument,)* cell, seed, sequence }
            }

            fn as_cell(&self) -> $cell {
                $cell {
                    common: $crate::layers::common::Common::default(),
                    units: self.units,
                    $($argument: self.$argument,)*
                    cell: self.cell.clone(),
                    seed: self.seed,
                }
            }
        }

        $crate::layers::recurrent::layers::recurrent_layers!(
            @arguments $cell, $cell_class { $($(#[$argument_doc])+ $argument: $type,)* });
        $crate::layers::recurrent::layers::recurrent_layers!(
            @arguments $layer, $class { $($(#[$argument_doc])+ $argument: $type,)* });
        $crate::layers::recurrent::arguments::sequence_arguments!($layer);

        impl $crate::layer::description::Layer for $cell {
            $crate::layers::common::described!($cell_class);
            $crate::many_inputs!();

            fn output_shapes(
                &self,
                inputs: &[$crate::tensor::shape::Shape],
            ) -> $crate::error::Result<Vec<$crate::tensor::shape::Shape>> {
                self.cell.check(self.units)?;
                $crate::layers::recurrent::layers::cell_shapes(inputs, &[self.units; $states])
            }

            fn build_for(
                &self,
                inputs: &[$crate::tensor::shape::Shape],
                build: &mut $crate::layer::builder::LayerBuilder,
            ) -> $crate::error::Result<$crate::layer::erased::BuiltLayer> {
                let features = $crate::layers::recurrent::layers::features(&inputs[0])?;
                Ok($crate::layer::erased::BuiltLayer::new(self.build_cell(features, build)?))
            }

            fn state_sizes(&self) -> Option<Vec<usize>> {
                Some(vec![self.units; $states])
            }

            fn call_arguments(&self, inputs: usize) -> Vec<$crate::layer::call_arguments::CallArgument> {
                $crate::layers::recurrent::arguments::step_arguments(inputs)
            }
        }

        impl $crate::layer::description::Layer for $layer {
            $crate::layers::common::described!(
                $class, masking, activity;
                recorded_mode: Some(Mode::Inference), mask_argument: MaskArgument::Steps
            );
            $crate::many_inputs!();

            fn output_mask(&self) -> $crate::layer::conventions::OutputMask {
                self.sequence.output_mask()
            }

            fn output_shapes(
                &self,
                inputs: &[$crate::tensor::shape::Shape],
            ) -> $crate::error::Result<Vec<$crate::tensor::shape::Shape>> {
                self.cell.check(self.units)?;
                $crate::layers::recurrent::layers::features(&$crate::layers::recurrent::arguments::SequenceArguments::step_shape(inputs, 3)?)?;
                let state = vec![Some(self.units)];
                self.sequence.output_shapes(inputs, &state, &vec![state.clone(); $states])
            }

            fn call_arguments(&self, inputs: usize) -> Vec<$crate::layer::call_arguments::CallArgument> {
                $crate::layers::recurrent::arguments::sequence_call(inputs)
            }

            fn build_for(
                &self,
                inputs: &[$crate::tensor::shape::Shape],
                build: &mut $crate::layer::builder::LayerBuilder,
            ) -> $crate::error::Result<$crate::layer::erased::BuiltLayer> {
                let features = $crate::layers::recurrent::layers::features(&inputs[0])?;
                let cell = build.within_group($group, "cell", |build| self.as_cell().build_cell(features, build))?;
                Ok($crate::layer::erased::BuiltLayer::new($crate::layers::recurrent::sequence::Recurrent::<_, 2>::new(
                    cell,
                    self.sequence,
                )))
            }
        }
    };
    (@arguments $class:ident, $name:literal { $($(#[$doc:meta])+ $argument:ident: $type:ty,)* }) => {
        #[doc = concat!("`keras.layers.", $name, "(units)`. See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class(units: usize) -> $class {
            $class::new(units)
        }

        $crate::layers::common::common_arguments!($class);
        $crate::layers::recurrent::arguments::cell_arguments!($class);
        $crate::layers::recurrent::layers::recurrent_layers!(@own $class { $($(#[$doc])+ $argument: $type,)* });
    };
    // The macro `arguments` takes at least one.
    (@own $class:ident {}) => {};
    (@own $class:ident { $($own:tt)+ }) => {
        $crate::layers::common::arguments!($class { $($own)+ });
    };
}
pub(super) use recurrent_layers;

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
