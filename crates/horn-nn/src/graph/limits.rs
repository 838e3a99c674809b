//! Limits for configurations from untrusted files.

use serde_json::Value;

use crate::error::{Error, Result};

/// The limit for the nesting of configurations, such as those of models, wrappers, cells and initializers. Keras reads 120
/// models inside of each other, as deep as Python's recursion goes, and the innermost layer has two levels more.
const MAX_LEVELS: usize = 123;

/// Rejects configurations that are nested too deeply, before they are read. Their size is limited by that of the file, and
/// all that is made of them grows in proportion.
pub(crate) fn check_levels(object: &Value) -> Result<()> {
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
    Ok(())
}
