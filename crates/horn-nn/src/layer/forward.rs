//! What a built layer is: a Burn module that says how it goes forward.

use burn::module::Module;

use crate::activations::activation::Activation;
use crate::error::{Error, Result};
use crate::layer::call::{CallContext, Mode};
use crate::layer::signal::{Logits, Signal};
use crate::tensor::any_tensor::AnyTensor;

/// The method that the module of such a layer has only for the sake of [`Forward`].
#[macro_export]
macro_rules! many_signals {
    () => {
        fn forward(&self, input: $crate::AnyTensor, mode: $crate::Mode) -> $crate::Result<$crate::AnyTensor> {
            let outputs = $crate::layer::forward::Forward::call(
                self,
                vec![input.into()],
                &mut $crate::layer::call::CallContext::new(mode),
            )?;
            outputs.into_iter().next().expect("a layer has an output").value()
        }
    };
}

/// A built layer: a Burn module that says how it goes forward.
pub trait Forward: Module + Sync + 'static {
    /// Computes the output of the layer.
    ///
    /// # Errors
    ///
    /// Where the input does not fit the layer.
    fn forward(&self, input: AnyTensor, mode: Mode) -> Result<AnyTensor>;

    /// Computes what goes into the layer's last activation, where that is a softmax or a sigmoid: a crossentropy is
    /// exact only from there. A layer without such an activation says what [`forward`](Self::forward) says.
    ///
    /// # Errors
    ///
    /// Where the input does not fit the layer.
    fn logits(&self, input: AnyTensor, mode: Mode) -> Result<Logits> {
        Ok(Logits { value: self.forward(input, mode)?, activation: Activation::Linear })
    }

    /// Computes all outputs from all inputs, with their masks. A plain layer has one of each, and lets the mask pass:
    /// the model has taken it away where [`Layer::supports_masking`] says no.
    ///
    /// # Errors
    ///
    /// Where the inputs do not fit the layer.
    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let [input] = signals(inputs)?;
        let mask = input.mask().cloned();
        Ok(vec![Signal::from(self.logits(input.value()?, call.mode())?).with_mask(mask)])
    }

    /// What a stateful recurrent layer keeps from one batch for the next; empty before the first.
    fn states(&self) -> Vec<AnyTensor> {
        Vec::new()
    }

    /// Replaces what the layer keeps; with nothing, it starts anew.
    ///
    /// # Errors
    ///
    /// Where the layer keeps something else.
    fn set_states(&self, _states: &[AnyTensor]) -> Result<()> {
        Ok(())
    }
}

/// Exactly so many signals as the layer takes.
///
/// # Errors
///
/// Where there are more or fewer.
pub fn signals<const N: usize>(inputs: Vec<Signal>) -> Result<[Signal; N]> {
    inputs.try_into().map_err(|inputs: Vec<Signal>| {
        Error::shape("the layer takes another number of inputs").received(inputs.len()).expected(N)
    })
}
