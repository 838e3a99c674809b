//! The forward pass of a model: signals are passed from call to call.

use crate::by_rank;
use crate::error::{Error, Result};
use crate::graph::masks;
use crate::graph::plan::{Place, PlannedCall, by_input};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::{CallContext, Mode};
use crate::layer::checks;
use crate::layer::signal::{Logits, Signal};
use crate::memory;
use crate::model::model::Model;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

impl Model {
    /// Computes the output for a batch, for a model with one input and one output.
    ///
    /// # Errors
    ///
    /// If the shape of the batch does not match [`input_shape`](Self::input_shape).
    pub fn forward(&self, input: AnyTensor, mode: Mode) -> Result<AnyTensor> {
        self.single(input, mode)?.value()
    }

    /// Computes the logits, if the model ends in a softmax or a sigmoid; else the output.
    ///
    /// # Errors
    ///
    /// As for [`forward`](Self::forward).
    pub fn logits(&self, input: AnyTensor, mode: Mode) -> Result<Logits> {
        self.single(input, mode)?.logits()
    }

    fn single(&self, input: AnyTensor, mode: Mode) -> Result<Signal> {
        let [output] = crate::layer::forward::signals(self.call(vec![input.into()], &mut CallContext::new(mode))?)?;
        Ok(output)
    }

    /// Computes all outputs for a batch from all inputs, in the order of the model.
    ///
    /// A call of a layer that was given a mode, by [`in_mode`](crate::SharedLayer::in_mode), is in this mode, as in
    /// Keras's `model(x)`. With [`CallContext::throughout`] it is not, as in Keras's `fit`, `evaluate` and `predict`.
    ///
    /// # Errors
    ///
    /// If the number of inputs differs, or a shape does not match.
    pub fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let plan = &self.graph.plan;
        let is_planned = |(planned, input): (&Shape, &Signal)| {
            planned.is_strings() == input.is_strings() && input.with_sizes(|sizes| is_as_planned(planned, sizes))
        };
        if inputs.len() != plan.inputs.len() || !self.input_shapes().zip(&inputs).all(is_planned) {
            self.check_inputs(&inputs.iter().map(Signal::shape).collect::<Vec<_>>())?;
        }
        let mut values: Vec<Vec<Option<Signal>>> = vec![Vec::new(); plan.calls.len()];
        let outer = call.live;
        for ((&at, input), shape) in plan.inputs.iter().zip(inputs).zip(self.input_shapes()) {
            let input = input.materialized()?.with_rank(shape.rank())?;
            values[at] = if input.is_strings() {
                vec![Some(input)]
            } else {
                self.layers[plan.calls[at].layer].call(vec![input], call)?.into_iter().map(Some).collect()
            };
            call.live = call.live.saturating_add(held(&values[at]));
        }
        for (at, planned) in plan.calls.iter().enumerate() {
            if planned.inputs.is_empty() {
                continue;
            }
            call.count().map_err(|error| error.at(format!("model {:?}", self.name())))?;
            let last_reads = &self.graph.last_reads[at];
            // Not collected into a `Result`, which takes memory for more than there are: it shows in a single prediction.
            let mut taken = Vec::with_capacity(planned.inputs.len());
            for (&place, &last) in planned.inputs.iter().zip(last_reads) {
                taken.push(read(&mut values, place, last)?);
            }
            let read_last = taken.iter().zip(last_reads).filter(|(_, last)| **last);
            let done = read_last.map(|(signal, _)| signal.count()).fold(0, u64::saturating_add);
            let masks = taken.split_off(taken.len() - planned.masked.len());
            let taken = self.masked(planned, taken, masks).map_err(|error| error.at(self.location(planned.layer)))?;
            self.check_call(planned, &taken)
                .and_then(|()| self.check_memory(planned, &taken, call.live))
                .map_err(|error| error.at(self.location(planned.layer)))?;
            values[at] = call
                .in_mode(planned.mode, |call| {
                    call.with_masks(planned.gives_masks, |call| {
                        call.with_options(planned.called_as.as_ref().map(|called| called.options.clone()), |call| {
                            self.run(planned.layer, taken, call)
                        })
                    })
                })?
                .into_iter()
                .map(Some)
                .collect();
            call.live = call.live.saturating_sub(done).saturating_add(held(&values[at]));
            if !plan.keeps_masks && plan.layers[planned.layer].layer.conventions().removes_masks {
                planned.inputs.iter().for_each(|&place| remove_mask(&mut values, place));
            }
        }
        call.live = outer;
        plan.outputs.iter().map(|&place| read(&mut values, place, false)).collect()
    }

    /// Checks that there is memory for what a layer computes: as many values as its outputs have, or as its inputs, from which
    /// others are made on the way to a small output.
    fn check_memory(&self, planned: &PlannedCall, inputs: &[Signal], live: u64) -> Result<()> {
        let batch = inputs.first().and_then(|input| input.with_sizes(|sizes| sizes.first().copied())).unwrap_or(1);
        let own;
        let is_open = planned.output_shapes.iter().any(|shape| shape.sample().contains(&None));
        let outputs = if is_open {
            let shapes = shapes_of(planned, inputs);
            own = self.graph.plan.layers[planned.layer].layer.output_shapes(&shapes)?;
            &own
        } else {
            &planned.output_shapes
        };
        let values = |shape: &Shape| {
            let samples = shape.batch().unwrap_or(batch) as u64;
            shape.sample().iter().fold(samples, |values, size| values.saturating_mul(size.unwrap_or(1) as u64))
        };
        let outputs = outputs.iter().map(values).fold(0, u64::saturating_add);
        let inputs = inputs.iter().map(Signal::count).fold(0, u64::saturating_add);
        memory::check_values(outputs, inputs, live)
    }

    /// The inputs of a layer with the masks that are call arguments.
    fn masked(&self, planned: &PlannedCall, mut inputs: Vec<Signal>, masks: Vec<Signal>) -> Result<Vec<Signal>> {
        if masks.is_empty() {
            return Ok(inputs);
        }
        let layer = self.graph.plan.description(planned);
        let shapes: Vec<Shape> = inputs.iter().map(Signal::shape).collect();
        let mut of_masks = by_input(&planned.masked, masks.iter().map(Signal::shape));
        of_masks.resize(inputs.len(), None);
        let check = if planned.gives_masks { masks::check_given } else { masks::check_propagated };
        check(layer, &shapes, &of_masks)?;
        for (&at, mask) in planned.masked.iter().zip(masks) {
            let mask = by_rank!(mask.value()?, |mask| AnyTensor::from(mask.not_equal_elem(0.0)))?;
            inputs[at] = inputs[at].clone().with_mask(Some(mask));
        }
        Ok(inputs)
    }

    /// Checks the shapes of a layer's inputs, if they were unknown when the model was built, or differ from the output
    /// shape of the layer before, as for `RandomCrop` while it does not crop.
    fn check_call(&self, planned: &PlannedCall, inputs: &[Signal]) -> Result<()> {
        let pairs = || planned.input_shapes.iter().zip(inputs);
        if pairs().all(|(planned, input)| input.with_sizes(|sizes| is_as_planned(planned, sizes))) {
            return Ok(());
        }
        let layer = self.graph.plan.description(planned);
        let shapes = shapes_of(planned, inputs);
        checks::output_shapes(layer, &shapes)?;
        let own = &self.graph.states[planned.layer].weights;
        let fits_batch = |(planned, input): (&Shape, &Signal)| input.with_sizes(|sizes| planned.accepts_batch(sizes));
        if own.is_empty() || pairs().all(fits_batch) {
            return Ok(());
        }
        // A layer whose weights would have other shapes for these inputs can't take them.
        let values = own.iter().map(|weight| weight.sizes.iter().product::<usize>() as u64).sum();
        let mut build = LayerBuilder::new(self.device()).dry_run().within_budget(values);
        let fits = layer.build_for(&shapes, &mut build).is_ok()
            && build.into_weights().iter().map(|weight| &weight.sizes).eq(own.iter().map(|weight| &weight.sizes));
        if fits {
            return Ok(());
        }
        Err(Error::shape("the layer's weights are for other inputs")
            .received(crate::tensor::shape::list(&shapes))
            .expected(crate::tensor::shape::list(&planned.input_shapes))
            .hint("check the layers before: the output of one has another shape in prediction than in training"))
    }

    /// Calls one layer.
    fn run(&self, at: usize, mut inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let layer = self.graph.plan.layers[at].layer.as_ref();
        if !layer.supports_masking() {
            inputs = inputs.into_iter().map(|input| input.with_mask(None)).collect();
        }
        let trainable = self.graph.states[at].trainable;
        let outputs = call.of_layer(trainable, |call| match self.graph.precisions[at] {
            None => self.layers[at].call(inputs, call),
            Some(precision) => precision.call(&self.layers[at], inputs, call),
        });
        let outputs = outputs.map_err(|error| error.at(self.location(at)))?;
        let Some(regularizer) = layer.activity_regularizer() else { return Ok(outputs) };
        // Once, for the regularizer and for the layers that follow.
        let outputs = outputs.into_iter().map(Signal::computed).collect::<Result<Vec<_>>>()?;
        call.add_activity(regularizer, &outputs)?;
        Ok(outputs)
    }

    /// Resets all stateful recurrent layers: Keras's `reset_states`.
    ///
    /// # Panics
    ///
    /// If `Forward::set_states` of a custom layer returns an error for an empty slice.
    #[track_caller]
    pub fn reset_states(&self) {
        for layer in &self.layers {
            if let Err(error) = layer.set_states(&[]) {
                panic!("a layer must accept an empty slice of states, which resets it: {error}");
            }
        }
    }

    /// Checks the shapes of data for the inputs. As in Keras, a last axis of size 1 may be missing or added.
    ///
    /// # Errors
    ///
    /// If the data does not fit.
    pub fn check_inputs(&self, received: &[Shape]) -> Result<()> {
        let expected = self.input_shapes();
        if expected.len() != received.len() {
            return Err(Error::shape("the model takes another number of inputs")
                .at(format!("model {:?}", self.name()))
                .received(format!("{} inputs", received.len()))
                .expected(format!("{}: {}", expected.len(), self.input_names().collect::<Vec<_>>().join(", ")))
                .hint("give one array for each input, in this order"));
        }
        match expected.zip(received).find(|(expected, received)| !expected.takes(received)) {
            None => Ok(()),
            Some((expected, received)) if expected.is_strings() != received.is_strings() => {
                Err(Error::data(format!("the model takes {}", expected.kind()))
                    .at(format!("model {:?}", self.name()))
                    .received(format!("{} of shape {received}", received.kind()))
                    .expected(format!("{} of shape {expected}", expected.kind()))
                    .hint("change the data, or the dtype of the Input"))
            }
            Some((expected, received)) => Err(Error::shape("the data does not fit the model's input")
                .at(format!("model {:?}", self.name()))
                .received(received)
                .expected(expected)
                .hint("reshape the data, or change the Input")),
        }
    }
}

/// Is the shape of a sample that of the plan, in which all sizes were known?
fn is_as_planned(planned: &Shape, sizes: &[usize]) -> bool {
    planned.rank() > 0
        && planned.rank() == sizes.len()
        && planned.sample().iter().zip(&sizes[1..]).all(|(planned, size)| *planned == Some(*size))
}

/// The shapes of the inputs of a call; the kinds of their values are known from the plan.
fn shapes_of(planned: &PlannedCall, inputs: &[Signal]) -> Vec<Shape> {
    let shape = |(planned, input): (&Shape, &Signal)| input.shape().with_values(planned.values());
    planned.input_shapes.iter().zip(inputs).map(shape).collect()
}

/// The number of values in the outputs of a call.
fn held(outputs: &[Option<Signal>]) -> u64 {
    outputs.iter().flatten().map(Signal::count).fold(0, u64::saturating_add)
}

/// Removes the mask of a value that is still to be read.
fn remove_mask(values: &mut [Vec<Option<Signal>>], place: Place) {
    if let Some(value) = &mut values[place.call][place.output] {
        *value = value.clone().with_mask(None);
    }
}

/// Takes a value at its last use, or clones its handle before. What several read is computed once, for all of them.
pub(crate) fn read(values: &mut [Vec<Option<Signal>>], place: Place, last: bool) -> Result<Signal> {
    let slot = &mut values[place.call][place.output];
    let value = slot.take().expect("a call follows the calls whose outputs it takes");
    if last {
        return Ok(value);
    }
    let value = value.computed()?;
    *slot = Some(value.clone());
    Ok(value)
}
