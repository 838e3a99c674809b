//! Rust's operators for tensors of a graph: `&x + &y`, `x * 2.0`, `1.0 - x`, `-x`.

use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Rem, Sub};
use std::panic::Location;

use serde_json::Value;

use crate::error::Result;
use crate::graph::input::Input;
use crate::graph::keras_tensor::KerasTensor;
use crate::ops::operand::{IntoOperand, Operand, call};

/// The result of an operator. An operator can't return an error: a tensor that could not be computed carries it, with the
/// place in the program, and the next method with a `Result` returns it.
#[track_caller]
fn computed(result: Result<KerasTensor>) -> KerasTensor {
    let place = Location::caller();
    result.unwrap_or_else(|error| KerasTensor::failed(error.within(&format!("{}:{}", place.file(), place.line()))))
}

#[track_caller]
fn binary(class: &str, x: impl IntoOperand, y: impl IntoOperand) -> KerasTensor {
    let operands: [Operand; 2] = [x.into_operand(), y.into_operand()];
    // The error of an operator before keeps its place.
    match operands.iter().find_map(Operand::failed) {
        Some(failed) => failed.clone(),
        None => computed(call(class, Value::Null, operands)),
    }
}

#[track_caller]
fn unary(class: &str, x: impl IntoOperand) -> KerasTensor {
    let operand = x.into_operand();
    match operand.failed() {
        Some(failed) => failed.clone(),
        None => computed(call(class, Value::Null, [operand])),
    }
}

/// An operator for two types.
macro_rules! operator {
    ($operator:ident, $method:ident, $class:literal, $left:ty, $right:ty) => {
        impl $operator<$right> for $left {
            type Output = KerasTensor;

            #[track_caller]
            fn $method(self, other: $right) -> KerasTensor {
                binary($class, self, other)
            }
        }
    };
}

/// An operator for a type on the left and each on the right.
macro_rules! with_each {
    ($operator:ident, $method:ident, $class:literal, $left:ty, [$($right:ty),+]) => {
        $(operator!($operator, $method, $class, $left, $right);)+
    };
}

macro_rules! arithmetic {
    ($($operator:ident, $method:ident, $class:literal;)+) => {$(
        with_each!($operator, $method, $class, KerasTensor, [KerasTensor, &KerasTensor, Input, &Input, f64, i64]);
        with_each!($operator, $method, $class, &KerasTensor, [KerasTensor, &KerasTensor, Input, &Input, f64, i64]);
        with_each!($operator, $method, $class, Input, [KerasTensor, &KerasTensor, Input, &Input, f64, i64]);
        with_each!($operator, $method, $class, &Input, [KerasTensor, &KerasTensor, Input, &Input, f64, i64]);
        with_each!($operator, $method, $class, f64, [KerasTensor, &KerasTensor, Input, &Input]);
        with_each!($operator, $method, $class, i64, [KerasTensor, &KerasTensor, Input, &Input]);
    )+};
}

arithmetic! {
    Add, add, "Add";
    Sub, sub, "Subtract";
    Mul, mul, "Multiply";
    Div, div, "TrueDivide";
    Rem, rem, "Mod";
}

macro_rules! logical {
    ($($operator:ident, $method:ident, $class:literal;)+) => {$(
        with_each!($operator, $method, $class, KerasTensor, [KerasTensor, &KerasTensor]);
        with_each!($operator, $method, $class, &KerasTensor, [KerasTensor, &KerasTensor]);
    )+};
}

logical! {
    BitAnd, bitand, "LogicalAnd";
    BitOr, bitor, "LogicalOr";
    BitXor, bitxor, "LogicalXor";
}

macro_rules! prefix {
    ($operator:ident, $method:ident, $class:literal, [$($tensor:ty),+]) => {$(
        impl $operator for $tensor {
            type Output = KerasTensor;

            #[track_caller]
            fn $method(self) -> KerasTensor {
                unary($class, self)
            }
        }
    )+};
}

prefix!(Neg, neg, "Negative", [KerasTensor, &KerasTensor, Input, &Input]);
prefix!(Not, not, "LogicalNot", [KerasTensor, &KerasTensor]);

#[cfg(test)]
mod tests {
    use crate::graph::apply::Apply;
    use crate::layers::{Dense, Input};
    use crate::model::model::Model;

    #[test]
    fn what_does_not_broadcast_is_an_error_of_the_line() {
        let (x, y) = (Input([3]), Input([4]));
        let sum = (&x + &y) * 2.0;
        let expected = format!(
            "{}:{}: function Add: the shapes do not broadcast; received (None, 3) and (None, 4), expected equal sizes, \
             or 1, along each axis, counted from the last. Hint: bring them to one shape, as by `ops::expand_dims` or \
             `ops::reshape`.",
            file!(),
            line!() - 6,
        );
        assert_eq!(Dense(2).apply(&sum).unwrap_err().to_string(), expected);
        assert_eq!(Model::new((&x, &y), &sum).unwrap_err().to_string(), expected);
    }
}
