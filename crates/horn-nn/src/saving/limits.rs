//! Limits for configurations from untrusted files.

use serde_json::Value;

use crate::error::{Error, Result};

/// The limit for the number of layers. Reading more would take long, and real models have fewer.
pub(crate) const MAX_LAYERS: usize = 10_000;

/// The limit for the number of JSON objects in a configuration. A layer has about fifteen.
const MAX_OBJECTS: usize = 100_000;

/// The limit for the nesting of configurations, such as those of models, wrappers, cells and initializers.
const MAX_LEVELS: usize = 30;

/// Rejects configurations that exceed the limits, before they are read.
pub(crate) fn check_size(object: &Value) -> Result<()> {
    fn objects(value: &Value) -> usize {
        match value {
            Value::Object(object) => 1 + object.values().map(objects).sum::<usize>(),
            Value::Array(values) => values.iter().map(objects).sum(),
            _ => 0,
        }
    }
    fn levels(value: &Value) -> usize {
        match value {
            Value::Object(object) => {
                let inside = object.iter().map(|(key, value)| levels(value) + usize::from(key == "config"));
                inside.max().unwrap_or(0)
            }
            Value::Array(values) => values.iter().map(levels).max().unwrap_or(0),
            _ => 0,
        }
    }
    let levels = levels(object);
    if levels > MAX_LEVELS {
        return Err(Error::model("layers are nested too deeply")
            .received(format!("{levels} levels"))
            .expected(format!("at most {MAX_LEVELS}"))
            .hint("use fewer nested models and wrappers"));
    }
    let count = objects(object);
    if count > MAX_OBJECTS {
        return Err(Error::model("the configuration is too large")
            .received(format!("{count} objects"))
            .expected(format!("at most {MAX_OBJECTS}"))
            .hint("split the model into several files"));
    }
    Ok(())
}
