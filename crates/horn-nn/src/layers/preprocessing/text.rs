//! What layers of strings have in common.

use serde::{Deserialize, Serialize};

use crate::Error;

/// How strings are written; Rust's are UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
}

/// The error for a layer of strings in a model.
pub(super) fn no_strings() -> Error {
    Error::model("a model has no strings")
        .expected("numbers")
        .mend("call the layer on the strings, and give the model what comes out")
}

/// Makes a layer of strings a layer: it has a name and a configuration, but no place in a model. Its method `written`
/// is its configuration.
macro_rules! text_layer {
    ($class:ident, $name:literal) => {
        impl $crate::Layer for $class {
            fn class_name(&self) -> &str {
                $name
            }

            fn name(&self) -> Option<&str> {
                self.common.name.as_deref()
            }

            fn trainable(&self) -> bool {
                self.common.trainable
            }

            fn output_shape(&self, _: &$crate::Shape) -> $crate::Result<$crate::Shape> {
                Err($crate::layers::preprocessing::text::no_strings())
            }

            fn build(&self, _: &$crate::Shape, _: &mut $crate::Build) -> $crate::Result<$crate::BuiltLayer> {
                Err($crate::layers::preprocessing::text::no_strings())
            }

            fn config(&self) -> serde_json::Value {
                self.written()
            }
        }
    };
}
pub(super) use text_layer;
