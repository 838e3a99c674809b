//! What it costs to train from a dataset whose batches two threads load, compared with arrays in memory: the same model and
//! batches of the same size, in turns, so that a machine whose speed changes favours neither. Prints medians, and fails if
//! the cost is above what is allowed.
//!
//! ```text
//! cargo bench -p benches --features burn-dataset --bench loading
//! ```

use benches::{BATCH_SIZE, Digits, Verdicts, in_turns};
use horn::prelude::*;
use horn::{Data, PyDataset, PyDatasetSource, Result};

const ROUNDS: usize = 41;
/// An epoch from a dataset may take a tenth longer.
const ALLOWED: f64 = 1.1;

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

/// The images and labels as the items of a Burn dataset, which makes floats of them.
#[cfg(feature = "burn-dataset")]
fn items(digits: &Digits) -> horn::DatasetSource {
    let images = digits.images.outer_iter().map(|image| image.iter().copied().collect());
    let items: Vec<(Vec<u8>, u8)> = images.zip(digits.labels.iter().copied()).collect();
    let split = |(image, label): (Vec<u8>, u8)| (image.into_iter().map(f32::from), [f32::from(label)]);
    let items = horn::burn_dataset::InMemDataset::new(items);
    horn::DatasetSource::new(items, [28, 28], [], split).batch_size(BATCH_SIZE).workers(2)
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

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    set_random_seed(42);
    let digits = Digits::first(12_800)?;
    let fit = || Fit::epochs(1).batch_size(BATCH_SIZE).verbose(Verbose::Silent);
    let mut verdicts = Verdicts::default();
    let mut in_memory = model()?;
    let mut memory = || in_memory.fit(&digits.images, &digits.labels, fit());

    let mut source = PyDatasetSource::new(Loaded(Digits::first(12_800)?));
    let mut from_dataset = model()?;
    let pairs = in_turns(ROUNDS, || from_dataset.fit_source(&mut source, fit()), &mut memory)?;
    verdicts.add("an epoch of 100 steps from a PyDataset by 2 threads, to one from memory", &pairs, ALLOWED);

    #[cfg(feature = "burn-dataset")]
    {
        let mut source = items(&digits);
        let mut from_items = model()?;
        let pairs = in_turns(ROUNDS, || from_items.fit_source(&mut source, fit()), &mut memory)?;
        verdicts.add("an epoch of 100 steps from a Burn dataset by 2 threads, to one from memory", &pairs, ALLOWED);
    }
    Ok(verdicts.finish()?)
}
