//! Whole runs of `fit` on MNIST beside those of Keras on JAX: same seed, same run. Fails if one differs by more than
//! rounding adds up to.
//!
//! ```text
//! cargo bench -p benches --bench same_run
//! ```

#[path = "../../tests/same_run.rs"]
mod same_run;

fn main() -> horn::Result<()> {
    same_run::check_all()
}
