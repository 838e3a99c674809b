//! Whole runs of `fit` on MNIST beside those of Keras on JAX: same seed, same run. Fails if one differs by more than
//! rounding adds up to.
//!
//! ```text
//! cargo bench -p benches --bench same_run
//! ```

#[path = "../../tests/same_run/runs.rs"]
mod runs;

use runs::{ACCURACY, LOSS, MODELS, replay};

fn main() -> horn::Result<()> {
    for name in MODELS {
        let [loss, accuracy] = replay(name, true)?;
        println!(
            "{name}: losses differ by {loss:.1e} (allowed {LOSS:.0e}), accuracies by {accuracy:.1e} ({ACCURACY:.0e})\n"
        );
        assert!(loss <= LOSS && accuracy <= ACCURACY, "{name} is not the run of Keras");
    }
    Ok(())
}
