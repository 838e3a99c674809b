//! The mutators of libFuzzer's targets.

use libfuzzer_sys::fuzzer_mutate;

use crate::targets::Change;
use crate::untrusted::Numbers;

/// Changes the first `size` bytes of `data`, mostly by `change`. Returns the new size.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32, change: Change) -> usize {
    let mut numbers = Numbers::new(seed);
    if numbers.below(10) == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut plain = |content: &mut Vec<u8>| {
        let size = content.len();
        content.resize(size + 64, 0);
        let size = fuzzer_mutate(content, size, size + 64);
        content.truncate(size);
    };
    match change(&data[..size], &mut numbers, &mut plain) {
        Some(changed) if changed.len() <= max_size => {
            data[..changed.len()].copy_from_slice(&changed);
            changed.len()
        }
        _ => fuzzer_mutate(data, size, max_size),
    }
}
