//! `SimpleRNN` and its cell.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::activations::activation::Activation;
use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::forward::Forward;
use crate::layers::common::Common;
use crate::layers::recurrent::arguments::{CellArguments, SequenceArguments};
use crate::layers::recurrent::cell::{Cell, Kernels, Started, cell_calls};
use crate::layers::recurrent::layers::{recurrent_cell, recurrent_layer};
use crate::layers::recurrent::noise::{Noise, Pass};

/// The cell of [`SimpleRNN`](struct@SimpleRNN): `h' = activation(x · kernel + bias + h · recurrent_kernel)`, the output being `h'`.
///
/// # Shapes
///
/// - inputs: a step `[batch, features]` and the state `[batch, units]`
/// - outputs: the output and the new state, both `[batch, units]`
/// - weights: kernel `[features, units]`, recurrent_kernel `[units, units]`, bias `[units]`
///
/// ```
/// use horn_nn::layers::SimpleRNNCell;
///
/// let layer = SimpleRNNCell(8);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimpleRNNCell {
    #[serde(flatten)]
    common: Common,
    units: usize,
    #[serde(flatten)]
    cell: CellArguments,
    seed: Option<u64>,
}

/// The plain recurrent layer: its output in a step is its state, `h' = activation(x · kernel + bias + h ·
/// recurrent_kernel)`.
///
/// # Shapes
///
/// - input: `[batch, steps, features]`; the initial state `[batch, units]` may come after it
/// - output: `[batch, units]`, of the last step; `[batch, steps, units]` with `return_sequences`
/// - with `return_state` the last state comes after it
/// - weights: kernel `[features, units]`, recurrent_kernel `[units, units]`, bias `[units]`
///
/// # Masks
///
/// A masked step keeps the state, and repeats it as its output. The mask passes on with `return_sequences`.
///
/// ```
/// use horn_nn::layers::SimpleRNN;
/// use horn_nn::Activation;
///
/// let layer = SimpleRNN(16).activation(Activation::Relu).return_sequences(true);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimpleRNN {
    #[serde(flatten)]
    common: Common,
    units: usize,
    #[serde(flatten)]
    cell: CellArguments,
    // Keras's own configuration forgets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(flatten)]
    sequence: SequenceArguments,
}

/// `keras.layers.SimpleRNNCell(units)`. See [`SimpleRNNCell`](struct@SimpleRNNCell).
#[allow(non_snake_case)]
pub fn SimpleRNNCell(units: usize) -> SimpleRNNCell {
    SimpleRNNCell::new(units)
}

/// `keras.layers.SimpleRNN(units)`. See [`SimpleRNN`](struct@SimpleRNN).
#[allow(non_snake_case)]
pub fn SimpleRNN(units: usize) -> SimpleRNN {
    SimpleRNN::new(units)
}

impl SimpleRNNCell {
    /// A cell of so many units, with Keras's defaults.
    pub fn new(units: usize) -> Self {
        Self { common: Common::default(), units, cell: CellArguments::default(), seed: None }
    }

    fn build_cell(&self, features: usize, build: &mut LayerBuilder) -> Result<SimpleCell> {
        let seed = build.seed_generator(self.seed)?;
        let kernels = Kernels {
            kernel: build.add_weight("kernel", [features, self.units], self.cell.kernel())?,
            recurrent_kernel: build.add_weight(
                "recurrent_kernel",
                [self.units, self.units],
                self.cell.recurrent_kernel(),
            )?,
        };
        let bias = match self.cell.use_bias {
            true => Some(build.add_weight("bias", [self.units], self.cell.bias())?),
            false => None,
        };
        let noise = Noise::of_one(self.cell.dropout, self.cell.recurrent_dropout, seed);
        Ok(SimpleCell { kernels, bias, activation: self.cell.activation, noise })
    }
}

impl SimpleRNN {
    /// A layer of so many units, with Keras's defaults.
    pub fn new(units: usize) -> Self {
        let SimpleRNNCell { common, units, cell, seed } = SimpleRNNCell::new(units);
        Self { common, units, cell, seed, sequence: SequenceArguments::default() }
    }

    fn as_cell(&self) -> SimpleRNNCell {
        SimpleRNNCell { common: Common::default(), units: self.units, cell: self.cell.clone(), seed: self.seed }
    }
}

recurrent_cell!(SimpleRNNCell, "SimpleRNNCell", 1);

recurrent_layer!(SimpleRNN, "SimpleRNN", "simple_rnn_cell", 1);

#[derive(Module, Debug)]
pub(crate) struct SimpleCell {
    kernels: Kernels,
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    activation: Activation,
    noise: Noise,
}

impl Cell<2> for SimpleCell {
    fn states(&self) -> usize {
        1
    }

    fn chain(&self) -> Vec<&dyn Cell<2>> {
        vec![self]
    }

    fn start<'a>(&'a self, x: Tensor<2>, batch: usize, pass: Pass, _: &'a mut CallContext) -> Result<Started<'a, 2>> {
        let (input_noise, state_noise) = self.kernels.noise(&self.noise, &x, batch, pass);
        let zeros = vec![self.kernels.zeros(&x, batch)];
        let projected = self.kernels.project(x, input_noise, self.bias.as_ref().map(Param::val));
        let recurrence = self.kernels.recurrence(0..1, &state_noise);
        let step = move |x: Tensor<2>, states: &[Tensor<2>]| {
            let h = self.activation.forward(x + recurrence.of(states[0].clone()));
            Ok((h.clone(), vec![h]))
        };
        Ok(Started { projected, zeros, step: Box::new(step) })
    }
}

impl Forward for SimpleCell {
    cell_calls!();
}
