//! Layers that make numbers fit for a model.

mod rescaling;

pub use rescaling::Rescaling;

super::registry::family! {
    "Rescaling" => Rescaling::new(1.0), requires "scale";
}
