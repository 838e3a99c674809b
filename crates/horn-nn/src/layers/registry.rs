//! From Keras's configurations back to layers.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::layer::description::Layer;
use crate::layer::given::Given;
use crate::layer::names;
use crate::model::functional::Functional;
use crate::model::sequential::Sequential;
use crate::registry::suggest::nearest;
use crate::tensor::shape::MOST_VALUES;

/// Reads a layer, or a model, from its configuration, as Keras writes it for the class.
///
/// Arguments that the configuration lacks get their defaults.
///
/// ```
/// use horn_nn::layers::from_config;
/// use serde_json::json;
///
/// let layer = from_config("Dense", &json!({"units": 10, "activation": "softmax"}))?;
/// assert_eq!(layer.config()["use_bias"], true);
/// assert!(from_config("Dense", &json!({"units": 10, "biass": true})).is_err());
/// # Ok::<(), horn_nn::Error>(())
/// ```
///
/// # Errors
///
/// Where Horn has no such class, an argument is missing that has no default, or one is unknown or of another kind.
pub fn from_config(class_name: &str, config: &Value) -> Result<Box<dyn Layer>> {
    let class_name =
        PUBLIC_NAMES.iter().find(|(_, public)| *public == class_name).map_or(class_name, |(class, _)| class);
    match class_name {
        "Functional" | "Model" => return Ok(Box::new(Functional::from_config(config)?)),
        "Lambda" => return Err(crate::layers::core_layers::lambda::unreadable()),
        "Sequential" => return Ok(Box::new(Sequential::from_config(config)?)),
        _ => {}
    }
    if let Some(layer) = crate::layers::FAMILIES.iter().find_map(|family| (family.read)(class_name, config)) {
        return layer;
    }
    read_own(class_name, config, |name| class_of(name) == class_name)
}

/// Reads a user's own layer by the name under which Keras's files know it, `package>Class`.
pub(crate) fn from_registered(registered_name: &str, config: &Value) -> Result<Box<dyn Layer>> {
    read_own(registered_name, config, |name| name == registered_name)
}

/// Reads the first of the users' own layers that is meant.
fn read_own(class_name: &str, config: &Value, is_meant: impl Fn(&str) -> bool) -> Result<Box<dyn Layer>> {
    // While it is read, others may be: nothing is locked.
    let own = OWN.read().unwrap_or_else(PoisonError::into_inner);
    let read = own.iter().find(|(name, _)| is_meant(name)).map(|(_, read)| read.clone());
    drop(own);
    match read {
        Some(read) => Ok(named(read(config)?, config)),
        None => Err(unknown(class_name)),
    }
}

fn class_of(registered_name: &str) -> &str {
    registered_name.rsplit('>').next().unwrap_or(registered_name)
}

/// A user's layer with the name and the state that the model has given it, which its own description does not know.
fn named(layer: Box<dyn Layer>, config: &Value) -> Box<dyn Layer> {
    let name = config["name"].as_str().filter(|name| layer.name() != Some(name));
    let trainable = config["trainable"].as_bool().unwrap_or_else(|| layer.trainable());
    match name {
        None if trainable == layer.trainable() => layer,
        name => Box::new(Given { name: name.or(layer.name()).map(str::to_owned), trainable, layer }),
    }
}

/// Classes that have another name in Keras's interface, and in its files, than in its program: layers are named and
/// counted by the latter.
const PUBLIC_NAMES: [(&str, &str); 1] = [("GroupedQueryAttention", "GroupQueryAttention")];

/// The name of a class in Keras's files.
pub(crate) fn public_name(class_name: &str) -> &str {
    PUBLIC_NAMES.iter().find(|(class, _)| *class == class_name).map_or(class_name, |(_, public)| public)
}

fn unknown(class_name: &str) -> Error {
    let own = OWN.read().unwrap_or_else(PoisonError::into_inner);
    let known = crate::layers::FAMILIES.iter().flat_map(|family| family.classes).copied();
    let own = own.keys().map(|name| class_of(name));
    let mut known: Vec<&str> = known.chain(["Functional", "Sequential"]).collect();
    let own: Vec<&str> = own.filter(|name| !known.contains(name)).collect();
    known.extend(own);
    let [first, second] = nearest(class_of(class_name), &known);
    Error::argument("there is no layer of this class")
        .received(class_name)
        .expected(format!("a class of Keras's layers; {first} and {second} are the most like it"))
        .hint("call `layers::register` before, if it is your own")
}

/// The name under which Keras's files know a class that is not Keras's own.
pub(crate) fn registered_name(class_name: &str) -> Option<String> {
    if crate::layers::FAMILIES.iter().any(|family| family.classes.contains(&class_name)) {
        return None;
    }
    let own = OWN.read().unwrap_or_else(PoisonError::into_inner);
    let registered = own.keys().find(|name| class_of(name) == class_name);
    Some(registered.cloned().unwrap_or_else(|| format!("Custom>{class_name}")))
}

/// Makes a user's own layer known by its class, or as `package>Class` by the package too under which Python's
/// `keras.saving.register_keras_serializable` knows it (`Custom` by default), so that it can be read from a configuration. Its description is read
/// by `serde`; Keras's [`config`](Layer::config) of it should be what `serde` writes.
///
/// ```
/// use horn_nn::layers::{from_config, register};
/// # use burn::module::Module;
/// # use horn_nn::{AnyTensor, LayerBuilder, BuiltLayer, Forward, Layer, Mode, Result, Shape, by_rank};
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
/// # Ok::<(), horn_nn::Error>(())
/// ```
pub fn register<L: Layer + DeserializeOwned>(class_name: &str) {
    let (package, class_name) = class_name.split_once('>').unwrap_or(("Custom", class_name));
    let class = class_name.to_owned();
    let read: Reader = Arc::new(move |config| match serde_json::from_value::<L>(config.clone()) {
        Ok(layer) => Ok(Box::new(layer)),
        Err(error) => Err(Error::argument("the configuration does not fit the layer")
            .at(format!("class {class}"))
            .received(config)
            .because(error)),
    });
    OWN.write().unwrap_or_else(PoisonError::into_inner).insert(format!("{package}>{class_name}"), read);
}

/// Reads a user's own layer.
type Reader = Arc<dyn Fn(&Value) -> Result<Box<dyn Layer>> + Send + Sync>;

/// The users' own layers, by the names under which Keras's files know them.
static OWN: LazyLock<RwLock<BTreeMap<String, Reader>>> = LazyLock::new(RwLock::default);

/// Reads a layer of a class; `None` where the class is not of the family.
pub(crate) type Read = fn(&str, &Value) -> Option<Result<Box<dyn Layer>>>;

/// A family of layers.
pub(crate) struct Family {
    pub classes: &'static [&'static str],
    pub read: Read,
}

/// Makes the `FAMILY` of a module: each class with an instance that holds the defaults, and the arguments without one.
macro_rules! family {
    ($($class:literal => $default:expr $(, requires $($key:literal),+)?;)+) => {
        pub(super) const FAMILY: $crate::layers::registry::Family = $crate::layers::registry::Family {
            classes: &[$($class),+],
            read: |class_name, config| match class_name {
                $($class => Some($crate::layers::registry::read(&$default, &[$($($key),+)?], config)),)+
                _ => None,
            },
        };
    };
}
pub(crate) use family;

/// Reads a layer's description: the defaults, overlaid by what the configuration says.
pub(super) fn read<L: Layer + Serialize + DeserializeOwned>(
    default: &L,
    required: &[&str],
    config: &Value,
) -> Result<Box<dyn Layer>> {
    Ok(Box::new(read_as(default, required, config)?))
}

/// Reads a layer's description as [`read`] does, as the type that it is.
pub(crate) fn read_as<L: Layer + Serialize + DeserializeOwned>(
    default: &L,
    required: &[&str],
    config: &Value,
) -> Result<L> {
    let class = default.class_name();
    let place = match config["name"].as_str() {
        Some(name) => names::place(name, default),
        None => format!("class {class}"),
    };
    let given = config
        .as_object()
        .ok_or_else(|| Error::argument("the configuration is no object").at(&place).received(config))?;
    given.iter().try_for_each(|(key, value)| check_size(key, value)).map_err(|error| error.at(&place))?;
    // Not the configuration of the default: that also has what follows from other arguments.
    let mut whole: Map<String, Value> = match serde_json::to_value(default) {
        Ok(Value::Object(whole)) => whole,
        _ => Map::new(),
    };
    if let Some(missing) = required.iter().find(|key| !given.contains_key(**key)) {
        return Err(Error::argument("an argument is missing").at(&place).expected(*missing));
    }
    whole.extend(given.clone());
    let layer: L = serde_json::from_value(Value::Object(whole)).map_err(|error| {
        Error::argument("an argument is of another kind").at(&place).received(config).because(error)
    })?;
    // What the layer does not say again, it has not read.
    let read = layer.config();
    if let Some((key, _)) = given.iter().find(|(key, value)| read.get(key).is_none() && !value.is_null()) {
        let known = read.as_object().map(|read| read.keys().cloned().collect::<Vec<_>>().join(", "));
        return Err(Error::argument("the layer has no such argument")
            .at(&place)
            .received(key)
            .expected(known.unwrap_or_default()));
    }
    Ok(layer)
}

/// Arguments that are numbers of the data, and not sizes.
const NUMBERS: [&str; 11] = [
    "bin_boundaries",
    "idf_weights",
    "mask_token",
    "mean",
    "offset",
    "oov_token",
    "salt",
    "scale",
    "seed",
    "variance",
    "vocabulary",
];

/// No size is larger, so that layers can compute with sizes.
const MOST: u64 = MOST_VALUES / 2;

/// Refuses sizes, numbers of steps and axes that no layer can have. Layers inside are read, and looked at, by themselves.
fn check_size(key: &str, value: &Value) -> Result<()> {
    if NUMBERS.contains(&key) {
        return Ok(());
    }
    match value {
        Value::Array(values) => values.iter().try_for_each(|value| check_size(key, value)),
        Value::Number(number) => {
            let size = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            if size.is_none_or(|size| size <= MOST) {
                return Ok(());
            }
            Err(Error::argument("an argument is larger than any layer can be")
                .received(format!("{key} = {number}"))
                .expected(format!("at most {MOST}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_class_is_read_by_both_of_its_names_and_written_by_the_public_one() {
        let config = json!({"head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 1});
        for class_name in ["GroupQueryAttention", "GroupedQueryAttention"] {
            let layer = from_config(class_name, &config).unwrap();
            assert_eq!(crate::serialize(layer.as_ref()).unwrap()["class_name"], "GroupQueryAttention");
            assert_eq!(layer.class_name(), "GroupedQueryAttention");
        }
    }

    #[test]
    fn what_follows_from_other_arguments_follows_from_those_that_are_given() {
        let pooling = from_config("MaxPooling2D", &json!({"pool_size": 3})).unwrap();
        assert_eq!(pooling.config()["strides"], json!([3, 3]));
        let attention = from_config("MultiHeadAttention", &json!({"num_heads": 2, "key_dim": 3})).unwrap();
        assert_eq!(attention.config()["value_dim"], 3);
    }

    #[test]
    fn an_unknown_class_is_named_with_those_that_are_like_it() {
        let error = from_config("Conv2d", &json!({})).unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no layer of this class; received Conv2d, expected a class of Keras's layers; Conv2D and Conv1D are \
             the most like it. Hint: call `layers::register` before, if it is your own."
        );
    }

    #[test]
    fn a_users_class_is_found_by_its_package_and_never_taken_for_keras_s() {
        register::<crate::layers::Dense>("mine>Conv2D");
        register::<crate::layers::ReLU>("yours>Conv2D");
        let object = |registered_name: &str, config: Value| json!({"class_name": "Conv2D", "registered_name": registered_name, "config": config});
        let read = |name: &str, layer: &dyn Layer| crate::deserialize(&object(name, layer.config()));
        assert_eq!(read("mine>Conv2D", &crate::layers::Dense(2)).unwrap().class_name(), "Dense");
        assert_eq!(read("yours>Conv2D", &crate::layers::ReLU()).unwrap().class_name(), "ReLU");
        let error = read("theirs>Conv2D", &crate::layers::Dense(2)).unwrap_err().to_string();
        assert!(error.contains("there is no layer of this class; received theirs>Conv2D"), "{error}");
    }

    #[test]
    fn users_layers_have_a_package() {
        assert_eq!(registered_name("Dense"), None);
        assert_eq!(registered_name("NeverRegistered").as_deref(), Some("Custom>NeverRegistered"));
        register::<crate::layers::Dense>("house>Brick");
        assert_eq!(registered_name("Brick").as_deref(), Some("house>Brick"));
        let mut config = crate::layers::Dense(4).config();
        config["name"] = "wall".into();
        config["trainable"] = false.into();
        let read = from_config("Brick", &config).unwrap();
        assert_eq!((read.name(), read.trainable()), (Some("wall"), false));
    }

    #[test]
    fn a_name_that_the_program_gives_is_kept_in_files() {
        let model = Sequential::new()
            .add(crate::layers::Input([3]))
            .add(crate::layers::Identity().named("middle"))
            .add(crate::layers::Identity());
        let names = |model: Sequential| {
            let model = model.build(&burn::tensor::Device::default()).unwrap();
            let object = model.serialize().unwrap();
            let names: Vec<String> = model.layers().map(|layer| layer.name().to_owned()).collect();
            (names, object)
        };
        let (own, object) = names(model);
        assert_eq!(own, ["input_layer", "middle", "identity"]);
        assert_eq!(names(Sequential::from_config(&object["config"]).unwrap()).0, own);
    }
}
