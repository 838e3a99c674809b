//! Layers in half precision.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, FloatDType, Tensor};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::layer::call::CallContext;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::signal::{Logits, Signal};
use crate::tensor::any_tensor::AnyTensor;

/// How a layer computes in half precision.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HalfPrecision {
    dtype: FloatDType,
    /// Whether it computes in the dtype. Others compute in float32, from and to values of the dtype.
    throughout: bool,
}

impl HalfPrecision {
    /// That of a layer by its policy, if it has half precision.
    pub fn of(layer: &dyn Layer) -> Option<Self> {
        let dtype = layer.dtype_policy()?.half()?;
        Some(Self { dtype, throughout: layer.conventions().computes_in_half })
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
        let of_dtype = |input| match self.throughout {
            true => with_value(input, |value| cast(value, self.dtype)),
            false => with_value(input, |value| self.rounded(value)),
        };
        let inputs = inputs.into_iter().map(of_dtype).collect::<Result<_>>()?;
        let outputs = match self.throughout {
            true => layer.clone().map(&mut Cast(self.dtype)).call(inputs, call)?,
            false => layer.call(inputs, call)?,
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
        cast(cast(value, self.dtype)?, FloatDType::F32)
    }
}

/// Casts the weights of a layer. Gradients find their way back to the weights.
struct Cast(FloatDType);

impl ModuleMapper for Cast {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|weight| weight.cast(self.0))
    }
}

/// Casts floats. Other values stay as they are.
fn cast(value: AnyTensor, dtype: FloatDType) -> Result<AnyTensor> {
    if !value.dtype().is_float() {
        return Ok(value);
    }
    by_rank!(value, |x| x.cast(dtype).into())
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
        let check = |dtype| HalfPrecision { dtype, throughout: true }.check(&Device::flex());
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
