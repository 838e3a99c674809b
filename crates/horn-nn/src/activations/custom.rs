//! `CustomActivation`: a custom activation, under a name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use burn::tensor::Tensor;
use serde_json::{Value, json};

use crate::registry::objects::in_default_package;

/// What the function computes: a value for each value.
type Function = fn(Tensor<1>) -> Tensor<1>;

/// A custom activation. Files hold its name, not what it does.
#[derive(Clone, Copy)]
pub struct CustomActivation {
    name: &'static str,
    function: Function,
}

/// Those that can be read from files, by `package>name`.
static REGISTERED: RwLock<BTreeMap<String, CustomActivation>> = RwLock::new(BTreeMap::new());

impl CustomActivation {
    /// The activation of this name that the function computes.
    pub(super) fn new(name: &'static str, function: Function) -> Self {
        Self { name, function }
    }

    /// Registers it, so that it can be read from files.
    pub(super) fn register(self) {
        REGISTERED.write().unwrap_or_else(PoisonError::into_inner).insert(self.registered_name(), self);
    }

    /// The registered activation of this name, with or without its package.
    pub(super) fn registered(name: &str) -> Option<Self> {
        let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
        let is_it = |own: &&Self| own.name.rsplit('>').next() == Some(name);
        registered.get(name).or_else(|| registered.values().find(is_it)).copied()
    }

    /// The name.
    pub(super) fn name(self) -> &'static str {
        self.name
    }

    /// Keras's registered name of the function, which is in the package `Custom` if it has none.
    fn registered_name(self) -> String {
        if self.name.contains('>') { self.name.to_owned() } else { in_default_package(self.name) }
    }

    /// The function as Keras writes it.
    pub(super) fn write(self) -> Value {
        json!({
            "module": "builtins",
            "class_name": "function",
            "config": self.registered_name(),
            "registered_name": "function",
        })
    }

    /// The function of each value.
    ///
    /// # Panics
    ///
    /// If the function returns another number of values.
    #[track_caller]
    pub(super) fn forward<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        let sizes = x.dims();
        let count = sizes.iter().product::<usize>();
        let values = (self.function)(x.reshape([count]));
        assert!(
            values.dims() == [count],
            "the activation {:?} has {} values for {count}: it is to compute each value by itself",
            self.name,
            values.dims()[0]
        );
        values.reshape(sizes)
    }
}

impl fmt::Debug for CustomActivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CustomActivation").field(&self.name).finish()
    }
}

/// Two are equal if they are one function.
impl PartialEq for CustomActivation {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && std::ptr::fn_addr_eq(self.function, other.function)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::activations::Activation;
    use crate::layers::{Conv2D, Dense, Input};
    use crate::model::sequential::Sequential;

    #[test]
    fn it_computes_values_of_any_shape_and_has_gradients() {
        let squared = Activation::custom("squared", |x| x.square());
        let x = Tensor::<3>::from_data([[[1.0], [-2.0]], [[3.0], [0.5]]], &Device::default().autodiff()).require_grad();
        let y = squared.forward(x.clone());
        assert_eq!(y.dims(), [2, 2, 1]);
        let gradients = x.grad(&y.clone().sum().backward()).unwrap();
        assert_eq!(y.into_data().try_to_vec::<f32>().unwrap(), [1.0, 4.0, 9.0, 0.25]);
        assert_eq!(gradients.into_data().try_to_vec::<f32>().unwrap(), [2.0, -4.0, 6.0, 1.0]);
    }

    /// The layers' own functions take the activation as they take others.
    #[test]
    fn layers_take_it_as_a_layer_of_its_own() {
        let doubled = Activation::custom("doubled", |x| x * 2.0);
        let by = |activation: Activation| {
            crate::random::set_random_seed(3);
            let conv = Conv2D(2, 3).activation(activation);
            let layers = Sequential::new().add(Input([5, 5, 1])).add(conv).add(Dense(3).activation(activation));
            layers.build(&Device::default()).unwrap().predict(&ndarray::Array4::<f32>::ones((2, 5, 5, 1)), 2).unwrap()
        };
        let (plain, own) = (by(Activation::Linear), by(doubled));
        // Twice at each of the two layers, whose biases are 0.
        assert!(plain.iter().zip(&own).all(|(plain, own)| (4.0 * plain - own).abs() < 1e-5), "{plain} {own}");
    }

    #[test]
    fn files_have_its_name() {
        let own = Activation::custom("in_files", |x| x * 2.0);
        let written = serde_json::to_value(own).unwrap();
        assert_eq!(written["config"], "Custom>in_files");
        let error = serde_json::from_value::<Activation>(written.clone()).unwrap_err().to_string();
        assert!(error.contains("`register` it first"), "{error}");
        own.register();
        assert_eq!(serde_json::from_value::<Activation>(written).unwrap(), own);
        // As Keras writes a function that is not registered, and as `activation="in_files"`.
        let unregistered = json!({"module": "builtins", "class_name": "function", "config": "in_files"});
        assert_eq!(serde_json::from_value::<Activation>(unregistered).unwrap(), own);
        assert_eq!("in_files".parse::<Activation>().unwrap(), own);
        let packaged = Activation::custom("house>packaged", |x| x);
        packaged.register();
        assert_eq!(serde_json::to_value(packaged).unwrap()["config"], "house>packaged");
        assert_eq!("packaged".parse::<Activation>().unwrap(), packaged);
    }

    #[test]
    #[should_panic(expected = "the activation \"short\" has 1 values for 4")]
    fn another_number_of_values_is_a_mistake() {
        Activation::custom("short", |x| x.sum()).forward(Tensor::<2>::ones([2, 2], &Device::default()));
    }
}
