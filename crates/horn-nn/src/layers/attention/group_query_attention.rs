//! `GroupQueryAttention`: several heads of the query share one of key and value.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call_arguments::CallArgument;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::attention::heads::{HeadsModule, Settings, Widths};
use crate::layers::attention::masks;
use crate::layers::attention::masks::Scores;
use crate::layers::attention::options::{CallOptions, Inputs, Options, check_inputs, options};
use crate::layers::common::{Common, common_arguments, described};
use crate::tensor::shape;
use crate::tensor::shape::Shape;

/// As [`MultiHeadAttention`](struct@super::MultiHeadAttention), but neighbouring heads of the query share one head of key and
/// value.
///
/// # Shapes
///
/// - query: `[batch, queries, width]`; value: `[batch, steps, width]`; key: `[batch, steps, …]`
/// - output: as the query; with [`return_attention_scores`](Self::return_attention_scores) also the scores,
///   `[batch, query heads, queries, steps]`
/// - weights: `query` (and `gate`): kernel `[width, query heads, head_dim]`; `key` and `value`: kernel
///   `[width, key heads, head_dim]`; `attention_output`: kernel `[query heads, head_dim, width]`; each with a bias
///
/// # Masks
///
/// As those of [`MultiHeadAttention`](struct@super::MultiHeadAttention).
///
/// Source: Ainslie et al., [GQA](https://arxiv.org/abs/2305.13245), 2023.
///
/// ```
/// use horn::Apply;
/// use horn::layers::{GroupQueryAttention, Input};
///
/// let x = Input([16, 64]);
/// let y = GroupQueryAttention(16, 4, 2).apply((&x, &x))?;
/// assert_eq!(y.shape().to_string(), "(None, 16, 64)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupQueryAttention {
    #[serde(flatten)]
    common: Common,
    head_dim: usize,
    num_query_heads: usize,
    num_key_value_heads: usize,
    #[serde(flatten)]
    options: Options,
}

/// `keras.layers.GroupQueryAttention(head_dim, num_query_heads, num_key_value_heads)`. See [`GroupQueryAttention`](struct@GroupQueryAttention).
#[allow(non_snake_case)]
pub fn GroupQueryAttention(head_dim: usize, num_query_heads: usize, num_key_value_heads: usize) -> GroupQueryAttention {
    GroupQueryAttention::new(head_dim, num_query_heads, num_key_value_heads)
}

impl GroupQueryAttention {
    /// A layer with heads of width `head_dim`. `num_query_heads` must be a multiple of `num_key_value_heads`.
    pub fn new(head_dim: usize, num_query_heads: usize, num_key_value_heads: usize) -> Self {
        Self { common: Common::default(), head_dim, num_query_heads, num_key_value_heads, options: Options::default() }
    }

    fn checked<'a>(&self, inputs: &'a [Shape]) -> Result<Inputs<&'a Shape>> {
        let (query_heads, key_heads) = (self.num_query_heads, self.num_key_value_heads);
        if self.head_dim == 0 || query_heads == 0 || key_heads == 0 || query_heads % key_heads != 0 {
            return Err(Error::argument("head_dim or the numbers of heads are not valid")
                .received(format!(
                    "head_dim = {}, {query_heads} heads of the query, {key_heads} of the key",
                    self.head_dim
                ))
                .expected("at least 1 each, and a multiple of the key's heads for the query")
                .hint("choose the numbers as in `GroupQueryAttention(16, 4, 2)`"));
        }
        self.options.check()?;
        let roles = self.options.call.roles(inputs)?;
        check_inputs(inputs, &roles)?;
        if roles.query.rank() != 3 || roles.query.last() != roles.value.last() {
            return Err(Error::shape("query and value do not fit each other")
                .received(shape::list(inputs))
                .expected("three axes, and one width for both")
                .hint("bring them to one width by `Dense`, or use `MultiHeadAttention`"));
        }
        roles.mask.map_or(Ok(()), |mask| masks::check(mask, &self.scores(&roles)))?;
        Ok(roles)
    }

    fn scores(&self, roles: &Inputs<&Shape>) -> Scores<Option<usize>> {
        let (query, key) = (roles.query.sizes(), roles.key.unwrap_or(roles.value).sizes());
        Scores { leading: vec![query[0], Some(self.num_query_heads)], queries: vec![query[1]], keys: vec![key[1]] }
    }
}

common_arguments!(GroupQueryAttention);

options!(GroupQueryAttention);

impl Layer for GroupQueryAttention {
    described!("GroupedQueryAttention", masking, activity; public_name: Some("GroupQueryAttention"), mask_argument: MaskArgument::Named);
    crate::many_inputs!();

    fn call_arguments(&self, inputs: usize) -> Vec<CallArgument> {
        self.options.call.arguments(inputs)
    }

    fn call_options(&self) -> &'static [&'static str] {
        CallOptions::KEYS
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let roles = self.checked(inputs)?;
        let mut shapes = vec![roles.query.clone()];
        if self.options.call.return_attention_scores {
            shapes.push(Shape::new(self.scores(&roles).sizes()));
        }
        Ok(shapes)
    }

    fn build_for(&self, inputs: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let roles = self.checked(inputs)?;
        let width = |shape: &Shape| shape.last().unwrap_or_default();
        let widths = Widths {
            inputs: [roles.query, roles.value, roles.key.unwrap_or(roles.value)].map(width),
            query_heads: self.num_query_heads,
            key_heads: self.num_key_value_heads,
            key_dim: self.head_dim,
            value_dim: self.head_dim,
        };
        let settings = Settings {
            axes: vec![1],
            call: self.options.call,
            window: self.options.sliding_window,
            drops: self.options.dropout > 0.0,
            prefix: "_",
            penalty: self.common.activity_regularizer.clone(),
        };
        let output = [self.num_query_heads, self.head_dim, width(roles.query)];
        Ok(BuiltLayer::new(HeadsModule::<3, 1>::build(&widths, output, &self.options, settings, build)?))
    }
}
