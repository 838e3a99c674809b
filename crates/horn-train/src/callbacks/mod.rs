//! Keras's callbacks: hooks that run around the steps of training.
//!
//! A [`Callback`] has hooks, which get the [`Training`] run that they belong to. The progress line and the history are
//! callbacks, too.

mod callback;
mod history_logger;
mod learning_rate_scheduler;
mod messages;
mod nan_warning;
mod progress_logger;
mod stop_on_interrupt;
mod training;
mod watch;

pub use callback::Callback;
pub(crate) use callback::{Callbacks, call_each};
pub(crate) use history_logger::HistoryLogger;
pub use learning_rate_scheduler::LearningRateScheduler;
#[doc(hidden)]
pub use messages::{capture, print_msg, print_warning};
pub(crate) use nan_warning::NanWarning;
pub(crate) use progress_logger::ProgressLogger;
pub use stop_on_interrupt::StopOnInterrupt;
pub use training::Training;
