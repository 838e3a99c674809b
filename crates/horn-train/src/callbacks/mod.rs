//! Keras's callbacks: hooks that run around the steps of training.
//!
//! A [`Callback`] has hooks, which get the [`Training`] run or the [`Prediction`] that they belong to. The progress line and the history are
//! callbacks, too. Those here know no files; `horn-callbacks` has the ones that write.

mod callback;
mod checkpoint;
mod early_stopping;
mod history_logger;
mod lambda_callback;
mod learning_rate_scheduler;
mod messages;
mod monitor;
mod nan_warning;
mod prediction;
mod progbar_logger;
mod reduce_lr_on_plateau;
mod stop_on_interrupt;
mod swap_ema_weights;
mod terminate_on_nan;
mod training;
mod watch;

pub use callback::Callback;
pub(crate) use callback::{Callbacks, call_each};
pub(crate) use checkpoint::Place;
pub(crate) use checkpoint::SourcePosition;
pub use checkpoint::{CallbackState, Checkpoint};
pub use early_stopping::EarlyStopping;
pub(crate) use history_logger::HistoryLogger;
pub use lambda_callback::LambdaCallback;
pub use learning_rate_scheduler::LearningRateScheduler;
#[doc(hidden)]
pub use learning_rate_scheduler::log_rates;
#[doc(hidden)]
pub use messages::{capture, print_msg, print_warning};
pub use monitor::{Monitor, MonitorMode};
pub(crate) use nan_warning::NanWarning;
pub use prediction::Prediction;
pub use progbar_logger::ProgbarLogger;
pub(crate) use progbar_logger::add_progress;
pub use reduce_lr_on_plateau::ReduceLROnPlateau;
pub use stop_on_interrupt::StopOnInterrupt;
pub use swap_ema_weights::SwapEMAWeights;
pub use terminate_on_nan::TerminateOnNaN;
pub use training::Training;
