//! `Masking`: a mask that is computed from the data.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::conventions::OutputMask;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::{Forward, signals};
use crate::layer::signal::Signal;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::masks::{booleans, choose_or, for_values};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// Masks the timesteps of a sequence whose values all equal `mask_value`, so that later layers that support masks skip them.
///
/// # Shapes
///
/// - input: `[batch, …, features]`
/// - output: as the input, with 0 for masked timesteps
///
/// # Masks
///
/// The output has a new mask, `[batch, …]`; the mask of the input is ignored.
///
/// ```
/// use horn::layers::Masking;
///
/// let layer = Masking().mask_value(-1.0);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Masking {
    #[serde(flatten)]
    common: Common,
    mask_value: f64,
}

/// `keras.layers.Masking()`. See [`Masking`](struct@Masking).
#[allow(non_snake_case)]
pub fn Masking() -> Masking {
    Masking::new()
}

impl Masking {
    /// A layer that masks timesteps whose values are all 0.
    pub fn new() -> Self {
        Self { common: Common::default(), mask_value: 0.0 }
    }
}

impl Default for Masking {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(Masking);

arguments!(Masking {
    /// Sets the value that marks masked timesteps; 0 by default.
    mask_value: f64,
});

impl Layer for Masking {
    described!("Masking", masking; built_for: BuiltFor::Nothing);

    fn output_mask(&self) -> OutputMask {
        OutputMask::AnyNotEqual(self.mask_value.into())
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if input.rank() < 2 {
            return Err(Error::shape("there are no timesteps to mask")
                .received(input)
                .expected("(None, …, features)")
                .hint("give the layer sequences"));
        }
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(MaskingModule { mask_value: self.mask_value }))
    }
}

#[derive(Module, Debug)]
struct MaskingModule {
    mask_value: f64,
}

impl Forward for MaskingModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, _: &mut CallContext) -> Result<Vec<Signal>> {
        let [input] = signals(inputs)?;
        let (sizes, value) = (input.sizes(), input.numbers()?);
        let counts = by_rank!(value.clone().floats()?, |x| {
            let differs = x.not_equal_elem(self.mask_value).float();
            AnyTensor::from(differs.max_dim(sizes.len() - 1))
        })?;
        let mask = booleans(counts.reshape(&sizes[..sizes.len() - 1])?)?;
        let output = choose_or(&for_values(&mask, &sizes)?, value, 0.0)?;
        Ok(vec![Signal::new(output).with_mask(Some(mask))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn steps_of_the_value_become_zero() {
        let x = [-1.0, -1.0, -1.0, 2.0];
        assert_eq!(infer(Masking().mask_value(-1.0), &x, &[1, 2, 2]).unwrap().1, [0.0, 0.0, -1.0, 2.0]);
    }

    #[test]
    fn there_must_be_steps() {
        assert!(Masking().output_shape(&Shape::batched([])).unwrap_err().is_shape());
    }
}
