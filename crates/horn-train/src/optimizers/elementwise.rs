//! Rules that treat each value of a variable alone. Such a rule is written once, for numbers and for tensors.
//!
//! On the CPU it is run on numbers, in one pass over the variable, its gradient and the slots. Elsewhere it is run on
//! tensors, whose operations a GPU fuses.

use std::ops::{Add, Div, Mul, Sub};

use burn::Tensor;

/// A number, or a tensor of numbers.
pub(super) trait Value:
    Clone + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// The value times a number, rounded to float32.
    fn times(self, factor: f64) -> Self;

    /// The value plus a number, rounded to float32.
    fn plus(self, term: f64) -> Self;

    /// The square root.
    fn root(self) -> Self;

    /// The value times itself.
    fn squared(self) -> Self;

    /// -1, 0 or 1.
    fn signum(self) -> Self;
}

impl Value for f32 {
    #[inline(always)]
    fn times(self, factor: f64) -> Self {
        self * factor as Self
    }

    #[inline(always)]
    fn plus(self, term: f64) -> Self {
        self + term as Self
    }

    #[inline(always)]
    fn root(self) -> Self {
        self.sqrt()
    }

    #[inline(always)]
    fn squared(self) -> Self {
        self * self
    }

    #[inline(always)]
    fn signum(self) -> Self {
        // Unlike the standard library's, 0 for 0.
        if self > 0.0 {
            1.0
        } else if self < 0.0 {
            -1.0
        } else {
            self
        }
    }
}

impl<const D: usize> Value for Tensor<D> {
    fn times(self, factor: f64) -> Self {
        self.mul_scalar(factor)
    }

    fn plus(self, term: f64) -> Self {
        self.add_scalar(term)
    }

    fn root(self) -> Self {
        self.sqrt()
    }

    fn squared(self) -> Self {
        self.square()
    }

    fn signum(self) -> Self {
        self.sign()
    }
}

/// A rule on `N` values: the variable, and its slots.
pub(super) trait Elementwise<const N: usize>: Sync {
    /// The new values.
    fn apply<V: Value>(&self, gradient: V, values: [V; N]) -> [V; N];

    /// The rule on numbers. The type of the function does not depend on a rank, so that its loop is compiled once.
    fn on_numbers(&self) -> impl Fn(f32, [f32; N]) -> [f32; N] + Sync {
        #[inline(always)]
        |gradient, values| self.apply(gradient, values)
    }

    /// Applies the rule to tensors.
    fn apply_all<const D: usize>(&self, gradient: Tensor<D>, values: [Tensor<D>; N]) -> [Tensor<D>; N] {
        match horn_kernels::update(gradient, values, self.on_numbers()) {
            Ok(values) => values,
            Err((gradient, values)) => self.apply(gradient, values),
        }
    }
}

/// Moves an average towards a value by the fraction `rate`.
#[inline(always)]
pub(super) fn approached<V: Value>(average: V, value: V, rate: f64) -> V {
    average.clone() + (value - average).times(rate)
}
