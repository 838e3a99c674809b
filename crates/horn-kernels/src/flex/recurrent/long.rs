//! Long short-term memory.

use crate::flex::microkernel::End;
use crate::flex::recurrent::cell::{Backward, Cell, Forward, Part, numbers, numbers_mut};
use crate::flex::recurrent::function::Functions;

/// With the gates i, f, g and o: `c' = f · c + i · g` and `h' = o · activation(c')`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Long(pub Functions);

#[inline(always)]
fn remember(functions: Functions, [i, f, g, o]: [&mut [f32]; 4], h: &mut [f32], c: &mut [f32]) {
    let n = h.len();
    let (i, f, g, o, c) = (&mut i[..n], &mut f[..n], &mut g[..n], &mut o[..n], &mut c[..n]);
    for at in 0..n {
        i[at] = functions.recurrent.value(i[at]);
        f[at] = functions.recurrent.value(f[at]);
        g[at] = functions.activation.value(g[at]);
        o[at] = functions.recurrent.value(o[at]);
        c[at] = f[at].mul_add(c[at], i[at] * g[at]);
        h[at] = o[at] * functions.activation.value(c[at]);
    }
}

#[inline(always)]
fn trace(
    functions: Functions,
    [i, f, g, o]: [&[f32]; 4],
    [before, after]: [&[f32]; 2],
    [by_i, by_f, by_g, by_o]: [&mut [f32]; 4],
    by_h: &mut [f32],
    by_c: &mut [f32],
) {
    let n = by_h.len();
    let (i, f, g, o, before, after) = (&i[..n], &f[..n], &g[..n], &o[..n], &before[..n], &after[..n]);
    let (by_i, by_f, by_g, by_o) = (&mut by_i[..n], &mut by_f[..n], &mut by_g[..n], &mut by_o[..n]);
    let by_c = &mut by_c[..n];
    for at in 0..n {
        let shown = functions.activation.value(after[at]);
        let by_after = (by_h[at] * o[at]).mul_add(functions.activation.slope(shown), by_c[at]);
        by_o[at] = by_h[at] * shown * functions.recurrent.slope(o[at]);
        by_i[at] = by_after * g[at] * functions.recurrent.slope(i[at]);
        by_f[at] = by_after * before[at] * functions.recurrent.slope(f[at]);
        by_g[at] = by_after * i[at] * functions.activation.slope(g[at]);
        by_c[at] = by_after * f[at];
        by_h[at] = 0.0;
    }
}

impl Cell for Long {
    const GATES: usize = 4;
    const MEMORY: bool = true;
    const KEEPS_ROWS: bool = true;

    fn numbers(self) -> usize {
        4
    }

    fn parts(self) -> &'static [Part] {
        const { &[Part { reset: false, place: 0, column: 0, columns: 4 }] }
    }

    fn forward(self, step: Forward<'_>) {
        let Forward { samples, rows, h, c, .. } = step;
        samples.multiply(0, h, rows);
        self.0.vectorize(
            #[inline(always)]
            |functions| {
                for sample in samples.counting() {
                    let (row, state) = (samples.row_of(sample), samples.state_of(sample));
                    let gates = numbers_mut(&mut rows[row], samples.units);
                    remember(functions, gates, &mut h[state.clone()], &mut c[state]);
                }
            },
        );
    }

    fn backward(self, step: Backward<'_>) {
        let Backward { samples, rows, c, by_rows, by_h, by_c, .. } = step;
        samples.clear_others(by_rows);
        self.0.vectorize(
            #[inline(always)]
            |functions| {
                for sample in samples.counting() {
                    let (row, state) = (samples.row_of(sample), samples.state_of(sample));
                    let c = [&c[0][state.clone()], &c[1][state.clone()]];
                    let gates = numbers(&rows[row.clone()], samples.units);
                    let by_gates = numbers_mut(&mut by_rows[row], samples.units);
                    trace(functions, gates, c, by_gates, &mut by_h[state.clone()], &mut by_c[state]);
                }
            },
        );
        samples.multiply_back(0, by_rows, by_h, End::ADD);
    }
}
