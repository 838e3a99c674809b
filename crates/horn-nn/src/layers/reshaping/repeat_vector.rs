//! `RepeatVector`: repeats a vector as a sequence.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layers::common::{Common, common_arguments, described};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// Repeats a vector `n` times, as a sequence of equal timesteps.
///
/// # Shapes
///
/// - input: `[batch, features]`
/// - output: `[batch, n, features]`
///
/// ```
/// use horn::{Layer, Shape, layers::RepeatVector};
///
/// assert_eq!(RepeatVector(3).output_shape(&Shape::batched([32]))?.to_string(), "(None, 3, 32)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepeatVector {
    #[serde(flatten)]
    common: Common,
    n: usize,
}

/// `keras.layers.RepeatVector(n)`. See [`RepeatVector`](struct@RepeatVector).
#[allow(non_snake_case)]
pub fn RepeatVector(n: usize) -> RepeatVector {
    RepeatVector::new(n)
}

impl RepeatVector {
    /// A layer that repeats a vector `n` times.
    pub fn new(n: usize) -> Self {
        Self { common: Common::default(), n }
    }
}

common_arguments!(RepeatVector);

impl Layer for RepeatVector {
    described!("RepeatVector"; independent_samples: true, gives_integers: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        match *input.sizes() {
            [batch, features] if self.n > 0 => {
                Ok(Shape::new([batch, Some(self.n), features]).with_values(input.values()))
            }
            [_, _] => Err(Error::argument("a sequence needs timesteps")
                .received("n = 0")
                .expected("at least 1")
                .hint("give it the number of timesteps, as in `RepeatVector(3)`")),
            _ => Err(Error::shape("the layer takes vectors")
                .received(input)
                .expected("(None, features)")
                .hint("put `Flatten()` before it")),
        }
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(RepeatVectorModule { n: self.n }))
    }
}

#[derive(Module, Debug)]
struct RepeatVectorModule {
    n: usize,
}

impl Forward for RepeatVectorModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        let (batch, features) = (input.sizes()[0], input.sizes()[1]);
        input.reshape(&[batch, 1, features])?.expand(&[batch, self.n, features])
    }

    fn takes_integers(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn repeats_the_vector() {
        let (sizes, y) = infer(RepeatVector(2), &[1.0, 2.0, 3.0, 4.0], &[2, 2]).unwrap();
        assert_eq!((sizes, y), (vec![2, 2, 2], vec![1.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 4.0]));
    }

    #[test]
    fn impossible_arguments_are_errors() {
        assert!(infer(RepeatVector(0), &[1.0], &[1, 1]).unwrap_err().is_argument());
        assert!(infer(RepeatVector(2), &[1.0], &[1, 1, 1]).unwrap_err().is_shape());
    }
}
