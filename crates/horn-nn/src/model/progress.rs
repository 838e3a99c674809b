//! What a model keeps besides its weights while it trains: how often its random generators have drawn, and the states of
//! recurrent layers. A training that continues in another process needs it.

use burn::tensor::{Tensor, TensorData};
use ndarray::{ArrayD, IxDyn};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::model::model::Model;
use crate::random::seed_generator::{draws, set_draws};
use crate::tensor::any_tensor::AnyTensor;

impl Model {
    /// The number of draws so far of each random generator in the model, such as that of a `Dropout`.
    pub fn random_draws(&self) -> Vec<u32> {
        draws(self)
    }

    /// Sets the generators to where they were when [`random_draws`](Self::random_draws) returned these numbers: the next
    /// draws are the same again.
    ///
    /// ```
    /// use horn::burn::tensor::Device;
    /// use horn::layers::{Dropout, Input};
    /// use horn::Sequential;
    ///
    /// let model = Sequential::new().add(Input([4])).add(Dropout(0.5)).build(&Device::default())?;
    /// assert_eq!(model.random_draws(), [0]);
    /// model.set_random_draws(&[7])?;
    /// assert_eq!(model.random_draws(), [7]);
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there are more or fewer numbers than generators.
    pub fn set_random_draws(&self, draws: &[u32]) -> Result<()> {
        let generators = self.random_draws().len();
        if draws.len() != generators {
            return Err(Error::argument("draws must have one number for each random generator of the model")
                .at("draws")
                .received(format!("{} numbers", draws.len()))
                .expected(generators)
                .hint("give the numbers that `random_draws` returned for a model of the same layers"));
        }
        set_draws(self, draws.to_vec());
        Ok(())
    }

    /// The states that stateful recurrent layers keep between batches: for each layer of the model, the values of its
    /// states; none before the first batch.
    #[doc(hidden)]
    pub fn layer_states(&self) -> Vec<Vec<ArrayD<f32>>> {
        let array = |state: AnyTensor| {
            let data = by_rank!(state, |x| x.into_data()).ok()?;
            ArrayD::from_shape_vec(IxDyn(data.shape()), data.iter::<f32>().collect()).ok()
        };
        self.layers().map(|layer| layer.states().into_iter().filter_map(array).collect()).collect()
    }

    /// Puts back what [`layer_states`](Self::layer_states) returned.
    #[doc(hidden)]
    pub fn set_layer_states(&self, states: &[Vec<ArrayD<f32>>]) -> Result<()> {
        let device = self.device().clone().without_autodiff();
        for (layer, states) in self.layers().zip(states) {
            let tensor = |array: &ArrayD<f32>| {
                let data = TensorData::new(array.iter().copied().collect::<Vec<f32>>(), [array.len()]);
                AnyTensor::from(Tensor::<1>::from_data(data, &device)).reshape(array.shape())
            };
            layer.set_states(&states.iter().map(tensor).collect::<Result<Vec<_>>>()?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::layer::call::Mode;
    use crate::layers::{AlphaDropout, Dense, Dropout, GaussianNoise, Input, LSTM};
    use crate::model::sequential::Sequential;

    fn output(model: &Model, mode: Mode) -> Vec<f32> {
        let x = Tensor::<2>::ones([2, 6], &Device::default());
        model.forward(x.into(), mode).unwrap().float::<2>().unwrap().into_data().iter::<f32>().collect()
    }

    #[test]
    fn generators_go_on_from_where_they_were() {
        let inner = Sequential::new().add(Input([6])).add(GaussianNoise(0.1)).add(AlphaDropout(0.2));
        let model = Sequential::new().add(Input([6])).add(Dropout(0.5)).add(inner).add(Dense(2));
        let model = model.build(&Device::default()).unwrap();
        output(&model, Mode::Training);
        let draws = model.random_draws();
        assert_eq!(draws, [1, 1, 1]);
        let next = output(&model, Mode::Training);
        assert_ne!(output(&model, Mode::Training), next);
        model.set_random_draws(&draws).unwrap();
        assert_eq!(output(&model, Mode::Training), next);
        let error = model.set_random_draws(&[1]).unwrap_err();
        assert!(error.to_string().contains("received 1 numbers, expected 3"), "{error}");
    }

    #[test]
    fn states_of_recurrent_layers_come_back() {
        let model = Sequential::new().add(Input([3, 2]).batch_size(2)).add(LSTM(3).stateful(true)).add(Dense(2));
        let model = model.build(&Device::default()).unwrap();
        let run = || {
            let x = Tensor::<3>::ones([2, 3, 2], &Device::default());
            let y = model.forward(x.into(), Mode::Inference).unwrap();
            y.float::<2>().unwrap().into_data().iter::<f32>().collect::<Vec<_>>()
        };
        run();
        let states = model.layer_states();
        let next = run();
        assert_ne!(run(), next);
        model.set_layer_states(&states).unwrap();
        assert_eq!(run(), next);
    }
}
