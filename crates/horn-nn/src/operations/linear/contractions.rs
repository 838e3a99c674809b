//! Sums over pairs of axes of two tensors: `tensordot` and `inner`.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::function::Rule;
use crate::operations::calls::integers::Integers;
use crate::operations::calls::operands::sizes_of;
use crate::operations::formula::{Term, product, required};
use crate::operations::primitives::exact_products::product_of_integers;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, Values, can_be_equal};

/// The functions.
#[derive(Clone, Copy)]
pub(crate) enum Contraction {
    Inner,
    Tensordot,
}

impl Contraction {
    /// The axes of each tensor, for tensors of so many axes.
    fn axes<T>(self, call: &Call<T>, x: usize, y: usize) -> Result<(Vec<usize>, Vec<usize>)> {
        match self {
            Self::Inner => Ok((vec![x.saturating_sub(1)], vec![y.saturating_sub(1)])),
            Self::Tensordot => contracted_axes(call, x, y),
        }
    }

    fn evaluated<T: Term>(self, call: &Call<T>) -> Result<Vec<T>> {
        let (x, y) = (required(call, 0)?, required(call, 1)?);
        let (own, other) = self.axes(call, x.axis_count(), y.axis_count())?;
        Ok(vec![contracted(&x, &y, &own, &other)?])
    }

    /// The sum as an equation, for tensors of so many axes: a letter for each axis, the same for those of a pair.
    fn equation(x: usize, y: usize, own: &[usize], other: &[usize]) -> String {
        let mut letters = ('a'..='z').chain('A'..='Z');
        let of_x: Vec<char> = letters.by_ref().take(x).collect();
        let of_y = (0..y).map(|axis| match other.iter().position(|&paired| paired == axis) {
            Some(pair) => own.get(pair).and_then(|&axis| of_x.get(axis)).copied().unwrap_or('a'),
            None => letters.next().unwrap_or('a'),
        });
        let of_y: Vec<char> = of_y.collect();
        let left = of_x.iter().enumerate().filter(|(axis, _)| !own.contains(axis));
        let right = of_y.iter().enumerate().filter(|(axis, _)| !other.contains(axis));
        let output: String = left.chain(right).map(|(_, letter)| letter).collect();
        format!("{},{}->{output}", String::from_iter(&of_x), String::from_iter(&of_y))
    }
}

impl Rule for Contraction {
    /// As for a formula.
    fn copies(&self) -> u64 {
        10
    }

    fn integers(&self, _: &Map<String, Value>) -> Integers {
        Integers::Along
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        self.evaluated(call)
    }

    fn compute_exactly(&self, call: Call<AnyTensor>, kinds: [Values; 2]) -> Result<Vec<AnyTensor>> {
        let [x, y] = call.arguments() else { return Err(no_tensor(call.class)) };
        let (x, y) = (sizes_of(x)?.len(), sizes_of(y)?.len());
        let (own, other) = self.axes(&call, x, y)?;
        Ok(vec![product_of_integers(call, &Self::equation(x, y, &own, &other), kinds)?])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        self.evaluated(&call)
    }
}

/// The axes over which `tensordot` sums: so many of the last and the first, or two lists.
fn contracted_axes<T>(call: &Call<T>, own: usize, other: usize) -> Result<(Vec<usize>, Vec<usize>)> {
    let invalid = || call.invalid("axes", "a number of axes, or two lists of axes, one for each tensor");
    match call.parameter("axes") {
        Value::Array(lists) if lists.len() == 2 => {
            let list = |list: &Value, rank: usize| -> Result<Vec<usize>> {
                let list = list.as_array().cloned().unwrap_or_else(|| vec![list.clone()]);
                list.iter().map(|axis| call.axis_of(axis.as_i64().ok_or_else(invalid)?, rank)).collect()
            };
            Ok((list(&lists[0], own)?, list(&lists[1], other)?))
        }
        axes => {
            let count = axes.as_u64().and_then(|count| usize::try_from(count).ok());
            let count = count.filter(|&count| count <= own.min(other)).ok_or_else(invalid)?;
            Ok(((own - count..own).collect(), (0..count).collect()))
        }
    }
}

/// The sum over pairs of axes: the product of two matrices.
fn contracted<T: Term>(x: &T, y: &T, own: &[usize], other: &[usize]) -> Result<T> {
    let fits = |(&a, &b): (&usize, &usize)| can_be_equal((&x.lengths()[a], &y.lengths()[b]));
    let distinct = |axes: &[usize]| (1..axes.len()).all(|at| !axes[..at].contains(&axes[at]));
    if x.axis_count() * y.axis_count() == 0
        || own.len() != other.len()
        || !distinct(own)
        || !distinct(other)
        || !own.iter().zip(other).all(fits)
    {
        return Err(Error::shape("the axes of the product do not fit each other")
            .received(format!(
                "axes {own:?} of {} and {other:?} of {}",
                Shape::new(x.lengths()),
                Shape::new(y.lengths())
            ))
            .expected("pairs of axes of equal sizes")
            .hint("choose other axes"));
    }
    let left: Vec<usize> = (0..x.axis_count()).filter(|axis| !own.contains(axis)).collect();
    let right: Vec<usize> = (0..y.axis_count()).filter(|axis| !other.contains(axis)).collect();
    let (rows, columns) = (x.permuted(&[&left[..], own].concat())?, y.permuted(&[other, &right[..]].concat())?);
    let (a, b) = (rows.lengths(), columns.lengths());
    let rows = rows.reshaped(&[product(&a[..left.len()]), product(&a[left.len()..])])?;
    let columns = columns.reshaped(&[product(&b[..other.len()]), product(&b[other.len()..])])?;
    rows.matmul(&columns)?.reshaped(&[&a[..left.len()], &b[other.len()..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_over_pairs_of_axes_is_an_equation() {
        assert_eq!(Contraction::equation(2, 2, &[1], &[0]), "ab,bc->ac");
        assert_eq!(Contraction::equation(3, 3, &[2, 0], &[1, 0]), "abc,acd->bd");
    }
}
