//! Reading `Sequential` and `Functional` models from Keras's configurations.

use std::collections::{HashMap, HashSet};
use std::slice::from_ref;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::graph::apply::Apply;
use crate::graph::constants;
use crate::graph::input::Input;
use crate::graph::keras_tensor::KerasTensor;
use crate::graph::plan::{Keys, by_input};
use crate::graph::shared_layer::SharedLayer;
use crate::layer::call::Mode;
use crate::layer::called_as::CalledAs;
use crate::layer::conventions::MaskArgument;
use crate::layer::description::Layer;
use crate::layer::reading::{ReadContext, keeps_masks};
use crate::model::functional::Functional;
use crate::model::model::Model;
use crate::model::sequential::Sequential;
use crate::operations::calls::constant::ConstantTensor;
use crate::operations::operation::Operation;
use crate::registry::arguments::read_arguments;
use crate::saving::json::{collect, collect_with_arrays, is_array, is_plain, keys, layers, list, nested, text};
use crate::saving::operations::{constant, is_operation};
use crate::tensor::shape::Shape;

/// The call argument for the mode.
const TRAINING: &str = "training";

/// The call argument of attention layers that may be left out.
const KEY: &str = "key";

/// The call argument for the masks of the inputs.
const MASK: &str = "mask";

/// Reads a list of layers from Keras's `get_config()`.
pub(crate) fn sequential(config: &Value, context: &dyn ReadContext) -> Result<Sequential> {
    let mut model = Sequential::new().trainable(config["trainable"] != false);
    if let Some(name) = config["name"].as_str() {
        model = model.name(name);
    }
    for object in layers(config)? {
        model = model.add(context.read(object)?);
    }
    // Without an `InputLayer`, the shape may be recorded next to the layers.
    match Shape::from_json(&config["build_input_shape"]) {
        Some(shape) if model.input_shape().is_none() => {
            // Nothing says what kind the values have; numbers, where the first layer takes both.
            let takes_only_strings =
                |layer: &dyn Layer| layer.takes_strings() && layer.output_shapes(from_ref(&shape)).is_err();
            let is_of_strings = model.layers().next().is_some_and(takes_only_strings);
            Ok(model.with_input(Input::of(if is_of_strings { shape.of_strings() } else { shape })))
        }
        _ => Ok(model),
    }
}

/// Reads a graph from Keras's `get_config()`: its layers, and the calls that connect them.
pub(crate) fn functional(config: &Value, context: &dyn ReadContext) -> Result<Functional> {
    let name = config["name"].as_str().unwrap_or("functional");
    let mut graph = Graph::new(context);
    let mut calls = Vec::new();
    for object in layers(config)? {
        let layer = text(object, "name")?;
        let nodes = list(object, "inbound_nodes")?;
        graph.add(layer, object, nodes)?;
        calls.extend(nodes.iter().enumerate().map(|(index, node)| (layer, index, node)));
    }
    let calls = calls.into_iter().map(|(layer, index, node)| graph.waiting(layer, index, node));
    let mut open = calls.collect::<Result<Vec<_>>>()?;
    // A call depends on those whose outputs it takes, and on the previous call of its layer. It is checked again only
    // when the call that it was found to wait for has been made.
    let mut waiting: HashMap<CallKey, Vec<Waiting>> = HashMap::new();
    open.reverse();
    while let Some(mut call) = open.pop() {
        match graph.next_missing(&mut call) {
            Some(missing) => waiting.entry(missing).or_default().push(call),
            None => {
                let made = (call.layer.to_owned(), call.index);
                graph.call(call)?;
                open.extend(waiting.remove(&made).into_iter().flatten().rev());
            }
        }
    }
    if !waiting.is_empty() {
        let mut stuck: Vec<&str> = waiting.values().flatten().map(|call| call.layer).collect();
        stuck.sort_unstable();
        return Err(Error::model("the graph has a cycle, or a call uses an output that no layer produces")
            .at(format!("model {name:?}"))
            .received(stuck.join(", "))
            .expected("calls that lead from the inputs to the outputs")
            .hint("save the model again: its configuration is not a valid graph"));
    }
    let inputs = graph.tensors(&config["input_layers"])?;
    let outputs = graph.tensors(&config["output_layers"])?;
    let model = Model::new(inputs, outputs)?.name(name).trainable(config["trainable"] != false);
    let model = model.with_kept_masks(keeps_masks());
    Ok(model.with_keys(Keys {
        inputs: keys(&config["input_layers"]),
        outputs: keys(&config["output_layers"]),
        nested_inputs: nested(&config["input_layers"]),
        nested_outputs: nested(&config["output_layers"]),
    }))
}

/// The key of a call: the name of the layer and the index of the call.
type CallKey = (String, usize);

/// A call that has not been made yet.
struct Waiting<'a> {
    layer: &'a str,
    index: usize,
    node: &'a Value,
    /// The places of its input tensors in the order of the layer's arguments, followed by those of its masks.
    places: Vec<Value>,
    /// For each mask, the number of the input that it is for.
    masked: Vec<usize>,
    /// How many of the places are available.
    found: usize,
}

/// The layers that have been read, and the outputs of the calls that have been made.
struct Graph<'c> {
    context: &'c dyn ReadContext,
    layers: HashMap<String, SharedLayer>,
    outputs: HashMap<String, Vec<Vec<KerasTensor>>>,
    /// For each function on tensors, the places of its tensors in each call.
    operations: HashMap<String, Vec<Vec<Value>>>,
    /// The calls of a layer whose options are not those of its first call.
    called_as: HashMap<CallKey, CalledAs>,
    /// The names of nested graphs.
    graphs: HashSet<String>,
}

impl<'c> Graph<'c> {
    fn new(context: &'c dyn ReadContext) -> Self {
        let (layers, outputs, operations, called_as) = Default::default();
        Self { context, layers, outputs, operations, called_as, graphs: HashSet::new() }
    }

    fn add(&mut self, name: &str, object: &Value, nodes: &[Value]) -> Result<()> {
        if self.layers.contains_key(name) || self.outputs.contains_key(name) {
            return Err(Error::model("two layers have one name")
                .received(format!("{name:?} twice"))
                .hint("rename one of them in the program that saves the model"));
        }
        if object["class_name"] == "InputLayer" {
            let input: Input = read_arguments(&object["config"]).map_err(|(received, error)| {
                Error::argument("the input can't be read")
                    .at(format!("layer {name:?}"))
                    .received(received)
                    .because(error)
                    .hint("save the model again: the configuration of its input is not valid")
            })?;
            self.outputs.insert(name.to_owned(), vec![vec![input.tensor()]]);
            return Ok(());
        }
        if is_operation(object) {
            return self.add_operation(name, object, nodes).map_err(|error| error.at(format!("operation {name:?}")));
        }
        let read = |object: &Value| self.context.read(object).map_err(|error| error.at(format!("layer {name:?}")));
        let mut layer = read(object)?;
        // Some call arguments in Keras are arguments of the layer here. Wrappers have none of them, so no layer is read
        // more than twice.
        let known = layer.call_options();
        let options_of = |node: &Value| -> Map<String, Value> {
            let kwargs = node["kwargs"].as_object().into_iter().flatten();
            let known_kwargs = kwargs.filter(|(key, _)| known.contains(&key.as_str()));
            let option = |value: &Value| if is_plain(value) { value.clone() } else { takes_tensors(value).into() };
            known_kwargs.map(|(key, value)| (key.clone(), option(value))).filter(|(_, value)| value != false).collect()
        };
        let kwargs = nodes.iter().filter_map(|node| node["kwargs"].as_object()).flatten();
        let mut others = kwargs.filter(|(key, _)| *key != TRAINING && !known.contains(&key.as_str()));
        if let Some((key, value)) = others.find(|(_, value)| is_plain(value) && *value != false) {
            return Err(Error::argument("the layer has no such call argument")
                .at(format!("layer {name:?}"))
                .received(format!("{key} = {value}"))
                .expected(if known.is_empty() { "none".to_owned() } else { known.join(", ") })
                .hint("leave the argument out in the program that saves the model"));
        }
        let with_options = |options| {
            let mut object = object.clone();
            if let Some(config) = object["config"].as_object_mut() {
                config.extend(options);
            }
            read(&object)
        };
        let options = nodes.first().map(options_of).unwrap_or_default();
        if !options.is_empty() {
            layer = with_options(options.clone())?;
        }
        let mut variants: Vec<(Map<String, Value>, CalledAs)> = Vec::new();
        for (index, own) in nodes.iter().map(options_of).enumerate().filter(|(_, own)| *own != options) {
            let called = match variants.iter().find(|(known, _)| *known == own) {
                Some((_, called)) => called.clone(),
                None => CalledAs::new(Arc::from(with_options(own.clone())?)),
            };
            variants.push((own, called.clone()));
            self.called_as.insert((name.to_owned(), index), called);
        }
        if matches!(object["class_name"].as_str(), Some("Functional" | "Model")) {
            self.graphs.insert(name.to_owned());
        }
        self.layers.insert(name.to_owned(), layer.shared());
        Ok(())
    }

    /// Adds a function on tensors.
    fn add_operation(&mut self, name: &str, object: &Value, nodes: &[Value]) -> Result<()> {
        let mut calls: Vec<Vec<Value>> = Vec::new();
        let mut first: Option<Operation> = None;
        for node in nodes {
            let mut places = Vec::new();
            let operation = Operation::read(object, node, &mut places)?;
            if first.as_ref().is_some_and(|first| !first.is_called_like(&operation)) {
                return Err(Error::model("the calls of one function differ in their constants")
                    .received(format!("{} calls", nodes.len()))
                    .expected("the same constants in each call")
                    .hint("call the function by its name in the program that saves the model"));
            }
            first.get_or_insert(operation);
            calls.push(places);
        }
        if let Some(operation) = first {
            self.layers.insert(name.to_owned(), operation.shared());
            self.operations.insert(name.to_owned(), calls);
        }
        Ok(())
    }

    /// The layer with the options of a call.
    fn layer_of(&self, name: &str, index: usize) -> Option<SharedLayer> {
        let layer = self.layers.get(name)?;
        match self.called_as.get(&(name.to_owned(), index)) {
            Some(called) => Some(layer.with_called_as(called.clone())),
            None => Some(layer.clone()),
        }
    }

    /// A call that is made as soon as its inputs are available.
    fn waiting<'a>(&mut self, layer: &'a str, index: usize, node: &'a Value) -> Result<Waiting<'a>> {
        if let Some(calls) = self.operations.get_mut(layer) {
            let places = calls.get_mut(index).map(std::mem::take).unwrap_or_default();
            return Ok(Waiting { layer, index, node, places, masked: Vec::new(), found: 0 });
        }
        let places = match self.layer_of(layer, index) {
            Some(description) => self.places(&description, node).map_err(|error| error.at(format!("layer {layer:?}"))),
            None => Err(Error::model("an Input is called")
                .at(format!("layer {layer:?}"))
                .hint("save the model again: its configuration is not a valid graph")),
        };
        let (places, masked) = places?;
        Ok(Waiting { layer, index, node, places, masked, found: 0 })
    }

    /// The next call that this one waits for.
    fn next_missing(&self, call: &mut Waiting) -> Option<CallKey> {
        let made = self.outputs.get(call.layer).map_or(0, Vec::len);
        if made < call.index {
            return Some((call.layer.to_owned(), call.index - 1));
        }
        while let Some(place) = call.places.get(call.found) {
            if !is_array(place) && self.tensor(place).is_none() {
                let number = place[1].as_u64().and_then(|number| usize::try_from(number).ok());
                return Some((place[0].as_str().unwrap_or_default().to_owned(), number.unwrap_or(usize::MAX)));
            }
            call.found += 1;
        }
        None
    }

    fn call(&mut self, call: Waiting) -> Result<()> {
        let Some(layer) = self.layer_of(call.layer, call.index) else { return Ok(()) };
        let mut inputs = call.places.iter().filter_map(|place| self.value(place)).collect::<Result<Vec<_>>>()?;
        if call.places.iter().any(is_array) {
            inputs = constants::placed(inputs)?;
        }
        let given = inputs.split_off(inputs.len() - call.masked.len());
        let mut masks = by_input(&call.masked, given);
        // A list of masks may end with null.
        masks.resize(masks.len().max(inputs.len()), None);
        // Masks from functions are those that the graph propagates, unless the program has computed them: then Keras records
        // nothing else of itself.
        let computed = |mask: &KerasTensor| mask.description().conventions().is_operation;
        let records =
            layer.description().conventions().recorded_mode.is_none() || !call.node["kwargs"][TRAINING].is_null();
        let is_propagated = records && masks.iter().flatten().all(computed);
        let mut layer = layer.with_recorded_masks(masks, !is_propagated);
        if let Some(mode) = mode_of(layer.description(), call.node) {
            layer = layer.in_mode(mode);
        }
        let outputs = layer.apply_all(inputs)?;
        self.outputs.entry(call.layer.to_owned()).or_default().push(outputs);
        Ok(())
    }

    /// The places of the input tensors of a call, in the order of the layer's arguments and followed by its masks; and for
    /// each mask the number of the input that it is for.
    fn places(&self, layer: &SharedLayer, node: &Value) -> Result<(Vec<Value>, Vec<usize>)> {
        let known = layer.description().call_options();
        let kwargs = node["kwargs"].as_object().into_iter().flatten();
        let others = kwargs.filter(|(key, _)| *key != TRAINING && !known.contains(&key.as_str()));
        if let Some(constant) = constant(&node["args"]).or_else(|| others.map(|(_, value)| value).find_map(constant)) {
            return Err(Error::model("the call takes a value that is not a tensor of the graph")
                .received(constant)
                .expected("outputs of layers")
                .hint("use a layer for this operation in the program that saves the model, such as Rescaling"));
        }
        let mut places = collected(&node["args"]);
        let mut named: HashMap<&str, Vec<Value>> = HashMap::new();
        for (key, value) in node["kwargs"].as_object().into_iter().flatten() {
            named.insert(key, collected(value));
        }
        named.retain(|_, places| !places.is_empty());
        let masks = masks_of(layer.description(), &node["kwargs"], &mut named);
        // Where no key is given the value is the key, which then has a mask of its own.
        let masks_key = masks.iter().any(|(of, _)| matches!(of, MaskOf::Argument(name) if name == KEY));
        if masks_key && places.len() < 3 && !named.contains_key(KEY) {
            let value = named.get("value").cloned().or_else(|| Some(vec![places.get(1)?.clone()]));
            named.insert(KEY, value.unwrap_or_default());
        }
        let count = places.len() + named.values().map(Vec::len).sum::<usize>();
        let arguments = layer.description().call_arguments(count);
        let mut masked = Vec::new();
        for argument in &arguments {
            places.extend(named.remove(argument.name).into_iter().flatten());
        }
        for (argument, mask) in masks {
            masked.push(match argument {
                MaskOf::Input(at) => at,
                MaskOf::Argument(name) => {
                    let before = arguments.iter().take_while(|argument| argument.name != name);
                    before.map(|argument| argument.inputs).sum()
                }
            });
            places.push(mask);
        }
        match named.into_keys().next() {
            None => Ok((places, masked)),
            Some(other) => Err(Error::model("the layer takes no such tensor as a call argument")
                .received(format!("a tensor as {other:?}"))
                .expected("the inputs of the layer")
                .hint("create masks with layers such as `Masking`, which propagate them")),
        }
    }

    /// The tensor at a place, or the array that is there.
    fn value(&self, place: &Value) -> Option<Result<KerasTensor>> {
        match is_array(place) {
            true => Some(ConstantTensor::read(place).and_then(KerasTensor::of_constant)),
            false => self.tensor(place).map(Ok),
        }
    }

    /// The tensor at `[layer, call, output]`.
    fn tensor(&self, place: &Value) -> Option<KerasTensor> {
        let calls = self.outputs.get(place[0].as_str()?)?;
        let at = |value: &Value| usize::try_from(value.as_u64()?).ok();
        calls.get(at(&place[1])?)?.get(at(&place[2])?).cloned()
    }

    /// The tensors at one place, or at several in lists and dictionaries.
    fn tensors(&self, places: &Value) -> Result<Vec<KerasTensor>> {
        let mut list = Vec::new();
        flatten(places, &mut list);
        let tensor = |place: &Value| {
            let numbered = place[0].as_str().filter(|name| self.graphs.contains(*name)).and_then(|_| place[1].as_u64());
            let counted = match numbered {
                // Only here does Keras count the call that created a nested graph.
                Some(call) => json!([place[0], call.saturating_sub(1), place[2]]),
                None => place.clone(),
            };
            self.tensor(&counted).ok_or_else(|| {
                Error::model("an input or output does not belong to a layer")
                    .received(place)
                    .expected("[layer, call, output]")
                    .hint("save the model again: its configuration is not a valid graph")
            })
        };
        list.into_iter().map(tensor).collect()
    }
}

/// What a mask is for.
enum MaskOf {
    /// The input of this number.
    Input(usize),
    /// The input that is this argument of the call.
    Argument(String),
}

/// Takes the masks out of the keyword arguments: `mask`, which may be a list with null for inputs without one, and
/// `query_mask` and the like, if the layer takes masks so.
fn masks_of(layer: &dyn Layer, kwargs: &Value, named: &mut HashMap<&str, Vec<Value>>) -> Vec<(MaskOf, Value)> {
    let mut masks = Vec::new();
    if named.remove(MASK).is_some() {
        match &kwargs[MASK] {
            Value::Array(items) => {
                let of_each = items.iter().enumerate();
                masks.extend(of_each.filter_map(|(at, item)| Some((MaskOf::Input(at), collected(item).pop()?))));
            }
            one => masks.extend(collected(one).pop().map(|mask| (MaskOf::Input(0), mask))),
        }
    }
    if layer.conventions().mask_argument == MaskArgument::Named {
        for argument in ["query", "value", KEY] {
            let mask = named.remove(format!("{argument}_{MASK}").as_str()).and_then(|mut places| places.pop());
            // A `MultiHeadAttention` takes the mask that the query has, whatever mask it is given for it.
            let is_given = argument != "query" || !layer.conventions().removes_masks;
            let mask = mask.filter(|_| is_given);
            masks.extend(mask.map(|mask| (MaskOf::Argument(argument.to_owned()), mask)));
        }
    }
    masks
}

/// The places of the tensors in an argument, and the arrays among them.
fn collected(value: &Value) -> Vec<Value> {
    let mut places = Vec::new();
    collect_with_arrays(value, &mut places);
    places
}

/// Does an argument contain tensors?
fn takes_tensors(value: &Value) -> bool {
    !collected(value).is_empty()
}

/// The places in lists and dictionaries, in their order.
fn flatten<'a>(places: &'a Value, list: &mut Vec<&'a Value>) {
    match places {
        Value::Array(items) if !items.first().is_some_and(Value::is_string) => {
            items.iter().for_each(|item| flatten(item, list));
        }
        Value::Object(named) => named.values().for_each(|item| flatten(item, list)),
        Value::Null => {}
        place => list.push(place),
    }
}

/// The mode that the program gives with a call. With a call of one tensor Keras records a mode of itself: that is none, and
/// the layer acts as the model does.
pub(crate) fn mode_of(layer: &dyn Layer, node: &Value) -> Option<Mode> {
    let mode = if node["kwargs"][TRAINING].as_bool()? { Mode::Training } else { Mode::Inference };
    let mut tensors = Vec::new();
    collect(&node["args"], &mut tensors);
    node["kwargs"]
        .as_object()?
        .iter()
        .filter(|(key, _)| *key != MASK)
        .for_each(|(_, value)| collect(value, &mut tensors));
    let recorded = layer.conventions().recorded_mode.filter(|_| tensors.len() == 1);
    Some(mode).filter(|_| recorded != Some(mode))
}
