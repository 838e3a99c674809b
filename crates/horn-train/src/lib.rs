//! How Horn models are trained: `compile`, `fit`, `evaluate`, losses, metrics, optimizers, callbacks and history.
//!
//! Programs use this crate through the facade, `horn`.

mod batch;
pub mod callbacks;
mod compile;
mod compile_config;
mod evaluate;
mod evaluating;
mod fit;
mod fit_step;
mod fitting;
mod history;
mod keras_config;
pub mod losses;
pub mod metrics;
mod model;
mod objective;
mod optimizer_variables;
pub mod optimizers;
mod predict;
mod predicting;
mod progress;
mod registry;
mod samples;
mod stepping;
mod supervised;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tracker;
mod train_step;
mod training_loop;

pub use batch::{Batch, BatchSource};
pub use compile::Compile;
pub use evaluate::Evaluate;
pub use fit::Fit;
pub use fit_step::FitStep;
pub use history::{History, Scores};
pub use model::CompiledModel;
#[doc(hidden)]
pub use model::Network;
pub use objective::{IntoLosses, IntoMetricList, IntoMetrics, Losses};
pub use predict::Predict;
pub use progress::{Progress, Verbose};
pub use tracker::Tracker;
pub use train_step::TrainStep;
