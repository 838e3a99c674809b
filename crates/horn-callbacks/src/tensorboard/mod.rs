//! Event files for TensorBoard: scalars, histograms and images of the weights, the graph of the layers.

mod callback;
mod event_file;
mod histogram;
mod image;
mod png;
mod protobuf;
mod summary;

pub use callback::TensorBoard;
