//! What a compiled model has from its model: layers, weights and parts.

use horn_nn::{LayerRef, Model, Result};
use ndarray::ArrayD;

use crate::compiling::model::CompiledModel;

/// As the methods of [`Model`] with these names. [`CompiledModel::model`] has the others.
///
/// ```
/// use horn::layers::{Dense, Input};
/// use horn::losses::MeanSquaredError;
/// use horn::optimizers::Adam;
/// use horn::{Compile, Sequential};
///
/// let layers = Sequential::new().add(Input([64])).add(Dense(8).name("code")).add(Dense(64));
/// let mut model = layers.compile(Adam::new(1e-3), MeanSquaredError::new(), ())?;
/// let weights = model.get_weights()?;
/// model.set_weights(&weights)?;
/// assert_eq!(model.get_layer("code")?.count_params(), 64 * 8 + 8);
/// assert_eq!(model.layers()?.last().unwrap().name(), "dense");
/// let encoder = model.submodel(&[], &["code"])?;
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// Each is an error if the model waits for data to be built, since it has no `Input`, and for the reasons that
/// [`Model`] names.
#[expect(clippy::missing_errors_doc, reason = "said once, for all methods")]
impl CompiledModel {
    /// The layers, in Keras's order: [`Model::layers`].
    pub fn layers(&self) -> Result<impl ExactSizeIterator<Item = LayerRef<'_>>> {
        Ok(self.model()?.layers())
    }

    /// The layer of this name: [`Model::get_layer`].
    pub fn get_layer(&self, name: &str) -> Result<LayerRef<'_>> {
        self.model()?.get_layer(name)
    }

    /// The values of all weights, in Keras's order: [`Model::get_weights`].
    pub fn get_weights(&self) -> Result<Vec<ArrayD<f32>>> {
        Ok(self.model()?.get_weights())
    }

    /// Replaces the values of all weights: [`Model::set_weights`]. The optimizer keeps its state.
    pub fn set_weights(&mut self, values: &[ArrayD<f32>]) -> Result<()> {
        self.model_mut()?.set_weights(values)
    }

    /// Replaces the weights of a layer: [`Model::set_layer_weights`].
    pub fn set_layer_weights(&mut self, name: &str, values: &[ArrayD<f32>]) -> Result<()> {
        self.model_mut()?.set_layer_weights(name, values)
    }

    /// Freezes or unfreezes a layer and what is in it: [`Model::set_layer_trainable`]. It counts from the next step on; to
    /// train on with another optimizer, [`compile`](crate::Compile::compile) the model again, as in Keras.
    pub fn set_layer_trainable(&mut self, name: &str, trainable: bool) -> Result<()> {
        self.model_mut()?.set_layer_trainable(name, trainable)
    }

    /// The part between these layers, with its weights as they are now: [`Model::submodel`].
    pub fn submodel(&self, first: &[&str], last: &[&str]) -> Result<Model> {
        self.at_rest()?.submodel(first, last)
    }

    /// Forgets what stateful recurrent layers keep between batches: [`Model::reset_states`].
    pub fn reset_states(&self) -> Result<()> {
        self.model()?.reset_states();
        Ok(())
    }
}
