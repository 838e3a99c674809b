//! Keras's `keras.utils` that prepare data: arrays of class numbers, sequences and time series.

mod normalize;
mod pad_sequences;
mod timeseries;
mod to_categorical;

pub use normalize::normalize;
pub use pad_sequences::{End, Padding, pad_sequences};
pub use timeseries::TimeseriesDataset;
pub use to_categorical::to_categorical;
