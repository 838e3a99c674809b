//! Tests across crates: parity with Keras, invalid input, whole training runs, and backends.

mod backends;
mod bad_input;
mod bad_layers;
mod drawings;
mod fixtures;
mod fuzzed;
mod house;
mod idioms;
mod keras_2;
mod misuse;
mod mnist;
mod model_files;
mod parity;
mod rescue;
mod round_trips;
