//! How a Horn model learns: `compile`, `fit`, `evaluate`, losses, metrics, optimizers and history.
//!
//! Users take this crate from the facade, `horn`.

mod compile;
mod compile_config;
mod fit;
mod history;
mod keras_config;
pub mod losses;
pub mod metrics;
mod model;
pub mod optimizers;
mod progress;
mod registry;
mod samples;
mod step;
#[cfg(test)]
mod testing;

pub use compile::{Compile, IntoLosses, IntoMetricList, IntoMetrics, Losses};
pub use fit::Fit;
pub use history::{History, Scores};
pub use model::CompiledModel;
#[doc(hidden)]
pub use model::Network;
pub use progress::{Progress, Verbose};
