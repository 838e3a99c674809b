//! `Permute`: permutes the axes of samples.

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
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// Permutes the axes of a sample: axis `i` of the output is axis `dims[i − 1]` of the input. The batch axis 0 is kept.
///
/// # Shapes
///
/// - input: any
/// - output: the axes in the order of `dims`
///
/// ```
/// use horn::{Layer, Shape, layers::Permute};
///
/// assert_eq!(Permute([2, 1]).output_shape(&Shape::batched([10, 64]))?.to_string(), "(None, 64, 10)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Permute {
    #[serde(flatten)]
    common: Common,
    dims: Vec<usize>,
}

/// `keras.layers.Permute(dims)`. See [`Permute`](struct@Permute).
#[allow(non_snake_case)]
pub fn Permute(dims: impl IntoList<usize>) -> Permute {
    Permute::new(dims)
}

impl Permute {
    /// A layer with this permutation of the axes 1, 2, ….
    pub fn new(dims: impl IntoList<usize>) -> Self {
        Self { common: Common::default(), dims: dims.into_list() }
    }

    /// The permutation including the batch axis.
    fn axes(&self) -> Vec<usize> {
        std::iter::once(0).chain(self.dims.iter().copied()).collect()
    }
}

common_arguments!(Permute);

impl Layer for Permute {
    described!("Permute"; independent_samples: true, gives_integers: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let mut sorted = self.dims.clone();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(1..input.rank()) {
            return Err(Error::argument("the axes can't be brought into this order")
                .received(format!("dims = {:?} for {input}", self.dims))
                .expected(format!("each axis from 1 to {} once", input.rank() - 1))
                .hint("list every axis except the batch axis, counting from 1"));
        }
        let sizes: Vec<_> = self.axes().into_iter().map(|axis| input.sizes()[axis]).collect();
        Ok(Shape::new(sizes).with_values(input.values()))
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(PermuteModule { axes: self.axes() }))
    }
}

#[derive(Module, Debug)]
struct PermuteModule {
    #[module(skip)]
    axes: Vec<usize>,
}

impl Forward for PermuteModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        input.permute(&self.axes)
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
    fn swaps_axes() {
        let (sizes, y) = infer(Permute([2, 1]), &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[1, 2, 3]).unwrap();
        assert_eq!((sizes, y), (vec![1, 3, 2], vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0]));
    }

    #[test]
    fn axes_that_are_not_there_are_errors() {
        for dims in [vec![0, 1], vec![1], vec![1, 1], vec![1, 3]] {
            assert!(infer(Permute(dims), &[0.0; 6], &[1, 2, 3]).unwrap_err().is_argument());
        }
    }
}
