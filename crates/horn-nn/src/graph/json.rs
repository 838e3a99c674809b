//! How Keras writes one value or several.

use serde_json::{Value, json};

/// Keras writes one as it is, and several as a list.
pub(crate) fn one_or_all<T: serde::Serialize>(values: &[T]) -> Value {
    match values {
        [one] => json!(one),
        all => json!(all),
    }
}
