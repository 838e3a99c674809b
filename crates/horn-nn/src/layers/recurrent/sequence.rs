//! The loop that takes every recurrent layer through a sequence.

use burn::module::Module;
use burn::tensor::{Bool, Device, Tensor};
use horn_kernels::Passed;

use crate::by_rank;
use crate::error::{Error, Result};
use crate::layer::call::CallContext;
use crate::layer::forward;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layers::recurrent::arguments::SequenceArguments;
use crate::layers::recurrent::cell::{Cell, CellModule, Started, constant_device, of_rank};
use crate::layers::recurrent::held::Held;
use crate::layers::recurrent::noise::Pass;
use crate::layers::recurrent::steps::{OF_STEP, one_after_the_other, one_beside_the_other, split};
use crate::layers::recurrent::whole::Whole;
use crate::memory;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape;
use crate::tensor::shape::Shape;

/// A built recurrent layer: a cell, and what the layer does with it.
#[derive(Module, Debug)]
pub(crate) struct Recurrent<C: Module, const D: usize> {
    cell: C,
    #[module(skip)]
    arguments: SequenceArguments,
    held: Held<D>,
}

impl SequenceArguments {
    /// The shapes of all outputs for a step's output and states of these samples' sizes.
    pub fn output_shapes(
        self,
        inputs: &[Shape],
        output: &[Option<usize>],
        states: &[Vec<Option<usize>>],
    ) -> Result<Vec<Shape>> {
        let (batch, steps) = (inputs[0].sizes()[0], inputs[0].sizes()[1]);
        let with_batch = |sample: &[Option<usize>]| Shape::new([&[batch], sample].concat());
        let given = &inputs[1..];
        let expected: Vec<Shape> = states.iter().map(|state| with_batch(state)).collect();
        let fit = given.iter().zip(&expected).all(|(given, state)| state.admits(given));
        let fit = given.is_empty() || fit && given.len() == expected.len();
        if !fit {
            return Err(Error::shape("the initial states do not fit the layer")
                .received(shape::list(given))
                .expected(shape::list(&expected))
                .hint("give one tensor for each state after the sequence, as in `.apply((&x, &h, &c))`"));
        }
        let output = match self.return_sequences {
            true => Shape::new([&[batch, steps], output].concat()),
            false => with_batch(output),
        };
        Ok(if self.return_state { [output].into_iter().chain(expected).collect() } else { vec![output] })
    }

    /// The shape of a step of a sequence of so many axes.
    pub fn step_shape(inputs: &[Shape], rank: usize) -> Result<Shape> {
        let [sequence, ..] = inputs else {
            return Err(Error::shape("the layer takes a sequence")
                .received("no input")
                .expected(format!("a tensor of {rank} axes: (None, steps, …, features)"))
                .hint("apply the layer to a tensor"));
        };
        if sequence.rank() != rank {
            return Err(Error::shape("the layer takes sequences of another rank")
                .received(sequence)
                .expected(format!("{rank} axes: (None, steps, …, features)"))
                .hint("put `Reshape` before it, or `return_sequences(true)` on the recurrent layer before it"));
        }
        Ok(sequence.of_step())
    }
}

impl<C: Module, const D: usize> Recurrent<C, D> {
    pub fn new(cell: C, arguments: SequenceArguments) -> Self {
        Self { cell, arguments, held: Held::new() }
    }
}

impl<C: CellModule<D>, const D: usize> Recurrent<C, D> {
    /// The states to start from, the mask that is used, and the one that is passed on.
    fn beginning(&self, sequence: &Signal, given: Vec<Signal>, call: &CallContext) -> Result<Beginning<D>> {
        let count = self.cell.states();
        let own = sequence.mask().cloned();
        if given.is_empty() {
            let held = if self.arguments.stateful { self.held.get() } else { Vec::new() };
            let batch = sequence.sizes()[0];
            if let Some(state) = held.iter().find(|state| state.dims()[0] != batch) {
                return Err(Error::shape("a stateful layer takes batches of one size")
                    .received(format!("a batch of {batch}"))
                    .expected(state.dims()[0])
                    .hint("leave the smaller batch out, or reset the states"));
            }
            return Ok(Beginning { states: held, mask: own.clone(), passed_on: own });
        }
        if given.len() != count {
            return Err(Error::shape("the layer takes another number of initial states")
                .received(given.len())
                .expected(count)
                .hint("give one tensor for each state after the sequence, as in `.apply((&x, &h, &c))`"));
        }
        let states = given.into_iter().map(|state| of_rank(state.value()?, "initial state")).collect::<Result<_>>()?;
        // As in Keras, a propagated mask is not for a layer that gets its states; one that the program gives is.
        Ok(Beginning { states, mask: own.clone().filter(|_| call.gives_masks()), passed_on: own })
    }

    /// All outputs in one operation, where there is a kernel for it.
    fn at_once(
        &self,
        x: &AnyTensor,
        states: &[Tensor<D>],
        mask: Option<&AnyTensor>,
        passed_on: Option<&AnyTensor>,
        call: &CallContext,
    ) -> Result<Option<Vec<Signal>>> {
        let chain = self.cell.chain();
        let ([cell], Ok(x)) = (&chain[..], x.clone().float::<3>()) else { return Ok(None) };
        let [batch, steps, _] = x.dims();
        if batch == 0 || steps == 0 {
            return Ok(None);
        }
        let device = constant_device(&x);
        let mask = mask.map(|mask| counting(mask.clone(), batch, steps, &device)).transpose()?;
        let states = states.iter().map(|state| of_rank(state.clone().into(), "state")).collect::<Result<Vec<_>>>()?;
        let whole = Whole { x: &x, states: &states, mask: mask.as_ref(), arguments: self.arguments };
        let pass = Pass { training: call.is_training(), alone: false };
        let Some(Passed { outputs, states }) = cell.at_once(&whole, pass) else { return Ok(None) };
        if self.arguments.stateful {
            let states = states.iter().map(|state| of_rank(state.clone().into(), "state"));
            self.held.set(states.collect::<Result<Vec<_>>>()?);
        }
        let mut signals = if self.arguments.return_sequences {
            vec![Signal::new(outputs).with_mask(passed_on.cloned())]
        } else {
            vec![Signal::new(outputs.squeeze_dim::<2>(1))]
        };
        if self.arguments.return_state {
            signals.extend(states.into_iter().map(Signal::new));
        }
        Ok(Some(signals))
    }

    /// Takes one cell of a chain through all steps, which lie one after the other along the batch axis.
    fn run(
        &self,
        cell: &dyn Cell<D>,
        x: Tensor<D>,
        states: Option<Vec<Tensor<D>>>,
        steps: &Steps<D>,
        last: bool,
        call: &mut CallContext,
    ) -> Result<Run<D>> {
        let pass = Pass { training: call.is_training(), alone: false };
        let Started { projected, zeros, mut step } = cell.start(x, steps.batch, pass, call)?;
        let mut states = states.unwrap_or(zeros);
        let mut inputs = split(projected, steps.batch);
        if steps.reversed {
            inputs.reverse();
        }
        let keeps_all = self.arguments.return_sequences || !last;
        let mut outputs: Vec<Tensor<D>> = Vec::new();
        for (at, input) in inputs.into_iter().enumerate() {
            let (mut output, mut new) = step(input, &states)?;
            if let Some(mask) = steps.masks.get(at) {
                let chosen =
                    |old: &Tensor<D>, new: Tensor<D>| old.clone().mask_where(mask.clone().expand(new.dims()), new);
                let instead = self.instead(&output, &states, outputs.last())?;
                output = chosen(&instead, output);
                new = states.iter().zip(new).map(|(old, new)| chosen(old, new)).collect();
            }
            states = new;
            if !keeps_all {
                outputs.clear();
            }
            outputs.push(output);
        }
        Ok(Run { outputs, states })
    }

    /// The output of a masked step.
    fn instead(&self, output: &Tensor<D>, states: &[Tensor<D>], before: Option<&Tensor<D>>) -> Result<Tensor<D>> {
        let zeros = || Tensor::zeros(output.dims(), &constant_device(output));
        match (self.arguments, states.first()) {
            (SequenceArguments { unroll: true, .. }, _) => Ok(before.cloned().unwrap_or_else(zeros)),
            (SequenceArguments { zero_output_for_mask: true, .. }, _) | (_, None) => Ok(zeros()),
            (_, Some(state)) if state.dims() == output.dims() => Ok(state.clone()),
            (_, Some(state)) => Err(Error::shape("a masked step repeats the first state, which is not an output")
                .received(format!("a state of shape {:?}", state.dims()))
                .expected(format!("{:?}", output.dims()))
                .hint("let the cell's first state be its output, or set `zero_output_for_mask(true)`")),
        }
    }
}

struct Beginning<const D: usize> {
    /// None where they are zeros.
    states: Vec<Tensor<D>>,
    mask: Option<AnyTensor>,
    passed_on: Option<AnyTensor>,
}

struct Run<const D: usize> {
    outputs: Vec<Tensor<D>>,
    states: Vec<Tensor<D>>,
}

/// How a sequence is gone through.
struct Steps<const D: usize> {
    batch: usize,
    /// Do the steps still lie from the first to the last, where the last is to be taken first?
    reversed: bool,
    /// The samples that are unmasked in each step, in the order in which they are taken; none where all are unmasked.
    masks: Vec<Tensor<D, Bool>>,
}

impl<C: CellModule<D>, const D: usize> Forward for Recurrent<C, D> {
    crate::many_signals!();

    fn call(&self, mut inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let given = inputs.split_off(1.min(inputs.len()));
        let [sequence] = forward::signals(inputs)?;
        let Beginning { states, mask, passed_on } = self.beginning(&sequence, given, call)?;
        let whole = sequence.value()?;
        if let Some(outputs) = self.at_once(&whole, &states, mask.as_ref(), passed_on.as_ref(), call)? {
            return Ok(outputs);
        }
        let (x, count) = one_after_the_other(whole)?;
        memory::check_workspace(memory::values(&[count, OF_STEP]), call.live)?;
        let mut x: Tensor<D> = of_rank(x, "sequence")?;
        let batch = x.dims()[0] / count;
        let masks = mask.map(|mask| step_masks(mask, batch, count, &constant_device(&x))).transpose()?;
        let mut masks = masks.unwrap_or_default();
        if self.arguments.go_backwards {
            masks.reverse();
        }
        let mut steps = Steps { batch, reversed: self.arguments.go_backwards, masks };

        let chain = self.cell.chain();
        let mut states = (!states.is_empty()).then(|| states.into_iter());
        let mut after = Vec::new();
        for (at, cell) in chain.iter().enumerate() {
            let own = states.as_mut().map(|states| states.by_ref().take(cell.states()).collect());
            let run = self.run(*cell, x, own, &steps, at + 1 == chain.len(), call)?;
            after.extend(run.states);
            x = match run.outputs.len() {
                1 => run.outputs.into_iter().next().expect("there is one"),
                _ => Tensor::cat(run.outputs, 0),
            };
            steps.reversed = false;
        }
        if self.arguments.stateful {
            self.held.set(after.iter().cloned());
        }

        let mut outputs = if self.arguments.return_sequences {
            vec![Signal::new(one_beside_the_other(x.into(), count)?).with_mask(passed_on)]
        } else {
            vec![Signal::new(x)]
        };
        if self.arguments.return_state {
            outputs.extend(after.into_iter().map(Signal::new));
        }
        Ok(outputs)
    }

    fn workspace(&self, inputs: &[Signal]) -> u64 {
        let sizes = inputs.first().map(Signal::sizes).unwrap_or_default();
        let [batch, steps, step @ ..] = &sizes[..] else { return 0 };
        // What all steps give to the gates is held a second time while the steps are apart, and about eight times in the
        // step that is computed.
        let widest = self.cell.chain().iter().map(|cell| cell.projected(step)).max().unwrap_or(0);
        widest.saturating_mul(memory::values(&[*batch, steps.saturating_mul(2).saturating_add(8)]))
    }

    fn states(&self) -> Vec<AnyTensor> {
        self.held.get().into_iter().map(AnyTensor::from).collect()
    }

    fn set_states(&self, states: &[AnyTensor]) -> Result<()> {
        let count = self.cell.states();
        if !states.is_empty() && (!self.arguments.stateful || states.len() != count) {
            return Err(Error::argument("the layer keeps no such states")
                .received(format!("{} states", states.len()))
                .expected(if self.arguments.stateful { format!("{count}") } else { "none: it is not stateful".into() })
                .hint("give back what `states` of the same layer has returned, or nothing to reset it"));
        }
        let states = states.iter().map(|state| of_rank(state.clone(), "state")).collect::<Result<Vec<_>>>()?;
        self.held.set(states);
        Ok(())
    }
}

/// The samples that are unmasked in each step, `[batch, steps]`.
fn counting(mask: AnyTensor, batch: usize, steps: usize, device: &Device) -> Result<Tensor<2, Bool>> {
    let sizes = mask.sizes();
    if sizes.len() < 2 || sizes[..2] != [batch, steps] {
        return Err(Error::shape("the mask does not fit the sequence")
            .received(format!("the shape {sizes:?}"))
            .expected(format!("[{batch}, {steps}]"))
            .hint("give a mask with a boolean for each timestep of each sample"));
    }
    // Where a step has several masks, it counts if any of them says so.
    let inner = sizes[2..].iter().product::<usize>();
    let mask: Tensor<2, Bool> = by_rank!(bool: mask, |mask| mask.reshape([batch * steps, inner]))?;
    let mask = if inner == 1 { mask } else { mask.any_dim(1) };
    Ok(mask.reshape([batch, steps]).to_device(device))
}

/// The same as tensors that go with the states.
fn step_masks<const D: usize>(
    mask: AnyTensor,
    batch: usize,
    steps: usize,
    device: &Device,
) -> Result<Vec<Tensor<D, Bool>>> {
    let mask = counting(mask, batch, steps, device)?.swap_dims(0, 1);
    let mut sizes = [1; D];
    sizes[0] = batch;
    Ok((0..steps).map(|at| mask.clone().narrow(0, at, 1).reshape(sizes)).collect())
}
