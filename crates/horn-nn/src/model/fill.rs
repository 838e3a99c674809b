//! Filling a model: replacing the values of its weights one by one.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData};

use crate::error::{Error, Result};
use crate::layer::weight::Weight;
use crate::model::model::Model;

impl Model {
    /// The model with new values for its weights. The function gets the index of each weight in
    /// [`weights`](Self::weights); if it returns `None`, the weight is not changed.
    ///
    /// # Errors
    ///
    /// The first error of the function; and if the number of values is not that of the weight.
    pub fn filled(self, values: impl FnMut(usize, &Weight) -> Result<Option<Vec<f32>>>) -> Result<Self> {
        let recorded: Vec<Weight> = self.weights().cloned().collect();
        let mut filler = Filler { recorded: recorded.iter().enumerate(), values, failed: None };
        let filled = self.map(&mut filler);
        filler.failed.map_or(Ok(filled), Err)
    }
}

/// Replaces weights until the function fails.
struct Filler<'a, F> {
    recorded: std::iter::Enumerate<std::slice::Iter<'a, Weight>>,
    values: F,
    failed: Option<Error>,
}

impl<F: FnMut(usize, &Weight) -> Result<Option<Vec<f32>>>> ModuleMapper for Filler<'_, F> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some((at, weight)) = self.recorded.next().filter(|_| self.failed.is_none()) else { return param };
        let sizes = param.lazy_shape();
        match (self.values)(at, weight) {
            Ok(None) => param,
            Ok(Some(values)) if values.len() == sizes.num_elements() => param.map(|old| {
                let device = old.device();
                Tensor::from_data(TensorData::new(values, old.dims()), &device).set_require_grad(old.is_require_grad())
            }),
            Ok(Some(values)) => {
                let error = Error::shape("the values do not fill the weight").at(format!("weight {:?}", weight.name));
                let error = error.received(values.len()).expected(sizes.num_elements());
                self.failed = Some(error.hint("return as many values as the weight has"));
                param
            }
            Err(error) => {
                self.failed = Some(error);
                param
            }
        }
    }
}
