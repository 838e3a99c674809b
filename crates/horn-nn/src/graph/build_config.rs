//! `build_config`: the shapes that layers were built for, as Keras's files record them.

use serde_json::{Map, Value, json};

use crate::graph::json::one_or_all;
use crate::graph::plan::ModelKind;
use crate::layer::call_arguments::by_argument;
use crate::layer::conventions::BuiltFor;
use crate::layer::description::{Layer, PartInput};
use crate::tensor::shape::Shape;

/// The `build_config` of a model. The shapes of a graph follow from its inputs, so Keras writes null.
pub(crate) fn of_model(kind: ModelKind, input: &Shape) -> Value {
    match kind {
        ModelKind::Sequential => json!({"input_shape": input}),
        ModelKind::Functional => json!({"input_shape": null}),
    }
}

/// Adds the shapes of the inputs to the object of a layer, and recursively to those of its inner layers.
pub(crate) fn record(object: &mut Value, layer: &dyn Layer, inputs: &[Shape]) {
    record_as(object, layer, by_arguments(layer, inputs));
    if let Some(first) = inputs.first() {
        record_parts(object, layer, first);
    }
}

/// The shapes under the names of the arguments of Keras's `build`, if there are several.
fn by_arguments(layer: &dyn Layer, inputs: &[Shape]) -> Value {
    let shapes = by_argument(layer.call_arguments(inputs.len()), inputs)
        .into_iter()
        .filter(|(argument, _)| argument.is_built_for);
    let named = shapes.map(|(argument, shapes)| (format!("{}_shape", argument.name), one_or_all(shapes)));
    let mut named: Vec<_> = named.collect();
    match named.as_mut_slice() {
        [(_, shape)] => json!({"input_shape": shape.take()}),
        _ => json!({"shapes_dict": named.into_iter().collect::<Map<_, _>>()}),
    }
}

fn record_as(object: &mut Value, layer: &dyn Layer, shapes: Value) {
    let built_for = match layer.conventions().built_for {
        BuiltFor::Nothing => return,
        BuiltFor::Anything => json!({}),
        BuiltFor::Itself => json!({"input_shape": null}),
        BuiltFor::Inputs => shapes,
    };
    object["build_config"] = built_for;
}

/// Adds the shapes to the objects of the inner layers.
fn record_parts(object: &mut Value, layer: &dyn Layer, input: &Shape) {
    let mut before = Some(input.clone());
    for part in layer.parts() {
        let input = match part.input {
            PartInput::Whole => input.clone(),
            PartInput::Step => input.of_step(),
            PartInput::Previous => match before {
                Some(before) => before,
                None => return,
            },
        };
        // A `Bidirectional` may have only one object for both directions.
        let own = object.pointer_mut(&format!("/config/{}", part.path)).filter(|own| own.is_object());
        if let Some(own) = own {
            record_as(own, part.layer.as_ref(), json!({"input_shape": input}));
            record_parts(own, part.layer.as_ref(), &input);
        }
        before = if part.layer.state_sizes().is_some() {
            let units = part.layer.config()["units"].as_u64();
            units.map(|units| Shape::new([input.sizes()[0], usize::try_from(units).ok()]))
        } else {
            part.layer.output_shape(&input).ok()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Apply;
    use crate::layers::{
        Attention, Bidirectional, Dense, Dropout, GRUCell, Input, IntegerLookup, LSTM, LSTMCell, RNN,
        SpectralNormalization, StackedRNNCells, TimeDistributed,
    };
    use crate::{Functional, Model, serialize};

    /// The object of the layer, recorded for inputs of these shapes.
    fn recorded(layer: impl Layer, inputs: &[Shape]) -> Value {
        let mut object = serialize(&layer).unwrap();
        record(&mut object, &layer, inputs);
        object
    }

    #[test]
    fn layers_in_layers_have_their_shapes() {
        let object = recorded(TimeDistributed(Bidirectional(LSTM(2))), &[Shape::batched([3, 4, 5])]);
        assert_eq!(object["build_config"], json!({"input_shape": [null, 3, 4, 5]}));
        let both = &object["config"]["layer"];
        assert_eq!(both["build_config"], json!({"input_shape": [null, 4, 5]}));
        assert_eq!(both["config"]["layer"]["build_config"], both["build_config"]);
        assert_eq!(
            recorded(TimeDistributed(Dropout(0.5)), &[Shape::batched([3, 4])])["config"]["layer"].get("build_config"),
            None
        );

        let object = recorded(SpectralNormalization(Dense(2)), &[Shape::batched([4])]);
        assert_eq!(object["config"]["layer"]["build_config"], json!({"input_shape": [null, 4]}));
        assert!(object["config"].get("backward_layer").is_none());
    }

    #[test]
    fn each_cell_takes_what_the_one_before_gives() {
        let cells = StackedRNNCells::new(vec![GRUCell(3).into(), LSTMCell(2).into()]);
        let cell = &recorded(RNN(cells), &[Shape::batched([7, 5])])["config"]["cell"];
        assert_eq!(cell["build_config"], json!({"input_shape": [null, 5]}));
        let cells = &cell["config"]["cells"];
        assert_eq!(cells[0]["build_config"], json!({"input_shape": [null, 5]}));
        assert_eq!(cells[1]["build_config"], json!({"input_shape": [null, 3]}));
    }

    #[test]
    fn some_layers_are_built_for_nothing() {
        let input = [Shape::batched([4])];
        assert_eq!(recorded(Dropout(0.5), &input).get("build_config"), None);
        assert_eq!(recorded(IntegerLookup::new(), &input)["build_config"], json!({}));
        let x = Input([4]);
        let graph: Functional = Model::new(&x, Dense(2).apply(&x).unwrap()).unwrap();
        assert_eq!(recorded(graph, &input)["build_config"], json!({"input_shape": null}));
    }

    #[test]
    fn several_inputs_are_named() {
        let [query, value] = [Shape::batched([4, 3]), Shape::batched([5, 3])];
        let object = recorded(Attention::new(), &[query.clone(), value.clone()]);
        assert_eq!(object["build_config"], json!({"input_shape": [[null, 4, 3], [null, 5, 3]]}));
        let object = recorded(crate::layers::MultiHeadAttention(2, 3), &[query, value]);
        let shapes = json!({"query_shape": [null, 4, 3], "value_shape": [null, 5, 3]});
        assert_eq!(object["build_config"], json!({"shapes_dict": shapes}));
    }
}
