//! The summary of a model: the rows of Keras's table.

use crate::graph::plan::{ModelKind, Place};
use crate::layer::weight::Weight;
use crate::model::layer_ref::LayerRef;
use crate::model::model::Model;
use crate::summary::{Connection, Row, Summary, Totals};

impl Model {
    /// The table of layers, shapes and weights as a value, to print or to inspect.
    ///
    /// As in Keras, the input of a Sequential model is left out.
    pub fn to_summary(&self) -> Summary {
        let trainable = count(self.trainable_weights());
        let non_trainable = count(self.non_trainable_weights());
        Summary {
            name: self.name().to_owned(),
            rows: self.rows().into_iter().map(|(row, _)| row).collect(),
            totals: Totals { trainable, non_trainable, ..Totals::default() },
            show_connections: !self.is_chain(),
            ..Summary::default()
        }
    }

    /// The table with the layers of nested models: Keras's `summary(expand_nested=True)`.
    pub fn to_expanded_summary(&self) -> Summary {
        let mut rows = Vec::new();
        self.expand(0, &mut rows);
        Summary { rows, ..self.to_summary() }
    }

    /// Prints the table of layers, shapes and weights.
    pub fn summary(&self) {
        self.to_summary().print();
    }

    /// Adds the rows of all layers; those of nested models are indented.
    fn expand(&self, depth: usize, rows: &mut Vec<Row>) {
        for (mut row, nested) in self.rows() {
            if depth > 0 {
                row.name = format!("{}└ {}", "   ".repeat(depth), row.name);
                row.connected_to.clear();
            }
            rows.push(row);
            if let Some(nested) = nested {
                nested.expand(depth + 1, rows);
            }
        }
    }

    /// The rows of layers and of functions on tensors; for a nested model together with the model.
    fn rows(&self) -> Vec<(Row, Option<&Self>)> {
        let hidden = usize::from(self.kind() == ModelKind::Sequential);
        let shown = self.nodes().skip(hidden).filter(|layer| !layer.layer().conventions().is_constant);
        shown.map(|layer| (self.row(layer), layer.as_model())).collect()
    }

    fn row(&self, layer: LayerRef<'_>) -> Row {
        // As in Keras, those of the last call.
        let shapes = layer.calls().last().map_or(&[][..], |call| &call.output_shapes);
        let shapes: Vec<String> = shapes.iter().map(ToString::to_string).collect();
        let params = layer.count_params();
        Row {
            name: layer.name().to_owned(),
            class_name: layer.layer().class_name().to_owned(),
            output_shape: Some(match shapes.as_slice() {
                [one] => one.clone(),
                shapes => format!("[{}]", shapes.join(", ")),
            }),
            params: Some(params),
            trainable: (params > 0).then_some(layer.trainable()),
            connected_to: layer
                .calls()
                .flat_map(|call| &call.inputs)
                .filter(|place| {
                    !self.plan().layers[self.plan().calls[place.call].layer].layer.conventions().is_constant
                })
                .map(|&place| self.connection(place))
                .collect(),
        }
    }

    fn connection(&self, place: Place) -> Connection {
        let plan = self.plan();
        let call = &plan.calls[place.call];
        Connection { layer: plan.layers[call.layer].name.clone(), node_index: call.index, tensor_index: place.output }
    }

    /// Does each layer take only the output of the one before?
    fn is_chain(&self) -> bool {
        let plan = self.plan();
        let mut called = vec![false; plan.layers.len()];
        let once = plan.calls.iter().all(|call| !std::mem::replace(&mut called[call.layer], true));
        let follow = plan
            .calls
            .iter()
            .skip(1)
            .enumerate()
            .all(|(before, call)| matches!(call.inputs.as_slice(), [input] if input.call == before));
        let plain = plan.inputs.len() == 1;
        self.kind() == ModelKind::Sequential || plain && once && follow
    }
}

fn count<'a>(weights: impl Iterator<Item = &'a Weight>) -> usize {
    weights.map(|weight| weight.sizes.iter().product::<usize>()).sum()
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use crate::layers::{Concatenate, Embedding, Flatten, Input, LSTM};
    use crate::{Apply, Model, Sequential};

    #[test]
    fn masks_that_no_layer_takes_count_in_the_names_of_others() {
        let words = Input([4]);
        let embedded = || Embedding(5, 2).mask_zero(true).apply(&words).unwrap();
        let unread = Flatten().apply(embedded()).unwrap();
        let read = LSTM(2).apply(embedded()).unwrap();
        let model = Model::new(&words, Concatenate().apply((&unread, &read)).unwrap()).unwrap();
        let summary = model.build(&Device::default()).unwrap().to_summary();
        let names: Vec<&str> = summary.rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["input_layer", "embedding", "embedding_1", "not_equal_1", "flatten", "lstm", "concatenate"]);
    }

    #[test]
    fn models_without_a_name_are_numbered_in_another() {
        use crate::layers::Dense;
        let coder = |units| Sequential::new().add(Input([4])).add(Dense(units)).add(Dense(4));
        let x = Input([4]);
        let y = coder(3).apply(coder(2).apply(&x).unwrap()).unwrap();
        let inner = Model::new(&x, Dense(4).apply(&x).unwrap()).unwrap();
        let built = inner.clone().build(&Device::default()).unwrap();
        let y = built.apply(inner.apply(&y).unwrap()).unwrap();
        let model = Model::new(&x, &y).unwrap().build(&Device::default()).unwrap();
        let names: Vec<&str> = model.layers().map(|layer| layer.name()).collect();
        assert_eq!(names, ["input_layer", "sequential", "sequential_1", "functional", "functional_1"]);
        let config = model.serialize().unwrap();
        assert_eq!(config["config"]["layers"][2]["config"]["name"], "sequential_1");
    }
}
