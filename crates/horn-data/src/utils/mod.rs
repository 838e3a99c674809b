//! Keras's `keras.utils` that prepare data: arrays of class numbers, sequences, time series and parts of datasets.

mod normalize;
mod pad_sequences;
mod split_dataset;
mod timeseries;
mod to_categorical;

pub use normalize::normalize;
pub use pad_sequences::{End, Padding, pad_sequences};
pub use split_dataset::{Split, SplitSize, split_dataset};
pub use timeseries::TimeseriesDataset;
pub use to_categorical::to_categorical;
