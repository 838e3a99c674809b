//! Same seed, same run: after `set_random_seed(42)`, whole runs of `fit` have the history of Keras on JAX.
//!
//! These are runs on a part of the images, as the tests are an unoptimised build. Those on all images are in the
//! benchmark, `cargo bench -p benches --bench same_run`.

mod runs;

use runs::{MODELS, replay};

#[test]
fn the_readme_model_with_sgd() {
    replay(MODELS[0], false).unwrap();
}

#[test]
fn the_readme_model_with_adam() {
    replay(MODELS[1], false).unwrap();
}

#[test]
fn a_convnet_with_dropout() {
    replay(MODELS[2], false).unwrap();
}
