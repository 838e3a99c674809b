//! `Model`: layers with their weights, and how they are connected.

use std::collections::HashSet;
use std::sync::Arc;

use burn::module::Module;
use burn::tensor::Device;

use crate::error::Result;
use crate::graph::plan::{ModelKind, Place, Plan, PlannedCall, PlannedLayer};
use crate::layer::builder::LayerBuilder;
use crate::layer::erased::BuiltLayer;
use crate::layer::graphs::{BuiltGraph, BuiltPlace};
use crate::layer::weight::Weight;
use crate::layer::{names, weights};
use crate::model::precision::HalfPrecision;
use crate::tensor::shape::Shape;

/// A built model, with weights. It is a Burn `Module`: Burn's optimizers, records and stores work on it.
///
/// A model is built from a [`Sequential`](crate::Sequential) or a [`Functional`](crate::Functional). It can be a layer in
/// another model, where its weights keep their values.
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct Model {
    #[module(skip)]
    pub(super) graph: Arc<Graph>,
    pub(super) layers: Vec<BuiltLayer>,
}

#[derive(Debug, Clone)]
pub(super) struct Graph {
    pub(super) plan: Plan,
    pub(super) states: Vec<LayerState>,
    /// For each input of each call: is this its last use?
    pub(super) last_reads: Vec<Vec<bool>>,
    /// How each layer computes, if in half precision.
    pub(super) precisions: Vec<Option<HalfPrecision>>,
    /// The weights of layers that the model shares with models inside of it.
    pub(super) shared: Vec<Vec<usize>>,
    device: Device,
}

/// The metadata of a built layer.
#[derive(Debug, Clone)]
pub(crate) struct LayerState {
    pub weights: Vec<Weight>,
    pub trainable: bool,
}

impl Model {
    /// Creates the weights of all layers, with the device, mode and budget of the outer builder.
    pub(crate) fn from_plan(plan: Plan, around: &LayerBuilder) -> Result<Self> {
        let mut order: Vec<usize> = (0..plan.layers.len()).collect();
        order.sort_by_key(|&at| plan.layers[at].order);
        let mut built: Vec<Option<(BuiltLayer, LayerState)>> = plan.layers.iter().map(|_| None).collect();
        for at in order {
            built[at] = Some(build_layer(&plan.layers[at], plan.first_call(at), around)?);
        }
        for planned in &plan.layers {
            if let Some(precision) = HalfPrecision::of(planned.layer.as_ref(), around.device()) {
                let place = || names::place(&planned.name, planned.layer.as_ref());
                precision.check(around.device()).map_err(|error| error.within(&place()))?;
            }
        }
        let (layers, states): (_, Vec<LayerState>) = built.into_iter().flatten().unzip();
        if plan.kind == ModelKind::Functional {
            // The list of a Sequential owns its layers.
            let place = |(planned, state): (&PlannedLayer, &LayerState)| BuiltPlace {
                place: names::place(&planned.name, planned.layer.as_ref()),
                layer: planned.layer.clone(),
                has_weights: !state.weights.is_empty(),
            };
            let places = plan.layers.iter().zip(&states).map(place).collect();
            around.graphs().add(BuiltGraph { name: plan.name.clone(), layers: places })?;
        }
        Ok(Self::from_parts(plan, states, layers, around.device()))
    }

    pub(super) fn from_parts(plan: Plan, states: Vec<LayerState>, layers: Vec<BuiltLayer>, device: &Device) -> Self {
        let last_reads = last_reads(&plan);
        let precisions = plan.layers.iter().map(|planned| HalfPrecision::of(planned.layer.as_ref(), device)).collect();
        let device = device.clone().without_autodiff();
        Self { graph: Arc::new(Graph { plan, states, last_reads, precisions, shared: Vec::new(), device }), layers }
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.graph.plan.name
    }

    /// The API that the model was made with: a list of layers, or a graph.
    pub fn kind(&self) -> ModelKind {
        self.graph.plan.kind
    }

    /// Do files of its weights list its inputs?
    pub(crate) fn lists_inputs(&self) -> bool {
        self.kind() == ModelKind::Functional
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.graph.plan
    }

    /// Checks that a file by today's rules for masks computes what the model computes, which may have been read from a file of
    /// an old version of Keras.
    ///
    /// # Errors
    ///
    /// Where a layer would get another mask.
    #[doc(hidden)]
    pub fn check_mask_rules(&self) -> Result<()> {
        self.plan().check_mask_rules()
    }

    /// The shape of an input batch, or of the first input if there are several.
    pub fn input_shape(&self) -> &Shape {
        &self.graph.plan.calls[self.graph.plan.inputs[0]].output_shapes[0]
    }

    /// The shapes of the input batches, one for each input.
    pub fn input_shapes(&self) -> impl ExactSizeIterator<Item = &Shape> {
        let plan = &self.graph.plan;
        plan.inputs.iter().map(|&call| &plan.calls[call].output_shapes[0])
    }

    /// The shape of an output batch, or of the first output if there are several.
    pub fn output_shape(&self) -> &Shape {
        self.graph.plan.shape(self.graph.plan.outputs[0])
    }

    /// The shapes of the output batches, one for each output.
    pub fn output_shapes(&self) -> impl ExactSizeIterator<Item = &Shape> {
        self.graph.plan.outputs.iter().map(|&output| self.graph.plan.shape(output))
    }

    /// The names of the inputs, which are those of their layers.
    pub fn input_names(&self) -> impl ExactSizeIterator<Item = &str> {
        let plan = &self.graph.plan;
        plan.inputs.iter().map(|&call| plan.layers[plan.calls[call].layer].name.as_str())
    }

    /// The names of the outputs, which are those of the layers that compute them.
    pub fn output_names(&self) -> impl ExactSizeIterator<Item = &str> {
        let plan = &self.graph.plan;
        plan.outputs.iter().map(|output| plan.layers[plan.calls[output.call].layer].name.as_str())
    }

    /// The keys of the inputs in their order, if the Keras model takes a dictionary; else empty.
    ///
    /// ```
    /// use horn::burn::tensor::Device;
    /// use horn::Model;
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
    /// # Ok::<(), horn::Error>(())
    /// ```
    pub fn input_keys(&self) -> &[String] {
        &self.graph.plan.keys.inputs
    }

    /// The names by which data for the inputs is given: the keys, if the Keras model takes a dictionary, or else the names.
    #[doc(hidden)]
    pub fn names_of_inputs(&self) -> Vec<&str> {
        match self.input_keys() {
            [] => self.input_names().collect(),
            keys => keys.iter().map(String::as_str).collect(),
        }
    }

    /// The keys of the outputs in their order, if the Keras model returns a dictionary; else empty.
    pub fn output_keys(&self) -> &[String] {
        &self.graph.plan.keys.outputs
    }

    /// The device of the model.
    pub fn device(&self) -> &Device {
        &self.graph.device
    }

    /// Moves the model to another device.
    #[must_use]
    pub fn to_device(self, device: &Device) -> Self {
        let Graph { plan, states, shared, .. } = Arc::unwrap_or_clone(self.graph);
        Self::from_parts(plan, states, self.layers.fork(device), device).with_shared_weights(shared)
    }

    /// Replaces the model by the result of the function. The function owns the only reference to the weights, so that
    /// they can be updated in place. If it panics, the model is left without layers.
    pub fn update(&mut self, function: impl FnOnce(Self) -> Self) {
        let whole = Self { graph: self.graph.clone(), layers: std::mem::take(&mut self.layers) };
        *self = function(whole);
    }

    pub(super) fn location(&self, at: usize) -> String {
        let planned = &self.graph.plan.layers[at];
        names::place(&planned.name, planned.layer.as_ref())
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

/// Builds a layer, for the shapes of its first call.
pub(crate) fn build_layer(
    planned: &PlannedLayer,
    call: &PlannedCall,
    around: &LayerBuilder,
) -> Result<(BuiltLayer, LayerState)> {
    let half = HalfPrecision::of(planned.layer.as_ref(), around.device());
    let mut build = around.apart().rounding_inside(half.map(HalfPrecision::inside).unwrap_or_default());
    let module = planned
        .layer
        .build_for(&call.input_shapes, &mut build)
        .map_err(|error| error.at(names::place(&planned.name, planned.layer.as_ref())))?;
    let weights = weights::describe(&module, build.into_weights());
    let trainable = planned.layer.trainable();
    let module = if trainable { module } else { weights::set_trainable(module, |_| false) };
    Ok((module, LayerState { weights, trainable }))
}

/// Finds the last use of each value, after which it can be freed. Outputs are kept to the end.
pub(crate) fn last_reads(plan: &Plan) -> Vec<Vec<bool>> {
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

#[cfg(test)]
mod tests {
    use burn::tensor::Tensor;
    use ndarray::{Array2, array};

    use super::*;
    use crate::initializers::constant::{Constant, Ones};
    use crate::layers::{Dense, Dropout, Input, ReLU};
    use crate::{Activation, AnyTensor, Apply, Functional, Mode, Sequential};

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

    /// In Keras, it is one layer with one set of weights.
    #[test]
    fn a_layer_of_two_graphs_is_an_error() {
        let device = Device::default();
        let (x, y) = (Input([4]), Input([4]));
        let shared = Dense(4).name("code").shared();
        let inner = |input: &Input| {
            let code = Dense(4).apply(shared.apply(ReLU().apply(input).unwrap()).unwrap()).unwrap();
            Model::new(input, code).unwrap().name("inner")
        };
        let check = |model: Functional| {
            let error = model.build(&device).unwrap_err();
            assert!(error.is_model(), "{error}");
            let text = error.to_string();
            let beside = ["functional", "other"].map(|name| format!("layer \"code\" (Dense) in model {name:?}"));
            assert!(beside.iter().any(|beside| text.contains(beside)), "{text}");
            assert!(
                text.contains("(Dense) in model \"inner\"") && text.contains("build the inner model first"),
                "{text}"
            );
            assert_eq!(model.to_summary().unwrap_err().to_string(), text);
        };
        // In the outer graph and in the inner model; in a list inside of it; in two models inside of it.
        check(Model::new(&x, inner(&y).apply(shared.apply(&x).unwrap()).unwrap()).unwrap());
        let list = Sequential::new().add(Dropout(0.5)).add(inner(&y));
        check(Model::new(&x, shared.apply(list.apply(&x).unwrap()).unwrap()).unwrap());
        let other = Model::new(&y, shared.apply(&y).unwrap()).unwrap().name("other");
        check(Model::new(&x, inner(&y).apply(other.apply(&x).unwrap()).unwrap()).unwrap());
    }

    #[test]
    fn copies_and_built_models_have_weights_of_their_own() {
        let device = Device::default();
        let (x, y) = (Input([4]), Input([4]));
        let (shared, relu) = (Dense(4).shared(), ReLU().shared());
        let inner = Model::new(&y, relu.apply(shared.apply(&y).unwrap()).unwrap()).unwrap();
        let twice = inner.clone().apply(inner.clone().apply(relu.apply(&x).unwrap()).unwrap()).unwrap();
        assert_eq!(Model::new(&x, twice).unwrap().build(&device).unwrap().count_params(), 2 * 20);
        let built = inner.build(&device).unwrap();
        let beside = built.apply(shared.apply(&x).unwrap()).unwrap();
        assert_eq!(Model::new(&x, beside).unwrap().build(&device).unwrap().count_params(), 2 * 20);
        let once = inner.shared();
        let called_twice = once.apply(once.apply(&x).unwrap()).unwrap();
        assert_eq!(Model::new(&x, called_twice).unwrap().build(&device).unwrap().count_params(), 20);
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
