//! The registry of all layer classes, built-in and custom: it reads layers from Keras's configurations.

use std::sync::Arc;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::layer::conventions::Conventions;
use crate::layer::description::Layer;
use crate::layer::given::Given;
use crate::layer::layer_family::LayerFamily;
use crate::layer::reading::{ReadContext, within};
use crate::layer::users;
use crate::layers::core_layers::{lambda, rounded_inputs};
use crate::layers::family::Family;
use crate::layers::{
    activation, attention, augmentation, convolution, core_layers, merging, normalization, pooling, preprocessing,
    recurrent, regularization, reshaping,
};
use crate::registry::suggest::did_you_mean;
use crate::saving::json::text;
use crate::saving::read;

/// All families of layers.
pub(crate) const FAMILIES: [&Family; 19] = [
    &activation::FAMILY,
    &attention::FAMILY,
    &augmentation::FAMILY,
    &augmentation::colors::FAMILY,
    &augmentation::geometry::FAMILY,
    &augmentation::mixing::FAMILY,
    &convolution::FAMILY,
    &core_layers::FAMILY,
    &merging::FAMILY,
    &normalization::FAMILY,
    &pooling::FAMILY,
    &preprocessing::FAMILY,
    &preprocessing::audio::FAMILY,
    &preprocessing::categories::FAMILY,
    &preprocessing::images::FAMILY,
    &preprocessing::vocabularies::FAMILY,
    &recurrent::FAMILY,
    &regularization::FAMILY,
    &reshaping::FAMILY,
];

/// The names of Keras's layer classes that Horn has, by family.
pub fn classes() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().flat_map(|family| family.classes).copied()
}

/// The names of the classes of a family.
///
/// ```
/// use horn::layers::{LayerFamily, classes_of};
///
/// assert!(classes_of(LayerFamily::Merging).any(|class| class == "Add"));
/// ```
pub fn classes_of(family: LayerFamily) -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().filter(move |own| own.family == family).flat_map(|own| own.classes).copied()
}

/// The family of a layer; `None` for a model, and for a custom layer that says none in its
/// [conventions](crate::Conventions::family).
pub fn family_of(layer: &dyn Layer) -> Option<LayerFamily> {
    let conventions = layer.conventions();
    let is_own = |family: &&&Family| family.classes.contains(&layer.class_name());
    // A custom class may have the name of one of Keras's.
    let table = FAMILIES.iter().find(is_own).filter(|_| conventions.module.is_some());
    table.map(|table| table.family).or(conventions.family)
}

/// The conventions of the class of a layer that a file describes; `None` if there is no such class.
pub fn conventions_of(object: &Value) -> Option<Conventions> {
    let class_name = object["class_name"].as_str()?;
    let registered = object["registered_name"].as_str().filter(|name| name.contains('>'));
    let is_it = |name: &str| registered.map_or(users::class_of(name) == class_name, |registered| name == registered);
    let layer = match default(class_name).filter(|_| registered.is_none()) {
        Some(layer) => layer,
        // The conventions of a custom class may depend on its arguments.
        None => users::reader(is_it).and_then(|_| Registry.read(object).ok())?,
    };
    Some(layer.conventions())
}

/// The layer of a built-in class with the defaults.
fn default(class_name: &str) -> Option<Box<dyn Layer>> {
    FAMILIES.iter().find_map(|family| (family.default)(class_name))
}

/// Reads a layer, or a model, from its configuration, as Keras writes it for the class.
///
/// Arguments that are missing in the configuration get their defaults.
///
/// ```
/// use horn::layers::from_config;
/// use serde_json::json;
///
/// let layer = from_config("Dense", &json!({"units": 10, "activation": "softmax"}))?;
/// assert_eq!(layer.config()["use_bias"], true);
/// assert!(from_config("Dense", &json!({"units": 10, "biass": true})).is_err());
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If the class is neither built-in nor registered, an argument without a default is missing, or an argument is unknown
/// or of the wrong type.
pub fn from_config(class_name: &str, config: &Value) -> Result<Box<dyn Layer>> {
    match class_name {
        "Functional" | "Model" => return Ok(Box::new(read::functional(config, &Registry)?)),
        "Sequential" => return Ok(Box::new(read::sequential(config, &Registry)?)),
        "Lambda" => return Err(lambda::unreadable()),
        _ if rounded_inputs::quantizer(config).is_some() => {
            return rounded_inputs::read(class_name, config, |plain| from_config(class_name, plain));
        }
        _ => {}
    }
    // Legacy files give the registered name as that of the class.
    let is_it = |name: &str| name == class_name || users::class_of(name) == class_name;
    if users::reader(is_it).is_some() && !is_public(class_name) {
        return of_user(class_name, config, is_it);
    }
    let of_keras = || FAMILIES.iter().find_map(|family| (family.read)(class_name, config));
    within(Arc::new(Registry), of_keras).unwrap_or_else(|| Err(unknown(class_name)))
}

/// Does Keras have a public name of the class? It has none of the layers that networks of `keras.applications` bring with
/// them, so a custom class of the same name comes first.
fn is_public(class_name: &str) -> bool {
    let public = Conventions::of_keras().module;
    default(class_name).is_some_and(|layer| layer.conventions().module == public)
}

/// Reads layers of all classes.
pub(crate) struct Registry;

impl ReadContext for Registry {
    fn read(&self, object: &Value) -> Result<Box<dyn Layer>> {
        let class_name = text(object, "class_name")?;
        match object["registered_name"].as_str().filter(|name| name.contains('>')) {
            // A registered name means the custom class, even if a class of Keras has the same name.
            Some(registered) => of_user(registered, &object["config"], |name| name == registered),
            None => from_config(class_name, &object["config"]),
        }
    }
}

/// Reads the first custom layer whose registered name matches.
fn of_user(class_name: &str, config: &Value, matches: impl Fn(&str) -> bool) -> Result<Box<dyn Layer>> {
    match users::reader(matches) {
        Some(read) => Ok(named(within(Arc::new(Registry), || read(config))?, config)),
        None => Err(unknown(class_name)),
    }
}

/// A custom layer with the name and the trainable flag of the configuration, which its description may not store.
fn named(layer: Box<dyn Layer>, config: &Value) -> Box<dyn Layer> {
    let name = config["name"].as_str().filter(|name| layer.name() != Some(name));
    let trainable = config["trainable"].as_bool().unwrap_or_else(|| layer.trainable());
    match name {
        None if trainable == layer.trainable() => layer,
        name => Box::new(Given { name: name.or(layer.name()).map(str::to_owned), trainable, layer }),
    }
}

fn unknown(class_name: &str) -> Error {
    let users = users::classes();
    let mut known: Vec<&str> = classes().chain(["Functional", "Sequential"]).collect();
    let own: Vec<&str> = users.iter().map(String::as_str).filter(|name| !known.contains(name)).collect();
    known.extend(own);
    let meant = did_you_mean(users::class_of(class_name), &known);
    Error::argument("there is no layer of this class")
        .received(class_name)
        .expected("a class of Keras's layers, or a registered one")
        .hint(format!("{meant}, or call `layers::register` first if the class is custom"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::layers::{Dense, Identity, Input, ReLU};
    use crate::{Apply, Sequential, deserialize, serialize};

    #[test]
    fn the_default_of_a_class_is_of_that_class_and_says_what_it_learns() {
        for class in classes() {
            let layer = default(class).unwrap();
            assert_eq!(layer.class_name(), class);
            assert!(family_of(layer.as_ref()).is_some(), "{class}");
            let has_vocabulary = layer.config().get("vocabulary").is_some();
            assert_eq!(layer.conventions().learned_tokens.is_some(), has_vocabulary, "{class}");
        }
    }

    #[test]
    fn layers_with_an_activation_end_in_it_but_for_recurrent_ones() {
        for layer in classes().map(|class| default(class).unwrap()) {
            let is_recurrent = family_of(layer.as_ref()) == Some(LayerFamily::Recurrent);
            let has_activation = layer.config().get("activation").is_some() && !is_recurrent;
            assert_eq!(layer.conventions().ends_in_activation, has_activation, "{}", layer.class_name());
        }
    }

    #[test]
    fn layers_of_applications_give_way_to_custom_ones_of_the_same_name() {
        let config = json!({"scale": 0.5});
        assert_eq!(from_config("CustomScaleLayer", &config).unwrap().class_name(), "CustomScaleLayer");
        users::register::<ReLU>("own>CustomScaleLayer");
        assert_eq!(from_config("CustomScaleLayer", &ReLU().config()).unwrap().class_name(), "ReLU");
    }

    #[test]
    fn a_class_is_read_by_both_of_its_names_and_written_by_the_public_one() {
        let config = json!({"head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 1});
        for class_name in ["GroupQueryAttention", "GroupedQueryAttention"] {
            let layer = from_config(class_name, &config).unwrap();
            assert_eq!(serialize(layer.as_ref()).unwrap()["class_name"], "GroupQueryAttention");
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
            "there is no layer of this class; received Conv2d, expected a class of Keras's layers, or a registered \
             one. Hint: write \"Conv2D\" or \"Conv1D\", if that is what you meant, or call `layers::register` first if the \
             class is custom."
        );
    }

    #[test]
    fn a_users_class_is_found_by_its_package_and_never_taken_for_keras_s() {
        users::register::<Dense>("mine>Conv2D");
        users::register::<ReLU>("yours>Conv2D");
        let object = |registered_name: &str, config: Value| json!({"class_name": "Conv2D", "registered_name": registered_name, "config": config});
        let read = |name: &str, layer: &dyn Layer| deserialize(&object(name, layer.config()));
        assert_eq!(read("mine>Conv2D", &Dense(2)).unwrap().class_name(), "Dense");
        assert_eq!(read("yours>Conv2D", &ReLU()).unwrap().class_name(), "ReLU");
        let error = read("theirs>Conv2D", &Dense(2)).unwrap_err().to_string();
        assert!(error.contains("there is no layer of this class; received theirs>Conv2D"), "{error}");
    }

    #[test]
    fn users_layers_have_a_package() {
        assert_eq!(serialize(&Dense(1)).unwrap()["registered_name"], Value::Null);
        assert_eq!(users::registered_name("NeverRegistered"), "Custom>NeverRegistered");
        users::register::<Dense>("house>Brick");
        assert_eq!(users::registered_name("Brick"), "house>Brick");
        let mut config = Dense(4).config();
        config["name"] = "wall".into();
        config["trainable"] = false.into();
        let read = from_config("Brick", &config).unwrap();
        assert_eq!((read.name(), read.trainable()), (Some("wall"), false));
        // As legacy files name it.
        let legacy = from_config("house>Brick", &config).unwrap();
        assert_eq!((legacy.class_name(), legacy.name()), (read.class_name(), read.name()));
        assert!(from_config("yard>Brick", &config).is_err());
    }

    #[test]
    fn a_name_that_the_program_gives_is_kept_in_files() {
        let model = Sequential::new().add(Input([3])).add(Identity().named("middle")).add(Identity());
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

    #[test]
    fn an_argument_of_another_kind_is_named_without_the_others() {
        let error = |config| format!("{:#}", from_config("Dense", &config).unwrap_err());
        assert_eq!(
            error(json!({"name": "d", "units": 2, "use_bias": "yes"})),
            "layer \"d\" (Dense): an argument is of the wrong type; received use_bias = \"yes\" (invalid type: string \
             \"yes\", expected a boolean). Hint: give the argument a value of the right type."
        );
        let long = error(json!({"units": vec![1; 1000]}));
        assert!(long.contains("received units = [1,1,1,") && long.len() < 400, "{long}");
        let nested = json!({"layer": {"class_name": "Dense", "config": {"units": "two"}}});
        let error = format!("{:#}", from_config("TimeDistributed", &nested).unwrap_err());
        assert!(error.contains("received units = \"two\""), "{error}");
    }
}
