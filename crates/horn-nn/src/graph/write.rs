//! Writing models as Keras's JSON: the counterpart of `from_config`.

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::graph::dtypes::dtype_of;
use crate::graph::json::one_or_all;
use crate::graph::masks::takes_masks;
use crate::graph::plan::{Keys, ModelKind, Place, Plan, PlannedCall};
use crate::graph::{build_config, plan};
use crate::layer::call::Mode;
use crate::layer::call_arguments::by_argument;
use crate::layer::conventions::{BuiltFor, Conventions, MaskArgument};
use crate::layer::description::Layer;
use crate::layer::names;
use crate::layer::users;

/// Serializes a layer or a model as Keras does: `{"module": .., "class_name": .., "config": .., "registered_name": ..}`.
///
/// To read a custom class in Python, register it with `keras.saving.register_keras_serializable()`.
///
/// ```
/// use horn::layers::Dense;
/// use horn::serialize;
///
/// let object = serialize(&Dense(10).name("digit"))?;
/// assert_eq!(object["module"], "keras.layers");
/// assert_eq!(object["config"]["units"], 10);
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If the layer has no configuration, such as a `Lambda`.
pub fn serialize(layer: &dyn Layer) -> Result<Value> {
    named_object(layer, None)
}

/// The object of a layer with the name that the model has assigned.
pub(crate) fn named_object(layer: &dyn Layer, name: Option<&str>) -> Result<Value> {
    let mut config = layer.config();
    let without = match &config {
        Value::Object(arguments) => arguments.values().find_map(unwritable),
        _ => Some(Unwritable::Class(layer.class_name().to_owned())),
    };
    if let Some(without) = without {
        let error = Error::model("the layer can't be written to a file")
            .expected("a layer that implements `Layer::config`")
            .hint("implement `Layer::config` and call `layers::register`; or save the weights alone");
        return Err(match without {
            Unwritable::Place(place) => {
                let own = name.or_else(|| layer.name()).unwrap_or_default();
                let place = format!("{place}, in {}", names::place(own, layer));
                error.at(place).received("a layer without a configuration")
            }
            Unwritable::Class(class) => error.received(format!("a {class} without a configuration")),
        });
    }
    if let Some(name) = name {
        config["name"] = name.into();
    }
    Ok(object(layer, config))
}

/// The configuration of a model for one of whose layers there is none: the place of that layer, as the error names it.
pub(crate) fn without_config(error: &Error) -> Value {
    json!({"layers": [{"place": error.location().unwrap_or("a layer"), "config": null}]})
}

/// A layer that has no configuration.
enum Unwritable {
    /// It is a layer of a model inside, and stands there.
    Place(String),
    /// It is the layer itself or inside of a wrapper, and of this class.
    Class(String),
}

/// An inner layer that has no configuration, if there is one.
fn unwritable(value: &Value) -> Option<Unwritable> {
    match value {
        Value::Object(object) if object.get("config").is_some_and(Value::is_null) => {
            let text = |key| object.get(key).and_then(Value::as_str).map(str::to_owned);
            text("place").map(Unwritable::Place).or_else(|| text("class_name").map(Unwritable::Class))
        }
        Value::Object(object) => object.values().find_map(unwritable),
        Value::Array(values) => values.iter().find_map(unwritable),
        _ => None,
    }
}

/// The object for a class with this configuration.
pub(crate) fn object(layer: &dyn Layer, config: Value) -> Value {
    let Conventions { module, public_name, is_operation, .. } = layer.conventions();
    let class_name = layer.class_name();
    let module = module.map(|module| if is_operation { format!("keras.src.{module}") } else { module.to_owned() });
    let registered_name = match module {
        _ if is_operation => Some(class_name.to_owned()),
        // Classes without a public name.
        Some(ref module) if module.starts_with("keras.src.") => Some(class_name.to_owned()),
        Some(_) => None,
        None => Some(users::registered_name(class_name)),
    };
    let class_name = public_name.unwrap_or(class_name);
    json!({"module": module, "class_name": class_name, "config": config, "registered_name": registered_name})
}

/// Keras's `get_config()` of a model that is not built yet.
pub(crate) fn plan_config(plan: &Plan, trainable: bool) -> Result<Value> {
    let object = |planned: &plan::PlannedLayer| {
        named_object(planned.layer.as_ref(), Some(&planned.name))
            .map_err(|error| error.at(names::place(&planned.name, planned.layer.as_ref())))
    };
    Ok(config(plan, trainable, plan.layers.iter().map(object).collect::<Result<_>>()?))
}

/// Keras's `get_config()` of a list of layers without an input shape.
pub(crate) fn list_config<'a>(
    name: &str,
    trainable: bool,
    layers: impl Iterator<Item = (String, &'a dyn Layer)>,
) -> Result<Value> {
    let object = |(name, layer): (String, &dyn Layer)| {
        named_object(layer, Some(&name)).map_err(|error| error.at(names::place(&name, layer)))
    };
    let layers: Result<Vec<Value>> = layers.map(object).collect();
    Ok(json!({"name": name, "trainable": trainable, "dtype": "float32", "layers": layers?}))
}

pub(crate) fn config(plan: &Plan, trainable: bool, mut layers: Vec<Value>) -> Value {
    let tensors = Tensors {
        plan,
        dtypes: plan
            .layers
            .iter()
            .zip(&layers)
            .map(|(planned, object)| dtype_of(planned.layer.as_ref(), object))
            .collect(),
    };
    for (at, object) in layers.iter_mut().enumerate() {
        let calls: Vec<&PlannedCall> = plan.calls_of(at).collect();
        let layer = plan.layers[at].layer.as_ref();
        let options = take_options(layer, &mut object["config"]);
        if let Some(first) = calls.first().filter(|call| !call.inputs.is_empty()) {
            build_config::record(object, layer, &first.input_shapes);
        }
        if plan.kind == ModelKind::Functional {
            object["name"] = plan.layers[at].name.as_str().into();
            let nodes = calls.iter().filter(|call| !call.inputs.is_empty());
            let options_of = |call: &PlannedCall| match &call.called_as {
                Some(called) => take_options(called.layer.as_ref(), &mut called.layer.config()),
                None => options.clone(),
            };
            object["inbound_nodes"] =
                nodes.map(|call| node(&tensors, plan.description(call), call, &options_of(call))).collect();
        }
    }
    let written = plan.layers.iter().zip(layers).filter(|(planned, _)| !planned.layer.conventions().is_constant);
    let layers: Vec<Value> = written.map(|(_, object)| object).collect();
    let mut config = json!({"name": plan.name, "trainable": trainable, "layers": layers});
    match plan.kind {
        ModelKind::Sequential => {
            config["dtype"] = json!({
                "module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": null,
            });
            config["build_input_shape"] = json!(plan.calls[plan.inputs[0]].output_shapes[0]);
        }
        ModelKind::Functional => {
            let inputs: Vec<Value> = plan.inputs.iter().map(|&call| history(plan, Place { call, output: 0 })).collect();
            let outputs: Vec<Value> = plan.outputs.iter().map(|&place| output(plan, place)).collect();
            let Keys { nested_inputs, nested_outputs, .. } = &plan.keys;
            config["input_layers"] = arranged(nested_inputs.as_ref(), &plan.keys.inputs, inputs);
            config["output_layers"] = arranged(nested_outputs.as_ref(), &plan.keys.outputs, outputs);
        }
    }
    config
}

/// Moves the call arguments out of the configuration.
fn take_options(layer: &dyn Layer, config: &mut Value) -> Map<String, Value> {
    let Some(config) = config.as_object_mut() else { return Map::new() };
    let options = layer.call_options().iter();
    options.filter_map(|&option| Some((option.to_owned(), config.remove(option)?))).collect()
}

/// One call of a layer: its tensors and its other call arguments.
fn node(tensors: &Tensors, layer: &dyn Layer, call: &PlannedCall, options: &Map<String, Value>) -> Value {
    let inputs: Vec<Value> = call.inputs.iter().map(|&place| tensors.object(place)).collect();
    let (given, masks) = call.parts(&inputs);
    if let Some(node) = layer.recorded_call(given.to_vec()) {
        return node;
    }
    let (mut args, mut kwargs) = (Vec::new(), options.clone());
    // Where the program gives one tensor and says nothing else, or calls a graph, Keras records more of itself.
    let Conventions { built_for, recorded_mode, .. } = layer.conventions();
    // Layers that change data in training record their mode all the same.
    let says_no_mode = call.mode.is_none() || recorded_mode == Some(Mode::Training);
    let is_bare =
        options.is_empty() && !call.gives_masks && (built_for == BuiltFor::Itself || says_no_mode && given.len() == 1);
    let mode = call.mode.or_else(|| recorded_mode.filter(|_| is_bare));
    kwargs.extend(mode.map(|mode| ("training".to_owned(), (mode == Mode::Training).into())));
    if !masks.is_empty() {
        kwargs.extend(mask_arguments(layer, given.len(), &masks));
    } else if is_bare && takes_masks(layer, given.len()) {
        kwargs.insert("mask".to_owned(), one_or_all(&vec![Value::Null; given.len()]));
    }
    for (argument, own) in by_argument(layer.call_arguments(given.len()), given) {
        let value = one_or_all(own);
        if args.is_empty() || argument.is_positional {
            args.push(value);
        } else {
            kwargs.insert(argument.name.to_owned(), value);
        }
    }
    json!({"args": args, "kwargs": kwargs})
}

/// The arguments of a call for the masks of its inputs.
fn mask_arguments(layer: &dyn Layer, inputs: usize, masks: &[Option<&Value>]) -> Vec<(String, Value)> {
    let value = |mask: &Option<&Value>| mask.cloned().unwrap_or_default();
    let argument = layer.conventions().mask_argument;
    if argument == MaskArgument::Named {
        let names = layer.call_arguments(inputs);
        let given = names.iter().zip(masks).filter(|(_, mask)| mask.is_some());
        return given.map(|(argument, mask)| (format!("{}_mask", argument.name), value(mask))).collect();
    }
    // A list has a mask for each input, or null.
    let count = if argument == MaskArgument::EachInput { masks.len().max(2) } else { inputs };
    let mut values: Vec<Value> = masks.iter().map(value).collect();
    values.resize(count, Value::Null);
    vec![("mask".to_owned(), one_or_all(&values))]
}

/// Writes the tensors that calls take.
struct Tensors<'a> {
    plan: &'a Plan,
    /// The dtype of each layer's output; none for functions, whose dtype follows from their arguments.
    dtypes: Vec<Option<String>>,
}

impl Tensors<'_> {
    fn object(&self, place: Place) -> Value {
        let layer = self.plan.layers[self.plan.calls[place.call].layer].layer.as_ref();
        if layer.conventions().is_constant {
            return layer.config();
        }
        let (shape, history) = (self.plan.shape(place), history(self.plan, place));
        let dtype = self.dtypes[self.plan.calls[place.call].layer].as_deref().unwrap_or(shape.values().dtype());
        json!({
            "class_name": "__keras_tensor__",
            "config": {"shape": shape, "dtype": dtype, "keras_history": history},
        })
    }
}

/// `[layer, call of it in this model, output]`.
fn history(plan: &Plan, place: Place) -> Value {
    let layer = &plan.layers[plan.calls[place.call].layer];
    json!([layer.name, plan.calls_before(place.call), place.output])
}

/// The history of an output. Only here does Keras count the call that created a nested graph.
fn output(plan: &Plan, place: Place) -> Value {
    let mut history = history(plan, place);
    if plan.layers[plan.calls[place.call].layer].layer.conventions().built_for == BuiltFor::Itself {
        history[1] = history[1].as_u64().map(|call| call + 1).into();
    }
    history
}

/// The lists and dictionaries of these places, with others in their order.
fn filled(nested: &Value, places: &mut impl Iterator<Item = Value>) -> Value {
    match nested {
        Value::Array(items) if !items.first().is_some_and(Value::is_string) => {
            Value::Array(items.iter().map(|item| filled(item, places)).collect())
        }
        Value::Object(named) => {
            Value::Object(named.iter().map(|(key, item)| (key.clone(), filled(item, places))).collect())
        }
        Value::Null => Value::Null,
        _ => places.next().unwrap_or_default(),
    }
}

/// The places as they are nested, as a dictionary if they have keys, else as a list.
fn arranged(nested: Option<&Value>, keys: &[String], places: Vec<Value>) -> Value {
    match (nested, keys) {
        (Some(nested), _) => filled(nested, &mut places.into_iter()),
        (None, []) => one_or_all(&places),
        (None, keys) => Value::Object(keys.iter().cloned().zip(places).collect()),
    }
}
