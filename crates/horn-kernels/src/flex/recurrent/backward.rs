//! Back through a sequence, from the last step to the first.

use std::ops::Range;

use crate::flex::buffer::{Scratch, values};
use crate::flex::loops::add_column_sums;
use crate::flex::microkernel::{End, Packed};
use crate::flex::recurrent::cell::{Backward, Cell, PackedPart, Samples};
use crate::flex::recurrent::forward::step_masks;
use crate::flex::recurrent::operation::{Kept, Operation, Saved, Way, block, kept, of, steps_at_once};
use crate::flex::recurrent::products::{SLACK, add_transposed, multiply};
use crate::flex::threads::{Shared, split};

/// The gradients that are different for each sample, of all samples or of a block.
pub(super) struct Gradients<'a> {
    /// Empty if it is not wanted.
    pub x: &'a mut [f32],
    pub h: &'a mut [f32],
    /// Empty if there is no second state.
    pub c: &'a mut [f32],
}

/// The gradients by the weights: by the kernel, by the recurrent kernel, and by the rows, from which that by the bias
/// follows.
pub(super) struct ByWeights {
    values: Vec<f32>,
    sizes: [usize; 3],
}

impl ByWeights {
    pub(super) fn kernel(&self) -> &[f32] {
        &self.values[..self.sizes[0]]
    }

    pub(super) fn recurrent_kernel(&self) -> &[f32] {
        &self.values[self.sizes[0]..][..self.sizes[1]]
    }

    pub(super) fn rows(&self) -> &[f32] {
        &self.values[self.sizes[0] + self.sizes[1]..]
    }
}

/// Writes the gradients that are different for each sample, and returns those by the weights.
pub(super) fn backward<C: Cell>(
    operation: &Operation<C>,
    saved: &Saved,
    gradient: &[f32],
    wanted: &[bool],
    by: Gradients<'_>,
) -> ByWeights {
    let Way { samples, steps, features, units, .. } = operation.way;
    let columns = C::GATES * units;
    let sizes = [features * columns, units * columns, operation.cell.numbers() * units];
    let size = sizes.iter().sum::<usize>();
    let kernel = values(&saved.operands[1]);
    let pass = Pass {
        operation,
        saved,
        gradient,
        wanted,
        kernel: &Packed::new(columns, features, |row, column| kernel[column * columns + row]),
        parts: &PackedPart::pack_transposed(operation.cell, values(&saved.operands[2]), units),
        sizes,
    };

    let blocks = saved.tape.blocks;
    let mut partial = Scratch::zeros(blocks * size);
    let of_block = |at: usize| at * size..(at + 1) * size;
    let (each_x, each_c) = (by.x.len() / samples.max(1), by.c.len() / samples.max(1));
    let (x, h, c) = (Shared::new(by.x), Shared::new(by.h), Shared::new(by.c));
    let shared = Shared::new(partial.values());
    split(blocks, |_, range| {
        for at in range {
            let samples = block(at, blocks, samples);
            // SAFETY: blocks do not overlap.
            let (by, weights) = unsafe {
                let (x, c) = (x.slice(of(&samples, each_x)), c.slice(of(&samples, each_c)));
                (Gradients { x, h: h.slice(of(&samples, units)), c }, shared.slice(of_block(at)))
            };
            pass.run(samples, by, weights);
        }
    });
    debug_assert!(each_x == 0 || each_x == steps * features);

    // In the order of the blocks, so that the sum is always the same.
    let mut values = partial.values()[..size].to_vec();
    for partial in partial.values()[size..].chunks_exact(size) {
        add_column_sums(partial, size, 0, &mut values);
    }
    ByWeights { values, sizes }
}

/// Cuts the tape of a block into its three parts.
fn cut(tape: &[f32], [rows, c, _]: [usize; 3], count: usize) -> Kept<&[f32]> {
    let (rows, rest) = tape.split_at(rows * count);
    let (c, h) = rest.split_at(c * count);
    Kept { rows, c, h }
}

/// What all blocks share.
struct Pass<'a, C> {
    operation: &'a Operation<C>,
    saved: &'a Saved,
    gradient: &'a [f32],
    wanted: &'a [bool],
    kernel: &'a Packed,
    parts: &'a [PackedPart],
    /// Those of the gradients by the weights.
    sizes: [usize; 3],
}

impl<C: Cell> Pass<'_, C> {
    fn run(&self, samples: Range<usize>, by: Gradients<'_>, by_weights: &mut [f32]) {
        let Self { operation: Operation { cell, way, mask }, saved, parts, .. } = self;
        let Way { steps, features, units, .. } = *way;
        let (count, row) = (samples.len(), cell.numbers() * units);
        if count == 0 {
            return;
        }
        let part = |at: usize, each: usize| &values(&saved.operands[at])[of(&samples, each)];
        let (each, at_once) = (kept(*cell, *way), steps_at_once(count, steps));
        let tape = &values(&saved.tape.values)[of(&samples, steps * each.iter().sum::<usize>())];
        let tape = cut(tape, each, steps * count);
        let slots = Way::rows(count, way.slots(), units);
        let gradient = &self.gradient[of(&samples, way.slots() * units)];
        let result = &values(&saved.result)[of(&samples, way.slots() * units)];
        let masks = mask.as_ref().map(|mask| step_masks(*way, &values(mask)[of(&samples, steps)], count));

        let many = at_once * count;
        let state = count * units;
        let [mut by_rows, mut states, mut input, mut aside] =
            [many * row + SLACK, (at_once + 1) * state, many * features, many * units].map(Scratch::new);
        let (by_rows, states) = (by_rows.values(), states.values());
        by.h.fill(0.0);
        by.c.fill(0.0);
        if way.shows_memory {
            slots.add(gradient, way.outputs, by.c);
        }
        let mut end = steps;
        while end > 0 {
            let start = end.saturating_sub(at_once);
            // The states before the first of these steps, and after each.
            for (step, h) in (start..=end).zip(states.chunks_exact_mut(state)) {
                match step {
                    0 => h.copy_from_slice(part(4, units)),
                    step if way.returns_all() => slots.gather(result, step - 1..step, h),
                    step => h.copy_from_slice(&tape.h[(step - 1) * state..][..state]),
                }
            }
            for step in (start..end).rev() {
                if way.returns_all() || step + 1 == steps {
                    slots.add(gradient, step.min(way.outputs - 1), by.h);
                }
                let at = step - start;
                let mask = masks.as_ref().map(|masks| &masks[step * count..][..count]);
                let c = |after: usize| match after {
                    _ if !C::MEMORY => &[][..],
                    0 => part(5, units),
                    after => &tape.c[(after - 1) * state..][..state],
                };
                cell.backward(Backward {
                    samples: Samples { count, units, row, parts, mask },
                    rows: if C::KEEPS_ROWS { &tape.rows[step * count * row..][..count * row] } else { &[] },
                    h: [0, 1].map(|after| &states[(at + after) * state..][..state]),
                    c: [c(step), c(step + 1)],
                    by_rows: &mut by_rows[at * count * row..][..count * row],
                    by_h: &mut *by.h,
                    by_c: &mut *by.c,
                    aside: aside.values(),
                });
            }
            let now = start..end;
            let rows = if C::KEEPS_ROWS { &tape.rows[start * count * row..end * count * row] } else { &[] };
            let at = Steps { now, count, rows, by_rows, states };
            self.add_by_weights(&at, part(0, steps * features), input.values(), aside.values(), by_weights);
            if !by.x.is_empty() {
                let many = at.now.len() * count;
                let by_input = &mut input.values()[..many * features];
                multiply(self.kernel, (by_rows, row), (by_input, features), many, None, End::WRITE);
                Way::rows(count, steps, features).scatter(by_input, way.times(at.now), by.x);
            }
            end = start;
        }
    }

    /// Adds what some steps say of the weights.
    fn add_by_weights(&self, steps: &Steps<'_>, x: &[f32], input: &mut [f32], aside: &mut [f32], to: &mut [f32]) {
        let Operation { cell, way, .. } = self.operation;
        let Way { features, units, .. } = *way;
        let Steps { now, count, rows, by_rows, states } = steps;
        let (many, columns, row) = (now.len() * count, C::GATES * units, cell.numbers() * units);
        let (kernel, rest) = to.split_at_mut(self.sizes[0]);
        let (recurrent_kernel, by_bias) = rest.split_at_mut(self.sizes[1]);
        if self.wanted[1] {
            Way::rows(*count, way.steps, features).gather(x, way.times(now.clone()), &mut input[..many * features]);
            add_transposed((input, features), (by_rows, row), (kernel, columns), many, columns);
        }
        if self.wanted[2] {
            for part in cell.parts() {
                let h = if part.reset {
                    let aside = &mut aside[..many * units];
                    cell.reset(rows, &states[..many * units], aside, units);
                    &*aside
                } else {
                    &states[..many * units]
                };
                let by = &by_rows[part.place * units..];
                let to = &mut recurrent_kernel[part.column * units..];
                add_transposed((h, units), (by, row), (to, columns), many, part.columns * units);
            }
        }
        if self.wanted[3] {
            add_column_sums(&by_rows[..many * row], by_bias.len(), 0, by_bias);
        }
    }
}

/// Some steps of a block, which the gradients by the weights take at once.
struct Steps<'a> {
    now: Range<usize>,
    /// How many samples there are.
    count: usize,
    rows: &'a [f32],
    by_rows: &'a [f32],
    /// The states before the first of the steps, and after each.
    states: &'a [f32],
}
