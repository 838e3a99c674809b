//! Through a sequence, from the first step to the last.

use std::ops::Range;

use burn::backend::flex::FlexTensor;

use crate::flex::buffer::{Scratch, values};
use crate::flex::microkernel::{End, Packed};
use crate::flex::recurrent::cell::{Cell, Forward, PackedPart, Samples};
use crate::flex::recurrent::operation::{Kept, Operation, Way, block, kept, of, steps_at_once};
use crate::flex::recurrent::products::multiply;
use crate::flex::threads::{Shared, split};

/// Writes the result, and the tape where there is one, block by block.
pub(super) fn forward<C: Cell>(
    operation: &Operation<C>,
    operands: &[FlexTensor],
    blocks: usize,
    y: &mut [f32],
    tape: Option<&mut [f32]>,
) {
    let way = operation.way;
    let bias = operation.cell.bias_of_rows(values(&operands[3]));
    let columns = C::GATES * way.units;
    let pass = Pass {
        operation,
        operands,
        kernel: &Packed::row_major(values(&operands[1]), columns),
        bias: &Packed::row_major(&bias[..columns], columns),
        parts: &PackedPart::pack(operation.cell, values(&operands[2]), &bias, way.units),
    };
    let per_sample = way.steps * kept(operation.cell, way).iter().sum::<usize>();
    let y = Shared::new(y);
    let tape = tape.map(Shared::new);
    split(blocks, |_, range| {
        for at in range {
            let samples = block(at, blocks, way.samples);
            // SAFETY: blocks do not overlap.
            let y = unsafe { y.slice(of(&samples, way.slots() * way.units)) };
            // SAFETY: as above.
            let tape = tape.map(|tape| unsafe { tape.slice(of(&samples, per_sample)) });
            pass.run(samples, y, tape);
        }
    });
}

/// Cuts the tape of a block into its three parts.
fn cut(tape: &mut [f32], [rows, c, _]: [usize; 3], count: usize) -> Kept<&mut [f32]> {
    let (rows, rest) = tape.split_at_mut(rows * count);
    let (c, h) = rest.split_at_mut(c * count);
    Kept { rows, c, h }
}

/// What all blocks share.
struct Pass<'a, C> {
    operation: &'a Operation<C>,
    operands: &'a [FlexTensor],
    kernel: &'a Packed,
    bias: &'a Packed,
    parts: &'a [PackedPart],
}

impl<C: Cell> Pass<'_, C> {
    fn run(&self, samples: Range<usize>, y: &mut [f32], tape: Option<&mut [f32]>) {
        let Self { operation: Operation { cell, way, mask }, operands, parts, .. } = self;
        let Way { steps, features, units, .. } = *way;
        let (count, row) = (samples.len(), cell.numbers() * units);
        if count == 0 {
            return;
        }
        let part = |at: usize, each: usize| &values(&operands[at])[of(&samples, each)];
        let at_once = steps_at_once(count, steps);
        // Without a tape its parts are empty.
        let each = if tape.is_some() { kept(*cell, *way) } else { [0; 3] };
        let tape = cut(tape.unwrap_or_default(), each, steps * count);

        let [mut input, mut own_rows, mut aside] =
            [at_once * count * features, at_once * count * row, count * units].map(Scratch::new);
        let mut h = part(4, units).to_vec();
        let mut c = if C::MEMORY { part(5, units).to_vec() } else { Vec::new() };
        let masks = mask.as_ref().map(|mask| step_masks(*way, &values(mask)[of(&samples, steps)], count));

        for start in (0..steps).step_by(at_once) {
            let now = start..(start + at_once).min(steps);
            let many = now.len() * count;
            let input = &mut input.values()[..many * features];
            Way::rows(count, steps, features).gather(part(0, steps * features), way.times(now.clone()), input);
            let rows = match tape.rows.get_mut(start * count * row..now.end * count * row) {
                Some(rows) => rows,
                None => &mut own_rows.values()[..many * row],
            };
            multiply(self.kernel, (input, features), (rows, row), many, Some(self.bias), End::WRITE);
            for (step, rows) in now.zip(rows.chunks_exact_mut(count * row)) {
                let mask = masks.as_ref().map(|masks| &masks[step * count..][..count]);
                let samples = Samples { count, units, row, parts, mask };
                cell.forward(Forward { samples, rows, h: &mut h, c: &mut c, aside: aside.values() });
                if way.returns_all() {
                    Way::rows(count, way.slots(), units).scatter(&h, step..step + 1, y);
                }
                let state = step * count * units..(step + 1) * count * units;
                for (state, kept) in [(&c, tape.c.get_mut(state.clone())), (&h, tape.h.get_mut(state))] {
                    if let Some(kept) = kept {
                        kept.copy_from_slice(state);
                    }
                }
            }
        }
        let slots = Way::rows(count, way.slots(), units);
        if !way.returns_all() {
            slots.scatter(&h, 0..1, y);
        }
        if way.shows_memory {
            slots.scatter(&c, way.outputs..way.outputs + 1, y);
        }
    }
}

/// The masks of the steps, one after the other, in the order in which they are taken.
pub(super) fn step_masks(way: Way, mask: &[f32], count: usize) -> Vec<f32> {
    let mut masks = vec![0.0; way.steps * count];
    Way::rows(count, way.steps, 1).gather(mask, way.times(0..way.steps), &mut masks);
    masks
}
