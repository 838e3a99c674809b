//! Layers that make one tensor of several.

mod concatenate;
mod elementwise;

pub use concatenate::Concatenate;
pub use elementwise::{Add, Average, Maximum, Minimum, Multiply, Subtract};

super::registry::family! {
    "Add" => Add::new();
    "Average" => Average::new();
    "Concatenate" => Concatenate::new();
    "Maximum" => Maximum::new();
    "Minimum" => Minimum::new();
    "Multiply" => Multiply::new();
    "Subtract" => Subtract::new();
}
