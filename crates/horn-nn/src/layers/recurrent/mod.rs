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

pub use bidirectional::MergeMode;

crate::layers::family::family! { Recurrent;
    "Bidirectional" => bidirectional::Bidirectional::unwritten(), requires "layer";
    "ConvLSTM1D" => conv_lstm::ConvLSTM1D::new(1, 1), requires "filters", "kernel_size";
    "ConvLSTM2D" => conv_lstm::ConvLSTM2D::new(1, 1), requires "filters", "kernel_size";
    "ConvLSTM3D" => conv_lstm::ConvLSTM3D::new(1, 1), requires "filters", "kernel_size";
    "GRU" => gru::GRU::new(1), requires "units";
    "GRUCell" => gru::GRUCell::new(1), requires "units";
    "LSTM" => lstm::LSTM::new(1), requires "units";
    "LSTMCell" => lstm::LSTMCell::new(1), requires "units";
    "RNN" => rnn::RNN::new(LSTMCell::new(1)), requires "cell";
    "SimpleRNN" => simple_rnn::SimpleRNN::new(1), requires "units";
    "SimpleRNNCell" => simple_rnn::SimpleRNNCell::new(1), requires "units";
    "StackedRNNCells" => cells::StackedRNNCells::new([]), requires "cells";
    "TimeDistributed" => time_distributed::TimeDistributed::new(LSTM::new(1)), requires "layer";
}
