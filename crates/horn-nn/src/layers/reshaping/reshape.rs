//! `Reshape`: reshapes samples.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::arguments::list::IntoList;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layers::common::{Common, common_arguments, described};
use crate::tensor::any_tensor::{AnyTensor, MAX_RANK, unsupported_rank};
use crate::tensor::shape::Shape;

/// Reshapes each sample, in row-major order. One size may be -1 and is computed from the others; if the input has axes of
/// unknown size, it is computed when the model runs.
///
/// # Shapes
///
/// - input: `[batch, …]`
/// - output: `[batch, target_shape…]`
///
/// ```
/// use horn::{Layer, Shape, layers::Reshape};
///
/// assert_eq!(Reshape([28, -1]).output_shape(&Shape::batched([784]))?.to_string(), "(None, 28, 28)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reshape {
    #[serde(flatten)]
    common: Common,
    target_shape: Vec<isize>,
}

/// `keras.layers.Reshape(target_shape)`. See [`Reshape`](struct@Reshape).
#[allow(non_snake_case)]
pub fn Reshape(target_shape: impl IntoList<isize>) -> Reshape {
    Reshape::new(target_shape)
}

impl Reshape {
    /// A layer that reshapes samples to this shape.
    pub fn new(target_shape: impl IntoList<isize>) -> Self {
        Self { common: Common::default(), target_shape: target_shape.into_list() }
    }

    fn misfit(&self, input: impl std::fmt::Display) -> Error {
        Error::shape("the samples do not fit the target shape")
            .received(format!("target_shape {:?} for {input}", self.target_shape))
            .expected("sizes whose product is the number of features, one of them -1 at most")
            .hint("change the target shape, or the layer before")
    }

    /// The target shape with -1 replaced, for samples with this number of values; `None` if the samples do not fit.
    fn target(&self, features: usize) -> Option<Vec<usize>> {
        let known = product(self.target_shape.iter().filter(|&&size| size != -1).map(|&size| size as usize));
        let rest = features.checked_div(known).unwrap_or(0);
        let target: Vec<usize> =
            self.target_shape.iter().map(|&size| if size == -1 { rest } else { size as usize }).collect();
        (product(target.iter().copied()) == features).then_some(target)
    }
}

/// The product of sizes; on an overflow, the largest number.
fn product(sizes: impl Iterator<Item = usize>) -> usize {
    sizes.fold(1, usize::saturating_mul)
}

common_arguments!(Reshape);

impl Layer for Reshape {
    described!("Reshape"; built_for: BuiltFor::Nothing, independent_samples: true, gives_integers: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let unknown = self.target_shape.iter().filter(|&&size| size == -1).count();
        if unknown > 1 || self.target_shape.iter().any(|&size| size < -1) {
            return Err(self.misfit(input));
        }
        if self.target_shape.len() + 1 > MAX_RANK {
            return Err(unsupported_rank(self.target_shape.len() + 1));
        }
        let target: Vec<Option<usize>> = match input.features() {
            Ok(features) => self.target(features).ok_or_else(|| self.misfit(input))?.into_iter().map(Some).collect(),
            Err(_) => self.target_shape.iter().map(|&size| usize::try_from(size).ok()).collect(),
        };
        Ok(Shape::new([vec![input.batch()], target].concat()).with_values(input.values()))
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(ReshapeModule { layer: self.clone() }))
    }
}

#[derive(Module, Debug)]
struct ReshapeModule {
    #[module(skip)]
    layer: Reshape,
}

impl Forward for ReshapeModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        let sizes = input.sizes();
        let target = self.layer.target(sizes[1..].iter().product());
        let target = target.ok_or_else(|| self.layer.misfit(crate::tensor::shape::sizes(&sizes)))?;
        input.reshape(&[&sizes[..1], &target].concat())
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
    fn fills_in_what_is_left() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        assert_eq!(infer(Reshape([3, -1]), &x, &[1, 6]).unwrap(), (vec![1, 3, 2], x.to_vec()));
        assert_eq!(infer(Reshape([-1]), &x, &[2, 3]).unwrap(), (vec![2, 3], x.to_vec()));
        assert_eq!(infer(Reshape([1, 1, 6]), &x, &[1, 2, 3]).unwrap(), (vec![1, 1, 1, 6], x.to_vec()));
    }

    #[test]
    fn unknown_sizes_are_found_with_the_data() {
        let shape = Reshape([-1, 8]).output_shape(&Shape::new([None, None, Some(4)])).unwrap();
        assert_eq!(shape.to_string(), "(None, None, 8)");
    }

    #[test]
    fn keeps_a_known_batch() {
        let shape = |sizes: &[Option<usize>]| Reshape([-1, 2]).output_shape(&Shape::new(sizes)).unwrap().to_string();
        assert_eq!(shape(&[Some(2), Some(3), Some(4)]), "(2, 6, 2)");
        assert_eq!(shape(&[Some(2), None, Some(4)]), "(2, None, 2)");
    }

    #[test]
    fn impossible_targets_are_errors() {
        for target in [vec![4], vec![-1, -1], vec![4, -1], vec![-2, -3], vec![0, -1]] {
            let error = infer(Reshape(target.clone()), &[0.0; 6], &[1, 6]).unwrap_err();
            assert!(error.is_shape(), "{target:?}: {error}");
        }
    }
}
