//! `CustomInitializer`: a custom initializer, under a name.

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::initializers::sample::{Sample, size};

/// What the function computes: the values of a weight of this shape.
type Values = dyn Fn(&[usize]) -> Vec<f32> + Send + Sync;

/// A custom initializer. Files hold its name, not what it does.
#[derive(Clone)]
pub struct CustomInitializer {
    name: Arc<str>,
    values: Arc<Values>,
}

impl CustomInitializer {
    /// An initializer that gives what the function computes.
    pub(super) fn new(name: &str, values: impl Fn(&[usize]) -> Vec<f32> + Send + Sync + 'static) -> Self {
        Self { name: name.into(), values: Arc::new(values) }
    }

    /// The name in files.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Sample for CustomInitializer {
    fn sample(&self, shape: &[usize], _: u64) -> Result<Vec<f32>> {
        let values = (self.values)(shape);
        if values.len() == size(shape) {
            return Ok(values);
        }
        Err(Error::argument(format!("the function {:?} does not fill the weight", &*self.name))
            .received(format!("{} values", values.len()))
            .expected(format!("{} for the shape {shape:?}", size(shape)))
            .hint("return one value for each place, in row-major order"))
    }
}

impl fmt::Debug for CustomInitializer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CustomInitializer").field(&self.name).finish()
    }
}

/// Two are equal if they are one function.
impl PartialEq for CustomInitializer {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.values, &other.values)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use crate::initializers::Initializer;
    use crate::layers::{Dense, Input};
    use crate::model::sequential::Sequential;

    #[test]
    fn a_weight_starts_with_what_the_function_computes() {
        let counting =
            Initializer::custom("Counting", |shape| (0..shape.iter().product::<usize>()).map(|at| at as f32).collect());
        let layers = Sequential::new().add(Input([2])).add(Dense(3).kernel_initializer(counting.clone()));
        let model = layers.build(&Device::default()).unwrap();
        assert_eq!(model.get_weights()[0], ndarray::arr2(&[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]).into_dyn());

        let written = serde_json::to_value(&counting).unwrap();
        assert_eq!(written["registered_name"], "Custom>Counting");
        assert!(serde_json::from_value::<Initializer>(written.clone()).is_err());
        counting.register();
        assert_eq!(serde_json::from_value::<Initializer>(written).unwrap(), counting);
    }

    #[test]
    fn another_number_of_values_is_an_error() {
        let short = Initializer::custom("Short", |_| vec![1.0]);
        let layers = Sequential::new().add(Input([2])).add(Dense(3).kernel_initializer(short));
        let error = format!("{:#}", layers.build(&Device::default()).unwrap_err());
        assert!(error.contains("the function \"Short\" does not fill the weight"), "{error}");
        assert!(error.contains("received 1 values, expected 6 for the shape [2, 3]"), "{error}");
    }
}
