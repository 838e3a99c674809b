//! The functional API: layers applied to tensors that stand for the data to come, and the graph that this makes.

mod tracer;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use burn::tensor::Device;
use serde_json::Value;

use self::tracer::Tracer;
use crate::layers::Input;
use crate::mask_operations::{self, MaskOperation};
use crate::model_config::plan_config;
use crate::plan::{self, Keys, Plan};
use crate::{BuiltLayer, Error, Layer, LayerBuilder, Mode, Model, Result, Shape};

/// A tensor that stands for data to come: it has a shape, and knows the layers that will compute it.
///
/// [`Input`](struct@crate::layers::Input) is the first, [`Layer::apply`] makes the next.
///
/// It is no data, and data is no such tensor: a layer that is not built has no weights to compute with.
///
/// ```compile_fail,E0277
/// use burn::tensor::{Device, Tensor};
/// use horn_nn::Layer;
/// use horn_nn::layers::Dense;
///
/// let y = Dense(10).apply(Tensor::<2>::ones([1, 784], &Device::default()))?;
/// # Ok::<(), horn_nn::Error>(())
/// ```
#[derive(Clone)]
pub struct KerasTensor {
    call: Arc<LayerCall>,
    output: usize,
}

/// A layer applied to tensors.
struct LayerCall {
    layer: Arc<Placed>,
    index: usize,
    mode: Option<Mode>,
    /// What the layer takes; after it the masks that the program gives with the call.
    inputs: Vec<KerasTensor>,
    /// How many of the inputs are such masks.
    masks: usize,
    /// The masks that come along with the inputs, where Keras passes them to the layer.
    implied: Vec<KerasTensor>,
    output_shapes: Vec<Shape>,
    /// The mask of each output, or none.
    output_masks: Vec<Option<KerasTensor>>,
}

impl LayerCall {
    fn let_go(&mut self) -> impl Iterator<Item = KerasTensor> + use<> {
        let inputs = std::mem::take(&mut self.inputs).into_iter().chain(std::mem::take(&mut self.implied));
        inputs.chain(std::mem::take(&mut self.output_masks).into_iter().flatten())
    }
}

/// A long chain of calls, each the last to hold the one before, is let go one by one: the stack is not as long.
impl Drop for LayerCall {
    fn drop(&mut self) {
        let mut held: Vec<_> = self.let_go().collect();
        while let Some(tensor) = held.pop() {
            if let Some(mut call) = Arc::into_inner(tensor.call) {
                held.extend(call.let_go());
            }
        }
    }
}

/// A layer with an identity: applied twice, it is still one layer.
struct Placed {
    layer: Arc<dyn Layer>,
    /// Is it one of Keras's operations on masks, and no layer?
    is_operation: bool,
    order: u64,
    calls: AtomicUsize,
}

/// What tells tensors apart.
type Key = (*const LayerCall, usize);

/// Counts the layers of the program, so that their weights are made in its order.
static ORDER: AtomicU64 = AtomicU64::new(0);

impl Placed {
    fn new(layer: Arc<dyn Layer>) -> Self {
        Self { layer, is_operation: false, order: ORDER.fetch_add(1, Ordering::Relaxed), calls: AtomicUsize::new(0) }
    }
}

impl KerasTensor {
    /// The shape, the batch axis first.
    pub fn shape(&self) -> &Shape {
        &self.call.output_shapes[self.output]
    }

    /// What an `Input` stands for.
    pub(crate) fn of_input(input: Input, shape: Shape) -> Self {
        Self::of_call(Placed::new(Arc::new(input)), Vec::new(), shape)
    }

    /// What an operation makes of tensors that stand for data, as Keras's graph has it.
    pub(crate) fn of_operation(operation: MaskOperation, inputs: Vec<Self>) -> Self {
        let shape = operation.shape().clone();
        Self::of_call(Placed { is_operation: true, ..Placed::new(Arc::new(operation)) }, inputs, shape)
    }

    fn of_call(placed: Placed, inputs: Vec<Self>, shape: Shape) -> Self {
        let call = LayerCall {
            layer: Arc::new(placed),
            index: 0,
            mode: None,
            inputs,
            masks: 0,
            implied: Vec::new(),
            output_shapes: vec![shape],
            output_masks: vec![None],
        };
        Self { call: Arc::new(call), output: 0 }
    }

    /// The mask that goes along with the tensor, as Keras's graph computes it.
    pub(crate) fn mask(&self) -> Option<&Self> {
        self.call.output_masks[self.output].as_ref()
    }

    /// The inputs of the graph that the tensor is computed from, each once, in the order in which it leads to them.
    pub(crate) fn sources(&self) -> Vec<Self> {
        let mut seen = HashSet::from([self.key()]);
        let (mut open, mut sources) = (vec![self.clone()], Vec::new());
        while let Some(tensor) = open.pop() {
            if tensor.call.inputs.is_empty() {
                sources.push(tensor);
                continue;
            }
            open.extend(tensor.call.inputs.iter().rev().filter(|input| seen.insert(input.key())).cloned());
        }
        sources
    }

    fn key(&self) -> Key {
        (Arc::as_ptr(&self.call), self.output)
    }
}

impl fmt::Debug for KerasTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KerasTensor({}, from {})", self.shape(), self.call.layer.layer.class_name())
    }
}

/// A layer that can be applied more than once, with the same weights each time. Made by [`Layer::shared`].
#[derive(Clone)]
pub struct SharedLayer {
    placed: Arc<Placed>,
    mode: Option<Mode>,
    masks: Vec<KerasTensor>,
}

impl SharedLayer {
    pub(crate) fn new(layer: impl Layer) -> Self {
        Self { placed: Arc::new(Placed::new(Arc::new(layer))), mode: None, masks: Vec::new() }
    }

    /// The same layer, to be called in this mode whether the model is learning or not: Keras's
    /// `layer(x, training=False)`. So a frozen base keeps its `BatchNormalization` as it is while it is fine-tuned, or a
    /// `Dropout` acts in predictions, too.
    ///
    /// A file keeps the mode. But with the calls of some layers Keras notes one in any case, inference for `Dropout` and
    /// training for `RandomFlip`: that one is read as none.
    ///
    /// ```
    /// use horn_nn::layers::{BatchNormalization, Dense, Input};
    /// use horn_nn::{Layer, Mode, Model};
    ///
    /// let x = Input([8]);
    /// let normalized = BatchNormalization().shared().in_mode(Mode::Inference).apply(&x)?;
    /// let model = Model::new(&x, Dense(1).apply(&normalized)?)?;
    /// # Ok::<(), horn_nn::Error>(())
    /// ```
    #[must_use]
    pub fn in_mode(&self, mode: Mode) -> Self {
        Self { mode: Some(mode), ..self.clone() }
    }

    /// The same layer, to be called with this mask: Keras's `layer(x, mask=mask)`. It is a tensor of the graph, one where
    /// a step counts and zero where not, of the input's leading axes; for `Softmax` of any shape that the input's
    /// broadcasts. It takes the place of the mask that comes along with the input. Where a layer takes several inputs,
    /// as `Attention` does, each has a mask.
    ///
    /// ```
    /// use horn_nn::layers::{Dense, Input, LSTM};
    /// use horn_nn::{Layer, Model};
    ///
    /// let (x, present) = (Input([5, 8]), Input([5]));
    /// let read = LSTM(4).shared().with_mask(&present).apply(&x)?;
    /// let model = Model::new((&x, &present), Dense(1).apply(&read)?)?;
    /// # Ok::<(), horn_nn::Error>(())
    /// ```
    #[must_use]
    pub fn with_mask(&self, masks: impl IntoTensors) -> Self {
        Self { masks: masks.into_tensors(), ..self.clone() }
    }

    /// The layer after this tensor, or these tensors.
    ///
    /// # Errors
    ///
    /// Where the layer does not fit its inputs, or has several outputs.
    pub fn apply(&self, inputs: impl IntoTensors) -> Result<KerasTensor> {
        let outputs = self.apply_all(inputs)?;
        match <[KerasTensor; 1]>::try_from(outputs) {
            Ok([output]) => Ok(output),
            Err(outputs) => Err(Error::argument("the layer has several outputs")
                .at(self.place())
                .received(format!("{} outputs", outputs.len()))
                .expected("one")
                .hint("write `apply_all`, which returns them all")),
        }
    }

    /// All outputs of the layer after this tensor, or these tensors.
    ///
    /// # Errors
    ///
    /// Where the layer does not fit its inputs.
    pub fn apply_all(&self, inputs: impl IntoTensors) -> Result<Vec<KerasTensor>> {
        let inputs = inputs.into_tensors();
        let layer = &self.placed.layer;
        if layer.input_shape().is_some() && inputs.is_empty() {
            return Err(Error::argument("an Input is not applied").hint("give it to the layer that takes it"));
        }
        let shapes: Vec<Shape> = inputs.iter().map(|input| input.shape().clone()).collect();
        let output_shapes = plan::output_shapes(layer.as_ref(), &shapes).map_err(|error| error.at(self.place()))?;
        mask_operations::check_given(layer.as_ref(), &shapes, &self.mask_shapes()).map_err(|e| e.at(self.place()))?;
        let own = inputs.iter().map(KerasTensor::mask).collect::<Vec<_>>();
        let masks = if self.masks.is_empty() { own } else { self.masks.iter().map(Some).collect() };
        let output_masks = mask_operations::of_outputs(layer.as_ref(), &inputs, &masks, &output_shapes);
        let implied = match self.masks.is_empty() && mask_operations::takes_masks(layer.as_ref(), inputs.len()) {
            true => masks.into_iter().flatten().cloned().collect(),
            false => Vec::new(),
        };
        let count = output_shapes.len();
        let call = Arc::new(LayerCall {
            layer: self.placed.clone(),
            index: self.placed.calls.fetch_add(1, Ordering::Relaxed),
            mode: self.mode,
            inputs: [inputs, self.masks.clone()].concat(),
            masks: self.masks.len(),
            implied,
            output_shapes,
            output_masks,
        });
        Ok((0..count).map(|output| KerasTensor { call: call.clone(), output }).collect())
    }

    fn mask_shapes(&self) -> Vec<Shape> {
        self.masks.iter().map(|mask| mask.shape().clone()).collect()
    }

    /// What was made shared.
    pub(crate) fn description(&self) -> &dyn Layer {
        self.placed.layer.as_ref()
    }

    fn place(&self) -> String {
        let layer = self.placed.layer.as_ref();
        match layer.name() {
            Some(name) => plan::place(name, layer),
            None => format!("layer {}", layer.class_name()),
        }
    }
}

impl fmt::Debug for SharedLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.placed.layer.fmt(f)
    }
}

/// What a layer is applied to: a tensor, an `Input`, or an array, a tuple or a `Vec` of them.
pub trait IntoTensors {
    /// The tensors as a list.
    fn into_tensors(self) -> Vec<KerasTensor>;
}

impl IntoTensors for KerasTensor {
    fn into_tensors(self) -> Vec<KerasTensor> {
        vec![self]
    }
}

impl IntoTensors for &KerasTensor {
    fn into_tensors(self) -> Vec<KerasTensor> {
        vec![self.clone()]
    }
}

impl IntoTensors for Input {
    fn into_tensors(self) -> Vec<KerasTensor> {
        vec![self.tensor()]
    }
}

impl IntoTensors for &Input {
    fn into_tensors(self) -> Vec<KerasTensor> {
        vec![self.tensor()]
    }
}

impl<T: IntoTensors> IntoTensors for Vec<T> {
    fn into_tensors(self) -> Vec<KerasTensor> {
        self.into_iter().flat_map(T::into_tensors).collect()
    }
}

impl IntoTensors for &[KerasTensor] {
    fn into_tensors(self) -> Vec<KerasTensor> {
        self.to_vec()
    }
}

impl<T: IntoTensors, const N: usize> IntoTensors for [T; N] {
    fn into_tensors(self) -> Vec<KerasTensor> {
        self.into_iter().flat_map(T::into_tensors).collect()
    }
}

macro_rules! tuples {
    ($(($($part:ident),+))*) => {$(
        impl<$($part: IntoTensors),+> IntoTensors for ($($part,)+) {
            #[allow(non_snake_case)]
            fn into_tensors(self) -> Vec<KerasTensor> {
                let ($($part,)+) = self;
                [$($part.into_tensors()),+].concat()
            }
        }
    )*};
}

tuples!((A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E));

/// A model as a graph of layers, from inputs to outputs. Made by [`Model::new`]; like
/// [`Sequential`](crate::Sequential) it is a description, and gets its weights by [`build`](Self::build) or `compile`.
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
    /// Where an output can't be computed from the inputs, an input is given twice, or two layers have one name.
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

    /// Do the layers' weights learn, where the model is a layer in another? Yes by default.
    #[must_use]
    pub fn trainable(mut self, trainable: bool) -> Self {
        self.trainable = trainable;
        self
    }

    /// The model whose inputs and outputs have keys in Keras's program.
    pub(crate) fn with_keys(mut self, keys: Keys) -> Self {
        self.plan.keys = keys;
        self
    }

    /// The names and descriptions of the layers, in Keras's order.
    pub fn layers(&self) -> impl ExactSizeIterator<Item = (&str, &dyn Layer)> {
        self.plan.layers.iter().map(|planned| (planned.name.as_str(), planned.layer.as_ref()))
    }

    /// Builds the model: makes the weights on the device.
    ///
    /// # Errors
    ///
    /// Where a weight can't be made.
    pub fn build(&self, device: &Device) -> Result<Model> {
        self.build_by(&LayerBuilder::new(device))
    }

    /// Builds the model as a part of what is being built.
    pub(crate) fn build_by(&self, build: &LayerBuilder) -> Result<Model> {
        Model::from_plan(self.plan.clone(), build)
    }
}

impl fmt::Debug for Functional {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Functional").field("name", &self.plan.name).field("layers", &self.plan.layers).finish()
    }
}

/// A graph that is not built yet, as a layer in another: it gets weights of its own there.
impl Layer for Functional {
    fn class_name(&self) -> &str {
        "Functional"
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

    /// Where its Input does: the shapes tell.
    fn takes_texts(&self) -> bool {
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
        plan_config(&self.plan, self.trainable).unwrap_or_default()
    }
}

/// What a model gives for inputs of these shapes, as a layer in another.
pub(crate) fn nested_output_shapes(plan: &Plan, inputs: &[Shape]) -> Result<Vec<Shape>> {
    let expected: Vec<Shape> = plan.inputs.iter().map(|&call| plan.calls[call].output_shapes[0].clone()).collect();
    let fits = expected.len() == inputs.len() && expected.iter().zip(inputs).all(|(own, given)| own.admits(given));
    if !fits {
        return Err(Error::shape("the inputs do not fit the model")
            .received(crate::layer::list(inputs))
            .expected(crate::layer::list(&expected))
            .hint("change the model's Input, or the layer before"));
    }
    Ok(plan.outputs.iter().map(|&output| plan.shape(output).clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Add, Concatenate, Dense};

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
        // Numbers follow the program, the order follows the graph.
        assert_eq!(names, ["a", "dense_1", "b", "dense_2", "dense", "add"]);
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
        assert!(message(whole.submodel(&["b"], &[])).contains("a part needs an output"));
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

    #[test]
    fn masks_that_do_not_fit_say_why() {
        use crate::layers::{LSTM, Softmax};
        let (x, mask) = (Input([5, 3]), Input([4]));
        assert_eq!(
            message(LSTM(2).shared().with_mask(&mask).apply(&x)),
            "layer LSTM: the mask does not fit the input; received a mask of (None, 4) for (None, 5, 3), \
             expected the number of samples and of steps. \
             Hint: give the mask the input's leading axes, as in `Input([steps])` for `Input([steps, features])`."
        );
        assert!(
            message(Softmax().shared().with_mask(&mask).apply(&x)).contains("sizes that are the input's last, or 1")
        );
        assert!(message(LSTM(2).shared().with_mask((&mask, &mask)).apply(&x)).contains("another number of masks"));
        assert!(
            message(Dense(2).shared().with_mask(&mask).apply(&x)).contains("the layer takes no mask with its call")
        );
    }

    #[test]
    fn what_is_no_graph_says_why() {
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
