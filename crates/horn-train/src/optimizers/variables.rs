//! The variables of an optimizer, as Keras's files have them.

use ndarray::ArrayD;

/// A variable of an optimizer.
#[derive(Debug, Clone, PartialEq)]
pub struct OptimizerVariable {
    /// Keras's name, `dense_kernel_momentum`.
    pub name: String,
    /// The weight that it is kept for, by its number in [`Model::weights`](horn_nn::Model::weights). Keras keeps it in the dtype of that weight.
    pub weight: Option<usize>,
    /// What it holds.
    pub value: OptimizerValue,
}

/// What a variable of an optimizer holds.
#[derive(Debug, Clone, PartialEq)]
pub enum OptimizerValue {
    /// A count, of no axes.
    Int(i64),
    /// Numbers.
    Float(ArrayD<f32>),
}
