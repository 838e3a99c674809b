//! Layers in half precision.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, FloatDType, Tensor};

use crate::by_rank;
use crate::device::is_cpu;
use crate::error::{Error, Result};
use crate::layer::call::CallContext;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::rounding::Rounding;
use crate::layer::signal::{Logits, Signal};
use crate::tensor::any_tensor::AnyTensor;

/// How a layer computes in half precision.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HalfPrecision {
    dtype: FloatDType,
    manner: Manner,
    adds_bias_at_once: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// In the dtype.
    Throughout,
    /// In float32, from inputs and weights with values of the dtype: so does XLA where no instruction computes in the dtype.
    RoundedWeights,
    /// In float32, from inputs with values of the dtype.
    RoundedInputs,
}

impl HalfPrecision {
    /// That of a layer by its policy, if it has half precision.
    pub fn of(layer: &dyn Layer, device: &Device) -> Option<Self> {
        let dtype = layer.dtype_policy()?.half()?;
        let conventions = layer.conventions();
        let manner = match conventions.computes_in_half {
            true if is_cpu(device) => Manner::RoundedWeights,
            true => Manner::Throughout,
            false => Manner::RoundedInputs,
        };
        Some(Self { dtype, manner, adds_bias_at_once: conventions.adds_bias_at_once })
    }

    /// What the layer rounds inside.
    pub fn inside(self) -> Rounding {
        let rounds = self.manner == Manner::RoundedWeights && !self.adds_bias_at_once;
        Rounding(rounds.then_some(self.dtype))
    }

    /// Checks that the device has the dtype.
    ///
    /// # Errors
    ///
    /// If it has not.
    pub fn check(&self, device: &Device) -> Result<()> {
        if device.supports_dtype(self.dtype) {
            return Ok(());
        }
        Err(Error::argument("the device does not compute in the dtype of the layer's policy")
            .at("dtype")
            .received(format!("{:?}", self.dtype))
            .expected("a policy in float32")
            .hint("build the model on another device, or leave the policy out"))
    }

    /// Calls the layer.
    pub fn call(&self, layer: &BuiltLayer, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let rounded = [self.dtype, FloatDType::F32];
        let dtypes = if self.manner == Manner::Throughout { &rounded[..1] } else { &rounded };
        let given = |input| with_value(input, |value| cast(value, dtypes));
        let inputs = inputs.into_iter().map(given).collect::<Result<_>>()?;
        let outputs = match self.manner {
            Manner::RoundedInputs => layer.call(inputs, call)?,
            _ => layer.clone().map(&mut Cast(dtypes)).call(inputs, call)?,
        };
        outputs.into_iter().map(|output| self.finished(output)).collect()
    }

    /// An output in float32, with values of the dtype. Its activation is applied now, as in Keras: the next layer and the
    /// loss get rounded values, and no logits.
    fn finished(&self, output: Signal) -> Result<Signal> {
        if output.is_strings() {
            return Ok(output);
        }
        let mask = output.mask().cloned();
        let Logits { value, activation } = output.before_activation()?;
        let before = Logits { value: self.rounded(value)?, activation };
        with_value(Signal::from(before).with_mask(mask), |value| self.rounded(value))
    }

    fn rounded(&self, value: AnyTensor) -> Result<AnyTensor> {
        cast(value, &[self.dtype, FloatDType::F32])
    }
}

/// Casts the weights of a layer to one dtype after the other. Gradients find their way back to the weights.
struct Cast<'a>(&'a [FloatDType]);

impl ModuleMapper for Cast<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|weight| cast_tensor(weight, self.0))
    }
}

fn cast_tensor<const D: usize>(x: Tensor<D>, dtypes: &[FloatDType]) -> Tensor<D> {
    dtypes.iter().fold(x, |x, dtype| x.cast(*dtype))
}

/// Casts floats to one dtype after the other. Other values stay as they are.
fn cast(value: AnyTensor, dtypes: &[FloatDType]) -> Result<AnyTensor> {
    if !value.dtype().is_float() {
        return Ok(value);
    }
    by_rank!(value, |x| cast_tensor(x, dtypes).into())
}

/// The signal with its value replaced.
fn with_value(signal: Signal, function: impl FnOnce(AnyTensor) -> Result<AnyTensor>) -> Result<Signal> {
    if signal.is_strings() {
        return Ok(signal);
    }
    let mask = signal.mask().cloned();
    Ok(Signal::new(function(signal.numbers()?)?).with_mask(mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The CPU backend has all half precisions, but not the relaxed float32 of some GPUs.
    #[test]
    fn a_dtype_that_the_device_lacks_is_an_error() {
        let check = |dtype| {
            HalfPrecision { dtype, manner: Manner::Throughout, adds_bias_at_once: false }.check(&Device::flex())
        };
        assert!(check(FloatDType::F16).is_ok() && check(FloatDType::BF16).is_ok());
        let error = check(FloatDType::Flex32).unwrap_err();
        assert!(error.is_argument());
        assert_eq!(
            error.to_string(),
            "dtype: the device does not compute in the dtype of the layer's policy; received Flex32, \
             expected a policy in float32. Hint: build the model on another device, or leave the policy out."
        );
    }
}
