//! `dot_product_attention` and `batch_normalization`: formulas behind layers, with all weights as arguments.

use serde_json::json;

use crate::error::{Error, Result};
use crate::operations::calls::call::Call;
use crate::operations::formula::{Formula, Term, required};
use crate::operations::primitives::activating::AlongAxis;
use crate::operations::primitives::elementwise::Unary;
use crate::tensor::shape::{Shape, Values, can_be_equal};

/// `dot_product_attention(query, key, value, bias, mask, scale, is_causal)`, of `[batch, steps, heads, width]`.
pub(crate) struct DotProductAttention;

impl Formula for DotProductAttention {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let tensors = [required(call, 0)?, required(call, 1)?, required(call, 2)?];
        if let Some(other) = tensors.iter().find(|x| x.axis_count() != 4) {
            return Err(Error::shape("query, key and value must have four axes")
                .received(Shape::new(other.lengths()))
                .expected("(batch, steps, heads, width)")
                .hint("add an axis for the heads first"));
        }
        if !call.parameter("attn_logits_soft_cap").is_null() {
            return Err(call.invalid("attn_logits_soft_cap", "none"));
        }
        let [query, key, value] = tensors;
        let width = query.length(3)?.max(1) as f64;
        let heads_first = |x: &T| x.permuted(&[0, 2, 1, 3]);
        let mut scores = heads_first(&query)?.matmul(&key.permuted(&[0, 2, 3, 1])?)?;
        Shape::new(scores.lengths()).check_limits()?;
        scores = match T::argument(call, 5)? {
            Some(scale) => scores.times(&scale)?,
            None => scores.scaled(width.sqrt().recip(), 0.0)?,
        };
        if let Some(bias) = T::argument(call, 3)? {
            scores = scores.plus(&bias)?;
        }
        // As far below all others as float32 goes.
        let hidden = -0.7 * f64::from(f32::MAX);
        if let Some(mask) = T::argument(call, 4)? {
            scores = scores.or_number(&mask, hidden)?;
        }
        if call.flag("is_causal") {
            let [queries, keys] = [query.length(1)?, key.length(1)?];
            let past = scores.constant(&[queries, keys], || {
                (0..queries * keys).map(|at| f32::from(u8::from(at % keys <= at / keys))).collect()
            })?;
            scores = scores.or_number(&past, hidden)?;
        }
        let shares = T::one(&AlongAxis::Softmax, json!({"axis": 3}), vec![scores])?;
        Ok(vec![heads_first(&shares.matmul(&heads_first(&value)?)?)?])
    }
}

/// `batch_normalization(x, mean, variance, axis, offset, scale, epsilon)`.
pub(crate) struct BatchNorm;

impl Formula for BatchNorm {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let x = required(call, 0)?;
        let axis = call.axis(x.axis_count())?;
        let mut sizes = vec![Some(1); x.axis_count()];
        sizes[axis] = x.lengths()[axis];
        // The argument along the axis, if it is given.
        let along = |at: usize| -> Result<Option<T>> {
            let Some(given) = T::argument(call, at)? else { return Ok(None) };
            let own = given.lengths();
            if own.len() != 1 || !can_be_equal((&own[0], &sizes[axis])) {
                return Err(Error::shape("the mean, the variance, the offset and the scale must be vectors")
                    .received(Shape::new(own))
                    .expected(Shape::new([sizes[axis]]))
                    .hint("give one value for each place along the axis"));
            }
            given.reshaped(&sizes).map(Some)
        };
        let missing = || call.invalid("mean", "a mean and a variance");
        let (mean, variance) = (along(1)?.ok_or_else(missing)?, along(2)?.ok_or_else(missing)?);
        let mut factor = variance.scaled(1.0, call.number("epsilon")?)?.map(Unary::Rsqrt)?;
        if let Some(scale) = along(4)? {
            factor = factor.times(&scale)?;
        }
        let mut offset = mean.times(&factor)?.map(Unary::Negative)?;
        if let Some(given) = along(3)? {
            offset = offset.plus(&given)?;
        }
        Ok(vec![x.times(&factor)?.plus(&offset)?.of_kind(Values::Floats)])
    }
}
