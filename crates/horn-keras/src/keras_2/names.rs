//! Names of layers with a slash, which Keras 2 allowed: its `DenseNet121` has a `conv1/conv`.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

/// Replaces the slashes in names of layers, and where the graph or the arguments of `compile` name the layers.
pub(crate) fn translate(object: &mut Value) {
    let mut taken = HashSet::new();
    collect(object, &mut taken);
    let old: Vec<String> = taken.iter().filter(|name| name.contains('/')).cloned().collect();
    if old.is_empty() {
        return;
    }
    let mut renamed = HashMap::new();
    for old in old {
        let mut new = old.replace('/', "_");
        while !taken.insert(new.clone()) {
            new.push('_');
        }
        renamed.insert(old, new);
    }
    rename(object, &renamed);
}

fn collect(value: &Value, names: &mut HashSet<String>) {
    match value {
        Value::Object(members) => {
            names.extend(members.get("name").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| collect(value, names));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, names)),
        _ => {}
    }
}

fn rename(value: &mut Value, renamed: &HashMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(new) = renamed.get(text) {
                *text = new.clone();
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, renamed)),
        Value::Object(members) => {
            members.values_mut().for_each(|value| rename(value, renamed));
            // Losses may be given by the names of outputs.
            if members.keys().any(|key| renamed.contains_key(key)) {
                let all = std::mem::take(members).into_iter();
                *members =
                    all.map(|(key, value)| (renamed.get(&key).cloned().unwrap_or(key), value)).collect::<Map<_, _>>();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn slashes_are_replaced_wherever_a_layer_is_named() {
        let layer = |name: &str, from: &str| json!({"name": name, "config": {"name": name}, "inbound_nodes": [[[from, 0, 0, {}]]]});
        let model = |names: [&str; 3]| {
            let [first, second, third] = names;
            json!({
                "config": {
                    "layers": [layer(first, "x"), layer(second, first), layer(third, second)],
                    "output_layers": [[second, 0, 0]],
                },
                "compile_config": {"loss": {second: "mse"}},
            })
        };
        let mut object = model(["conv1/conv", "conv1/bn", "conv1_conv"]);
        translate(&mut object);
        assert_eq!(object, model(["conv1_conv_", "conv1_bn", "conv1_conv"]));
        let mut other = model(["a", "b", "c"]);
        translate(&mut other);
        assert_eq!(other, model(["a", "b", "c"]));
    }
}
