//! Whole runs of `fit` on MNIST beside those of Keras on JAX: same seed, same run. Fails if one
//! differs by more than rounding explains.
//!
//! ```text
//! cargo bench -p benches --bench same_run
//! ```

#[path = "../../tests/same_run/runs.rs"]
mod runs;

use runs::{MODELS, replay};

fn main() -> horn::Result<()> {
    MODELS.iter().try_for_each(|name| replay(name, true))
}
