//! What `fit` costs over the bare loop, and what metrics cost: the same model, batches and optimizer, in turns, so that a
//! machine whose speed changes favours nobody. Prints the medians of the ratios.
//!
//! ```text
//! cargo bench -p benches --bench custom
//! ```
//!
//! The bare loop is what a user writes without `fit`: the forward pass, the loss, the gradients, a step of the optimizer. It
//! keeps no running loss and no metrics, and draws no progress line.

use std::time::Instant;

use benches::{BATCH_SIZE, Digits};
use horn::losses::Loss;
use horn::metrics::AUC;
use horn::prelude::*;
use horn::random::permutation;

const ROUNDS: usize = 15;

/// The article's model, with ten probabilities or one.
fn model(outputs: usize) -> Sequential {
    let hidden = || Dense(128).activation(Activation::Relu);
    let layers = Sequential::new().add(Input([28, 28])).add(Flatten()).add(Rescaling(1.0 / 255.0));
    let last = if outputs == 1 { Activation::Sigmoid } else { Activation::Softmax };
    layers.add(hidden()).add(hidden()).add(hidden()).add(Dense(outputs).activation(last))
}

fn bare_epoch(model: &mut CompiledModel, digits: &Digits) -> horn::Result<()> {
    let (x, y) = (HostArray::from(&digits.images), HostArray::from(&digits.labels));
    let training = model.device().clone().autodiff();
    let loss = SparseCategoricalCrossentropy::new().from_logits(true);
    for at in permutation(x.len()).chunks(BATCH_SIZE) {
        let labels = y.class_batch(at, model.device())?;
        let logits = model.logits(x.batch(at, &training)?.value()?, Mode::Training)?.value;
        let loss = loss.call(labels.into(), logits, None)?;
        model.minimize(loss)?;
    }
    Ok(())
}

fn seconds(work: impl FnOnce() -> horn::Result<()>) -> horn::Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Runs both in turns. Returns the line to print: the medians of the first and the second, and of the ratios.
fn compare(
    what: &str,
    mut first: impl FnMut() -> horn::Result<()>,
    mut second: impl FnMut() -> horn::Result<()>,
) -> horn::Result<String> {
    first()?;
    second()?;
    let mut times = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (one, other) = if round % 2 == 0 {
            let one = seconds(&mut first)?;
            (one, seconds(&mut second)?)
        } else {
            let other = seconds(&mut second)?;
            (seconds(&mut first)?, other)
        };
        times.0.push(1e3 * one);
        times.1.push(1e3 * other);
    }
    let ratios = times.0.iter().zip(&times.1).map(|(one, other)| one / other).collect();
    Ok(format!("{what}: {:.1} ms to {:.1} ms an epoch, ratio {:.3}", median(times.0), median(times.1), median(ratios)))
}

fn main() -> horn::Result<()> {
    set_random_seed(42);
    let digits = Digits::first(12_800)?;
    let compiled = || model(10).compile(Adam::new(1e-3), SparseCategoricalCrossentropy::new(), [Accuracy::new()]);
    let fit = || Fit::epochs(1).batch_size(BATCH_SIZE);
    let mut lines = Vec::new();

    let (mut fitted, mut bare) = (compiled()?, compiled()?);
    lines.push(compare(
        "fit with progress line, history and accuracy, to the bare loop",
        || fitted.fit(&digits.images, &digits.labels, fit()).map(drop),
        || bare_epoch(&mut bare, &digits),
    )?);

    // Is the digit odd?
    let odd = digits.labels.mapv(|label| f32::from(label % 2)).insert_axis(ndarray::Axis(1));
    let mut with_auc = model(1).compile(Adam::new(1e-3), BinaryCrossentropy::new(), [AUC::new()])?;
    let mut without = model(1).compile(Adam::new(1e-3), BinaryCrossentropy::new(), ())?;
    lines.push(compare(
        "fit with AUC, to fit without metrics",
        || with_auc.fit(&digits.images, &odd, fit().verbose(Verbose::Silent)).map(drop),
        || without.fit(&digits.images, &odd, fit().verbose(Verbose::Silent)).map(drop),
    )?);
    println!("\n{}", lines.join("\n"));
    Ok(())
}
