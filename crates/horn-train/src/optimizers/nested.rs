//! An optimizer as an argument of another.

use std::sync::Arc;

use horn_nn::{Error, Result};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::from_config::from_config;
use super::optimizer::Optimizer;
use super::unavailable::unavailable;

/// An optimizer inside of another. A configuration has its object.
#[derive(Clone, Debug)]
pub(super) struct Nested(pub Arc<dyn Optimizer>);

impl Nested {
    /// Checks the optimizer inside.
    pub fn validate(&self, argument: &str) -> Result<()> {
        match self.0.unavailable() {
            Some(_) => Err(Error::argument("the optimizer is missing")
                .at(argument)
                .received("none")
                .expected("an optimizer")
                .hint("make it with the optimizer that it is put around")),
            None => self.0.validate(),
        }
    }
}

/// Only for reading configurations: none.
impl Default for Nested {
    fn default() -> Self {
        Self(unavailable(Value::Null, Error::argument("the optimizer is missing")))
    }
}

impl PartialEq for Nested {
    fn eq(&self, other: &Self) -> bool {
        self.0.serialize() == other.0.serialize()
    }
}

impl Serialize for Nested {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Value::deserialize(deserializer)?;
        if object.is_null() {
            return Ok(Self::default());
        }
        from_config(&object).map(Self).map_err(D::Error::custom)
    }
}
