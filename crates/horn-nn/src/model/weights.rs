//! The weights of a model: reading, setting and freezing them.

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::Tensor;
use ndarray::ArrayD;

use crate::error::{Error, Result};
use crate::graph::plan::ModelKind;
use crate::layer::erased::BuiltLayer;
use crate::layer::weight::Weight;
use crate::layer::weights;
use crate::model::model::Model;

impl Model {
    /// The number of parameters: all values of all weights. Those of a layer that is shared with models inside count once.
    pub fn count_params(&self) -> usize {
        let followers = self.followers();
        let again = self.weights().filter(|weight| followers.contains_key(&weight.id()));
        self.num_params() - again.map(|weight| weight.sizes.iter().product::<usize>()).sum::<usize>()
    }

    /// The metadata of each weight, in the order of [`get_weights`](Self::get_weights).
    pub fn weights(&self) -> impl Iterator<Item = &Weight> {
        self.graph.states.iter().flat_map(|state| &state.weights)
    }

    /// Keras's path of each weight, `conv2d/kernel`, in the order of [`weights`](Self::weights). The path
    /// of a layer in a nested Sequential begins with the model's name; in a nested Functional it does not.
    pub fn weight_paths(&self) -> impl Iterator<Item = String> {
        self.layers().flat_map(|layer| {
            let prefix = match layer.as_model().map(Self::kind) {
                Some(ModelKind::Functional) => String::new(),
                _ => format!("{}/", layer.name()),
            };
            layer.weights().iter().map(move |weight| format!("{prefix}{}", weight.name))
        })
    }

    /// The trainable weights, without those of frozen layers. Those of a layer that is shared with models inside are there
    /// once.
    pub fn trainable_weights(&self) -> impl Iterator<Item = &Weight> {
        self.weights_that_are(true)
    }

    /// The non-trainable weights: those of frozen layers, and those that layers update themselves.
    pub fn non_trainable_weights(&self) -> impl Iterator<Item = &Weight> {
        self.weights_that_are(false)
    }

    fn weights_that_are(&self, trainable: bool) -> impl Iterator<Item = &Weight> {
        let followers = self.followers();
        let all = self.weights().zip(self.trainable_flags()).filter(move |(_, flag)| *flag == trainable);
        all.map(|(weight, _)| weight).filter(move |weight| !followers.contains_key(&weight.id()))
    }

    /// For each weight, is it trainable?
    pub(crate) fn trainable_flags(&self) -> Vec<bool> {
        self.layers().flat_map(|layer| layer.trainable_flags()).collect()
    }

    /// Copies of all weights, layer by layer; the trainable ones of a layer come first.
    pub fn get_weights(&self) -> Vec<ArrayD<f32>> {
        weights::get(self, self.weights())
    }

    /// Replaces all weights by arrays in the order of [`get_weights`](Self::get_weights).
    ///
    /// # Errors
    ///
    /// If the number of arrays or a shape differs. Then the model is not changed.
    pub fn set_weights(&mut self, values: &[ArrayD<f32>]) -> Result<()> {
        check_weights(self.weights(), values).map_err(|error| error.at(format!("model {:?}", self.name())))?;
        self.update(|model| weights::set(model, values));
        Ok(())
    }

    /// Replaces the weights of one layer.
    ///
    /// # Errors
    ///
    /// If there is no such layer, or the number of arrays or a shape differs.
    pub fn set_layer_weights(&mut self, name: &str, values: &[ArrayD<f32>]) -> Result<()> {
        let at = self.position(name)?;
        check_weights(&self.graph.states[at].weights, values).map_err(|error| error.at(self.location(at)))?;
        self.update_layer(at, |layer| weights::set(layer, values));
        Ok(())
    }

    /// Freezes or unfreezes a layer. The weights of a frozen layer are not updated, and a frozen `BatchNormalization` uses
    /// its moving statistics. A layer of a nested model has the model's name as a prefix: `base/dense`.
    ///
    /// # Errors
    ///
    /// If there is no such layer.
    pub fn set_layer_trainable(&mut self, name: &str, trainable: bool) -> Result<()> {
        let at = match name.split_once('/') {
            Some((model, inner)) if self.position(name).is_err() => {
                let at = self.position(model)?;
                if let Some(nested) = self.layers[at].downcast_mut::<Self>() {
                    return nested.set_layer_trainable(inner, trainable);
                }
                self.position(name)?
            }
            _ => self.position(name)?,
        };
        self.set_trainable_at(at, trainable);
        Ok(())
    }

    /// Freezes or unfreezes all layers.
    pub fn set_trainable(&mut self, trainable: bool) {
        (0..self.layers.len()).for_each(|at| self.set_trainable_at(at, trainable));
    }

    fn set_trainable_at(&mut self, at: usize, trainable: bool) {
        let graph = Arc::make_mut(&mut self.graph);
        graph.states[at].trainable = trainable;
        let own: Vec<bool> = graph.states[at].weights.iter().map(|weight| weight.trainable && trainable).collect();
        if let Some(nested) = self.layers[at].downcast_mut::<Self>() {
            nested.set_trainable(trainable);
        } else {
            self.update_layer(at, |layer| weights::set_trainable(layer, |at| own[at]));
        }
    }

    fn update_layer(&mut self, at: usize, function: impl FnOnce(BuiltLayer) -> BuiltLayer) {
        let layer = self.layers.remove(at);
        self.layers.insert(at, function(layer));
    }

    /// The penalties of the regularizers of all trainable weights, which are added to the loss.
    pub fn regularization_losses(&self) -> Vec<Tensor<1>> {
        if self.weights().all(|weight| weight.regularizer.is_none()) {
            return Vec::new();
        }
        let followers = self.followers();
        let is_counted = |weight: &&Weight| !followers.contains_key(&weight.id());
        let regularizers = self.weights().map(|weight| Some(weight).filter(is_counted)?.regularizer.as_ref());
        weights::penalties(self, &regularizers.collect::<Vec<_>>())
    }

    /// The model with the constraints applied to its weights.
    #[must_use]
    pub fn constrained(self) -> Self {
        let graph = self.graph.clone();
        let weights: Vec<&Weight> = graph.states.iter().flat_map(|state| &state.weights).collect();
        if weights.iter().all(|weight| weight.constraint.is_none()) { self } else { weights::constrain(self, &weights) }
    }
}

fn check_weights<'a>(weights: impl IntoIterator<Item = &'a Weight>, values: &[ArrayD<f32>]) -> Result<()> {
    let received: Vec<_> = values.iter().map(|array| array.shape().to_vec()).collect();
    let expected: Vec<_> = weights.into_iter().map(|weight| weight.sizes.clone()).collect();
    if received == expected {
        return Ok(());
    }
    Err(Error::shape("the weights do not fit the model")
        .received(format!("{received:?}"))
        .expected(format!("{expected:?}"))
        .hint("give arrays in the order and of the shapes of `get_weights`"))
}
