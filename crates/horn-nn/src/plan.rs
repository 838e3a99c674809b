//! What a model is before it has weights: its layers, and the calls that connect them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use crate::layers::Input;
use crate::{Error, Layer, Mode, Result, Shape};

/// The layers of a model and their calls. Each call takes outputs of calls before it.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub name: String,
    /// Did the user give the name? If not, a model around this one numbers it as it does other layers.
    pub named: bool,
    pub kind: ModelKind,
    pub layers: Vec<PlannedLayer>,
    pub calls: Vec<PlannedCall>,
    /// How Keras's graph computes the masks, which here go along with the values.
    pub operations: Vec<PlannedOperation>,
    /// The calls of `Input` layers, in the order in which the model takes its inputs.
    pub inputs: Vec<usize>,
    pub outputs: Vec<Place>,
    /// Under which keys Keras's program takes the inputs and gives the outputs, where that is by dictionaries.
    pub keys: Keys,
}

/// Names of inputs and of outputs; empty where they come in lists.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys {
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
}

/// How the user made the model, which Keras's summary tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelKind {
    /// A list of layers.
    Sequential,
    /// A graph of layers.
    Functional,
}

#[derive(Debug, Clone)]
pub(crate) struct PlannedLayer {
    pub name: String,
    pub layer: Arc<dyn Layer>,
    /// Weights are made in this order: that of the user's program.
    pub order: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct PlannedCall {
    /// Which layer is called.
    pub layer: usize,
    /// Which call of the layer it is, counted from 0 over all models that it is in.
    pub index: usize,
    /// How the layer acts in this call, whether the model is learning or not: Keras's `training` argument.
    pub mode: Option<Mode>,
    /// What the layer takes; after it the masks that the program gives with the call.
    pub inputs: Vec<Place>,
    /// How many of the inputs are such masks.
    pub masks: usize,
    /// The operations whose masks Keras passes to the layer.
    pub operations: Vec<usize>,
    pub input_shapes: Vec<Shape>,
    pub output_shapes: Vec<Shape>,
}

/// One of Keras's operations on masks.
#[derive(Debug, Clone)]
pub(crate) struct PlannedOperation {
    pub name: String,
    pub class_name: String,
    /// What Keras writes for it: its module and its arguments.
    pub config: Value,
    pub inputs: Vec<Source>,
    pub output_shape: Shape,
    /// How many layers come before it.
    pub before: usize,
}

/// Where an operation takes a tensor from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    Layer(Place),
    Operation(usize),
}

/// One output of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub call: usize,
    pub output: usize,
}

impl Plan {
    /// The shape at a place.
    pub fn shape(&self, place: Place) -> &Shape {
        &self.calls[place.call].output_shapes[place.output]
    }

    /// The first call of each layer.
    pub fn first_calls(&self) -> Vec<&PlannedCall> {
        let mut first: Vec<Option<&PlannedCall>> = vec![None; self.layers.len()];
        for call in &self.calls {
            first[call.layer].get_or_insert(call);
        }
        first.into_iter().map(|call| call.expect("every layer is called")).collect()
    }

    /// The part that leads from these places to those outputs, and which layer of this plan each of its layers is. A new
    /// `Input`, which is none of them, stands for a start that is no input. Without starts, all inputs stay.
    ///
    /// # Errors
    ///
    /// Where an output depends on an input that is no start.
    pub fn between(&self, starts: &[Place], outputs: &[Place]) -> Result<(Self, Vec<Option<usize>>)> {
        let starts: Vec<Place> = match starts {
            [] => self.inputs.iter().map(|&call| Place { call, output: 0 }).collect(),
            starts => starts.to_vec(),
        };
        let is_input = |place: &&Place| self.calls[place.call].inputs.is_empty();
        let kept = self.calls_between(&starts, outputs)?;
        let stand_ins: Vec<Place> = starts.iter().filter(|start| !is_input(start)).copied().collect();
        let layers_kept = (0..self.layers.len()).filter(|&at| kept.iter().any(|&call| self.calls[call].layer == at));
        let origins: Vec<Option<usize>> = stand_ins.iter().map(|_| None).chain(layers_kept.map(Some)).collect();

        let layer_at = |layer: usize| origins.iter().position(|origin| *origin == Some(layer));
        let moved = |place: &Place| match stand_ins.iter().position(|start| start == place) {
            Some(call) => Some(Place { call, output: 0 }),
            None => {
                let at = kept.iter().position(|&call| call == place.call)?;
                Some(Place { call: stand_ins.len() + at, ..*place })
            }
        };
        let all_moved = |places: &[Place]| places.iter().filter_map(moved).collect::<Vec<_>>();
        let (operations, operation_at) = self.operations_between(&kept, moved, |before| {
            origins.iter().filter(|origin| origin.is_none_or(|layer| layer < before)).count()
        });
        let stand_in_calls = stand_ins.iter().enumerate().map(|(layer, start)| PlannedCall {
            layer,
            index: 0,
            mode: None,
            inputs: Vec::new(),
            masks: 0,
            operations: Vec::new(),
            input_shapes: vec![self.shape(*start).clone()],
            output_shapes: vec![self.shape(*start).clone()],
        });
        let kept_calls = kept.iter().map(|&call| &self.calls[call]).map(|call| PlannedCall {
            layer: layer_at(call.layer).expect("the layers of these calls are kept"),
            inputs: all_moved(&call.inputs),
            operations: call.operations.iter().filter_map(|at| operation_at.get(at).copied()).collect(),
            ..call.clone()
        });
        let plan = Self {
            name: self.name.clone(),
            named: self.named,
            kind: ModelKind::Functional,
            calls: stand_in_calls.chain(kept_calls).collect(),
            layers: self.layers_between(&stand_ins, &origins)?,
            operations,
            inputs: all_moved(&starts).iter().map(|place| place.call).collect(),
            outputs: all_moved(outputs),
            keys: Keys {
                inputs: if starts.iter().all(|start| self.inputs.contains(&start.call))
                    && starts.len() == self.inputs.len()
                {
                    self.keys.inputs.clone()
                } else {
                    Vec::new()
                },
                outputs: Vec::new(),
            },
        };
        Ok((plan, origins))
    }

    /// The calls that lead from the starts to the outputs, and those of the inputs among the starts.
    fn calls_between(&self, starts: &[Place], outputs: &[Place]) -> Result<Vec<usize>> {
        let mut needed = vec![false; self.calls.len()];
        let need = |needed: &mut [bool], places: &[Place]| {
            places.iter().filter(|place| !starts.contains(place)).for_each(|place| needed[place.call] = true);
        };
        need(&mut needed, outputs);
        for (at, call) in self.calls.iter().enumerate().rev() {
            if needed[at] {
                need(&mut needed, &call.inputs);
            }
        }
        let is_input = |&call: &usize| self.calls[call].inputs.is_empty();
        if let Some(missing) = (0..self.calls.len()).filter(is_input).find(|&call| needed[call]) {
            return Err(Error::model("an output depends on an Input that the part does not begin with")
                .received(format!("{:?} left out", self.layers[self.calls[missing].layer].name))
                .expected("every way to the outputs to begin with one of the first layers")
                .hint("add it to the first layers, or a layer after it"));
        }
        starts.iter().map(|start| start.call).filter(is_input).for_each(|call| needed[call] = true);
        Ok((0..self.calls.len()).filter(|&call| needed[call]).collect())
    }

    /// The layers of a part: new inputs, and those of this plan.
    fn layers_between(&self, stand_ins: &[Place], origins: &[Option<usize>]) -> Result<Vec<PlannedLayer>> {
        let input = |start: &Place| Arc::new(Input::of(self.shape(*start).clone())) as Arc<dyn Layer>;
        let inputs: Vec<_> = stand_ins.iter().map(input).collect();
        let taken = origins.iter().flatten().map(|&at| self.layers[at].name.as_str()).collect();
        let names = numbered_beside(taken, inputs.iter().map(|input| input.class_name()));
        let inputs = inputs.into_iter().zip(names).map(|(layer, name)| PlannedLayer { name, layer, order: 0 });
        Ok(inputs.chain(origins.iter().flatten().map(|&at| self.layers[at].clone())).collect())
    }

    /// The operations on masks for these calls, with the places of what they take and of the layers before them moved,
    /// and where each is then.
    fn operations_between(
        &self,
        calls: &[usize],
        moved: impl Fn(&Place) -> Option<Place>,
        before: impl Fn(usize) -> usize,
    ) -> (Vec<PlannedOperation>, HashMap<usize, usize>) {
        let mut needed: Vec<usize> = calls.iter().flat_map(|&call| &self.calls[call].operations).copied().collect();
        let mut seen: HashSet<usize> = needed.iter().copied().collect();
        while let Some(at) = needed.pop() {
            for source in &self.operations[at].inputs {
                if let Source::Operation(from) = source
                    && seen.insert(*from)
                {
                    needed.push(*from);
                }
            }
        }
        let (mut kept, mut at) = (Vec::new(), HashMap::new());
        let mut order: Vec<usize> = seen.into_iter().collect();
        order.sort_unstable();
        for old in order {
            let operation = &self.operations[old];
            let inputs = operation.inputs.iter().map(|source| match source {
                Source::Layer(place) => moved(place).map(Source::Layer),
                Source::Operation(from) => at.get(from).copied().map(Source::Operation),
            });
            // A mask of what comes before the part is not known in it.
            if let Some(inputs) = inputs.collect::<Option<Vec<_>>>() {
                at.insert(old, kept.len());
                kept.push(PlannedOperation { inputs, before: before(operation.before), ..operation.clone() });
            }
        }
        (kept, at)
    }
}

/// Checks what a layer says of its outputs.
pub(crate) fn output_shapes(layer: &dyn Layer, inputs: &[Shape]) -> Result<Vec<Shape>> {
    inputs.iter().try_for_each(Shape::check_room)?;
    let is_empty = |shape: &&Shape| shape.sample().contains(&Some(0));
    if layer.input_shape().is_none() && inputs.iter().any(|input| is_empty(&input)) {
        return Err(Error::shape("the input has no values")
            .received(crate::layer::list(inputs))
            .expected("sizes of at least 1")
            .hint("change the model's Input"));
    }
    if let Some(texts) = inputs.iter().find(|input| input.is_texts() && !layer.takes_texts()) {
        return Err(Error::shape("the layer takes numbers, and no texts")
            .received(format!("texts of shape {texts}"))
            .expected("numbers")
            .hint("put a TextVectorization or a StringLookup before it"));
    }
    let outputs = layer.output_shapes(inputs)?;
    outputs.iter().try_for_each(Shape::check_room)?;
    match outputs.iter().find(is_empty) {
        None => Ok(outputs),
        Some(empty) => Err(Error::shape("the output has no values")
            .received(format!("{empty} from {}", crate::layer::list(inputs)))
            .expected("sizes of at least 1")
            .hint("change the layer's arguments")),
    }
}

/// The layers' names: given ones as they are, others after the class and numbered.
pub(crate) fn names<'a>(model: &str, layers: impl IntoIterator<Item = &'a dyn Layer>) -> Result<Vec<String>> {
    let layers: Vec<&dyn Layer> = layers.into_iter().collect();
    let mut taken = HashSet::new();
    for name in layers.iter().filter_map(|layer| layer.name()) {
        if !taken.insert(name) {
            return Err(Error::model("two layers have one name")
                .at(format!("model {model:?}"))
                .received(format!("{name:?} twice"))
                .expected("names that differ")
                .hint(format!("rename one, as in `.name(\"{name}_2\")`")));
        }
    }
    let others = layers.iter().filter(|layer| layer.name().is_none());
    let mut numbered = numbered_beside(taken, others.map(|layer| layer.class_name())).into_iter();
    let own = |layer: &&dyn Layer| layer.name().map(str::to_owned);
    Ok(layers.iter().map(|layer| own(layer).or_else(|| numbered.next()).expect("all others are numbered")).collect())
}

/// The classes in snake case, the second of one with `_1` and so on.
pub fn numbered<'a>(classes: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    numbered_beside(HashSet::new(), classes)
}

/// The same, without those names that are taken.
fn numbered_beside<'a>(taken: HashSet<&str>, classes: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut number = |class: &str| {
        let class = snake_case(class);
        let count = counts.entry(class.clone()).or_default();
        loop {
            let name = if *count == 0 { class.clone() } else { format!("{class}_{count}") };
            *count += 1;
            if !taken.contains(name.as_str()) {
                return name;
            }
        }
    };
    classes.into_iter().map(&mut number).collect()
}

/// How messages name a layer.
pub(crate) fn place(name: &str, layer: &dyn Layer) -> String {
    format!("layer {name:?} ({})", layer.class_name())
}

/// Keras's name for the first layer of a class: `Dense` → `dense`, `ReLU` → `re_lu`, `MaxPooling2D` → `max_pooling2d`.
pub(crate) fn snake_case(class: &str) -> String {
    let chars: Vec<char> = class.chars().collect();
    let mut name = String::new();
    for (at, &char) in chars.iter().enumerate() {
        let after_lower = at > 0 && (chars[at - 1].is_lowercase() || chars[at - 1].is_ascii_digit());
        let before_lower = at > 0 && chars.get(at + 1).is_some_and(|next| next.is_lowercase());
        if char.is_uppercase() && (after_lower || before_lower) && !is_dimension(&chars, at) {
            name.push('_');
        }
        name.extend(char.to_lowercase());
    }
    name
}

/// The D of `Conv2D` stays with its digit.
fn is_dimension(chars: &[char], at: usize) -> bool {
    chars[at] == 'D' && at > 0 && chars[at - 1].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn names_are_keras_s() {
        for (class, name) in [
            ("Dense", "dense"),
            ("ReLU", "re_lu"),
            ("PReLU", "p_re_lu"),
            ("InputLayer", "input_layer"),
            ("MaxPooling2D", "max_pooling2d"),
            ("Conv2DTranspose", "conv2d_transpose"),
            ("GlobalAveragePooling1D", "global_average_pooling1d"),
            ("LSTM", "lstm"),
            ("ConvLSTM2D", "conv_lstm2d"),
            ("GRUCell", "gru_cell"),
        ] {
            assert_eq!(snake_case(class), name);
        }
    }
}
