//! Fuzzes the bytes of a `.npy` file.
#![no_main]

use fuzz::targets::npy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| npy(bytes));
