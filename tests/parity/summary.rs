//! The tables that `summary()` prints, compared character by character.

use horn::burn::tensor::Device;
use horn::prelude::*;
use ndarray::ArrayD;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::fixtures::read;
use horn::layers::from_config;

#[derive(Deserialize)]
struct Entry {
    case: String,
    columns: usize,
    state: String,
    name: Option<String>,
    input_shape: Option<Vec<usize>>,
    layers: Vec<Step>,
    arguments: Map<String, Value>,
    text: String,
}

#[derive(Deserialize)]
struct Step {
    class_name: String,
    args: Map<String, Value>,
    #[serde(default)]
    frozen: bool,
}

impl Entry {
    fn model(&self) -> Sequential {
        let mut model = Sequential::new();
        if let Some(name) = &self.name {
            model = model.name(name);
        }
        if let Some(shape) = &self.input_shape {
            model = model.add(Input(shape));
        }
        self.layers.iter().fold(model, |model, layer| {
            let mut config = layer.args.clone();
            config.insert("trainable".to_owned(), (!layer.frozen).into());
            model.add(from_config(&layer.class_name, &config.into()).unwrap())
        })
    }

    fn compiled(&self) -> CompiledModel {
        self.model().compile(Adam::default(), MeanSquaredError::new(), ()).unwrap()
    }
}

#[test]
fn texts() {
    let entries: Vec<Entry> = read("summary.json");
    for entry in &entries {
        let mut summary = match entry.state.as_str() {
            "unbuilt" => entry.model().to_summary(),
            "built" => entry.model().build(&Device::default()).unwrap().to_summary(),
            "compiled" => entry.compiled().to_summary(),
            "trained" => {
                let mut model = entry.compiled();
                let sizes = [&[1][..], entry.input_shape.as_deref().unwrap()].concat();
                let zeros = |sizes: &[usize]| ArrayD::<f32>::zeros(sizes);
                let output = model.predict(&zeros(&sizes)).unwrap();
                let fit = Fit::epochs(1).verbose(Verbose::Silent);
                model.fit(&zeros(&sizes), &zeros(output.shape()), fit).unwrap();
                model.to_summary()
            }
            state => panic!("{}: {state}", entry.case),
        };
        for (argument, value) in &entry.arguments {
            match argument.as_str() {
                "show_trainable" => summary.show_trainable = value == true,
                "line_length" => summary.line_length = Some(value.as_u64().unwrap() as usize),
                argument => panic!("{}: {argument}", entry.case),
            }
        }
        let text = summary.render(entry.columns, false) + "\n";
        assert_eq!(text, entry.text, "{}, {}, {} columns:\n{text}", entry.case, entry.state, entry.columns);
    }
    assert!(entries.len() >= 19, "{} tables", entries.len());
}
