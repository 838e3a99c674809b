//! `Functional`: a model as a graph of layers.

use std::fmt;

use burn::tensor::Device;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::graph::keras_tensor::IntoTensors;
use crate::graph::plan::ModelKind;
use crate::graph::plan::{Keys, Plan};
use crate::graph::tracer::Tracer;
use crate::graph::write::{plan_config, without_config};
use crate::layer::builder::LayerBuilder;
use crate::layer::conventions::{Conventions, OutputMask};
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::mask_trail::{MaskNumber, MaskTrail};
use crate::layer::names;
use crate::model::model::Model;
use crate::summary::Summary;
use crate::tensor::shape::Shape;

/// A model as a graph of layers, from inputs to outputs, made by [`Model::new`]. Like
/// [`Sequential`](crate::Sequential) it is a description; [`build`](Self::build) or `compile` creates the weights.
#[derive(Clone)]
pub struct Functional {
    plan: Plan,
    trainable: bool,
}

impl Functional {
    /// The graph between the inputs and the outputs.
    ///
    /// # Errors
    ///
    /// If an output can't be computed from the inputs, an input is given twice, or two layers have the same name.
    pub fn new(inputs: impl IntoTensors, outputs: impl IntoTensors) -> Result<Self> {
        let (inputs, outputs) = (inputs.into_tensors(), outputs.into_tensors());
        Ok(Self { plan: Tracer::new(&inputs)?.trace(&inputs, &outputs)?, trainable: true })
    }

    /// Names the model; the default is `functional`, numbered where it is a layer of another model.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.plan.name = name.into();
        self.plan.named = true;
        self
    }

    /// Sets whether the weights are trainable if the model is a layer of another model; `true` by default.
    #[must_use]
    pub fn trainable(mut self, trainable: bool) -> Self {
        self.trainable = trainable;
        self
    }

    /// The model with keys for its inputs and outputs, as the Keras model takes or returns dictionaries.
    pub(crate) fn with_keys(mut self, keys: Keys) -> Self {
        self.plan.keys = keys;
        self
    }

    /// The model whose attentions keep the masks of their inputs, as before Keras 3.8.
    pub(crate) fn with_kept_masks(mut self, keeps: bool) -> Self {
        self.plan.keeps_masks = keeps;
        self
    }

    /// The names and descriptions of the layers, in Keras's order. Functions on tensors (`ops`) are not layers.
    pub fn layers(&self) -> impl ExactSizeIterator<Item = (&str, &dyn Layer)> {
        let layers = self.plan.layers.iter().filter(|planned| !planned.layer.conventions().is_operation);
        layers.map(|planned| (planned.name.as_str(), planned.layer.as_ref())).collect::<Vec<_>>().into_iter()
    }

    /// The shape of the first output.
    #[doc(hidden)]
    pub fn first_output(&self) -> &Shape {
        self.plan.shape(self.plan.outputs[0])
    }

    /// The table of layers, shapes and weights as a value.
    ///
    /// # Errors
    ///
    /// If a weight can't be created.
    pub fn to_summary(&self) -> Result<Summary> {
        Ok(LayerBuilder::to_look_at(|build| self.build_by(build))?.to_summary())
    }

    /// Prints the table of layers, shapes and weights.
    ///
    /// ```
    /// use horn::layers::{Dense, Input};
    /// use horn::{Apply, Model};
    ///
    /// let x = Input([4]);
    /// let model = Model::new(&x, Dense(2).apply(&x)?)?;
    /// model.summary()?;
    /// assert_eq!(model.count_params()?, 10);
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a weight can't be created.
    pub fn summary(&self) -> Result<()> {
        self.to_summary()?.print();
        Ok(())
    }

    /// The number of parameters: all values of all weights.
    ///
    /// # Errors
    ///
    /// If a weight can't be created.
    pub fn count_params(&self) -> Result<usize> {
        Ok(LayerBuilder::to_look_at(|build| self.build_by(build))?.count_params())
    }

    /// Builds the model: creates the weights on the device.
    ///
    /// # Errors
    ///
    /// If a weight can't be created, or Keras refuses the model's name.
    pub fn build(&self, device: &Device) -> Result<Model> {
        self.build_by(&LayerBuilder::new(device))
    }

    /// Builds the model within another build.
    pub(crate) fn build_by(&self, build: &LayerBuilder) -> Result<Model> {
        names::check_model(&self.plan.name)?;
        Model::from_plan(self.plan.clone(), build)
    }
}

impl fmt::Debug for Functional {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Functional").field("name", &self.plan.name).field("layers", &self.plan.layers).finish()
    }
}

/// A graph that is not built yet, as a layer in another model: its weights are created there.
impl Layer for Functional {
    fn class_name(&self) -> &str {
        ModelKind::Functional.class_name()
    }

    fn conventions(&self) -> Conventions {
        ModelKind::Functional.conventions()
    }

    /// In Keras's graph, the outputs of a nested model have no masks, though its values have.
    fn output_mask(&self) -> OutputMask {
        OutputMask::None
    }

    fn follow_masks(&self, masks: &[Option<MaskNumber>], trail: &mut MaskTrail) -> Vec<Option<MaskNumber>> {
        self.plan.follow_masks(masks, trail)
    }

    fn name(&self) -> Option<&str> {
        self.plan.named.then_some(&self.plan.name)
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

    crate::many_inputs!();

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        nested_output_shapes(&self.plan, inputs)
    }

    fn build_for(&self, _: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(self.build_by(build)?.into_layer(build))
    }

    fn config(&self) -> Value {
        plan_config(&self.plan, self.trainable).unwrap_or_else(|error| without_config(&error))
    }
}

/// The output shapes of a model for inputs of these shapes, as a layer in another model.
pub(crate) fn nested_output_shapes(plan: &Plan, inputs: &[Shape]) -> Result<Vec<Shape>> {
    let expected: Vec<Shape> = plan.inputs.iter().map(|&call| plan.calls[call].output_shapes[0].clone()).collect();
    let fits = expected.len() == inputs.len() && expected.iter().zip(inputs).all(|(own, given)| own.admits(given));
    if !fits {
        return Err(Error::shape("the inputs do not fit the model")
            .received(crate::tensor::shape::list(inputs))
            .expected(crate::tensor::shape::list(&expected))
            .hint("change the model's Input, or the layer before"));
    }
    Ok(plan.outputs.iter().map(|&output| plan.shape(output).clone()).collect())
}

impl Model {
    /// The graph between inputs and outputs: `keras.Model(inputs, outputs)`.
    ///
    /// ```
    /// use horn::burn::tensor::Device;
    /// use horn::layers::{Concatenate, Dense, Input};
    /// use horn::{Apply, Model};
    ///
    /// let (a, b) = (Input([4]), Input([2]));
    /// let joined = Concatenate().apply((&a, &b))?;
    /// let output = Dense(1).apply(&joined)?;
    /// let model = Model::new([&a, &b], &output)?.build(&Device::default())?;
    /// assert_eq!(model.count_params(), 7);
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If an output can't be computed from the inputs, an input is given twice, or two layers have the same name.
    #[expect(clippy::new_ret_no_self, reason = "as in Keras, where Model(inputs, outputs) is a Functional")]
    pub fn new(inputs: impl IntoTensors, outputs: impl IntoTensors) -> Result<Functional> {
        Functional::new(inputs, outputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Apply;
    use crate::KerasTensor;
    use crate::layers::{Add, Concatenate, Dense, Input};

    fn message<T: fmt::Debug>(result: Result<T>) -> String {
        let error = result.unwrap_err();
        assert!(error.is_model() || error.is_shape() || error.is_argument(), "{error}");
        error.to_string()
    }

    #[test]
    fn layers_are_ordered_by_their_distance_from_the_outputs() {
        let (a, b) = (Input([4]).name("a"), Input([2]).name("b"));
        let late = Dense(3).apply(&b).unwrap();
        let early = Dense(4).apply(&a).unwrap();
        let middle = Dense(3).apply(&early).unwrap();
        let model = Model::new([&a, &b], Add().apply((&middle, &late)).unwrap()).unwrap();
        let names: Vec<_> = model.layers().map(|(name, _)| name).collect();
        // The numbers follow the program, the order of the layers follows the graph.
        assert_eq!(names, ["a", "dense_1", "b", "dense_2", "dense", "add"]);
    }

    #[test]
    fn a_summary_before_the_build_draws_no_random_numbers() {
        let x = Input([4]);
        let model = Model::new(&x, Dense(3).apply(&x).unwrap()).unwrap();
        let weights = |looks: bool| {
            crate::random::set_random_seed(1);
            if looks {
                assert_eq!(model.to_summary().unwrap().totals.trainable, 15);
            }
            model.build(&Device::default()).unwrap().get_weights()
        };
        assert_eq!(weights(true), weights(false));
    }

    #[test]
    fn a_shared_layer_has_its_weights_once() {
        let (a, b) = (Input([4]), Input([4]));
        let shared = Dense(3).shared();
        let (left, right) = (shared.apply(&a).unwrap(), shared.apply(&b).unwrap());
        let model = Model::new((&a, &b), Concatenate().apply((&left, &right)).unwrap()).unwrap();
        let model = model.build(&Device::default()).unwrap();
        assert_eq!(model.count_params(), 15);
        let x = ndarray::Array2::<f32>::ones((2, 4));
        let y = model.predict((&x, &x), 32).unwrap();
        assert_eq!(y.slice(ndarray::s![.., ..3]), y.slice(ndarray::s![.., 3..]));
    }

    #[test]
    fn inner_tensors_can_be_inputs_and_outputs() {
        let x = Input([4]);
        let inner = Dense(3).apply(&x).unwrap();
        let y = Dense(2).apply(&inner).unwrap();
        let tail = Model::new(&inner, &y).unwrap().build(&Device::default()).unwrap();
        assert_eq!((tail.input_shape().to_string(), tail.count_params()), ("(None, 3)".to_owned(), 8));
        let both = Model::new(&x, (&inner, &y)).unwrap().build(&Device::default()).unwrap();
        assert_eq!(both.output_names().collect::<Vec<_>>(), ["dense", "dense_1"]);
        let head = both.submodel(&[], &["dense"]).unwrap();
        assert_eq!(head.get_weights(), both.get_layer("dense").unwrap().get_weights());
    }

    #[test]
    fn a_built_model_is_a_layer_with_its_weights() {
        let x = Input([4]);
        let trained =
            Model::new(&x, Dense(3).apply(&x).unwrap()).unwrap().name("trunk").build(&Device::default()).unwrap();
        let y = Input([4]);
        let outer = Model::new(&y, trained.clone().apply(&y).unwrap()).unwrap();
        let mut outer = outer.build(&Device::default()).unwrap();
        assert_eq!(outer.get_weights(), trained.get_weights());
        let names: Vec<_> = outer.weight_paths().collect();
        assert_eq!(names, ["dense/kernel", "dense/bias"]);
        outer.set_layer_trainable("trunk", false).unwrap();
        assert_eq!((outer.trainable_weights().count(), outer.non_trainable_weights().count()), (0, 2));
        outer.set_layer_trainable("trunk", true).unwrap();
        assert_eq!(outer.trainable_weights().count(), 2);
    }

    #[test]
    fn a_part_begins_and_ends_where_it_is_told_with_the_weights_of_the_whole() {
        let (a, b) = (Input([4]).name("a"), Input([2]).name("b"));
        let early = Dense(3).name("early").apply(&a).unwrap();
        let joined = Concatenate().name("joined").apply((&early, &b)).unwrap();
        let y = Dense(2).name("late").apply(&joined).unwrap();
        let whole = Model::new((&a, &b), &y).unwrap().build(&Device::default()).unwrap();
        let names = |model: &Model| model.layers().map(|layer| layer.name().to_owned()).collect::<Vec<_>>();

        let tail = whole.submodel(&["early", "b"], &["late"]).unwrap();
        assert_eq!(names(&tail), ["input_layer", "b", "joined", "late"]);
        assert_eq!(tail.get_weights(), whole.get_weights()[2..]);
        let (x, z) = (ndarray::Array2::<f32>::ones((2, 4)), ndarray::Array2::<f32>::ones((2, 2)));
        let code = whole.submodel(&["a"], &["early"]).unwrap().predict(&x, 2).unwrap();
        assert_eq!(tail.predict((&code, &z), 2).unwrap(), whole.predict((&x, &z), 2).unwrap());
        assert_eq!(names(&whole.submodel(&[], &["early"]).unwrap()), ["a", "early", "b"]);

        assert_eq!(
            message(whole.submodel(&["early"], &["late"])),
            "model \"functional\": an output depends on an Input that the part does not begin with; \
             received \"b\" left out, expected every way to the outputs to begin with one of the first layers. \
             Hint: add it to the first layers, or a layer after it."
        );
        assert!(message(whole.submodel(&["b", "b"], &["late"])).contains("a first layer is named twice"));
        // Without last layers, it has the outputs of the model.
        let rest = whole.submodel(&["early", "b"], &[]).unwrap();
        assert_eq!((names(&rest), rest.get_weights()), (names(&tail), tail.get_weights()));
        assert!(message(whole.submodel(&["none"], &["late"])).contains("there is no layer of this name"));
    }

    #[test]
    fn a_model_that_begins_at_an_inner_tensor_knows_no_mask_of_what_is_before() {
        use crate::layers::{Embedding, LSTM};
        let words = Input([4]);
        let embedded = Embedding(5, 2).mask_zero(true).apply(&words).unwrap();
        let y = LSTM(3).apply(Dense(2).apply(&embedded).unwrap()).unwrap();
        let summary = |inputs: &dyn Fn() -> Vec<KerasTensor>| {
            let model = Model::new(inputs(), &y).unwrap().build(&Device::default()).unwrap();
            model.to_summary().rows.into_iter().map(|row| row.name).collect::<Vec<_>>()
        };
        assert_eq!(summary(&|| vec![embedded.clone()]), ["input_layer", "dense", "lstm"]);
        assert_eq!(summary(&|| vec![words.tensor()]), ["input_layer", "embedding", "dense", "not_equal", "lstm"]);
    }

    /// The names are those of Keras's `model.operations`.
    #[test]
    fn masks_are_joined_by_the_functions_of_keras() {
        use crate::layers::{Embedding, LSTM, Softmax};
        let words = || Embedding(5, 2).mask_zero(true).apply(Input([4])).unwrap();
        let names = |inputs: Vec<KerasTensor>, outputs: KerasTensor| {
            let model = Model::new(inputs, outputs).unwrap().build(&Device::default()).unwrap();
            model.to_summary().rows.into_iter().map(|row| row.name).collect::<Vec<_>>()
        };
        let (x, plain) = (Input([4]), Input([4, 3]));
        let embedded = Embedding(5, 2).mask_zero(true).apply(&x).unwrap();
        let y = LSTM(3).apply(Concatenate().apply((&embedded, &plain)).unwrap()).unwrap();
        let mut found = names(vec![x.tensor(), plain.tensor()], y);
        found.sort();
        let mut expected = vec!["input_layer", "embedding", "not_equal", "input_layer_1", "expand_dims", "zeros_like"];
        expected.extend(["logical_or", "ones_like", "concatenate_1", "concatenate", "any", "lstm"]);
        expected.sort_unstable();
        assert_eq!(found, expected);

        // The states of a recurrent layer have no mask, which would not fit the softmax.
        let [_, state, _] = LSTM(3).return_state(true).apply_all(words()).unwrap().try_into().unwrap();
        assert!(Softmax().apply(&state).is_ok());
    }

    #[test]
    fn masks_that_do_not_fit_say_why() {
        use crate::layers::{BatchNormalization, LSTM, Softmax};
        let (x, mask) = (Input([5, 3]), Input([4]));
        assert_eq!(
            message(LSTM(2).shared().with_mask(&mask).apply(&x)),
            "layer LSTM: the mask does not fit the input; received a mask of (None, 4) for (None, 5, 3), \
             expected the number of samples and of timesteps. \
             Hint: give the mask the input's leading axes, as in `Input([steps])` for `Input([steps, features])`."
        );
        assert!(
            message(Softmax().shared().with_mask(&mask).apply(&x))
                .contains("a shape that broadcasts to that of the input")
        );
        assert!(message(LSTM(2).shared().with_mask((&mask, &mask)).apply(&x)).contains("another number of masks"));
        let of_samples = BatchNormalization().shared().with_mask(Input([5])).apply(Input([5, 4, 3]));
        assert!(message(of_samples).contains("expected the shape (None, 5, 4, 3) without its last axis"));
        assert!(
            message(Dense(2).shared().with_mask(&mask).apply(&x))
                .contains("the layer takes no mask as a call argument")
        );
    }

    #[test]
    fn what_is_not_a_graph_says_why() {
        let (a, b) = (Input([4]).name("a"), Input([2]).name("b"));
        let joined = Concatenate().apply((&a, &b)).unwrap();
        assert_eq!(
            message(Model::new(&a, &joined)),
            "model \"functional\": an output depends on an Input that the model is not given; \
             received b of shape (None, 2), expected an Input among the model's inputs. \
             Hint: add it to the first argument of `Model::new`."
        );
        assert!(message(Model::new([&a, &a], &joined)).contains("an input is given twice"));
        assert!(message(Model::new(Vec::<KerasTensor>::new(), &joined)).contains("a model needs inputs and outputs"));
        let twin = Dense(4).name("twin").apply(Dense(4).name("twin").apply(&a).unwrap()).unwrap();
        assert!(message(Model::new(&a, &twin)).contains("two layers have one name; received \"twin\" twice"));
        assert_eq!(
            message(Add().name("sum").apply((&a, &b))),
            "layer \"sum\" (Add): the inputs do not fit each other; received (None, 4), (None, 2), \
             expected equal sizes, or 1, along each axis. \
             Hint: bring them to one shape, by `Dense`, `Conv2D` or `Reshape`."
        );
        assert!(message(Dense(3).apply((&a, &b))).contains("layer Dense: the layer takes one input"));
        let built = Model::new(&a, Dense(2).apply(&a).unwrap()).unwrap().build(&Device::default()).unwrap();
        assert!(message(built.get_layer("dens").map(|_| ())).contains("expected a, dense"));
        let x = ndarray::Array2::<f32>::ones((2, 4));
        assert!(message(built.predict((&x, &x), 1)).contains("received 2 inputs, expected 1: a"));
    }
}
