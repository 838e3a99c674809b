//! `Bidirectional`: a sequence from both its ends.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::by_rank;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::call_arguments::CallArgument;
use crate::layer::conventions::OutputMask;
use crate::layer::description::{Layer, Part, PartInput};
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layers::common::{Common, common_arguments, described};
use crate::layers::nested::{Nested, NestedLayer};
use crate::layers::recurrent::arguments::sequence_call;
use crate::layers::recurrent::lstm::LSTM;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape;
use crate::tensor::shape::Shape;

/// Runs a recurrent layer over the sequence, and one like it from the end to the beginning, and merges what both say
/// of each step.
///
/// # Shapes
///
/// - input: that of the layer; the initial states of the forward layer and those of the backward layer may come after it
/// - output: that of the layer, with twice the features where the outputs are concatenated; with no merging two outputs
/// - with `return_state` the states of the forward layer, then those of the backward layer come after it
/// - weights: those of the forward layer, then those of the backward layer
///
/// # Masks
///
/// Both layers get the mask. With `return_sequences` the output of a masked step is zero, and the mask is propagated.
///
/// ```
/// use horn::Apply;
/// use horn::layers::{Bidirectional, Input, LSTM};
///
/// let y = Bidirectional(LSTM(32).return_sequences(true)).apply(&Input([20, 8]))?;
/// assert_eq!(y.shape().to_string(), "(None, 20, 64)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Bidirectional {
    #[serde(flatten)]
    common: Common,
    merge_mode: Option<MergeMode>,
    /// The forward layer.
    layer: Nested,
    /// None where it could not be made of the forward layer.
    backward_layer: Option<Nested>,
    /// Was the backward layer given?
    #[serde(skip)]
    own_backward: bool,
}

/// How `Bidirectional` merges the outputs of its two layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MergeMode {
    /// One after the other along the features.
    Concat,
    /// Their sum.
    Sum,
    /// Their product.
    Mul,
    /// Their mean.
    Ave,
}

/// The layer as a configuration has it.
#[derive(Deserialize)]
struct Written {
    #[serde(flatten)]
    common: Common,
    merge_mode: Option<MergeMode>,
    layer: Nested,
    backward_layer: Option<Nested>,
}

impl TryFrom<Written> for Bidirectional {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self> {
        let Written { common, merge_mode, layer, backward_layer } = written;
        // Each makes its layer twice, so that a file of some in one another would fill any memory.
        if [Some(&layer), backward_layer.as_ref()].into_iter().flatten().any(holds_another) {
            return Err(Error::argument("a Bidirectional can't be inside of another")
                .expected("a recurrent layer")
                .hint("put one after the other"));
        }
        let whole = Self::new(layer);
        let whole = match backward_layer {
            Some(backward) => whole.backward_layer(backward),
            None => whole,
        };
        Ok(Self { common, merge_mode, ..whole })
    }
}

/// `keras.layers.Bidirectional(layer)`. See [`Bidirectional`](struct@Bidirectional).
#[allow(non_snake_case)]
pub fn Bidirectional(layer: impl Into<Nested>) -> Bidirectional {
    Bidirectional::new(layer)
}

impl Bidirectional {
    /// Both directions of a recurrent layer; the outputs are concatenated.
    pub fn new(layer: impl Into<Nested>) -> Self {
        let layer: Nested = layer.into();
        let (forward, backward) = (named("forward_", &layer), named("backward_", &layer));
        let backward = layer.with([("go_backwards", true.into()), ("name", backward.into())]).ok();
        let forward = layer.with([("name", forward.into())]).unwrap_or(layer);
        Self {
            common: Common::default(),
            merge_mode: Some(MergeMode::Concat),
            backward_layer: backward.map(with_zeros),
            layer: with_zeros(forward),
            own_backward: false,
        }
    }

    /// The arguments that a configuration may leave out: the way back is then like the way forward.
    pub(super) fn unwritten() -> Self {
        Self { backward_layer: None, ..Self::new(LSTM::new(1)) }
    }

    /// How the outputs are merged; `Concat` by default. With `None` there are two outputs.
    #[must_use]
    pub fn merge_mode(mut self, merge_mode: impl Into<Option<MergeMode>>) -> Self {
        self.merge_mode = merge_mode.into();
        self
    }

    /// Another layer for the way back, with `go_backwards`; by default one like the forward layer.
    #[must_use]
    pub fn backward_layer(mut self, layer: impl Into<Nested>) -> Self {
        self.backward_layer = Some(with_zeros(layer.into()));
        self.own_backward = true;
        self
    }

    /// The two layers, where they fit each other.
    fn checked(&self) -> Result<(&Nested, &Nested)> {
        let backward = self.backward_layer.as_ref().ok_or_else(|| {
            Error::argument("the backward layer is missing")
                .received(self.layer.layer().class_name())
                .expected("a recurrent layer of Keras's, or two layers")
                .hint("give the other layer by `.backward_layer(…)`")
        })?;
        for argument in ["stateful", "return_sequences", "return_state"] {
            let (forward, backward) = (is_set(&self.layer, argument), is_set(backward, argument));
            if forward != backward {
                return Err(Error::argument("the two layers do not fit each other")
                    .received(format!("{argument} = {forward} forward, {backward} backward"))
                    .expected("the same")
                    .hint(format!("set `{argument}` in both layers")));
            }
        }
        if is_set(&self.layer, "go_backwards") == is_set(backward, "go_backwards") {
            return Err(Error::argument("both layers go in the same direction")
                .received(format!("go_backwards = {} twice", is_set(backward, "go_backwards")))
                .expected("one of them to go backwards")
                .hint("set `go_backwards(true)` in the backward layer only"));
        }
        Ok((&self.layer, backward))
    }
}

/// The layer's name with this before it, once.
fn named(prefix: &str, layer: &Nested) -> String {
    let name = layer.name();
    format!("{prefix}{}", name.strip_prefix(prefix).unwrap_or(&name))
}

/// The layer with zeros for the outputs of masked steps, where it returns all.
fn with_zeros(layer: Nested) -> Nested {
    let zeros = is_set(&layer, "return_sequences");
    layer.with([("zero_output_for_mask", zeros.into())]).unwrap_or(layer)
}

fn holds_another(layer: &Nested) -> bool {
    fn found(value: &Value) -> bool {
        match value {
            Value::Object(object) => {
                object.get("class_name").is_some_and(|class| class == "Bidirectional") || object.values().any(found)
            }
            Value::Array(values) => values.iter().any(found),
            _ => false,
        }
    }
    layer.layer().class_name() == "Bidirectional" || found(&layer.config())
}

fn is_set(layer: &Nested, argument: &str) -> bool {
    layer.config().get(argument).and_then(Value::as_bool).unwrap_or_default()
}

/// What each of the two gets: the sequence and its half of the states.
fn halves<T: Clone>(inputs: &[T]) -> [Vec<T>; 2] {
    let Some((sequence, given)) = inputs.split_first() else { return [Vec::new(), Vec::new()] };
    let (forward, backward) = given.split_at(given.len() / 2);
    [forward, backward].map(|half| [std::slice::from_ref(sequence), half].concat())
}

common_arguments!(Bidirectional);

impl Layer for Bidirectional {
    described!("Bidirectional", masking; mask_argument: MaskArgument::Steps);
    crate::many_inputs!();

    fn output_mask(&self) -> OutputMask {
        let outputs = if self.merge_mode.is_none() { 2 } else { 1 };
        if is_set(&self.layer, "return_sequences") { OutputMask::Propagated { outputs } } else { OutputMask::None }
    }

    fn parts(&self) -> Vec<Part> {
        let backward = self.backward_layer.as_ref().map(|layer| layer.part("backward_layer", PartInput::Whole));
        [self.layer.part("layer", PartInput::Whole)].into_iter().chain(backward).collect()
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let (forward, backward) = self.checked()?;
        let [to_forward, to_backward] = halves(inputs);
        let (mut ahead, mut back) = (forward.output_shapes(&to_forward)?, backward.output_shapes(&to_backward)?);
        let (first, second) = (ahead.remove(0), back.remove(0));
        let misfit = || {
            Error::shape("the outputs of the two layers do not fit each other")
                .received(shape::list(&[first.clone(), second.clone()]))
                .expected("the same shapes")
                .hint("give both layers the same number of units")
        };
        let merged = match self.merge_mode {
            None => vec![first, second],
            Some(MergeMode::Concat) => match (first.last(), second.last()) {
                (Some(one), Some(other)) if first.clone().with_last(other) == second => {
                    vec![first.with_last(one + other)]
                }
                _ => return Err(misfit()),
            },
            Some(_) if first != second => return Err(misfit()),
            Some(_) => vec![first],
        };
        Ok([merged, ahead, back].concat())
    }

    fn call_arguments(&self, inputs: usize) -> Vec<CallArgument> {
        sequence_call(inputs)
    }

    fn build_for(&self, inputs: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let (forward, backward) = self.checked()?;
        let [to_forward, to_backward] = halves(inputs);
        // Keras makes the forward layer anew from the one that it is given, and that one has drawn seeds, too.
        self.layer.layer().build_for(&to_forward, &mut build.dry_run())?;
        let early = if self.own_backward { Some(backward.build("backward_layer", &to_backward, build)?) } else { None };
        let forward = forward.build("forward_layer", &to_forward, build)?;
        let backward = early.map_or_else(|| backward.build("backward_layer", &to_backward, build), Ok)?;
        let sequences = is_set(&self.layer, "return_sequences");
        Ok(BuiltLayer::new(BothWays { forward, backward, merge_mode: self.merge_mode, sequences }))
    }
}

#[derive(Module, Debug)]
struct BothWays {
    forward: NestedLayer,
    backward: NestedLayer,
    #[module(skip)]
    merge_mode: Option<MergeMode>,
    sequences: bool,
}

impl Forward for BothWays {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let [to_forward, to_backward] = halves(&inputs);
        let mut ahead = self.forward.call(to_forward, call)?;
        let mut back = self.backward.call(to_backward, call)?;
        let (first, second) = (ahead.remove(0), back.remove(0));
        let mask = first.mask().cloned();
        let (first, mut second) = (first.value()?, second.value()?);
        if self.sequences {
            second = by_rank!(second, |y| AnyTensor::from(y.flip([1])))?;
        }
        let merged = match self.merge_mode {
            Some(mode) => {
                vec![by_rank!(first, |first| second.float().map(|second| mode.merge(first, second).into()))??]
            }
            None => vec![first, second],
        };
        let merged = merged.into_iter().map(|output| Signal::new(output).with_mask(mask.clone()));
        Ok(merged.chain(ahead).chain(back).collect())
    }

    fn states(&self) -> Vec<AnyTensor> {
        [self.forward.built().states(), self.backward.built().states()].concat()
    }

    fn set_states(&self, states: &[AnyTensor]) -> Result<()> {
        let (forward, backward) = states.split_at(states.len() / 2);
        self.forward.built().set_states(forward)?;
        self.backward.built().set_states(backward)
    }
}

impl MergeMode {
    fn merge<const D: usize>(self, first: Tensor<D>, second: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Concat => Tensor::cat(vec![first, second], D - 1),
            Self::Sum => first + second,
            Self::Mul => first * second,
            Self::Ave => (first + second) / 2.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Dense, GRU, SimpleRNN};

    #[test]
    fn a_configuration_without_the_way_back_has_one_like_the_way_forward() {
        let gru = Nested::from(GRU(3).return_sequences(true));
        let written = serde_json::json!({"layer": gru, "merge_mode": "sum"});
        let read = crate::layers::from_config("Bidirectional", &written).unwrap().config();
        assert_eq!(read, Bidirectional(GRU(3).return_sequences(true)).merge_mode(MergeMode::Sum).config());
        let back = &read["backward_layer"]["config"];
        assert_eq!((&back["units"], &back["go_backwards"]), (&3.into(), &true.into()));
        assert_eq!(back["name"], "backward_gru");
    }

    #[test]
    fn layers_that_do_not_fit_are_errors() {
        let shape = Shape::batched([4, 3]);
        let sum = Bidirectional(GRU(2)).backward_layer(GRU(3).go_backwards(true)).merge_mode(MergeMode::Sum);
        assert!(sum.output_shape(&shape).unwrap_err().is_shape());
        let same_way = Bidirectional(GRU(2)).backward_layer(SimpleRNN(2));
        assert!(same_way.output_shape(&shape).unwrap_err().is_argument());
        let one_sequence = Bidirectional(GRU(2).return_sequences(true)).backward_layer(GRU(2).go_backwards(true));
        assert!(one_sequence.output_shape(&shape).unwrap_err().is_argument());
        assert!(Bidirectional(Dense(2)).output_shape(&shape).unwrap_err().is_argument());
    }
}
