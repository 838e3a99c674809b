//! Learning rates that change from step to step: Keras's `LearningRateSchedule`.

mod common;
mod cosine_decay;
mod cosine_decay_restarts;
mod exponential_decay;
mod from_config;
mod inverse_time_decay;
mod own;
mod piecewise_constant_decay;
mod polynomial_decay;
mod schedule;
mod table;

pub use from_config::{class_names, from_config, register};
pub(super) use own::OwnSchedule;
pub use schedule::Schedule;
pub use table::*;
