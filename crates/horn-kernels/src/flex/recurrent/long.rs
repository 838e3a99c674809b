//! Long short-term memory.

use std::hint::black_box;

use crate::recurrent::Elementwise;

use super::super::simd::vectorize_mut;
use super::cell::{Backward, Cell, Forward, Part};

/// With the gates i, f, g and o: `c' = f · c + i · g` and `h' = o · activation(c')`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Long {
    pub activation: Elementwise,
    pub recurrent_activation: Elementwise,
}

/// Keras's own functions, which get code of their own.
const DEFAULT: Long = Long { activation: Elementwise::Tanh, recurrent_activation: Elementwise::Sigmoid };

impl Long {
    fn is_default(self) -> bool {
        (self.activation, self.recurrent_activation) == (DEFAULT.activation, DEFAULT.recurrent_activation)
    }

    // The compiler must not see that the rows follow each other: the gates of all rows lie between one another, and where
    // it looks whether they overlap for all rows at once, it makes no vectors.
    #[inline(always)]
    fn remember(self, step: &mut Forward<'_>) {
        let Forward { samples, rows, h, c, .. } = step;
        let units = samples.units;
        let states = h.chunks_exact_mut(units).zip(c.chunks_exact_mut(units));
        for (sample, (row, (h, c))) in rows.chunks_exact_mut(samples.row).zip(states).enumerate() {
            if samples.counts(sample) {
                self.remember_one(split_mut(black_box(row), units), h, c);
            }
        }
    }

    #[inline(always)]
    fn remember_one(self, [i, f, g, o]: [&mut [f32]; 4], h: &mut [f32], c: &mut [f32]) {
        let n = h.len();
        let (i, f, g, o, c) = (&mut i[..n], &mut f[..n], &mut g[..n], &mut o[..n], &mut c[..n]);
        for at in 0..n {
            i[at] = self.recurrent_activation.value(i[at]);
            f[at] = self.recurrent_activation.value(f[at]);
            g[at] = self.activation.value(g[at]);
            o[at] = self.recurrent_activation.value(o[at]);
            c[at] = f[at].mul_add(c[at], i[at] * g[at]);
            h[at] = o[at] * self.activation.value(c[at]);
        }
    }

    #[inline(always)]
    fn trace(self, step: &mut Backward<'_>) {
        let (samples, units) = (step.samples, step.samples.units);
        for sample in 0..samples.count {
            let by_row = &mut step.by_rows[sample * samples.row..][..samples.row];
            if !samples.counts(sample) {
                by_row.fill(0.0);
                continue;
            }
            let row = &step.rows[sample * samples.row..][..samples.row];
            let state = sample * units..(sample + 1) * units;
            let c = [&step.c[0][state.clone()], &step.c[1][state.clone()]];
            let (by_h, by_c) = (&mut step.by_h[state.clone()], &mut step.by_c[state]);
            self.trace_one(split(row, units), c, split_mut(black_box(by_row), units), by_h, by_c);
        }
    }

    #[inline(always)]
    fn trace_one(
        self,
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
            let shown = self.activation.value(after[at]);
            let by_after = (by_h[at] * o[at]).mul_add(self.activation.slope(shown), by_c[at]);
            by_o[at] = by_h[at] * shown * self.recurrent_activation.slope(o[at]);
            by_i[at] = by_after * g[at] * self.recurrent_activation.slope(i[at]);
            by_f[at] = by_after * before[at] * self.recurrent_activation.slope(f[at]);
            by_g[at] = by_after * i[at] * self.activation.slope(g[at]);
            by_c[at] = by_after * f[at];
            by_h[at] = 0.0;
        }
    }
}

#[inline(always)]
fn split_mut(row: &mut [f32], units: usize) -> [&mut [f32]; 4] {
    let (i, rest) = row.split_at_mut(units);
    let (f, rest) = rest.split_at_mut(units);
    let (g, o) = rest.split_at_mut(units);
    [i, f, g, o]
}

#[inline(always)]
fn split(row: &[f32], units: usize) -> [&[f32]; 4] {
    [&row[..units], &row[units..2 * units], &row[2 * units..3 * units], &row[3 * units..4 * units]]
}

impl Cell for Long {
    const GATES: usize = 4;
    const MEMORY: bool = true;
    const KEEPS_ROWS: bool = true;

    fn numbers(self) -> usize {
        4
    }

    fn parts(self) -> &'static [Part] {
        const { &[Part::all(4)] }
    }

    fn forward(self, mut step: Forward<'_>) {
        step.samples.multiply(0, step.h, step.rows);
        if self.is_default() {
            vectorize_mut(
                #[inline(always)]
                || DEFAULT.remember(&mut step),
            );
        } else {
            vectorize_mut(
                #[inline(always)]
                || self.remember(&mut step),
            );
        }
    }

    fn backward(self, mut step: Backward<'_>) {
        if self.is_default() {
            vectorize_mut(
                #[inline(always)]
                || DEFAULT.trace(&mut step),
            );
        } else {
            vectorize_mut(
                #[inline(always)]
                || self.trace(&mut step),
            );
        }
        let Backward { samples, by_rows, by_h, .. } = step;
        samples.multiply_back(0, by_rows, by_h, super::super::microkernel::End::ADD);
    }
}
