//! What stands for an optimizer that Horn lacks.

use std::sync::Arc;

use burn::optim::ModuleOptimizer;
use horn_nn::{Error, Result};
use serde_json::Value;

use super::from_config::from_config;
use super::learning_rate::LearningRate;
use super::optimizer::Optimizer;
use super::sgd::SGD;

/// An optimizer of a file that Horn lacks, or whose arguments or schedule it lacks. The model evaluates and predicts,
/// and can't be trained. The file's object is kept, so that it is written as it was read.
#[derive(Debug)]
struct Unavailable {
    object: Value,
    reason: Error,
}

/// Reads the optimizer of a compiled model. Evaluation does not need it, so one that Horn lacks is not an error until the
/// model is trained.
///
/// # Errors
///
/// If the object does not name an optimizer.
pub(crate) fn from_compiled(object: &Value) -> Result<Arc<dyn Optimizer>> {
    from_config(object).or_else(|reason| match object.get("class_name").unwrap_or(object) {
        Value::String(_) => Ok(unavailable(object.clone(), reason)),
        _ => Err(reason),
    })
}

/// What stands for the optimizer that Keras writes as this object, and that Horn lacks for this reason.
pub(crate) fn unavailable(object: Value, reason: Error) -> Arc<dyn Optimizer> {
    Arc::new(Unavailable { object, reason })
}

impl Optimizer for Unavailable {
    fn class_name(&self) -> &'static str {
        "Unavailable"
    }

    fn learning_rate(&self) -> LearningRate {
        0.0.into()
    }

    fn validate(&self) -> Result<()> {
        Ok(())
    }

    /// Never used: the model is not trained.
    fn to_module_optimizer(&self) -> ModuleOptimizer {
        SGD::new(0.0).to_module_optimizer()
    }

    fn config(&self) -> Value {
        self.object["config"].clone()
    }

    fn unavailable(&self) -> Option<&Error> {
        Some(&self.reason)
    }

    fn serialize(&self) -> Value {
        self.object.clone()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_names_an_optimizer_stands_for_one() {
        let schedule = json!({"class_name": "Spiral", "config": {}});
        for object in [
            json!("orbit"),
            json!({"class_name": "Orbit", "config": {}}),
            json!({"class_name": "SGD", "config": {"learning_rate": schedule}}),
            json!({"class_name": "SGD", "config": {"use_ema": true, "ema_momentum": 2.0}}),
        ] {
            let optimizer = from_compiled(&object).unwrap();
            assert!(optimizer.unavailable().is_some(), "{object}");
            assert_eq!(optimizer.serialize(), object);
        }
        assert!(from_compiled(&json!("sgd")).unwrap().unavailable().is_none());
        for object in [json!(null), json!(3), json!({"config": {}}), json!({"class_name": 3})] {
            assert!(from_compiled(&object).is_err(), "{object}");
        }
    }
}
