//! Plain recurrence.

use crate::flex::microkernel::End;
use crate::flex::recurrent::cell::{Backward, Cell, Forward, Part};
use crate::flex::recurrent::function::Functions;

/// `h' = activation(x · kernel + bias + h · recurrent_kernel)`. There are no gates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Simple(pub Functions);

impl Cell for Simple {
    const GATES: usize = 1;
    const MEMORY: bool = false;
    // The state after a step says all.
    const KEEPS_ROWS: bool = false;

    fn numbers(self) -> usize {
        1
    }

    fn parts(self) -> &'static [Part] {
        const { &[Part { reset: false, place: 0, column: 0, columns: 1 }] }
    }

    fn forward(self, step: Forward<'_>) {
        let Forward { samples, rows, h, .. } = step;
        samples.multiply(0, h, rows);
        self.0.vectorize(
            #[inline(always)]
            |functions| {
                for sample in samples.counting() {
                    let state = samples.state_of(sample);
                    for (h, sum) in h[state.clone()].iter_mut().zip(&rows[state]) {
                        *h = functions.activation.value(*sum);
                    }
                }
            },
        );
    }

    fn backward(self, step: Backward<'_>) {
        let Backward { samples, h: [_, after], by_rows, by_h, .. } = step;
        samples.clear_others(by_rows);
        self.0.vectorize(
            #[inline(always)]
            |functions| {
                for sample in samples.counting() {
                    let state = samples.state_of(sample);
                    let both = by_h[state.clone()].iter_mut().zip(&mut by_rows[state.clone()]);
                    for ((by_h, by_row), after) in both.zip(&after[state]) {
                        *by_row = *by_h * functions.activation.slope(*after);
                        *by_h = 0.0;
                    }
                }
            },
        );
        samples.multiply_back(0, by_rows, by_h, End::ADD);
    }
}
