//! The values that layers change themselves in a forward pass, such as moving statistics. A step of training takes them
//! beforehand, and puts them back if it fails.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;

use crate::layer::weight::Weight;
use crate::model::model::Model;
use crate::tensor::any_tensor::AnyTensor;

/// The values of a model's weights that no optimizer changes, in the order of all weights.
#[derive(Debug)]
pub struct States(Vec<Option<AnyTensor>>);

impl Model {
    /// The values of the weights that no optimizer changes; `None` if there are no such weights. No values are copied.
    pub fn states(&self) -> Option<States> {
        if self.weights().all(|weight| weight.trainable) {
            return None;
        }
        struct Reader<I>(I, Vec<Option<AnyTensor>>);
        impl<'a, I: Iterator<Item = &'a Weight>> ModuleVisitor for Reader<I> {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let is_state = self.0.next().is_some_and(|weight| !weight.trainable);
                self.1.push(is_state.then(|| param.val().into()));
            }
        }
        let mut reader = Reader(self.weights(), Vec::new());
        self.visit(&mut reader);
        Some(States(reader.1))
    }

    /// Puts back the values of [`states`](Self::states).
    pub fn set_states(&mut self, states: States) {
        struct Writer(std::vec::IntoIter<Option<AnyTensor>>);
        impl ModuleMapper for Writer {
            fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
                let Some(Ok(value)) = self.0.next().flatten().map(AnyTensor::float::<D>) else { return param };
                // The model may have moved to the autodiff device since.
                let value = if param.val().is_autodiff() { value.autodiff() } else { value.without_autodiff() };
                Param::initialized(param.id, value)
            }
        }
        self.update(|model| model.map(&mut Writer(states.0.into_iter())));
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::layer::call::Mode;
    use crate::layers::{BatchNormalization, Dense, Input};
    use crate::model::sequential::Sequential;

    #[test]
    fn statistics_are_put_back_and_weights_stay() {
        let layers = Sequential::new().add(Input([2])).add(Dense(3)).add(BatchNormalization());
        let mut model = layers.build(&Device::default()).unwrap();
        let before = model.get_weights();
        let states = model.states().unwrap();
        let x = Tensor::<2>::from_data([[1.0, 2.0], [3.0, -4.0]], &Device::default());
        model.forward(x.into(), Mode::Training).unwrap();
        assert_ne!(model.get_weights(), before);
        model.set_states(states);
        assert_eq!(model.get_weights(), before);
        assert!(Sequential::new().add(Input([2])).add(Dense(3)).build(&Device::default()).unwrap().states().is_none());
    }
}
