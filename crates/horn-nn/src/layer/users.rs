//! The registry of custom layers, by their registered names in Keras's files.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::layer::description::Layer;
use crate::registry::arguments::read_arguments;
use crate::registry::objects::in_default_package;

/// Registers a custom layer, so that it can be read from a configuration.
///
/// The name is the class, or `package>Class` with the package of Python's
/// `keras.saving.register_keras_serializable` (`Custom` by default). `serde` reads the description from the
/// [`config`](Layer::config), which should be what `serde` writes.
///
/// ```
/// use horn::layers::{from_config, register};
/// # use burn::module::Module;
/// # use horn::{AnyTensor, LayerBuilder, BuiltLayer, Forward, Layer, Mode, Result, Shape, by_rank};
/// use serde::{Deserialize, Serialize};
/// use serde_json::{Value, json};
///
/// #[derive(Debug, Clone, Serialize, Deserialize)]
/// struct Scale {
///     factor: f64,
/// }
///
/// impl Layer for Scale {
///     fn class_name(&self) -> &str {
///         "Scale"
///     }
///     fn config(&self) -> Value {
///         json!(self)
///     }
///     // …
/// #     fn output_shape(&self, input: &Shape) -> Result<Shape> { Ok(input.clone()) }
/// #     fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
/// #         Ok(BuiltLayer::new(ScaleModule { factor: self.factor }))
/// #     }
/// }
/// # #[derive(Module, Debug)]
/// # struct ScaleModule { factor: f64 }
/// # impl Forward for ScaleModule {
/// #     fn forward(&self, x: AnyTensor, _: Mode) -> Result<AnyTensor> { by_rank!(x, |x| (x * self.factor).into()) }
/// # }
///
/// register::<Scale>("Scale");
/// let layer = from_config("Scale", &json!({"factor": 2.0}))?;
/// assert_eq!(layer.config(), json!({"factor": 2.0}));
/// # Ok::<(), horn::Error>(())
/// ```
pub fn register<L: Layer + DeserializeOwned>(class_name: &str) {
    let (package, class_name) = class_name.split_once('>').unwrap_or(("Custom", class_name));
    let class = class_name.to_owned();
    let read: Reader = Arc::new(move |config| match read_arguments::<L>(config) {
        Ok(layer) => Ok(Box::new(layer)),
        Err((received, error)) => Err(Error::argument("the configuration does not fit the layer")
            .at(format!("class {class}"))
            .received(received)
            .because(error)
            .hint("let `Layer::config` return what `serde` reads")),
    });
    USERS.write().unwrap_or_else(PoisonError::into_inner).insert(format!("{package}>{class_name}"), read);
}

/// Reads a custom layer.
type Reader = Arc<dyn Fn(&Value) -> Result<Box<dyn Layer>> + Send + Sync>;

/// The custom layers, by `package>Class`.
static USERS: LazyLock<RwLock<BTreeMap<String, Reader>>> = LazyLock::new(RwLock::default);

/// The reader of the first custom layer whose registered name matches.
pub(crate) fn reader(matches: impl Fn(&str) -> bool) -> Option<Reader> {
    // The lock is released before the layer is read, as reading it may read other layers.
    let users = USERS.read().unwrap_or_else(PoisonError::into_inner);
    users.iter().find(|(name, _)| matches(name)).map(|(_, read)| read.clone())
}

/// The registered name of a custom class in Keras's files; in Keras's default package if it is not registered.
pub(crate) fn registered_name(class_name: &str) -> String {
    let users = USERS.read().unwrap_or_else(PoisonError::into_inner);
    let registered = users.keys().find(|name| class_of(name) == class_name);
    registered.cloned().unwrap_or_else(|| in_default_package(class_name))
}

/// The class names of all custom layers.
pub(crate) fn classes() -> Vec<String> {
    let users = USERS.read().unwrap_or_else(PoisonError::into_inner);
    users.keys().map(|name| class_of(name).to_owned()).collect()
}

/// The class name without the package.
pub(crate) fn class_of(registered_name: &str) -> &str {
    registered_name.rsplit('>').next().unwrap_or(registered_name)
}
