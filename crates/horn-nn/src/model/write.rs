//! Writing a built model as Keras's JSON.

use serde_json::Value;

use crate::error::Result;
use crate::graph::build_config;
use crate::graph::limits::check_levels;
use crate::graph::write::{config, named_object, object};
use crate::layer::names;
use crate::model::model::Model;

impl Model {
    /// Serializes the model as Keras's `model.to_json()` does: its layers, how they are connected, and which are frozen.
    /// [`deserialize`](crate::deserialize) is the inverse.
    ///
    /// ```
    /// use horn::burn::tensor::Device;
    /// use horn::Sequential;
    /// use horn::layers::{Dense, Input};
    ///
    /// let model = Sequential::new().add(Input([4])).add(Dense(2)).build(&Device::default())?;
    /// assert_eq!(model.serialize()?["class_name"], "Sequential");
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a layer has no configuration, such as a `Lambda`, or models are nested deeper than Keras reads.
    pub fn serialize(&self) -> Result<Value> {
        let mut object = object(self, self.to_config()?);
        object["build_config"] = build_config::of_model(self.kind(), self.input_shape());
        check_levels(&object).map_err(|error| error.at(format!("model {:?}", self.name())))?;
        Ok(object)
    }

    /// Keras's `get_config()`.
    pub(crate) fn to_config(&self) -> Result<Value> {
        let layers: Result<Vec<Value>> = self
            .nodes()
            .map(|layer| {
                let mut object = match layer.as_model() {
                    Some(model) => named_object(model, Some(layer.name())),
                    None => named_object(layer.layer(), Some(layer.name())),
                }
                .map_err(|error| error.at(names::place(layer.name(), layer.layer())))?;
                // Some of Keras's layers can't be frozen.
                let has_flag = object["config"].get("trainable").is_some() || object["module"].is_null();
                if has_flag {
                    object["config"]["trainable"] = layer.trainable().into();
                }
                Ok(object)
            })
            .collect();
        let trainable = self.layers().any(|layer| layer.trainable());
        Ok(config(self.plan(), trainable, layers?))
    }
}
