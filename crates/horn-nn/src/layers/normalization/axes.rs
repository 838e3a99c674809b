//! The axes of a normalization, and sums along several axes.

use burn::tensor::Tensor;

use crate::constraints::axes::Axes;
use crate::error::{Error, Result};
use crate::tensor::shape::Shape;

/// The non-negative index of an axis of the input.
pub(crate) fn place(axis: isize, input: &Shape) -> Result<usize> {
    let rank = input.rank();
    let place = if axis < 0 { rank.checked_add_signed(axis) } else { Some(axis.unsigned_abs()) };
    place.filter(|place| *place < rank).ok_or_else(|| {
        Error::argument("there is no such axis")
            .received(format!("axis = {axis} for {input}"))
            .expected(format!("-{rank} to {}", rank as isize - 1))
            .hint("count the batch axis as 0, or use -1 for the last axis")
    })
}

/// The non-negative indices of several axes, in ascending order.
pub(crate) fn places(axes: &Axes, input: &Shape) -> Result<Vec<usize>> {
    let axes = match axes {
        Axes::One(axis) => std::slice::from_ref(axis),
        Axes::Several(axes) => axes,
        Axes::All => &[],
    };
    let mut places = axes.iter().map(|&axis| place(axis, input)).collect::<Result<Vec<_>>>()?;
    places.sort_unstable();
    let count = places.len();
    places.dedup();
    if places.is_empty() || places.len() < count {
        return Err(Error::argument("there are no axes, or one is named twice")
            .received(format!("axis = {axes:?} for {input}"))
            .expected("at least one axis, each once")
            .hint("use -1 for the last axis"));
    }
    Ok(places)
}

/// Are these, in ascending order, the last axes of a tensor of this rank? Their values are then adjacent.
pub(crate) fn are_last(axes: &[usize], rank: usize) -> bool {
    axes.iter().copied().eq(rank - axes.len()..rank)
}

/// The size of an axis along which a weight has a value for each index.
pub(crate) fn size(place: usize, input: &Shape) -> Result<usize> {
    if place == 0 {
        return Err(Error::argument("the layer can't have weights along the batch axis")
            .received(format!("axis 0 of {input}"))
            .expected("an axis of the samples")
            .hint("use -1 for the last axis"));
    }
    input.sizes()[place].filter(|size| *size > 0).ok_or_else(|| {
        Error::shape("the size of a normalized axis must be known and not zero")
            .received(format!("axis {place} of {input}"))
            .expected("a number")
            .hint("give `Input` the size, or choose another axis")
    })
}

/// The sums along the axes, which are kept with size 1.
pub(crate) fn sums<const D: usize>(x: Tensor<D>, axes: impl IntoIterator<Item = usize>) -> Tensor<D> {
    // From the last axis: the first sum then reads adjacent values, and leaves few for the others.
    let mut axes: Vec<usize> = axes.into_iter().collect();
    axes.sort_unstable_by(|a, b| b.cmp(a));
    axes.into_iter().fold(x, |sums, axis| sums.sum_dim(axis))
}

/// The means along the axes, which are kept with size 1.
pub(crate) fn means<const D: usize>(x: Tensor<D>, axes: &[usize]) -> Tensor<D> {
    let sizes = x.dims();
    let count: usize = axes.iter().map(|&axis| sizes[axis]).product();
    sums(x, axes.iter().copied()) / count as f64
}

/// A weight that has some axes of a tensor of `sizes`, reshaped so that it broadcasts along the others.
pub(crate) fn along<const A: usize, const D: usize>(weight: Tensor<A>, axes: &[usize], sizes: [usize; D]) -> Tensor<D> {
    weight.reshape(std::array::from_fn::<_, D, _>(|axis| if axes.contains(&axis) { sizes[axis] } else { 1 }))
}

/// Evaluates the expression with the sizes as an array, whose length is the rank of a weight.
macro_rules! by_count {
    ($sizes:expr, |$array:ident| $body:expr) => {{
        let sizes: &[usize] = &$sizes;
        match *sizes {
            [a] => {
                let $array = [a];
                $body
            }
            [a, b] => {
                let $array = [a, b];
                $body
            }
            [a, b, c] => {
                let $array = [a, b, c];
                $body
            }
            [a, b, c, d] => {
                let $array = [a, b, c, d];
                $body
            }
            [a, b, c, d, e] => {
                let $array = [a, b, c, d, e];
                $body
            }
            _ => Err($crate::unsupported_rank(sizes.len())),
        }
    }};
}
pub(super) use by_count;
