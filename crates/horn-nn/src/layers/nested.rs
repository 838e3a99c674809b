//! `Nested`: a layer in the description of another one.

use std::fmt;
use std::sync::Arc;

use burn::module::Module;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::error::Result;
use crate::graph::write;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::description::{Layer, Part, PartInput};
use crate::layer::erased::BuiltLayer;
use crate::layer::reading;
use crate::layer::signal::Signal;
use crate::layer::weight::Weight;
use crate::layer::{checks, names, weights};
use crate::tensor::shape::Shape;

/// An inner layer: the layer of a wrapper, the cell of a recurrent layer, or a part of a custom layer.
///
/// Every layer converts to it with `into()`, a `Sequential` or `Functional`, too. In a configuration it is an object with a
/// class, as in Keras.
///
/// ```
/// use horn::layers::{Dense, Nested};
///
/// let nested: Nested = Dense(4).into();
/// assert_eq!(nested.layer().class_name(), "Dense");
/// ```
///
/// A custom layer that is made of layers [builds](Self::build_part) each as a part, and calls the parts in its forward pass:
///
/// ```
/// use horn::burn::{self, module::Module};
/// use horn::layers::{Dense, LayerNormalization, MultiHeadAttention, Nested, NestedLayer};
/// use horn::{
///     BuiltLayer, CallContext, Forward, Layer, LayerBuilder, Result, Sequential, Shape, Signal, many_signals, signals,
/// };
///
/// /// A block of a Transformer: attention and two dense layers, each added to its input and normalized.
/// #[derive(Debug, Clone)]
/// struct TransformerBlock {
///     heads: usize,
///     hidden: usize,
/// }
///
/// impl Layer for TransformerBlock {
///     fn class_name(&self) -> &str {
///         "TransformerBlock"
///     }
///     fn output_shape(&self, input: &Shape) -> Result<Shape> {
///         Ok(input.clone())
///     }
///     fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
///         let size = input.features()?;
///         let inputs = [input.clone()];
///         let attention = Nested::from(MultiHeadAttention(self.heads, size / self.heads));
///         let dense = Nested::from(Sequential::new().add(Dense(self.hidden)).add(Dense(size)));
///         let norm = Nested::from(LayerNormalization());
///         Ok(BuiltLayer::new(TransformerModule {
///             attention: attention.build_part("attention", &[input.clone(), input.clone()], build)?,
///             norm_1: norm.build_part("norm_1", &inputs, build)?,
///             dense: dense.build_part("dense", &inputs, build)?,
///             norm_2: norm.build_part("norm_2", &inputs, build)?,
///         }))
///     }
/// }
///
/// #[derive(Module, Debug)]
/// struct TransformerModule {
///     attention: NestedLayer,
///     norm_1: NestedLayer,
///     dense: NestedLayer,
///     norm_2: NestedLayer,
/// }
///
/// impl Forward for TransformerModule {
///     many_signals!();
///
///     fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
///         let [x] = signals(inputs)?;
///         let [y] = signals(self.attention.call(vec![x.clone(), x.clone()], call)?)?;
///         let sum = x.float::<3>()? + y.float::<3>()?;
///         let [x] = signals(self.norm_1.call(vec![sum.into()], call)?)?;
///         let [y] = signals(self.dense.call(vec![x.clone()], call)?)?;
///         let sum = x.float::<3>()? + y.float::<3>()?;
///         self.norm_2.call(vec![sum.into()], call)
///     }
/// }
///
/// let model = Sequential::new().add(horn::layers::Input([20, 8])).add(TransformerBlock { heads: 2, hidden: 32 });
/// let model = model.build(&horn::default_device()?)?;
/// assert_eq!(model.weight_paths().nth(8).unwrap(), "transformer_block/norm_1/gamma");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Clone)]
pub struct Nested(Arc<dyn Layer>);

impl Nested {
    /// The layer.
    pub fn layer(&self) -> &dyn Layer {
        self.0.as_ref()
    }

    /// The layer as one of the [parts](Layer::parts) of the outer layer.
    pub fn part(&self, path: impl Into<String>, input: PartInput) -> Part {
        Part { path: path.into(), layer: self.0.clone(), input }
    }

    /// The name of the layer, or the one that Keras gives to the first layer of its class.
    pub fn name(&self) -> String {
        self.0.name().map_or_else(|| names::snake_case(self.0.class_name()), str::to_owned)
    }

    /// The layer's configuration, including its name.
    pub(crate) fn config(&self) -> Value {
        let mut config = self.0.config();
        if config.get("name").is_some_and(Value::is_null) {
            config["name"] = self.name().into();
        }
        config
    }

    /// The same layer with other values for some arguments.
    pub(crate) fn with(&self, arguments: impl IntoIterator<Item = (&'static str, Value)>) -> Result<Self> {
        let named = [("name".to_owned(), Value::from(self.name()))];
        let arguments = arguments.into_iter().map(|(argument, value)| (argument.to_owned(), value));
        let arguments: Map<String, Value> = named.into_iter().chain(arguments).collect();
        Ok(Self(Arc::from(self.0.with_arguments(&arguments)?)))
    }

    /// The output shapes of the layer for inputs of these shapes.
    ///
    /// # Errors
    ///
    /// If the layer does not support the shapes.
    pub fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        checks::output_shapes(self.layer(), inputs).map_err(|error| error.at(names::place(&self.name(), self.layer())))
    }

    /// Builds the layer as a part of a custom layer, for inputs of these shapes. The names of its weights get a prefix: its
    /// name, or else the part's. Files store them in a group that is called as the part, as in Keras: the attribute of the
    /// Python object. Build the parts in the order of the attributes, which is that of the weights.
    ///
    /// # Errors
    ///
    /// If the layer does not support the shapes, or its weights can't be created.
    pub fn build_part(&self, part: &str, inputs: &[Shape], build: &mut LayerBuilder) -> Result<NestedLayer> {
        self.output_shapes(inputs)?;
        self.build_as(self.0.name().unwrap_or(part), part, inputs, build)
    }

    /// Builds the layer. The names of its weights get its name as a prefix, and they are not trainable if the layer is
    /// frozen. Keras's files store them in the group.
    pub(crate) fn build(&self, group: &str, inputs: &[Shape], build: &mut LayerBuilder) -> Result<NestedLayer> {
        self.build_as(&self.name(), group, inputs, build)
    }

    fn build_as(&self, name: &str, group: &str, inputs: &[Shape], build: &mut LayerBuilder) -> Result<NestedLayer> {
        let mut own = build.apart();
        let built = self.0.build_for(inputs, &mut own)?;
        let trainable = self.0.trainable();
        let weights_of_layer =
            own.into_weights().into_iter().map(|weight| Weight { trainable: weight.trainable && trainable, ..weight });
        build.within_group(name, group, |build| {
            build.adopt(weights_of_layer);
            Ok(())
        })?;
        let built = if trainable { built } else { weights::set_trainable(built, |_| false) };
        Ok(NestedLayer { built, description: self.clone() })
    }
}

/// A built [inner layer](Nested): a field of the module of a custom layer.
#[derive(Module, Debug)]
pub struct NestedLayer {
    built: BuiltLayer,
    #[module(skip)]
    description: Nested,
}

impl NestedLayer {
    /// Calls the layer as a model does: with masks if it supports them, and with the loss of its activity regularizer.
    ///
    /// # Errors
    ///
    /// If the inputs do not fit the layer.
    pub fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let outputs = self.call_bare(inputs, call)?;
        if let Some(regularizer) = self.description.layer().activity_regularizer() {
            call.add_activity(regularizer, &outputs)?;
        }
        Ok(outputs)
    }

    /// Calls the layer without adding its activity loss.
    pub(crate) fn call_bare(&self, mut inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let layer = self.description.layer();
        if !layer.supports_masking() {
            inputs = inputs.into_iter().map(|input| input.with_mask(None)).collect();
        }
        let outputs = call.of_layer(layer.trainable(), |call| self.built.call(inputs, call));
        outputs.map_err(|error| error.at(names::place(&self.description.name(), layer)))
    }

    /// The module.
    pub(crate) fn built(&self) -> &BuiltLayer {
        &self.built
    }
}

impl<L: Layer> From<L> for Nested {
    fn from(layer: L) -> Self {
        Self(Arc::new(layer))
    }
}

/// Compares the descriptions.
impl PartialEq for Nested {
    fn eq(&self, other: &Self) -> bool {
        self.0.class_name() == other.0.class_name() && self.config() == other.config()
    }
}

impl fmt::Debug for Nested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Nested {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write::object(self.layer(), self.config()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Value::deserialize(deserializer)?;
        let layer = reading::read(&object).map_err(|error| serde::de::Error::custom(format!("{error:#}")))?;
        Ok(Self(Arc::from(layer)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::layer::reading::within;
    use crate::layers::Dense;
    use crate::layers::registry::Registry;

    #[test]
    fn stands_in_a_configuration_with_its_class_and_name() {
        let nested = Nested::from(Dense(4));
        let value = serde_json::to_value(&nested).unwrap();
        assert_eq!(value["module"], "keras.layers");
        assert_eq!(value["class_name"], "Dense");
        assert_eq!(value["config"]["name"], "dense");
        assert_eq!(value["registered_name"], Value::Null);
        let read = within(Arc::new(Registry), || serde_json::from_value::<Nested>(value));
        assert_eq!(read.unwrap(), nested);
    }

    #[test]
    fn arguments_can_be_changed_where_the_layer_knows_them() {
        let nested = Nested::from(Dense(4).name("last"));
        let changed = nested.with([("units", 5.into())]).unwrap();
        assert_eq!((changed.name().as_str(), &changed.config()["units"]), ("last", &Value::from(5)));
        assert!(nested.with([("size", 5.into())]).is_err());
    }
}
