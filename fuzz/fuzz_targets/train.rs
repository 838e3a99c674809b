//! Fuzzes a training step and a prediction of what a `.keras` file holds.
#![no_main]

use fuzz::libfuzzer::mutate;
use fuzz::targets::{change_archive, train};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|bytes: &[u8]| train(bytes));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed, change_archive)
});
