//! How losses, metrics and optimizers stand in Keras's files, and how they are read from there.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use horn_nn::{Error, Result, nearest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Losses, metrics or optimizers: those that Horn has, and those of users.
pub(crate) struct Kind<T: ?Sized + 'static> {
    /// What one is called.
    pub called: &'static str,
    /// Keras's module of them.
    pub module: &'static str,
    /// Are capitals no difference in their names?
    pub any_case: bool,
    pub known: &'static [Known<T>],
    pub own: RwLock<BTreeMap<String, Reader<T>>>,
}

/// A class that Horn has.
pub(crate) struct Known<T: ?Sized> {
    pub class_name: &'static str,
    /// What Keras knows it by besides, in strings and as a function.
    pub names: &'static [&'static str],
    pub read: fn(&Value) -> Result<Arc<T>>,
}

/// Reads a user's own object from its configuration.
pub(crate) type Reader<T> = Arc<dyn Fn(&Value) -> Result<Arc<T>> + Send + Sync>;

impl<T: ?Sized> Kind<T> {
    /// Reads what Keras writes: a name, or an object with a class. One that is given by its name gets the
    /// configuration that `named` makes of it.
    pub fn read(&self, object: &Value, named: impl Fn(&str) -> Value) -> Result<Arc<T>> {
        let text = |key| object.get(key).and_then(Value::as_str);
        match (object, text("class_name")) {
            (Value::String(name), _) => self.by_name(name, None, &named(name)),
            (_, Some("function")) => match text("config") {
                Some(name) => self.by_name(name, None, &named(name)),
                None => Err(self.unreadable(object)),
            },
            (_, Some(class)) => {
                let config = object.get("config").filter(|config| !config.is_null());
                self.by_name(class, text("registered_name"), config.unwrap_or(&json!({})))
            }
            _ => Err(self.unreadable(object)),
        }
    }

    fn by_name(&self, name: &str, registered_name: Option<&str>, config: &Value) -> Result<Arc<T>> {
        let own = |name: &str| self.own.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some(read) = registered_name.and_then(own) {
            return read(config);
        }
        let is = |known: &str| known == name || self.any_case && known.eq_ignore_ascii_case(name);
        let known = self.known.iter().find(|known| is(known.class_name) || known.names.iter().any(|name| is(name)));
        match (known, own(name)) {
            (Some(known), _) => (known.read)(config),
            (None, Some(read)) => read(config),
            (None, None) => Err(self.unknown(name)),
        }
    }

    fn unknown(&self, name: &str) -> Error {
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
        let known = self.known.iter().flat_map(|known| known.names.iter().copied().chain([known.class_name]));
        let known: Vec<&str> = known.chain(own.keys().map(String::as_str)).collect();
        let [first, second] = nearest(name, &known);
        let list = self.module.trim_start_matches("keras.");
        Error::argument(format!("there is no {} of this name", self.called))
            .received(format!("{name:?}"))
            .expected(format!("one of Horn's, or one that `{list}::register` was called for"))
            .hint(format!("write {first:?} or {second:?}, if that is what you meant"))
    }

    fn unreadable(&self, object: &Value) -> Error {
        Error::argument(format!("this is no {}", self.called))
            .received(object)
            .expected("a name, or an object with a class_name and a config")
    }

    /// Makes a user's own class known.
    pub fn register(&self, class_name: &str, reader: Reader<T>) {
        self.own.write().unwrap_or_else(PoisonError::into_inner).insert(class_name.to_owned(), reader);
    }

    /// Is it a class that Horn has?
    pub fn has(&self, class_name: &str) -> bool {
        self.known.iter().any(|known| known.class_name == class_name)
    }

    /// An object as Keras writes it. Only classes of a user's own have a registered name, and no module.
    pub fn object(&self, class_name: &str, registered_name: Option<&str>, config: Value) -> Value {
        if registered_name.is_none() && self.has(class_name) {
            return json!({
                "module": self.module, "class_name": class_name, "config": config, "registered_name": null,
            });
        }
        let registered_name = registered_name.unwrap_or(class_name);
        json!({"module": null, "class_name": class_name, "config": config, "registered_name": registered_name})
    }
}

/// Reads an object of Horn's from its configuration: the defaults, overlaid by what the configuration says.
pub(crate) fn read<C: Default + Serialize + DeserializeOwned>(class_name: &str, config: &Value) -> Result<C> {
    let place = format!("class {class_name}");
    let given = config.as_object().ok_or_else(|| {
        Error::argument("the configuration is no object").at(place.clone()).received(config).expected("keys and values")
    })?;
    let mut whole = written(&C::default());
    whole.extend(given.clone());
    let read: C = serde_json::from_value(Value::Object(whole)).map_err(|error| {
        Error::argument("the configuration has an argument of another kind")
            .at(place.clone())
            .received(config)
            .because(error)
    })?;
    // What is not said again has not been read.
    let known = written(&read);
    match given.iter().find(|(key, value)| !known.contains_key(*key) && !value.is_null()) {
        None => Ok(read),
        Some((key, value)) => Err(Error::argument("the class has no such argument")
            .at(place)
            .received(format!("{key} = {value}"))
            .expected(known.keys().cloned().collect::<Vec<_>>().join(", "))),
    }
}

fn written(object: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(object) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// Reads a user's own object, all of whose arguments the configuration has.
pub(crate) fn read_own<C: DeserializeOwned>(class_name: &str, config: &Value) -> Result<C> {
    serde_json::from_value(config.clone()).map_err(|error| {
        Error::argument("the configuration does not fit the class")
            .at(format!("class {class_name}"))
            .received(config)
            .because(error)
    })
}

/// The one type that metrics compute in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Option<String>")]
pub(crate) enum Float32 {
    #[default]
    #[serde(rename = "float32")]
    Float32,
}

/// The first versions of Keras 3 write none.
impl TryFrom<Option<String>> for Float32 {
    type Error = String;

    fn try_from(dtype: Option<String>) -> Result<Self, String> {
        match dtype.as_deref() {
            None | Some("float32") => Ok(Self::Float32),
            Some(other) => Err(format!("metrics are computed in float32, not in {other}")),
        }
    }
}

/// The one axis that crossentropies of Horn's go along, the last one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub(crate) struct LastAxis;

impl TryFrom<i64> for LastAxis {
    type Error = String;

    fn try_from(axis: i64) -> Result<Self, String> {
        if axis == -1 { Ok(Self) } else { Err(format!("the classes must be along the last axis: axis -1, not {axis}")) }
    }
}

impl From<LastAxis> for i64 {
    fn from(_: LastAxis) -> Self {
        -1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_dtype_is_float32() {
        #[derive(Default, Serialize, Deserialize)]
        struct Metric {
            dtype: Float32,
        }
        for config in [json!({"dtype": null}), json!({"dtype": "float32"}), json!({})] {
            assert_eq!(read::<Metric>("Metric", &config).ok().map(|metric| metric.dtype), Some(Float32::Float32));
        }
        let error = read::<Metric>("Metric", &json!({"dtype": "float16"})).err().unwrap().to_string();
        assert!(error.contains("metrics are computed in float32, not in float16"), "{error}");
    }
}
