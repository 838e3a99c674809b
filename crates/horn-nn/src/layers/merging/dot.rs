//! `Dot`: the dot product along an axis of each of two tensors.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::arguments::options::Axes;
use crate::by_rank;
use crate::error::{Error, Result};
use crate::graph::apply::Apply;
use crate::graph::keras_tensor::{IntoTensors, KerasTensor};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::checks;
use crate::layer::conventions::OutputMask;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::{Forward, signals};
use crate::layer::signal::Signal;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::memory;
use crate::tensor::any_tensor::{AnyTensor, MAX_RANK, unsupported_rank};
use crate::tensor::shape;
use crate::tensor::shape::Shape;

/// The dot product of two tensors along an axis of each, for each sample: `Σ_k a[…, k, …] · b[…, k, …]`.
///
/// # Shapes
///
/// - inputs: two of rank 2 or more; the two axes have the same size
/// - output: `[batch, other axes of the first…, other axes of the second…]`, or `[batch, 1]` if there are none
///
/// # Masks
///
/// Masks are not propagated.
///
/// ```
/// use horn::Apply;
/// use horn::layers::{Dot, Input};
///
/// let similar = Dot(-1).normalize(true).apply((Input([64]), Input([64])))?;
/// assert_eq!(similar.shape().to_string(), "(None, 1)");
/// let scores = Dot((2, 1)).apply((Input([10, 4]), Input([4, 8])))?;
/// assert_eq!(scores.shape().to_string(), "(None, 10, 8)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dot {
    #[serde(flatten)]
    common: Common,
    axes: Axes,
    normalize: bool,
}

/// `keras.layers.Dot(axes)`. See [`Dot`](struct@Dot).
#[allow(non_snake_case)]
pub fn Dot(axes: impl Into<Axes>) -> Dot {
    Dot::new(axes)
}

/// [`Dot`](struct@Dot) applied to two tensors: `keras.layers.dot`.
///
/// # Errors
///
/// If the shapes of the tensors are not compatible.
pub fn dot(inputs: impl IntoTensors, axes: impl Into<Axes>) -> Result<KerasTensor> {
    Dot(axes).apply(inputs)
}

impl Dot {
    /// A layer that sums over this axis of both tensors, or over these axes of the first and the second one; the batch
    /// axis is 0.
    pub fn new(axes: impl Into<Axes>) -> Self {
        Self { common: Common::default(), axes: axes.into(), normalize: false }
    }

    /// The non-negative indices of the axes for these inputs.
    fn checked_axes(&self, inputs: &[Shape]) -> Result<(usize, usize)> {
        let misfit = || {
            Error::shape("the inputs have no such dot product")
                .received(format!("{} with axes {:?}", shape::list(inputs), self.axes.as_ref()))
                .expected("two inputs whose axes have the same size, and are not batch axes")
                .hint("choose other axes, or bring the inputs to one size by `Dense`")
        };
        let (a, b) = match (inputs, self.axes.as_ref()) {
            ([a, b], [axis]) => ((a, *axis), (b, *axis)),
            ([a, b], [first, second]) => ((a, *first), (b, *second)),
            _ => return Err(misfit()),
        };
        let from_start = |(shape, axis): (&Shape, isize)| {
            let axis = if axis < 0 { shape.rank().checked_add_signed(axis) } else { usize::try_from(axis).ok() };
            axis.filter(|axis| (1..shape.rank()).contains(axis)).ok_or_else(misfit)
        };
        let (first, second) = (from_start(a)?, from_start(b)?);
        match (a.0.sizes()[first], b.0.sizes()[second]) {
            (Some(a), Some(b)) if a != b => Err(misfit()),
            _ => Ok((first, second)),
        }
    }
}

common_arguments!(Dot);

arguments!(Dot {
    /// Sets whether the vectors along the axes are normalized, so that the output is their cosine similarity; `false` by
    /// default.
    normalize: bool,
});

impl Layer for Dot {
    described!("Dot", masking);
    crate::many_inputs!();

    fn output_mask(&self) -> OutputMask {
        OutputMask::None
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let (first, second) = self.checked_axes(inputs)?;
        let mut sizes = inputs[0].sizes().to_vec();
        sizes.remove(first);
        sizes.extend(inputs[1].sizes().iter().enumerate().filter(|(at, _)| *at != 0 && *at != second).map(|(_, s)| *s));
        if sizes.len() == 1 {
            sizes.push(Some(1));
        }
        if sizes.len() > MAX_RANK {
            return Err(unsupported_rank(sizes.len()));
        }
        Ok(vec![Shape::new(sizes)])
    }

    fn build_for(&self, inputs: &[Shape], _: &mut LayerBuilder) -> Result<BuiltLayer> {
        let (first, second) = self.checked_axes(inputs)?;
        Ok(BuiltLayer::new(DotModule { first, second, normalize: self.normalize }))
    }
}

#[derive(Module, Debug)]
struct DotModule {
    first: usize,
    second: usize,
    normalize: bool,
}

impl Forward for DotModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, _: &mut CallContext) -> Result<Vec<Signal>> {
        checks::one_batch(&inputs, false)?;
        let [a, b] = signals(inputs)?;
        let (a, rows) = self.matrices(a.value()?, self.first)?;
        let (b, columns) = self.matrices(b.value()?, self.second)?;
        let (of_a, of_b) = (a.sizes(), b.sizes());
        let work = memory::values(&of_a).saturating_mul(of_b[1] as u64);
        memory::check_work("the product", work, &[&of_a, &of_b])?;
        let product = AnyTensor::from(a.float::<3>()?.matmul(b.float::<3>()?.transpose()));
        let batch = product.sizes()[0];
        let mut sizes = [vec![batch], rows, columns].concat();
        if sizes.len() == 1 {
            sizes.push(1);
        }
        Ok(vec![Signal::new(product.reshape(&sizes)?)])
    }
}

impl DotModule {
    /// `[batch, other axes, axis]`, and the sizes of the other axes.
    fn matrices(&self, x: AnyTensor, axis: usize) -> Result<(AnyTensor, Vec<usize>)> {
        let x = if self.normalize { unit_length(x, axis)? } else { x };
        let sizes = x.sizes();
        let others: Vec<usize> = (1..sizes.len()).filter(|&other| other != axis).collect();
        let x = x.permute(&[&[0], &others[..], &[axis]].concat())?;
        let other_sizes: Vec<usize> = others.iter().map(|&other| sizes[other]).collect();
        Ok((x.reshape(&[sizes[0], other_sizes.iter().product(), sizes[axis]])?, other_sizes))
    }
}

/// The smallest norm that a vector is divided by.
const SHORTEST: f64 = 1e-7;

/// Normalizes the vectors along an axis to norm 1.
fn unit_length(x: AnyTensor, axis: usize) -> Result<AnyTensor> {
    by_rank!(x, |x| {
        let squares = (x.clone() * x.clone()).sum_dim(axis);
        (x / squares.clamp_min(SHORTEST * SHORTEST).sqrt()).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_that_do_not_fit_are_errors() {
        let shapes = [Shape::batched([3, 4]), Shape::batched([4, 2])];
        for axes in [Axes::from(0), Axes::from(1), Axes::from((2, 3)), Axes::from((-3, 1)), Axes::from([1, 1, 1])] {
            assert!(Dot(axes.clone()).output_shapes(&shapes).unwrap_err().is_shape(), "{axes:?}");
        }
        assert!(Dot(-1).output_shapes(&shapes[..1]).unwrap_err().is_shape());
        assert_eq!(Dot((-1, -2)).output_shapes(&shapes).unwrap()[0].to_string(), "(None, 3, 2)");
    }
}
