//! What an attribute of an HDF5 file says.

/// What an attribute says: the types that Keras's files use.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// A text, such as the attribute `name` of a layer's `vars`, or a legacy file's `model_config`.
    Text(String),
    /// Several texts, such as a legacy file's `weight_names`.
    Texts(Vec<String>),
    /// A number or a list of them.
    Numbers(Vec<f64>),
    /// Something that is there and that Keras does not write.
    Other,
}

impl Attribute {
    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The texts, if it is a list. Keras writes an empty list as one of no numbers.
    pub fn as_texts(&self) -> Option<&[String]> {
        match self {
            Self::Texts(texts) => Some(texts),
            Self::Numbers(numbers) if numbers.is_empty() => Some(&[]),
            _ => None,
        }
    }
}
