//! A model's summary: which rows Keras's table has for it.

use crate::plan::Kind;
use crate::summary::{Connection, Row, Summary, Totals};
use crate::{LayerRef, Model, Weight};

impl Model {
    /// The table of layers, shapes and weights as a value, to print or to look at.
    ///
    /// A Sequential model's input is left out, as Keras does.
    pub fn to_summary(&self) -> Summary {
        let trainable = count(self.trainable_weights());
        let non_trainable = count(self.non_trainable_weights());
        Summary {
            name: self.name().to_owned(),
            rows: self.shown().map(|layer| self.row(layer)).collect(),
            totals: Totals { trainable, non_trainable, ..Totals::default() },
            show_connections: !self.is_chain(),
            ..Summary::default()
        }
    }

    /// The table with the layers of nested models below them: Keras's `summary(expand_nested=True)`.
    pub fn to_expanded_summary(&self) -> Summary {
        let mut rows = Vec::new();
        self.expand(0, &mut rows);
        Summary { rows, ..self.to_summary() }
    }

    /// Prints the table of layers, shapes and weights.
    pub fn summary(&self) {
        self.to_summary().print();
    }

    /// Adds the rows of all layers, those of nested models indented.
    fn expand(&self, depth: usize, rows: &mut Vec<Row>) {
        for layer in self.shown() {
            let mut row = self.row(layer);
            if depth > 0 {
                row.name = format!("{}└ {}", "   ".repeat(depth), row.name);
                row.connected_to.clear();
            }
            rows.push(row);
            if let Some(nested) = layer.as_model() {
                nested.expand(depth + 1, rows);
            }
        }
    }

    fn shown(&self) -> impl Iterator<Item = LayerRef<'_>> {
        self.layers().skip(usize::from(self.kind() == Kind::Sequential))
    }

    fn row(&self, layer: LayerRef<'_>) -> Row {
        let plan = self.plan();
        let connected = layer.calls().flat_map(|call| &call.inputs).map(|place| {
            let call = &plan.calls[place.call];
            Connection {
                layer: plan.layers[call.layer].name.clone(),
                node_index: call.index,
                tensor_index: place.output,
            }
        });
        let shapes = layer.calls().next().map_or(&[][..], |call| &call.output_shapes);
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
            connected_to: connected.collect(),
        }
    }

    /// Does each layer take just the output of the one before?
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
        self.kind() == Kind::Sequential || plan.inputs.len() == 1 && once && follow
    }
}

fn count<'a>(weights: impl Iterator<Item = &'a Weight>) -> usize {
    weights.map(|weight| weight.sizes.iter().product::<usize>()).sum()
}
