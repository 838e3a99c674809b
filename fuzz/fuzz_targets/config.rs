//! Fuzzes the configuration in `config.json`. All weights that it needs are taken as present.
#![no_main]

use horn_keras::json;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(object) = json::parse(bytes, bytes.len() as u64, "config.json") {
        fuzz::read_config(&object);
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut numbers = fuzz::Numbers::new(seed);
    if numbers.below(20) == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let changed = fuzz::change_config(&data[..size], &mut numbers);
    if changed.len() > max_size {
        return size;
    }
    data[..changed.len()].copy_from_slice(&changed);
    changed.len()
});
