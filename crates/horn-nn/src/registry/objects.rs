//! Objects that a layer takes by name or with a configuration (initializers, regularizers, constraints), as Keras's files
//! represent them.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::Error;
use crate::registry::suggest::did_you_mean;

/// Defines the enum of all objects of a kind, with Keras's serialization. The arguments are the name of the enum, the word
/// for one object in messages, Keras's module, and the type of custom ones, if there can be such; then each class with
/// the other names that Keras accepts for it.
macro_rules! keras_objects {
    (@own $kind:ident) => {
        impl $kind {
            fn registered(_: &str) -> Option<Self> {
                None
            }
        }
    };
    (@own $kind:ident $own:ident) => {
        /// Those that can be read from files.
        static REGISTERED: std::sync::RwLock<std::collections::BTreeMap<String, $own>> =
            std::sync::RwLock::new(std::collections::BTreeMap::new());

        impl $kind {
            /// Registers a custom one, so that it can be read from files by its name.
            pub fn register(&self) {
                if let Self::Custom(own) = self {
                    let mut registered = REGISTERED.write().unwrap_or_else(std::sync::PoisonError::into_inner);
                    registered.insert(own.name().to_owned(), own.clone());
                }
            }

            fn registered(class: &str) -> Option<Self> {
                let registered = REGISTERED.read().unwrap_or_else(std::sync::PoisonError::into_inner);
                registered.get(class).cloned().map(Self::Custom)
            }
        }
    };
    (
        $(#[$doc:meta])*
        $kind:ident, $called:literal, $module:literal $(, own $own:ident)?;
        $($(#[$class_doc:meta])* $class:ident: $($name:literal),+;)+
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $kind {
            $($(#[$class_doc])* $class($class),)+
            $(
                /// A custom one.
                Custom($own),
            )?
        }

        impl $kind {
            /// The object of that name, with its defaults.
            fn by_name(name: &str) -> $crate::Result<Self> {
                match name {
                    $(stringify!($class) $(| $name)+ => Ok(Self::$class($class::default())),)+
                    _ => Err($crate::registry::objects::unknown($called, name, NAMES)),
                }
            }
        }

        $(impl From<$class> for $kind {
            fn from(inner: $class) -> Self {
                Self::$class(inner)
            }
        })+

        $crate::registry::objects::keras_objects!(@own $kind $($own)?);

        impl serde::Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$class(config) => {
                        $crate::registry::objects::Written::new($module, stringify!($class), config).serialize(serializer)
                    })+
                    $(Self::Custom(own) => {
                        let own: &$own = own;
                        $crate::registry::objects::own(own.name()).serialize(serializer)
                    })?
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $kind {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use $crate::registry::objects::Read;

                match Read::deserialize(deserializer)? {
                    Read::Name(name) => name.parse().map_err(serde::de::Error::custom),
                    Read::Object(object) => match object.class_name() {
                        $(stringify!($class) $(| $name)+ => object.config().map(Self::$class),)+
                        class => Self::registered(class).ok_or_else(|| {
                            serde::de::Error::custom($crate::registry::objects::unknown($called, class, NAMES))
                        }),
                    },
                }
            }
        }

        /// All names in snake case.
        pub(crate) const NAMES: &[&str] = &[$($($name),+),+];
    };
}
pub(crate) use keras_objects;

/// An object as Keras writes it.
#[derive(Serialize)]
pub(crate) struct Written<'a, T> {
    module: &'static str,
    class_name: &'static str,
    config: &'a T,
    /// Only custom classes have one.
    registered_name: (),
}

impl<'a, T> Written<'a, T> {
    pub(crate) fn new(module: &'static str, class_name: &'static str, config: &'a T) -> Self {
        Self { module, class_name, config, registered_name: () }
    }
}

/// The object of a custom class.
pub(crate) fn own(name: &str) -> Value {
    json!({"module": null, "class_name": name, "config": {}, "registered_name": in_default_package(name)})
}

/// The registered name of a class or a function that is registered without a package.
pub fn in_default_package(name: &str) -> String {
    format!("Custom>{name}")
}

/// An object as Keras reads it.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a name, or a map with a class_name and a config")]
pub(crate) enum Read {
    Name(String),
    Object(Object),
}

/// The class determines the module, so files may leave the module out.
#[derive(Deserialize)]
pub(crate) struct Object {
    class_name: String,
    config: Option<Value>,
}

impl Object {
    pub(crate) fn class_name(&self) -> &str {
        &self.class_name
    }

    pub(crate) fn config<T: DeserializeOwned, E: serde::de::Error>(self) -> Result<T, E> {
        let config = self.config.unwrap_or_else(|| json!({}));
        T::deserialize(config).map_err(|error| E::custom(format!("the config of {}: {error}", self.class_name)))
    }
}

/// The error for a name that is not among the known ones.
pub(crate) fn unknown(called: &str, name: &str, known: &[&str]) -> Error {
    Error::argument(format!("there is no {called} of this name"))
        .received(format!("\"{name}\""))
        .hint(did_you_mean(name, known))
}
