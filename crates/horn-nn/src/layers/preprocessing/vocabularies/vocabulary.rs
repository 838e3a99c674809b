//! Where a vocabulary comes from, which decides where files keep it.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::layers::preprocessing::tokens::Token;

/// The vocabulary of a layer that was given one, or has learned one before it was written to a file. Clones share it.
#[derive(Debug, Clone)]
pub(crate) enum Vocabulary<T> {
    /// It is an argument of the layer: a list in its configuration.
    Given(Arc<[T]>),
    /// Keras keeps it beside the weights, and has nothing of it in the configuration. Who reads a file gives it to the
    /// layer as an object, `{"learned": […], "idf_weights": […]}`.
    Learned(Arc<Learned<T>>),
}

/// What a layer has learned: its tokens, special ones first, and the weight of each where there are weights.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Learned<T> {
    #[serde(rename = "learned")]
    pub tokens: Vec<T>,
    #[serde(default)]
    pub idf_weights: Option<Vec<f32>>,
}

impl<T: Serialize> Serialize for Vocabulary<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Given(tokens) => tokens[..].serialize(serializer),
            Self::Learned(_) => serializer.serialize_none(),
        }
    }
}

/// By hand, since the tokens of an untagged enum would be copied once more.
impl<'de, T: Token> Deserialize<'de> for Vocabulary<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ByForm(PhantomData))
    }
}

struct ByForm<T>(PhantomData<T>);

impl<'de, T: Token> Visitor<'de> for ByForm<T> {
    type Value = Vocabulary<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tokens")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut tokens = Vec::new();
        while let Some(token) = list.next_element()? {
            tokens.push(token);
        }
        Ok(Vocabulary::Given(tokens.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        let learned = Learned::deserialize(serde::de::value::MapAccessDeserializer::new(object))?;
        Ok(Vocabulary::Learned(Arc::new(learned)))
    }
}
