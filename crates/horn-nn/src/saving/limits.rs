//! How large a configuration from an untrusted file may be.

use serde_json::Value;

use crate::error::{Error, Result};

/// A model of more layers would take long to read, and nobody has one.
pub(crate) const MAX_LAYERS: usize = 10_000;

/// How many objects there are in the configuration of a model: some fifteen for each layer.
const MAX_OBJECTS: usize = 100_000;

/// How deep configurations are in each other: those of models, wrappers, cells and initializers.
const MAX_LEVELS: usize = 30;

/// Refuses what is larger or deeper than any model, before it is read.
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
            .expected(format!("at most {MAX_LEVELS}")));
    }
    let count = objects(object);
    if count > MAX_OBJECTS {
        return Err(Error::model("the configuration is too large")
            .received(format!("{count} objects"))
            .expected(format!("at most {MAX_OBJECTS}")));
    }
    Ok(())
}
