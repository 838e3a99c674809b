//! Layers that go through a sequence step by step, with a state.

mod arguments;
mod bidirectional;
mod cell;
mod cells;
mod conv_lstm;
mod conv_lstm_cell;
mod gru;
mod held;
mod layers;
mod lstm;
mod noise;
mod rnn;
mod sequence;
mod simple_rnn;
mod steps;
mod time_distributed;

#[cfg(test)]
mod tests;

pub use bidirectional::{Bidirectional, MergeMode};
pub use cells::StackedRNNCells;
pub use conv_lstm::{ConvLSTM1D, ConvLSTM2D, ConvLSTM3D};
pub use gru::{GRU, GRUCell};
pub use lstm::{LSTM, LSTMCell};
pub use rnn::RNN;
pub use simple_rnn::{SimpleRNN, SimpleRNNCell};
pub use time_distributed::TimeDistributed;

super::registry::family! {
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
