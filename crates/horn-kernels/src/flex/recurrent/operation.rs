//! A cell that is taken through a sequence, and what is kept for the way back.

use std::ops::Range;

use burn::backend::flex::FlexTensor;

use crate::flex::recurrent::cell::Cell;
use crate::flex::recurrent::products::Rows;
use crate::flex::threads::{WORTH_A_THREAD, parts};

/// The sizes of a sequence, and how it is gone through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) samples: usize,
    pub(super) steps: usize,
    pub(super) features: usize,
    pub(super) units: usize,
    pub(super) backwards: bool,
    /// How many outputs are returned: all, or one.
    pub(super) outputs: usize,
    /// Is the second state returned after them?
    pub(super) shows_memory: bool,
}

impl Way {
    /// Are the outputs of all steps returned?
    pub(super) fn returns_all(self) -> bool {
        self.outputs == self.steps
    }

    /// How many states the result has for each sample.
    pub(super) fn slots(self) -> usize {
        self.outputs + usize::from(self.shows_memory)
    }

    /// Where the input of the steps is, in the order in which they are taken.
    pub(super) fn times(self, steps: Range<usize>) -> impl Iterator<Item = usize> {
        steps.map(move |step| if self.backwards { self.steps - 1 - step } else { step })
    }

    /// The rows of a tensor `[samples, slots, width]`, for a part of the samples.
    pub(super) fn rows(samples: usize, slots: usize, width: usize) -> Rows {
        Rows { width, slots, samples }
    }

    /// Into how many blocks the samples are split.
    pub(super) fn blocks<C: Cell>(self) -> usize {
        let products = (self.features + self.units).saturating_mul(C::GATES * self.units);
        let work = products.saturating_mul(self.samples).saturating_mul(self.steps);
        if work >= 8 * WORTH_A_THREAD { parts(self.samples) } else { 1 }
    }
}

/// How many steps are prepared at once: enough for tiles of many rows, and few enough for the cache.
pub(super) fn steps_at_once(samples: usize, steps: usize) -> usize {
    (96 / samples.max(1)).clamp(1, steps)
}

/// A cell that is taken through a sequence.
#[derive(Clone, Debug)]
pub(super) struct Operation<C> {
    pub(super) cell: C,
    pub(super) way: Way,
    /// `[samples, steps]`.
    pub(super) mask: Option<FlexTensor>,
}

/// What the backward pass needs: the operands, the result, and what the steps kept.
#[derive(Clone, Debug)]
pub(super) struct Saved {
    pub(super) operands: Vec<FlexTensor>,
    pub(super) result: FlexTensor,
    pub(super) tape: Tape,
}

/// What the steps kept: for each block of samples the rows, the second states, and the states where they are not in the
/// result. Each of them is `[steps, samples, …]`.
#[derive(Clone, Debug)]
pub(super) struct Tape {
    pub(super) values: FlexTensor,
    pub(super) blocks: usize,
}

/// The values of a block of the tape.
pub(super) struct Kept<T> {
    pub(super) rows: T,
    pub(super) c: T,
    pub(super) h: T,
}

/// How many values the tape has for each sample and step: of the rows, the second states, and the states.
pub(super) fn kept<C: Cell>(cell: C, way: Way) -> [usize; 3] {
    [
        if C::KEEPS_ROWS { cell.numbers() * way.units } else { 0 },
        if C::MEMORY { way.units } else { 0 },
        if way.returns_all() { 0 } else { way.units },
    ]
}

/// The samples of a block.
pub(super) fn block(at: usize, blocks: usize, samples: usize) -> Range<usize> {
    at * samples / blocks..(at + 1) * samples / blocks
}

/// The values of these samples, each of which has as many.
pub(super) fn of(samples: &Range<usize>, each: usize) -> Range<usize> {
    samples.start * each..samples.end * each
}
