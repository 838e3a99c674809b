//! A tensor for each parameter of a module.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{Tensor, TensorData};
use horn_nn::Model;
use ndarray::ArrayD;

/// A tensor for each of some parameters, with the rank that the parameter has. They are not tracked.
#[derive(Clone, Default)]
pub(super) struct ByParameter(HashMap<ParamId, Arc<dyn Any + Send + Sync>>);

impl ByParameter {
    pub fn get<const D: usize>(&self, id: ParamId) -> Option<Tensor<D>> {
        self.0.get(&id)?.downcast_ref().cloned()
    }

    pub fn take<const D: usize>(&mut self, id: ParamId) -> Option<Tensor<D>> {
        Some(Arc::unwrap_or_clone(self.0.remove(&id)?.downcast().ok()?))
    }

    pub fn put<const D: usize>(&mut self, id: ParamId, tensor: Tensor<D>) {
        self.0.insert(id, Arc::new(tensor));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The arrays as tensors in the shapes of the model's parameters, on its device.
    pub fn of_arrays(model: &Model, arrays: &HashMap<ParamId, &ArrayD<f32>>) -> Self {
        struct Writer<'a>(&'a HashMap<ParamId, &'a ArrayD<f32>>, ByParameter);
        impl ModuleVisitor for Writer<'_> {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let Some(array) = self.0.get(&param.id) else { return };
                let data = TensorData::new(array.iter().copied().collect::<Vec<_>>(), param.lazy_shape());
                let device = param.lazy_device().without_autodiff();
                self.1.put(param.id, Tensor::<D>::from_data(data, &device));
            }
        }
        let mut writer = Writer(arrays, Self::default());
        if !arrays.is_empty() {
            model.visit(&mut writer);
        }
        writer.1
    }

    /// The values of the tensor of this parameter, whose rank is not known.
    pub fn values(&self, id: ParamId) -> Option<Vec<f32>> {
        let kept = self.0.get(&id)?;
        macro_rules! of_rank {
            ($($rank:literal)*) => {
                $(if let Some(tensor) = kept.downcast_ref::<Tensor<$rank>>() {
                    return Some(tensor.to_data().iter::<f32>().collect());
                })*
            };
        }
        // Burn's optimizers know parameters of up to 8 axes.
        of_rank!(1 2 3 4 5 6 7 8);
        None
    }
}
