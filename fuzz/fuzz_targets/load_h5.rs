//! Fuzzes the bytes of an `.h5` file.
#![no_main]

use fuzz::targets::load_h5;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| load_h5(bytes));
