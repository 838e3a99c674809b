//! What a model is before it has weights: its layers, and the calls that connect them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::{Error, Layer, Mode, Result, Shape};

/// The layers of a model and their calls. Each call takes outputs of calls before it.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub name: String,
    pub kind: Kind,
    pub layers: Vec<PlannedLayer>,
    pub calls: Vec<PlannedCall>,
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
pub enum Kind {
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
    pub inputs: Vec<Place>,
    pub input_shapes: Vec<Shape>,
    pub output_shapes: Vec<Shape>,
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

    /// The part that leads to these outputs, and which layers it keeps. All inputs stay.
    pub fn ending_at(&self, outputs: Vec<Place>) -> (Self, Vec<usize>) {
        let mut needed = vec![false; self.calls.len()];
        self.inputs.iter().for_each(|&call| needed[call] = true);
        outputs.iter().for_each(|output| needed[output.call] = true);
        for (at, call) in self.calls.iter().enumerate().rev() {
            if needed[at] {
                call.inputs.iter().for_each(|input| needed[input.call] = true);
            }
        }
        let new_places = |kept: &[bool]| -> Vec<usize> {
            kept.iter()
                .scan(0, |next, &kept| {
                    let at = *next;
                    *next += usize::from(kept);
                    Some(at)
                })
                .collect()
        };
        let kept_layers: Vec<bool> = (0..self.layers.len())
            .map(|layer| self.calls.iter().zip(&needed).any(|(call, &needed)| needed && call.layer == layer))
            .collect();
        let (call_at, layer_at) = (new_places(&needed), new_places(&kept_layers));
        let moved = |place: &Place| Place { call: call_at[place.call], ..*place };
        let calls = self.calls.iter().zip(&needed).filter(|(_, needed)| **needed).map(|(call, _)| PlannedCall {
            layer: layer_at[call.layer],
            inputs: call.inputs.iter().map(moved).collect(),
            ..call.clone()
        });
        let kept: Vec<usize> = (0..self.layers.len()).filter(|&layer| kept_layers[layer]).collect();
        let plan = Self {
            name: self.name.clone(),
            kind: Kind::Functional,
            layers: kept.iter().map(|&layer| self.layers[layer].clone()).collect(),
            calls: calls.collect(),
            inputs: self.inputs.iter().map(|&call| call_at[call]).collect(),
            outputs: outputs.iter().map(moved).collect(),
            keys: Keys { inputs: self.keys.inputs.clone(), outputs: Vec::new() },
        };
        (plan, kept)
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
            .mend("change the model's Input"));
    }
    let outputs = layer.output_shapes(inputs)?;
    outputs.iter().try_for_each(Shape::check_room)?;
    match outputs.iter().find(is_empty) {
        None => Ok(outputs),
        Some(empty) => Err(Error::shape("the output has no values")
            .received(format!("{empty} from {}", crate::layer::list(inputs)))
            .expected("sizes of at least 1")
            .mend("change the layer's arguments")),
    }
}

/// The layers' names: given ones as they are, others after the class and numbered.
pub(crate) fn names<'a>(model: &str, layers: impl IntoIterator<Item = &'a dyn Layer>) -> Result<Vec<String>> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut taken = HashSet::new();
    let mut names = Vec::new();
    for layer in layers {
        let name = match layer.name() {
            Some(name) => name.to_owned(),
            None => {
                let class = snake_case(layer.class_name());
                let count = counts.entry(class.clone()).or_default();
                *count += 1;
                if *count == 1 { class } else { format!("{class}_{}", *count - 1) }
            }
        };
        if !taken.insert(name.clone()) {
            return Err(Error::model("two layers have one name")
                .at(format!("model {model:?}"))
                .received(format!("{name:?} twice"))
                .expected("names that differ")
                .mend(format!("rename one, as in `.name(\"{name}_2\")`")));
        }
        names.push(name);
    }
    Ok(names)
}

/// The classes in snake case, the second of one with `_1` and so on.
pub fn numbered<'a>(classes: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let number = |class: &str| {
        let class = snake_case(class);
        let count = counts.entry(class.clone()).or_default();
        *count += 1;
        if *count == 1 { class } else { format!("{class}_{}", *count - 1) }
    };
    classes.into_iter().map(number).collect()
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
