//! `AdditiveAttention`: attention by a sum.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::initializers::scaled::GlorotUniform;
use crate::layer::builder::LayerBuilder;
use crate::layers::attention::options::CallOptions;
use crate::layers::attention::scored::{Score, scored_layer};
use crate::layers::common::{Common, arguments};
use crate::tensor::shape::Shape;

/// `softmax(Σ scale · tanh(query + key)) · value`: each query finds the values whose keys fit it.
///
/// Its inputs are `(query, value)` or `(query, value, key)`; without a key the value is one.
///
/// # Shapes
///
/// - query: `[batch, queries, width]`; key: `[batch, steps, width]`; value: `[batch, steps, any width]`
/// - output: `[batch, queries, width of value]`; with [`return_attention_scores`](Self::return_attention_scores) also
///   the scores, `[batch, queries, steps]`
/// - weights: scale `[width]`
///
/// # Masks
///
/// No query finds a value that its mask hides; what a hidden query finds is zero. The query's mask passes.
///
/// Source: Bahdanau, Cho and Bengio, [Neural Machine Translation](https://arxiv.org/abs/1409.0473), 2014.
///
/// ```
/// use horn::Apply;
/// use horn::layers::{AdditiveAttention, Input};
///
/// let found = AdditiveAttention().apply((Input([4, 8]), Input([10, 8])))?;
/// assert_eq!(found.shape().to_string(), "(None, 4, 8)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdditiveAttention {
    #[serde(flatten)]
    common: Common,
    use_scale: bool,
    dropout: f64,
    seed: Option<u64>,
    #[serde(flatten)]
    call: CallOptions,
}

/// `keras.layers.AdditiveAttention()`. See [`AdditiveAttention`](struct@AdditiveAttention).
#[allow(non_snake_case)]
pub fn AdditiveAttention() -> AdditiveAttention {
    AdditiveAttention::new()
}

impl AdditiveAttention {
    /// An attention with a scale that is learned, without dropout.
    pub fn new() -> Self {
        Self { common: Common::default(), use_scale: true, dropout: 0.0, seed: None, call: CallOptions::default() }
    }
}

impl Default for AdditiveAttention {
    fn default() -> Self {
        Self::new()
    }
}

scored_layer!(AdditiveAttention, "AdditiveAttention");

arguments!(AdditiveAttention {
    /// Are the features weighted by numbers that are learned? Yes by default.
    use_scale: bool,
});

impl AdditiveAttention {
    fn build_score(&self, inputs: &[Shape], build: &mut LayerBuilder) -> Result<AdditiveScore> {
        let width = inputs.first().and_then(Shape::last).unwrap_or_default();
        let scale = self.use_scale.then(|| build.add_weight("scale", [width], &GlorotUniform::new().into()));
        Ok(AdditiveScore { scale: scale.transpose()? })
    }
}

#[derive(Module, Debug)]
struct AdditiveScore {
    scale: Option<Param<Tensor<1>>>,
}

impl Score for AdditiveScore {
    fn terms(&self, width: usize) -> usize {
        width
    }

    fn scores(&self, query: Tensor<3>, key: Tensor<3>) -> Tensor<3> {
        let sums = (query.unsqueeze_dim::<4>(2) + key.unsqueeze_dim(1)).tanh();
        let sums = match &self.scale {
            Some(scale) => sums * scale.val().unsqueeze(),
            None => sums,
        };
        sums.sum_dim(3).squeeze_dim(3)
    }
}
