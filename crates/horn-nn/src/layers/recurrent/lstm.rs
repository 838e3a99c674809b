//! `LSTM` and its cell.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use horn_kernels::{Passed, Sequence};

use crate::activations::activation::Activation;
use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::forward::Forward;
use crate::layer::weight::WeightSpec;
use crate::layers::recurrent::arguments::check_size;
use crate::layers::recurrent::at_once::elementwise;
use crate::layers::recurrent::cell::{Cell, Kernels, Started, activate, cell_calls, gate};
use crate::layers::recurrent::layers::recurrent_layers;
use crate::layers::recurrent::noise::{Noise, Pass};
use crate::layers::recurrent::whole::Whole;

recurrent_layers! {
    /// The cell of [`LSTM`](struct@LSTM): long short-term memory.
    ///
    /// `[i, f, g, o] = x · kernel + h · recurrent_kernel + bias`, then
    ///
    /// - `c' = recurrent_activation(f) · c + recurrent_activation(i) · activation(g)`
    /// - `h' = recurrent_activation(o) · activation(c')`, which is the output
    ///
    /// From Hochreiter and Schmidhuber, *Long Short-Term Memory*, 1997, with the forget gate of Gers et al., 2000.
    ///
    /// # Shapes
    ///
    /// - inputs: a step `[batch, features]`, and the states h and c, `[batch, units]` each
    /// - outputs: the output and the new states, `[batch, units]` each
    /// - weights: kernel `[features, 4 · units]`, recurrent_kernel `[units, 4 · units]`, bias `[4 · units]`
    ///
    /// ```
    /// use horn::layers::LSTMCell;
    ///
    /// let layer = LSTMCell(8);
    /// ```
    LSTMCell, "LSTMCell", "lstm_cell";

    /// Long short-term memory: a recurrent layer that learns what to keep, to forget and to show.
    /// [`LSTMCell`](struct@LSTMCell) has the formulas.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, steps, features]`; the initial states h and c, `[batch, units]` each, may come after it
    /// - output: `[batch, units]`, of the last step; `[batch, steps, units]` with `return_sequences`
    /// - with `return_state` the last states h and c come after it
    /// - weights: kernel `[features, 4 · units]`, recurrent_kernel `[units, 4 · units]`, bias `[4 · units]`
    ///
    /// # Masks
    ///
    /// A masked step keeps the states, and repeats h as its output. The mask is propagated with `return_sequences`. As in
    /// Keras, a layer that is given its initial states ignores the mask that is propagated with the sequence; a mask
    /// `[batch, steps]` that [`with_mask`](crate::SharedLayer::with_mask) gives counts.
    ///
    /// ```
    /// use horn::Apply;
    /// use horn::layers::{Dense, Input, LSTM};
    ///
    /// let words = Input::with_unknown([None, Some(16)]);
    /// let y = LSTM(32).return_sequences(true).dropout(0.2).apply(&words)?;
    /// let y = Dense(1).apply(LSTM(32).apply(y)?)?;
    /// # Ok::<(), horn::Error>(())
    /// ```
    LSTM, "LSTM";

    states: 2,
    arguments: {
        /// What is applied to the gates; `Sigmoid` by default.
        recurrent_activation: Activation = Activation::Sigmoid,
        /// Does the bias of the forget gate start at one, whatever `bias_initializer` says? Yes by default.
        unit_forget_bias: bool = true,
    }
}

impl LSTMCell {
    fn build_cell(&self, features: usize, build: &mut LayerBuilder) -> Result<LongCell> {
        check_size("recurrent_activation", self.recurrent_activation)?;
        let kernels = Kernels::build(4, features, self.units, &self.cell, build)?;
        let bias = match self.cell.use_bias {
            true => Some(gates_bias(self.units, self.unit_forget_bias, self.cell.bias(), build)?),
            false => None,
        };
        let seed = build.seed_generator(self.seed)?;
        Ok(LongCell {
            kernels,
            bias,
            activation: self.cell.activation,
            recurrent_activation: self.recurrent_activation,
            noise: Noise::of_gates(4, self.cell.dropout, self.cell.recurrent_dropout, seed),
        })
    }
}

/// The bias of the gates i, f, g and o; with `unit_forget_bias` that of f starts at one, whatever the initializer says.
pub(crate) fn gates_bias(
    units: usize,
    unit_forget_bias: bool,
    spec: WeightSpec<'_>,
    build: &mut LayerBuilder,
) -> Result<Param<Tensor<1>>> {
    build.add_weight_of("bias", [4 * units], spec, |initializer, seed| {
        if !unit_forget_bias {
            return initializer.sample(&[4 * units], seed);
        }
        let (input, rest) = (initializer.sample(&[units], seed)?, initializer.sample(&[2 * units], seed)?);
        Ok([input, vec![1.0; units], rest].concat())
    })
}

#[derive(Module, Debug)]
pub(crate) struct LongCell {
    kernels: Kernels,
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    recurrent_activation: Activation,
    noise: Noise,
}

impl LongCell {
    /// The new states h and c, from the sums of the gates.
    fn remember(&self, z: Tensor<2>, c: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let units = self.kernels.units();
        // One call for all; what it makes of g is not used.
        let gates = activate(self.recurrent_activation, z.clone(), units);
        let [i, f, o] = [0, 1, 3].map(|at| gate(&gates, at, units));
        let c = f * c + i * self.activation.forward(gate(&z, 2, units));
        (o * self.activation.forward(c.clone()), c)
    }
}

impl Cell<2> for LongCell {
    fn states(&self) -> usize {
        2
    }

    fn projected(&self, _: &[usize]) -> u64 {
        self.kernels.projected() as u64
    }

    fn chain(&self) -> Vec<&dyn Cell<2>> {
        vec![self]
    }

    fn at_once(&self, whole: &Whole<'_>, pass: Pass) -> Option<Passed> {
        let (bias, recurrent) = (self.bias.as_ref().map(Param::val), elementwise(self.recurrent_activation)?);
        let kernel = |sequence: &Sequence<'_>| horn_kernels::lstm(sequence, recurrent);
        self.kernels.at_once(whole, bias.as_ref(), self.activation, (&self.noise, pass), kernel)
    }

    fn start<'a>(&'a self, x: Tensor<2>, batch: usize, pass: Pass, _: &'a mut CallContext) -> Result<Started<'a, 2>> {
        let (input_noise, state_noise) = self.kernels.noise(&self.noise, &x, batch, pass);
        let zeros = self.kernels.zeros(&x, batch);
        let projected = self.kernels.project(x, input_noise, self.bias.as_ref().map(Param::val));
        let recurrence = self.kernels.recurrence(0..4, &state_noise);
        let step = move |x: Tensor<2>, states: &[Tensor<2>]| {
            let (h, c) = self.remember(x + recurrence.of(states[0].clone()), states[1].clone());
            Ok((h.clone(), vec![h, c]))
        };
        Ok(Started { projected, zeros: vec![zeros.clone(), zeros], step: Box::new(step) })
    }
}

impl Forward for LongCell {
    cell_calls!();
}
