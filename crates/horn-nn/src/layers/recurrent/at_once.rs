//! Whole sequences in one operation, by the kernels of the CPU backend.

use burn::tensor::Tensor;
use horn_kernels::{Elementwise, Passed, Sequence};

use crate::activations::activation::Activation;
use crate::layers::recurrent::cell::{Kernels, constant_device};
use crate::layers::recurrent::noise::{Noise, Pass};
use crate::layers::recurrent::whole::Whole;

impl Kernels {
    /// Runs a kernel over a sequence, if there is one for such a cell. There is none where the state is dropped.
    pub fn at_once(
        &self,
        whole: &Whole<'_>,
        bias: Option<&Tensor<1>>,
        activation: Activation,
        (noise, pass): (&Noise, Pass),
        kernel: impl FnOnce(&Sequence<'_>) -> Option<Passed>,
    ) -> Option<Passed> {
        let [batch, _, features] = whole.x.dims();
        let state = [batch, self.units()];
        let activation = elementwise(activation)?;
        let fits = horn_kernels::has_recurrent_kernels(whole.x)
            && whole.states.iter().all(|given| given.dims() == state)
            && !(pass.training && noise.drops_state());
        if !fits {
            return None;
        }
        let (input_noise, _) = noise.draw([batch, features], state, &constant_device(whole.x), pass);
        let dropped = input_noise.into_iter().next().map(|mask| whole.x.clone() * mask.unsqueeze_dim(1));
        let passed = kernel(&Sequence {
            x: dropped.as_ref().unwrap_or(whole.x),
            kernel: &self.kernel.val(),
            recurrent_kernel: &self.recurrent_kernel.val(),
            bias,
            states: whole.states,
            mask: whole.mask,
            activation,
            go_backwards: whole.arguments.go_backwards,
            return_sequences: whole.arguments.return_sequences,
            return_states: whole.needs_states(),
        })?;
        Some(Passed { outputs: whole.shown(passed.outputs), states: passed.states })
    }
}

/// The activation as the kernels have it.
pub(super) fn elementwise(activation: Activation) -> Option<Elementwise> {
    match activation {
        Activation::Tanh => Some(Elementwise::Tanh),
        Activation::Sigmoid => Some(Elementwise::Sigmoid),
        Activation::Relu => Some(Elementwise::Relu),
        Activation::HardSigmoid => Some(Elementwise::HardSigmoid),
        Activation::Linear => Some(Elementwise::Linear),
        _ => None,
    }
}
