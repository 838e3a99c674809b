//! `horn bench`

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use horn::{Error, HostArray, Model, Result, load_model};
use serde_json::{Value, json};

use crate::failure::Outcome;
use crate::{memory, output};

/// Runs that are not measured, in which memory is allocated, threads start and caches fill.
const WARM_UP: usize = 3;
const FEWEST_RUNS: usize = 5;
const MAX_RUNS: usize = 10_000;
/// The limit for a batch: 8 GiB of float32 values.
const MAX_VALUES: usize = 1 << 31;

/// Measures how long a model takes for batches of several sizes, with artificial inputs.
#[derive(Args)]
#[command(after_help = "\
What is measured is a prediction as a program makes it: arrays in, arrays out. p95 is the time that 95 of 100 runs do not
exceed; the throughput is that of the median run.")]
pub struct Options {
    /// A .keras or .h5 file.
    model: PathBuf,
    /// The number of samples in a batch.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 32, 128],
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    batch_size: Vec<u32>,
    /// The time to measure each batch size, in seconds.
    #[arg(long, default_value_t = 1.0, value_parser = seconds)]
    seconds: f64,
    /// The size of dimensions that the model leaves open, such as the length of a sequence.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    open_size: u32,
    /// How much memory the model's values may take, as in 500M or 8G. Half of the machine's memory by default.
    #[arg(long, value_parser = memory::size)]
    max_memory: Option<u64>,
    /// Write a JSON document.
    #[arg(long)]
    json: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.001..=3600.0).contains(seconds));
    seconds.ok_or_else(|| "expected a number from 0.001 to 3600".to_owned())
}

struct Measured {
    batch_size: usize,
    runs: usize,
    median: Duration,
    p95: Duration,
}

impl Measured {
    fn samples_per_second(&self) -> f64 {
        self.batch_size as f64 / self.median.as_secs_f64().max(1e-9)
    }
}

pub fn run(options: &Options) -> Outcome {
    memory::limit(options.max_memory);
    let start = Instant::now();
    let model: Model = load_model(&options.model)?;
    let loaded = start.elapsed();
    let patience = Duration::from_secs_f64(options.seconds);
    let row = |cells: [String; 5]| cells.iter().map(|cell| format!("{cell:>14}")).collect::<String>();
    if !options.json {
        output::line(&format!("loaded in {}", milliseconds(loaded)))?;
        output::line(&row(["batch size", "runs", "median", "p95", "samples/s"].map(str::to_owned)))?;
    }
    let mut all = Vec::new();
    for &batch_size in &options.batch_size {
        let measured = measure(&model, batch_size as usize, options.open_size as usize, patience)?;
        if !options.json {
            let Measured { batch_size, runs, median, p95 } = measured;
            let throughput = output::thousands(measured.samples_per_second().round() as u64);
            let times = [milliseconds(median), milliseconds(p95)];
            output::line(&row([
                batch_size.to_string(),
                runs.to_string(),
                times[0].clone(),
                times[1].clone(),
                throughput,
            ]))?;
        }
        all.push(measured);
    }
    if options.json {
        let batches = all.iter().map(|measured| {
            json!({
                "batch_size": measured.batch_size,
                "runs": measured.runs,
                "median_ms": measured.median.as_secs_f64() * 1e3,
                "p95_ms": measured.p95.as_secs_f64() * 1e3,
                "samples_per_second": measured.samples_per_second(),
            })
        });
        let batches: Value = batches.collect();
        output::json(&json!({"load_ms": loaded.as_secs_f64() * 1e3, "batches": batches}))?;
    }
    Ok(())
}

fn measure(model: &Model, batch_size: usize, open_size: usize, patience: Duration) -> Result<Measured> {
    let inputs = model.input_shapes().map(|shape| {
        let sample = shape.sample().iter().map(|size| size.unwrap_or(open_size));
        let sizes: Vec<usize> = std::iter::once(batch_size).chain(sample).collect();
        let count =
            sizes.iter().try_fold(1_usize, |count, &size| count.checked_mul(size).filter(|&it| it <= MAX_VALUES));
        let count = count.ok_or_else(|| {
            Error::data("a batch would take more memory than there is")
                .at("--batch-size")
                .received(horn_nn::sizes(&sizes))
                .expected(format!("at most {MAX_VALUES} values"))
                .hint("give smaller batches")
        })?;
        horn::memory::check(4 * (count as u64) * if shape.is_strings() { 16 } else { 4 }, "a batch")?;
        if shape.is_strings() {
            return HostArray::new(vec!["a text of some words"; count], sizes);
        }
        // Zeros and ones are valid as pixels and as indices into any vocabulary.
        let values: Vec<u8> = (0..count).map(|at| u8::from(at.is_multiple_of(3))).collect();
        HostArray::new(values, sizes)
    });
    let inputs = inputs.collect::<Result<Vec<_>>>()?;
    for _ in 0..WARM_UP {
        model.predict_all(inputs.clone(), batch_size)?;
    }
    let start = Instant::now();
    let mut times = Vec::new();
    while times.len() < FEWEST_RUNS || times.len() < MAX_RUNS && start.elapsed() < patience {
        let run = Instant::now();
        model.predict_all(inputs.clone(), batch_size)?;
        times.push(run.elapsed());
    }
    times.sort();
    let runs = times.len();
    Ok(Measured { batch_size, runs, median: times[runs / 2], p95: times[(runs * 95).div_ceil(100) - 1] })
}

fn milliseconds(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1e3)
}
