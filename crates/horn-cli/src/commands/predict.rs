//! `horn predict`

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use horn::{HostArray, Model, OutputArray, load_model};
use horn_nn::printable::printable;
use ndarray::{ArrayViewD, Axis};
use serde::{Serialize, Serializer};

use crate::arrays::{self, Target};
use crate::failure::Outcome;
use crate::names::Names;
use crate::progress::Progress;
use crate::{memory, output};

/// The number of batches between two updates of the progress line.
const BATCHES: usize = 8;

/// Computes a model's predictions.
#[derive(Args)]
#[command(after_help = "\
Without --output the arrays are shown, long ones cut short. Outputs are float32, or strings where the model gives strings; inputs can be of any number type, or strings for a model of texts.")]
pub struct Options {
    /// A .keras or .h5 file.
    model: PathBuf,
    /// The inputs: a .npy file for each, in the model's order, or one .npz file with an array for each input name. The
    /// first axis is the samples.
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// The output file: .npy for one output, .npz for one or several with their names.
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// The number of samples in a batch.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: u32,
    /// How much memory the model's values may take, as in 500M or 8G. Half of the machine's memory by default.
    #[arg(long, value_parser = memory::size)]
    max_memory: Option<u64>,
    /// Write a JSON document to stdout, with each output under its name.
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options) -> Outcome {
    memory::limit(options.max_memory);
    let target = options.output.as_deref().map(Target::of).transpose()?;
    let model: Model = load_model(&options.model)?;
    let inputs = arrays::read(&options.inputs, &Names::of_inputs(&model), "input")?;
    let outputs = predict(&model, &inputs, options.batch_size as usize)?;
    let names = Names::of_outputs(&model);
    let named: Vec<(&str, &OutputArray)> = names.shown().zip(&outputs).collect();
    if let (Some(path), Some(target)) = (&options.output, target) {
        target.write(path, &named)?;
    }
    if options.json {
        let outputs: BTreeMap<&str, Shown<'_>> = named.iter().map(|(name, array)| (*name, Shown(array))).collect();
        return Ok(output::json(&outputs)?);
    }
    if target.is_some() {
        return Ok(());
    }
    for (name, array) in named {
        let (dtype, values) = match array {
            OutputArray::Numbers(numbers) => ("float32", numbers.to_string()),
            OutputArray::Strings(texts) => ("string", texts.mapv(|text| format!("{text:?}")).to_string()),
        };
        output::line(&format!("{}: {dtype} {}\n{values}", printable(name), horn_nn::sizes(array.shape())))?;
    }
    Ok(())
}

/// Computes all outputs for all samples, and updates the progress line.
fn predict(model: &Model, inputs: &[HostArray<'_>], batch_size: usize) -> horn::Result<Vec<OutputArray>> {
    let samples = inputs.first().map_or(0, HostArray::len);
    let step = batch_size.saturating_mul(BATCHES);
    if samples <= step || inputs.iter().any(|input| input.len() != samples) {
        return model.predict_values(inputs.to_vec(), batch_size);
    }
    model.check_inputs(&inputs.iter().map(HostArray::shape).collect::<Vec<_>>())?;
    let mut progress = Progress::new();
    let mut parts: Vec<Vec<OutputArray>> = vec![Vec::new(); model.output_names().len()];
    let mut values = 0_u64;
    for start in (0..samples).step_by(step) {
        let at: Vec<usize> = (start..samples.min(start + step)).collect();
        let part: Vec<_> = inputs.iter().map(|input| input.samples(&at)).collect();
        for (parts, output) in parts.iter_mut().zip(model.predict_values(part, batch_size)?) {
            values += output.memory();
            parts.push(output);
        }
        horn::memory::check_all_outputs(values)?;
        progress.show(start + at.len(), samples);
    }
    parts.into_iter().map(whole).collect()
}

/// The parts of an output after each other, all of which are numbers or all strings.
fn whole(parts: Vec<OutputArray>) -> horn::Result<OutputArray> {
    let (mut numbers, mut texts) = (Vec::new(), Vec::new());
    for part in &parts {
        match part {
            OutputArray::Numbers(part) => numbers.push(part.view()),
            OutputArray::Strings(part) => texts.push(part.view()),
        }
    }
    let whole = match texts.is_empty() {
        true => ndarray::concatenate(Axis(0), &numbers).map(OutputArray::Numbers),
        false => ndarray::concatenate(Axis(0), &texts).map(OutputArray::Strings),
    };
    whole.map_err(|error| {
        horn::Error::shape("the model's output has another shape for other samples")
            .because(error)
            .hint("predict the samples apart, from one file each")
    })
}

/// An output as nested lists.
struct Shown<'a>(&'a OutputArray);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            OutputArray::Numbers(numbers) => Nested(numbers.view(), |value| short(*value)).serialize(serializer),
            OutputArray::Strings(texts) => Nested(texts.view(), String::clone).serialize(serializer),
        }
    }
}

/// An array as nested lists, with what becomes of each value.
struct Nested<'a, A, B>(ArrayViewD<'a, A>, fn(&A) -> B);

impl<A, B: Serialize> Serialize for Nested<'_, A, B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.ndim() {
            0 => self.0.first().map(self.1).serialize(serializer),
            _ => serializer.collect_seq(self.0.outer_iter().map(|part| Nested(part, self.1))),
        }
    }
}

/// The number with the digits of a float32, not with the extra digits of the float64 that it becomes. JSON has no NaN or
/// infinity, so they become `null`.
fn short(value: f32) -> Option<f64> {
    value.to_string().parse().ok()
}
