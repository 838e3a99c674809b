//! `TimeDistributed`: one layer for every step.

use burn::module::Module;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::by_rank;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::description::{Layer, Part, PartInput};
use crate::layer::erased::BuiltLayer;
use crate::layer::forward;
use crate::layer::forward::Forward;
use crate::layer::signal::{Logits, Signal};
use crate::layers::common::{Common, common_arguments, described};
use crate::layers::nested::{Nested, NestedLayer};
use crate::layers::recurrent::steps::{OF_STEP, one_after_the_other, one_beside_the_other, split};
use crate::memory;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape;
use crate::tensor::shape::Shape;

/// Applies a layer to every step of a sequence, always with the same weights.
///
/// # Shapes
///
/// - input: `[batch, steps, …]`
/// - output: `[batch, steps, …]`, each step as the layer makes it
///
/// # Masks
///
/// The layer gets its step's part of the mask. The whole mask passes on.
///
/// ```
/// use horn::Apply;
/// use horn::layers::{Dense, Input, TimeDistributed};
///
/// let y = TimeDistributed(Dense(4)).apply(&Input([10, 8]))?;
/// assert_eq!(y.shape().to_string(), "(None, 10, 4)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimeDistributed {
    #[serde(flatten)]
    common: Common,
    layer: Nested,
}

/// `keras.layers.TimeDistributed(layer)`. See [`TimeDistributed`](struct@TimeDistributed).
#[allow(non_snake_case)]
pub fn TimeDistributed(layer: impl Into<Nested>) -> TimeDistributed {
    TimeDistributed::new(layer)
}

impl TimeDistributed {
    /// This layer for every step.
    pub fn new(layer: impl Into<Nested>) -> Self {
        Self { common: Common::default(), layer: layer.into() }
    }
}

common_arguments!(TimeDistributed);

/// The shape of a step.
fn step(input: &Shape) -> Result<Shape> {
    if input.rank() < 3 {
        return Err(Error::shape("the layer takes a sequence")
            .received(input)
            .expected("at least 3 axes: (None, steps, …)")
            .hint("put `Reshape` before it, or leave `TimeDistributed` out"));
    }
    Ok(input.of_step())
}

impl Layer for TimeDistributed {
    described!("TimeDistributed", masking; mask_argument: MaskArgument::Steps);

    fn parts(&self) -> Vec<Part> {
        vec![self.layer.part("layer", PartInput::Step)]
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let outputs = self.layer.output_shapes(&[step(input)?])?;
        let [output] = outputs.as_slice() else {
            return Err(Error::shape("the layer for the steps has several outputs")
                .received(shape::list(&outputs))
                .expected("one")
                .hint("wrap a model with one output, once for each output"));
        };
        let (input, output) = (input.sizes(), output.sizes());
        Ok(Shape::new([&[output[0], input[1]], &output[1..]].concat()))
    }

    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let layer = self.layer.build("layer", &[step(input)?], build)?;
        let rank = input.rank() - 1;
        let own = self.layer.layer();
        let at_once = own.conventions().independent_samples && !goes_over_samples(own, rank);
        Ok(BuiltLayer::new(StepByStep { layer, at_once }))
    }
}

/// Does an argument say that the layer goes along the axis of the samples, for steps of this rank?
fn goes_over_samples(layer: &dyn Layer, rank: usize) -> bool {
    let is_first = |axis: &Value| axis.as_i64().is_some_and(|axis| axis == 0 || axis == -(rank as i64));
    match &layer.config()["axis"] {
        Value::Array(axes) => axes.iter().any(is_first),
        axis => is_first(axis),
    }
}

#[derive(Module, Debug)]
struct StepByStep {
    layer: NestedLayer,
    at_once: bool,
}

impl StepByStep {
    /// The layer's output for one step, or for all at once. As in Keras, nothing is added to the loss for it.
    fn run(&self, input: AnyTensor, mask: Option<AnyTensor>, call: &mut CallContext) -> Result<Logits> {
        let outputs = self.layer.call_bare(vec![Signal::new(input).with_mask(mask)], call)?;
        let [output] = forward::signals(outputs)?;
        output.before_activation()
    }
}

impl Forward for StepByStep {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let [input] = forward::signals(inputs)?;
        let mask = input.mask().cloned();
        let (x, steps) = one_after_the_other(input.numbers()?)?;
        let batch = x.sizes()[0] / steps;
        let masks = mask.clone().map(|mask| floats(mask).and_then(one_after_the_other)).transpose()?;
        let masks = masks.map(|(masks, _)| masks);
        let output = if self.at_once {
            self.run(x, masks.map(booleans).transpose()?, call)?
        } else {
            memory::check_workspace(memory::values(&[steps, OF_STEP]), call.live)?;
            let masks = masks.map(|masks| pieces(masks, batch)).transpose()?;
            let mut outputs = Vec::with_capacity(steps);
            for (at, x) in pieces(x, batch)?.into_iter().enumerate() {
                let mask = masks.as_ref().map(|masks| booleans(masks[at].clone())).transpose()?;
                outputs.push(self.run(x, mask, call)?);
            }
            joined(outputs)?
        };
        let value = one_beside_the_other(output.value, steps)?;
        Ok(vec![Signal::from(Logits { value, ..output }).with_mask(mask)])
    }

    fn states(&self) -> Vec<AnyTensor> {
        self.layer.built().states()
    }

    fn set_states(&self, states: &[AnyTensor]) -> Result<()> {
        self.layer.built().set_states(states)
    }
}

/// The steps, cut apart.
fn pieces(x: AnyTensor, batch: usize) -> Result<Vec<AnyTensor>> {
    by_rank!(any: x, |x| split(x, batch).into_iter().map(AnyTensor::from).collect())
}

/// The steps' outputs one after the other.
fn joined(outputs: Vec<Logits>) -> Result<Logits> {
    let activation = outputs[0].activation;
    let mut values = outputs.into_iter().map(|output| output.value);
    let first = values.next().expect("there is a step");
    let value = by_rank!(numbers: first, |first| {
        let rest = values.map(|value| value.like(&first)).collect::<Result<Vec<_>>>();
        rest.map(|rest| burn::tensor::Tensor::cat([vec![first], rest].concat(), 0).into())
    })??;
    Ok(Logits { value, activation })
}

fn floats(mask: AnyTensor) -> Result<AnyTensor> {
    by_rank!(bool: mask, |mask| mask.float().into())
}

fn booleans(mask: AnyTensor) -> Result<AnyTensor> {
    by_rank!(mask, |mask| mask.greater_elem(0.5).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Dense, Input};
    use crate::{Sequential, default_device};

    #[test]
    fn a_layer_along_the_samples_takes_one_step_at_a_time() {
        use crate::layers::UnitNormalization;
        use crate::layers::check::infer;
        let (_, y) = infer(TimeDistributed(UnitNormalization().axis(0)), &[3.0, 1.0, 4.0, 1.0], &[2, 2, 1]).unwrap();
        let half = 0.5_f32.sqrt();
        for (received, expected) in y.into_iter().zip([0.6, half, 0.8, half]) {
            assert!((received - expected).abs() < 1e-6, "{received} instead of {expected}");
        }
    }

    /// The softmax of each step goes over samples, whichever way their axis is named.
    #[test]
    fn an_axis_of_the_samples_may_be_one_of_several_or_counted_from_the_end() {
        use crate::layers::Softmax;
        use crate::layers::check::infer;
        let x = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
        let step = |layer: Softmax| infer(TimeDistributed(layer), &x, &[2, 2, 2]).unwrap().1;
        let (of_all, of_samples) = (step(Softmax().axis(vec![0, 1])), step(Softmax().axis(-2)));
        // The samples have four values each, two of them in a step.
        let share = |at: usize, among: &[usize]| x[at].exp() / among.iter().map(|&at| x[at].exp()).sum::<f32>();
        for at in 0..8 {
            let first = at % 4 / 2 * 2;
            let expected = share(at, &[first, first + 1, first + 4, first + 5]);
            assert!((of_all[at] - expected).abs() < 1e-6, "{} instead of {expected}", of_all[at]);
            let expected = share(at, &[at % 4, at % 4 + 4]);
            assert!((of_samples[at] - expected).abs() < 1e-6, "{} instead of {expected}", of_samples[at]);
        }
    }

    #[test]
    fn a_model_in_it_keeps_its_groups_in_files() {
        let inner = Sequential::new().add(Input([4])).add(Dense(3)).add(Dense(2));
        let model = Sequential::new().add(Input([5, 4])).add(TimeDistributed(inner));
        let groups = model.build(&default_device().unwrap()).unwrap().weight_groups();
        let paths: Vec<_> = groups.iter().map(|group| (group.path.as_str(), group.weights.as_slice())).collect();
        let layers = "layers/time_distributed/layer/layers";
        assert_eq!(paths[1..], [(&*format!("{layers}/dense"), &[0, 1][..]), (&*format!("{layers}/dense_1"), &[2, 3])]);
    }

    #[test]
    fn a_sample_without_steps_is_an_error() {
        assert!(TimeDistributed(Dense(2)).output_shape(&Shape::batched([3])).unwrap_err().is_shape());
    }
}
