//! NumPy's rule for shapes of different ranks and sizes: they are aligned at their last axes, and an axis of size 1 is
//! repeated.

use crate::error::{Error, Result};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// The shape that two shapes broadcast to. An unknown size becomes the known one that it meets.
pub(crate) fn joined(one: &[Option<usize>], other: &[Option<usize>]) -> Result<Vec<Option<usize>>> {
    let rank = one.len().max(other.len());
    let at = |sizes: &[Option<usize>], axis: usize| match (axis + sizes.len()).checked_sub(rank) {
        Some(axis) => sizes[axis],
        None => Some(1),
    };
    let axis = |axis| match (at(one, axis), at(other, axis)) {
        (Some(1), size) | (size, Some(1)) => Some(size),
        (None, size) | (size, None) => Some(size),
        (own, size) => (own == size).then_some(own),
    };
    (0..rank).map(axis).collect::<Option<_>>().ok_or_else(|| {
        Error::shape("the shapes do not broadcast")
            .received(format!("{} and {}", Shape::new(one), Shape::new(other)))
            .expected("equal sizes, or 1, along each axis, counted from the last")
            .hint("bring them to one shape, as by `ops::expand_dims` or `ops::reshape`")
    })
}

/// The tensor with axes of size 1 before its own.
pub(crate) fn with_rank(x: AnyTensor, rank: usize) -> Result<AnyTensor> {
    let own = x.sizes();
    match rank.checked_sub(own.len()) {
        None | Some(0) => Ok(x),
        Some(missing) => x.reshape(&[vec![1; missing], own].concat()),
    }
}

/// The sizes of a tensor as those of a shape.
pub(crate) fn known(x: &AnyTensor) -> Vec<Option<usize>> {
    x.sizes().into_iter().map(Some).collect()
}

/// Both tensors at one rank, where their sizes broadcast.
pub(crate) fn aligned(one: AnyTensor, other: AnyTensor) -> Result<[AnyTensor; 2]> {
    let rank = joined(&known(&one), &known(&other))?.len();
    Ok([with_rank(one, rank)?, with_rank(other, rank)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_aligned_at_their_last_axes() {
        let known = |sizes: &[usize]| sizes.iter().copied().map(Some).collect::<Vec<_>>();
        assert_eq!(joined(&known(&[2, 3, 4]), &known(&[3, 1])).unwrap(), known(&[2, 3, 4]));
        assert_eq!(joined(&[None, Some(3)], &[None, None, Some(1)]).unwrap(), [None, None, Some(3)]);
        assert_eq!(joined(&[None, Some(3)], &[Some(5), Some(3)]).unwrap(), [Some(5), Some(3)]);
        assert_eq!(joined(&[], &[None]).unwrap(), [None]);
        assert_eq!(
            joined(&[None, Some(3)], &[None, Some(2)]).unwrap_err().to_string(),
            "the shapes do not broadcast; received (None, 3) and (None, 2), expected equal sizes, or 1, along each \
             axis, counted from the last. Hint: bring them to one shape, as by `ops::expand_dims` or `ops::reshape`."
        );
    }
}
