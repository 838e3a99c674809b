//! A part of a trained model, with its weights.

use crate::error::{Error, Result};
use crate::graph::plan::Place;
use crate::layer::builder::LayerBuilder;
use crate::model::model::{Model, build_layer};

impl Model {
    /// The part of the model that takes what the first layers give, and ends at the last ones, with its weights:
    /// Keras's `Model(model.get_layer("code").output, model.get_layer("image").output)`. A decoder of an autoencoder, say.
    /// Without first layers, `submodel(&[], &["code"])`, it begins as the model does: for features of inner layers, or to
    /// put other layers on top. Of a layer that is called several times it is the first call.
    ///
    /// ```
    /// use burn::tensor::Device;
    /// use horn_nn::Sequential;
    /// use horn_nn::layers::{Dense, Input};
    ///
    /// let autoencoder = Sequential::new()
    ///     .add(Input([64]))
    ///     .add(Dense(8).name("code"))
    ///     .add(Dense(64).name("image"))
    ///     .build(&Device::default())?;
    /// let decoder = autoencoder.submodel(&["code"], &["image"])?;
    /// assert_eq!(decoder.input_shape().to_string(), "(None, 8)");
    /// assert_eq!(decoder.get_weights()[0], autoencoder.get_weights()[2]);
    /// # Ok::<(), horn_nn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where there is no layer of such a name, one is named twice, or a last layer depends on an input that no first
    /// layer stands between.
    pub fn submodel(&self, first: &[&str], last: &[&str]) -> Result<Self> {
        let plan = &self.graph.plan;
        let places = |names: &[&str]| -> Result<Vec<Place>> {
            let mut places = Vec::new();
            for name in names {
                let at = self.position(name)?;
                let call = plan.calls.iter().position(|call| call.layer == at).expect("every layer is called");
                places.extend((0..plan.calls[call].output_shapes.len()).map(|output| Place { call, output }));
            }
            Ok(places)
        };
        let in_model = |error: Error| error.at(format!("model {:?}", self.name()));
        if let Some(twice) = (1..first.len()).find(|&at| first[..at].contains(&first[at])) {
            return Err(in_model(
                Error::argument("a first layer is named twice").received(format!("{:?}", first[twice])),
            ));
        }
        let (starts, outputs) = (places(first)?, places(last)?);
        if outputs.is_empty() {
            return Err(in_model(Error::argument("a part needs an output").expected("the name of at least one layer")));
        }
        let (plan, origins) = plan.between(&starts, &outputs).map_err(in_model)?;
        let mut parts = Vec::new();
        for (planned, origin) in plan.layers.iter().zip(&origins) {
            parts.push(match origin {
                Some(at) => (self.layers[*at].clone(), self.graph.states[*at].clone()),
                None => build_layer(planned, &plan.calls[parts.len()], &LayerBuilder::new(self.device()))?,
            });
        }
        let (layers, states) = parts.into_iter().unzip();
        Ok(Self::from_parts(plan, states, layers, self.device()))
    }
}
