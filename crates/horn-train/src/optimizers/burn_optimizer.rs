//! Burn's own optimizers.

use std::fmt;

use burn::optim::ModuleOptimizer;
use horn_nn::Result;
use serde_json::{Value, json};

use super::learning_rate::LearningRate;
use super::optimizer::Optimizer;

/// Any of Burn's optimizers, with its own formulas and defaults.
///
/// ```
/// use horn::burn::optim::LionConfig;
/// use horn::optimizers::{BurnOptimizer, Optimizer};
///
/// let optimizer = BurnOptimizer::new(LionConfig::new().init(), 1e-4);
/// assert_eq!(optimizer.learning_rate().at(0), 1e-4);
/// ```
#[derive(Clone)]
pub struct BurnOptimizer {
    optimizer: ModuleOptimizer,
    learning_rate: LearningRate,
}

impl BurnOptimizer {
    /// Takes an optimizer, or one update rule for all parameters, and its learning rate.
    pub fn new(optimizer: impl Into<ModuleOptimizer>, learning_rate: impl Into<LearningRate>) -> Self {
        Self { optimizer: optimizer.into(), learning_rate: learning_rate.into() }
    }
}

impl fmt::Debug for BurnOptimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BurnOptimizer").field("learning_rate", &self.learning_rate).finish_non_exhaustive()
    }
}

impl Optimizer for BurnOptimizer {
    fn class_name(&self) -> &'static str {
        "BurnOptimizer"
    }

    fn learning_rate(&self) -> LearningRate {
        self.learning_rate.clone()
    }

    fn validate(&self) -> Result<()> {
        self.learning_rate.validate()
    }

    fn to_module_optimizer(&self) -> ModuleOptimizer {
        self.optimizer.clone()
    }

    fn config(&self) -> Value {
        json!({ "learning_rate": self.learning_rate })
    }
}
