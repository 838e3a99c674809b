//! Layers that change the shape of what flows through them.

mod flatten;
mod reshape;

pub use flatten::Flatten;
pub use reshape::Reshape;

super::registry::family! {
    "Flatten" => Flatten::new();
    "Reshape" => Reshape::new([-1]), requires "target_shape";
}
