//! Keras's optimizers, with Keras's formulas and defaults: how gradients update the weights.
//!
//! Each optimizer is plain data, checks its arguments, and converts into Burn's `ModuleOptimizer`, which holds the
//! state. Any of Burn's optimizers can be used, too, through [`BurnOptimizer`].

mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod burn_optimizer;
mod checks;
mod common;
mod common_macros;
mod elementwise;
mod from_config;
mod ftrl;
mod global_norm;
mod lamb;
mod learning_rate;
mod lion;
mod loss_scale_optimizer;
mod multi_optimizer;
mod muon;
mod nadam;
mod nested;
mod newton_schulz;
mod optimizer;
mod optimizer_map;
mod patterns;
mod rmsprop;
mod rule_state;
mod schedule_free_adamw;
pub mod schedules;
mod sgd;
mod slot;
mod step_options;
mod table;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod unavailable;
mod variables;
mod zero_gradients;

pub use burn_optimizer::BurnOptimizer;
pub use from_config::{class_names, from_config, register};
pub use global_norm::clip_by_global_norm;
pub use learning_rate::LearningRate;
pub(crate) use loss_scale_optimizer::{GROWTH_STEPS, INITIAL_SCALE};
pub use optimizer::Optimizer;
#[doc(hidden)]
pub use optimizer::{Assignment, Composition};
pub use optimizer_map::OptimizerMap;
pub use rule_state::{RuleState, SlotNames};
pub(crate) use slot::Naming;
pub use slot::SlotSpec;
#[doc(hidden)]
pub use step_options::{Ema, StepOptions};
pub use table::*;
pub(crate) use unavailable::{from_compiled, unavailable};
pub use variables::{OptimizerValue, OptimizerVariable};
pub(crate) use zero_gradients::with_zero_gradients;

/// Only the classes of optimizers, for a prelude.
#[doc(hidden)]
pub mod classes {
    pub use super::optimizer_map::OptimizerMap;
    pub use super::table::*;
}
