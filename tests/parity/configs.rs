//! What Keras writes about each layer in a model, read and written again: calls, masks, the shapes that layers were
//! built for, and the dtypes of tensors.
//!
//! `keras/make_config_fixtures.py` describes the cases.

use std::collections::BTreeSet;

use horn::layers::{Input, classes, from_config};
use horn::{Apply, KerasTensor, Model, Sequential};
use serde::Deserialize;
use serde_json::Value;

use crate::fixtures::read;

#[derive(Deserialize)]
struct Entry {
    class_name: String,
    case: String,
    model: Value,
    counted: Option<bool>,
}

fn entries() -> Vec<Entry> {
    read("configs.json")
}

/// Cases in which Horn writes something else, and why.
const DIFFERENT: [(&str, &str, &str); 4] = [
    ("Hashing", "one_hot on", OTHER_SHAPE),
    ("TextVectorization", "count on", OTHER_SHAPE),
    ("TextVectorization", "multi_hot on", OTHER_SHAPE),
    ("TextVectorization", "tf_idf on", OTHER_SHAPE),
];
const OTHER_SHAPE: &str = "Keras records another shape of the output than it computes";

#[test]
fn what_keras_writes_comes_out_as_it_went_in() {
    let (mut wrong, mut different) = (Vec::new(), 0);
    for Entry { class_name, case, model, .. } in entries() {
        let written = Model::deserialize(&model, &horn::default_device().unwrap()).and_then(|model| model.serialize());
        let problems = match written {
            Ok(written) => differences(&written, &model),
            Err(error) => vec![error.to_string()],
        };
        match DIFFERENT.iter().find(|(class, other, _)| *class == class_name && *other == case) {
            None => wrong.extend(problems.into_iter().map(|problem| format!("{class_name}, {case}: {problem}"))),
            Some((.., why)) if problems.is_empty() => {
                wrong.push(format!("{class_name}, {case}: as in Keras, and listed as different: {why}"));
            }
            Some(_) => different += 1,
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(different, DIFFERENT.len(), "cases that are different");
}

/// A Horn program that passes no call arguments makes the same file as such a program in Keras.
#[test]
fn what_a_program_makes_is_written_as_by_keras() {
    let (mut wrong, mut made) = (Vec::new(), BTreeSet::new());
    for Entry { class_name, case, model, .. } in entries() {
        let Some(written) = made_again(&case, &model) else { continue };
        let problems = differences(&written.unwrap(), &model);
        wrong.extend(problems.into_iter().map(|problem| format!("{class_name}, {case}: {problem}")));
        made.insert(class_name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let all: BTreeSet<String> = entries().into_iter().map(|entry| entry.class_name).collect();
    let not_made: Vec<_> = all.difference(&made).collect();
    assert_eq!(not_made, [""; 0]);
}

/// The model of a case, made by a program instead of read from the file. `None` if the model is more than inputs and a
/// layer that takes them, or if call arguments were passed.
fn made_again(case: &str, model: &Value) -> Option<horn::Result<Value>> {
    let layers = model["config"]["layers"].as_array()?;
    let (inputs, others): (Vec<_>, Vec<_>) = layers.iter().partition(|layer| layer["class_name"] == "InputLayer");
    let [object] = others[..] else { return None };
    let [call] = object["inbound_nodes"].as_array()?.as_slice() else { return None };
    let is_recorded = |(key, value): (&String, &Value)| match key.as_str() {
        "training" => !matches!(case, "training" | "inference"),
        "mask" => value.is_null() || value.as_array().is_some_and(|all| all.iter().all(Value::is_null)),
        _ => false,
    };
    if !call["kwargs"].as_object()?.iter().all(is_recorded) {
        return None;
    }
    let make = || {
        let layer = from_config(object["class_name"].as_str().unwrap(), &object["config"])?;
        let input = |input: &&Value| serde_json::from_value::<Input>(input["config"].clone()).unwrap().tensor();
        let inputs: Vec<KerasTensor> = inputs.iter().map(input).collect();
        let outputs = layer.apply_all(inputs.as_slice())?;
        // Keras numbers models within the process, Horn within the model around them.
        let name = model["config"]["name"].as_str().unwrap();
        Model::new(inputs, outputs)?.name(name).build(&horn::default_device()?)?.serialize()
    };
    Some(make())
}

/// Fails if Horn has a layer that the fixture lacks: add it to the script that makes the fixture.
#[test]
fn every_layer_is_in_the_fixture() {
    let given: BTreeSet<String> = entries().into_iter().map(|entry| entry.class_name).collect();
    // One class has another name in Keras's public API, which files use.
    let public = |class: &str| if class == "GroupedQueryAttention" { "GroupQueryAttention" } else { class }.to_owned();
    let known: BTreeSet<String> = classes().chain(["Functional", "Sequential"]).map(public).collect();
    // Only `Equalization` is exempt: Keras 3.15 can't apply it to symbolic tensors.
    let missing: Vec<_> = known.difference(&given).filter(|class| *class != "Equalization").collect();
    let unknown: Vec<_> = given.difference(&known).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "the fixture lacks {missing:?}, and Horn {unknown:?}");
}

#[test]
fn a_list_without_an_input_counts_the_weights_that_keras_counts() {
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for Entry { class_name, model, counted, .. } in entries() {
        let Some(counted) = counted else { continue };
        let layer = from_config(&class_name, &model["config"]["layers"][1]["config"]).unwrap();
        let summary = Sequential::new().add(layer).to_summary();
        if summary.rows[0].params.is_some() != counted {
            wrong.push(class_name);
        }
        checked += 1;
    }
    assert!(checked > 90, "{checked} layers");
    assert_eq!(wrong, [] as [String; 0], "layers that are counted otherwise than by Keras");
}

/// The differences between two values: the path, the received and the expected value. Numbers are equal if their values
/// are, as 1 and 1.0.
pub(super) fn differences(received: &Value, expected: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", received, expected, &mut found);
    found
}

fn compare(path: &str, received: &Value, expected: &Value, found: &mut Vec<String>) {
    match (received, expected) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for key in keys {
                let path = format!("{path}/{key}");
                match (one.get(key), other.get(key)) {
                    (Some(one), Some(other)) => compare(&path, one, other, found),
                    (Some(one), None) => found.push(format!("{path} is {one}, and Keras has nothing there")),
                    (None, Some(other)) => found.push(format!("{path} is missing, and Keras has {other}")),
                    (None, None) => {}
                }
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            one.iter().zip(other).enumerate().for_each(|(at, (a, b))| compare(&format!("{path}/{at}"), a, b, found));
        }
        (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => {}
        (one, other) if one == other => {}
        (one, other) => found.push(format!("{path} is {one}, and Keras has {other}")),
    }
}
