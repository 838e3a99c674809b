//! Layers that keep a model from learning its samples by heart.

mod dropout;

pub use dropout::Dropout;

super::registry::family! {
    "Dropout" => Dropout::new(0.5), requires "rate";
}
