//! The moving averages of weights, for `use_ema`.

use std::collections::HashSet;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;
use horn_nn::Model;

use super::by_parameter::ByParameter;

/// Moves the averages of these weights towards the weights, by what `momentum` leaves.
pub(super) fn follow(averages: &mut ByParameter, model: &Model, own: &HashSet<ParamId>, momentum: f32) {
    struct Follow<'a>(&'a mut ByParameter, &'a HashSet<ParamId>, f32);
    impl ModuleVisitor for Follow<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if !self.1.contains(&param.id) {
                return;
            }
            let weight = param.val().inner();
            let new = weight.clone().mul_scalar(1.0 - self.2);
            let average = match self.0.take::<D>(param.id) {
                // Not `0 * average`, which is NaN for an average that is not finite, though Keras has that.
                Some(average) if self.2 != 0.0 => average.to_device(&weight.device()).mul_scalar(self.2) + new,
                _ => new,
            };
            self.0.put(param.id, average);
        }
    }
    model.visit(&mut Follow(averages, own, momentum));
}

/// The model with the averages in the places of its weights.
pub(super) fn written(averages: &ByParameter, model: Model) -> Model {
    struct Write<'a>(&'a ByParameter);
    impl ModuleMapper for Write<'_> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            match self.0.get::<D>(param.id) {
                Some(average) => param.map(|old| in_the_place_of(&old, average)),
                None => param,
            }
        }
    }
    if averages.is_empty() { model } else { model.map(&mut Write(averages)) }
}

/// The model with the averages in the places of its weights, and the weights in those of the averages.
pub(super) fn swapped(averages: &mut ByParameter, model: Model) -> Model {
    struct Swap<'a>(&'a mut ByParameter);
    impl ModuleMapper for Swap<'_> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let Some(average) = self.0.take::<D>(param.id) else { return param };
            self.0.put(param.id, param.val().inner());
            param.map(|old| in_the_place_of(&old, average))
        }
    }
    if averages.is_empty() { model } else { model.map(&mut Swap(averages)) }
}

/// The value with what is particular to the old one: its device, and whether it is tracked.
fn in_the_place_of<const D: usize>(old: &Tensor<D>, value: Tensor<D>) -> Tensor<D> {
    let value = value.to_device(&old.device().without_autodiff());
    match old.is_autodiff() {
        true => value.autodiff().set_require_grad(old.is_require_grad()),
        false => value,
    }
}
