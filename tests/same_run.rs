//! Same seed, same run: after `set_random_seed(42)`, whole runs of `fit` have the history of Keras on JAX.
//!
//! These are runs on a part of the images, as the tests are an unoptimised build. Those on all images are in the
//! benchmark, `cargo bench -p benches --bench same_run`.

mod runs;

use runs::{ACCURACY, LOSS, MODELS, replay};

fn check(name: &str) {
    let [loss, accuracy] = replay(name, false).unwrap();
    assert!(loss <= LOSS && accuracy <= ACCURACY, "{name}: losses differ by {loss:.1e}, accuracies by {accuracy:.1e}");
}

#[test]
fn the_article_s_model_with_sgd() {
    check(MODELS[0]);
}

#[test]
fn the_article_s_model_with_adam() {
    check(MODELS[1]);
}

#[test]
fn a_convnet_with_dropout() {
    check(MODELS[2]);
}
