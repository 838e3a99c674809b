//! `Softmax`: scores to probabilities.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::activations::Activation;
use crate::layers::common::{Common, common_arguments, described};
use crate::{AnyTensor, Build, BuiltLayer, Error, Forward, Layer, Logits, Mode, Result, Shape, by_rank};

/// `φ(u_i) = e^(u_i − max u) / Σ_k e^(u_k − max u)`: positive numbers that sum to 1 along an axis.
///
/// Subtracting the maximum changes nothing but keeps `e^u` from overflowing.
///
/// # Shapes
///
/// - input: any
/// - output: as the input
///
/// ```
/// use horn_nn::layers::Softmax;
///
/// let over_the_last_axis = Softmax();
/// let over_the_first = Softmax().axis(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Softmax {
    #[serde(flatten)]
    common: Common,
    axis: isize,
}

/// `keras.layers.Softmax()`.
#[allow(non_snake_case)]
pub fn Softmax() -> Softmax {
    Softmax::new()
}

impl Softmax {
    /// A softmax over the last axis.
    pub fn new() -> Self {
        Self { common: Common::default(), axis: -1 }
    }

    /// The axis that sums to 1, the batch axis being 0; negative ones count from the end. -1 by default.
    #[must_use]
    pub fn axis(mut self, axis: isize) -> Self {
        self.axis = axis;
        self
    }
}

impl Default for Softmax {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(Softmax);

impl Layer for Softmax {
    described!("Softmax", masking);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let rank = input.rank() as isize;
        if (-rank..rank).contains(&self.axis) {
            return Ok(input.clone());
        }
        Err(Error::argument("there is no such axis")
            .received(format!("axis = {} for {input}", self.axis))
            .expected(format!("{} to {}", -rank, rank - 1))
            .mend("count the batch axis as 0, or use -1 for the last axis"))
    }

    fn build(&self, input: &Shape, _: &mut Build) -> Result<BuiltLayer> {
        let rank = input.rank() as isize;
        Ok(BuiltLayer::new(SoftmaxModule { axis: self.axis.rem_euclid(rank) as usize }))
    }
}

#[derive(Module, Debug)]
struct SoftmaxModule {
    axis: usize,
}

impl Forward for SoftmaxModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        by_rank!(input, |x| burn::tensor::activation::softmax(x, self.axis).into())
    }

    fn logits(&self, input: AnyTensor, mode: Mode) -> Result<Logits> {
        if self.axis + 1 == input.rank() {
            return Ok(Logits { value: input, activation: Activation::Softmax });
        }
        Ok(Logits { value: self.forward(input, mode)?, activation: Activation::Linear })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn sums_to_one_along_its_axis() {
        let x = [1.0, 2.0, 3.0, 1e4, -1e4, 0.0];
        let (_, y) = infer(Softmax(), &x, &[2, 3]).unwrap();
        for row in y.chunks(3) {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{y:?}");
        }
        assert_eq!(y[3..], [1.0, 0.0, 0.0]);
        let (_, y) = infer(Softmax().axis(1), &x, &[1, 2, 3]).unwrap();
        for column in 0..3 {
            assert!((y[column] + y[column + 3] - 1.0).abs() < 1e-6, "{y:?}");
        }
    }

    #[test]
    fn an_axis_that_is_not_there_is_an_error() {
        let error = infer(Softmax().axis(2), &[1.0, 2.0], &[1, 2]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "layer \"softmax\" (Softmax): there is no such axis; received axis = 2 for (None, 2), expected -2 to 1. \
             Mend: count the batch axis as 0, or use -1 for the last axis."
        );
    }
}
