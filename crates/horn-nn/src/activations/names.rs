//! The names of activations: parsing, printing, and reading and writing configurations.

use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::activations::activation::Activation;
use crate::activations::tuned::Tuned;
use crate::error::{Error, Result};

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
        }
    }
}

impl FromStr for Activation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        if let Some((_, activation)) = named().find(|(known, _)| *known == name) {
            return Ok(activation);
        }
        if name == "threshold" {
            return Err(Error::argument("it has no defaults for its arguments")
                .at("activation \"threshold\"")
                .hint("write Activation::threshold(threshold, default_value)"));
        }
        let error =
            Error::argument("there is no activation of this name").at("activation").received(format!("{name:?}"));
        Err(match nearest(name).as_slice() {
            [] => error.expected(listed(named().map(|(known, _)| known))).hint("take one of these names"),
            near => error.expected("a name of Keras's").hint(format!("write {}", listed(near.iter().copied()))),
        })
    }
}

fn named() -> impl Iterator<Item = (&'static str, Activation)> {
    Activation::ALL.into_iter().map(|activation| (activation.as_str(), activation)).chain(ALIASES)
}

/// `"a", "b" or "c"`
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    match names.pop() {
        Some(last) if names.is_empty() => last,
        Some(last) => format!("{} or {last}", names.join(", ")),
        None => String::new(),
    }
}

/// At most three known names that differ from this one by a typing error, the nearest first. Case is ignored.
fn nearest(name: &str) -> Vec<&'static str> {
    let name = name.to_lowercase();
    let mut near: Vec<_> =
        named().map(|(known, _)| (edits(&name, known), known)).filter(|(edits, _)| *edits <= 2).collect();
    near.sort();
    if let Some(&(0, known)) = near.first() {
        return vec![known];
    }
    near.into_iter().take(3).map(|(_, known)| known).collect()
}

/// The edit distance: how many letters must be inserted, removed or replaced to turn one string into the other.
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.chars().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.chars().count()]
}

impl Serialize for Activation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Tuned(tuned) => tuned.serialize(serializer),
            plain => serializer.serialize_str(plain.as_str()),
        }
    }
}

impl<'de> Deserialize<'de> for Activation {
    /// Reads a name, Horn's object for an activation with arguments, or `null`, Keras's `None`, which means `linear`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Null => Ok(Self::Linear),
            Value::String(name) => name.parse().map_err(D::Error::custom),
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
            "activation: there is no activation of this name; received \"ReLU\", expected a name of Keras's. \
             Hint: write \"relu\"."
        );
        assert!(message("rulu").ends_with("write \"relu\", \"celu\" or \"elu\"."), "{}", message("rulu"));
        assert!(message("sofmax").ends_with("write \"softmax\"."), "{}", message("sofmax"));
        assert!(message("LeakyReLU").contains("\"leaky_relu\""));
        let message = message("none of these");
        for (name, _) in named() {
            assert!(message.contains(&format!("{name:?}")), "{message}");
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
