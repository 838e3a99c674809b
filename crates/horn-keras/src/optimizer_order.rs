//! The order of the optimizers in a `MultiOptimizer`, which is that of their variables in the file.
//!
//! An object of `serde_json` has its keys sorted, so their order in the file is read by itself.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Records the order of each map of optimizers in this JSON, under the key `order` beside it. The value is what was read of
/// it.
pub(crate) fn record(json: &[u8], value: &mut Value) {
    let key = b"\"optimizer_map\"";
    if !json.windows(key.len()).any(|part| part == key) {
        return;
    }
    if let Ok(ordered) = serde_json::from_slice::<Ordered>(json) {
        record_in(&ordered, value);
    }
}

fn record_in(ordered: &Ordered, value: &mut Value) {
    let (Ordered::Object(entries), Value::Object(object)) = (ordered, value) else { return };
    record_here(entries, object);
    for (key, ordered) in entries {
        if let Some(value) = object.get_mut(key) {
            record_in(ordered, value);
        }
    }
}

fn record_here(entries: &[(String, Ordered)], object: &mut Map<String, Value>) {
    let of_map = |(key, entry): &&(String, Ordered)| key == "optimizer_map" && matches!(entry, Ordered::Object(_));
    if !object.contains_key("default_optimizer") {
        return;
    }
    if let Some((_, Ordered::Object(mapped))) = entries.iter().find(of_map) {
        object.insert("order".to_owned(), mapped.iter().map(|(pattern, _)| pattern.as_str()).collect());
    }
}

/// JSON of which only the objects in objects are known, with their keys in order.
enum Ordered {
    Object(Vec<(String, Ordered)>),
    Other,
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

macro_rules! other {
    ($($method:ident: $value:ty),+) => {
        $(fn $method<E>(self, _: $value) -> Result<Ordered, E> {
            Ok(Ordered::Other)
        })+
    };
}

impl<'de> Visitor<'de> for Anything {
    type Value = Ordered;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Ordered, A::Error> {
        let mut ordered = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            ordered.push(entry);
        }
        Ok(Ordered::Object(ordered))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Ordered, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Ordered::Other)
    }

    fn visit_unit<E>(self) -> Result<Ordered, E> {
        Ok(Ordered::Other)
    }

    other!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_in_the_file_is_recorded() {
        let text = br#"{"x": [1, {"a": null}], "optimizer": {"config": {"optimizer_map": {"config":
            {"optimizer_map": {"z/.*": {"y": 1}, "a": {}, "m": true}, "default_optimizer": "sgd"}}}}}"#;
        let mut value: Value = serde_json::from_slice(text).unwrap();
        record(text, &mut value);
        assert_eq!(value["optimizer"]["config"]["optimizer_map"]["config"]["order"], json!(["z/.*", "a", "m"]));
    }
}
