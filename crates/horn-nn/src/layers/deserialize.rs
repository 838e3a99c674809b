//! The entry points for reading layers and models from Keras's JSON, which know all registered classes.

use burn::tensor::Device;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::reading::ReadContext;
use crate::layers::registry::Registry;
use crate::model::functional::Functional;
use crate::model::model::Model;
use crate::model::sequential::Sequential;
use crate::saving::limits::check_size;
use crate::saving::read;

/// Reads a layer or a model from Keras's JSON: `{"class_name": .., "config": ..}`.
///
/// # Errors
///
/// If a class or an argument is unknown, or a graph is incomplete.
pub fn deserialize(object: &Value) -> Result<Box<dyn Layer>> {
    Registry.read(object)
}

impl Sequential {
    /// Reads the model from Keras's `get_config()`.
    ///
    /// # Errors
    ///
    /// If a class or an argument is unknown.
    pub fn from_config(config: &Value) -> Result<Self> {
        read::sequential(config, &Registry)
    }
}

impl Functional {
    /// Reads the model from Keras's `get_config()`: its layers, and the calls that connect them.
    ///
    /// # Errors
    ///
    /// If a class or an argument is unknown, a call takes a tensor that no layer outputs, or the calls form a cycle.
    pub fn from_config(config: &Value) -> Result<Self> {
        read::functional(config, &Registry)
    }
}

impl Model {
    /// Creates a model with new weights from Keras's JSON: `keras.models.model_from_json`.
    ///
    /// # Errors
    ///
    /// If a class or an argument is unknown, a graph is incomplete, or the object is not a model or has no inputs.
    pub fn deserialize(object: &Value, device: &Device) -> Result<Self> {
        Self::of_object(object, &LayerBuilder::new(device))
    }

    /// Creates a model that is to be [`filled`](Self::filled): its weights are zeros, and `values` limits their total
    /// number.
    ///
    /// # Errors
    ///
    /// As for [`deserialize`](Self::deserialize), and if the layers need more weights.
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
                .hint("save a Sequential or functional model; a subclassed model is Python code")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Mode;
    use crate::layers::{Dropout, from_config};
    use crate::saving::read::mode_of;

    fn tensor(layer: &str, shape: &[usize]) -> Value {
        let shape: Vec<Value> = std::iter::once(Value::Null).chain(shape.iter().map(|&size| size.into())).collect();
        json!({"class_name": "__keras_tensor__", "config": {"shape": shape, "keras_history": [layer, 0, 0]}})
    }

    /// A graph of the two inputs `x` and `y`, and a step after them.
    fn read(step: &Value) -> Result<Functional> {
        let input = |name: &str, size: usize| {
            let config = json!({"name": name, "batch_shape": [null, size]});
            json!({"class_name": "InputLayer", "config": config, "name": name, "inbound_nodes": []})
        };
        let mut step = step.clone();
        step["name"] = "step".into();
        step["config"]["name"] = "step".into();
        Functional::from_config(&json!({
            "layers": [input("x", 4), input("y", 4), step],
            "input_layers": [["x", 0, 0], ["y", 0, 0]],
            "output_layers": ["step", 0, 0],
        }))
    }

    fn operation(class_name: &str, nodes: Value) -> Value {
        json!({"module": "keras.src.ops.numpy", "class_name": class_name, "config": {}, "inbound_nodes": nodes})
    }

    #[test]
    fn functions_on_tensors_are_layers_where_they_mean_the_same() {
        let (x, y) = (tensor("x", &[4]), tensor("y", &[4]));
        assert!(read(&operation("Multiply", json!([{"args": [x, y], "kwargs": {}}]))).is_ok());
        let array = json!({"class_name": "__numpy__", "config": {"value": [1.0], "dtype": "float32"}});
        for (nodes, received) in [
            (json!([{"args": [x, 2.0], "kwargs": {}}]), "received 2.0"),
            (json!([{"args": [x, array], "kwargs": {}}]), "__numpy__"),
            (json!([{"args": [[x, 3]], "kwargs": {}}]), "received 3"),
        ] {
            let error = read(&operation("Multiply", nodes)).unwrap_err().to_string();
            assert!(error.contains("the call takes a value that is not a tensor of the graph"), "{error}");
            assert!(error.contains("layer \"step\"") && error.contains(received), "{error}");
        }
        assert!(read(&operation("Multiply", json!([{"args": [], "kwargs": {"x1": x, "x2": 3.0}}]))).is_err());
        for class_name in ["Dot", "Average", "Relu", "Cast"] {
            let error = read(&operation(class_name, json!([{"args": [x, y], "kwargs": {}}]))).unwrap_err().to_string();
            assert!(error.starts_with("operation \"step\": Keras's function on tensors is no layer"), "{error}");
        }
        let mut cast = operation("Cast", json!([{"args": [x], "kwargs": {}}]));
        cast["config"]["dtype"] = "bfloat16".into();
        let model = read(&cast).unwrap();
        assert_eq!(model.layers().last().unwrap().1.class_name(), "Identity");
        // NumPy aligns these at their ends, a merging layer at the samples.
        let other_rank = tensor("y", &[4, 4]);
        assert!(read(&operation("Add", json!([{"args": [x, other_rank], "kwargs": {}}]))).is_err());
    }

    #[test]
    fn a_mode_that_keras_records_of_itself_is_none() {
        for (class_name, training, mode) in [
            ("Dropout", false, None),
            ("Dropout", true, Some(Mode::Training)),
            ("RandomFlip", true, None),
            ("RandomFlip", false, Some(Mode::Inference)),
            ("BatchNormalization", false, Some(Mode::Inference)),
        ] {
            let node = json!({"args": [tensor("x", &[4])], "kwargs": {"training": training}});
            let layer = from_config(class_name, &json!({"rate": 0.5})).or_else(|_| from_config(class_name, &json!({})));
            assert_eq!(mode_of(layer.unwrap().as_ref(), &node), mode, "{class_name}");
        }
        assert_eq!(mode_of(&Dropout(0.5), &json!({"args": [], "kwargs": {}})), None);
    }

    #[test]
    fn calls_of_one_layer_with_different_options_are_an_error() {
        let x = tensor("x", &[4]);
        let call = |options: Value| json!({"args": [[x, x]], "kwargs": options});
        let config = json!({});
        let attention = |second: Value| {
            let nodes = json!([call(json!({"use_causal_mask": true})), call(second)]);
            json!({"class_name": "Attention", "config": config, "inbound_nodes": nodes})
        };
        let error = read(&attention(json!({}))).unwrap_err().to_string();
        assert!(error.contains("the calls of one layer differ in their options"), "{error}");
        assert!(error.contains("received {\"use_causal_mask\":true} and {}"), "{error}");
    }

    #[test]
    fn a_mask_that_the_program_computes_is_no_mask_of_its_own() {
        let mask = json!({
            "module": "keras.src.ops.numpy", "class_name": "NotEqual", "config": {"name": "not_equal"},
            "name": "not_equal", "inbound_nodes": [{"args": [tensor("y", &[4]), 0], "kwargs": {}}],
        });
        let x = json!({
            "class_name": "InputLayer", "config": {"name": "x", "batch_shape": [null, 4, 2]}, "name": "x",
            "inbound_nodes": [],
        });
        let y = json!({
            "class_name": "InputLayer", "config": {"name": "y", "batch_shape": [null, 4]}, "name": "y",
            "inbound_nodes": [],
        });
        let lstm = json!({
            "class_name": "LSTM", "config": {"name": "lstm", "units": 2}, "name": "lstm",
            "inbound_nodes": [{"args": [tensor("x", &[4, 2])], "kwargs": {"mask": tensor("not_equal", &[4])}}],
        });
        let error = Functional::from_config(&json!({
            "layers": [x, y, mask, lstm],
            "input_layers": [["x", 0, 0], ["y", 0, 0]],
            "output_layers": ["lstm", 0, 0],
        }));
        let error = error.unwrap_err().to_string();
        assert!(error.contains("the mask is computed by the program, and is not that of an input"), "{error}");
    }
}
