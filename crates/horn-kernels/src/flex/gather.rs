//! Copies of some rows of a matrix, made by several threads: one of them does not use all that memory can move.

use std::mem::MaybeUninit;

use crate::flex::threads::{Shared, WORTH_A_THREAD, split_if};

pub(crate) fn gather(values: &[f32], features: usize, at: &[usize]) -> Vec<f32> {
    let len = at.len() * features;
    let mut rows = Vec::with_capacity(len);
    let place = Shared::new(rows.spare_capacity_mut());
    split_if(len >= WORTH_A_THREAD, at.len(), |_, range| {
        // SAFETY: the threads have different rows, and there is memory for all of them.
        let rows: &mut [MaybeUninit<f32>] = unsafe { place.slice(range.start * features..range.end * features) };
        for (to, &row) in rows.chunks_exact_mut(features.max(1)).zip(&at[range]) {
            to.write_copy_of_slice(&values[row * features..][..features]);
        }
    });
    // SAFETY: each row is written; a panic of a thread would have come to here.
    unsafe { rows.set_len(len) };
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::numbers;

    #[test]
    fn gathers_the_rows_in_the_order_asked_for() {
        for (rows, features, taken) in [(0, 3, 0), (5, 0, 4), (1, 1, 1), (7, 3, 20), (90, 784, 130)] {
            let values = numbers(rows * features, 1);
            let at: Vec<usize> = (0..taken).map(|row| row * 37 % rows).collect();
            let expected: Vec<f32> =
                at.iter().flat_map(|&row| &values[row * features..][..features]).copied().collect();
            assert_eq!(gather(&values, features, &at), expected);
        }
    }

    #[test]
    #[should_panic(expected = "range")]
    fn a_row_that_is_not_there_panics() {
        gather(&numbers(784 * 100, 1), 784, &[&[1; 99][..], &[100]].concat());
    }
}
