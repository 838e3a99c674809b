//! `MultiHeadAttention`: several heads, each with a view of its own.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::arguments::list::IntoList;
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
use crate::tensor::any_tensor::unsupported_rank;
use crate::tensor::shape::Shape;

/// Each head projects query, key and value to widths of its own, and looks at the values by
/// `softmax(query · keyᵀ / √key_dim)`; what all heads found is projected to the output.
///
/// Its inputs are `(query, value)` or `(query, value, key)`; without a key the value is one. With
/// [`attention_mask`](Self::attention_mask) a mask follows as the last input, nonzero where a query may look.
///
/// # Shapes
///
/// - query: `[batch, queries, width]`; value and key: `[batch, steps, width]`, each of its own width. With more axes,
///   the attention goes along `attention_axes`, and the others are batch axes
/// - output: as the query, or of the width `output_shape`; with [`return_attention_scores`](Self::return_attention_scores)
///   also the scores, `[batch, heads, queries, steps]`
/// - weights: `query`, `key`, `value` (and `gate`): kernel `[width, heads, key_dim]`, bias `[heads, key_dim]`;
///   `attention_output`: kernel `[heads, value_dim, width]`, bias `[width]`
///
/// # Masks
///
/// A query looks where all masks let it: its own, that of the value, that of the key, the given one and the causal one.
/// The query's mask passes.
///
/// Source: Vaswani et al., [Attention Is All You Need](https://arxiv.org/abs/1706.03762), 2017.
///
/// ```
/// use horn::Apply;
/// use horn::layers::{Input, MultiHeadAttention};
///
/// let x = Input([16, 64]);
/// let y = MultiHeadAttention(4, 16).use_causal_mask(true).apply((&x, &x))?;
/// assert_eq!(y.shape().to_string(), "(None, 16, 64)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MultiHeadAttention {
    #[serde(flatten)]
    common: Common,
    num_heads: usize,
    key_dim: usize,
    /// 0 stands for `key_dim`.
    value_dim: usize,
    output_shape: Option<Vec<usize>>,
    attention_axes: Option<Vec<isize>>,
    #[serde(flatten)]
    options: Options,
}

/// `keras.layers.MultiHeadAttention(num_heads, key_dim)`. See [`MultiHeadAttention`](struct@MultiHeadAttention).
#[allow(non_snake_case)]
pub fn MultiHeadAttention(num_heads: usize, key_dim: usize) -> MultiHeadAttention {
    MultiHeadAttention::new(num_heads, key_dim)
}

impl MultiHeadAttention {
    /// A layer with `num_heads` heads, each with queries and keys of width `key_dim`.
    pub fn new(num_heads: usize, key_dim: usize) -> Self {
        Self {
            common: Common::default(),
            num_heads,
            key_dim,
            value_dim: 0,
            output_shape: None,
            attention_axes: None,
            options: Options::default(),
        }
    }

    /// The width of each head's values; `key_dim` by default.
    #[must_use]
    pub fn value_dim(mut self, value_dim: usize) -> Self {
        self.value_dim = value_dim;
        self
    }

    /// What comes in the place of the query's last axis, of one axis or several; that axis by default.
    #[must_use]
    pub fn output_shape(mut self, sizes: impl IntoList<usize>) -> Self {
        self.output_shape = Some(sizes.into_list());
        self
    }

    /// The axes that the attention goes along, the batch axis being 0; by default all between the batch axis and the
    /// last.
    #[must_use]
    pub fn attention_axes(mut self, axes: impl IntoList<isize>) -> Self {
        self.attention_axes = Some(axes.into_list());
        self
    }

    fn values(&self) -> usize {
        if self.value_dim == 0 { self.key_dim } else { self.value_dim }
    }

    fn axes(&self, query: &Shape) -> Result<Vec<usize>> {
        let rank = query.rank();
        let Some(axes) = &self.attention_axes else { return Ok((1..rank - 1).collect()) };
        let places: Vec<usize> = axes
            .iter()
            .map(|&axis| if axis < 0 { rank.saturating_add_signed(axis) } else { axis.unsigned_abs() })
            .collect();
        let repeated = (1..places.len()).any(|at| places[..at].contains(&places[at]));
        if !places.is_empty() && !repeated && places.iter().all(|place| (1..rank - 1).contains(place)) {
            return Ok(places);
        }
        Err(Error::argument("the attention axes are not valid")
            .received(format!("attention_axes {axes:?} for a query {query}"))
            .expected(format!("axes from 1 to {}, each once", rank - 2))
            .hint("leave out the batch axis and the last one"))
    }

    /// The roles of the inputs, where they fit, and the attention axes.
    fn checked<'a>(&self, inputs: &'a [Shape]) -> Result<(Inputs<&'a Shape>, Vec<usize>)> {
        if self.num_heads == 0 || self.key_dim == 0 {
            return Err(Error::argument("an attention needs heads of some width")
                .received(format!("num_heads = {}, key_dim = {}", self.num_heads, self.key_dim))
                .expected("at least 1 each")
                .hint("give both, as in `MultiHeadAttention(4, 16)`"));
        }
        self.options.check()?;
        let roles = self.options.call.roles(inputs)?;
        check_inputs(inputs, &roles)?;
        let axes = self.axes(roles.query)?;
        let free = |shape: &Shape| {
            let free = (0..shape.rank() - 1).filter(|axis| !axes.contains(axis));
            Shape::new(free.map(|axis| shape.sizes()[axis]).collect::<Vec<_>>())
        };
        if !free(roles.query).admits(&free(roles.value)) {
            return Err(Error::shape("query and value differ along an axis that is not an attention axis")
                .received(crate::tensor::shape::list(inputs))
                .expected(format!("equal sizes but along the axes {axes:?}"))
                .hint("name the axis in `attention_axes`"));
        }
        roles.mask.map_or(Ok(()), |mask| masks::check(mask, &self.scores(&roles, &axes)))?;
        Ok((roles, axes))
    }

    fn scores(&self, roles: &Inputs<&Shape>, axes: &[usize]) -> Scores<Option<usize>> {
        let (query, key) = (roles.query.sizes(), roles.key.unwrap_or(roles.value).sizes());
        let free = (0..query.len() - 1).filter(|axis| !axes.contains(axis)).map(|axis| query[axis]);
        Scores {
            leading: free.chain([Some(self.num_heads)]).collect(),
            queries: axes.iter().map(|&axis| query[axis]).collect(),
            keys: axes.iter().map(|&axis| key[axis]).collect(),
        }
    }

    /// The sizes in the place of the query's last axis.
    fn widths(&self, query: &Shape) -> Result<Vec<usize>> {
        match &self.output_shape {
            Some(sizes) if sizes.is_empty() || sizes.contains(&0) || sizes.len() > 3 => {
                Err(Error::argument("the output can't have this shape")
                    .received(format!("output_shape {sizes:?}"))
                    .expected("one to three sizes of at least 1")
                    .hint("leave output_shape out for the width of the query"))
            }
            Some(sizes) => Ok(sizes.clone()),
            None => Ok(query.last().into_iter().collect()),
        }
    }

    fn module<const K: usize, const B: usize>(
        &self,
        inputs: &[Shape],
        output: [usize; K],
        build: &mut LayerBuilder,
    ) -> Result<BuiltLayer> {
        let (roles, axes) = self.checked(inputs)?;
        let width = |shape: &Shape| shape.last().unwrap_or_default();
        let widths = Widths {
            inputs: [roles.query, roles.value, roles.key.unwrap_or(roles.value)].map(width),
            query_heads: self.num_heads,
            key_heads: self.num_heads,
            key_dim: self.key_dim,
            value_dim: self.values(),
        };
        let settings = Settings {
            axes,
            call: self.options.call,
            window: self.options.sliding_window,
            drops: self.options.dropout > 0.0,
            prefix: "",
            penalty: self.common.activity_regularizer.clone(),
        };
        Ok(BuiltLayer::new(HeadsModule::<K, B>::build(&widths, output, &self.options, settings, build)?))
    }
}

common_arguments!(MultiHeadAttention);

options!(MultiHeadAttention);

impl MultiHeadAttention {
    /// The width of the values is that of the keys where it is not given.
    fn complete(&self, config: &mut Value) {
        config["value_dim"] = self.values().into();
    }
}

impl Layer for MultiHeadAttention {
    crate::many_inputs!();

    described!("MultiHeadAttention", masking, activity, completed, parts_regularized; mask_argument: MaskArgument::Named, removes_masks: true);

    fn call_arguments(&self, inputs: usize) -> Vec<CallArgument> {
        self.options.call.arguments(inputs)
    }

    fn call_options(&self) -> &'static [&'static str] {
        CallOptions::KEYS
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let (roles, axes) = self.checked(inputs)?;
        let leading = &roles.query.sizes()[..roles.query.rank() - 1];
        let widths = self.widths(roles.query)?.into_iter().map(Some);
        let mut shapes = vec![Shape::new(leading.iter().copied().chain(widths).collect::<Vec<_>>())];
        if self.options.call.return_attention_scores {
            shapes.push(Shape::new(self.scores(&roles, &axes).sizes()));
        }
        Ok(shapes)
    }

    fn build_for(&self, inputs: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let (heads, values) = (self.num_heads, self.values());
        let (roles, _) = self.checked(inputs)?;
        match *self.widths(roles.query)? {
            [a] => self.module::<3, 1>(inputs, [heads, values, a], build),
            [a, b] => self.module::<4, 2>(inputs, [heads, values, a, b], build),
            [a, b, c] => self.module::<5, 3>(inputs, [heads, values, a, b, c], build),
            ref sizes => Err(unsupported_rank(sizes.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::*;
    use crate::Apply;
    use crate::layers::{GroupQueryAttention, Input};
    use crate::{AnyTensor, CallContext, Mode, Model, Signal};

    #[test]
    fn impossible_arguments_are_errors() {
        let (x, narrow) = (Input([4, 8]).tensor(), Input([8]).tensor());
        let fails = |layer: MultiHeadAttention| layer.apply((&x, &x)).unwrap_err();
        assert!(fails(MultiHeadAttention(0, 2)).is_argument());
        assert!(fails(MultiHeadAttention(2, 2).dropout(1.5)).is_argument());
        assert!(fails(MultiHeadAttention(2, 2).attention_axes([2])).is_argument());
        assert!(fails(MultiHeadAttention(2, 2).sliding_window(0)).is_argument());
        assert!(fails(MultiHeadAttention(2, 2).output_shape([])).is_argument());
        assert!(fails(MultiHeadAttention(2, 2).attention_mask(true)).is_shape());
        assert!(MultiHeadAttention(2, 2).apply(&x).unwrap_err().is_shape());
        assert!(MultiHeadAttention(2, 2).apply((&x, &narrow)).unwrap_err().is_shape());
        assert!(MultiHeadAttention(2, 2).apply((&x, &x, &Input([5, 8]).tensor())).unwrap_err().is_shape());
    }

    /// Which masks Keras takes for 3 samples of 4 queries and 5 keys, with 2 heads: `layer(query, value,
    /// attention_mask=np.ones(sizes))`.
    const MASKS: [(&[usize], bool); 12] = [
        (&[3, 4, 5], true),
        (&[1, 4, 5], true),
        (&[3, 1, 5], true),
        (&[3, 4, 1], true),
        (&[3, 2, 4, 5], true),
        (&[3, 1, 4, 5], true),
        (&[1, 2, 4, 5], true),
        (&[3, 4, 4], false),
        (&[3, 5, 4], false),
        (&[3, 3, 4, 5], false),
        (&[3], false),
        (&[1, 1, 3, 4, 5], false),
    ];

    /// What comes of masks of these shapes, known beforehand or not.
    fn with_mask(layer: impl Layer, sizes: &[usize], known: bool) -> Result<()> {
        let device = Device::default();
        let input = |sizes: &[usize]| match known {
            true => Input::batch_shape(sizes.iter().copied().map(Some).collect::<Vec<_>>()),
            false => Input::with_unknown(vec![None; sizes.len() - 1]),
        };
        let (query, value) = (Input([4, 8]), Input::with_unknown([if known { Some(5) } else { None }, Some(8)]));
        let mask = input(sizes);
        let found = layer.apply((&query, &value, &mask))?;
        let model = Model::new((&query, &value, &mask), &found)?.build(&device)?;
        let ones = |sizes: &[usize]| {
            AnyTensor::from(Tensor::<1>::ones([sizes.iter().product::<usize>()], &device)).reshape(sizes)
        };
        let inputs = [ones(&[3, 4, 8])?, ones(&[3, 5, 8])?, ones(sizes)?].map(Signal::new);
        model.call(inputs.into(), &mut CallContext::new(Mode::Inference)).map(drop)
    }

    #[test]
    fn masks_that_keras_takes_are_taken_and_others_are_errors() {
        for (sizes, taken) in MASKS {
            for known in [true, false] {
                let heads = with_mask(MultiHeadAttention(2, 2).attention_mask(true), sizes, known);
                let groups = with_mask(GroupQueryAttention(2, 2, 1).attention_mask(true), sizes, known);
                assert_eq!((heads.is_ok(), groups.is_ok()), (taken, taken), "{sizes:?}, {known}: {heads:?} {groups:?}");
            }
        }
    }

    #[test]
    fn a_mask_that_does_not_fit_is_told_when_the_layer_is_applied() {
        let (x, mask) = (Input([4, 8]), Input([4, 5]));
        let error = MultiHeadAttention(2, 2).attention_mask(true).apply((&x, &x, &mask)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "layer MultiHeadAttention: the attention_mask does not fit the scores; received (None, 4, 5), expected \
             (None, 4, 4), or with the heads (None, 2, 4, 4); 1 where all share a value. Hint: give the mask an axis for \
             the queries and one for the keys."
        );
        let image = Input([4, 6, 8]);
        let rows = MultiHeadAttention(2, 2).attention_mask(true).attention_axes([2]);
        assert!(rows.clone().apply((&image, &image, &Input([4, 6, 6]))).is_ok());
        assert!(rows.clone().apply((&image, &image, &Input([6, 6]))).is_ok());
        assert!(rows.apply((&image, &image, &Input([2, 6, 6]))).unwrap_err().is_shape());
        let all = MultiHeadAttention(2, 2).attention_mask(true);
        assert!(all.clone().apply((&image, &image, &Input([4, 6, 4, 6]))).is_ok());
        assert!(all.apply((&image, &image, &Input([24, 24]))).unwrap_err().is_shape());
    }
}
