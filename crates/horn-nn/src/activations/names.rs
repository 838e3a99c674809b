//! The names of activations: parsing, printing, and reading and writing configurations.

use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::activations::activation::Activation;
use crate::activations::as_layers;
use crate::activations::custom::CustomActivation;
use crate::activations::hard_sigmoid;
use crate::activations::tuned::Tuned;
use crate::error::{Error, Result};
use crate::registry::suggest::did_you_mean;

/// Keras's aliases.
const ALIASES: [(&str, Activation); 2] = [("hard_swish", Activation::HardSilu), ("swish", Activation::Silu)];

impl Activation {
    /// All activations without custom arguments, in alphabetical order.
    pub const ALL: [Self; 29] = [
        Self::Celu,
        Self::Elu,
        Self::Exponential,
        Self::Gelu,
        Self::Glu,
        Self::HardShrink,
        Self::HardSigmoid,
        Self::HardSilu,
        Self::HardTanh,
        Self::LeakyRelu,
        Self::Linear,
        Self::LogSigmoid,
        Self::LogSoftmax,
        Self::Mish,
        Self::Relu,
        Self::Relu6,
        Self::Selu,
        Self::Sigmoid,
        Self::Silu,
        Self::SoftShrink,
        Self::Softmax,
        Self::Softplus,
        Self::Softsign,
        Self::SparsePlus,
        Self::SparseSigmoid,
        Self::Sparsemax,
        Self::Squareplus,
        Self::Tanh,
        Self::TanhShrink,
    ];

    /// Keras's name of the function, without its arguments.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Celu => "celu",
            Self::Elu => "elu",
            Self::Exponential => "exponential",
            Self::Gelu => "gelu",
            Self::Glu => "glu",
            Self::HardShrink => "hard_shrink",
            Self::HardSigmoid => "hard_sigmoid",
            Self::HardSilu => "hard_silu",
            Self::HardTanh => "hard_tanh",
            Self::LeakyRelu => "leaky_relu",
            Self::Linear => "linear",
            Self::LogSigmoid => "log_sigmoid",
            Self::LogSoftmax => "log_softmax",
            Self::Mish => "mish",
            Self::Relu => "relu",
            Self::Relu6 => "relu6",
            Self::Selu => "selu",
            Self::Sigmoid => "sigmoid",
            Self::Silu => "silu",
            Self::SoftShrink => "soft_shrink",
            Self::Softmax => "softmax",
            Self::Softplus => "softplus",
            Self::Softsign => "softsign",
            Self::SparsePlus => "sparse_plus",
            Self::SparseSigmoid => "sparse_sigmoid",
            Self::Sparsemax => "sparsemax",
            Self::Squareplus => "squareplus",
            Self::Tanh => "tanh",
            Self::TanhShrink => "tanh_shrink",
            Self::Tuned(tuned) => tuned.as_str(),
            Self::Custom(own) => own.name(),
        }
    }
}

impl FromStr for Activation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        if let Some((_, activation)) = named().find(|(known, _)| *known == name) {
            return Ok(activation);
        }
        if let Some(own) = CustomActivation::registered(name) {
            return Ok(Self::Custom(own));
        }
        if name == "threshold" {
            return Err(Error::argument("it has no defaults for its arguments")
                .at("activation \"threshold\"")
                .hint("write Activation::threshold(threshold, default_value)"));
        }
        let known: Vec<&str> = named().map(|(known, _)| known).collect();
        Err(Error::argument("there is no activation of this name")
            .at("activation")
            .received(format!("{name:?}"))
            .expected("one of Keras's activations")
            .hint(did_you_mean(name, &known)))
    }
}

fn named() -> impl Iterator<Item = (&'static str, Activation)> {
    Activation::ALL.into_iter().map(|activation| (activation.as_str(), activation)).chain(ALIASES)
}

impl Serialize for Activation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Tuned(Tuned::HardSigmoid { slope }) => hard_sigmoid::write(*slope).serialize(serializer),
            Self::Tuned(tuned) => match as_layers::write(*tuned) {
                Some(layer) => layer.serialize(serializer),
                None => tuned.serialize(serializer),
            },
            Self::Custom(own) => own.write().serialize(serializer),
            plain => serializer.serialize_str(plain.as_str()),
        }
    }
}

impl<'de> Deserialize<'de> for Activation {
    /// Reads a name, the object of a layer, Horn's object for an activation with arguments, or `null`, Keras's `None`, which
    /// means `linear`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if let Some(slope) = hard_sigmoid::read(&value) {
            return Ok(Self::hard_sigmoid(slope));
        }
        match value {
            Value::Null => Ok(Self::Linear),
            Value::String(name) => name.parse().map_err(D::Error::custom),
            lambda if lambda["value"].is_array() => Err(D::Error::custom(as_layers::of_program(
                "a lambda",
                "a file has its compiled code only: give it a name in Python, save the model again, and write it in Rust",
            ))),
            layer if layer.get("class_name").is_some() => as_layers::read(&layer).map_err(D::Error::custom),
            tuned => serde_json::from_value::<Tuned>(tuned).map(Self::from).map_err(D::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_name_is_read_and_written() {
        for activation in Activation::ALL {
            assert_eq!(activation.to_string().parse::<Activation>().unwrap(), activation);
            let config = serde_json::to_value(activation).unwrap();
            assert_eq!(config, json!(activation.as_str()));
            assert_eq!(serde_json::from_value::<Activation>(config).unwrap(), activation);
        }
        // sorted(keras.activations.ALL_OBJECTS_DICT) without its two aliases and threshold
        let names = Activation::ALL.map(|activation| activation.as_str()).join(" ");
        assert_eq!(
            names,
            "celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu linear log_sigmoid \
             log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus \
             sparse_sigmoid sparsemax squareplus tanh tanh_shrink"
        );
    }

    #[test]
    fn second_names_are_read() {
        assert_eq!("swish".parse::<Activation>().unwrap(), Activation::Silu);
        assert_eq!("hard_swish".parse::<Activation>().unwrap(), Activation::HardSilu);
        assert_eq!(serde_json::from_value::<Activation>(json!(null)).unwrap(), Activation::Linear);
    }

    #[test]
    fn the_hint_for_an_unknown_name_has_the_nearest_names() {
        let message = |name: &str| name.parse::<Activation>().unwrap_err().to_string();
        assert_eq!(
            message("ReLU"),
            "activation: there is no activation of this name; received \"ReLU\", expected one of Keras's activations. \
             Hint: write \"relu\" or \"relu6\", if that is what you meant."
        );
        for (wrong, meant) in
            [("rulu", "relu"), ("sofmax", "softmax"), ("LeakyReLU", "leaky_relu"), ("sigmod", "sigmoid")]
        {
            assert!(message(wrong).contains(&format!("Hint: write {meant:?} or ")), "{}", message(wrong));
        }
    }

    #[test]
    fn threshold_asks_for_its_arguments() {
        let error = "threshold".parse::<Activation>().unwrap_err();
        assert!(error.is_argument());
        assert_eq!(
            error.to_string(),
            "activation \"threshold\": it has no defaults for its arguments. \
             Hint: write Activation::threshold(threshold, default_value)."
        );
    }
}
