//! `Flatten`: all axes of a sample made one.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::layers::common::{Common, common_arguments, described};
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
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Flatten {
    #[serde(flatten)]
    common: Common,
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

common_arguments!(Flatten);

impl Layer for Flatten {
    described!("Flatten", masking);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(Shape::batched([input.features()?]))
    }

    fn build(&self, input: &Shape, _: &mut Build) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(FlattenModule { features: input.features()? }))
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
