//! How Horn models are trained: `compile`, `fit`, `evaluate`, losses, metrics, optimizers, callbacks and history.
//!
//! Programs use this crate through the facade, `horn`.

pub mod callbacks;
mod compiling;
mod finite;
mod history;
mod keras_config;
pub mod losses;
pub mod metrics;
pub mod optimizers;
mod progress;
#[doc(hidden)]
pub mod python;
mod registry;
mod running;
mod sources;
mod stepping;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod train_step;

pub use compiling::compile::Compile;
pub use compiling::given_losses::{IntoLoss, IntoLossWeights, IntoLosses, Losses};
pub use compiling::given_metrics::{IntoMetricList, IntoMetrics, Metrics};
pub use compiling::model::CompiledModel;
#[doc(hidden)]
pub use compiling::model::Network;
pub use history::{History, Scores};
pub use progress::{Progress, Verbose};
pub use running::evaluate::Evaluate;
pub use running::fit::Fit;
pub use running::fit_step::FitStep;
pub use running::on_batch::OnBatch;
pub use running::predict::Predict;
pub use running::tracker::Tracker;
pub use running::validation_freq::ValidationFreq;
pub use sources::batch::Batch;
pub use sources::batches::{Batches, IntoData};
pub use sources::class_weight::ClassWeight;
pub use sources::data::Data;
#[doc(hidden)]
pub use sources::prefetch::Prefetch;
pub use sources::py_dataset::{PyDataset, PyDatasetSource};
pub use sources::run::Run;
pub use sources::shuffle::Shuffle;
pub use sources::source::BatchSource;
pub use train_step::TrainStep;
