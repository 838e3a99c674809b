//! The arguments of `compile` of Keras 2, translated into those of Keras 3.

use horn_nn::numbered_classes;
use horn_train::metrics;
use serde_json::{Map, Value, json};

use super::optimizer;

/// Translates the arguments of `compile`, given the names of the model's outputs.
pub(crate) fn translate(training: &mut Map<String, Value>, outputs: &[String]) {
    for key in ["loss", "metrics", "weighted_metrics"] {
        training.get_mut(key).into_iter().for_each(translate_objects);
    }
    for key in ["metrics", "weighted_metrics"] {
        training.get_mut(key).into_iter().for_each(name_classes);
    }
    training.get_mut("optimizer").into_iter().for_each(optimizer::translate);
    // An output without a weight has the weight 1.
    if let Some(weights) = training.get_mut("loss_weights").and_then(Value::as_object_mut).filter(|_| outputs.len() > 1)
    {
        outputs.iter().for_each(|output| {
            weights.entry(output.clone()).or_insert(1.into());
        });
    }
    // An option of `compile` before version 2.4, for sequences.
    if training.get("sample_weight_mode").is_some_and(|mode| *mode != "temporal") {
        training.remove("sample_weight_mode");
    }
    for key in ["metrics", "weighted_metrics"] {
        let Some(lists) = training.get_mut(key).and_then(Value::as_array_mut) else { continue };
        match (lists.as_mut_slice(), outputs) {
            // A list for each output. Here there is one output.
            ([inner @ Value::Array(_)], _) => {
                let inner = inner.take();
                training.insert(key.to_owned(), inner);
            }
            (lists, outputs) if lists.len() == outputs.len() => lists.iter_mut().zip(outputs).for_each(plain_names),
            _ => {}
        }
    }
}

/// Gives a metric that is the name of a class, such as `"AUC"`, the name that it had in Keras 2. Keras 3 names it as it is
/// written. Names of functions are not in capitals, or only in capitals: `"mse"` and `"MSE"`.
fn name_classes(value: &mut Value) {
    match value {
        Value::String(class) if class == "AUC" || is_camel_case(class) => {
            let name = numbered_classes([class.as_str()]).pop();
            *value = json!({"class_name": class, "config": {"name": name}});
        }
        Value::Array(values) => values.iter_mut().for_each(name_classes),
        Value::Object(values) if !values.contains_key("class_name") => values.values_mut().for_each(name_classes),
        _ => {}
    }
}

fn is_camel_case(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.contains(|letter: char| letter.is_ascii_lowercase())
}

/// Removes the name of the output, with which a trained model of several outputs names its metrics.
fn plain_names((metrics, output): (&mut Value, &String)) {
    for metric in metrics.as_array_mut().into_iter().flatten() {
        let name = metric["config"]["name"].as_str();
        let plain = name.and_then(|name| name.strip_prefix(output)?.strip_prefix('_')).map(str::to_owned);
        if let Some(plain) = plain {
            metric["config"]["name"] = plain.into();
        }
    }
}

/// The class of the metric that is the mean of a function.
fn metric_of(function: &str) -> Option<&'static str> {
    // The registry has these by their classes' names alone.
    let name = match function {
        "kullback_leibler_divergence" => "kl_divergence",
        "log_cosh" | "logcosh" => "log_cosh_error",
        name => name,
    };
    metrics::from_config(&name.into()).ok().map(|metric| metric.class_name())
}

/// Translates losses and metrics, also in lists and by outputs.
fn translate_objects(value: &mut Value) {
    if value["class_name"].is_string() {
        let function = value["config"].get_mut("fn").map(Value::take);
        let class = function.as_ref().and_then(Value::as_str).and_then(metric_of);
        if let Some(class) = class.filter(|_| value["class_name"] == "MeanMetricWrapper") {
            value["class_name"] = class.into();
        }
        let is_cosine = value["class_name"] == "CosineSimilarity";
        if let Some(config) = value["config"].as_object_mut() {
            config.remove("fn");
            // Keras 3 writes no axis; it is the last one, as by default in Keras 2.
            if is_cosine && config.get("axis").is_some_and(|axis| *axis == -1) {
                config.remove("axis");
            }
            if config.get("reduction").is_some_and(|reduction| reduction == "auto") {
                config.insert("reduction".to_owned(), "sum_over_batch_size".into());
            }
        }
        return;
    }
    match value {
        Value::Array(values) => values.iter_mut().for_each(translate_objects),
        Value::Object(values) => values.values_mut().for_each(translate_objects),
        _ => {}
    }
}
