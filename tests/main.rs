//! Tests across crates: parity with Keras, invalid input, whole training runs, and backends.

/// Counts for each thread; only `allocations` asks.
#[global_allocator]
static ALLOCATOR: horn::kernels::CountingAllocator = horn::kernels::CountingAllocator;

mod allocations;
mod backends;
mod backups;
mod bad_callbacks;
mod bad_fit;
mod bad_images;
mod bad_input;
mod bad_layers;
mod calls;
mod continued;
mod custom_steps;
#[cfg(feature = "dashboard")]
mod dashboard;
mod drawings;
mod fixtures;
mod functions;
mod fuzzed;
mod house;
mod idioms;
mod keras_2;
mod killed;
mod masks;
mod misuse;
mod mnist;
mod model_files;
mod parity;
mod peaks;
mod rescue;
mod round_trips;
mod same_run;
mod supply;
mod terminal;
