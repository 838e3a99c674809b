//! `Rescaling`: other units for the data.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::layers::common::{Common, common_arguments, described};
use crate::{AnyTensor, Build, BuiltLayer, Error, Forward, Layer, Mode, Result, Shape, by_rank};

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
/// use horn_nn::layers::Rescaling;
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

/// One number, or one for each channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Numbers {
    /// The same for all.
    All(f64),
    /// One for each channel.
    Each(Vec<f64>),
}

impl Numbers {
    fn as_slice(&self) -> &[f64] {
        match self {
            Self::All(number) => std::slice::from_ref(number),
            Self::Each(numbers) => numbers,
        }
    }
}

impl From<f64> for Numbers {
    fn from(number: f64) -> Self {
        Self::All(number)
    }
}

impl<const N: usize> From<[f64; N]> for Numbers {
    fn from(numbers: [f64; N]) -> Self {
        Self::Each(numbers.to_vec())
    }
}

impl From<Vec<f64>> for Numbers {
    fn from(numbers: Vec<f64>) -> Self {
        Self::Each(numbers)
    }
}

/// `keras.layers.Rescaling(scale)`.
#[allow(non_snake_case)]
pub fn Rescaling(scale: impl Into<Numbers>) -> Rescaling {
    Rescaling::new(scale)
}

impl Rescaling {
    /// A layer that multiplies by `scale`.
    pub fn new(scale: impl Into<Numbers>) -> Self {
        Self { common: Common::default(), scale: scale.into(), offset: Numbers::All(0.0) }
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
    described!("Rescaling", masking);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        for numbers in [&self.scale, &self.offset] {
            if !numbers.as_slice().iter().all(|number| number.is_finite()) {
                return Err(Error::argument("the scale or the offset is not a number")
                    .received(format!("scale = {:?}, offset = {:?}", self.scale, self.offset))
                    .expected("finite numbers")
                    .mend("check how they were computed"));
            }
            match numbers {
                Numbers::Each(numbers) if input.last().is_some_and(|last| last != numbers.len()) => {
                    return Err(Error::shape("the scale or the offset does not fit the channels")
                        .received(format!("{} numbers for {input}", numbers.len()))
                        .expected("one number, or one for each channel of the last axis"));
                }
                _ => {}
            }
        }
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, _: &mut Build) -> Result<BuiltLayer> {
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
fn along_last<const D: usize>(numbers: &[f64], device: &Device) -> Tensor<D> {
    let data = TensorData::new(numbers.iter().map(|number| *number as f32).collect::<Vec<_>>(), [numbers.len()]);
    Tensor::<1>::from_data(data, &device.clone().without_autodiff()).unsqueeze()
}

fn rescale<const D: usize>(x: Tensor<D>, scale: &Numbers, offset: &Numbers) -> Tensor<D> {
    let device = x.device();
    let scaled = match scale {
        Numbers::All(scale) => x * *scale,
        Numbers::Each(scale) => x * along_last(scale, &device),
    };
    match offset {
        Numbers::All(0.0) => scaled,
        Numbers::All(offset) => scaled + *offset,
        Numbers::Each(offset) => scaled + along_last(offset, &device),
    }
}

impl Forward for RescalingModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        by_rank!(input, |x| rescale(x, &self.scale, &self.offset).into())
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
    }
}
