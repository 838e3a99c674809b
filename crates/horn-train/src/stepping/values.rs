//! Values for the variables of an optimizer, which are taken one after the other.

use horn_nn::{Error, Result, sizes};
use ndarray::ArrayD;

use crate::optimizers::OptimizerValue;

/// Values for variables. Their number has been checked.
pub(crate) struct Values<'a>(std::slice::Iter<'a, OptimizerValue>);

impl<'a> Values<'a> {
    pub fn new(values: &'a [OptimizerValue]) -> Self {
        Self(values.iter())
    }

    /// The next value, whatever it is.
    pub fn skip(&mut self) {
        self.0.next();
    }

    /// The next value, a count.
    pub fn count(&mut self, name: &str) -> Result<usize> {
        match self.0.next() {
            Some(OptimizerValue::Int(count)) => usize::try_from(*count)
                .map_err(|_| misfit(name, "the count is negative").received(count).expected("at least 0")),
            _ => Err(misfit(name, "it is not a count").expected("an integer")),
        }
    }

    /// The next value, a number.
    pub fn number(&mut self, name: &str) -> Result<f32> {
        let array = self.array(name)?;
        match array.first() {
            Some(&number) if array.len() == 1 => Ok(number),
            _ => Err(misfit(name, "the variable is not one number").received(sizes(array.shape()))),
        }
    }

    /// The next value, an array of this shape, which is kept for a weight.
    pub fn array_of(&mut self, path: &str, expected: &[usize]) -> Result<&'a ArrayD<f32>> {
        let array = self.array(path)?;
        if array.shape() == expected {
            return Ok(array);
        }
        Err(misfit(path, "one has another shape than the optimizer keeps for its weight")
            .received(sizes(array.shape()))
            .expected(sizes(expected)))
    }

    fn array(&mut self, name: &str) -> Result<&'a ArrayD<f32>> {
        match self.0.next() {
            Some(OptimizerValue::Float(array)) => Ok(array),
            _ => Err(misfit(name, "one is an integer").expected("floats")),
        }
    }
}

/// Variables that do not fit.
pub(crate) fn misfit(place: &str, problem: &str) -> Error {
    Error::shape(format!("the variables do not fit the optimizer: {problem}"))
        .at(place)
        .hint("give values in the order and of the shapes of `optimizer_variables`")
}
