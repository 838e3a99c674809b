//! `Attention`: dot-product attention.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::initializers::constant::Ones;
use crate::layer::builder::LayerBuilder;
use crate::layers::attention::options::CallOptions;
use crate::layers::attention::scored::{Score, scored_layer};
use crate::layers::common::{Common, arguments};
use crate::tensor::shape::Shape;

/// How a query and a key are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreMode {
    /// By their dot product.
    #[default]
    Dot,
    /// By `Σ tanh(query + key)`.
    Concat,
}

/// `softmax(query · keyᵀ) · value`: each query finds the values whose keys fit it.
///
/// Its inputs are `(query, value)` or `(query, value, key)`; without a key the value is one. The scores are not divided
/// by the root of the width.
///
/// # Shapes
///
/// - query: `[batch, queries, width]`; key: `[batch, steps, width]`; value: `[batch, steps, any width]`
/// - output: `[batch, queries, width of value]`; with [`return_attention_scores`](Self::return_attention_scores) also
///   the scores, `[batch, queries, steps]`
/// - weights: scale and concat_score_weight, one number each, where there is such an argument
///
/// # Masks
///
/// No query finds a value that its mask hides; what a hidden query finds is zero. The query's mask passes.
///
/// ```
/// use horn::Apply;
/// use horn::layers::{Attention, Input};
///
/// let found = Attention().apply((Input([4, 8]), Input([10, 8])))?;
/// assert_eq!(found.shape().to_string(), "(None, 4, 8)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Attention {
    #[serde(flatten)]
    common: Common,
    use_scale: bool,
    score_mode: ScoreMode,
    dropout: f64,
    seed: Option<u64>,
    #[serde(flatten)]
    call: CallOptions,
}

/// `keras.layers.Attention()`. See [`Attention`](struct@Attention).
#[allow(non_snake_case)]
pub fn Attention() -> Attention {
    Attention::new()
}

impl Attention {
    /// An attention by dot products, without a scale or dropout.
    pub fn new() -> Self {
        Self::default()
    }
}

scored_layer!(Attention, "Attention");

arguments!(Attention {
    /// Are the scores multiplied by a number that is learned? Not by default.
    use_scale: bool,
    /// How query and key are compared; by their dot product by default.
    score_mode: ScoreMode,
});

impl Attention {
    fn build_score(&self, _: &[Shape], build: &mut LayerBuilder) -> Result<DotScore> {
        let concat = self.score_mode == ScoreMode::Concat;
        let mut number =
            |name: &str, wanted: bool| wanted.then(|| build.add_number(name, &Ones::new().into())).transpose();
        Ok(DotScore {
            scale: number("scale", self.use_scale)?,
            concat_score_weight: number("concat_score_weight", concat)?,
        })
    }
}

#[derive(Module, Debug)]
struct DotScore {
    scale: Option<Param<Tensor<1>>>,
    concat_score_weight: Option<Param<Tensor<1>>>,
}

impl Score for DotScore {
    fn terms(&self, width: usize) -> usize {
        if self.concat_score_weight.is_some() { width } else { 1 }
    }

    fn scores(&self, query: Tensor<3>, key: Tensor<3>) -> Tensor<3> {
        let scale = self.scale.as_ref().map(Param::val);
        match &self.concat_score_weight {
            None => {
                let scores = query.matmul(key.swap_dims(1, 2));
                match scale {
                    Some(scale) => scores * scale.unsqueeze(),
                    None => scores,
                }
            }
            Some(weight) => {
                let sums = query.unsqueeze_dim::<4>(2) + key.unsqueeze_dim(1);
                let sums = match scale {
                    Some(scale) => sums * scale.unsqueeze(),
                    None => sums,
                };
                sums.tanh().sum_dim(3).squeeze_dim::<3>(3) * weight.val().unsqueeze()
            }
        }
    }
}
