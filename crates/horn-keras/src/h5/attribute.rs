//! The values of attributes in HDF5 files.

/// The value of an attribute, of one of the types that Keras's files use.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// A string, such as the attribute `name` of a layer's `vars`, or a legacy file's `model_config`.
    Text(String),
    /// A list of strings, such as a legacy file's `weight_names`.
    Texts(Vec<String>),
    /// A number or a list of them.
    Numbers(Vec<f64>),
    /// A type that Keras does not write.
    Other,
}

impl Attribute {
    /// The string, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The strings, if it is a list of them. Keras writes an empty list of strings as an empty list of numbers.
    pub fn as_texts(&self) -> Option<&[String]> {
        match self {
            Self::Texts(texts) => Some(texts),
            Self::Numbers(numbers) if numbers.is_empty() => Some(&[]),
            _ => None,
        }
    }
}
