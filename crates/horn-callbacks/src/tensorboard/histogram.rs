//! How many values are in which range.

/// The number of ranges: what TensorBoard's summaries have by default.
const BUCKETS: usize = 30;

/// A range with its ends, and the number of values in it.
pub(super) type Bucket = [f64; 3];

/// Counts values in ranges of equal width between the smallest and the largest, as `tf.summary.histogram` does: values
/// that are all the same are counted in the last one. Values that are not finite are left out.
pub(super) fn of(values: impl Iterator<Item = f64> + Clone) -> Vec<Bucket> {
    let values = values.filter(|value| value.is_finite());
    let (low, high) =
        values.clone().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return vec![[0.0; 3]; BUCKETS];
    }
    let width = (high - low) / BUCKETS as f64;
    let edge = |at: usize| if at == BUCKETS { high } else { low + width * at as f64 };
    let mut buckets: Vec<Bucket> = (0..BUCKETS).map(|at| [edge(at), edge(at + 1), 0.0]).collect();
    for value in values {
        // For values that are all the same, the quotient is not a number, which is the largest index.
        let at = if width > 0.0 { ((value - low) / width) as usize } else { BUCKETS };
        buckets[at.min(BUCKETS - 1)][2] += 1.0;
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_values_are_counted() {
        let values: Vec<f64> = (0..=60).map(f64::from).collect();
        let buckets = of(values.iter().copied());
        assert_eq!(buckets.len(), BUCKETS);
        assert_eq!(buckets[0], [0.0, 2.0, 2.0]);
        // The largest value is in the last range, too.
        assert_eq!(buckets[29], [58.0, 60.0, 3.0]);
    }

    #[test]
    fn equal_values_are_in_the_last_range() {
        let buckets = of([1.5, 1.5, f64::NAN].into_iter());
        assert_eq!(buckets[28..], [[1.5, 1.5, 0.0], [1.5, 1.5, 2.0]]);
        assert_eq!(of([].into_iter()), [[0.0; 3]; BUCKETS]);
    }
}
