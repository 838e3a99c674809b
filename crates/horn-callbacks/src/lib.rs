//! Keras's callbacks that write files, or to a server.
//!
//! They stand above `horn-train`, which knows no files, and `horn-keras`, whose files `ModelCheckpoint` and
//! `BackupAndRestore` write. Programs use them through the facade, as `horn::callbacks`.

mod backup_and_restore;
mod backup_file;
mod csv_logger;
#[cfg(feature = "dashboard")]
mod dashboard;
mod folders;
mod format_spec;
mod frequency;
mod model_checkpoint;
mod remote_monitor;
mod template;
mod tensorboard;
#[cfg(test)]
mod testing;

pub use backup_and_restore::BackupAndRestore;
pub use csv_logger::CSVLogger;
#[cfg(feature = "dashboard")]
pub use dashboard::Dashboard;
pub use frequency::Frequency;
pub use model_checkpoint::ModelCheckpoint;
pub use remote_monitor::RemoteMonitor;
pub use tensorboard::TensorBoard;
