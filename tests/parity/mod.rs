//! Compares what Horn computes with what real Keras computed.

mod activations;
mod adapt;
mod applications;
mod compile;
mod configs;
mod gradients;
mod graphs;
mod initializers;
pub mod layers;
mod losses;
mod metrics;
mod operations;
mod optimizers;
pub mod preprocessing;
mod schedules;
mod steps;
mod summary;
mod training;
