//! Every layer, by every fixture that real Keras made for it: see [`check`].

pub mod check;

use crate::fixtures::read;
use check::Entry;

/// A test for each file of fixtures: its name, how many cases it has at least, and how exact they are.
macro_rules! families {
    ($($family:ident: $cases:literal, $relative:literal;)+) => {$(
        #[test]
        fn $family() {
            let entries: Vec<Entry> = read(concat!("layers/", stringify!($family), ".json"));
            check::all(&entries, $relative);
            assert!(entries.len() >= $cases, "{} cases", entries.len());
        }
    )+};
}

families! {
    batch_normalization: 32, 1e-5;
    keras_regularization: 12, 1e-5;
    merging: 10, 1e-5;
    regularization: 45, 1e-5;
}
