//! `CategoryEncoding`: vectors with a place for each category.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::call_arguments::CallArgument;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layers::common::{Common, common_arguments, described};
use crate::layers::preprocessing::categories::encode::{OutputMode, encode};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;
use crate::{many_inputs, many_signals};

/// Makes vectors with a place for each of `num_tokens` categories, of their indices from 0 on.
///
/// With `OutputMode::OneHot` each category becomes a vector with a one at its index; with `MultiHot`, the default, each
/// sample becomes a vector with ones at the indices of all its categories; with `Count`, one that says how often it has
/// each. Indices outside of the range count for nothing. A second input weights the categories where they are counted.
///
/// # Shapes
///
/// - input: `[batch, categories]`, and for weights a second one of this shape
/// - output: `[batch, num_tokens]`; with `OneHot` `[batch, categories, num_tokens]`, where there is more than one
///
/// ```
/// use horn::layers::{CategoryEncoding, OutputMode};
///
/// let layer = CategoryEncoding(4).output_mode(OutputMode::Count);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CategoryEncoding {
    #[serde(flatten)]
    common: Common,
    num_tokens: usize,
    output_mode: OutputMode,
}

/// `keras.layers.CategoryEncoding(num_tokens)`. See [`CategoryEncoding`](struct@CategoryEncoding).
#[allow(non_snake_case)]
pub fn CategoryEncoding(num_tokens: usize) -> CategoryEncoding {
    CategoryEncoding::new(num_tokens)
}

impl CategoryEncoding {
    /// A layer for `num_tokens` categories.
    pub fn new(num_tokens: usize) -> Self {
        Self { common: Common::default(), num_tokens, output_mode: OutputMode::MultiHot }
    }

    /// What categories become; `MultiHot` by default.
    #[must_use]
    pub fn output_mode(mut self, output_mode: OutputMode) -> Self {
        self.output_mode = output_mode;
        self
    }
}

common_arguments!(CategoryEncoding);

impl Layer for CategoryEncoding {
    described!("CategoryEncoding");
    many_inputs!();

    fn call_arguments(&self, inputs: usize) -> Vec<CallArgument> {
        let weights = CallArgument::new("count_weights", inputs.saturating_sub(1)).not_built_for();
        let mut arguments = vec![CallArgument::new("inputs", 1), weights];
        arguments.truncate(inputs.max(1));
        arguments
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        self.output_mode.check_unweighted()?;
        if self.num_tokens == 0 {
            return Err(Error::argument("num_tokens must be at least 1")
                .received("num_tokens = 0")
                .expected("the number of categories")
                .hint("give one more than the largest index"));
        }
        if self.output_mode == OutputMode::Int {
            return Err(Error::argument("the layer does not encode to integers")
                .received("output_mode = Int")
                .expected("OneHot, MultiHot or Count")
                .hint("leave the layer out: its input is integers already"));
        }
        let input = match inputs {
            [input] => input,
            [input, weights] if self.output_mode == OutputMode::Count && input.rank() == weights.rank() => input,
            inputs => {
                return Err(Error::shape("the layer takes indices, and weights where it counts")
                    .received(format!("{} inputs", inputs.len()))
                    .expected("one input, or two of one shape with OutputMode::Count")
                    .hint("give weights with OutputMode::Count alone, in the shape of the indices"));
            }
        };
        Ok(vec![self.output_mode.output_shape(input, self.num_tokens)])
    }

    fn build_for(&self, _: &[Shape], _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(CategoryEncodingModule { num_tokens: self.num_tokens, output_mode: self.output_mode }))
    }
}

#[derive(Module, Debug)]
struct CategoryEncodingModule {
    num_tokens: usize,
    #[module(skip)]
    output_mode: OutputMode,
}

impl Forward for CategoryEncodingModule {
    many_signals!();

    fn call(&self, inputs: Vec<Signal>, _: &mut CallContext) -> Result<Vec<Signal>> {
        let mut inputs = inputs.into_iter().map(Signal::value);
        let indices: AnyTensor = inputs.next().expect("the layer has an input")?;
        let weights = inputs.next().transpose()?;
        Ok(vec![encode(indices, self.output_mode, self.num_tokens, weights)?.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn impossible_arguments_are_errors() {
        assert!(infer(CategoryEncoding(0), &[0.0], &[1, 1]).unwrap_err().is_argument());
        let weighted = CategoryEncoding(2).output_mode(OutputMode::TfIdf);
        assert!(infer(weighted, &[0.0], &[1, 1]).unwrap_err().is_argument());
    }
}
