//! `Sequential`: a list of layers, one after the other.

use std::collections::HashMap;
use std::sync::Arc;

use burn::tensor::Device;

use crate::model::Node;
use crate::summary::{Row, Summary};
use crate::{Build, Error, Layer, Model, Result, Shape};

/// The classes whose layers Keras counts as built before they see data; others without weights wait all the same.
const BUILT_AT_ONCE: [&str; 5] = ["Activation", "Dropout", "ReLU", "Reshape", "Softmax"];

/// A model as a list of layers, each taking the output of the one before.
///
/// Layers are descriptions: nothing is computed and nothing can fail until the model is built, by
/// [`build`](Self::build) or, with `horn-train`, by `compile`.
///
/// ```
/// use burn::tensor::Device;
/// use horn_nn::layers::{Dense, Input};
/// use horn_nn::{Activation, Sequential};
///
/// let model = Sequential::new()
///     .add(Input([784]))
///     .add(Dense(128).activation(Activation::Relu))
///     .add(Dense(10).activation(Activation::Softmax))
///     .build(&Device::default())?;
/// assert_eq!(model.output_shape().to_string(), "(None, 10)");
/// # Ok::<(), horn_nn::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sequential {
    name: String,
    layers: Vec<Arc<dyn Layer>>,
}

impl Sequential {
    /// A model without layers.
    pub fn new() -> Self {
        Self { name: "sequential".to_owned(), layers: Vec::new() }
    }

    /// Names the model; the default is `sequential`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Adds a layer at the end.
    #[expect(clippy::should_implement_trait, reason = "the name is Keras's")]
    #[must_use]
    pub fn add(mut self, layer: impl Layer) -> Self {
        self.layers.push(Arc::new(layer));
        self
    }

    /// Takes the last layer away. Does nothing where there is none.
    #[must_use]
    pub fn pop(mut self) -> Self {
        self.layers.pop();
        self
    }

    /// The descriptions of the layers.
    pub fn layers(&self) -> impl ExactSizeIterator<Item = &dyn Layer> {
        self.layers.iter().map(AsRef::as_ref)
    }

    /// The table of layers as a value; shapes and weights are known only once the model is built.
    pub fn to_summary(&self) -> Summary {
        let names = self.names(None, &self.layers).unwrap_or_default();
        let rows = self.layers.iter().zip(names).map(|(layer, name)| Row {
            name,
            class_name: layer.class_name().to_owned(),
            params: BUILT_AT_ONCE.contains(&layer.class_name()).then_some(0),
            ..Row::default()
        });
        Summary { name: self.name.clone(), rows: rows.collect(), ..Summary::default() }
    }

    /// The shape that the `Input` says, where the first layer is one.
    pub fn input_shape(&self) -> Option<&Shape> {
        self.layers.first().and_then(|layer| layer.input_shape())
    }

    /// Builds the model: checks every layer against the one before and makes the weights on the device.
    ///
    /// # Errors
    ///
    /// Where there are no layers, the first is no `Input`, two have one name, or one doesn't fit the one before.
    pub fn build(&self, device: &Device) -> Result<Model> {
        match self.input_shape() {
            Some(shape) => self.build_for(&shape.clone(), device),
            None if self.layers.is_empty() => Err(self.no_layers()),
            None => Err(Error::model("the shape of the input is unknown")
                .at(format!("model {:?}", self.name))
                .received(format!("{} as the first layer", self.layers[0].class_name()))
                .expected("an Input layer")
                .mend("begin with `.add(Input([…]))`, the shape of one sample")),
        }
    }

    /// Builds the model for inputs of this shape, as [`build`](Self::build) does; an `Input` may be missing.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), and where an `Input` says another shape.
    pub fn build_for(&self, input: &Shape, device: &Device) -> Result<Model> {
        let input_layer = self.input_shape().map(|_| self.layers[0].clone());
        let rest = &self.layers[usize::from(input_layer.is_some())..];
        if rest.is_empty() {
            return Err(self.no_layers());
        }
        let input_layer = input_layer.unwrap_or_else(|| Arc::new(crate::layers::Input::of(input.clone())));
        if input_layer.input_shape() != Some(input) {
            return Err(Error::shape("the data does not fit the model's Input")
                .at(format!("model {:?}", self.name))
                .received(input)
                .expected(input_layer.input_shape().unwrap_or(input))
                .mend("reshape the data, or change the Input"));
        }

        let names = self.names(Some(&input_layer), rest)?;
        let build = Build { device: device.clone() };
        let (mut nodes, mut modules) = (Vec::new(), Vec::new());
        let mut shape = input.clone();
        for (layer, name) in std::iter::once(&input_layer).chain(rest).zip(names) {
            let place = format!("layer {name:?} ({})", layer.class_name());
            if nodes.len() > 1 && layer.input_shape().is_some() {
                return Err(Error::model("only the first layer can be an Input")
                    .at(place)
                    .expected("one Input, before all other layers")
                    .mend("remove it"));
            }
            let output = layer.output_shape(&shape).map_err(|error| error.at(place.clone()))?;
            if output.sample().contains(&Some(0)) {
                return Err(Error::shape("the output has no values")
                    .at(place)
                    .received(format!("{output} from {shape}"))
                    .expected("sizes of at least 1")
                    .mend("change the layer's arguments"));
            }
            modules.push(layer.build(&shape, &build).map_err(|error| error.at(place))?);
            nodes.push(Node::new(name, layer.clone(), output.clone()));
            shape = output;
        }
        Ok(Model::new(self.name.clone(), nodes, modules, device.clone()))
    }

    fn no_layers(&self) -> Error {
        Error::model("the model has no layers")
            .at(format!("model {:?}", self.name))
            .expected("at least one layer besides Input")
            .mend("add one, as in `.add(Dense(10))`")
    }

    /// The layers' names: given ones as they are, others after the class and numbered.
    fn names(&self, input: Option<&Arc<dyn Layer>>, rest: &[Arc<dyn Layer>]) -> Result<Vec<String>> {
        let mut counts: HashMap<String, usize> = HashMap::new();
        let mut names: Vec<String> = Vec::with_capacity(rest.len() + 1);
        for layer in input.into_iter().chain(rest) {
            let name = match layer.name() {
                Some(name) => name.to_owned(),
                None => {
                    let class = snake_case(layer.class_name());
                    let count = counts.entry(class.clone()).or_default();
                    *count += 1;
                    if *count == 1 { class } else { format!("{class}_{}", *count - 1) }
                }
            };
            if names.contains(&name) {
                return Err(Error::model("two layers have one name")
                    .at(format!("model {:?}", self.name))
                    .received(format!("{name:?} twice"))
                    .expected("names that differ")
                    .mend(format!("rename one, as in `.name(\"{name}_2\")`")));
            }
            names.push(name);
        }
        Ok(names)
    }
}

impl Default for Sequential {
    fn default() -> Self {
        Self::new()
    }
}

/// Keras's name for the first layer of a class: `Dense` → `dense`, `ReLU` → `re_lu`, `MaxPooling2D` → `max_pooling2d`.
fn snake_case(class: &str) -> String {
    let chars: Vec<char> = class.chars().collect();
    let mut name = String::new();
    for (at, &char) in chars.iter().enumerate() {
        let after_lower = at > 0 && (chars[at - 1].is_lowercase() || chars[at - 1].is_ascii_digit());
        let before_lower = at > 0 && chars.get(at + 1).is_some_and(|next| next.is_lowercase());
        if char.is_uppercase() && (after_lower || before_lower) && !is_dimension(&chars, at) {
            name.push('_');
        }
        name.extend(char.to_lowercase());
    }
    name
}

/// The D of `Conv2D` stays with its digit.
fn is_dimension(chars: &[char], at: usize) -> bool {
    chars[at] == 'D' && at > 0 && chars[at - 1].is_ascii_digit()
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
    fn names_are_keras_s() {
        for (class, name) in [
            ("Dense", "dense"),
            ("ReLU", "re_lu"),
            ("PReLU", "p_re_lu"),
            ("InputLayer", "input_layer"),
            ("MaxPooling2D", "max_pooling2d"),
            ("Conv2DTranspose", "conv2d_transpose"),
            ("GlobalAveragePooling1D", "global_average_pooling1d"),
            ("LSTM", "lstm"),
            ("ConvLSTM2D", "conv_lstm2d"),
            ("GRUCell", "gru_cell"),
        ] {
            assert_eq!(snake_case(class), name);
        }
    }

    #[test]
    fn layers_are_numbered_within_the_model() {
        let model =
            build(Sequential::new().add(Input([4])).add(Dense(3)).add(ReLU()).add(Dense(2).name("out")).add(Dense(1)))
                .unwrap();
        let names: Vec<_> = model.nodes().iter().map(Node::name).collect();
        assert_eq!(names, ["input_layer", "dense", "re_lu", "out", "dense_1"]);
    }

    #[test]
    fn what_cannot_be_built_says_why() {
        for (model, expected) in [
            (
                Sequential::new(),
                "model \"sequential\": the model has no layers; expected at least one layer besides Input. \
                 Mend: add one, as in `.add(Dense(10))`.",
            ),
            (
                Sequential::new().add(Input([4])),
                "model \"sequential\": the model has no layers; expected at least one layer besides Input. \
                 Mend: add one, as in `.add(Dense(10))`.",
            ),
            (
                Sequential::new().add(Dense(4)),
                "model \"sequential\": the shape of the input is unknown; received Dense as the first layer, \
                 expected an Input layer. Mend: begin with `.add(Input([…]))`, the shape of one sample.",
            ),
            (
                Sequential::new().add(Input([4])).add(Dense(4)).add(Input([4])),
                "layer \"input_layer_1\" (InputLayer): only the first layer can be an Input; \
                 expected one Input, before all other layers. Mend: remove it.",
            ),
            (
                Sequential::new().add(Input([4])).add(Dense(4).name("a")).add(Flatten().name("a")),
                "model \"sequential\": two layers have one name; received \"a\" twice, expected names that differ. \
                 Mend: rename one, as in `.name(\"a_2\")`.",
            ),
            (
                Sequential::new().add(Input([4])).add(Dense(4)).add(Reshape([3, 2])),
                "layer \"reshape\" (Reshape): the samples do not fit the target shape; \
                 received target_shape [3, 2] for (None, 4), \
                 expected sizes whose product is the number of features, one of them -1 at most. \
                 Mend: change the target shape, or the layer before.",
            ),
            (
                Sequential::new().add(Input([0])).add(Flatten()),
                "layer \"input_layer\" (InputLayer): the output has no values; received (None, 0) from (None, 0), \
                 expected sizes of at least 1. Mend: change the layer's arguments.",
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
