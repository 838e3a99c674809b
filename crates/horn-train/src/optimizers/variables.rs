//! The variables of an optimizer, as in Keras's files.

use ndarray::ArrayD;

/// A variable of an optimizer.
#[derive(Debug, Clone, PartialEq)]
pub struct OptimizerVariable {
    /// Keras's name, such as `dense_kernel_momentum`.
    pub name: String,
    /// The weight that the variable is kept for, as an index in [`Model::weights`](horn_nn::Model::weights). Keras
    /// keeps it in the dtype of that weight.
    pub weight: Option<usize>,
    /// The value.
    pub value: OptimizerValue,
}

/// The value of a variable of an optimizer.
#[derive(Debug, Clone, PartialEq)]
pub enum OptimizerValue {
    /// A count, without axes.
    Int(i64),
    /// An array of numbers.
    Float(ArrayD<f32>),
}

impl OptimizerValue {
    /// The number of values.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Int(_) => 1,
            Self::Float(array) => array.len(),
        }
    }
}
