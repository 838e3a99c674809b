//! How Horn models are trained: `compile`, `fit`, `evaluate`, losses, metrics, optimizers, callbacks and history.
//!
//! Programs use this crate through the facade, `horn`.

mod arranged;
mod array_source;
mod averages;
mod batch;
mod batch_options;
mod batches;
pub mod callbacks;
mod class_weight;
mod compile;
mod compile_config;
mod data;
mod evaluate;
mod evaluating;
mod fit;
mod fit_checks;
mod fit_step;
mod fitting;
mod given;
mod given_losses;
mod given_metrics;
mod history;
mod keras_config;
mod learning_rates;
pub mod losses;
pub mod metrics;
mod minimize;
mod model;
mod objective;
mod on_batch;
mod optimizer_variables;
pub mod optimizers;
mod predict;
mod predicting;
mod prefetch;
mod progress;
mod py_dataset;
#[doc(hidden)]
pub mod python;
mod registry;
mod rescue;
mod resuming;
mod run;
mod samples;
mod shuffle;
mod source;
mod stepping;
mod steps;
mod supervised;
mod target_values;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tracker;
mod train_step;
mod training_loop;
mod validation_freq;

pub use batch::Batch;
pub use batches::{Batches, IntoData};
pub use class_weight::ClassWeight;
pub use compile::Compile;
pub use data::Data;
pub use evaluate::Evaluate;
pub use fit::Fit;
pub use fit_step::FitStep;
pub use given_losses::{IntoLoss, IntoLossWeights, IntoLosses, Losses};
pub use given_metrics::{IntoMetricList, IntoMetrics, Metrics};
pub use history::{History, Scores};
pub use model::CompiledModel;
#[doc(hidden)]
pub use model::Network;
pub use on_batch::OnBatch;
pub use predict::Predict;
#[doc(hidden)]
pub use prefetch::Prefetch;
pub use progress::{Progress, Verbose};
pub use py_dataset::{PyDataset, PyDatasetSource};
pub use run::Run;
pub use shuffle::Shuffle;
pub use source::BatchSource;
pub use tracker::Tracker;
pub use train_step::TrainStep;
pub use validation_freq::ValidationFreq;
