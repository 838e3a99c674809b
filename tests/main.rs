//! What crosses crates: parity with Keras, bad input, whole runs, and the backends.

mod backends;
mod bad_input;
mod bad_layers;
mod drawings;
mod fixtures;
mod house;
mod misuse;
mod mnist;
mod model_files;
mod parity;
mod round_trips;
