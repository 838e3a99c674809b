//! Layers that make one tensor of several.

mod concatenate;
mod dot;
mod elementwise;
mod masked;

pub use concatenate::{Concatenate, concatenate};
pub use dot::{Dot, dot};
pub use elementwise::{Add, Average, Maximum, Minimum, Multiply, Subtract};
pub use elementwise::{add, average, maximum, minimum, multiply, subtract};

super::registry::family! {
    "Add" => Add::new();
    "Average" => Average::new();
    "Concatenate" => Concatenate::new();
    "Dot" => Dot::new(-1), requires "axes";
    "Maximum" => Maximum::new();
    "Minimum" => Minimum::new();
    "Multiply" => Multiply::new();
    "Subtract" => Subtract::new();
}
