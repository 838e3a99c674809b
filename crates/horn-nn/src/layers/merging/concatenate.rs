//! `Concatenate`: several tensors, joined along an axis.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
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
use crate::layer::forward::Forward;
use crate::layer::reading::reads_keras_2;
use crate::layer::signal::{Signal, alike};
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape;
use crate::tensor::shape::Shape;
use crate::windows::layout::channels_lie_first;

/// Concatenates its inputs along an axis.
///
/// # Shapes
///
/// - inputs: of equal shapes, except for the axis
/// - output: as the inputs, with the sum of their sizes along the axis
///
/// # Masks
///
/// The masks are concatenated, too. An input without a mask counts as unmasked.
///
/// ```
/// use horn::Apply;
/// use horn::layers::{Concatenate, Input};
///
/// let joined = Concatenate().apply((Input([4]), Input([2])))?;
/// assert_eq!(joined.shape().to_string(), "(None, 6)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Concatenate {
    #[serde(flatten)]
    common: Common,
    axis: isize,
    /// Is it a layer of a file of Keras 2?
    #[serde(skip, default = "reads_keras_2")]
    is_of_keras_2: bool,
}

/// `keras.layers.Concatenate()`. See [`Concatenate`](struct@Concatenate).
#[allow(non_snake_case)]
pub fn Concatenate() -> Concatenate {
    Concatenate::new()
}

/// [`Concatenate`](struct@Concatenate) applied to these tensors: `keras.layers.concatenate`. The axis -1 is the last one.
///
/// # Errors
///
/// If the shapes of the tensors are not compatible.
pub fn concatenate(inputs: impl IntoTensors, axis: isize) -> Result<KerasTensor> {
    Concatenate().axis(axis).apply(inputs)
}

impl Concatenate {
    /// A layer that concatenates along the last axis.
    pub fn new() -> Self {
        Self { common: Common::default(), axis: -1, is_of_keras_2: false }
    }

    fn checked_axis(&self, inputs: &[Shape]) -> Result<usize> {
        let rank = inputs.first().map_or(0, Shape::rank);
        let axis = if self.axis < 0 { self.axis + rank as isize } else { self.axis };
        let fit = |input: &Shape| {
            let pairs = input.sizes().iter().zip(inputs[0].sizes()).enumerate();
            input.rank() == rank
                && pairs.into_iter().all(|(at, (a, b))| at as isize == axis || a == b || a.is_none() || b.is_none())
        };
        if (1..rank as isize).contains(&axis) && inputs.iter().all(fit) {
            return Ok(axis as usize);
        }
        Err(Error::shape("the inputs can't be concatenated")
            .received(format!("{} along axis {}", shape::list(inputs), self.axis))
            .expected("shapes that are equal except for the axis, which is not the batch axis")
            .hint("bring them to one shape, or choose another axis"))
    }
}

impl Default for Concatenate {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(Concatenate);

arguments!(Concatenate {
    /// Sets the axis of the concatenation, where the batch axis is 0; the last axis by default.
    axis: isize,
});

impl Layer for Concatenate {
    described!("Concatenate", masking);
    crate::many_inputs!();

    fn output_mask(&self) -> OutputMask {
        OutputMask::Concatenated { axis: self.axis.into(), of_all: self.is_of_keras_2 }
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let axis = self.checked_axis(inputs)?;
        let mut sizes = inputs[0].sizes().to_vec();
        for input in inputs {
            for (size, other) in sizes.iter_mut().zip(input.sizes()) {
                *size = size.or(*other);
            }
        }
        sizes[axis] = inputs.iter().map(|input| input.sizes()[axis]).sum();
        Ok(vec![Shape::new(sizes)])
    }

    fn build_for(&self, inputs: &[Shape], _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(ConcatenateModule { axis: self.checked_axis(inputs)?, is_of_keras_2: self.is_of_keras_2 }))
    }
}

#[derive(Module, Debug)]
struct ConcatenateModule {
    axis: usize,
    is_of_keras_2: bool,
}

impl Forward for ConcatenateModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, _: &mut CallContext) -> Result<Vec<Signal>> {
        checks::one_batch(&inputs, false)?;
        let mask = self.mask(&inputs)?;
        let values = alike(inputs)?;
        let joined = if channels_lie_first(&values) {
            // After convolutions, the values are concatenated in their order in memory.
            let format = DataFormat::ChannelsLast;
            let axis = if self.axis == values[0].rank() - 1 { 1 } else { self.axis + 1 };
            let views = values.into_iter().map(|x| format.to_channels_first(x)).collect::<Result<_>>()?;
            format.channels_first_to_own(cat(views, axis)?)?
        } else {
            cat(values, self.axis)?
        };
        Ok(vec![Signal::new(joined).with_mask(mask)])
    }
}

impl ConcatenateModule {
    /// The concatenated masks of all values, reduced to timesteps: one is unmasked if any of its values is; in Keras 2, if
    /// all are.
    fn mask(&self, inputs: &[Signal]) -> Result<Option<AnyTensor>> {
        if inputs.iter().all(|input| input.mask().is_none()) {
            return Ok(None);
        }
        let masks = inputs.iter().map(|input| {
            let sizes = input.sizes();
            let mask = match input.mask() {
                Some(mask) => by_rank!(bool: mask.clone(), |mask| AnyTensor::from(mask.float()))?,
                None => by_rank!(input.clone().value()?, |x| x.ones_like().into())?,
            };
            let mask =
                if mask.rank() < sizes.len() { mask.clone().reshape(&[mask.sizes(), vec![1]].concat())? } else { mask };
            mask.expand(&sizes)
        });
        let joined = cat(masks.collect::<Result<Vec<_>>>()?, self.axis)?;
        let sizes = joined.sizes();
        let last = sizes.len() - 1;
        let of_steps = match self.is_of_keras_2 {
            true => by_rank!(joined, |mask| AnyTensor::from(mask.min_dim(last)))?,
            false => by_rank!(joined, |mask| AnyTensor::from(mask.max_dim(last)))?,
        };
        by_rank!(of_steps.reshape(&sizes[..last])?, |mask| mask.greater_elem(0.0).into()).map(Some)
    }
}

/// Concatenates tensors of one kind along an axis.
fn cat(tensors: Vec<AnyTensor>, axis: usize) -> Result<AnyTensor> {
    by_rank!(numbers: tensors[0].clone(), |first| {
        let all = tensors.into_iter().map(|tensor| tensor.like(&first)).collect::<Result<Vec<_>>>();
        all.map(|all| AnyTensor::from(Tensor::cat(all, axis)))
    })?
}
