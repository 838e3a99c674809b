//! A whole sequence for one cell.

use burn::tensor::{Bool, Tensor};

use crate::layers::recurrent::arguments::SequenceArguments;

/// A sequence for one cell, and what is asked of it.
pub(crate) struct Whole<'a> {
    /// `[batch, steps, features]`.
    pub x: &'a Tensor<3>,
    /// None where they start with zeros.
    pub states: &'a [Tensor<2>],
    /// The unmasked timesteps, `[batch, steps]`.
    pub mask: Option<&'a Tensor<2, Bool>>,
    pub arguments: SequenceArguments,
}

impl Whole<'_> {
    /// Does the layer need the states after the last step?
    pub fn needs_states(&self) -> bool {
        self.arguments.return_state || self.arguments.stateful
    }

    /// The outputs as the arguments ask for them, from outputs that are the states.
    pub fn shown(&self, outputs: Tensor<3>) -> Tensor<3> {
        let SequenceArguments { unroll, zero_output_for_mask, go_backwards, .. } = self.arguments;
        let Some(mask) = self.mask.filter(|_| unroll || zero_output_for_mask) else {
            return outputs;
        };
        let mask = mask.clone();
        let mask = if go_backwards { mask.flip([1]) } else { mask };
        // Unrolled, a masked step repeats the output before it, of which there is none at first.
        let shown = if unroll { mask.float().cumsum(1).greater_elem(0.0) } else { mask };
        let count = outputs.dims()[1];
        let first = shown.dims()[1] - count;
        let hidden = shown.narrow(1, first, count).bool_not().unsqueeze_dim::<3>(2).expand(outputs.dims());
        outputs.mask_fill(hidden, 0.0)
    }
}
