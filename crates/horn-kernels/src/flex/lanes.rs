//! Sums and maxima of a row, in lanes that become vectors: the compiler may not reorder the sums of floats itself.
//!
//! All are `#[inline(always)]`, to be called inside [`vectorize`](super::simd::vectorize).

/// Enough lanes for two vectors of the widest instruction set.
const LANES: usize = 32;

/// The sum of a function of each value.
#[inline(always)]
pub(crate) fn sum(values: &[f32], function: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += function(*value);
        }
    }
    let mut sum = total(lanes);
    for value in rest {
        sum += function(*value);
    }
    sum
}

/// The sum of a function of the values at the same place of two rows.
#[inline(always)]
pub(crate) fn sum_of_pairs(a: &[f32], b: &[f32], function: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let ((a_chunks, a), (b_chunks, b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += function(*a, *b);
        }
    }
    let mut sum = total(lanes);
    for (a, b) in a.iter().zip(b) {
        sum += function(*a, *b);
    }
    sum
}

/// The mean of the values by their weights, which add up to 1 but for rounding, or to 0. It is as exact as float64: an
/// error that all differences from the mean share would not cancel out in sums of them.
#[inline(always)]
pub(crate) fn weighted_mean(values: &[f32], weights: &[f32]) -> f64 {
    const LANES: usize = 8;
    let (mut sums, mut totals) = ([0.0_f64; LANES], [0.0_f64; LANES]);
    let ((chunks, values), (weight_chunks, weights)) = (values.as_chunks::<LANES>(), weights.as_chunks::<LANES>());
    for (values, weights) in chunks.iter().zip(weight_chunks) {
        for lane in 0..LANES {
            let weight = f64::from(weights[lane]);
            sums[lane] += f64::from(values[lane]) * weight;
            totals[lane] += weight;
        }
    }
    let (mut sum, mut total) = (sums.iter().sum::<f64>(), totals.iter().sum::<f64>());
    for (value, weight) in values.iter().zip(weights) {
        sum += f64::from(*value) * f64::from(*weight);
        total += f64::from(*weight);
    }
    if total > 0.0 { sum / total } else { 0.0 }
}

/// The largest value, or negative infinity if there is none.
#[inline(always)]
pub(crate) fn largest(values: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, *value);
        }
    }
    let mut largest = f32::NEG_INFINITY;
    for value in rest.iter().chain(&lanes) {
        largest = larger(largest, *value);
    }
    largest
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[inline(always)]
fn total(mut lanes: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for at in 0..half {
            lanes[at] += lanes[at + half];
        }
        half /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::numbers;

    #[test]
    fn all_lengths() {
        for len in [0, 1, 31, 32, 33, 100] {
            let (a, b) = (numbers(len, 1), numbers(len, 2));
            assert!((sum(&a, |a| a * a) - a.iter().map(|a| a * a).sum::<f32>()).abs() < 1e-5);
            let product: f32 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
            assert!((sum_of_pairs(&a, &b, |a, b| a * b) - product).abs() < 1e-5);
            assert_eq!(largest(&a), a.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        }
    }
}
