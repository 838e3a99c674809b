//! What `Attention` and `AdditiveAttention` have in common: they differ in how they score.

use burn::module::{Module, ModuleDisplay};
use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use crate::by_rank;
use crate::error::{Error, Result};
use crate::layer::call::CallContext;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layers::attention::masks::{Masks, check_scores, check_work};
use crate::layers::attention::options::{CallOptions, check_inputs};
use crate::layers::regularization::dropout::DropoutModule;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape;
use crate::tensor::shape::Shape;

/// How well each key fits each query: `[batch, queries, width]` and `[batch, keys, width]` to
/// `[batch, queries, keys]`.
pub(crate) trait Score: Module + ModuleDisplay + Sync + 'static {
    /// How many values each score is the sum of, where these are held at once.
    fn terms(&self, _width: usize) -> usize {
        1
    }

    fn scores(&self, query: Tensor<3>, key: Tensor<3>) -> Tensor<3>;
}

/// Looks at the values by the softmax of the scores.
#[derive(Module, Debug)]
pub(crate) struct ScoredAttention<S: Score> {
    pub score: S,
    pub dropout: DropoutModule,
    #[module(skip)]
    pub options: CallOptions,
}

impl<S: Score> Forward for ScoredAttention<S> {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let options = self.options.of_call(call);
        let roles = options.roles(inputs)?;
        let sizes = roles.query.sizes();
        let (query_mask, value_mask) = (roles.query.mask().cloned(), roles.value.mask().cloned());
        let value = roles.value.value()?;
        let key = roles.key.map_or_else(|| Ok(value.clone()), Signal::value)?;
        let (query, key, value) = (cube(roles.query.value()?)?, cube(key)?, cube(value)?);

        let ([samples, queries, width], keys) = (query.dims(), key.dims()[1]);
        check_scores(&[samples, queries, keys, self.score.terms(width)])?;
        let of_values = value.dims();
        check_work(&[samples, queries, keys], width + of_values[2], &[&query.dims(), &of_values])?;
        let scores = self.score.scores(query, key);
        let flat = |mask: &AnyTensor, steps| flat_mask(mask, [samples, steps]);
        let value_mask = value_mask.as_ref().map(|mask| flat(mask, keys)).transpose()?;
        let own = Masks { value: value_mask.as_ref(), causal: options.use_causal_mask, ..Masks::default() };
        let scores = match own.allowed([queries, keys], &scores.device().without_autodiff())? {
            Some(allowed) => scores + (allowed - 1.0) * 1e9,
            None => scores,
        };
        let scores = softmax(scores, 2);
        let scores = self.dropout.drop(scores, call.mode());
        let mut found = scores.clone().matmul(value);
        if let Some(mask) = &query_mask {
            let hidden = flat(mask, queries)?.bool::<2>()?.bool_not();
            found = found.clone().mask_fill(hidden.unsqueeze_dim::<3>(2).expand(found.dims()), 0.0);
        }

        let leading = &sizes[..sizes.len() - 1];
        let width = found.dims()[2];
        let found = AnyTensor::from(found).reshape(&[leading, &[width]].concat())?;
        let mut outputs = vec![Signal::new(found).with_mask(query_mask)];
        if options.return_attention_scores {
            outputs.push(Signal::new(AnyTensor::from(scores).reshape(&[leading, &[keys]].concat())?));
        }
        Ok(outputs)
    }
}

/// The tensor with all axes but the last two made one.
fn cube(x: AnyTensor) -> Result<Tensor<3>> {
    let sizes = x.sizes();
    let (leading, own) = sizes.split_at(sizes.len() - 2);
    x.reshape(&[leading.iter().product(), own[0], own[1]])?.float()
}

/// A mask with all axes but the last made one.
fn flat_mask(mask: &AnyTensor, sizes: [usize; 2]) -> Result<AnyTensor> {
    let mask = by_rank!(bool: mask.clone(), |mask| AnyTensor::from(mask.float()))?.reshape(&sizes)?;
    by_rank!(mask, |mask| mask.greater_elem(0.5).into())
}

/// The shapes of the output and of the scores.
pub(crate) fn output_shapes(options: &CallOptions, inputs: &[Shape]) -> Result<Vec<Shape>> {
    let roles = options.roles(inputs)?;
    check_inputs(inputs, &roles)?;
    let key = roles.key.unwrap_or(roles.value);
    let leading = |shape: &Shape| Shape::new(&shape.sizes()[..shape.rank() - 2]);
    if !leading(roles.query).admits(&leading(key)) {
        return Err(Error::shape("query and key have different leading axes")
            .received(shape::list(inputs))
            .expected("the same axes before the steps")
            .hint("bring them to one shape by `Reshape`, or use `MultiHeadAttention`"));
    }
    if roles.query.last() != key.last() {
        return Err(Error::shape("query and key have different widths")
            .received(shape::list(inputs))
            .expected("one width, so that each key can be compared with each query")
            .hint("bring them to one width by `Dense`, or use `MultiHeadAttention`"));
    }
    let mut output = roles.query.sizes().to_vec();
    let mut scores = output.clone();
    let last = output.len() - 1;
    output[last] = roles.value.last();
    scores[last] = key.sizes()[last - 1];
    let mut shapes = vec![Shape::new(output)];
    if options.return_attention_scores {
        shapes.push(Shape::new(scores));
    }
    Ok(shapes)
}

/// Makes a layer of a description that has the fields `dropout`, `seed` and `call`, and says by `build_score` how it
/// scores.
macro_rules! scored_layer {
    ($layer:ident, $class:literal) => {
        $crate::layers::common::common_arguments!($layer);

        impl $layer {
            /// The fraction of the scores that is dropped while training; 0 by default.
            #[must_use]
            pub fn dropout(mut self, rate: f64) -> Self {
                self.dropout = rate;
                self
            }

            /// Seeds the dropout; by default the seed is drawn when the model is built.
            #[must_use]
            pub fn seed(mut self, seed: u64) -> Self {
                self.seed = Some(seed);
                self
            }

            /// Is each step kept from seeing later ones? Not by default.
            #[must_use]
            pub fn use_causal_mask(mut self, use_causal_mask: bool) -> Self {
                self.call.use_causal_mask = use_causal_mask;
                self
            }

            /// Are the scores a second output? Not by default.
            #[must_use]
            pub fn return_attention_scores(mut self, return_attention_scores: bool) -> Self {
                self.call.return_attention_scores = return_attention_scores;
                self
            }
        }

        impl $crate::layer::description::Layer for $layer {
            $crate::layers::common::described!(
                $class, masking;
                mask_argument: MaskArgument::EachInput
            );
            $crate::many_inputs!();

            fn output_mask(&self) -> $crate::layer::conventions::OutputMask {
                $crate::layer::conventions::OutputMask::Converted
            }

            fn call_options(&self) -> &'static [&'static str] {
                CallOptions::KEYS
            }

            fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
                $crate::layers::regularization::noise::check_rate("dropout", self.dropout)?;
                $crate::layers::attention::scored::output_shapes(&self.call, inputs)
            }

            fn build_for(
                &self,
                inputs: &[Shape],
                build: &mut LayerBuilder,
            ) -> Result<$crate::layer::erased::BuiltLayer> {
                // First the seed, then the weights: the order in which Keras draws.
                let dropout = $crate::layers::regularization::dropout::DropoutModule::new(
                    self.dropout, None, self.seed, build)?;
                let score = self.build_score(inputs, build)?;
                Ok($crate::layer::erased::BuiltLayer::new($crate::layers::attention::scored::ScoredAttention {
                    score,
                    dropout,
                    options: self.call,
                }))
            }
        }
    };
}
pub(super) use scored_layer;
