//! `Flatten`: all axes of a sample made one.

use burn::module::Module;
use serde_json::{Value, json};

use super::named;
use crate::{AnyTensor, Build, BuiltLayer, Forward, Layer, Mode, Result, Shape, by_rank};

/// Makes all axes of a sample one, the last axis running fastest.
///
/// # Shapes
///
/// - input: `[batch, …]`
/// - output: `[batch, features]`
///
/// ```
/// use horn_nn::{Layer, Shape, layers::Flatten};
///
/// assert_eq!(Flatten().output_shape(&Shape::batched([28, 28]))?.to_string(), "(None, 784)");
/// # Ok::<(), horn_nn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Flatten {
    name: Option<String>,
}

/// `keras.layers.Flatten()`.
#[allow(non_snake_case)]
pub fn Flatten() -> Flatten {
    Flatten::new()
}

impl Flatten {
    /// A layer that flattens its input.
    pub fn new() -> Self {
        Self::default()
    }
}

named!(Flatten);

impl Layer for Flatten {
    fn class_name(&self) -> &'static str {
        "Flatten"
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(Shape::batched([input.features()?]))
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(FlattenModule { features: input.features()? }))
    }

    fn config(&self) -> Value {
        json!({"name": self.name, "data_format": "channels_last"})
    }
}

#[derive(Module, Debug)]
struct FlattenModule {
    features: usize,
}

impl Forward for FlattenModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        let batch = input.sizes()[0];
        by_rank!(input, |x| x.reshape([batch, self.features]).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn keeps_the_order() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        assert_eq!(infer(Flatten(), &x, &[1, 2, 3]).unwrap(), (vec![1, 6], x.to_vec()));
        assert_eq!(infer(Flatten(), &x, &[2, 3]).unwrap(), (vec![2, 3], x.to_vec()));
    }

    #[test]
    fn a_scalar_sample_becomes_one_feature() {
        assert_eq!(infer(Flatten(), &[1.0, 2.0], &[2]).unwrap(), (vec![2, 1], vec![1.0, 2.0]));
    }
}
