//! Activations that Keras's files hold as layers: `Dense(8, activation=LeakyReLU(0.2))`.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::activations::activation::Activation;
use crate::activations::custom::CustomActivation;
use crate::activations::tuned::Tuned;
use crate::error::{Error, Result};
use crate::registry::arguments::read_arguments;

/// The arguments of all these layers, with Keras's defaults.
#[derive(Deserialize)]
#[serde(default)]
struct Arguments {
    activation: Activation,
    alpha: Option<f64>,
    axis: isize,
    max_value: Option<f64>,
    negative_slope: Option<f64>,
    theta: f64,
    threshold: f64,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            activation: Activation::Linear,
            alpha: None,
            axis: -1,
            max_value: None,
            negative_slope: None,
            theta: 1.0,
            threshold: 0.0,
        }
    }
}

/// The error for a custom function.
pub(super) fn of_program(function: &str, hint: &str) -> Error {
    Error::argument("the activation is a function of the program that made the file")
        .received(function)
        .expected("one of Keras's activations, or a registered one")
        .hint(hint)
}

/// Reads the activation that a layer's object stands for. Its name and dtype say nothing about the values.
pub(super) fn read(object: &Value) -> Result<Activation> {
    let class = object["class_name"].as_str().unwrap_or_default();
    if let (Some(function), "function" | "builtin_function_or_method") = (object["config"].as_str(), class) {
        return CustomActivation::registered(function).map(Activation::Custom).ok_or_else(|| {
            of_program(
                &format!("{function:?}"),
                "a file has only its name: write it in Rust by `Activation::custom`, and `register` it first",
            )
        });
    }
    let arguments = read_arguments::<Arguments>(&object["config"]).map_err(|(received, error)| {
        Error::argument("the arguments of the activation are of the wrong type")
            .received(received)
            .because(error)
            .hint("give them numbers")
    })?;
    let slope = |default: f64| arguments.negative_slope.or(arguments.alpha).unwrap_or(default);
    match class {
        "Activation" => Ok(arguments.activation),
        "ELU" => Ok(Activation::elu(arguments.alpha.unwrap_or(1.0))),
        "Identity" => Ok(Activation::Linear),
        // Keras 2 calls the slope alpha.
        "LeakyReLU" => Ok(Activation::leaky_relu(slope(0.3))),
        "ReLU" => Ok(Activation::relu(slope(0.0), arguments.max_value, arguments.threshold)),
        "Softmax" if arguments.axis == -1 => Ok(Activation::Softmax),
        // A layer of Keras 2.
        "ThresholdedReLU" => Ok(Activation::relu(0.0, None, arguments.theta)),
        _ => Err(Error::argument("this can't be the activation of a layer")
            .received(if class.is_empty() { object.to_string() } else { class.to_owned() })
            .expected("Activation, ELU, Identity, LeakyReLU, ReLU or Softmax of the last axis")
            .hint("make it a layer of its own, after this one")),
    }
}

/// The object of the layer that means the same; only for functions whose arguments a layer has.
pub(super) fn write(tuned: Tuned) -> Option<Value> {
    let (class, name, key, value) = match tuned {
        Tuned::Elu { alpha } => ("ELU", "elu", "alpha", alpha),
        Tuned::LeakyRelu { negative_slope } => ("LeakyReLU", "leaky_re_lu", "negative_slope", negative_slope),
        Tuned::Relu { negative_slope, .. } => ("ReLU", "re_lu", "negative_slope", negative_slope),
        _ => return None,
    };
    let policy = json!({
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": {"name": "float32"},
        "registered_name": null,
    });
    let mut config = json!({"name": name, "trainable": true, "dtype": policy, key: value});
    if let Tuned::Relu { max_value, threshold, .. } = tuned {
        config["max_value"] = json!(max_value);
        config["threshold"] = json!(threshold);
    }
    Some(json!({"module": "keras.layers", "class_name": class, "config": config, "registered_name": null}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(class: &str, config: Value) -> Result<Activation> {
        super::read(&json!({"module": "keras.layers", "class_name": class, "config": config, "registered_name": null}))
    }

    #[test]
    fn layers_become_activations() {
        let plain = json!({"name": "a", "trainable": true, "dtype": "float32"});
        for (class, config, expected) in [
            ("Activation", json!({"activation": "tanh"}), Activation::Tanh),
            ("ELU", json!({"alpha": 0.5}), Activation::elu(0.5)),
            ("ELU", plain.clone(), Activation::Elu),
            ("Identity", plain.clone(), Activation::Linear),
            ("LeakyReLU", json!({"negative_slope": 0.1}), Activation::leaky_relu(0.1)),
            ("LeakyReLU", json!({"alpha": 0.25}), Activation::leaky_relu(0.25)),
            ("LeakyReLU", plain.clone(), Activation::leaky_relu(0.3)),
            (
                "ReLU",
                json!({"max_value": 6.0, "negative_slope": 0.0, "threshold": 0.0}),
                Activation::relu(0.0, 6.0, 0.0),
            ),
            ("ReLU", plain.clone(), Activation::Relu),
            ("Softmax", json!({"axis": -1}), Activation::Softmax),
            ("ThresholdedReLU", json!({"theta": 0.5}), Activation::relu(0.0, None, 0.5)),
        ] {
            assert_eq!(read(class, config).unwrap(), expected, "{class}");
        }
    }

    #[test]
    fn they_are_written_as_layers() {
        for activation in [
            Activation::elu(0.5),
            Activation::leaky_relu(0.1),
            Activation::relu(0.1, 6.0, 1.0),
            Activation::relu(0.1, None, 0.0),
        ] {
            let written = serde_json::to_value(activation).unwrap();
            assert_eq!(written["module"], "keras.layers", "{activation}");
            assert_eq!(serde_json::from_value::<Activation>(written).unwrap(), activation);
        }
    }

    #[test]
    fn what_is_not_an_activation_is_an_error() {
        let message = |class: &str, config| read(class, config).unwrap_err().to_string();
        assert_eq!(
            message("PReLU", json!({"shared_axes": null})),
            "this can't be the activation of a layer; received PReLU, expected Activation, ELU, Identity, LeakyReLU, ReLU \
             or Softmax of the last axis. Hint: make it a layer of its own, after this one."
        );
        assert!(message("Softmax", json!({"axis": 1})).contains("Softmax of the last axis"));
        assert!(message("LeakyReLU", json!({"alpha": "large"})).contains("of the wrong type"));
        // Keras writes a lambda as its compiled code.
        let lambda = serde_json::from_value::<Activation>(json!({"value": ["4wEAAAAAAAAA", null, null]}));
        assert!(lambda.unwrap_err().to_string().contains("made the file; received a lambda"));
        assert_eq!(
            message("function", json!("my_activation")),
            "the activation is a function of the program that made the file; received \"my_activation\", expected one of \
             Keras's activations, or a registered one. Hint: a file has only its name: write it in Rust by \
             `Activation::custom`, and `register` it first."
        );
    }
}
