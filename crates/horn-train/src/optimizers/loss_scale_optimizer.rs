//! An optimizer that scales the loss.

use std::sync::Arc;

use burn::optim::ModuleOptimizer;
use horn_nn::{Error, Result, Weight};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::checks::check;
use super::learning_rate::LearningRate;
use super::nested::Nested;
use super::optimizer::{Composition, Optimizer};
use super::slot::SlotSpec;
use crate::keras_config;

/// Scales the loss before its gradients are computed, so that gradients in `float16` do not vanish, and unscales the
/// gradients for the optimizer inside.
///
/// The scale halves when a gradient is not finite, and the step is skipped. It doubles after `dynamic_growth_steps` steps
/// with finite gradients. Whether they are finite is read from the device at each step.
///
/// A model in `mixed_float16` that is trained with another optimizer gets one of these around it, as in Keras.
///
/// ```
/// use horn::optimizers::{Adam, LossScaleOptimizer, Optimizer};
///
/// let optimizer = LossScaleOptimizer::new(Adam::new(1e-3)).initial_scale(1024.0).dynamic_growth_steps(500);
/// assert_eq!(optimizer.learning_rate().at(0), 1e-3);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossScaleOptimizer {
    name: String,
    inner_optimizer: Nested,
    initial_scale: Number,
    dynamic_growth_steps: Number,
}

impl LossScaleOptimizer {
    /// Scales the loss of this optimizer, at first by 2¹⁵.
    pub fn new(inner_optimizer: impl Optimizer + 'static) -> Self {
        Self::around(Nested(Arc::new(inner_optimizer)))
    }

    fn around(inner_optimizer: Nested) -> Self {
        Self {
            name: "loss_scale_optimizer".to_owned(),
            inner_optimizer,
            initial_scale: number(INITIAL_SCALE),
            dynamic_growth_steps: GROWTH_STEPS.into(),
        }
    }

    /// The first scale; 32768 by default. Too high a scale falls fast, and too low a scale rises slowly.
    #[must_use]
    pub fn initial_scale(mut self, initial_scale: f64) -> Self {
        self.initial_scale = number(initial_scale);
        self
    }

    /// After how many steps with finite gradients the scale doubles; 2000 by default.
    #[must_use]
    pub fn dynamic_growth_steps(mut self, dynamic_growth_steps: usize) -> Self {
        self.dynamic_growth_steps = dynamic_growth_steps.into();
        self
    }

    /// The name in Keras's files.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    fn scale(&self) -> f64 {
        self.initial_scale.as_f64().unwrap_or(f64::NAN)
    }
}

/// The first scale by default.
pub(crate) const INITIAL_SCALE: f64 = 32768.0;

/// After how many steps the scale doubles by default.
pub(crate) const GROWTH_STEPS: usize = 2000;

/// A number for a configuration. One that is not finite becomes 0, which is out of range, too.
fn number(value: f64) -> Number {
    Number::from_f64(value).unwrap_or_else(|| 0.into())
}

/// Only for reading configurations: there is no optimizer in it.
impl Default for LossScaleOptimizer {
    fn default() -> Self {
        Self::around(Nested::default())
    }
}

impl Optimizer for LossScaleOptimizer {
    fn class_name(&self) -> &'static str {
        "LossScaleOptimizer"
    }

    fn learning_rate(&self) -> LearningRate {
        self.inner_optimizer.0.learning_rate()
    }

    fn slots_at(&self, path: &str, weight: &Weight) -> Option<Vec<SlotSpec>> {
        self.inner_optimizer.0.slots_at(path, weight)
    }

    fn validate(&self) -> Result<()> {
        // One that is infinite in float32 is halved until it is not, as in Keras.
        let scale = self.scale();
        check("initial_scale", scale, scale.is_finite() && scale > 0.0, "a finite number above 0")?;
        if self.dynamic_growth_steps.as_u64().is_none_or(|steps| steps == 0) {
            return Err(Error::argument("the argument is out of range")
                .at("dynamic_growth_steps")
                .received(&self.dynamic_growth_steps)
                .expected("a whole number above 0"));
        }
        if matches!(self.inner_optimizer.0.composition(), Composition::LossScaled { .. }) {
            return Err(Error::argument("the loss can't be scaled twice")
                .at("inner_optimizer")
                .received("LossScaleOptimizer")
                .expected("an optimizer that updates weights")
                .hint("leave one of the two out"));
        }
        self.inner_optimizer.validate("inner_optimizer")
    }

    fn to_module_optimizer(&self) -> ModuleOptimizer {
        self.inner_optimizer.0.to_module_optimizer()
    }

    fn config(&self) -> Value {
        let mut config = keras_config::write(self);
        // Keras switches off the fixed factor of the optimizer inside.
        if let Some(inner) = config["inner_optimizer"].get_mut("config") {
            inner["loss_scale_factor"] = Value::Null;
        }
        config
    }

    fn keras_module(&self) -> Option<&'static str> {
        self.inner_optimizer.0.keras_module().map(|_| "keras.optimizers")
    }

    fn composition(&self) -> Composition {
        Composition::LossScaled {
            inner: self.inner_optimizer.0.clone(),
            initial_scale: self.scale(),
            growth_steps: self.dynamic_growth_steps.as_u64().map_or(GROWTH_STEPS, |steps| steps as usize),
        }
    }
}
