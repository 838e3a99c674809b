//! `Forward`: the forward pass of a built layer.

use burn::module::Module;

use crate::activations::activation::Activation;
use crate::error::{Error, Result};
use crate::layer::call::{CallContext, Mode};
use crate::layer::signal::{Logits, Signal};
use crate::tensor::any_tensor::AnyTensor;

/// Implements [`Forward::forward`] by [`Forward::call`], in the module of a layer with several inputs or outputs.
#[macro_export]
macro_rules! many_signals {
    () => {
        fn forward(&self, input: $crate::AnyTensor, mode: $crate::Mode) -> $crate::Result<$crate::AnyTensor> {
            let outputs = $crate::Forward::call(self, vec![input.into()], &mut $crate::CallContext::new(mode))?;
            outputs.into_iter().next().expect("a built-in layer has at least one output").value()
        }
    };
}

/// The forward pass of a built layer, which is a Burn module.
pub trait Forward: Module + Sync + 'static {
    /// Computes the output of the layer.
    ///
    /// # Errors
    ///
    /// If the input does not fit the layer.
    fn forward(&self, input: AnyTensor, mode: Mode) -> Result<AnyTensor>;

    /// Computes the logits, if the layer ends in a softmax or a sigmoid: a crossentropy is numerically stable only from
    /// logits. A layer without such an activation returns the value of [`forward`](Self::forward).
    ///
    /// # Errors
    ///
    /// If the input does not fit the layer.
    fn logits(&self, input: AnyTensor, mode: Mode) -> Result<Logits> {
        Ok(Logits { value: self.forward(input, mode)?, activation: Activation::Linear })
    }

    /// Does [`forward`](Self::forward) take integers as they are? By default a tensor of integers is converted to floats
    /// before.
    fn takes_integers(&self) -> bool {
        false
    }

    /// Computes all outputs from all inputs, with their masks. A plain layer has one input and one output, and propagates
    /// the mask; the model removes it before if [`Layer::supports_masking`](crate::Layer::supports_masking) is false.
    ///
    /// # Errors
    ///
    /// If the inputs do not fit the layer.
    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        plain_call(self, inputs, call)
    }

    /// How many values of four bytes the layer holds at most while it computes, besides its inputs and its outputs; 0 by
    /// default. Before a model calls the layer, it checks that [there is memory](crate::memory::limit) for so many: a
    /// program whose allocation fails ends at once. So a layer says it where an inner result can be far larger than what
    /// goes in and comes out, such as the products of all pairs of steps.
    ///
    /// ```
    /// # use burn::module::Module;
    /// # use horn::{AnyTensor, Forward, Mode, Result, Signal};
    /// #[derive(Module, Debug)]
    /// struct NearestNeighbour {}
    ///
    /// impl Forward for NearestNeighbour {
    ///     fn forward(&self, points: AnyTensor, _: Mode) -> Result<AnyTensor> {
    ///         // The distances of all pairs of points, and the least of each row …
    /// #       Ok(points)
    ///     }
    ///     fn workspace(&self, inputs: &[Signal]) -> u64 {
    ///         let sizes = inputs[0].sizes();
    ///         (sizes[0] * sizes[1] * sizes[1]) as u64
    ///     }
    /// }
    /// ```
    fn workspace(&self, _inputs: &[Signal]) -> u64 {
        0
    }

    /// The states that a stateful recurrent layer keeps between batches; empty before the first batch.
    fn states(&self) -> Vec<AnyTensor> {
        Vec::new()
    }

    /// Replaces the states; an empty slice resets the layer.
    ///
    /// # Errors
    ///
    /// If the layer has other states.
    fn set_states(&self, _states: &[AnyTensor]) -> Result<()> {
        Ok(())
    }
}

/// Calls a plain layer: one input, one output, and the mask is propagated.
///
/// # Errors
///
/// If the input does not fit the layer.
pub(crate) fn plain_call(layer: &impl Forward, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
    let mode = call.mode();
    plain(inputs, layer.takes_integers(), &|input| match input.is_integer() {
        true => Ok(Signal::new(layer.forward(input, mode)?)),
        false => Ok(Signal::from(layer.logits(input, mode)?)),
    })
}

/// [`plain_call`] around the layer, compiled once and not for each one.
fn plain(
    inputs: Vec<Signal>,
    takes_integers: bool,
    forward: &dyn Fn(AnyTensor) -> Result<Signal>,
) -> Result<Vec<Signal>> {
    let mut outputs = inputs;
    let input = single(&mut outputs)?;
    let mask = input.mask().cloned();
    let output = forward(if takes_integers { input.numbers()? } else { input.value()? })?;
    outputs.push(output.with_mask(mask));
    Ok(outputs)
}

/// Takes the only input out of the list, which then has room for the output: in a single prediction, asking for memory
/// for each layer shows.
///
/// # Errors
///
/// If there are more or fewer.
pub(crate) fn single(inputs: &mut Vec<Signal>) -> Result<Signal> {
    match inputs.pop() {
        Some(input) if inputs.is_empty() => Ok(input),
        input => Err(wrong_number(inputs.len() + usize::from(input.is_some()), 1)),
    }
}

fn wrong_number(received: usize, expected: usize) -> Error {
    Error::shape("the layer takes another number of inputs")
        .received(received)
        .expected(expected)
        .hint("apply the layer to as many tensors as it takes")
}

/// Converts the inputs to an array of the size that the layer takes.
///
/// # Errors
///
/// If there are more or fewer.
pub fn signals<const N: usize>(inputs: Vec<Signal>) -> Result<[Signal; N]> {
    inputs.try_into().map_err(|inputs: Vec<Signal>| wrong_number(inputs.len(), N))
}
