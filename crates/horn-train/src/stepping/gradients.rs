//! What happens to gradients before a rule gets them.

use std::collections::HashMap;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use horn_nn::{AnyTensor, Model};

use super::by_parameter::ByParameter;
use crate::finite::Finite;

/// The gradients of weights that are at several places of the model, added up at the first one.
pub(crate) fn with_shared_gradients(gradients: GradientsParams, model: &Model) -> GradientsParams {
    struct Taking {
        gradients: GradientsParams,
        followers: HashMap<ParamId, ParamId>,
        taken: HashMap<ParamId, Vec<AnyTensor>>,
    }
    impl ModuleVisitor for Taking {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let Some(first) = self.followers.get(&param.id) else { return };
            if let Some(gradient) = self.gradients.remove::<D>(param.id) {
                self.taken.entry(*first).or_default().push(gradient.into());
            }
        }
    }
    struct Adding {
        gradients: GradientsParams,
        taken: HashMap<ParamId, Vec<AnyTensor>>,
    }
    impl ModuleVisitor for Adding {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let others = self.taken.remove(&param.id).into_iter().flatten();
            let all =
                self.gradients.remove::<D>(param.id).into_iter().chain(others.filter_map(|other| other.float().ok()));
            if let Some(sum) = all.reduce(|sum, other| sum + other) {
                self.gradients.register(param.id, sum);
            }
        }
    }
    let followers = model.followers();
    if followers.is_empty() {
        return gradients;
    }
    let mut taking = Taking { gradients, followers, taken: HashMap::new() };
    model.visit(&mut taking);
    let mut adding = Adding { gradients: taking.gradients, taken: taking.taken };
    model.visit(&mut adding);
    adding.gradients
}

/// The gradients divided by a number.
pub(super) fn divided(gradients: GradientsParams, model: &Model, by: f64) -> GradientsParams {
    struct Division(GradientsParams, f64);
    impl ModuleVisitor for Division {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.0.remove::<D>(param.id) {
                self.0.register(param.id, gradient.div_scalar(self.1));
            }
        }
    }
    let mut division = Division(gradients, by);
    model.visit(&mut division);
    division.0
}

/// Are all values of all gradients finite? Waits for the device.
pub(super) fn are_finite(gradients: &GradientsParams, model: &Model) -> bool {
    struct OfGradients<'a>(&'a GradientsParams, Finite);
    impl ModuleVisitor for OfGradients<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.0.get::<D>(param.id) {
                self.1.add(gradient);
            }
        }
    }
    let mut finite = OfGradients(gradients, Finite::default());
    model.visit(&mut finite);
    finite.1.read()
}

/// Adds the gradients to the sums.
pub(super) fn accumulate(gradients: GradientsParams, sums: &mut ByParameter, model: &Model) {
    struct Addition<'a>(GradientsParams, &'a mut ByParameter);
    impl ModuleVisitor for Addition<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.0.remove::<D>(param.id) {
                let sum = added(gradient, self.1, param.id);
                self.1.put(param.id, sum);
            }
        }
    }
    model.visit(&mut Addition(gradients, sums));
}

/// The means of the gradients and those in the sums, `count` together. The sums start again.
pub(super) fn means(
    gradients: GradientsParams,
    sums: &mut ByParameter,
    count: usize,
    model: &Model,
) -> GradientsParams {
    struct Means<'a>(GradientsParams, &'a mut ByParameter, usize);
    impl ModuleVisitor for Means<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.0.remove::<D>(param.id) {
                let sum = added(gradient, self.1, param.id);
                self.0.register(param.id, sum.div_scalar(self.2 as f64));
            }
        }
    }
    let mut means = Means(gradients, sums, count);
    model.visit(&mut means);
    means.0
}

fn added<const D: usize>(gradient: Tensor<D>, sums: &mut ByParameter, id: ParamId) -> Tensor<D> {
    match sums.take::<D>(id) {
        Some(sum) => {
            let device = gradient.device();
            gradient + sum.to_device(&device)
        }
        None => gradient,
    }
}

/// The gradients in `count` parts: that of each parameter in the part that `owner` says.
pub(super) fn split(
    gradients: GradientsParams,
    model: &Model,
    count: usize,
    owner: impl Fn(ParamId) -> Option<usize>,
) -> Vec<GradientsParams> {
    struct Split<F>(GradientsParams, Vec<GradientsParams>, F);
    impl<F: Fn(ParamId) -> Option<usize>> ModuleVisitor for Split<F> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let Some(owner) = (self.2)(param.id) else { return };
            if let Some(gradient) = self.0.remove::<D>(param.id) {
                self.1[owner].register(param.id, gradient);
            }
        }
    }
    let parts = (0..count).map(|_| GradientsParams::new()).collect();
    let mut split = Split(gradients, parts, owner);
    model.visit(&mut split);
    split.1
}
