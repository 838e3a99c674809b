//! Layers that merge several tensors to one.

pub(crate) mod concatenate;
pub(crate) mod dot;
pub(crate) mod elementwise;
pub(crate) mod masked;

pub use concatenate::{Concatenate, concatenate};
pub use dot::{Dot, dot};
pub use elementwise::{Add, Average, Maximum, Minimum, Multiply, Subtract};
pub use elementwise::{add, average, maximum, minimum, multiply, subtract};

crate::layers::family::family! {
    "Add" => Add::new();
    "Average" => Average::new();
    "Concatenate" | "TFDConcat" => Concatenate::new();
    "Dot" => Dot::new(-1), requires "axes";
    "Maximum" => Maximum::new();
    "Minimum" => Minimum::new();
    "Multiply" => Multiply::new();
    "Subtract" => Subtract::new();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::Input;

    #[test]
    fn functions_apply_the_layers() {
        let (a, b) = (Input([4, 3]).tensor(), Input([4, 1]).tensor());
        let both = [&a, &b];
        for merged in [add(both), subtract(both), multiply(both), average(both), maximum(both), minimum(both)] {
            assert_eq!(merged.unwrap().shape().to_string(), "(None, 4, 3)");
        }
        assert_eq!(concatenate((&a, &b), -1).unwrap().shape().to_string(), "(None, 4, 4)");
        assert_eq!(dot((&a, &b), 1).unwrap().shape().to_string(), "(None, 3, 1)");
        assert!(concatenate((&a, &b), 1).unwrap_err().is_shape());
    }
}
