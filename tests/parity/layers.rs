//! Every layer, with all fixtures that real Keras made for it: see [`check`].

mod arguments;
pub mod check;
mod defaults;
mod independence;

use crate::fixtures::read;
use check::Entry;

/// Makes a test for each fixture file, from its name, the minimum number of cases and the tolerance.
macro_rules! families {
    ($($family:ident: $cases:literal, $relative:literal;)+) => {$(
        #[test]
        fn $family() {
            let entries: Vec<Entry> = read(concat!("layers/", stringify!($family), ".json"));
            assert!(entries.len() >= $cases, "{} cases", entries.len());
            let entries: Vec<Entry> = entries.into_iter().filter(|entry| !is_different(entry)).collect();
            check::all(&entries, $relative);
        }
    )+

        /// The fixture files.
        pub const FILES: &[&str] = &[$(concat!("layers/", stringify!($family), ".json")),+];
    };
}

/// Cases in which Horn's result differs from Keras's, the message of the check, and the reason.
const DIFFERENT: &[(&str, &str, &str, &str)] = &[
    (
        "Embedding",
        "Embedding(input_dim=5, output_dim=2) on 2x2, ids below zero",
        "an id has no row in the table",
        NO_ROW,
    ),
    (
        "Embedding",
        "Embedding(input_dim=5, output_dim=2) on 2x2, ids too large",
        "an id has no row in the table",
        NO_ROW,
    ),
    ("GRU", "stateful_with_symbolic_batch_size", "output 0: value 0 is", EARLIER_WEIGHTS),
    ("LayerNormalization", "ln_basics 6", "the input has no values", NO_VALUES),
    ("SpectralNormalization", "Embedding", "Keras has 0, the largest is 1", INTEGERS),
    ("SpectralNormalization", "Embedding, training", "Keras has 0, the largest is 1", INTEGERS),
];
const INTEGERS: &str = "Keras cuts the output down to integers, since its input has integers";
const NO_ROW: &str = "an id without a row is an error, where Keras on JAX counts from the end or makes NaN";
const EARLIER_WEIGHTS: &str = "its states come from a call with other, random weights, which the fixture does not hold";
const NO_VALUES: &str = "a model of Horn's has no tensors without values";

pub fn is_different(entry: &Entry) -> bool {
    DIFFERENT.iter().any(|(class, case, ..)| entry.class_name == *class && entry.case == *case)
}

/// Fails if an entry of the list above is out of date: its case is no longer in a fixture, or Horn's result is now
/// Keras's.
#[test]
fn what_is_different_is_really_different() {
    let mut found = 0;
    for file in FILES {
        let entries: Vec<Entry> = read(file);
        for entry in entries.iter().filter(|entry| is_different(entry)) {
            let wrong = check::failure(entry, 1e-5);
            let Some(wrong) = wrong else { panic!("{file}: {} [{}] is as in Keras", entry.class_name, entry.case) };
            let says = DIFFERENT.iter().find(|(class, case, ..)| entry.class_name == *class && entry.case == *case);
            let says = says.unwrap().2;
            assert!(wrong.contains(says), "{file}: another failure than {says:?}:\n{wrong}");
            found += 1;
        }
    }
    assert_eq!(found, DIFFERENT.len(), "cases found");
}

families! {
    activations: 55, 1e-5;
    attention: 40, 1e-5;
    batch_normalization: 32, 1e-5;
    conv_lstm: 30, 1e-5;
    convolution: 62, 1e-5;
    convolution_depthwise: 38, 1e-5;
    convolution_transpose: 55, 1e-5;
    core: 53, 1e-5;
    group_query_attention: 30, 1e-5;
    gru: 48, 1e-5;
    keras_activations: 25, 1e-5;
    keras_attention: 50, 1e-5;
    keras_convolutional: 60, 1e-5;
    keras_core: 28, 1e-5;
    keras_merging: 45, 1e-5;
    keras_normalization: 63, 1e-5;
    keras_pooling: 119, 1e-5;
    keras_regularization: 12, 1e-5;
    keras_reshaping: 51, 1e-5;
    keras_rnn: 86, 1e-5;
    lstm: 43, 1e-5;
    merging: 88, 1e-5;
    multi_head_attention: 42, 1e-5;
    normalization: 71, 1e-5;
    pooling: 56, 1e-5;
    pooling_adaptive: 36, 1e-5;
    pooling_global: 30, 1e-5;
    recurrent_cells: 40, 1e-5;
    recurrent_wrappers: 53, 1e-5;
    regularization: 45, 1e-5;
    reshaping: 70, 1e-5;
    simple_rnn: 37, 1e-5;
    // Gradients of up to 35 are sums over a frame. The small ones are no more exact than the large ones.
    spectrograms: 30, 2e-5;
}
