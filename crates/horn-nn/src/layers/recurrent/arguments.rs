//! The arguments that recurrent layers and cells share.

use serde::{Deserialize, Serialize};

use crate::activations::activation::Activation;
use crate::constraints::constraint::Constraint;
use crate::error::{Error, Result};
use crate::initializers::constant::Zeros;
use crate::initializers::initializer::Initializer;
use crate::initializers::orthogonal::Orthogonal;
use crate::initializers::scaled::GlorotUniform;
use crate::layer::call_arguments::CallArgument;
use crate::layer::conventions::OutputMask;
use crate::layer::weight::WeightSpec;
use crate::layers::regularization::noise::check_rate;
use crate::regularizers::regularizer::Regularizer;

/// The arguments of every cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CellArguments {
    pub activation: Activation,
    pub use_bias: bool,
    pub kernel_initializer: Initializer,
    pub recurrent_initializer: Initializer,
    pub bias_initializer: Initializer,
    pub kernel_regularizer: Option<Regularizer>,
    pub recurrent_regularizer: Option<Regularizer>,
    pub bias_regularizer: Option<Regularizer>,
    pub kernel_constraint: Option<Constraint>,
    pub recurrent_constraint: Option<Constraint>,
    pub bias_constraint: Option<Constraint>,
    pub dropout: f64,
    pub recurrent_dropout: f64,
}

impl Default for CellArguments {
    fn default() -> Self {
        Self {
            activation: Activation::Tanh,
            use_bias: true,
            kernel_initializer: GlorotUniform::new().into(),
            recurrent_initializer: Orthogonal::new().into(),
            bias_initializer: Zeros::new().into(),
            kernel_regularizer: None,
            recurrent_regularizer: None,
            bias_regularizer: None,
            kernel_constraint: None,
            recurrent_constraint: None,
            bias_constraint: None,
            dropout: 0.0,
            recurrent_dropout: 0.0,
        }
    }
}

impl CellArguments {
    pub fn kernel(&self) -> WeightSpec<'_> {
        WeightSpec {
            initializer: &self.kernel_initializer,
            regularizer: self.kernel_regularizer.as_ref(),
            constraint: self.kernel_constraint.as_ref(),
        }
    }

    pub fn recurrent_kernel(&self) -> WeightSpec<'_> {
        WeightSpec {
            initializer: &self.recurrent_initializer,
            regularizer: self.recurrent_regularizer.as_ref(),
            constraint: self.recurrent_constraint.as_ref(),
        }
    }

    pub fn bias(&self) -> WeightSpec<'_> {
        WeightSpec {
            initializer: &self.bias_initializer,
            regularizer: self.bias_regularizer.as_ref(),
            constraint: self.bias_constraint.as_ref(),
        }
    }

    /// Are the arguments possible?
    pub fn check(&self, units: usize) -> Result<()> {
        if units == 0 {
            return Err(Error::argument("a recurrent layer needs units")
                .received("0 units")
                .expected("at least 1")
                .hint("give it the size of its state, as in `LSTM(64)`"));
        }
        check_rate("dropout", self.dropout)?;
        check_rate("recurrent_dropout", self.recurrent_dropout)?;
        check_size("activation", self.activation)
    }
}

/// Does the activation give as many values as it takes?
pub(crate) fn check_size(argument: &str, activation: Activation) -> Result<()> {
    if activation != Activation::Glu {
        return Ok(());
    }
    Err(Error::argument("the activation halves the state")
        .received(format!("{argument} = {activation}"))
        .expected("one that gives as many values as it takes")
        .hint("take another, such as `Activation::Tanh` or `Activation::Sigmoid`"))
}

/// The arguments of every layer that goes through a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct SequenceArguments {
    pub return_sequences: bool,
    pub return_state: bool,
    pub go_backwards: bool,
    pub stateful: bool,
    pub unroll: bool,
    pub zero_output_for_mask: bool,
}

impl SequenceArguments {
    /// The mask of the sequence is that of the output where this is a sequence, too.
    pub(crate) fn output_mask(self) -> OutputMask {
        if self.return_sequences { OutputMask::Propagated { outputs: 1 } } else { OutputMask::None }
    }
}

/// How Keras's program calls a layer that goes through a sequence: with the sequence and all initial states.
pub(crate) fn sequence_call(inputs: usize) -> Vec<CallArgument> {
    let states = CallArgument::new("initial_state", inputs.saturating_sub(1));
    [CallArgument::new("sequences", 1), states].into_iter().filter(|argument| argument.inputs > 0).collect()
}

/// How Keras's program calls a cell: with a step and its states.
pub(crate) fn step_arguments(inputs: usize) -> Vec<CallArgument> {
    vec![CallArgument::new("inputs", 1), CallArgument::new("states", inputs.saturating_sub(1)).not_built_for()]
}

/// The arguments of a cell as methods, of a description that has them in its field `cell`.
macro_rules! cell_arguments {
    ($layer:ident) => {
        $crate::layers::recurrent::arguments::cell_arguments! { @weight $layer, "input's kernel", "GlorotUniform",
        kernel_initializer, kernel_regularizer, kernel_constraint }
        $crate::layers::recurrent::arguments::cell_arguments! { @weight $layer, "state's kernel", "Orthogonal",
        recurrent_initializer, recurrent_regularizer, recurrent_constraint }
        $crate::layers::recurrent::arguments::cell_arguments! { @weight $layer, "bias", "Zeros",
        bias_initializer, bias_regularizer, bias_constraint }

        impl $layer {
            /// What is applied to the new state; `Tanh` by default.
            #[must_use]
            pub fn activation(mut self, activation: $crate::activations::activation::Activation) -> Self {
                self.cell.activation = activation;
                self
            }

            /// Is a bias added? Yes by default.
            #[must_use]
            pub fn use_bias(mut self, use_bias: bool) -> Self {
                self.cell.use_bias = use_bias;
                self
            }

            /// The fraction of the input that is dropped in training, the same in all steps; nothing by default.
            #[must_use]
            pub fn dropout(mut self, dropout: f64) -> Self {
                self.cell.dropout = dropout;
                self
            }

            /// The fraction of the state that is dropped in training, the same in all steps; nothing by default.
            #[must_use]
            pub fn recurrent_dropout(mut self, recurrent_dropout: f64) -> Self {
                self.cell.recurrent_dropout = recurrent_dropout;
                self
            }

            /// Seeds the dropout; by default the seed is drawn when the model is built.
            #[must_use]
            pub fn seed(mut self, seed: u64) -> Self {
                self.seed = Some(seed);
                self
            }
        }
    };
    (@weight $layer:ident, $what:literal, $default:literal, $initializer:ident, $regularizer:ident, $constraint:ident) => {
        impl $layer {
            #[doc = concat!("Where the ", $what, " starts; `", $default, "` by default.")]
            #[must_use]
            pub fn $initializer(
                mut self,
                initializer: impl Into<$crate::initializers::initializer::Initializer>,
            ) -> Self {
                self.cell.$initializer = initializer.into();
                self
            }

            #[doc = concat!("What is added to the loss for the ", $what, "; nothing by default.")]
            #[must_use]
            pub fn $regularizer(
                mut self,
                regularizer: impl Into<$crate::regularizers::regularizer::Regularizer>,
            ) -> Self {
                self.cell.$regularizer = Some(regularizer.into());
                self
            }

            #[doc = concat!("What the ", $what, " is constrained to after each step; nothing by default.")]
            #[must_use]
            pub fn $constraint(mut self, constraint: impl Into<$crate::constraints::constraint::Constraint>) -> Self {
                self.cell.$constraint = Some(constraint.into());
                self
            }
        }
    };
}
pub(super) use cell_arguments;

/// The arguments of a sequence as methods, of a description that has them in its field `sequence`.
macro_rules! sequence_arguments {
    ($layer:ident) => {
        $crate::layers::recurrent::arguments::sequence_arguments! { @ $layer
            /// Is the output of every step returned, and not only that of the last? No by default.
            return_sequences,
            /// Are the states after the last step returned, after the output? No by default.
            return_state,
            /// Does the layer go from the last step to the first? No by default. Its outputs stand in the order in
            /// which it goes.
            go_backwards,
            /// Does each batch start from the states after the one before, sample by sample? No by default. `fit` and
            /// `predict` keep the states as Keras on TensorFlow does; Keras on JAX loses them there.
            stateful,
            /// Keras's way to go through the steps. It differs in one thing: without it a masked step repeats the
            /// state as its output, with it the output of the step before.
            unroll,
            /// Is the output of a masked step zero? By default it is that of the step before.
            zero_output_for_mask,
        }
    };
    (@ $layer:ident $($(#[$doc:meta])+ $argument:ident,)+) => {
        impl $layer {
            $(
                $(#[$doc])+
                #[must_use]
                pub fn $argument(mut self, $argument: bool) -> Self {
                    self.sequence.$argument = $argument;
                    self
                }
            )+
        }
    };
}
pub(super) use sequence_arguments;
