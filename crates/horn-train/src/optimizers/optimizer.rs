//! The trait of optimizers.

use std::fmt::Debug;
use std::sync::Arc;

use burn::optim::ModuleOptimizer;
use horn_nn::{Error, Result, Weight};
use serde_json::Value;

use super::learning_rate::LearningRate;
use super::slot::SlotSpec;
use super::step_options::StepOptions;
use crate::registry;

/// A description of how gradients update the weights.
///
/// ```
/// use horn::optimizers::{Adam, Optimizer};
///
/// let optimizer: Box<dyn Optimizer> = Box::new(Adam::default());
/// assert_eq!(optimizer.class_name(), "Adam");
/// assert_eq!(optimizer.learning_rate().at(0), 0.001);
/// ```
pub trait Optimizer: Debug + Send + Sync {
    /// Keras's name of the class.
    fn class_name(&self) -> &'static str;

    /// The learning rate that training starts with, or its schedule.
    fn learning_rate(&self) -> LearningRate;

    /// The limit of the global norm of all gradients, if there is one. A compiled model clips them with
    /// [`clip_by_global_norm`](super::clip_by_global_norm), since an update rule sees only one variable at a time.
    fn global_clipnorm(&self) -> Option<f64> {
        None
    }

    /// The slots that it keeps for a weight, with the names in its [`RuleState`](super::RuleState) and in Keras's order. `None`
    /// if they are not known.
    fn slots(&self, _weight: &Weight) -> Option<Vec<SlotSpec>> {
        None
    }

    /// Numbers that Keras keeps as variables of the optimizer, after the slots, though they follow from the number of
    /// updates; with their names.
    #[doc(hidden)]
    fn derived(&self, _iterations: usize) -> Vec<(&'static str, f32)> {
        Vec::new()
    }

    /// The slots of the weight at this path, for an optimizer that treats weights by their paths.
    #[doc(hidden)]
    fn slots_at(&self, _path: &str, weight: &Weight) -> Option<Vec<SlotSpec>> {
        self.slots(weight)
    }

    /// What it does around its rule.
    #[doc(hidden)]
    fn step_options(&self) -> StepOptions {
        StepOptions { global_clipnorm: self.global_clipnorm(), ..StepOptions::default() }
    }

    /// What it consists of.
    #[doc(hidden)]
    fn composition(&self) -> Composition {
        Composition::Rule
    }

    /// Checks the arguments.
    ///
    /// # Errors
    ///
    /// An argument is out of range, or two exclude each other.
    fn validate(&self) -> Result<()>;

    /// A new optimizer, without any state.
    fn to_module_optimizer(&self) -> ModuleOptimizer;

    /// A new optimizer for these weights, which may have different rules; with their paths.
    #[doc(hidden)]
    fn rules(&self, _weights: &[(&str, &Weight)]) -> ModuleOptimizer {
        self.to_module_optimizer()
    }

    /// The arguments, under Keras's keys.
    fn config(&self) -> Value;

    /// Keras's registered name of a custom class, `package>Class`. `None` stands for `Custom>Class`.
    fn registered_name(&self) -> Option<&str> {
        None
    }

    /// Keras's module of the class; `None` for a class that is not Keras's. The rules of Keras's classes do not panic.
    #[doc(hidden)]
    fn keras_module(&self) -> Option<&'static str> {
        None
    }

    /// Why Horn can't train with it, if a file names an optimizer that Horn lacks.
    #[doc(hidden)]
    fn unavailable(&self) -> Option<&Error> {
        None
    }

    /// The optimizer as Keras writes it, with its class and arguments. Keras's learning rate has single precision.
    fn serialize(&self) -> Value {
        let mut config = self.config();
        if let Some(rate) = config.get("learning_rate").and_then(Value::as_f64) {
            config["learning_rate"] = f64::from(rate as f32).into();
        }
        registry::object(self.keras_module(), self.class_name(), self.registered_name(), config)
    }
}

/// What an optimizer consists of.
#[derive(Debug)]
pub enum Composition {
    /// A rule for one variable at a time.
    Rule,
    /// Another optimizer, whose loss is scaled.
    LossScaled {
        /// The other optimizer.
        inner: Arc<dyn Optimizer>,
        /// The first scale.
        initial_scale: f64,
        /// After how many steps with finite gradients the scale grows.
        growth_steps: usize,
    },
    /// Several optimizers, and Keras's `loss_scale_factor` of all of them.
    Several(Arc<dyn Assignment>, Option<f64>),
}

/// Which of several optimizers updates which weight.
pub trait Assignment: Debug + Send + Sync {
    /// The optimizers; the default comes last.
    fn optimizers(&self) -> Vec<Arc<dyn Optimizer>>;

    /// The patterns of the others.
    fn patterns(&self) -> Vec<&str>;

    /// Which of the optimizers updates the weight with this path.
    ///
    /// # Errors
    ///
    /// If that is not clear.
    fn owner(&self, path: &str) -> Result<usize>;

    /// The numbers of the optimizers in the order of the file that they were read from.
    fn order_in_file(&self) -> Option<Vec<usize>>;
}
