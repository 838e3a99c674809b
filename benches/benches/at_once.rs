//! Several models that train at once, each in a thread of its own, beside the same models one after the other. All of them
//! share the threads of the kernels, so together they may take no longer. Prints the medians of the ratios, and fails if one
//! is above what is allowed.
//!
//! ```text
//! cargo bench -p benches --bench at_once
//! ```

use std::thread;

use benches::{BATCH_SIZE, Digits, Verdicts, in_turns};
use horn::prelude::*;

const ROUNDS: usize = 15;
/// A thread that waits while another one has its core costs a little.
const ALLOWED: f64 = 1.1;

fn models(count: usize) -> horn::Result<Vec<CompiledModel>> {
    let hidden = || Dense(128).activation(Activation::Relu);
    let model = || {
        let layers = Sequential::new().add(Input([28, 28])).add(Flatten()).add(Rescaling(1.0 / 255.0));
        let layers = layers.add(hidden()).add(hidden()).add(hidden()).add(Dense(10).activation(Activation::Softmax));
        layers.compile(Adam::new(1e-3), SparseCategoricalCrossentropy::new(), [Accuracy::new()])
    };
    (0..count).map(|_| model()).collect()
}

fn epoch(model: &mut CompiledModel, digits: &Digits) -> horn::Result<()> {
    let fit = Fit::epochs(1).batch_size(BATCH_SIZE).verbose(Verbose::Silent);
    model.fit(&digits.images, &digits.labels, fit).map(drop)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    set_random_seed(42);
    let digits = Digits::first(12_800)?;
    let mut verdicts = Verdicts::default();
    for count in [2, 4] {
        let (mut at_once, mut in_turn) = (models(count)?, models(count)?);
        let pairs = in_turns(
            ROUNDS,
            || {
                thread::scope(|scope| {
                    let started: Vec<_> =
                        at_once.iter_mut().map(|model| scope.spawn(|| epoch(model, &digits))).collect();
                    started.into_iter().try_for_each(|thread| thread.join().expect("no epoch panics"))
                })
            },
            || in_turn.iter_mut().try_for_each(|model| epoch(model, &digits)),
        )?;
        verdicts.add(&format!("{count} models at once, to one after the other"), &pairs, ALLOWED);
    }
    Ok(verdicts.finish()?)
}
