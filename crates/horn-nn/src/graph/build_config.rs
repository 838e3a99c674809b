//! The shapes that layers were built for, which Keras's files note: `build_config`.

use serde_json::{Map, Value, json};

use crate::graph::json::one_or_all;
use crate::graph::plan::ModelKind;
use crate::layer::call_arguments::by_argument;
use crate::layer::description::Layer;
use crate::tensor::shape::Shape;

/// Keras's layers that are ready as soon as they are made, and so are built for no shape.
const BUILT_WHEN_MADE: [&str; 29] = [
    "Activation",
    "ActivityRegularization",
    "AlphaDropout",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "Dropout",
    "ELU",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "Identity",
    "LeakyReLU",
    "Masking",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "ReLU",
    "Reshape",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "UnitNormalization",
];

/// Layers whose tables have the same sizes for any shape.
const LOOKUPS: [&str; 2] = ["IntegerLookup", "StringLookup"];

/// Arguments of a call whose shapes Keras's `build` is not told.
const SHAPELESS: [&str; 4] = ["attention_mask", "count_weights", "mask", "states"];

/// A graph knows its shapes from its inputs, and Keras writes none.
pub(crate) fn of_model(kind: ModelKind, input: &Shape) -> Value {
    match kind {
        ModelKind::Sequential => json!({"input_shape": input}),
        ModelKind::Functional => json!({"input_shape": null}),
    }
}

/// Notes with what Keras writes for a layer the shapes of its inputs, and with the layers in it those of theirs.
pub(crate) fn note(object: &mut Value, layer: &dyn Layer, inputs: &[Shape]) {
    note_as(object, by_arguments(layer, inputs));
    if let Some(first) = inputs.first() {
        note_inside(object, first);
    }
}

/// The shapes by the names of the arguments of Keras's `build`, where it has several.
fn by_arguments(layer: &dyn Layer, inputs: &[Shape]) -> Value {
    let told = by_argument(layer, inputs).into_iter().filter(|(name, _)| !SHAPELESS.contains(name));
    let mut named: Vec<_> = told.map(|(name, own)| (format!("{name}_shape"), one_or_all(own))).collect();
    match named.as_mut_slice() {
        [(_, shape)] => json!({"input_shape": shape.take()}),
        _ => json!({"shapes_dict": named.into_iter().collect::<Map<_, _>>()}),
    }
}

fn note_as(object: &mut Value, shapes: Value) {
    let config = match class(object) {
        Some(class) if BUILT_WHEN_MADE.contains(&class) => return,
        Some(class) if LOOKUPS.contains(&class) => json!({}),
        Some("Functional") => json!({"input_shape": null}),
        _ => shapes,
    };
    object["build_config"] = config;
}

/// Notes with the layers in a wrapper, and with cells, what they are built for.
fn note_inside(object: &mut Value, input: &Shape) {
    let Some(class) = class(object) else { return };
    let (parts, input) = match class {
        "Bidirectional" | "SpectralNormalization" => (["layer", "backward_layer"].as_slice(), input.clone()),
        "TimeDistributed" => (["layer"].as_slice(), input.of_step()),
        "RNN" => (["cell"].as_slice(), input.of_step()),
        "StackedRNNCells" => return note_cells(object, input),
        _ => return,
    };
    for name in parts {
        // A `Bidirectional` may have one layer for both directions.
        if let Some(part) = object["config"].get_mut(name).filter(|part| part.is_object()) {
            note_part(part, &input);
        }
    }
}

fn note_part(part: &mut Value, input: &Shape) {
    note_as(part, json!({"input_shape": input}));
    note_inside(part, input);
}

/// Each cell takes what the one before gives.
fn note_cells(object: &mut Value, input: &Shape) {
    let mut input = input.clone();
    for cell in object["config"]["cells"].as_array_mut().into_iter().flatten() {
        note_part(cell, &input);
        let Some(units) = cell["config"]["units"].as_u64() else { return };
        input = Shape::new([input.sizes()[0], usize::try_from(units).ok()]);
    }
}

/// The class, where it is one of Keras's.
fn class(object: &Value) -> Option<&str> {
    object["class_name"].as_str().filter(|_| !object["module"].is_null())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{
        Attention, Bidirectional, Dense, Dropout, GRUCell, Input, IntegerLookup, LSTM, LSTMCell, RNN,
        SpectralNormalization, StackedRNNCells, TimeDistributed,
    };
    use crate::{Functional, Model, serialize};

    /// What is noted with the layer for inputs of these sizes.
    fn noted(layer: impl Layer, inputs: &[Shape]) -> Value {
        let mut object = serialize(&layer).unwrap();
        note(&mut object, &layer, inputs);
        object
    }

    #[test]
    fn layers_in_layers_have_their_shapes() {
        let object = noted(TimeDistributed(Bidirectional(LSTM(2))), &[Shape::batched([3, 4, 5])]);
        assert_eq!(object["build_config"], json!({"input_shape": [null, 3, 4, 5]}));
        let both = &object["config"]["layer"];
        assert_eq!(both["build_config"], json!({"input_shape": [null, 4, 5]}));
        assert_eq!(both["config"]["layer"]["build_config"], both["build_config"]);
        assert_eq!(
            noted(TimeDistributed(Dropout(0.5)), &[Shape::batched([3, 4])])["config"]["layer"].get("build_config"),
            None
        );

        let object = noted(SpectralNormalization(Dense(2)), &[Shape::batched([4])]);
        assert_eq!(object["config"]["layer"]["build_config"], json!({"input_shape": [null, 4]}));
        assert!(object["config"].get("backward_layer").is_none());
    }

    #[test]
    fn each_cell_takes_what_the_one_before_gives() {
        let cells = StackedRNNCells::new(vec![GRUCell(3).into(), LSTMCell(2).into()]);
        let cell = &noted(RNN(cells), &[Shape::batched([7, 5])])["config"]["cell"];
        assert_eq!(cell["build_config"], json!({"input_shape": [null, 5]}));
        let cells = &cell["config"]["cells"];
        assert_eq!(cells[0]["build_config"], json!({"input_shape": [null, 5]}));
        assert_eq!(cells[1]["build_config"], json!({"input_shape": [null, 3]}));
    }

    #[test]
    fn some_layers_are_built_for_nothing() {
        let input = [Shape::batched([4])];
        assert_eq!(noted(Dropout(0.5), &input).get("build_config"), None);
        assert_eq!(noted(IntegerLookup::new(), &input)["build_config"], json!({}));
        let x = Input([4]);
        let graph: Functional = Model::new(&x, Dense(2).apply(&x).unwrap()).unwrap();
        assert_eq!(noted(graph, &input)["build_config"], json!({"input_shape": null}));
    }

    #[test]
    fn several_inputs_are_named() {
        let [query, value] = [Shape::batched([4, 3]), Shape::batched([5, 3])];
        let object = noted(Attention::new(), &[query.clone(), value.clone()]);
        assert_eq!(object["build_config"], json!({"input_shape": [[null, 4, 3], [null, 5, 3]]}));
        let object = noted(crate::layers::MultiHeadAttention(2, 3), &[query, value]);
        let shapes = json!({"query_shape": [null, 4, 3], "value_shape": [null, 5, 3]});
        assert_eq!(object["build_config"], json!({"shapes_dict": shapes}));
    }
}
