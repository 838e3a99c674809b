//! The optimizers of Keras 2, translated into those of Keras 3: their arguments, and what they remember.

use horn_nn::Result;
use horn_train::optimizers::OptimizerValue;
use ndarray::arr0;
use serde_json::{Map, Value, json};

use crate::h5::WeightsReader;
use crate::legacy;
use crate::optimizer_values::optimizer_values;

/// The class that scales the loss of models in half precision, by its names in Keras 2 and in Keras 3.
const LOSS_SCALE: [&str; 2] = ["LossScaleOptimizerV3", "LossScaleOptimizer"];

/// Translates the object of an optimizer.
pub(crate) fn translate(optimizer: &mut Value) {
    let class = optimizer["class_name"].as_str().unwrap_or_default().to_owned();
    let class = class.strip_prefix("Custom>").unwrap_or(&class);
    if !class.is_empty() {
        optimizer["class_name"] = if class == LOSS_SCALE[0] { LOSS_SCALE[1] } else { class }.into();
    }
    // A name that is registered in Keras 2 is that of a class in Keras 3.
    if let Some(fields) = optimizer.as_object_mut() {
        fields.remove("registered_name");
    }
    let Some(config) = optimizer.get_mut("config").and_then(Value::as_object_mut) else { return };
    if let Some(inner) = config.get_mut("inner_optimizer") {
        translate(inner);
        if config.get("dynamic") == Some(&Value::Bool(true)) {
            config.remove("dynamic");
        }
        return;
    }
    for gone in ["is_legacy_optimizer", "jit_compile"] {
        config.remove(gone);
    }
    // Keras's own default, as in Keras 3.
    if config.get("epsilon").is_some_and(Value::is_null) {
        config.remove("epsilon");
    }
    // A schedule without a name.
    if let Some(schedule) = config.get_mut("learning_rate").and_then(|rate| rate.get_mut("config")?.as_object_mut()) {
        schedule.retain(|key, value| key != "name" || !value.is_null());
    }
    if let Some(rate) = config.remove("lr") {
        config.entry("learning_rate").or_insert(rate);
    }
    translate_decay(config);
}

/// The rate of an optimizer with `decay` is `learning_rate / (1 + decay · iterations)`, which is a schedule in Keras 3.
fn translate_decay(config: &mut Map<String, Value>) {
    let Some(decay) = config.get("decay").and_then(Value::as_f64) else { return };
    config.remove("decay");
    let rate = config.get("learning_rate").and_then(Value::as_f64);
    if let Some(rate) = rate.filter(|_| decay != 0.0) {
        let schedule = json!({
            "module": "keras.optimizers.schedules",
            "class_name": "InverseTimeDecay",
            "config": {
                "initial_learning_rate": rate,
                "decay_steps": 1,
                "decay_rate": decay,
                "staircase": false,
                "name": "InverseTimeDecay",
            },
            "registered_name": null,
        });
        config.insert("learning_rate".to_owned(), schedule);
    }
}

/// The names of two values that optimizers before version 2.11 kept for each weight.
const PAIRS: [(&str, &str); 3] = [("m", "v"), ("accum_grad", "accum_var"), ("accumulator", "linear")];

/// The state of an optimizer of Keras 2, if the file has it, as the variables of Keras 3 in their order. They don't fit
/// any optimizer if their order is not known.
pub(crate) fn values(file: &WeightsReader, optimizer: &Value, rate: f64) -> Result<Option<Vec<OptimizerValue>>> {
    let names = legacy::optimizer_variables(file)?;
    Ok(optimizer_values(file)?.map(|values| in_order(values, &names, optimizer, rate).unwrap_or_default()))
}

/// The values in the order of Keras 3, given their names if the file has them. Keras 2 did not save the learning rate
/// with them.
pub(super) fn in_order(
    mut values: Vec<OptimizerValue>,
    names: &[String],
    optimizer: &Value,
    rate: f64,
) -> Option<Vec<OptimizerValue>> {
    let kind = |name: &String| name.rsplit('/').next().unwrap_or_default().trim_end_matches(":0").to_owned();
    if LOSS_SCALE.iter().any(|class| optimizer["class_name"] == *class) {
        return None;
    }
    match names.first().map(kind).as_deref() {
        None | Some("iteration") => {
            // The other values are zeros.
            let of_sgd = optimizer["class_name"] == "SGD" || optimizer.as_str().is_some_and(|it| it == "sgd");
            if of_sgd && optimizer["config"]["momentum"].as_f64().unwrap_or_default() == 0.0 {
                values.truncate(1);
            }
        }
        // Before 2.11: the first value of all weights, then the second.
        Some("iter") => {
            let kinds: Vec<String> = names.iter().map(kind).collect();
            let of = |slot: &str| (0..kinds.len()).filter(|&at| kinds[at] == slot).collect::<Vec<_>>();
            let pair = PAIRS.iter().map(|(first, second)| (of(first), of(second))).find(|(first, _)| !first.is_empty());
            if let Some((first, second)) = pair {
                values = interleaved(&values, &first, &second)?;
            }
        }
        Some(_) => return None,
    }
    if !optimizer["config"]["learning_rate"].is_object() {
        values.insert(1, OptimizerValue::Float(arr0(rate as f32).into_dyn()));
    }
    Some(values)
}

/// The values with the first and the second of each weight next to each other. The others come last.
fn interleaved(values: &[OptimizerValue], first: &[usize], second: &[usize]) -> Option<Vec<OptimizerValue>> {
    if first.len() != second.len() {
        return None;
    }
    let pairs = first.iter().zip(second).flat_map(|(&first, &second)| [first, second]);
    let others = (1..values.len()).filter(|at| !first.contains(at) && !second.contains(at));
    std::iter::once(0).chain(pairs).chain(others).map(|at| values.get(at).cloned()).collect()
}
