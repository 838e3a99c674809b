//! Recurrent layers: one operation takes all samples through all steps.
//!
//! The samples are split over the threads, which never wait for each other. A [cell](cell) says what happens in a step;
//! [`forward`] and [`backward`] take it through the sequence.

mod backward;
mod cell;
mod forward;
mod function;
mod gated;
mod long;
mod products;
mod simple;
#[cfg(test)]
mod tests;

use std::ops::Range;

use burn::backend::DispatchTensor;
use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use crate::types::sequence::{Elementwise, Passed, Sequence};

use crate::flex::apply::{Kernel, Run, constant, operand};
use crate::flex::buffer::{tensor, values};
use crate::flex::threads::{WORTH_A_THREAD, parts};
use backward::Gradients;
use cell::Cell;
use function::Functions;
use gated::Gated;
use long::Long;
use products::Rows;
use simple::Simple;

pub(crate) fn lstm(sequence: &Sequence<'_>, recurrent: Elementwise) -> Option<Passed> {
    let cell = Long(Functions { activation: sequence.activation, recurrent });
    let (operation, operands) = prepare::<_, 6>(cell, 4, sequence)?;
    Some(operation.clone().passed(operation.run(operands), sequence))
}

pub(crate) fn gru(sequence: &Sequence<'_>, recurrent: Elementwise, reset_after: bool) -> Option<Passed> {
    let functions = Functions { activation: sequence.activation, recurrent };
    let cell = Gated { functions, after: reset_after };
    let (operation, operands) = prepare::<_, 5>(cell, if reset_after { 6 } else { 3 }, sequence)?;
    Some(operation.clone().passed(operation.run(operands), sequence))
}

pub(crate) fn simple_rnn(sequence: &Sequence<'_>) -> Option<Passed> {
    let cell = Simple(Functions { activation: sequence.activation, recurrent: Elementwise::Sigmoid });
    let (operation, operands) = prepare::<_, 5>(cell, 1, sequence)?;
    Some(operation.clone().passed(operation.run(operands), sequence))
}

/// The operation for a cell, and its operands: the input, the kernels, the bias of so many numbers for each unit, and the
/// states.
fn prepare<C: Cell, const N: usize>(
    cell: C,
    biases: usize,
    sequence: &Sequence<'_>,
) -> Option<(Operation<C>, [DispatchTensor; N])> {
    let Sequence { x, kernel, recurrent_kernel, .. } = *sequence;
    let ([samples, steps, features], [units, columns]) = (x.dims(), recurrent_kernel.dims());
    let count = N - 4;
    let fits = columns == C::GATES * units
        && kernel.dims() == [features, columns]
        && sequence.bias.is_none_or(|bias| bias.dims() == [biases * units])
        && (sequence.states.is_empty() || sequence.states.len() == count)
        && sequence.states.iter().all(|state| state.dims() == [samples, units])
        && sequence.mask.is_none_or(|mask| mask.dims() == [samples, steps]);
    if !fits || steps == 0 || features == 0 || units == 0 {
        return None;
    }
    let mask = match sequence.mask {
        Some(mask) => Some(constant(&mask.clone().without_autodiff().float())?),
        None => None,
    };
    let device = x.device().without_autodiff();
    let mut operands = vec![operand(x)?, operand(kernel)?, operand(recurrent_kernel)?];
    operands.push(match sequence.bias {
        Some(bias) => operand(bias)?,
        None => operand(&Tensor::<1>::zeros([biases * units], &device))?,
    });
    for at in 0..count {
        operands.push(match sequence.states.get(at) {
            Some(state) => operand(state)?,
            None => operand(&Tensor::<2>::zeros([samples, units], &device))?,
        });
    }
    let way = Way {
        samples,
        steps,
        features,
        units,
        backwards: sequence.go_backwards,
        outputs: if sequence.return_sequences { steps } else { 1 },
        shows_memory: C::MEMORY && sequence.return_states,
    };
    Some((Operation { cell, way, mask }, operands.try_into().ok()?))
}

/// The sizes of a sequence, and how it is gone through.
#[derive(Clone, Copy, Debug)]
struct Way {
    samples: usize,
    steps: usize,
    features: usize,
    units: usize,
    backwards: bool,
    /// How many outputs are returned: all, or one.
    outputs: usize,
    /// Is the second state returned after them?
    shows_memory: bool,
}

impl Way {
    /// Are the outputs of all steps returned?
    fn returns_all(self) -> bool {
        self.outputs == self.steps
    }

    /// How many states the result has for each sample.
    fn slots(self) -> usize {
        self.outputs + usize::from(self.shows_memory)
    }

    /// Where the input of the steps is, in the order in which they are taken.
    fn times(self, steps: Range<usize>) -> impl Iterator<Item = usize> {
        steps.map(move |step| if self.backwards { self.steps - 1 - step } else { step })
    }

    /// The rows of a tensor `[samples, slots, width]`, for a part of the samples.
    fn rows(samples: usize, slots: usize, width: usize) -> Rows {
        Rows { width, slots, samples }
    }

    /// Into how many blocks the samples are split.
    fn blocks<C: Cell>(self) -> usize {
        let products = (self.features + self.units).saturating_mul(C::GATES * self.units);
        let work = products.saturating_mul(self.samples).saturating_mul(self.steps);
        if work >= 8 * WORTH_A_THREAD { parts(self.samples) } else { 1 }
    }
}

/// How many steps are prepared at once: enough for tiles of many rows, and few enough for the cache.
fn steps_at_once(samples: usize, steps: usize) -> usize {
    (96 / samples.max(1)).clamp(1, steps)
}

/// A cell that is taken through a sequence.
#[derive(Clone, Debug)]
struct Operation<C> {
    cell: C,
    way: Way,
    /// `[samples, steps]`.
    mask: Option<FlexTensor>,
}

/// What the backward pass needs: the operands, the result, and what the steps kept.
#[derive(Clone, Debug)]
struct Saved {
    operands: Vec<FlexTensor>,
    result: FlexTensor,
    tape: Tape,
}

/// What the steps kept: for each block of samples the rows, the second states, and the states where they are not in the
/// result. Each of them is `[steps, samples, …]`.
#[derive(Clone, Debug)]
struct Tape {
    values: FlexTensor,
    blocks: usize,
}

/// The values of a block of the tape.
struct Kept<T> {
    rows: T,
    c: T,
    h: T,
}

/// How many values the tape has for each sample and step: of the rows, the second states, and the states.
fn kept<C: Cell>(cell: C, way: Way) -> [usize; 3] {
    [
        if C::KEEPS_ROWS { cell.numbers() * way.units } else { 0 },
        if C::MEMORY { way.units } else { 0 },
        if way.returns_all() { 0 } else { way.units },
    ]
}

/// The samples of a block.
fn block(at: usize, blocks: usize, samples: usize) -> Range<usize> {
    at * samples / blocks..(at + 1) * samples / blocks
}

/// The values of these samples, each of which has as many.
fn of(samples: &Range<usize>, each: usize) -> Range<usize> {
    samples.start * each..samples.end * each
}

impl<C: Cell> Operation<C> {
    fn passed(&self, result: Tensor<3>, sequence: &Sequence<'_>) -> Passed {
        let Way { samples, units, outputs, shows_memory, .. } = self.way;
        let at = |slot: usize| result.clone().narrow(1, slot, 1).reshape([samples, units]);
        let mut states = Vec::new();
        if sequence.return_states {
            states.push(at(outputs - 1));
        }
        if shows_memory {
            states.push(at(outputs));
        }
        let outputs = if shows_memory { result.narrow(1, 0, outputs) } else { result };
        Passed { outputs, states }
    }

    fn compute(&self, operands: &[FlexTensor], tracked: bool) -> (FlexTensor, Option<Saved>) {
        let Way { samples, steps, units, .. } = self.way;
        let each = if tracked { steps * kept(self.cell, self.way).iter().sum::<usize>() } else { 0 };
        let blocks = self.way.blocks::<C>();
        let mut result = None;
        let tape = tensor([samples * each], |tape| {
            let y = tensor([samples, self.way.slots(), units], |y| {
                forward::forward(self, operands, blocks, y, tracked.then_some(tape));
            });
            result = Some(y);
        });
        let result = result.expect("it was computed");
        let saved = tracked.then(|| Saved {
            operands: operands.to_vec(),
            result: result.clone(),
            tape: Tape { values: tape, blocks },
        });
        (result, saved)
    }

    /// The gradients by the operands; those that are not wanted are empty, or numbers without meaning.
    fn gradients(&self, saved: &Saved, gradient: &FlexTensor, wanted: &[bool]) -> Vec<Option<FlexTensor>> {
        let Way { samples, steps, features, units, .. } = self.way;
        let shape = |at: usize| saved.operands[at].shape();
        let mut weights = None;
        let (mut by_x, mut by_c) = (None, None);
        let by_h = tensor([samples, units], |h| {
            by_c = Some(tensor([samples, if C::MEMORY { units } else { 0 }], |c| {
                by_x = Some(tensor([samples, steps, if wanted[0] { features } else { 0 }], |x| {
                    let by = Gradients { x, h, c };
                    weights = Some(backward::backward(self, saved, values(gradient), wanted, by));
                }));
            }));
        });
        let weights = weights.expect("they were computed");
        let of_weight = |values: &[f32], at: usize| tensor(shape(at), |to| to.copy_from_slice(values));
        let bias = self.cell.by_bias(weights.rows());
        let all = [
            by_x,
            Some(of_weight(weights.kernel(), 1)),
            Some(of_weight(weights.recurrent_kernel(), 2)),
            Some(of_weight(&bias, 3)),
            Some(by_h),
            by_c,
        ];
        all.into_iter().zip(wanted).map(|(gradient, &wanted)| gradient.filter(|_| wanted)).collect()
    }
}

macro_rules! kernels {
    ($($cell:ident $n:literal;)+) => {$(
        impl Kernel<$n> for Operation<$cell> {
            type Saved = Saved;

            fn forward(&self, operands: [FlexTensor; $n], tracked: bool) -> (FlexTensor, Option<Saved>) {
                self.compute(&operands, tracked)
            }

            fn backward(&self, saved: Saved, gradient: FlexTensor, wanted: [bool; $n]) -> [Option<FlexTensor>; $n] {
                let gradients = self.gradients(&saved, &gradient, &wanted);
                gradients.try_into().expect("there is one for each operand")
            }
        }
    )+};
}

kernels! {
    Gated 5;
    Long 6;
    Simple 5;
}
