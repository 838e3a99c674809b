//! Compares what Horn computes with what real Keras computed.

mod activations;
mod adapt;
mod applications;
mod callbacks;
mod compile;
mod configs;
mod directories;
mod fit;
mod gradients;
mod graphs;
mod initializers;
mod keras_tests;
pub mod layers;
mod losses;
mod metrics;
mod operations;
mod optimizers;
mod precision;
pub mod preprocessing;
mod schedules;
mod steps;
mod summary;
mod toolkit;
mod training;
mod untrained;
mod utils;
