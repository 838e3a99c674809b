//! Fuzzes the bytes of an `.npz` file.
#![no_main]

use fuzz::libfuzzer::mutate;
use fuzz::targets::{change_archive, npz};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|bytes: &[u8]| npz(bytes));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed, change_archive)
});
