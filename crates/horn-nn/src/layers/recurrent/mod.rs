//! Layers that go through a sequence step by step, with a state.

pub(crate) mod arguments;
pub(crate) mod at_once;
pub(crate) mod bidirectional;
pub(crate) mod cell;
pub(crate) mod cell_layer;
pub(crate) mod cells;
pub(crate) mod conv_lstm;
pub(crate) mod conv_lstm_cell;
pub(crate) mod gru;
pub(crate) mod held;
pub(crate) mod layers;
pub(crate) mod lstm;
pub(crate) mod noise;
pub(crate) mod rnn;
pub(crate) mod sequence;
pub(crate) mod simple_rnn;
pub(crate) mod steps;
#[cfg(test)]
mod tests;
pub(crate) mod time_distributed;
pub(crate) mod whole;

pub use bidirectional::{Bidirectional, MergeMode};
pub use cells::StackedRNNCells;
pub use conv_lstm::{ConvLSTM1D, ConvLSTM2D, ConvLSTM3D};
pub use gru::{GRU, GRUCell};
pub use lstm::{LSTM, LSTMCell};
pub use rnn::RNN;
pub use simple_rnn::{SimpleRNN, SimpleRNNCell};
pub use time_distributed::TimeDistributed;

crate::layers::family::family! {
    "Bidirectional" => Bidirectional::unwritten(), requires "layer";
    "ConvLSTM1D" => ConvLSTM1D::new(1, 1), requires "filters", "kernel_size";
    "ConvLSTM2D" => ConvLSTM2D::new(1, 1), requires "filters", "kernel_size";
    "ConvLSTM3D" => ConvLSTM3D::new(1, 1), requires "filters", "kernel_size";
    "GRU" => GRU::new(1), requires "units";
    "GRUCell" => GRUCell::new(1), requires "units";
    "LSTM" => LSTM::new(1), requires "units";
    "LSTMCell" => LSTMCell::new(1), requires "units";
    "RNN" => RNN::new(LSTMCell::new(1)), requires "cell";
    "SimpleRNN" => SimpleRNN::new(1), requires "units";
    "SimpleRNNCell" => SimpleRNNCell::new(1), requires "units";
    "StackedRNNCells" => StackedRNNCells::new([]), requires "cells";
    "TimeDistributed" => TimeDistributed::new(LSTM::new(1)), requires "layer";
}
