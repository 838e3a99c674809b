//! `horn summary`

use std::collections::HashMap;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::Args;
use horn::Model;
use horn::summary::{Summary, terminal_width};
use serde_json::{Value, json};

use crate::failure::Outcome;
use crate::output;
use crate::source::Loaded;

/// Shows the layers of a model, their shapes and their weights, as Keras's `model.summary()` does.
#[derive(Args)]
pub struct Options {
    /// A .keras or .h5 file.
    model: PathBuf,
    /// Also show the layers of nested models.
    #[arg(long)]
    expand_nested: bool,
    /// Write a JSON document.
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options) -> Outcome {
    let (loaded, _) = Loaded::open(&options.model)?;
    let model = loaded.model()?;
    let mut summary = match &loaded {
        Loaded::Plain(model) => model.to_summary(),
        Loaded::Compiled(model) => model.to_summary(),
    };
    if options.expand_nested {
        summary.rows = model.to_expanded_summary().rows;
    }
    if options.json {
        return Ok(output::json(&to_json(model, &summary))?);
    }
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let styled = io::stdout().is_terminal() && !is_set("NO_COLOR");
    Ok(output::styled(&summary.render(terminal_width(), styled))?)
}

fn to_json(model: &Model, summary: &Summary) -> Value {
    let totals = &summary.totals;
    let inputs = model.input_names().zip(model.input_shapes());
    let outputs = model.output_names().zip(model.output_shapes());
    let shape = |(name, shape)| json!({"name": name, "shape": shape});
    json!({
        "name": summary.name,
        "inputs": inputs.map(shape).collect::<Value>(),
        "outputs": outputs.map(shape).collect::<Value>(),
        "layers": layers(model),
        "params": {
            "total": totals.trainable + totals.non_trainable + totals.optimizer.unwrap_or(0),
            "trainable": totals.trainable,
            "non_trainable": totals.non_trainable,
            "optimizer": totals.optimizer,
        },
    })
}

/// All layers, with the layers of a nested model below it.
fn layers(model: &Model) -> Value {
    let mut inputs = HashMap::new();
    for row in model.to_summary().rows {
        inputs.entry(row.name).or_insert(row.connected_to);
    }
    let layer = |layer: horn::LayerRef<'_>| {
        let mut object = json!({
            "name": layer.name(),
            "class": layer.layer().class_name(),
            "output_shapes": layer.output_shapes().collect::<Vec<_>>(),
            "params": layer.count_params(),
            "trainable": layer.trainable(),
        });
        if let Some(from) = inputs.get(layer.name()) {
            object["inputs"] = from.iter().map(|from| from.layer.as_str()).collect();
        }
        if let Some(nested) = layer.as_model() {
            object["layers"] = layers(nested);
        }
        object
    };
    model.layers().map(layer).collect()
}
