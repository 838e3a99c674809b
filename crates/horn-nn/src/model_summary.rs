//! A model's summary: which rows Keras's table has for it.

use crate::plan::Kind;
use crate::summary::{Connection, Row, Summary, Totals};
use crate::{Model, weights};

impl Model {
    /// The table of layers, shapes and weights as a value, to print or to look at.
    ///
    /// A Sequential model's input is left out, as Keras does.
    pub fn to_summary(&self) -> Summary {
        let (trainable, non_trainable) = weights::count(self);
        let hidden = usize::from(self.kind() == Kind::Sequential);
        Summary {
            name: self.name().to_owned(),
            rows: (0..self.layers().len()).skip(hidden).map(|at| self.row(at)).collect(),
            totals: Totals { trainable, non_trainable, ..Totals::default() },
            show_connections: !self.is_chain(),
            ..Summary::default()
        }
    }

    /// Prints the table of layers, shapes and weights.
    pub fn summary(&self) {
        self.to_summary().print();
    }

    fn row(&self, at: usize) -> Row {
        let layer = self.layers().nth(at).expect("there is such a layer");
        let plan = self.plan();
        let connected = layer.calls().flat_map(|call| &call.inputs).map(|place| {
            let call = &plan.calls[place.call];
            Connection {
                layer: plan.layers[call.layer].name.clone(),
                node_index: call.index,
                tensor_index: place.output,
            }
        });
        Row {
            name: layer.name().to_owned(),
            class_name: layer.layer().class_name().to_owned(),
            output_shape: Some(layer.shapes_text()),
            params: Some(layer.count_params()),
            trainable: (layer.count_params() > 0).then_some(layer.trainable()),
            connected_to: connected.collect(),
        }
    }

    /// Does each layer take just the output of the one before?
    fn is_chain(&self) -> bool {
        let plan = self.plan();
        let mut called = vec![false; plan.layers.len()];
        let once = plan.calls.iter().all(|call| !std::mem::replace(&mut called[call.layer], true));
        let taken = plan.calls.iter().skip(1).enumerate();
        self.kind() == Kind::Sequential
            || plan.inputs.len() == 1
                && once
                && taken
                    .into_iter()
                    .all(|(before, call)| matches!(call.inputs.as_slice(), [input] if input.call == before))
    }
}
