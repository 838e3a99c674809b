//! `horn evaluate`

use std::collections::HashMap;
use std::path::PathBuf;

use clap::Args;
use horn::{CompiledModel, Error, Evaluate, HostArray, Verbose, load_model};
use horn_nn::printable::printable;
use serde_json::{Value, json};

use crate::arrays;
use crate::failure::Outcome;
use crate::names::Names;
use crate::progress::Waiting;
use crate::{memory, output};

/// Computes the loss and the metrics that a model was compiled with.
#[derive(Args)]
#[command(after_help = "Prints a line `name: value` for the loss and each metric.")]
pub struct Options {
    /// A .keras or .h5 file of a compiled model.
    model: PathBuf,
    /// The inputs: a .npy file, or an .npz file with an array for each input name. The first axis is the samples.
    x: PathBuf,
    /// The expected outputs: a .npy file, or an .npz file with an array for each output name.
    y: PathBuf,
    /// The number of samples in a batch.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: u32,
    /// How much memory the model's values may take, as in 500M or 8G. Half of the machine's memory by default.
    #[arg(long, value_parser = memory::size)]
    max_memory: Option<u64>,
    /// Write a JSON document.
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options) -> Outcome {
    memory::limit(options.max_memory);
    let mut compiled: CompiledModel = load_model(&options.model)?;
    if let Some(reason) = compiled.missing_optimizer() {
        let left_out = Error::model("the optimizer is left out, and the scores do not depend on it");
        output::warn(&left_out.because(format!("{reason:#}")));
    }
    let model = compiled.model()?;
    let x = arrays::read(std::slice::from_ref(&options.x), &Names::of_inputs(model), "input")?;
    let y = arrays::read(std::slice::from_ref(&options.y), &Names::of_outputs(model), "output")?;
    let waiting = Waiting::new(x.first().map_or(0, HostArray::len));
    let quiet = Evaluate::new().batch_size(options.batch_size as usize).verbose(Verbose::Silent);
    let scores = compiled.evaluate_with(x, y, quiet)?;
    drop(waiting);
    // A metric with a value for each class has all of them, as in Keras, and not their mean.
    let several: HashMap<&str, &[f64]> = scores.several().collect();
    if options.json {
        let value = |(name, value): (&str, f64)| {
            (name.to_owned(), several.get(name).map_or_else(|| value.into(), |values| json!(values)))
        };
        return Ok(output::json(&Value::Object(scores.iter().map(value).collect()))?);
    }
    for (name, value) in scores.iter() {
        let shown = several.get(name).map_or_else(|| value.to_string(), |values| format!("{values:?}"));
        output::line(&format!("{}: {shown}", printable(name)))?;
    }
    Ok(())
}
