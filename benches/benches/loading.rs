//! What it costs to train from a dataset whose batches two threads load, compared with arrays in memory: the same model and
//! batches of the same size, in turns, so that a machine whose speed changes favours neither. Prints medians.
//!
//! ```text
//! cargo bench -p benches --bench loading
//! ```

use std::time::Instant;

use benches::{BATCH_SIZE, Digits};
use horn::prelude::*;
use horn::{Data, PyDataset, PyDatasetSource, Result};

const ROUNDS: usize = 15;

/// Copies each batch, as one that reads it from a file would.
struct Loaded(Digits);

impl PyDataset for Loaded {
    fn len(&self) -> Option<usize> {
        Some(self.0.labels.len().div_ceil(BATCH_SIZE))
    }
    fn get(&self, index: usize) -> Result<Data<'static>> {
        let at = index * BATCH_SIZE..self.0.labels.len().min((index + 1) * BATCH_SIZE);
        let images = self.0.images.slice(ndarray::s![at.clone(), .., ..]);
        Ok(Data::new(&images, &self.0.labels.slice(ndarray::s![at])).into_owned())
    }
    fn workers(&self) -> usize {
        2
    }
}

fn model() -> Result<CompiledModel> {
    let hidden = || Dense(128).activation(Activation::Relu);
    Sequential::new()
        .add(Input([28, 28]))
        .add(Flatten())
        .add(Rescaling(1.0 / 255.0))
        .add(hidden())
        .add(hidden())
        .add(hidden())
        .add(Dense(10).activation(Activation::Softmax))
        .compile(Adam::new(1e-3), SparseCategoricalCrossentropy::new(), [Accuracy::new()])
}

fn seconds(work: impl FnOnce() -> Result<History>) -> Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> Result<()> {
    set_random_seed(42);
    let digits = Digits::first(12_800)?;
    let mut source = PyDatasetSource::new(Loaded(Digits::first(12_800)?));
    let (mut from_memory, mut from_dataset) = (model()?, model()?);
    let fit = || Fit::epochs(1).batch_size(BATCH_SIZE).verbose(Verbose::Silent);
    let mut memory = || seconds(|| from_memory.fit(&digits.images, &digits.labels, fit()));
    let mut dataset = || seconds(|| from_dataset.fit_source(&mut source, fit()));
    let _ = (memory()?, dataset()?);
    let mut times = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Which one runs first alternates, too.
        let (one, other) = if round % 2 == 0 {
            let one = memory()?;
            (one, dataset()?)
        } else {
            let other = dataset()?;
            (memory()?, other)
        };
        times.0.push(1e3 * one);
        times.1.push(1e3 * other);
    }
    let ratios = times.0.iter().zip(&times.1).map(|(memory, dataset)| dataset / memory).collect();
    println!(
        "an epoch of 100 steps: from memory {:.1} ms, from a dataset by 2 threads {:.1} ms, ratio {:.3}",
        median(times.0),
        median(times.1),
        median(ratios)
    );
    Ok(())
}
