//! The schedules that Horn has. To add one, write its file, declare it in `mod.rs`, and add its line here.

use super::schedule::Schedule;
use crate::registry::table;

table! { dyn Schedule, crate::keras_config::read;
    exponential_decay::ExponentialDecay: "ExponentialDecay";
    inverse_time_decay::InverseTimeDecay: "InverseTimeDecay";
    polynomial_decay::PolynomialDecay: "PolynomialDecay";
    piecewise_constant_decay::PiecewiseConstantDecay: "PiecewiseConstantDecay";
    cosine_decay::CosineDecay: "CosineDecay";
    cosine_decay_restarts::CosineDecayRestarts: "CosineDecayRestarts";
}
