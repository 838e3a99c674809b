//! The entry points for reading layers and models from Keras's JSON, which know all registered classes.

use burn::tensor::Device;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::graph::limits::check_levels;
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::reading::ReadContext;
use crate::layers::registry::Registry;
use crate::model::functional::Functional;
use crate::model::model::Model;
use crate::model::sequential::Sequential;
use crate::saving::read;

/// Reads a layer or a model from Keras's JSON: `{"class_name": .., "config": ..}`.
///
/// # Errors
///
/// If a class or an argument is unknown, or a graph is incomplete.
pub fn deserialize(object: &Value) -> Result<Box<dyn Layer>> {
    Registry.read(object)
}

/// A model with the layers of this one and new weights, on the same device: `keras.models.clone_model`. Its layers have the
/// same names, and those that are frozen are frozen. The clone that Rust makes, `model.clone()`, has the same weights.
///
/// ```
/// use horn::prelude::*;
///
/// let model = Sequential::new().add(Input([4])).add(Dense(2)).compile(SGD::new(0.1), MeanSquaredError::new(), ())?;
/// let fresh = horn::clone_model(model.model()?)?;
/// assert_eq!(fresh.count_params(), 10);
/// assert_ne!(fresh.get_weights(), model.get_weights()?);
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// As [`Model::serialize`] and [`Model::deserialize`]: if a layer has no configuration, such as a `Lambda`, or is a
/// custom layer that is not registered.
pub fn clone_model(model: &Model) -> Result<Model> {
    Model::deserialize(&model.serialize()?, model.device())
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
    pub fn deserialize_empty(object: &Value, device: &Device, max_values: u64) -> Result<Self> {
        Self::of_object(object, &LayerBuilder::new(device).dry_run().within_budget(max_values))
    }

    fn of_object(object: &Value, build: &LayerBuilder) -> Result<Self> {
        check_levels(object)?;
        let config = &object["config"];
        match object["class_name"].as_str() {
            Some("Sequential") => Sequential::from_config(config)?.build_by(build),
            Some("Functional" | "Model") => Functional::from_config(config)?.build_by(build),
            other => Err(Error::model("the object is not a model that can be made from its layers")
                .received(other.unwrap_or("an object without `class_name`"))
                .expected("Sequential or Functional")
                .hint("save a Sequential or functional model; a subclassed model is Python code")),
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tensor;
    use serde_json::json;

    use super::*;
    use crate::layers::{Dense, Dropout, Input, Lambda, from_config};
    use crate::saving::read::mode_of;
    use crate::{Apply, CallContext, MaskRules, Mode, Shape, Signal, under_mask_rules};

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

    fn failed(class_name: &str, node: Value) -> String {
        read(&operation(class_name, json!([node]))).unwrap_err().to_string()
    }

    #[test]
    fn functions_on_tensors_say_what_does_not_fit() {
        let (x, y) = (tensor("x", &[4]), tensor("y", &[4]));
        let node = |args: Value| json!({"args": args, "kwargs": {}});
        for args in [json!([x, y]), json!([x, 2.0]), json!([1, x])] {
            assert!(read(&operation("Multiply", json!([node(args)]))).is_ok());
        }
        let by_name = json!({"args": [], "kwargs": {"x1": x, "x2": 3.0}});
        assert!(read(&operation("Multiply", json!([by_name]))).is_ok());
        assert_eq!(
            failed("Multipli", node(json!([x]))),
            "operation \"step\": Horn has no such function on tensors; received Multipli, expected a function of \
             `keras.ops` that Horn has. Hint: write \"Multiply\" or \"MultiHot\", if that is what you meant."
        );
        assert!(failed("Add", node(json!([x, y, x]))).contains("the function takes fewer arguments"));
        assert!(failed("Add", node(json!([2.0, 3.0]))).contains("takes a tensor of the graph here"));
        assert!(failed("Add", node(json!([x, {"class_name": "Dense"}]))).contains("can't be read"));
        assert!(failed("Add", json!({"args": [x], "kwargs": {"x3": y}})).contains("has no such argument; received x3"));
        let mut wrong = operation("Mean", json!([node(json!([x]))]));
        wrong["config"]["axes"] = 1.into();
        assert!(read(&wrong).unwrap_err().to_string().contains("has no such argument; received axes"));
        wrong["config"] = json!({"axis": 2});
        assert!(read(&wrong).unwrap_err().to_string().contains("there is no such axis; received axis 2 of 2 axes"));
        let different = operation("Multiply", json!([node(json!([x, 2.0])), node(json!([x, 3.0]))]));
        assert!(read(&different).unwrap_err().to_string().contains("differ in their constants"));
    }

    /// `Add()([e, MultiHeadAttention(1, 2)(e, e)])` of an `Embedding` with `mask_zero`: in Keras 3.7 the output has a mask, in
    /// 3.15 it has none.
    #[test]
    fn attentions_of_older_versions_keep_the_masks_of_their_inputs() {
        let tensor = |name: &str| json!({"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}});
        let layer = |class: &str, name: &str, config: Value, args: Value| {
            let node = json!([{"args": args, "kwargs": {}}]);
            json!({"class_name": class, "name": name, "config": config, "inbound_nodes": node})
        };
        let mut words = layer("InputLayer", "x", json!({"name": "x", "batch_shape": [null, 4]}), Value::Null);
        words["inbound_nodes"] = json!([]);
        let embedding = json!({"input_dim": 5, "output_dim": 4, "mask_zero": true});
        let config = json!({
            "layers": [
                words,
                layer("Embedding", "e", embedding, json!([tensor("x")])),
                layer("MultiHeadAttention", "m", json!({"num_heads": 1, "key_dim": 2}), json!([tensor("e"), tensor("e")])),
                layer("Add", "sum", json!({}), json!([[tensor("e"), tensor("m")]])),
            ],
            "input_layers": ["x", 0, 0],
            "output_layers": ["sum", 0, 0],
        });
        for keeps in [false, true] {
            let device = Device::default();
            let model = under_mask_rules(if keeps { MaskRules::BeforeKeras38 } else { MaskRules::Current }, || {
                Functional::from_config(&config)
            })
            .unwrap()
            .build(&device)
            .unwrap();
            let words = Tensor::<2>::from_floats([[1.0, 2.0, 0.0, 0.0]], &device);
            let outputs = model.call(vec![Signal::new(words)], &mut CallContext::new(Mode::Inference)).unwrap();
            assert_eq!(outputs[0].mask().is_some(), keeps);
            // Today's rules would leave the output without its mask.
            let changed = model.check_mask_rules().map_err(|error| error.to_string());
            assert_eq!(changed.is_err(), keeps, "{changed:?}");
        }
    }

    /// A wrong value names its argument, not the whole configuration.
    #[test]
    fn an_argument_of_another_kind_is_named() {
        let of_class = |class: &str, config: Value| format!("{:#}", from_config(class, &config).err().unwrap());
        for (class, config, received) in [
            ("Dense", json!({"units": "4", "name": "d"}), "units = \"4\""),
            ("Dense", json!({"units": 4, "use_bias": "yes"}), "use_bias = \"yes\""),
            (
                "Dense",
                json!({"units": 4, "kernel_initializer": {"class_name": "Constant", "config": {"value": "x"}}}),
                "kernel_initializer = {",
            ),
            ("Conv2D", json!({"filters": 4, "kernel_size": [3, "3"]}), "kernel_size = [3,\"3\"]"),
            ("Dropout", json!({"rate": [0.5]}), "rate = [0.5]"),
        ] {
            let text = of_class(class, config);
            assert!(text.contains(&format!("received {received}")), "{text}");
        }
        let input = json!({"batch_shape": "abc", "dtype": "float32"});
        let model =
            json!({"layers": [{"class_name": "InputLayer", "config": input, "name": "x", "inbound_nodes": []}]});
        let text = format!("{:#}", Functional::from_config(&model).unwrap_err());
        assert!(text.contains("received batch_shape = \"abc\""), "{text}");
    }

    /// Found by fuzzing: the weights took 8 GiB before anything was computed.
    #[test]
    fn weights_are_not_padded_beyond_any_memory() {
        let config = json!({
            "max_tokens": 1_u64 << 31, "pad_to_max_tokens": true, "output_mode": "tf_idf", "vocabulary": ["a", "e", "t"],
            "idf_weights": [0.5, 1.0, 2.0],
        });
        for class in ["TextVectorization", "StringLookup"] {
            let layer = from_config(class, &config).unwrap();
            let error = layer.output_shapes(&[Shape::batched([1]).of_strings()]).unwrap_err().to_string();
            assert!(error.contains("there are more weights to pad to than any vocabulary has"), "{error}");
        }
    }

    /// The layer without a configuration is named, and not the model that holds it.
    #[test]
    fn a_model_with_a_layer_that_cannot_be_saved_names_that_layer() {
        let lambda = || Lambda(|x: Tensor<2>| x * 2.0).name("twice");
        let device = Device::default();
        let sequential = Sequential::new().add(Input([2])).add(lambda());
        let tensor = Input([2]);
        let functional = Functional::new(&tensor, lambda().apply(&tensor).unwrap()).unwrap();
        let waiting = Sequential::new().add(lambda());
        let built = Model::new(&tensor, lambda().apply(&tensor).unwrap()).unwrap().build(&device).unwrap();
        for (kind, outer) in [
            ("sequential", Sequential::new().add(Input([2])).add(sequential)),
            ("functional", Sequential::new().add(Input([2])).add(functional)),
            ("waiting", Sequential::new().add(Input([2])).add(waiting)),
            ("built", Sequential::new().add(Input([2])).add(built)),
        ] {
            let text = outer.build(&device).unwrap().serialize().unwrap_err().to_string();
            assert!(text.starts_with("layer \"twice\" (Lambda), in layer \""), "{kind}: {text}");
        }
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

    /// A graph of steps `x`, a mask `m` of this length for them, a function on it, and a layer that gets a mask.
    fn masked(class: &str, length: usize, mask: Value) -> Result<Functional> {
        let tensor = |name: &str| json!({"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}});
        let input = |name: &str, shape: Value| {
            let config = json!({"name": name, "batch_shape": shape});
            json!({"class_name": "InputLayer", "config": config, "name": name, "inbound_nodes": []})
        };
        let mut known = operation("NotEqual", json!([{"args": [tensor("m"), 0], "kwargs": {}}]));
        known["name"] = "known".into();
        let mask: Value = match mask {
            Value::Array(names) => names.iter().map(|name| name.as_str().map(tensor).unwrap_or_default()).collect(),
            name => name.as_str().map(tensor).unwrap_or_default(),
        };
        let inputs = if class == "Attention" { json!([[tensor("x"), tensor("x")]]) } else { json!([tensor("x")]) };
        let nodes = json!([{"args": inputs, "kwargs": {"mask": mask}}]);
        let step = json!({"class_name": class, "name": "step", "config": {"name": "step"}, "inbound_nodes": nodes});
        Functional::from_config(&json!({
            "layers": [input("x", json!([null, 5, 4])), input("m", json!([null, length])), known, step],
            "input_layers": [["x", 0, 0], ["m", 0, 0]],
            "output_layers": ["step", 0, 0],
        }))
    }

    #[test]
    fn what_is_not_a_mask_of_an_input_is_an_error() {
        for mask in ["m", "known"] {
            assert!(masked("GlobalAveragePooling1D", 5, json!(mask)).is_ok());
            let misfit = masked("GlobalAveragePooling1D", 7, json!(mask)).unwrap_err().to_string();
            assert!(misfit.contains("the mask does not fit the input; received a mask of (None, 7)"), "{misfit}");
            assert!(masked("GlobalAveragePooling1D", 5, json!([null, mask])).is_err());
            assert!(masked("Attention", 5, json!([null, mask])).is_ok());
            assert!(masked("Attention", 5, json!([mask, null])).is_ok());
            assert!(masked("Attention", 5, json!([mask, null, mask])).is_err());
        }
    }

    /// The file of a model that was built by its first batch has no `InputLayer`.
    #[test]
    fn a_recorded_shape_is_of_strings_where_the_first_layer_takes_nothing_else() {
        for (class, config, of_strings) in [
            ("StringLookup", json!({"vocabulary": ["a", "b"]}), true),
            ("TextVectorization", json!({"vocabulary": ["a", "b"], "output_sequence_length": 2}), true),
            ("Hashing", json!({"num_bins": 3}), false),
            ("Dense", json!({"units": 3}), false),
        ] {
            let layers = json!([{"class_name": class, "config": config}]);
            let object = json!({"layers": layers, "build_input_shape": [null, 1]});
            let model = Sequential::from_config(&object).unwrap().build(&Device::default()).unwrap();
            assert_eq!(model.input_shape().is_strings(), of_strings, "{class}");
            assert_eq!(model.input_shape().sizes(), [None, Some(1)], "{class}");
        }
    }

    #[test]
    fn options_at_their_defaults_say_nothing() {
        let node = |options: Value| json!([{"args": [tensor("x", &[4])], "kwargs": options}]);
        let dense =
            |options| read(&json!({"class_name": "Dense", "config": {"units": 2}, "inbound_nodes": node(options)}));
        assert!(dense(json!({"training": null, "use_causal_mask": false, "mask": null})).is_ok());
        let error = dense(json!({"use_causal_mask": true})).unwrap_err().to_string();
        assert!(error.contains("the layer has no such call argument"), "{error}");
    }

    #[test]
    fn a_clone_has_the_layers_and_new_weights() {
        let mut inner = Sequential::new().add(Input([3])).add(Dense(2).name("code"));
        inner = inner.name("inner");
        let mut model = Sequential::new().add(Input([3])).add(inner).add(Dense(1).name("last"));
        model = model.name("outer");
        let mut model = model.build(&Device::default()).unwrap();
        model.set_layer_trainable("last", false).unwrap();
        let clone = clone_model(&model).unwrap();
        assert_eq!(clone.serialize().unwrap(), model.serialize().unwrap());
        assert_eq!(clone.trainable_weights().count(), 2);
        let kernels = |model: &Model| model.get_weights().into_iter().step_by(2).collect::<Vec<_>>();
        for (new, old) in kernels(&clone).iter().zip(&kernels(&model)) {
            assert_eq!(new.shape(), old.shape());
            assert_ne!(new, old);
        }
    }
}
