//! The call arguments of a layer in Keras, and the inputs that belong to each.

use crate::layer::description::Layer;

/// Groups values, one for each input, by the call argument that takes the input in Keras.
pub(crate) fn by_argument<'a, T>(layer: &dyn Layer, values: &'a [T]) -> Vec<(&'static str, &'a [T])> {
    let mut rest = values;
    let mut take = |count: usize| {
        let (own, others) = rest.split_at(count.min(rest.len()));
        rest = others;
        own
    };
    layer.call_arguments(values.len()).into_iter().map(|(name, count)| (name, take(count))).collect()
}
