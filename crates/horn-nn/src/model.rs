//! A built model: layers with their weights, and how they are connected.

use std::collections::HashSet;
use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use ndarray::{ArrayD, IxDyn};
use serde_json::Value;

use crate::build::Weight;
use crate::functional::{IntoTensors, nested_output_shapes};
use crate::layer_ref::LayerRef;
use crate::mask_operations;
use crate::plan::{self, ModelKind, Place, Plan, PlannedCall, PlannedLayer};
use crate::{
    AnyTensor, BuiltLayer, CallContext, Error, Forward, Functional, HostArray, IntoArrays, Layer, LayerBuilder, Logits,
    Mode, Result, Shape, Signal, by_rank, weights,
};

/// A model with weights, ready to compute. It is a Burn `Module`: Burn's optimizers, records and stores work on it.
///
/// It is built from a [`Sequential`](crate::Sequential) or a [`Functional`], and can be a layer in another model, with
/// the weights that it has.
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct Model {
    #[module(skip)]
    graph: Arc<Graph>,
    layers: Vec<BuiltLayer>,
}

#[derive(Debug, Clone)]
struct Graph {
    plan: Plan,
    states: Vec<LayerState>,
    /// For each input of each call: is it read there for the last time?
    last_reads: Vec<Vec<bool>>,
    device: Device,
}

/// What a model knows of a layer once it is built.
#[derive(Debug, Clone)]
pub(crate) struct LayerState {
    pub weights: Vec<Weight>,
    pub trainable: bool,
}

impl Model {
    /// The graph between inputs and outputs: `keras.Model(inputs, outputs)`.
    ///
    /// ```
    /// use burn::tensor::Device;
    /// use horn_nn::layers::{Concatenate, Dense, Input};
    /// use horn_nn::{Layer, Model};
    ///
    /// let (a, b) = (Input([4]), Input([2]));
    /// let joined = Concatenate().apply((&a, &b))?;
    /// let output = Dense(1).apply(&joined)?;
    /// let model = Model::new([&a, &b], &output)?.build(&Device::default())?;
    /// assert_eq!(model.count_params(), 7);
    /// # Ok::<(), horn_nn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where an output can't be computed from the inputs, an input is given twice, or two layers have one name.
    #[expect(clippy::new_ret_no_self, reason = "as in Keras, where Model(inputs, outputs) is a Functional")]
    pub fn new(inputs: impl IntoTensors, outputs: impl IntoTensors) -> Result<Functional> {
        Functional::new(inputs, outputs)
    }

    /// Makes the weights of all layers, as the book of a model around it says.
    pub(crate) fn from_plan(plan: Plan, around: &LayerBuilder) -> Result<Self> {
        let mut order: Vec<usize> = (0..plan.layers.len()).collect();
        order.sort_by_key(|&at| plan.layers[at].order);
        let mut built: Vec<Option<(BuiltLayer, LayerState)>> = plan.layers.iter().map(|_| None).collect();
        let first_calls = plan.first_calls();
        for at in order {
            built[at] = Some(build_layer(&plan.layers[at], first_calls[at], around)?);
        }
        let (layers, states) = built.into_iter().flatten().unzip();
        Ok(Self::from_parts(plan, states, layers, around.device()))
    }

    fn from_parts(plan: Plan, states: Vec<LayerState>, layers: Vec<BuiltLayer>, device: &Device) -> Self {
        let last_reads = last_reads(&plan);
        Self { graph: Arc::new(Graph { plan, states, last_reads, device: device.clone().without_autodiff() }), layers }
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.graph.plan.name
    }

    /// Was the model made as a list of layers, or as a graph?
    pub fn kind(&self) -> ModelKind {
        self.graph.plan.kind
    }

    /// The layers in Keras's order, inputs included.
    pub fn layers(&self) -> impl ExactSizeIterator<Item = LayerRef<'_>> {
        (0..self.layers.len()).map(|at| self.layer_at(at))
    }

    /// The layer of that name.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub fn get_layer(&self, name: &str) -> Result<LayerRef<'_>> {
        self.position(name).map(|at| self.layer_at(at))
    }

    fn layer_at(&self, at: usize) -> LayerRef<'_> {
        LayerRef::new(&self.graph.plan, at, &self.graph.states[at], &self.layers[at])
    }

    fn position(&self, name: &str) -> Result<usize> {
        let layers = &self.graph.plan.layers;
        layers.iter().position(|layer| layer.name == name).ok_or_else(|| {
            let names: Vec<_> = layers.iter().map(|layer| layer.name.as_str()).collect();
            Error::argument("there is no layer of this name")
                .at(format!("model {:?}", self.name()))
                .received(format!("{name:?}"))
                .expected(names.join(", "))
                .hint("write one of these names")
        })
    }

    /// Does a file of its weights name its inputs?
    pub(crate) fn lists_inputs(&self) -> bool {
        self.kind() == ModelKind::Functional
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.graph.plan
    }

    /// The shape of the batches that go in; of the first input where there are several.
    pub fn input_shape(&self) -> &Shape {
        &self.graph.plan.calls[self.graph.plan.inputs[0]].output_shapes[0]
    }

    /// The shapes of the batches that go in.
    pub fn input_shapes(&self) -> impl ExactSizeIterator<Item = &Shape> {
        let plan = &self.graph.plan;
        plan.inputs.iter().map(|&call| &plan.calls[call].output_shapes[0])
    }

    /// The shape of the batches that come out; of the first output where there are several.
    pub fn output_shape(&self) -> &Shape {
        self.graph.plan.shape(self.graph.plan.outputs[0])
    }

    /// The shapes of the batches that come out.
    pub fn output_shapes(&self) -> impl ExactSizeIterator<Item = &Shape> {
        self.graph.plan.outputs.iter().map(|&output| self.graph.plan.shape(output))
    }

    /// The names of the inputs: those of their layers.
    pub fn input_names(&self) -> impl ExactSizeIterator<Item = &str> {
        let plan = &self.graph.plan;
        plan.inputs.iter().map(|&call| plan.layers[plan.calls[call].layer].name.as_str())
    }

    /// The names of the outputs: those of the layers that they come from.
    pub fn output_names(&self) -> impl ExactSizeIterator<Item = &str> {
        let plan = &self.graph.plan;
        plan.outputs.iter().map(|output| plan.layers[plan.calls[output.call].layer].name.as_str())
    }

    /// The keys under which Keras's program takes the inputs, in their order, where it does so by a dictionary.
    ///
    /// ```
    /// use burn::tensor::Device;
    /// use horn_nn::Model;
    /// use serde_json::json;
    ///
    /// let input = |name: &str| json!({
    ///     "class_name": "InputLayer", "config": {"batch_shape": [null, 2], "name": name}, "name": name,
    ///     "inbound_nodes": [],
    /// });
    /// let model = json!({"class_name": "Functional", "config": {
    ///     "layers": [input("first"), input("second")],
    ///     "input_layers": {"a": ["second", 0, 0], "b": ["first", 0, 0]},
    ///     "output_layers": ["first", 0, 0],
    /// }});
    /// let model = Model::deserialize(&model, &Device::default())?;
    /// assert_eq!(model.input_keys(), ["a", "b"]);
    /// assert_eq!(model.input_names().collect::<Vec<_>>(), ["second", "first"]);
    /// # Ok::<(), horn_nn::Error>(())
    /// ```
    pub fn input_keys(&self) -> &[String] {
        &self.graph.plan.keys.inputs
    }

    /// The keys under which Keras's program gives the outputs, in their order, where it does so by a dictionary.
    pub fn output_keys(&self) -> &[String] {
        &self.graph.plan.keys.outputs
    }

    /// Where the model computes.
    pub fn device(&self) -> &Device {
        &self.graph.device
    }

    /// The model with its weights on another device.
    #[must_use]
    pub fn to_device(self, device: &Device) -> Self {
        let Graph { plan, states, .. } = Arc::unwrap_or_clone(self.graph);
        Self::from_parts(plan, states, self.layers.fork(device), device)
    }

    /// Replaces the model by what the function makes of it. Meanwhile its weights are held by nobody else, so that
    /// they can change where they lie.
    pub fn update(&mut self, function: impl FnOnce(Self) -> Self) {
        let whole = Self { graph: self.graph.clone(), layers: std::mem::take(&mut self.layers) };
        *self = function(whole);
    }

    /// Computes the output of a batch, for a model of one input and one output.
    ///
    /// # Errors
    ///
    /// Where the batch has another shape than [`input_shape`](Self::input_shape).
    pub fn forward(&self, input: AnyTensor, mode: Mode) -> Result<AnyTensor> {
        self.single(input, mode)?.value()
    }

    /// Computes what goes into the model's last activation, where that is a softmax or a sigmoid; else the output.
    ///
    /// # Errors
    ///
    /// As [`forward`](Self::forward).
    pub fn logits(&self, input: AnyTensor, mode: Mode) -> Result<Logits> {
        self.single(input, mode)?.logits()
    }

    fn single(&self, input: AnyTensor, mode: Mode) -> Result<Signal> {
        let [output] = crate::layer::signals(self.call(vec![input.into()], &mut CallContext::new(mode))?)?;
        Ok(output)
    }

    /// Computes all outputs of a batch from all inputs, in the order of the model.
    ///
    /// # Errors
    ///
    /// Where there are more or fewer inputs, or one has another shape.
    pub fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let plan = &self.graph.plan;
        self.check_inputs(&inputs.iter().map(Signal::shape).collect::<Vec<_>>())?;
        let mut values: Vec<Vec<Option<Signal>>> = vec![Vec::new(); plan.calls.len()];
        for ((&at, input), shape) in plan.inputs.iter().zip(inputs).zip(self.input_shapes()) {
            values[at] = vec![Some(input.settled()?.with_rank(shape.rank())?)];
        }
        for (at, planned) in plan.calls.iter().enumerate() {
            if planned.inputs.is_empty() {
                continue;
            }
            let taken = planned.inputs.iter().zip(&self.graph.last_reads[at]);
            let mut taken: Vec<Signal> = taken.map(|(place, &last)| read(&mut values, *place, last)).collect();
            let masks = taken.split_off(taken.len() - planned.masks);
            let taken = self.masked(planned, taken, masks).map_err(|error| error.at(self.place(planned.layer)))?;
            self.check_call(planned, &taken).map_err(|error| error.at(self.place(planned.layer)))?;
            values[at] = call
                .in_mode(planned.mode, |call| self.run(planned.layer, taken, call))?
                .into_iter()
                .map(Some)
                .collect();
        }
        Ok(plan.outputs.iter().map(|&place| read(&mut values, place, false)).collect())
    }

    /// The inputs of a layer with the masks that the program gives with the call.
    fn masked(&self, planned: &PlannedCall, mut inputs: Vec<Signal>, masks: Vec<Signal>) -> Result<Vec<Signal>> {
        if masks.is_empty() {
            return Ok(inputs);
        }
        let shapes = |signals: &[Signal]| signals.iter().map(Signal::shape).collect::<Vec<_>>();
        let layer = self.graph.plan.layers[planned.layer].layer.as_ref();
        mask_operations::check_given(layer, &shapes(&inputs), &shapes(&masks))?;
        for (at, mask) in masks.into_iter().enumerate() {
            let mask = by_rank!(mask.value()?, |mask| AnyTensor::from(mask.not_equal_elem(0.0)))?;
            inputs[at] = inputs[at].clone().with_mask(Some(mask));
        }
        Ok(inputs)
    }

    /// Do the inputs of a layer fit, where their sizes were not known when the model was built, or are others than the
    /// layer before announced, as those of `RandomCrop` are while it does not crop?
    fn check_call(&self, planned: &PlannedCall, inputs: &[Signal]) -> Result<()> {
        let sizes: Vec<Vec<usize>> = inputs.iter().map(Signal::sizes).collect();
        let as_planned = |(planned, own): (&Shape, &Vec<usize>)| {
            planned.rank() == own.len() && planned.sample().iter().zip(&own[1..]).all(|(size, own)| *size == Some(*own))
        };
        if planned.input_shapes.iter().zip(&sizes).all(as_planned) {
            return Ok(());
        }
        let layer = self.graph.plan.layers[planned.layer].layer.as_ref();
        let shapes: Vec<Shape> = inputs.iter().map(Signal::shape).collect();
        plan::output_shapes(layer, &shapes)?;
        let own = &self.graph.states[planned.layer].weights;
        if own.is_empty()
            || planned.input_shapes.iter().zip(&sizes).all(|(planned, sizes)| planned.accepts_batch(sizes))
        {
            return Ok(());
        }
        // Would the layer have other weights for these?
        let values = own.iter().map(|weight| weight.sizes.iter().product::<usize>() as u64).sum();
        let mut build = LayerBuilder::new(self.device()).rehearsal().within_room(values);
        let fits = layer.build_for(&shapes, &mut build).is_ok()
            && build.into_weights().iter().map(|weight| &weight.sizes).eq(own.iter().map(|weight| &weight.sizes));
        if fits {
            return Ok(());
        }
        Err(Error::shape("the layer's weights are for other inputs")
            .received(crate::layer::list(&shapes))
            .expected(crate::layer::list(&planned.input_shapes))
            .hint("look at the layers before: one gives other sizes in prediction than it announces"))
    }

    /// Runs one layer.
    fn run(&self, at: usize, mut inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let layer = self.graph.plan.layers[at].layer.as_ref();
        if !layer.supports_masking() {
            inputs = inputs.into_iter().map(|input| input.with_mask(None)).collect();
        }
        let trainable = self.graph.states[at].trainable;
        let outputs = call.of_layer(trainable, |call| self.layers[at].call(inputs, call));
        let outputs = outputs.map_err(|error| error.at(self.place(at)))?;
        if let Some(regularizer) = layer.activity_regularizer() {
            call.add_activity(regularizer, &outputs)?;
        }
        Ok(outputs)
    }

    fn place(&self, at: usize) -> String {
        let planned = &self.graph.plan.layers[at];
        plan::place(&planned.name, planned.layer.as_ref())
    }

    /// Lets all stateful recurrent layers start anew: Keras's `reset_states`.
    pub fn reset_states(&self) {
        self.layers.iter().for_each(|layer| layer.set_states(&[]).expect("a layer can always start anew"));
    }

    /// Does data of these shapes fit the inputs? As in Keras, a last axis of size 1 may be missing, or be there beside the
    /// others.
    ///
    /// # Errors
    ///
    /// Where it does not.
    pub fn check_inputs(&self, received: &[Shape]) -> Result<()> {
        let expected = self.input_shapes();
        if expected.len() != received.len() {
            return Err(Error::shape("the model takes another number of inputs")
                .at(format!("model {:?}", self.name()))
                .received(format!("{} inputs", received.len()))
                .expected(format!("{}: {}", expected.len(), self.input_names().collect::<Vec<_>>().join(", ")))
                .hint("give one array for each input, in this order"));
        }
        match expected.zip(received).find(|(expected, received)| !expected.takes(received)) {
            None => Ok(()),
            Some((expected, received)) if expected.is_texts() != received.is_texts() => {
                Err(Error::data(format!("the model takes {}", expected.kind()))
                    .at(format!("model {:?}", self.name()))
                    .received(format!("{} of shape {received}", received.kind()))
                    .expected(format!("{} of shape {expected}", expected.kind()))
                    .hint("change the data, or the dtype of the Input"))
            }
            Some((expected, received)) => Err(Error::shape("the data does not fit the model's input")
                .at(format!("model {:?}", self.name()))
                .received(received)
                .expected(expected)
                .hint("reshape the data, or change the Input")),
        }
    }

    /// Computes the outputs of all samples, `batch_size` at a time, for a model of one input and one output.
    ///
    /// # Errors
    ///
    /// Where the samples do not fit the input, or the batch size is 0.
    pub fn predict<'a>(&self, x: impl IntoArrays<'a>, batch_size: usize) -> Result<ArrayD<f32>> {
        let mut outputs = self.predict_all(x, batch_size)?;
        match outputs.len() {
            1 => Ok(outputs.remove(0)),
            outputs => Err(Error::argument("the model has several outputs")
                .at(format!("model {:?}", self.name()))
                .received(format!("{outputs} outputs"))
                .expected("one")
                .hint("write `predict_all`, which returns them all")),
        }
    }

    /// Computes all outputs of all samples, `batch_size` at a time; one array for each input and for each output.
    ///
    /// # Errors
    ///
    /// Where the samples do not fit the inputs, or the batch size is 0.
    pub fn predict_all<'a>(&self, x: impl IntoArrays<'a>, batch_size: usize) -> Result<Vec<ArrayD<f32>>> {
        let x = x.into_arrays();
        self.check_inputs(&x.iter().map(HostArray::shape).collect::<Vec<_>>())?;
        if batch_size == 0 {
            return Err(zero_batch_size());
        }
        let len = x.first().map_or(0, HostArray::len);
        if let Some(other) = x.iter().find(|x| x.len() != len) {
            return Err(Error::data("the inputs are of different lengths")
                .at("x")
                .received(format!("{len} and {} samples", other.len()))
                .expected("as many samples in each")
                .hint("check that they come from the same data"));
        }
        let mut values: Vec<(Vec<usize>, Vec<f32>)> = vec![Default::default(); self.graph.plan.outputs.len()];
        let samples: Vec<usize> = (0..len).collect();
        for batch in samples.chunks(batch_size) {
            let inputs = x.iter().map(|x| x.batch(batch, self.device()));
            let outputs = self.call(inputs.collect::<Result<_>>()?, &mut CallContext::new(Mode::Inference))?;
            for ((sizes, values), output) in values.iter_mut().zip(outputs) {
                let output = output.value()?;
                *sizes = output.sizes();
                values.append(&mut read_values(output)?);
            }
        }
        let outputs = values.into_iter().zip(self.output_shapes()).map(|((mut sizes, values), shape)| {
            match sizes.first_mut() {
                Some(batch) => *batch = len,
                None => sizes = shape.with_batch(0)?,
            }
            ArrayD::from_shape_vec(IxDyn(&sizes), values).map_err(|error| {
                Error::shape("the model's output has another shape than announced")
                    .at(format!("model {:?}", self.name()))
                    .expected(shape)
                    .because(error)
            })
        });
        outputs.collect()
    }

    /// The number of weights, each element counted.
    pub fn count_params(&self) -> usize {
        self.num_params()
    }

    /// What is known about each weight, in the order of [`get_weights`](Self::get_weights).
    pub fn weights(&self) -> impl Iterator<Item = &Weight> {
        self.graph.states.iter().flat_map(|state| &state.weights)
    }

    /// Keras's path of each weight, `conv2d/kernel`, in the order of [`weights`](Self::weights). That of a layer in a
    /// nested Sequential begins with the model's name, in a nested Functional it does not.
    pub fn weight_paths(&self) -> impl Iterator<Item = String> {
        self.layers().flat_map(|layer| {
            let prefix = match layer.as_model().map(Self::kind) {
                Some(ModelKind::Functional) => String::new(),
                _ => format!("{}/", layer.name()),
            };
            layer.weights().iter().map(move |weight| format!("{prefix}{}", weight.name))
        })
    }

    /// The weights that learn: not those of frozen layers.
    pub fn trainable_weights(&self) -> impl Iterator<Item = &Weight> {
        self.weights().zip(self.learning()).filter_map(|(weight, learns)| learns.then_some(weight))
    }

    /// The weights that do not learn: those of frozen layers, and those that layers change themselves.
    pub fn non_trainable_weights(&self) -> impl Iterator<Item = &Weight> {
        self.weights().zip(self.learning()).filter_map(|(weight, learns)| (!learns).then_some(weight))
    }

    /// Does each weight learn?
    pub(crate) fn learning(&self) -> Vec<bool> {
        self.layers().flat_map(|layer| layer.learning()).collect()
    }

    /// Copies of all weights, layer by layer, those that learn first.
    pub fn get_weights(&self) -> Vec<ArrayD<f32>> {
        weights::get(self, self.weights())
    }

    /// Replaces all weights by arrays in the order of [`get_weights`](Self::get_weights).
    ///
    /// # Errors
    ///
    /// Where there are more or fewer arrays, or one has another shape. The model keeps its weights then.
    pub fn set_weights(&mut self, values: &[ArrayD<f32>]) -> Result<()> {
        check_weights(self.weights(), values).map_err(|error| error.at(format!("model {:?}", self.name())))?;
        self.update(|model| weights::set(model, values));
        Ok(())
    }

    /// Replaces the weights of one layer.
    ///
    /// # Errors
    ///
    /// Where there is no layer of that name, there are more or fewer arrays, or one has another shape.
    pub fn set_layer_weights(&mut self, name: &str, values: &[ArrayD<f32>]) -> Result<()> {
        let at = self.position(name)?;
        check_weights(&self.graph.states[at].weights, values).map_err(|error| error.at(self.place(at)))?;
        self.update_layer(at, |layer| weights::set(layer, values));
        Ok(())
    }

    /// Freezes a layer, so that its weights stay as they are, or lets it learn again. A `BatchNormalization` that is
    /// frozen uses its moving statistics. A layer of a nested model has the model's name before its own: `base/dense`.
    ///
    /// # Errors
    ///
    /// Where there is no layer of that name.
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

    /// Freezes all layers, or lets all learn.
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

    /// What the weights' regularizers add to the loss: of those that learn.
    pub fn regularization_losses(&self) -> Vec<Tensor<1>> {
        if self.weights().all(|weight| weight.regularizer.is_none()) {
            return Vec::new();
        }
        weights::penalties(self, &self.weights().collect::<Vec<_>>())
    }

    /// The model with its weights held to their constraints.
    #[must_use]
    pub fn constrained(self) -> Self {
        let graph = self.graph.clone();
        let noted: Vec<&Weight> = graph.states.iter().flat_map(|state| &state.weights).collect();
        if noted.iter().all(|weight| weight.constraint.is_none()) { self } else { weights::constrain(self, &noted) }
    }

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

    /// The model as a layer of another; its weights are noted there.
    pub(crate) fn into_layer(self, build: &mut LayerBuilder) -> BuiltLayer {
        let placed = |((weight, name), mut groups): ((&Weight, _), Vec<String>)| {
            let group = groups.pop().unwrap_or_default();
            Weight { name, group, also_in: groups.pop(), ..weight.clone() }
        };
        build.adopt(self.weights().zip(self.weight_paths()).zip(self.group_paths()).map(placed));
        BuiltLayer::new(self)
    }
}

/// A built model as a layer in another: it starts there with the weights that it has.
impl Layer for Model {
    fn class_name(&self) -> &str {
        match self.kind() {
            ModelKind::Sequential => "Sequential",
            ModelKind::Functional => "Functional",
        }
    }

    fn name(&self) -> Option<&str> {
        self.graph.plan.named.then(|| self.name())
    }

    fn supports_masking(&self) -> bool {
        true
    }

    /// Where its Input does: the shapes tell.
    fn takes_texts(&self) -> bool {
        true
    }

    crate::many_inputs!();

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        nested_output_shapes(&self.graph.plan, inputs)
    }

    fn build_for(&self, _: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(self.clone().to_device(build.device()).into_layer(build))
    }

    fn config(&self) -> Value {
        self.to_config().unwrap_or_default()
    }
}

impl Forward for Model {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        Self::call(self, inputs, call)
    }

    fn states(&self) -> Vec<AnyTensor> {
        self.layers.iter().flat_map(BuiltLayer::states).collect()
    }

    fn set_states(&self, mut states: &[AnyTensor]) -> Result<()> {
        for layer in &self.layers {
            // Without states, all start anew.
            let own = layer.states().len().min(states.len());
            layer.set_states(&states[..own])?;
            states = &states[own..];
        }
        Ok(())
    }
}

impl burn::module::ModuleDisplay for Model {
    fn custom_content(&self, content: burn::module::Content) -> Option<burn::module::Content> {
        self.layers()
            .fold(content, |content, layer| {
                content.add_formatted(&format!("{}: {}", layer.name(), layer.output_shape()))
            })
            .optional()
    }
}

/// Makes the weights of a layer, as its first call needs them.
fn build_layer(planned: &PlannedLayer, call: &PlannedCall, around: &LayerBuilder) -> Result<(BuiltLayer, LayerState)> {
    let mut build = around.apart();
    let module = planned
        .layer
        .build_for(&call.input_shapes, &mut build)
        .map_err(|error| error.at(plan::place(&planned.name, planned.layer.as_ref())))?;
    let weights = weights::describe(&module, build.into_weights());
    let trainable = planned.layer.trainable();
    let module = if trainable { module } else { weights::set_trainable(module, |_| false) };
    Ok((module, LayerState { weights, trainable }))
}

/// Where each value is read for the last time, so that it can be let go. Outputs are kept to the end.
fn last_reads(plan: &Plan) -> Vec<Vec<bool>> {
    let mut read: HashSet<Place> = plan.outputs.iter().copied().collect();
    let mut reads: Vec<Vec<bool>> = Vec::with_capacity(plan.calls.len());
    for call in plan.calls.iter().rev() {
        let mut last: Vec<bool> = Vec::with_capacity(call.inputs.len());
        for place in call.inputs.iter().rev() {
            last.push(read.insert(*place));
        }
        last.reverse();
        reads.push(last);
    }
    reads.reverse();
    reads
}

/// Takes a value that is not read again, or a copy of its handle.
fn read(values: &mut [Vec<Option<Signal>>], place: Place, last: bool) -> Signal {
    let slot = &mut values[place.call][place.output];
    let value = if last { slot.take() } else { slot.clone() };
    value.expect("calls come after those that they take from")
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

/// The error for batches of no samples.
#[doc(hidden)]
pub fn zero_batch_size() -> Error {
    Error::argument("a batch needs samples")
        .at("batch_size")
        .received(0)
        .expected("at least 1")
        .hint("leave batch_size out for Keras's 32")
}

/// Reads a tensor from its device.
fn read_values(tensor: AnyTensor) -> Result<Vec<f32>> {
    by_rank!(tensor, |x| {
        let data = x.into_data();
        match data.as_slice::<f32>() {
            Ok(values) => values.to_vec(),
            // Half floats are widened.
            Err(_) => data.iter::<f32>().collect(),
        }
    })
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;
    use crate::initializers::{Constant, Ones};
    use crate::layers::{Dense, Dropout, Input};
    use crate::{Activation, Sequential};

    fn model() -> Model {
        Sequential::new()
            .add(Input([3]))
            .add(Dense(2).kernel_initializer(Ones::new()).bias_initializer(Constant::new(1.0)))
            .add(Dropout(0.5))
            .add(Dense(2).activation(Activation::Softmax))
            .build(&Device::default())
            .unwrap()
    }

    #[test]
    fn predicts_in_batches_of_any_size() {
        let model = model();
        let x = Array2::from_shape_fn((7, 3), |(row, column)| (row * column) as f32);
        let all = model.predict(&x, 32).unwrap();
        assert_eq!(all.shape(), [7, 2]);
        assert_eq!(model.predict(&x, 2).unwrap(), all);
        assert_eq!(model.predict(&Array2::<f32>::zeros((0, 3)), 2).unwrap().shape(), [0, 2]);
    }

    #[test]
    fn logits_come_before_the_softmax() {
        let model = model();
        let x = AnyTensor::from(Tensor::<2>::ones([1, 3], &Device::default()));
        let logits = model.logits(x.clone(), Mode::Inference).unwrap();
        assert!(logits.activation.is_softmax());
        let softmax = logits.activation.forward(logits.value.float::<2>().unwrap());
        let output = model.forward(x, Mode::Inference).unwrap().float::<2>().unwrap();
        assert_eq!(softmax.into_data(), output.into_data());
    }

    #[test]
    fn weights_go_out_and_in() {
        let mut model = model();
        let mut weights = model.get_weights();
        let shapes: Vec<_> = weights.iter().map(|weight| weight.shape().to_vec()).collect();
        assert_eq!(shapes, [vec![3, 2], vec![2], vec![2, 2], vec![2]]);
        assert_eq!(weights[1], array![1.0, 1.0].into_dyn());

        weights[1] = array![5.0, 6.0].into_dyn();
        model.set_weights(&weights).unwrap();
        assert_eq!(model.get_weights(), weights);

        weights.pop();
        assert!(model.set_weights(&weights).unwrap_err().is_shape());
        assert_eq!(model.get_weights().len(), 4);
    }

    #[test]
    fn data_that_does_not_fit_is_an_error() {
        let x = Array2::<f32>::zeros((5, 4));
        assert_eq!(
            model().predict(&x, 32).unwrap_err().to_string(),
            "model \"sequential\": the data does not fit the model's input; received (5, 4), expected (None, 3). \
             Hint: reshape the data, or change the Input."
        );
        assert!(model().predict(&x.slice(ndarray::s![.., ..3]), 0).unwrap_err().is_argument());
    }

    #[test]
    fn layers_of_nested_models_are_frozen_by_their_path() {
        let base = model();
        let input = Input([3]);
        let output = Dense(1).apply(base.apply(&input).unwrap()).unwrap();
        let mut outer = Model::new(&input, &output).unwrap().build(&Device::default()).unwrap();
        let trainable = |outer: &Model| outer.to_summary().totals.trainable;
        assert_eq!(trainable(&outer), 17);
        outer.set_layer_trainable("sequential/dense", false).unwrap();
        assert_eq!(trainable(&outer), 9);
        outer.set_layer_trainable("sequential", false).unwrap();
        assert_eq!(trainable(&outer), 3);
        for name in ["sequential/none", "none/dense", "dense/kernel"] {
            assert!(outer.set_layer_trainable(name, true).unwrap_err().is_argument(), "{name}");
        }
    }

    #[test]
    fn the_summary_leaves_the_input_out() {
        let summary = model().to_summary();
        let rows: Vec<_> = summary.rows.iter().map(|row| (row.name.as_str(), row.params)).collect();
        assert_eq!(rows, [("dense", Some(8)), ("dropout", Some(0)), ("dense_1", Some(6))]);
        assert_eq!(summary.totals.trainable, 14);
    }
}
