//! Keras's JSON for one value or several.

use serde_json::{Value, json};

/// A single value as it is, several as a list.
pub(crate) fn one_or_all<T: serde::Serialize>(values: &[T]) -> Value {
    match values {
        [one] => json!(one),
        all => json!(all),
    }
}
