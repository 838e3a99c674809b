//! The arguments of Keras's calls that a layer's inputs belong to.

use crate::layer::description::Layer;

/// The arguments by which Keras's program gives a layer these values, and those of each.
pub(crate) fn by_argument<'a, T>(layer: &dyn Layer, values: &'a [T]) -> Vec<(&'static str, &'a [T])> {
    let mut rest = values;
    let mut take = |count: usize| {
        let (own, others) = rest.split_at(count.min(rest.len()));
        rest = others;
        own
    };
    layer.call_arguments(values.len()).into_iter().map(|(name, count)| (name, take(count))).collect()
}
