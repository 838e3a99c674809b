//! Gated recurrent units.

use crate::flex::microkernel::End;
use crate::flex::recurrent::cell::{Backward, Cell, Forward, Part, numbers, numbers_mut};
use crate::flex::recurrent::function::Functions;

/// With the gates z, r and n: `h' = z · h + (1 - z) · n`, where `n = activation(xn + r · hn)`, or without `after`
/// `activation(xn + (r · h) · kernel of n)`. The fourth number of a row is `hn`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gated {
    pub functions: Functions,
    /// Is the state reset after its product, and not before?
    pub after: bool,
}

/// Which part of the recurrent kernel is that of n.
const NEW: usize = 1;

#[inline(always)]
fn renew_after(functions: Functions, [z, r, n, s]: [&mut [f32]; 4], h: &mut [f32]) {
    let units = h.len();
    let (z, r, n, s) = (&mut z[..units], &mut r[..units], &mut n[..units], &mut s[..units]);
    for at in 0..units {
        z[at] = functions.recurrent.value(z[at]);
        r[at] = functions.recurrent.value(r[at]);
        n[at] = functions.activation.value(r[at].mul_add(s[at], n[at]));
        h[at] = z[at].mul_add(h[at] - n[at], n[at]);
    }
}

#[inline(always)]
fn open(functions: Functions, [z, r, _]: [&mut [f32]; 3], h: &[f32], reset: &mut [f32]) {
    let units = h.len();
    let (z, r, reset) = (&mut z[..units], &mut r[..units], &mut reset[..units]);
    for at in 0..units {
        z[at] = functions.recurrent.value(z[at]);
        r[at] = functions.recurrent.value(r[at]);
        reset[at] = r[at] * h[at];
    }
}

#[inline(always)]
fn renew(functions: Functions, [z, _, n]: [&mut [f32]; 3], h: &mut [f32]) {
    let units = h.len();
    let (z, n) = (&z[..units], &mut n[..units]);
    for at in 0..units {
        n[at] = functions.activation.value(n[at]);
        h[at] = z[at].mul_add(h[at] - n[at], n[at]);
    }
}

#[inline(always)]
fn trace_after(
    functions: Functions,
    [z, r, n, s]: [&[f32]; 4],
    h: &[f32],
    [by_z, by_r, by_n, by_s]: [&mut [f32]; 4],
    by_h: &mut [f32],
) {
    let units = h.len();
    let (z, r, n, s, by_h) = (&z[..units], &r[..units], &n[..units], &s[..units], &mut by_h[..units]);
    let (by_z, by_r) = (&mut by_z[..units], &mut by_r[..units]);
    let (by_n, by_s) = (&mut by_n[..units], &mut by_s[..units]);
    for at in 0..units {
        let by_new = by_h[at] * (1.0 - z[at]) * functions.activation.slope(n[at]);
        by_z[at] = by_h[at] * (h[at] - n[at]) * functions.recurrent.slope(z[at]);
        by_r[at] = by_new * s[at] * functions.recurrent.slope(r[at]);
        by_n[at] = by_new;
        by_s[at] = by_new * r[at];
        by_h[at] *= z[at];
    }
}

#[inline(always)]
fn trace_renewal(
    functions: Functions,
    [z, _, n]: [&[f32]; 3],
    h: &[f32],
    [by_z, _, by_n]: [&mut [f32]; 3],
    by_h: &mut [f32],
) {
    let units = h.len();
    let (z, n, by_h) = (&z[..units], &n[..units], &mut by_h[..units]);
    let (by_z, by_n) = (&mut by_z[..units], &mut by_n[..units]);
    for at in 0..units {
        by_n[at] = by_h[at] * (1.0 - z[at]) * functions.activation.slope(n[at]);
        by_z[at] = by_h[at] * (h[at] - n[at]) * functions.recurrent.slope(z[at]);
        by_h[at] *= z[at];
    }
}

#[inline(always)]
fn trace_reset(functions: Functions, r: &[f32], h: &[f32], by_reset: &[f32], by_r: &mut [f32], by_h: &mut [f32]) {
    let units = h.len();
    let (r, by_reset) = (&r[..units], &by_reset[..units]);
    let (by_r, by_h) = (&mut by_r[..units], &mut by_h[..units]);
    for at in 0..units {
        by_r[at] = by_reset[at] * h[at] * functions.recurrent.slope(r[at]);
        by_h[at] = by_reset[at].mul_add(r[at], by_h[at]);
    }
}

impl Gated {
    fn forward_after(self, step: Forward<'_>) {
        let Forward { samples, rows, h, .. } = step;
        samples.multiply(NEW, h, rows);
        self.functions.vectorize(
            #[inline(always)]
            |functions| {
                for sample in samples.counting() {
                    let gates = numbers_mut(&mut rows[samples.row_of(sample)], samples.units);
                    renew_after(functions, gates, &mut h[samples.state_of(sample)]);
                }
            },
        );
    }

    fn forward_before(self, step: Forward<'_>) {
        let Forward { samples, rows, h, aside, .. } = step;
        // Of a sample that does not count, any number is good.
        aside.fill(0.0);
        self.functions.vectorize(
            #[inline(always)]
            |functions| {
                for sample in samples.counting() {
                    let state = samples.state_of(sample);
                    let gates = numbers_mut(&mut rows[samples.row_of(sample)], samples.units);
                    open(functions, gates, &h[state.clone()], &mut aside[state]);
                }
            },
        );
        samples.multiply(NEW, aside, rows);
        self.functions.vectorize(
            #[inline(always)]
            |functions| {
                for sample in samples.counting() {
                    let gates = numbers_mut(&mut rows[samples.row_of(sample)], samples.units);
                    renew(functions, gates, &mut h[samples.state_of(sample)]);
                }
            },
        );
    }

    fn backward_after(self, step: Backward<'_>) {
        let Backward { samples, rows, h: [h, _], by_rows, by_h, .. } = step;
        self.functions.vectorize(
            #[inline(always)]
            |functions| {
                for sample in samples.counting() {
                    let (row, state) = (samples.row_of(sample), samples.state_of(sample));
                    let gates = numbers(&rows[row.clone()], samples.units);
                    let by_gates = numbers_mut(&mut by_rows[row], samples.units);
                    trace_after(functions, gates, &h[state.clone()], by_gates, &mut by_h[state]);
                }
            },
        );
        samples.multiply_back(NEW, by_rows, by_h, End::ADD);
        samples.multiply_back(0, by_rows, by_h, End::ADD);
    }

    fn backward_before(self, step: Backward<'_>) {
        let Backward { samples, rows, h: [h, _], by_rows, by_h, aside, .. } = step;
        self.functions.vectorize(
            #[inline(always)]
            |functions| {
                for sample in samples.counting() {
                    let (row, state) = (samples.row_of(sample), samples.state_of(sample));
                    let gates = numbers(&rows[row.clone()], samples.units);
                    let by_gates = numbers_mut(&mut by_rows[row], samples.units);
                    trace_renewal(functions, gates, &h[state.clone()], by_gates, &mut by_h[state]);
                }
            },
        );
        samples.multiply_back(NEW, by_rows, aside, End::WRITE);
        self.functions.vectorize(
            #[inline(always)]
            |functions| {
                for sample in samples.counting() {
                    let (row, state) = (samples.row_of(sample), samples.state_of(sample));
                    let [_, r, _]: [_; 3] = numbers(&rows[row.clone()], samples.units);
                    let [_, by_r, _]: [_; 3] = numbers_mut(&mut by_rows[row], samples.units);
                    let by_reset = &aside[state.clone()];
                    trace_reset(functions, r, &h[state.clone()], by_reset, by_r, &mut by_h[state]);
                }
            },
        );
        samples.multiply_back(0, by_rows, by_h, End::ADD);
    }
}

impl Cell for Gated {
    const GATES: usize = 3;
    const MEMORY: bool = false;
    const KEEPS_ROWS: bool = true;

    fn numbers(self) -> usize {
        if self.after { 4 } else { 3 }
    }

    fn parts(self) -> &'static [Part] {
        const GATES: Part = Part { reset: false, place: 0, column: 0, columns: 2 };
        if self.after {
            const { &[GATES, Part { reset: false, place: 3, column: 2, columns: 1 }] }
        } else {
            const { &[GATES, Part { reset: true, place: 2, column: 2, columns: 1 }] }
        }
    }

    /// With `after` there are the biases of the input and then those of the state, which only n keeps apart.
    fn bias_of_rows(self, bias: &[f32]) -> Vec<f32> {
        if !self.after {
            return bias.to_vec();
        }
        let units = bias.len() / 6;
        let (input, state) = bias.split_at(3 * units);
        let gates = input.iter().zip(state).map(|(input, state)| input + state).take(2 * units);
        gates.chain(input[2 * units..].iter().copied()).chain(state[2 * units..].iter().copied()).collect()
    }

    fn by_bias(self, by_rows: &[f32]) -> Vec<f32> {
        if !self.after {
            return by_rows.to_vec();
        }
        let units = by_rows.len() / 4;
        [&by_rows[..3 * units], &by_rows[..2 * units], &by_rows[3 * units..]].concat()
    }

    fn forward(self, step: Forward<'_>) {
        step.samples.multiply(0, step.h, step.rows);
        if self.after { self.forward_after(step) } else { self.forward_before(step) }
    }

    fn backward(self, step: Backward<'_>) {
        step.samples.clear_others(step.by_rows);
        if self.after { self.backward_after(step) } else { self.backward_before(step) }
    }

    fn reset(self, rows: &[f32], h: &[f32], to: &mut [f32], units: usize) {
        let rows = rows.chunks_exact(self.numbers() * units);
        for ((row, h), to) in rows.zip(h.chunks_exact(units)).zip(to.chunks_exact_mut(units)) {
            for ((to, r), h) in to.iter_mut().zip(&row[units..]).zip(h) {
                *to = r * h;
            }
        }
    }
}
