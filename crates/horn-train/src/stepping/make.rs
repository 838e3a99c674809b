//! The steppers of optimizers.

use std::sync::Arc;

use super::loss_scaled::LossScaledStepper;
use super::rule::RuleStepper;
use super::several::SeveralSteppers;
use super::stepper::Stepper;
use crate::optimizers::{Composition, GROWTH_STEPS, INITIAL_SCALE, Optimizer};

/// The stepper of an optimizer.
pub(crate) fn stepper(optimizer: Arc<dyn Optimizer>) -> Box<dyn Stepper> {
    match optimizer.composition() {
        Composition::Rule => Box::new(RuleStepper::new(optimizer)),
        Composition::LossScaled { inner, initial_scale, growth_steps } => {
            let inner = stepper(inner);
            Box::new(LossScaledStepper::new(Some(optimizer), inner, initial_scale, growth_steps))
        }
        Composition::Several(map, factor) => {
            let steppers = map.optimizers().into_iter().map(stepper).collect();
            Box::new(SeveralSteppers::new(optimizer, map, factor, steppers))
        }
    }
}

/// The stepper of an optimizer with a loss scale around it, which Keras puts there by itself for a model in
/// `mixed_float16` and does not write.
pub(crate) fn loss_scaled(optimizer: Arc<dyn Optimizer>) -> Box<dyn Stepper> {
    match optimizer.composition() {
        Composition::LossScaled { .. } => stepper(optimizer),
        _ => Box::new(LossScaledStepper::new(None, stepper(optimizer), INITIAL_SCALE, GROWTH_STEPS)),
    }
}
