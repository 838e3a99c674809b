//! Several optimizers, each for its own weights.

use std::sync::Arc;

use burn::optim::ModuleOptimizer;
use horn_nn::{Result, Weight};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::checks::positive;
use super::learning_rate::LearningRate;
use super::optimizer::{Composition, Optimizer};
use super::optimizer_map::OptimizerMap;
use super::slot::SlotSpec;
use crate::keras_config;

/// Updates each weight by the optimizer that an [`OptimizerMap`] has for its path. Each optimizer has a learning rate, a
/// count of steps and a state of its own.
///
/// Paths are those of a functional model in Keras, and of each model that is read from a file: `dense/kernel`. The paths
/// of a `Sequential` that was never saved begin with its name in Keras; in Horn they do not.
///
/// ```
/// use horn::layers::{Dense, Input};
/// use horn::losses::MeanSquaredError;
/// use horn::optimizers::{Adam, MultiOptimizer, OptimizerMap, SGD};
/// use horn::{Compile, Sequential};
///
/// let map = OptimizerMap::new(Adam::new(1e-3)).with("encoder/.*", SGD::new(0.1));
/// let model = Sequential::new().add(Input([4])).add(Dense(8).name("encoder")).add(Dense(1));
/// let model = model.compile(MultiOptimizer::new(map), MeanSquaredError::new(), ())?;
/// let variables = model.optimizer_variables()?;
/// // 2 of its own, 2 of SGD, and 2 of Adam with 2 for each weight of the last layer.
/// assert_eq!(variables.len(), 2 + 2 + 2 + 4);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MultiOptimizer {
    optimizer_map: OptimizerMap,
    loss_scale_factor: Option<f64>,
    name: String,
}

impl MultiOptimizer {
    /// Updates weights by the optimizers in the map.
    pub fn new(optimizer_map: OptimizerMap) -> Self {
        Self { optimizer_map, loss_scale_factor: None, name: "multi_optimizer".to_owned() }
    }

    /// Multiplies the loss by this factor, and divides the gradients by it. It counts in place of the optimizers' own.
    #[must_use]
    pub fn loss_scale_factor(mut self, loss_scale_factor: f64) -> Self {
        self.loss_scale_factor = Some(loss_scale_factor);
        self
    }

    /// The name in Keras's files.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }
}

/// Only for reading configurations: there is no optimizer in it.
impl Default for MultiOptimizer {
    fn default() -> Self {
        Self::new(OptimizerMap::default())
    }
}

impl Optimizer for MultiOptimizer {
    fn class_name(&self) -> &'static str {
        "MultiOptimizer"
    }

    /// That of the default optimizer; Keras has none.
    fn learning_rate(&self) -> LearningRate {
        self.optimizer_map.all().last().map_or_else(|| 0.0.into(), |default| default.learning_rate())
    }

    fn slots_at(&self, path: &str, weight: &Weight) -> Option<Vec<SlotSpec>> {
        self.optimizer_map.get(path).ok()?.slots_at(path, weight)
    }

    fn validate(&self) -> Result<()> {
        if let Some(factor) = self.loss_scale_factor {
            positive("loss_scale_factor", factor)?;
        }
        self.optimizer_map.validate()
    }

    /// That of the default optimizer: a module of Burn has no paths of Keras.
    fn to_module_optimizer(&self) -> ModuleOptimizer {
        self.optimizer_map.all().last().expect("there is a default optimizer").to_module_optimizer()
    }

    fn config(&self) -> Value {
        keras_config::write(self)
    }

    fn keras_module(&self) -> Option<&'static str> {
        // A custom rule may panic, which is to be known.
        self.optimizer_map.all().all(|optimizer| optimizer.keras_module().is_some()).then_some("keras.optimizers")
    }

    fn composition(&self) -> Composition {
        Composition::Several(Arc::new(self.optimizer_map.clone()), self.loss_scale_factor)
    }
}
