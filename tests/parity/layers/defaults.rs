//! The default values of arguments: every layer, made with only its required arguments.

use horn::layers::from_config;
use serde::Deserialize;
use serde_json::Value;

use super::check::same;
use crate::fixtures::read;

#[derive(Deserialize)]
struct Entry {
    class_name: String,
    args: Value,
    config: Value,
    supports_masking: bool,
}

/// Classes whose configuration differs if arguments are left out, and why.
const DIFFERENT: [(&str, &str); 2] = [
    ("InputLayer", "Keras's files give the shape of a batch, programs that of a sample"),
    ("RandomCrop", "a seed is drawn when the model is built, and not by the description"),
];

#[test]
fn defaults_are_those_of_keras() {
    let entries: Vec<Entry> = read("layers/defaults.json");
    assert!(entries.len() >= 136, "{}", entries.len());
    let (mut wrong, mut missing, mut different) = (Vec::new(), Vec::new(), Vec::new());
    for entry in &entries {
        let is_listed = DIFFERENT.iter().any(|(class_name, _)| *class_name == entry.class_name);
        match difference(entry) {
            Some(_) if is_listed => different.push(entry.class_name.as_str()),
            Some(text) if text.contains("there is no layer of this class") => missing.push(entry.class_name.as_str()),
            Some(text) => wrong.push(format!("- {}: {text}", entry.class_name)),
            None => {}
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), entries.len(), wrong.join("\n"));
    different.sort_unstable();
    assert_eq!(different, DIFFERENT.map(|(class_name, _)| class_name), "the classes that differ, and those listed");
    missing.sort_unstable();
    assert_eq!(missing, MISSING, "the classes that Horn lacks, and those that are listed as such");
}

/// The difference between the layer and Keras's layer.
fn difference(Entry { class_name, args, config, supports_masking }: &Entry) -> Option<String> {
    let mut args = args.clone();
    args["name"] = config["name"].clone();
    match from_config(class_name, &args) {
        Err(error) => Some(error.to_string()),
        Ok(layer) if !same(&layer.config(), config) => {
            Some(format!("the defaults are\n{}\nand Keras's\n{config}", layer.config()))
        }
        Ok(layer) if layer.supports_masking() != *supports_masking => Some("supports_masking".to_owned()),
        Ok(_) => None,
    }
}

/// Keras's classes that Horn lacks.
const MISSING: [&str; 0] = [];
