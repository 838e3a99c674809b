//! What layers keep beside their weights: the vocabularies that they have learned.

use horn_nn::{Error, Result, numbered_classes};
use serde_json::Value;

use crate::archive::Archive;

/// Gives layers the vocabularies that they learned in Keras, as if they had been given them.
pub(crate) fn place(object: &mut Value, archive: &mut Archive) -> Result<()> {
    place_in(object, "", archive)
}

fn place_in(object: &mut Value, prefix: &str, archive: &mut Archive) -> Result<()> {
    let lists_inputs = object["class_name"] != "Sequential";
    let layers = object.get_mut("config").and_then(|config| config.get_mut("layers")).and_then(Value::as_array_mut);
    let Some(layers) = layers else { return Ok(()) };
    let mut listed: Vec<&mut Value> =
        layers.iter_mut().filter(|layer| lists_inputs || layer["class_name"] != "InputLayer").collect();
    let classes: Vec<String> =
        listed.iter().map(|layer| layer["class_name"].as_str().unwrap_or_default().to_owned()).collect();
    let names = numbered_classes(classes.iter().map(String::as_str));
    for (layer, name) in listed.iter_mut().zip(names) {
        let path = format!("{prefix}layers/{name}");
        let learned = layer["config"].get("vocabulary").is_some_and(Value::is_null);
        if let Some(text) = if learned { archive.asset(&format!("{path}/vocabulary.txt"))? } else { None } {
            layer["config"]["vocabulary"] = vocabulary(layer, text).map_err(|error| error.at(format!("{path:?}")))?;
        }
        place_in(layer, &format!("{path}/"), archive)?;
    }
    Ok(())
}

/// A token a line.
fn vocabulary(layer: &Value, text: Vec<u8>) -> Result<Value> {
    let damaged = || Error::file("the vocabulary is damaged").mend("save the model again");
    let text = String::from_utf8(text).map_err(|error| damaged().because(error))?;
    let tokens = text.lines().map(|token| match layer["class_name"].as_str() {
        Some("IntegerLookup") => token.parse::<i64>().map(Value::from).map_err(|error| damaged().because(error)),
        _ => Ok(token.into()),
    });
    tokens.collect()
}
