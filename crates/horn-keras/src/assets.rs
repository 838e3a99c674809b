//! What layers keep beside their weights: the vocabularies that they have learned.

use horn_nn::{Error, Result, numbered_classes};
use serde_json::Value;

use crate::archive::Archive;

/// The layers that learn a vocabulary.
const LEARNERS: [&str; 3] = ["IntegerLookup", "StringLookup", "TextVectorization"];
/// What all vocabularies of a file may have together. A token takes some 200 bytes until the model is there, however
/// short it is, and the vocabularies of models have thousands of tokens; those of published word vectors, 400,000.
const MOST_TOKENS: usize = 400_000;
const MOST_BYTES: u64 = 16 << 20;

/// What of that is left.
struct Left {
    tokens: usize,
    bytes: u64,
}

/// Gives layers the vocabularies that they learned in Keras, as if they had been given them.
pub(crate) fn place(object: &mut Value, archive: &mut Archive) -> Result<()> {
    place_in(object, "", archive, &mut Left { tokens: MOST_TOKENS, bytes: MOST_BYTES })
}

fn place_in(object: &mut Value, prefix: &str, archive: &mut Archive, left: &mut Left) -> Result<()> {
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
        let learned = LEARNERS.iter().any(|class| layer["class_name"] == *class)
            && layer["config"].get("vocabulary").is_some_and(Value::is_null);
        let text = if learned { archive.asset(&format!("{path}/vocabulary.txt"), left.bytes)? } else { None };
        if let Some(text) = text {
            let tokens = vocabulary(layer, text, left).map_err(|error| error.at(format!("{path:?}")))?;
            layer["config"]["vocabulary"] = tokens;
        }
        place_in(layer, &format!("{path}/"), archive, left)?;
    }
    Ok(())
}

/// A token a line.
fn vocabulary(layer: &Value, text: Vec<u8>, left: &mut Left) -> Result<Value> {
    let lines = text.iter().filter(|byte| **byte == b'\n').count() + 1;
    left.bytes -= text.len() as u64;
    left.tokens = left.tokens.checked_sub(lines).ok_or_else(|| {
        Error::file("the vocabulary is too large")
            .received(format!("{lines} tokens"))
            .expected(format!("at most {MOST_TOKENS} in all vocabularies of a model"))
            .mend("leave rare tokens out: give the layer `max_tokens`")
    })?;
    let damaged = || Error::file("the vocabulary is damaged").mend("save the model again");
    let text = String::from_utf8(text).map_err(|error| damaged().because(error))?;
    let tokens = text.lines().map(|token| match layer["class_name"].as_str() {
        Some("IntegerLookup") => token.parse::<i64>().map(Value::from).map_err(|error| damaged().because(error)),
        _ => Ok(token.into()),
    });
    tokens.collect()
}
