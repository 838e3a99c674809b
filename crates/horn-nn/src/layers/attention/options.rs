//! The arguments that layers of several heads share, their inputs, and what a call can ask for.

use serde::{Deserialize, Serialize};

use crate::constraints::constraint::Constraint;
use crate::error::{Error, Result};
use crate::initializers::constant::Zeros;
use crate::initializers::initializer::Initializer;
use crate::initializers::scaled::GlorotUniform;
use crate::layer::call::CallContext;
use crate::layer::call_arguments::CallArgument;
use crate::layers::regularization::noise::check_rate;
use crate::regularizers::regularizer::Regularizer;
use crate::tensor::shape;
use crate::tensor::shape::Shape;

/// The arguments of projections and scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Options {
    pub dropout: f64,
    pub use_bias: bool,
    pub use_gate: bool,
    pub sliding_window: Option<usize>,
    pub kernel_initializer: Initializer,
    pub bias_initializer: Initializer,
    pub kernel_regularizer: Option<Regularizer>,
    pub bias_regularizer: Option<Regularizer>,
    pub kernel_constraint: Option<Constraint>,
    pub bias_constraint: Option<Constraint>,
    pub seed: Option<u64>,
    #[serde(flatten)]
    pub call: CallOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dropout: 0.0,
            use_bias: true,
            use_gate: false,
            sliding_window: None,
            kernel_initializer: GlorotUniform::new().into(),
            bias_initializer: Zeros::new().into(),
            kernel_regularizer: None,
            bias_regularizer: None,
            kernel_constraint: None,
            bias_constraint: None,
            seed: None,
            call: CallOptions::default(),
        }
    }
}

/// What Keras takes with the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct CallOptions {
    #[serde(default, skip_serializing_if = "is_false")]
    pub use_causal_mask: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub return_attention_scores: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub attention_mask: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// The inputs by their roles.
pub(crate) struct Inputs<T> {
    pub query: T,
    pub value: T,
    pub key: Option<T>,
    pub mask: Option<T>,
}

impl CallOptions {
    /// The keys that Keras takes with the call.
    pub const KEYS: &[&str] = &["use_causal_mask", "return_attention_scores", "attention_mask"];

    /// The options that count in this call.
    pub fn of_call(self, call: &CallContext) -> Self {
        let option = |name, own| call.option(name).unwrap_or(own);
        Self {
            use_causal_mask: option("use_causal_mask", self.use_causal_mask),
            return_attention_scores: option("return_attention_scores", self.return_attention_scores),
            attention_mask: option("attention_mask", self.attention_mask),
        }
    }

    /// How Keras's program calls a layer of several heads.
    pub fn arguments(&self, inputs: usize) -> Vec<CallArgument> {
        let tensors = inputs.saturating_sub(usize::from(self.attention_mask));
        let mask = self.attention_mask.then_some(CallArgument::new("attention_mask", 1).not_built_for());
        let others = ["value", "key"].map(|name| CallArgument::new(name, 1).positional());
        [CallArgument::new("query", 1)].into_iter().chain(others).take(tensors).chain(mask).collect()
    }

    /// Gives each input its role: `query`, `value`, then `key` and `attention_mask` where there are such.
    pub fn roles<T>(&self, inputs: impl IntoIterator<Item = T>) -> Result<Inputs<T>> {
        let mut inputs: Vec<T> = inputs.into_iter().collect();
        let count = inputs.len();
        let mask = if self.attention_mask { inputs.pop() } else { None };
        let mut inputs = inputs.into_iter();
        match (inputs.next(), inputs.next(), inputs.next(), inputs.next()) {
            (Some(query), Some(value), key, None) => Ok(Inputs { query, value, key, mask }),
            _ => Err(Error::shape("the layer takes another number of inputs")
                .received(count)
                .expected(if self.attention_mask {
                    "query, value and mask, or query, value, key and mask"
                } else {
                    "query and value, or query, value and key"
                })
                .hint(
                    "apply it as in `layer.apply((&query, &value))`; a mask comes last, with `attention_mask(true)`",
                )),
        }
    }
}

impl Options {
    /// Are the arguments possible?
    pub fn check(&self) -> Result<()> {
        check_rate("dropout", self.dropout)?;
        if self.sliding_window == Some(0) {
            return Err(Error::argument("the window must be at least 1")
                .received("sliding_window = 0")
                .expected("a number of timesteps")
                .hint("leave sliding_window out to attend to all timesteps"));
        }
        Ok(())
    }
}

/// Do value and key have the same steps, and are all widths known?
pub(crate) fn check_inputs(inputs: &[Shape], roles: &Inputs<&Shape>) -> Result<()> {
    let key = roles.key.unwrap_or(roles.value);
    let steps = |shape: &Shape| Shape::new(&shape.sizes()[..shape.rank().saturating_sub(1)]);
    let fit = steps(key).admits(&steps(roles.value)) && key.rank() == roles.query.rank() && key.rank() >= 3;
    if fit && [roles.query, roles.value, key].iter().all(|shape| shape.last().is_some_and(|width| width > 0)) {
        return Ok(());
    }
    Err(Error::shape("the inputs do not fit each other")
        .received(shape::list(inputs))
        .expected("query [batch, queries, width], value and key [batch, steps, width] of equal steps")
        .hint("give key the steps of value, and all inputs a known width"))
}

/// The arguments of projections and scores as methods.
macro_rules! options {
    ($layer:ident) => {
        impl $layer {
            /// The fraction of the scores that is dropped while training; 0 by default.
            #[must_use]
            pub fn dropout(mut self, rate: f64) -> Self {
                self.options.dropout = rate;
                self
            }

            /// Do the projections add a bias? Yes by default.
            #[must_use]
            pub fn use_bias(mut self, use_bias: bool) -> Self {
                self.options.use_bias = use_bias;
                self
            }

            /// Is what is found multiplied by a sigmoid of the query? Not by default.
            #[must_use]
            pub fn use_gate(mut self, use_gate: bool) -> Self {
                self.options.use_gate = use_gate;
                self
            }

            /// How many steps to either side a step sees, itself included; all by default.
            #[must_use]
            pub fn sliding_window(mut self, steps: usize) -> Self {
                self.options.sliding_window = Some(steps);
                self
            }

            /// Where the kernels start; `GlorotUniform` by default.
            #[must_use]
            pub fn kernel_initializer(mut self, initializer: impl Into<$crate::initializers::Initializer>) -> Self {
                self.options.kernel_initializer = initializer.into();
                self
            }

            /// Where the biases start; `Zeros` by default.
            #[must_use]
            pub fn bias_initializer(mut self, initializer: impl Into<$crate::initializers::Initializer>) -> Self {
                self.options.bias_initializer = initializer.into();
                self
            }

            /// What is added to the loss for the kernels; nothing by default.
            #[must_use]
            pub fn kernel_regularizer(mut self, regularizer: impl Into<$crate::regularizers::Regularizer>) -> Self {
                self.options.kernel_regularizer = Some(regularizer.into());
                self
            }

            /// What is added to the loss for the biases; nothing by default.
            #[must_use]
            pub fn bias_regularizer(mut self, regularizer: impl Into<$crate::regularizers::Regularizer>) -> Self {
                self.options.bias_regularizer = Some(regularizer.into());
                self
            }

            /// What the kernels are constrained to after each step; nothing by default.
            #[must_use]
            pub fn kernel_constraint(mut self, constraint: impl Into<$crate::constraints::Constraint>) -> Self {
                self.options.kernel_constraint = Some(constraint.into());
                self
            }

            /// What the biases are constrained to after each step; nothing by default.
            #[must_use]
            pub fn bias_constraint(mut self, constraint: impl Into<$crate::constraints::Constraint>) -> Self {
                self.options.bias_constraint = Some(constraint.into());
                self
            }

            /// Seeds the dropout; by default the seed is drawn when the model is built.
            #[must_use]
            pub fn seed(mut self, seed: u64) -> Self {
                self.options.seed = Some(seed);
                self
            }

            /// Is the last input a mask, `[batch, queries, steps]` or `[batch, heads, queries, steps]`, nonzero where a
            /// query may look? Not by default. A size of 1 counts for the whole axis.
            #[must_use]
            pub fn attention_mask(mut self, attention_mask: bool) -> Self {
                self.options.call.attention_mask = attention_mask;
                self
            }

            /// Is each step kept from seeing later ones? Not by default.
            #[must_use]
            pub fn use_causal_mask(mut self, use_causal_mask: bool) -> Self {
                self.options.call.use_causal_mask = use_causal_mask;
                self
            }

            /// Are the scores a second output? Not by default.
            #[must_use]
            pub fn return_attention_scores(mut self, return_attention_scores: bool) -> Self {
                self.options.call.return_attention_scores = return_attention_scores;
                self
            }
        }
    };
}
pub(super) use options;
