//! A registry for each kind of class that Keras's files name: losses, metrics, optimizers and schedules.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use horn_nn::{Error, Result, did_you_mean, in_default_package, start_of};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::keras_config::read_own;

/// The classes of one kind: Horn's, and those that users register.
pub(crate) struct Registry<T: ?Sized + 'static> {
    /// What an object of this kind is called, such as `loss`.
    called: &'static str,
    /// The argument of `compile` that takes such an object; errors name it.
    argument: &'static str,
    /// Keras's module of these classes.
    module: &'static str,
    /// Whether names are matched without regard to case.
    any_case: bool,
    /// Checks the arguments of an object.
    validate: fn(&T) -> Result<()>,
    /// Horn's classes, from its [`table!`].
    pub known: &'static [Known<T>],
    /// Custom classes, under their class names or registered names.
    custom: RwLock<BTreeMap<String, Reader<T>>>,
}

/// One of Horn's classes.
pub(crate) struct Known<T: ?Sized> {
    pub class_name: &'static str,
    /// Keras's other names of the class, as a string and as a function.
    pub names: &'static [&'static str],
    pub read: fn(&Value) -> Result<Arc<T>>,
}

/// Reads a custom object from its configuration.
type Reader<T> = Arc<dyn Fn(&Value) -> Result<Arc<T>> + Send + Sync>;

/// The table of a registry, with one class on each line: its module and name, and Keras's if that is another, then Keras's
/// other names of it. `read` makes an object from a configuration. The classes are exported by their names.
macro_rules! table {
    ($thing:ty, $read:path; $($module:ident::$class:ident $(as $keras:literal)?: $($name:literal),+;)*) => {
        $(pub use super::$module::$class;)*

        /// The classes that the registry knows.
        pub(super) const KNOWN: &[$crate::registry::Known<$thing>] = &[$($crate::registry::Known {
            class_name: [$($keras,)? stringify!($class)][0],
            names: &[$($name),+],
            read: |config| {
                use $read as read;
                Ok(std::sync::Arc::new(read::<$class>(stringify!($class), config)?))
            },
        }),*];
    };
}
pub(crate) use table;

impl<T: ?Sized> Registry<T> {
    /// A registry of Horn's classes.
    pub const fn new(
        called: &'static str,
        argument: &'static str,
        module: &'static str,
        validate: fn(&T) -> Result<()>,
        known: &'static [Known<T>],
    ) -> Self {
        Self { called, argument, module, any_case: false, validate, known, custom: RwLock::new(BTreeMap::new()) }
    }

    /// The same, with names matched without regard to case.
    pub const fn any_case(mut self) -> Self {
        self.any_case = true;
        self
    }

    /// Reads what Keras writes, a name or an object with a class name, and checks its arguments. An object that is
    /// given by its name gets the configuration that `named` returns for it.
    pub fn read(&self, object: &Value, named: impl Fn(&str) -> Value) -> Result<Arc<T>> {
        let read = self.find(object, named).map_err(|error| error.at(self.argument))?;
        (self.validate)(&read)?;
        Ok(read)
    }

    fn find(&self, object: &Value, named: impl Fn(&str) -> Value) -> Result<Arc<T>> {
        let text = |key| object.get(key).and_then(Value::as_str);
        match (object, text("class_name")) {
            (Value::String(name), _) => self.by_name(name, None, &named(name)),
            (_, Some("function")) => match text("config") {
                Some(name) => self.by_name(name, None, &named(name)),
                None => Err(self.unreadable(object)),
            },
            (_, Some(class)) => {
                let config = object.get("config").filter(|config| !config.is_null());
                self.by_name(class, text("registered_name"), config.unwrap_or(&json!({})))
            }
            _ => Err(self.unreadable(object)),
        }
    }

    fn by_name(&self, name: &str, registered_name: Option<&str>, config: &Value) -> Result<Arc<T>> {
        let custom = |name: &str| self.custom.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some(read) = registered_name.and_then(custom) {
            return read(config);
        }
        // Legacy files give the registered name, `package>Class`, as that of the class.
        if let Some(read) = name.rsplit_once('>').and_then(|(_, class)| custom(name).or_else(|| custom(class))) {
            return read(config);
        }
        let is = |known: &str| known == name || self.any_case && known.eq_ignore_ascii_case(name);
        let known = self.known.iter().find(|known| is(known.class_name) || known.names.iter().any(|name| is(name)));
        match (known, custom(name)) {
            (Some(known), _) => (known.read)(config),
            (None, Some(read)) => read(config),
            (None, None) => Err(self.unknown(name)),
        }
    }

    fn unknown(&self, name: &str) -> Error {
        let custom = self.custom.read().unwrap_or_else(PoisonError::into_inner);
        let known = self.known.iter().flat_map(|known| known.names.iter().copied().chain([known.class_name]));
        let known: Vec<&str> = known.chain(custom.keys().map(String::as_str)).collect();
        let list = self.module.trim_start_matches("keras.").replace('.', "::");
        let error = Error::argument(format!("there is no {} of this name", self.called))
            .received(format!("{name:?}"))
            .expected(format!("one of Horn's, or one that `{list}::register` was called for"));
        if name.contains('>') {
            // Keras's registered name of something in the program: `package>name`.
            return error
                .hint("it is custom code, of which a file has only the name: write it in Rust and register it");
        }
        error.hint(match known.is_empty() {
            true => format!("call `{list}::register` first"),
            false => did_you_mean(name, &known),
        })
    }

    fn unreadable(&self, object: &Value) -> Error {
        Error::argument(format!("this is not a valid {}", self.called))
            .received(start_of(object))
            .expected("a name, or an object with a class_name and a config")
            .hint("write what Keras's `serialize` returns")
    }

    /// Registers a custom class, which `serde` reads and `share` turns into an object.
    pub fn register<C: DeserializeOwned + 'static>(&self, class_name: &str, share: fn(C) -> Arc<T>) {
        let class = class_name.to_owned();
        let reader: Reader<T> = Arc::new(move |config| Ok(share(read_own::<C>(&class, config)?)));
        self.custom.write().unwrap_or_else(PoisonError::into_inner).insert(class_name.to_owned(), reader);
    }

    /// The names of Horn's classes.
    pub fn class_names(&self) -> impl Iterator<Item = &'static str> {
        self.known.iter().map(|known| known.class_name)
    }
}

/// An object as Keras writes it. Only custom classes have a registered name, and no module; in Python, a class that is
/// registered without a package is in that of the name `Custom`.
pub(crate) fn object(
    module: Option<&'static str>,
    class_name: &str,
    registered_name: Option<&str>,
    config: Value,
) -> Value {
    let registered_name = match (module, registered_name) {
        (None, None) => Some(in_default_package(class_name)),
        (_, given) => given.map(str::to_owned),
    };
    json!({"module": module, "class_name": class_name, "config": config, "registered_name": registered_name})
}
