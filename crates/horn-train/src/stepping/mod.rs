//! The state of an optimizer, and how a step runs.
//!
//! A [`Stepper`] is made from an optimizer's description. Most are a `RuleStepper`, which runs an update rule; two of
//! Keras's optimizers wrap others, and so do their steppers.

mod averages;
mod by_parameter;
mod gradients;
mod learning;
mod loss_scaled;
mod make;
mod rule;
mod several;
mod slots;
mod stepper;
#[cfg(test)]
mod tests;
mod values;

pub(crate) use gradients::with_shared_gradients;
pub(crate) use learning::{Learning, learning};
pub(crate) use loss_scaled::ADDED_VARIABLES;
pub(crate) use make::{loss_scaled, stepper};
pub(crate) use rule::check_rate;
pub(crate) use stepper::Stepper;
pub(crate) use values::{Values, misfit};
