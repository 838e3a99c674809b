//! From what Keras writes for a model to one with weights.

use burn::tensor::Device;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::model::functional::Functional;
use crate::model::model::Model;
use crate::model::sequential::Sequential;
use crate::saving::limits::check_size;

impl Model {
    /// Makes a model, with new weights, from what Keras writes for it: `keras.models.model_from_json`.
    ///
    /// # Errors
    ///
    /// Where a class or an argument is unknown, a graph is not whole, or the object is no model or one without inputs.
    pub fn deserialize(object: &Value, device: &Device) -> Result<Self> {
        Self::of_object(object, &LayerBuilder::new(device))
    }

    /// Makes a model that is to be [`filled`](Self::filled): with zeros for its weights, which have no more values than
    /// these all together.
    ///
    /// # Errors
    ///
    /// As [`deserialize`](Self::deserialize), and where the layers ask for more weights.
    #[doc(hidden)]
    pub fn deserialize_empty(object: &Value, device: &Device, most_values: u64) -> Result<Self> {
        Self::of_object(object, &LayerBuilder::new(device).dry_run().within_budget(most_values))
    }

    fn of_object(object: &Value, build: &LayerBuilder) -> Result<Self> {
        check_size(object)?;
        let config = &object["config"];
        match object["class_name"].as_str() {
            Some("Sequential") => Sequential::from_config(config)?.build_by(build),
            Some("Functional" | "Model") => Functional::from_config(config)?.build_by(build),
            other => Err(Error::model("the object is no model that can be made from its layers")
                .received(other.unwrap_or("an object without `class_name`"))
                .expected("Sequential or Functional")
                .hint("save a model that is made of layers; one by a class of its own is Python code")),
        }
    }
}
