//! Fuzzes the configuration in `config.json`.
#![no_main]

use fuzz::libfuzzer::mutate;
use fuzz::targets::{change_text, config};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|bytes: &[u8]| config(bytes));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed, change_text)
});
