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
mod operation;
mod products;
mod simple;
#[cfg(test)]
mod tests;

use burn::backend::DispatchTensor;
use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use crate::types::sequence::{Elementwise, Passed, Sequence};

use crate::flex::apply::{Kernel, Run, constant, operand};
use crate::flex::buffer::{tensor, values};
use backward::Gradients;
use cell::Cell;
use function::Functions;
use gated::Gated;
use long::Long;
use operation::{Operation, Saved, Tape, Way, kept};
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
