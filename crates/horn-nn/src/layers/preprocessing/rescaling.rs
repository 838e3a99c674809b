//! `Rescaling`: other units for the data.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::arguments::numbers::Numbers;
use crate::by_rank;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layers::common::{Common, common_arguments, described};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;
use crate::windows::layout::value_by_value;

/// `output = input · scale + offset`.
///
/// Both may be lists, with a number for each channel of the last axis.
///
/// # Shapes
///
/// - input: any
/// - output: as the input
///
/// ```
/// use horn::layers::Rescaling;
///
/// let bytes_to_unit = Rescaling(1.0 / 255.0);
/// let bytes_to_signed = Rescaling(1.0 / 127.5).offset(-1.0);
/// let by_channel = Rescaling([0.5, 0.25, 1.0]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rescaling {
    #[serde(flatten)]
    common: Common,
    scale: Numbers,
    offset: Numbers,
}

/// `keras.layers.Rescaling(scale)`. See [`Rescaling`](struct@Rescaling).
#[allow(non_snake_case)]
pub fn Rescaling(scale: impl Into<Numbers>) -> Rescaling {
    Rescaling::new(scale)
}

impl Rescaling {
    /// A layer that multiplies by `scale`.
    pub fn new(scale: impl Into<Numbers>) -> Self {
        Self { common: Common::default(), scale: scale.into(), offset: 0.0.into() }
    }

    /// What is added; 0 by default.
    #[must_use]
    pub fn offset(mut self, offset: impl Into<Numbers>) -> Self {
        self.offset = offset.into();
        self
    }
}

common_arguments!(Rescaling);

impl Layer for Rescaling {
    described!("Rescaling", masking; independent_samples: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        for numbers in [&self.scale, &self.offset] {
            if !numbers.array().iter().all(|number| number.is_finite()) {
                return Err(Error::argument("the scale or the offset is not a number")
                    .received(format!("scale = {:?}, offset = {:?}", self.scale, self.offset))
                    .expected("finite numbers")
                    .hint("check how they were computed"));
            }
            let fits = match numbers.array().shape() {
                [] | [1] => true,
                // The axis of the samples has no channels.
                [channels] => input.rank() > 1 && input.last().is_none_or(|last| last == *channels),
                _ => false,
            };
            if !fits {
                return Err(Error::shape("the scale or the offset does not fit the channels")
                    .received(format!("{:?} numbers for {input}", numbers.array().shape()))
                    .expected("one number, or one for each channel of the last axis")
                    .hint("give as many numbers as there are channels"));
            }
        }
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(RescalingModule { scale: self.scale.clone(), offset: self.offset.clone() }))
    }
}

#[derive(Module, Debug)]
struct RescalingModule {
    #[module(skip)]
    scale: Numbers,
    #[module(skip)]
    offset: Numbers,
}

/// Numbers along the last axis.
fn along_last<const D: usize>(numbers: &Numbers, device: &Device) -> Tensor<D> {
    let numbers: Vec<f32> = numbers.array().iter().map(|number| *number as f32).collect();
    Tensor::<1>::from_data(numbers.as_slice(), &device.clone().without_autodiff()).unsqueeze()
}

fn rescale<const D: usize>(x: Tensor<D>, scale: &Numbers, offset: &Numbers) -> Tensor<D> {
    let device = x.device();
    let scaled = match scale.single() {
        Some(scale) => x * scale,
        None => x * along_last(scale, &device),
    };
    match offset.single() {
        Some(0.0) => scaled,
        Some(offset) => scaled + offset,
        None => scaled + along_last(offset, &device),
    }
}

impl Forward for RescalingModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        let apply = |x: AnyTensor| by_rank!(x, |x| rescale(x, &self.scale, &self.offset).into());
        // Numbers of their own for the channels go along the last axis, and so must these.
        let same_for_all = self.scale.single().is_some() && self.offset.single().is_some();
        if same_for_all { value_by_value([input], |[x]| apply(x)) } else { apply(input) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn multiplies_and_adds() {
        let (_, y) = infer(Rescaling(0.5).offset(-1.0), &[0.0, 4.0], &[1, 2]).unwrap();
        assert_eq!(y, [-1.0, 1.0]);
    }

    #[test]
    fn not_a_number_is_an_error() {
        assert!(infer(Rescaling(f64::INFINITY), &[1.0], &[1, 1]).unwrap_err().is_argument());
        assert!(infer(Rescaling([1.0, 2.0]), &[1.0], &[1, 1]).unwrap_err().is_shape());
        assert!(infer(Rescaling([1.0, 2.0]), &[1.0, 1.0], &[2]).unwrap_err().is_shape());
    }

    /// `Rescaling([2.0])(np.ones((1, 3)))`
    #[test]
    fn one_number_in_a_list_is_for_all_channels() {
        assert_eq!(infer(Rescaling([2.0]), &[1.0, 1.0, 1.0], &[1, 3]).unwrap().1, [2.0, 2.0, 2.0]);
    }
}
