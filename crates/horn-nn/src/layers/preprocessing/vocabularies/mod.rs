//! Texts and tokens as places in a vocabulary, which a layer is given or learns.

pub(crate) mod encoding;
pub(crate) mod integer_lookup;
pub(crate) mod lookup;
pub(crate) mod lookup_methods;
pub(crate) mod string_lookup;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod text_vectorization;
pub(crate) mod vocabulary;

pub use lookup::OovMethod;
pub use text_vectorization::{Ngrams, Split, Standardize};

crate::layers::family::family! { Preprocessing;
    "IntegerLookup" => integer_lookup::IntegerLookup::new();
    "StringLookup" => string_lookup::StringLookup::new();
    "TextVectorization" => text_vectorization::TextVectorization::new();
}
