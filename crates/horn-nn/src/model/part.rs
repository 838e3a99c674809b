//! Submodels: a part of a built model, with its weights.

use crate::error::{Error, Result};
use crate::graph::plan::Place;
use crate::layer::builder::LayerBuilder;
use crate::model::model::{Model, build_layer};

impl Model {
    /// The submodel from the outputs of the first layers to the outputs of the last layers, with its weights: Keras's
    /// `Model(model.get_layer("code").output, model.get_layer("image").output)`. For example, the decoder of an
    /// autoencoder. Without first layers, `submodel(&[], &["code"])`, it has the inputs of the model: for the features of
    /// inner layers, or to add other layers on top. Without last layers, `submodel(&["conv"], &[])`, it has the outputs of the
    /// model: the rest behind a layer, as Grad-CAM takes it. If a layer is called several times, the first call counts.
    ///
    /// ```
    /// use horn::burn::tensor::Device;
    /// use horn::Sequential;
    /// use horn::layers::{Dense, Input};
    ///
    /// let autoencoder = Sequential::new()
    ///     .add(Input([64]))
    ///     .add(Dense(8).name("code"))
    ///     .add(Dense(64).name("image"))
    ///     .build(&Device::default())?;
    /// let decoder = autoencoder.submodel(&["code"], &["image"])?;
    /// assert_eq!(decoder.input_shape().to_string(), "(None, 8)");
    /// assert_eq!(decoder.get_weights()[0], autoencoder.get_weights()[2]);
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a layer does not exist or is listed twice, or a last layer depends on an input of the model that no first layer
    /// separates from it.
    pub fn submodel(&self, first: &[&str], last: &[&str]) -> Result<Self> {
        let plan = &self.graph.plan;
        let places = |names: &[&str]| -> Result<Vec<Place>> {
            let mut places = Vec::new();
            for name in names {
                let at = self.position(name)?;
                let of_layer = (0..plan.calls.len()).filter(|&call| plan.calls[call].layer == at);
                let first = of_layer.min_by_key(|&call| plan.calls[call].index);
                let call = first.expect("a layer of a model has at least one call");
                places.extend((0..plan.calls[call].output_shapes.len()).map(|output| Place { call, output }));
            }
            Ok(places)
        };
        let in_model = |error: Error| error.at(format!("model {:?}", self.name()));
        if let Some(twice) = (1..first.len()).find(|&at| first[..at].contains(&first[at])) {
            return Err(in_model(
                Error::argument("a first layer is named twice")
                    .received(format!("{:?}", first[twice]))
                    .hint("list each first layer once"),
            ));
        }
        let (starts, outputs) = (places(first)?, places(last)?);
        let outputs = if last.is_empty() { plan.outputs.clone() } else { outputs };
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
