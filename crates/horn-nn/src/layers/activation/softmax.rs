//! `Softmax`: from logits to probabilities.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::activations::activation::Activation;
use crate::arguments::options::Axes;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::{CallContext, Mode};
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::{Forward, signals};
use crate::layer::signal::{Logits, Signal};
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::masks::{aligned_at_the_end, choose_or};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;
use crate::{activations, by_rank};

/// `φ(u_i) = e^(u_i − max u) / Σ_k e^(u_k − max u)`: positive numbers that sum to 1 along an axis, or along several axes
/// together.
///
/// Subtracting the maximum does not change the result, but avoids an overflow of `e^u`.
///
/// # Shapes
///
/// - input: any
/// - output: as the input
///
/// # Masks
///
/// Masked values get the probability 0, and the others sum to 1. The last axis of the mask belongs to the last axis of the
/// input; it has size 1 if it masks the whole axis.
///
/// ```
/// use horn::layers::Softmax;
///
/// let over_the_last_axis = Softmax();
/// let over_the_first = Softmax().axis(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Softmax {
    #[serde(flatten)]
    common: Common,
    axis: Axes,
}

/// `keras.layers.Softmax()`. See [`Softmax`](struct@Softmax).
#[allow(non_snake_case)]
pub fn Softmax() -> Softmax {
    Softmax::new()
}

impl Softmax {
    /// A softmax over the last axis.
    pub fn new() -> Self {
        Self { common: Common::default(), axis: Axes::One(-1) }
    }

    /// The non-negative indices of the axes, for an input of this rank.
    fn checked_axes(&self, input: &Shape) -> Result<Vec<usize>> {
        let rank = input.rank() as isize;
        let axes = self.axis.as_ref();
        if !axes.is_empty() && axes.iter().all(|axis| (-rank..rank).contains(axis)) {
            return Ok(axes.iter().map(|axis| axis.rem_euclid(rank) as usize).collect());
        }
        let received = match &self.axis {
            Axes::One(axis) => format!("axis = {axis} for {input}"),
            Axes::Several(axes) => format!("axis = {axes:?} for {input}"),
        };
        Err(Error::argument("there is no such axis")
            .received(received)
            .expected(format!("{} to {}", -rank, rank - 1))
            .hint("count the batch axis as 0, or use -1 for the last axis"))
    }
}

impl Default for Softmax {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(Softmax);

arguments!(Softmax {
    /// Sets the axis along which the output sums to 1, or several axes. The batch axis is 0, and negative axes count from
    /// the end; -1 by default.
    axis: impl Into<Axes>,
});

impl Layer for Softmax {
    described!("Softmax", masking; mask_argument: MaskArgument::Broadcast, built_for: BuiltFor::Nothing, independent_samples: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.checked_axes(input)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(SoftmaxModule { axes: self.checked_axes(input)? }))
    }
}

#[derive(Module, Debug)]
struct SoftmaxModule {
    #[module(skip)]
    axes: Vec<usize>,
}

impl SoftmaxModule {
    fn softmax<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        if let [axis] = *self.axes {
            return activations::softmax(x, axis as isize);
        }
        let largest = x.clone().detach().max_dims(&self.axes);
        let powers = (x - largest).exp();
        powers.clone() / powers.sum_dims(&self.axes)
    }
}

/// The value that replaces masked logits.
const MASKED: f64 = -1e9;

impl Forward for SoftmaxModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        by_rank!(input, |x| self.softmax(x).into())
    }

    fn logits(&self, input: AnyTensor, mode: Mode) -> Result<Logits> {
        if *self.axes == [input.rank() - 1] {
            return Ok(Logits { value: input, activation: Activation::Softmax });
        }
        Ok(Logits { value: self.forward(input, mode)?, activation: Activation::Linear })
    }

    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let [input] = signals(inputs)?;
        let Some(mask) = input.mask().cloned() else {
            return Ok(vec![self.logits(input.value()?, call.mode())?.into()]);
        };
        let kept = aligned_at_the_end(&mask, &input.sizes())?;
        let scores = choose_or(&kept, input.value()?, MASKED)?;
        // If all logits are masked, they are equal, and their softmax would not be 0.
        let shares = choose_or(&kept, self.forward(scores, call.mode())?, 0.0)?;
        Ok(vec![Signal::new(shares).with_mask(Some(mask))])
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
             Hint: count the batch axis as 0, or use -1 for the last axis."
        );
    }
}
