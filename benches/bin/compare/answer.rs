//! What a job found out.

use std::fs;
use std::time::Instant;

use serde_json::{Map, Value, json};

/// A median is of so many runs at least, unless they take more than ten times the budget.
const FEWEST_RUNS: usize = 5;

/// The answer to a job. What a task does not measure stays empty.
#[derive(Debug, Default)]
pub struct Answer {
    /// Training: seconds of each epoch, and its mean loss.
    pub epochs: Vec<(f64, f64)>,
    /// Prediction: samples, the way, and the median of its seconds.
    pub predictions: Vec<(usize, String, f64)>,
    /// Prediction: the model's output for the first sample.
    pub output: Vec<f32>,
    /// Seconds that the model file took.
    pub load: Option<f64>,
}

impl Answer {
    /// Notes how long `predict` takes, as the median of as many runs as fit into the budget.
    pub fn time<E>(
        &mut self,
        samples: usize,
        way: &str,
        budget: f64,
        mut predict: impl FnMut() -> Result<Vec<f32>, E>,
    ) -> Result<(), E> {
        let output = predict()?;
        if self.output.is_empty() {
            self.output = output[..output.len() / samples].to_vec();
        }
        let (mut seconds, mut sum) = (Vec::new(), 0.0);
        while sum < if seconds.len() >= FEWEST_RUNS { budget } else { 10.0 * budget } {
            let start = Instant::now();
            let output = predict()?;
            let taken = start.elapsed().as_secs_f64();
            drop(output);
            seconds.push(taken);
            sum += taken;
        }
        seconds.sort_by(f64::total_cmp);
        self.predictions.push((samples, way.to_owned(), seconds[seconds.len() / 2]));
        Ok(())
    }

    pub fn to_json(&self) -> Value {
        let mut predictions = Map::new();
        for (samples, way, seconds) in &self.predictions {
            predictions.entry(samples.to_string()).or_insert_with(|| json!({}))[way] = json!(seconds);
        }
        let (seconds, losses): (Vec<f64>, Vec<f64>) = self.epochs.iter().copied().unzip();
        json!({
            "version": concat!("Horn ", env!("CARGO_PKG_VERSION")),
            "epochs": seconds,
            "losses": losses,
            "predictions": predictions,
            "output": self.output,
            "load": self.load,
            "peak_memory": peak_memory(),
        })
    }
}

/// The largest resident size of this process so far, in bytes, where the system tells it.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"))?;
    Some(kilobytes.parse::<u64>().ok()? * 1024)
}
