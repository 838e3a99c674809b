//! The fuzz targets, for libFuzzer.

pub mod libfuzzer;
pub mod targets;
pub mod untrusted;
