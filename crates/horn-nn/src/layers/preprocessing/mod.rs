//! Layers that make data fit for a model.

pub(crate) mod audio;
pub(crate) mod categories;
pub(crate) mod images;
pub(crate) mod pipeline;
pub(crate) mod rescaling;
pub(crate) mod tokens;
pub(crate) mod vocabularies;

pub use audio::*;
pub use categories::*;
pub use images::*;
pub use tokens::{IntoBatch, IntoToken, Token};
pub use vocabularies::*;

crate::layers::family::family! { Preprocessing;
    "Pipeline" => pipeline::Pipeline::new(), requires "layers";
    "Rescaling" => rescaling::Rescaling::new(1.0), requires "scale";
}
