//! `unique(x, size, …)`: each value once, in ascending order.

use crate::error::{Error, Result};
use crate::not_finite;
use crate::operations::calls::call::Call;
use crate::operations::calls::function::Rule;
use crate::operations::calls::integers::uploaded_integers;
use crate::operations::calls::operands::{downloaded, uploaded};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, Values};

/// Computed on the host, and without a gradient.
pub(crate) struct Unique;

/// The outputs after the values, by the parameters that ask for them.
const FLAGS: [&str; 3] = ["return_index", "return_inverse", "return_counts"];

impl Unique {
    fn size<T>(call: &Call<T>) -> Result<usize> {
        if !call.parameter("axis").is_null() {
            return Err(call.invalid("axis", "none"));
        }
        call.size("size")?.ok_or_else(|| {
            Error::shape("the number of unique values is not known in advance")
                .received("no `size`")
                .expected("a number of values, as all shapes of a graph must be known")
                .hint("give `size`, at which the values are cut off or filled up")
        })
    }
}

impl Rule for Unique {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let (size, x) = (Self::size(call)?, call.tensor()?);
        let found = Shape::new([Some(size)]);
        let mut outputs = vec![found.clone().with_values(x.values())];
        for flag in FLAGS.into_iter().filter(|flag| call.flag(flag)) {
            let shape = if flag == "return_inverse" { x.clone() } else { found.clone() };
            outputs.push(shape.with_values(Values::Ints));
        }
        Ok(outputs)
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let (size, x) = (Self::size(&call)?, call.tensor()?);
        let values = downloaded(x)?;
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&one, &other| values[one].total_cmp(&values[other]));
        // The first place of each value, how often it occurs, and for each place the number of its value.
        let (mut firsts, mut counts, mut numbers) = (Vec::new(), Vec::new(), vec![0_i64; values.len()]);
        for &at in &order {
            if firsts.last().is_none_or(|&first: &usize| values[first] != values[at]) {
                firsts.push(at);
                counts.push(0_i64);
            }
            numbers[at] = firsts.len() as i64 - 1;
            *counts.last_mut().expect("the value was counted") += 1;
        }
        let Some(&least) = firsts.first() else {
            return Err(Error::data("there are no values")
                .received(0)
                .expected("at least one value")
                .hint("check the shape of the data"));
        };
        let fill = not_finite::number(call.parameter("fill_value")).map_or(values[least], |fill| fill as f32);
        firsts.truncate(size);
        counts.resize(size, 0);
        let missing = size - firsts.len();
        let found = firsts.iter().map(|&at| values[at]).chain(std::iter::repeat_n(fill, missing)).collect();
        let mut outputs = vec![uploaded(found, &[size], &x.device())?];
        for flag in FLAGS.into_iter().filter(|flag| call.flag(flag)) {
            outputs.push(match flag {
                "return_index" => {
                    let places = firsts.iter().copied().chain(std::iter::repeat_n(least, missing));
                    uploaded_integers(places.map(|at| at as i64).collect(), &[size], x)?
                }
                "return_inverse" => uploaded_integers(numbers.clone(), &x.sizes(), x)?,
                _ => uploaded_integers(counts.clone(), &[size], x)?,
            });
        }
        Ok(outputs)
    }
}
