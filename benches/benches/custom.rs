//! What `fit` costs over the bare loop, and what metrics and TensorBoard cost: the same model, batches and optimizer, in
//! turns, so that a machine whose speed changes favours nobody. Prints the medians of the ratios, and fails if one is above
//! what is allowed.
//!
//! ```text
//! cargo bench -p benches --bench custom
//! ```
//!
//! The bare loop is what a user writes without `fit`: the forward pass, the loss, the gradients, a step of the optimizer. It
//! keeps no running loss and no metrics, and draws no progress line.

use benches::{BATCH_SIZE, Digits, Verdicts, in_turns};
use horn::callbacks::TensorBoard;
use horn::losses::Loss;
use horn::metrics::AUC;
use horn::prelude::*;
use horn::random::permutation;

const ROUNDS: usize = 41;
/// What callbacks, history and metrics may add to an epoch of the bare loop, and TensorBoard's histograms to an epoch.
const ALLOWED: f64 = 1.05;

/// The README's model, with ten probabilities or one.
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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    set_random_seed(42);
    let digits = Digits::first(12_800)?;
    let compiled = || model(10).compile(Adam::new(1e-3), SparseCategoricalCrossentropy::new(), [Accuracy::new()]);
    let fit = || Fit::epochs(1).batch_size(BATCH_SIZE);
    let quiet = || fit().verbose(Verbose::Silent);
    let mut verdicts = Verdicts::default();

    let (mut fitted, mut bare) = (compiled()?, compiled()?);
    let pairs =
        in_turns(ROUNDS, || fitted.fit(&digits.images, &digits.labels, fit()), || bare_epoch(&mut bare, &digits))?;
    verdicts.add("an epoch by fit with progress line, history and accuracy, to the bare loop", &pairs, ALLOWED);

    // The README's epoch, of all images.
    let all = Digits::first(60_000)?;
    let folder = std::env::temp_dir().join(format!("horn-tensorboard-{}", std::process::id()));
    let (mut watched, mut alone) = (compiled()?, compiled()?);
    let board = || TensorBoard::new(&folder).histogram_freq(1);
    let pairs = in_turns(
        ROUNDS / 2,
        || watched.fit(&all.images, &all.labels, quiet().callback(board())),
        || alone.fit(&all.images, &all.labels, quiet()),
    );
    // What was written is not needed, whether the runs failed or not.
    let _ = std::fs::remove_dir_all(&folder);
    verdicts.add("an epoch with TensorBoard and histograms, to one without", &pairs?, ALLOWED);

    // Is the digit odd?
    let odd = digits.labels.mapv(|label| f32::from(label % 2)).insert_axis(ndarray::Axis(1));
    let mut with_auc = model(1).compile(Adam::new(1e-3), BinaryCrossentropy::new(), [AUC::new()])?;
    let mut without = model(1).compile(Adam::new(1e-3), BinaryCrossentropy::new(), ())?;
    let pairs = in_turns(
        ROUNDS,
        || with_auc.fit(&digits.images, &odd, quiet()),
        || without.fit(&digits.images, &odd, quiet()),
    )?;
    verdicts.add("an epoch with AUC, to one without metrics", &pairs, None);
    Ok(verdicts.finish()?)
}
