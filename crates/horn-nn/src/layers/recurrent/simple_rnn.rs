//! `SimpleRNN` and its cell.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use horn_kernels::Passed;

use crate::activations::activation::Activation;
use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::forward::Forward;
use crate::layers::recurrent::cell::{Cell, Kernels, Started, cell_calls};
use crate::layers::recurrent::layers::recurrent_layers;
use crate::layers::recurrent::noise::{Noise, Pass};
use crate::layers::recurrent::whole::Whole;

recurrent_layers! {
    /// The cell of [`SimpleRNN`](struct@SimpleRNN): `h' = activation(x · kernel + bias + h · recurrent_kernel)`, the
    /// output being `h'`.
    ///
    /// # Shapes
    ///
    /// - inputs: a step `[batch, features]` and the state `[batch, units]`
    /// - outputs: the output and the new state, both `[batch, units]`
    /// - weights: kernel `[features, units]`, recurrent_kernel `[units, units]`, bias `[units]`
    ///
    /// ```
    /// use horn::layers::SimpleRNNCell;
    ///
    /// let layer = SimpleRNNCell(8);
    /// ```
    SimpleRNNCell, "SimpleRNNCell", "simple_rnn_cell";

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
    /// A masked step keeps the state, and repeats it as its output. The mask is propagated with `return_sequences`. As in
    /// Keras, a layer that is given its initial state ignores the mask that is propagated with the sequence; a mask
    /// `[batch, steps]` that [`with_mask`](crate::SharedLayer::with_mask) gives counts.
    ///
    /// ```
    /// use horn::layers::SimpleRNN;
    /// use horn::Activation;
    ///
    /// let layer = SimpleRNN(16).activation(Activation::Relu).return_sequences(true);
    /// ```
    // Keras's own configuration forgets the seed.
    SimpleRNN, "SimpleRNN", #[serde(default, skip_serializing_if = "Option::is_none")];

    states: 1,
    arguments: {}
}

impl SimpleRNNCell {
    fn build_cell(&self, features: usize, build: &mut LayerBuilder) -> Result<SimpleCell> {
        let seed = build.seed_generator(self.seed)?;
        let kernels = Kernels::build(1, features, self.units, &self.cell, build)?;
        let bias = match self.cell.use_bias {
            true => Some(build.add_weight("bias", [self.units], self.cell.bias())?),
            false => None,
        };
        let noise = Noise::of_one(self.cell.dropout, self.cell.recurrent_dropout, seed);
        Ok(SimpleCell { kernels, bias, activation: self.cell.activation, noise })
    }
}

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

    fn projected(&self, _: &[usize]) -> u64 {
        self.kernels.projected() as u64
    }

    fn chain(&self) -> Vec<&dyn Cell<2>> {
        vec![self]
    }

    fn at_once(&self, whole: &Whole<'_>, pass: Pass) -> Option<Passed> {
        let bias = self.bias.as_ref().map(Param::val);
        let kernel = horn_kernels::simple_rnn;
        self.kernels.at_once(whole, bias.as_ref(), self.activation, (&self.noise, pass), kernel)
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
