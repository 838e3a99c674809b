//! `Sequential`: a model as a list of layers.

use std::sync::Arc;

use burn::tensor::Device;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::graph::input::Input;
use crate::graph::plan::{Keys, Lookups, ModelKind, Place, Plan, PlannedCall, PlannedLayer};
use crate::graph::write::{list_config, plan_config, without_config};
use crate::layer::builder::LayerBuilder;
use crate::layer::conventions::{BuiltFor, Conventions, OutputMask};
use crate::layer::description::{Layer, masks_after};
use crate::layer::erased::BuiltLayer;
use crate::layer::mask_trail::{MaskNumber, MaskTrail};
use crate::layer::{checks, names};
use crate::model::model::Model;
use crate::summary::{Row, Summary};
use crate::tensor::shape::Shape;

/// A model as a list of layers, each of which takes the output of the one before.
///
/// Layers are descriptions: nothing is computed and nothing can fail until the model is built with
/// [`build`](Self::build) or, in `horn-train`, with `compile`.
///
/// ```
/// use horn::burn::tensor::Device;
/// use horn::layers::{Dense, Input};
/// use horn::{Activation, Sequential};
///
/// let model = Sequential::new()
///     .add(Input([784]))
///     .add(Dense(128).activation(Activation::Relu))
///     .add(Dense(10).activation(Activation::Softmax))
///     .build(&Device::default())?;
/// assert_eq!(model.output_shape().to_string(), "(None, 10)");
/// # Ok::<(), horn::Error>(())
/// ```
///
/// A model that is not built has no weights, so it has no `predict`.
#[derive(Debug, Clone)]
pub struct Sequential {
    name: Option<String>,
    trainable: bool,
    layers: Vec<Arc<dyn Layer>>,
}

impl Sequential {
    /// A model without layers.
    pub fn new() -> Self {
        Self { name: None, trainable: true, layers: Vec::new() }
    }

    /// Names the model; the default is `sequential`, numbered where it is a layer of another model.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    fn model_name(&self) -> &str {
        self.name.as_deref().unwrap_or("sequential")
    }

    /// Sets whether the weights are trainable if the model is a layer of another model; `true` by default.
    #[must_use]
    pub fn trainable(mut self, trainable: bool) -> Self {
        self.trainable = trainable;
        self
    }

    /// Adds a layer at the end.
    #[expect(clippy::should_implement_trait, reason = "the name is Keras's")]
    #[must_use]
    pub fn add(mut self, layer: impl Layer) -> Self {
        self.layers.push(Arc::new(layer));
        self
    }

    /// Inserts an `Input` before the layers.
    pub(crate) fn with_input(mut self, input: Input) -> Self {
        self.layers.insert(0, Arc::new(input));
        self
    }

    /// Removes the last layer, if there is one.
    #[must_use]
    pub fn pop(mut self) -> Self {
        self.layers.pop();
        self
    }

    /// The descriptions of the layers.
    pub fn layers(&self) -> impl ExactSizeIterator<Item = &dyn Layer> {
        self.layers.iter().map(AsRef::as_ref)
    }

    /// The table of layers as a value. Without an `Input`, shapes and weights are unknown until the model is built; if a
    /// layer does not fit the one before, they are unknown, too.
    pub fn to_summary(&self) -> Summary {
        let known = self.input_shape().and_then(|_| LayerBuilder::to_look_at(|build| self.build_by(build)).ok());
        if let Some(model) = known {
            return model.to_summary();
        }
        let names = names::names(self.model_name(), self.layers()).unwrap_or_default();
        let rows = self.layers.iter().zip(names).map(|(layer, name)| Row {
            name,
            class_name: layer.class_name().to_owned(),
            params: (layer.conventions().built_for == BuiltFor::Nothing).then_some(0),
            ..Row::default()
        });
        Summary { name: self.model_name().to_owned(), rows: rows.collect(), ..Summary::default() }
    }

    /// Prints the table of layers, shapes and weights.
    ///
    /// ```
    /// use horn::Sequential;
    /// use horn::layers::{Dense, Input};
    ///
    /// Sequential::new().add(Input([784])).add(Dense(10)).summary();
    /// ```
    pub fn summary(&self) {
        self.to_summary().print();
    }

    /// The shape of the `Input`, if the first layer is one.
    pub fn input_shape(&self) -> Option<&Shape> {
        self.layers.first().and_then(|layer| layer.input_shape())
    }

    /// Builds the model: checks every layer against the one before and creates the weights on the device.
    ///
    /// # Errors
    ///
    /// If there are no layers, the first is not an `Input`, two have the same name, or one does not fit the one before.
    pub fn build(&self, device: &Device) -> Result<Model> {
        self.build_by(&LayerBuilder::new(device))
    }

    /// Builds the model within another build.
    pub(crate) fn build_by(&self, build: &LayerBuilder) -> Result<Model> {
        match self.input_shape() {
            Some(shape) => Model::from_plan(self.plan_for(&shape.clone())?, build),
            None if self.layers.is_empty() => Err(self.no_layers()),
            None => Err(Error::model("the shape of the input is unknown")
                .at(format!("model {:?}", self.model_name()))
                .received(format!("{} as the first layer", self.layers[0].class_name()))
                .expected("an Input layer")
                .hint("begin with `.add(Input([…]))`, the shape of one sample")),
        }
    }

    /// Builds the model for inputs of this shape, as [`build`](Self::build) does; the `Input` may be missing.
    ///
    /// # Errors
    ///
    /// As for [`build`](Self::build), and if the model has an `Input` of another shape.
    pub fn build_for(&self, input: &Shape, device: &Device) -> Result<Model> {
        Model::from_plan(self.plan_for(input)?, &LayerBuilder::new(device))
    }

    /// The plan of the model, with each layer checked against the one before.
    fn plan(&self, input_layer: &Arc<dyn Layer>, rest: &[Arc<dyn Layer>], input: &Shape) -> Result<Plan> {
        let chain = || std::iter::once(input_layer).chain(rest);
        let names = names::names(self.model_name(), chain().map(AsRef::as_ref))?;
        let layers: Vec<_> = chain()
            .zip(names)
            .zip(0..)
            .map(|((layer, name), order)| PlannedLayer { name, layer: layer.clone(), order })
            .collect();

        let mut calls: Vec<PlannedCall> = Vec::with_capacity(layers.len());
        for (at, PlannedLayer { name, layer, .. }) in layers.iter().enumerate() {
            let place = names::place(name, layer.as_ref());
            if at > 0 && layer.input_shape().is_some() {
                return Err(Error::model("only the first layer can be an Input")
                    .at(place)
                    .expected("one Input, before all other layers")
                    .hint("remove it"));
            }
            let input_shapes = vec![calls.last().map_or(input, |before| &before.output_shapes[0]).clone()];
            let output_shapes =
                checks::output_shapes(layer.as_ref(), &input_shapes).map_err(|e| e.at(place.clone()))?;
            if output_shapes.len() > 1 && at + 1 < layers.len() {
                return Err(Error::model("a layer of several outputs can only be the last of a Sequential")
                    .at(place)
                    .received(format!("{} outputs", output_shapes.len()))
                    .expected("one output")
                    .hint("connect its outputs by the functional API: `apply_all`, then `Model::new`"));
            }
            let inputs = at.checked_sub(1).map(|call| Place { call, output: 0 }).into_iter().collect();
            calls.push(PlannedCall {
                called_as: None,
                layer: at,
                index: 0,
                mode: None,
                inputs,
                masked: Vec::new(),
                gives_masks: false,
                input_shapes,
                output_shapes,
            });
        }
        let last = calls.len() - 1;
        let outputs = (0..calls[last].output_shapes.len()).map(|output| Place { call: last, output }).collect();
        Ok(Plan {
            name: self.model_name().to_owned(),
            named: self.name.is_some(),
            kind: ModelKind::Sequential,
            layers,
            calls,
            inputs: vec![0],
            outputs,
            keys: Keys::default(),
            keeps_masks: false,
            lookups: Lookups::default(),
        })
    }

    /// The plan for inputs of this shape.
    fn plan_for(&self, input: &Shape) -> Result<Plan> {
        let input_layer = self.input_shape().map(|_| self.layers[0].clone());
        let rest = &self.layers[usize::from(input_layer.is_some())..];
        if rest.is_empty() {
            return Err(self.no_layers());
        }
        let input_layer = input_layer.unwrap_or_else(|| Arc::new(Input::of(input.clone())));
        if !input_layer.input_shape().is_some_and(|own| own.admits(input)) {
            return Err(Error::shape("the data does not fit the model's Input")
                .at(format!("model {:?}", self.model_name()))
                .received(crate::tensor::shape::list(std::slice::from_ref(input)))
                .expected(crate::tensor::shape::list(std::slice::from_ref(input_layer.input_shape().unwrap_or(input))))
                .hint("reshape the data, or change the Input"));
        }
        self.plan(&input_layer, rest, input)
    }

    fn no_layers(&self) -> Error {
        Error::model("the model has no layers")
            .at(format!("model {:?}", self.model_name()))
            .expected("at least one layer besides Input")
            .hint("add one, as in `.add(Dense(10))`")
    }
}

/// A list of layers as a layer in another model: its weights are created there.
impl Layer for Sequential {
    fn class_name(&self) -> &str {
        ModelKind::Sequential.class_name()
    }

    fn conventions(&self) -> Conventions {
        ModelKind::Sequential.conventions()
    }

    /// In Keras's graph, the outputs of a nested model have no masks, though its values have.
    fn output_mask(&self) -> OutputMask {
        OutputMask::None
    }

    fn follow_masks(&self, masks: &[Option<MaskNumber>], trail: &mut MaskTrail) -> Vec<Option<MaskNumber>> {
        let mut masks = masks.to_vec();
        for (at, layer) in self.layers().filter(|layer| layer.input_shape().is_none()).enumerate() {
            masks = masks_after(layer, at, masks, trail);
        }
        masks
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn trainable(&self) -> bool {
        self.trainable
    }

    fn supports_masking(&self) -> bool {
        true
    }

    /// Its inputs decide: their shapes record whether they take strings.
    fn takes_strings(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let plan = self.plan_for(input)?;
        Ok(plan.shape(plan.outputs[0]).clone())
    }

    fn config(&self) -> Value {
        let config = match self.input_shape().map(|input| self.plan_for(input)) {
            Some(Ok(plan)) => plan_config(&plan, self.trainable),
            _ => names::names(self.model_name(), self.layers())
                .and_then(|names| list_config(self.model_name(), self.trainable, names.into_iter().zip(self.layers()))),
        };
        config.unwrap_or_else(|error| without_config(&error))
    }

    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(Model::from_plan(self.plan_for(input)?, build)?.into_layer(build))
    }
}

impl Default for Sequential {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Activation;
    use crate::layers::{Dense, Dropout, Flatten, Input, ReLU, Reshape};

    fn build(model: Sequential) -> Result<Model> {
        model.build(&Device::default())
    }

    #[test]
    fn layers_are_numbered_within_the_model() {
        let model =
            build(Sequential::new().add(Input([4])).add(Dense(3)).add(ReLU()).add(Dense(2).name("out")).add(Dense(1)))
                .unwrap();
        let names: Vec<_> = model.layers().map(|layer| layer.name()).collect();
        assert_eq!(names, ["input_layer", "dense", "re_lu", "out", "dense_1"]);
    }

    #[test]
    fn what_cannot_be_built_says_why() {
        for (model, expected) in [
            (
                Sequential::new(),
                "model \"sequential\": the model has no layers; expected at least one layer besides Input. \
                 Hint: add one, as in `.add(Dense(10))`.",
            ),
            (
                Sequential::new().add(Input([4])),
                "model \"sequential\": the model has no layers; expected at least one layer besides Input. \
                 Hint: add one, as in `.add(Dense(10))`.",
            ),
            (
                Sequential::new().add(Dense(4)),
                "model \"sequential\": the shape of the input is unknown; received Dense as the first layer, \
                 expected an Input layer. Hint: begin with `.add(Input([…]))`, the shape of one sample.",
            ),
            (
                Sequential::new().add(Input([4])).add(Dense(4)).add(Input([4])),
                "layer \"input_layer_1\" (InputLayer): only the first layer can be an Input; \
                 expected one Input, before all other layers. Hint: remove it.",
            ),
            (
                Sequential::new().add(Input([4])).add(Dense(4).name("a")).add(Flatten().name("a")),
                "model \"sequential\": two layers have one name; received \"a\" twice, expected names that differ. \
                 Hint: rename one, as in `.name(\"a_2\")`.",
            ),
            (
                Sequential::new().add(Input([4])).add(Dense(4)).add(Reshape([3, 2])),
                "layer \"reshape\" (Reshape): the samples do not fit the target shape; \
                 received target_shape [3, 2] for (None, 4), \
                 expected sizes whose product is the number of features, one of them -1 at most. \
                 Hint: change the target shape, or the layer before.",
            ),
            (
                Sequential::new().add(Input([0])).add(Flatten()),
                "layer \"input_layer\" (InputLayer): the output has no values; received (None, 0) from (None, 0), \
                 expected sizes of at least 1. Hint: change the layer's arguments.",
            ),
        ] {
            assert_eq!(build(model).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn an_input_may_come_with_the_data() {
        let model = Sequential::new().add(Dense(2));
        let device = Device::default();
        assert_eq!(model.build_for(&Shape::batched([5]), &device).unwrap().count_params(), 12);
        let fixed = Sequential::new().add(Input([4])).add(Dense(2));
        assert!(fixed.build_for(&Shape::batched([5]), &device).unwrap_err().is_shape());
    }

    #[test]
    fn pop_takes_the_last_layer() {
        let model = Sequential::new().add(Input([4])).add(Dense(2)).add(Dropout(0.5)).pop();
        assert_eq!(model.layers().len(), 2);
    }

    #[test]
    fn the_same_seed_gives_the_same_weights() {
        let weights = |seed| {
            crate::random::set_random_seed(seed);
            let model = Sequential::new().add(Input([4])).add(Dense(3).activation(Activation::Relu));
            build(model).unwrap().get_weights()
        };
        assert_eq!(weights(1), weights(1));
        assert_ne!(weights(1), weights(2));
    }
}
