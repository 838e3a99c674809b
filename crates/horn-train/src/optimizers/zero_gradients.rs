//! Gradients of zero for the weights that a loss does not depend on.

use burn::Tensor;
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use horn_nn::Model;

/// Adds a gradient of zero for each trainable weight that has none. In Keras on JAX the gradient by such a weight is zero,
/// too: weight decay and momentum still change it.
pub(crate) fn with_zero_gradients(gradients: GradientsParams, model: &Model) -> GradientsParams {
    if gradients.len() >= model.trainable_weights().count() {
        return gradients;
    }
    let mut filler = Filler { gradients };
    model.visit(&mut filler);
    filler.gradients
}

struct Filler {
    gradients: GradientsParams,
}

impl ModuleVisitor for Filler {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if param.is_require_grad() && self.gradients.get::<D>(param.id).is_none() {
            let value = param.val().without_autodiff();
            self.gradients.register(param.id, value.zeros_like());
        }
    }
}
