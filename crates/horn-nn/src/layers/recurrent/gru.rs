//! `GRU` and its cell.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use horn_kernels::{Passed, Sequence};

use crate::activations::activation::Activation;
use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::forward::Forward;
use crate::layers::recurrent::arguments::check_size;
use crate::layers::recurrent::at_once::elementwise;
use crate::layers::recurrent::cell::{Cell, Kernels, Started, activate, cell_calls, gate};
use crate::layers::recurrent::layers::recurrent_layers;
use crate::layers::recurrent::noise::{Noise, Pass};
use crate::layers::recurrent::whole::Whole;

recurrent_layers! {
    /// The cell of [`GRU`](struct@GRU): gated recurrent unit.
    ///
    /// With `[xz, xr, xn] = x · kernel + bias` and `[hz, hr, hn] = h · recurrent_kernel + recurrent bias`,
    ///
    /// - `z = recurrent_activation(xz + hz)` and `r = recurrent_activation(xr + hr)`
    /// - `n = activation(xn + r · hn)`
    /// - `h' = z · h + (1 − z) · n`, which is the output
    ///
    /// Without `reset_after` the state is reset before it is multiplied, `n = activation(xn + (r · h) · kernel of n)`, and
    /// there is no recurrent bias: so it is in Cho et al., *Learning Phrase Representations using RNN Encoder–Decoder*, 2014.
    ///
    /// # Shapes
    ///
    /// - inputs: a step `[batch, features]` and the state `[batch, units]`
    /// - outputs: the output and the new state, `[batch, units]` each
    /// - weights: kernel `[features, 3 · units]`, recurrent_kernel `[units, 3 · units]`, bias `[2, 3 · units]`: that of the
    ///   input, and that of the state; without `reset_after` `[3 · units]`
    ///
    /// ```
    /// use horn::layers::GRUCell;
    ///
    /// let layer = GRUCell(8);
    /// ```
    GRUCell, "GRUCell", "gru_cell";

    /// Gated recurrent units: a recurrent layer that learns how much of its state to renew.
    /// [`GRUCell`](struct@GRUCell) has the formulas.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, steps, features]`; the initial state `[batch, units]` may come after it
    /// - output: `[batch, units]`, of the last step; `[batch, steps, units]` with `return_sequences`
    /// - with `return_state` the last state comes after it
    /// - weights: kernel `[features, 3 · units]`, recurrent_kernel `[units, 3 · units]`, bias `[2, 3 · units]`
    ///
    /// # Masks
    ///
    /// A masked step keeps the state, and repeats it as its output. The mask is propagated with `return_sequences`. As in
    /// Keras, a layer that is given its initial state ignores the mask that is propagated with the sequence; a mask
    /// `[batch, steps]` that [`with_mask`](crate::SharedLayer::with_mask) gives counts.
    ///
    /// ```
    /// use horn::Apply;
    /// use horn::layers::{GRU, Input};
    ///
    /// let (words, start) = (Input([20, 16]), Input([32]));
    /// let outputs = GRU(32).return_state(true).apply_all((words, start))?;
    /// assert_eq!(outputs.len(), 2);
    /// # Ok::<(), horn::Error>(())
    /// ```
    GRU, "GRU";

    states: 1,
    arguments: {
        /// What is applied to the gates; `Sigmoid` by default.
        recurrent_activation: Activation = Activation::Sigmoid,
        /// Is the state reset after it was multiplied by its kernel, and not before? Yes by default.
        reset_after: bool = true,
    }
}

impl GRUCell {
    fn build_cell(&self, features: usize, build: &mut LayerBuilder) -> Result<GatedCell> {
        check_size("recurrent_activation", self.recurrent_activation)?;
        let kernels = Kernels::build(3, features, self.units, &self.cell, build)?;
        let (mut bias, mut biases) = (None, None);
        match (self.cell.use_bias, self.reset_after) {
            (false, _) => {}
            (true, false) => bias = Some(build.add_weight("bias", [3 * self.units], self.cell.bias())?),
            (true, true) => biases = Some(build.add_weight("bias", [2, 3 * self.units], self.cell.bias())?),
        }
        let seed = build.seed_generator(self.seed)?;
        Ok(GatedCell {
            kernels,
            bias,
            biases,
            activation: self.cell.activation,
            recurrent_activation: self.recurrent_activation,
            reset_after: self.reset_after,
            noise: Noise::of_gates(3, self.cell.dropout, self.cell.recurrent_dropout, seed),
        })
    }
}

#[derive(Module, Debug)]
pub(crate) struct GatedCell {
    kernels: Kernels,
    /// Of the input.
    bias: Option<Param<Tensor<1>>>,
    /// Of the input and of the state; one or the other, or none.
    biases: Option<Param<Tensor<2>>>,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    recurrent_activation: Activation,
    reset_after: bool,
    noise: Noise,
}

impl GatedCell {
    /// The bias of the input and that of the state.
    fn both_biases(&self) -> (Option<Tensor<1>>, Option<Tensor<2>>) {
        match &self.biases {
            None => (self.bias.as_ref().map(Param::val), None),
            Some(biases) => {
                let biases = biases.val();
                (Some(biases.clone().narrow(0, 0, 1).squeeze_dim(0)), Some(biases.narrow(0, 1, 1)))
            }
        }
    }
}

impl Cell<2> for GatedCell {
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
        let recurrent = elementwise(self.recurrent_activation)?;
        let bias = match &self.biases {
            Some(biases) => Some(biases.val().flatten(0, 1)),
            None => self.bias.as_ref().map(Param::val),
        };
        let kernel = |sequence: &Sequence<'_>| horn_kernels::gru(sequence, recurrent, self.reset_after);
        self.kernels.at_once(whole, bias.as_ref(), self.activation, (&self.noise, pass), kernel)
    }

    fn start<'a>(&'a self, x: Tensor<2>, batch: usize, pass: Pass, _: &'a mut CallContext) -> Result<Started<'a, 2>> {
        let units = self.kernels.units();
        let (input_noise, state_noise) = self.kernels.noise(&self.noise, &x, batch, pass);
        let zeros = vec![self.kernels.zeros(&x, batch)];
        let (input_bias, state_bias) = self.both_biases();
        let projected = self.kernels.project(x, input_noise, input_bias);
        let first = self.kernels.recurrence(0..if self.reset_after { 3 } else { 2 }, &state_noise);
        let second = (!self.reset_after).then(|| self.kernels.recurrence(2..3, &state_noise));
        let step = move |x: Tensor<2>, states: &[Tensor<2>]| {
            let h = states[0].clone();
            let from_state = first.of(h.clone());
            let from_state = match &state_bias {
                Some(bias) => from_state + bias.clone(),
                None => from_state,
            };
            let gates = x.clone().narrow(1, 0, 2 * units) + from_state.clone().narrow(1, 0, 2 * units);
            let gates = activate(self.recurrent_activation, gates, units);
            let (z, r) = (gate(&gates, 0, units), gate(&gates, 1, units));
            let renewed = match &second {
                None => r * gate(&from_state, 2, units),
                Some(second) => second.of(r * h.clone()),
            };
            let n = self.activation.forward(gate(&x, 2, units) + renewed);
            let h = z.clone() * h + (-z + 1.0) * n;
            Ok((h.clone(), vec![h]))
        };
        Ok(Started { projected, zeros, step: Box::new(step) })
    }
}

impl Forward for GatedCell {
    cell_calls!();
}
