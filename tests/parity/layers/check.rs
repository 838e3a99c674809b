//! `check_layer`: what must be true of every layer.
//!
//! A fixture has a layer's configuration, inputs, weights, outputs and gradients, as computed by real Keras. The layer
//! is read from the configuration and must write the same configuration. It must declare Keras's output shapes and
//! weights. With these weights it must compute Keras's outputs, masks, losses and gradients. A call may change only the
//! weights and states that Keras's call changes. A round trip through a file must not change the layer.

use horn::burn::module::{Module, ModuleVisitor, Param};
use horn::burn::optim::{GradientsParams, SgdConfig};
use horn::burn::tensor::{Device, Gradients, Tensor, TensorData};
use horn::layers::{Input, from_config};
use horn::{AnyTensor, Apply, CallContext, Layer, Mode, Model, SaveModel, Signal, by_rank, load_model};
use ndarray::{ArrayD, IxDyn};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::fixtures::{Array, assert_close, assert_within, bits, values};

#[derive(Debug, Deserialize)]
pub struct Entry {
    pub class_name: String,
    #[serde(default)]
    pub case: String,
    pub config: Value,
    supports_masking: bool,
    inputs: Vec<Array>,
    #[serde(default)]
    masks: Vec<Option<Array>>,
    #[serde(default)]
    kwargs: Map<String, Value>,
    training: bool,
    weights: Vec<NamedWeight>,
    outputs: Vec<Array>,
    output_shapes: Vec<Vec<Option<usize>>>,
    #[serde(default)]
    output_masks: Vec<Option<Array>>,
    #[serde(default)]
    cotangents: Vec<Array>,
    #[serde(default)]
    weight_grads: Vec<Array>,
    #[serde(default)]
    input_grads: Vec<Option<Array>>,
    #[serde(default)]
    weights_after: Vec<Array>,
    losses: Option<f64>,
    /// The states of a stateful layer before the call.
    #[serde(default)]
    states: Vec<Array>,
    #[serde(default)]
    states_after: Vec<Array>,
    /// The layer's seed generators before the call: the seed, and how often it was used.
    #[serde(default)]
    seeds: Vec<[u64; 2]>,
    /// The tolerance of Keras's own test, if its values are rounded.
    #[serde(default)]
    atol: f64,
    #[serde(default)]
    rtol: f64,
    /// The bias that the layer's initializers make.
    initial_bias: Option<Array>,
}

#[derive(Debug, Deserialize)]
pub struct NamedWeight {
    pub name: String,
    pub trainable: bool,
    #[serde(flatten)]
    pub array: Array,
}

/// Checks all cases. The failure names each case that fails.
#[track_caller]
pub fn all(entries: &[Entry], relative: f64) {
    let failed: Vec<String> = entries.iter().filter_map(|entry| failure(entry, relative)).collect();
    assert!(failed.is_empty(), "{} of {} cases fail:\n{}", failed.len(), entries.len(), failed.join("\n"));
}

/// The failure of a case, if it fails.
pub fn failure(entry: &Entry, relative: f64) -> Option<String> {
    let panic = std::panic::catch_unwind(|| check_layer(entry, relative)).err()?;
    let message =
        panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    Some(format!("- {} [{}]: {}", entry.class_name, entry.case, message.unwrap_or_default()))
}

/// Checks one case.
pub fn check_layer(entry: &Entry, relative: f64) {
    let layer = layer(entry);
    assert_eq!(layer.class_name(), entry.class_name, "class name");
    assert_eq!(layer.supports_masking(), entry.supports_masking, "supports_masking");

    let learns = layer.trainable();
    let model = build(entry, layer, &Device::default());
    let shapes: Vec<_> = model.output_shapes().map(|shape| shape.sizes().to_vec()).collect();
    assert_eq!(shapes, entry.output_shapes, "output shapes");
    let weights: Vec<_> =
        model.weights().map(|weight| (weight.name.clone(), weight.trainable && learns, weight.sizes.clone())).collect();
    let expected: Vec<_> = entry.weights.iter().map(|w| (w.name.clone(), w.trainable, w.array.shape.clone())).collect();
    assert_eq!(weights, expected, "weights");

    outputs(entry, &model, relative);
    if entry.has_gradients() {
        gradients(entry, &model, relative);
    }
    saved_and_loaded(entry, &model);
}

/// A loaded model has the same configuration, the same outputs, and bit for bit the same weights as the saved one.
fn saved_and_loaded(entry: &Entry, model: &Model) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer.keras");
    model.save(&path).unwrap();
    let loaded: Model = load_model(&path).unwrap();
    assert_eq!(loaded.serialize().unwrap(), model.serialize().unwrap(), "the configuration after loading");
    assert_eq!(bits(&loaded.get_weights()), bits(&model.get_weights()), "the weights after loading");
    // Files do not contain states.
    let states = model.layers().last().unwrap().states();
    if !states.is_empty() {
        loaded.layers().last().unwrap().set_states(&states).unwrap();
    }
    let outputs = |model: &Model| -> Vec<Vec<u32>> {
        let outputs = model.call(signals(entry, model.device()), &mut CallContext::new(Mode::Inference)).unwrap();
        let bits = |output: Signal| values(output.value().unwrap()).into_iter().map(f32::to_bits).collect();
        outputs.into_iter().map(bits).collect()
    };
    // A call changes states, so it uses a clone, which has its own states.
    assert_eq!(outputs(&loaded), outputs(&model.clone()), "the outputs after loading");
}

impl Entry {
    /// The input, if there is one alone, without masks, states and options of the call.
    pub fn only_input(&self) -> Option<&[Array]> {
        let is_plain = self.masks.iter().all(Option::is_none) && self.states.is_empty() && self.kwargs.is_empty();
        (self.inputs.len() == 1 && is_plain).then_some(&self.inputs)
    }

    /// Has the fixture gradients?
    pub fn has_gradients(&self) -> bool {
        !self.cotangents.is_empty()
    }
}

/// Checks the outputs and the gradients of one case on a device.
pub fn on_device(entry: &Entry, device: &Device, relative: f64) {
    let model = build(entry, layer(entry), device);
    outputs(entry, &model, relative);
    if entry.has_gradients() {
        gradients(entry, &model, relative);
    }
}

/// The layer that the configuration describes. It must describe itself in the same way.
pub fn layer(entry: &Entry) -> Box<dyn Layer> {
    let mut config = entry.config.clone();
    let given = from_config(&entry.class_name, &config).unwrap().config();
    assert!(same(&given, &config), "the configuration comes out as\n{given}\nand went in as\n{config}");
    // What Keras takes as call arguments, this layer takes as its own arguments.
    let given = |value: &Value| !value.is_object() && !value.is_null() && *value != false && *value != 0;
    let arguments = entry.kwargs.iter().filter(|(_, value)| given(value));
    let config_map = config.as_object_mut().unwrap();
    config_map.extend(arguments.map(|(key, value)| (key.clone(), value.clone())));
    if entry.kwargs.get("attention_mask").is_some_and(Value::is_object) {
        config_map.insert("attention_mask".to_owned(), true.into());
    }
    let mut seeds = entry.seeds.iter();
    seed(&entry.class_name, &mut config, &mut seeds);
    from_config(&entry.class_name, &config).unwrap()
}

/// Sets the seeds of layers whose configurations lack them.
fn seed<'a>(class_name: &str, config: &mut Value, seeds: &mut impl Iterator<Item = &'a [u64; 2]>) {
    if class_name == "SimpleRNN" {
        config["seed"] = seeds.next().map_or(Value::Null, |[seed, _]| (*seed).into());
    }
    for part in ["layer", "backward_layer"] {
        if let Some(class_name) = config[part]["class_name"].as_str().map(str::to_owned) {
            seed(&class_name, &mut config[part]["config"], seeds);
        }
    }
}

/// Are two configurations equal? Whole floats equal integers, and the shapes that Keras records are ignored.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            let keys =
                |map: &Map<String, Value>| map.keys().filter(|key| *key != "build_config").cloned().collect::<Vec<_>>();
            let (mut own, mut other) = (keys(a), keys(b));
            own.sort();
            other.sort();
            own == other && own.iter().all(|key| same(&a[key], &b[key]))
        }
        (a, b) => a == b,
    }
}

/// All inputs: those of the entry, and the tensors that Keras takes as keyword arguments.
fn inputs(entry: &Entry) -> Vec<Array> {
    let tensors = entry.kwargs.values().filter(|value| value.is_object());
    let tensors = tensors.map(|value| serde_json::from_value(value.clone()).unwrap());
    entry.inputs.iter().cloned().chain(tensors).collect()
}

/// A model of only this layer, with the entry's weights.
pub fn build(entry: &Entry, layer: Box<dyn Layer>, device: &Device) -> Model {
    // Only stateful layers have a fixed batch size.
    let batch = |size: usize| (!entry.states.is_empty()).then_some(size);
    let shape = |input: &Array| {
        let sample = input.shape[1..].iter().copied().map(Some);
        std::iter::once(batch(input.shape[0])).chain(sample).collect::<Vec<_>>()
    };
    let inputs = inputs(entry).iter().map(|input| Input::batch_shape(shape(input)).tensor()).collect::<Vec<_>>();
    // A mask that is an argument of the call.
    let mut names = entry.kwargs.iter().filter(|(_, value)| value.is_object());
    let outputs = match names.position(|(name, _)| name == "mask") {
        Some(at) => {
            let mut given = inputs.clone();
            let mask = given.remove(entry.inputs.len() + at);
            layer.shared().with_mask(mask).apply_all(given).unwrap()
        }
        None => layer.apply_all(inputs.as_slice()).unwrap(),
    };
    let mut model = Model::new(inputs, outputs).unwrap().build(device).unwrap();
    if entry.states.is_empty() && is_stateful(&entry.config) {
        // The fixture records the second of two calls. The first call has the layer's initial weights.
        model.call(signals(entry, device), &mut CallContext::new(mode(entry))).unwrap();
    }
    if let Some(bias) = &entry.initial_bias {
        assert_eq!(model.get_weights()[2].iter().copied().collect::<Vec<_>>(), bias.values(), "initial bias");
    }
    let array =
        |weight: &NamedWeight| ArrayD::from_shape_vec(IxDyn(&weight.array.shape), weight.array.values()).unwrap();
    model.set_weights(&entry.weights.iter().map(array).collect::<Vec<_>>()).unwrap();
    let states: Vec<_> = entry.states.iter().map(|state| tensor(state, device)).collect();
    if !states.is_empty() {
        model.layers().last().unwrap().set_states(&states).unwrap();
    }
    model
}

/// The values as a tensor on a device.
pub fn tensor(array: &Array, device: &Device) -> AnyTensor {
    let data = TensorData::new(array.values(), [array.values().len()]);
    AnyTensor::from(Tensor::<1>::from_data(data, device)).reshape(&array.shape).unwrap()
}

fn mask(array: &Array, device: &Device) -> AnyTensor {
    by_rank!(tensor(array, device), |x| AnyTensor::from(x.greater_elem(0.5))).unwrap()
}

fn signals(entry: &Entry, device: &Device) -> Vec<Signal> {
    let mut masks = entry.masks.iter();
    let inputs = inputs(entry);
    let signal = |input: &Array| {
        let mask = masks.next().and_then(Option::as_ref).map(|array| mask(array, device));
        Signal::new(tensor(input, device)).with_mask(mask)
    };
    inputs.iter().map(signal).collect()
}

fn is_stateful(config: &Value) -> bool {
    config["stateful"] == true || config["layer"]["config"]["stateful"] == true
}

fn mode(entry: &Entry) -> Mode {
    if entry.training { Mode::Training } else { Mode::Inference }
}

fn outputs(entry: &Entry, model: &Model, relative: f64) {
    // A call may change weights. They are compared here, and must not affect the gradients' call, so a clone is called.
    let model = model.clone();
    let mut call = CallContext::new(mode(entry));
    let outputs = model.call(signals(entry, model.device()), &mut call).unwrap();
    assert_eq!(outputs.len(), entry.outputs.len(), "number of outputs");
    for (at, (output, expected)) in outputs.iter().zip(&entry.outputs).enumerate() {
        assert_eq!(output.sizes(), expected.shape, "sizes of output {at}");
        let received = values(output.clone().value().unwrap());
        let what = format!("output {at}");
        if entry.atol.max(entry.rtol) > relative {
            let (atol, rtol) = (entry.atol.max(relative), entry.rtol.max(relative));
            assert_within(&what, &received, &expected.values(), atol, rtol);
        } else {
            assert_close(&what, &received, &expected.values(), relative);
        }
    }
    for (at, output) in outputs.iter().enumerate() {
        let expected = entry.output_masks.get(at).and_then(Option::as_ref);
        let received = output.mask().map(|mask| {
            let floats = by_rank!(bool: mask.clone(), |mask| AnyTensor::from(mask.float())).unwrap();
            (mask.sizes(), values(floats))
        });
        assert_eq!(received, expected.map(|mask| (mask.shape.clone(), mask.values())), "mask of output {at}");
    }
    if let Some(losses) = entry.losses {
        let received: f32 = call
            .losses()
            .iter()
            .chain(&model.clone().train().regularization_losses())
            .map(|loss| loss.clone().into_scalar::<f32>())
            .sum();
        assert_close("losses", &[received], &[losses as f32], relative);
    }
    let mut states = model.layers().last().unwrap().states();
    // The fixtures from Keras's own tests do not record the states of stateful layers.
    if entry.states.is_empty() && entry.states_after.is_empty() {
        states.clear();
    }
    assert_eq!(states.len(), entry.states_after.len(), "number of states afterwards");
    for (at, (state, expected)) in states.into_iter().zip(&entry.states_after).enumerate() {
        assert_close(&format!("state {at} afterwards"), &values(state), &expected.values(), relative);
    }
    weights_after(entry, model.get_weights(), relative);
}

/// The call changes the weights that Keras's call changes, and no others.
fn weights_after(entry: &Entry, after: Vec<ArrayD<f32>>, relative: f64) {
    assert_eq!(after.len(), entry.weights.len(), "number of weights afterwards");
    let unchanged = entry.weights_after.is_empty();
    assert!(unchanged || entry.weights_after.len() == after.len(), "the fixture has all weights or none");
    for (at, (received, weight)) in after.iter().zip(&entry.weights).enumerate() {
        let what = format!("{} afterwards", weight.name);
        let received: Vec<f32> = received.iter().copied().collect();
        // Keras assigns the normalized kernel, but drops it when it trains on JAX. Horn always drops it.
        let dropped = entry.class_name == "SpectralNormalization" && weight.trainable;
        if unchanged || dropped {
            assert_eq!(received, weight.array.values(), "{what}");
        } else {
            assert_close(&what, &received, &entry.weights_after[at].values(), relative);
        }
    }
}

/// Cases whose gradients are small differences of much larger terms, with their tolerances.
const CANCELLED: [(&str, &str, f64, &str); 1] = [(
    "GroupNormalization",
    "matrix",
    5e-5,
    "two values in a group are always ±1 when they are normalized, but for the little that epsilon takes",
)];

fn gradients(entry: &Entry, model: &Model, relative: f64) {
    let cancelled = CANCELLED.iter().find(|(class, case, ..)| entry.class_name == *class && entry.case == *case);
    let relative = cancelled.map_or(relative, |(_, _, cancelled, _)| relative.max(*cancelled));
    let inputs = signals(entry, model.device());
    let found = gradients_of(model, inputs, &entry.cotangents, mode(entry));
    assert_eq!(entry.input_grads.len(), entry.inputs.len(), "number of gradients by inputs in the fixture");
    for (at, (received, expected)) in found.by_input.iter().zip(&entry.input_grads).enumerate() {
        let Some(expected) = expected else { continue };
        let zeros = vec![0.0; expected.data.len()];
        let received = received.as_ref().unwrap_or(&zeros);
        assert_close(&format!("gradient by input {at}"), received, &expected.values(), relative);
    }
    assert_eq!(found.by_weight.len(), entry.weight_grads.len(), "number of trainable weights");
    for (at, (received, expected)) in found.by_weight.iter().zip(&entry.weight_grads).enumerate() {
        let zeros = vec![0.0; expected.data.len()];
        let received = received.as_ref().unwrap_or(&zeros);
        assert_close(&format!("gradient by weight {at}"), received, &expected.values(), relative);
    }
    step_changes_what_is_trainable(entry, &found.model, found.gradients);
}

/// The gradients of a model. They are `None` for an input or a weight that the outputs do not depend on.
pub struct Found {
    model: Model,
    gradients: Gradients,
    pub by_input: Vec<Option<Vec<f32>>>,
    pub by_weight: Vec<Option<Vec<f32>>>,
}

/// The gradients of the sum of the outputs, each multiplied by its cotangent, and of the losses that layers add.
pub fn gradients_of(model: &Model, inputs: Vec<Signal>, cotangents: &[Array], mode: Mode) -> Found {
    let device = model.device().clone().autodiff();
    let model = model.clone().train();
    let track = |signal: Signal| {
        let mask = signal.mask().cloned();
        let value = by_rank!(signal.value().unwrap(), |x| AnyTensor::from(x.autodiff().require_grad())).unwrap();
        Signal::new(value).with_mask(mask)
    };
    let tracked: Vec<Signal> = inputs.into_iter().map(track).collect();
    let mut call = CallContext::new(mode);
    let outputs = model.call(tracked.clone(), &mut call).unwrap();
    let mut sums: Vec<Tensor<1>> = call.losses().to_vec();
    sums.extend(model.regularization_losses());
    for (output, cotangent) in outputs.into_iter().zip(cotangents) {
        let cotangent = tensor(cotangent, &device);
        let sum = by_rank!(output.value().unwrap(), |y| cotangent.float().map(|w| (y * w).sum())).unwrap().unwrap();
        sums.push(sum);
    }
    let total = sums.into_iter().reduce(|a, b| a + b).expect("there is a cotangent");
    let gradients = total.backward();
    let by_input = tracked.into_iter().map(|input| {
        let gradient = by_rank!(input.value().unwrap(), |x| x.grad(&gradients).map(|g| g.into_data().iter().collect()));
        gradient.unwrap()
    });
    let by_input = by_input.collect();
    let mut reader = Reader { gradients: &gradients, found: Vec::new() };
    model.visit(&mut reader);
    let by_weight = reader.found;
    Found { model, gradients, by_input, by_weight }
}

/// Collects the gradients of the trainable weights, in the order of the weights.
struct Reader<'a> {
    gradients: &'a Gradients,
    found: Vec<Option<Vec<f32>>>,
}

impl ModuleVisitor for Reader<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if param.is_require_grad() {
            let gradient = param.val().grad(self.gradients);
            self.found.push(gradient.map(|gradient| gradient.into_data().iter().collect()));
        }
    }
}

fn step_changes_what_is_trainable(entry: &Entry, model: &Model, gradients: Gradients) {
    let before = model.get_weights();
    let gradients = GradientsParams::from_grads(gradients, model);
    let after = SgdConfig::new().init().step(0.5, model.clone(), gradients).get_weights();
    let mut by_weight = entry.weight_grads.iter();
    for (weight, (before, after)) in entry.weights.iter().zip(before.iter().zip(&after)) {
        if !weight.trainable {
            assert_eq!(before, after, "a step leaves {}", weight.name);
        } else if by_weight.next().is_some_and(|g| g.values().iter().any(|g| g.abs() > 1e-5)) {
            assert_ne!(before, after, "a step changes {}", weight.name);
        }
    }
}
