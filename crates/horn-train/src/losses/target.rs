//! The targets that predictions are compared with.

use burn::Tensor;
use burn::tensor::Int;
use horn_nn::{AnyTensor, Error, Result, by_rank};

/// The kind of targets that a loss takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// Numbers, one for each prediction.
    Dense,
    /// One class number for each row of predictions.
    Classes,
    /// Numbers of any shape, with the samples first. The loss checks them itself.
    Any,
}

/// The targets of some predictions, with all axes but the last flattened to `rows`.
#[derive(Clone, Debug)]
pub enum Target {
    /// Numbers of the shape `[rows, features]`.
    Dense(Tensor<2>),
    /// Class numbers of the shape `[rows]`.
    Classes(Tensor<1, Int>),
}

impl Target {
    /// Flattens targets of any rank to rows, one for each row of predictions of the shape `y_pred`.
    ///
    /// If the targets have as many axes as the predictions, their last axis holds the features. Otherwise there is one
    /// target for each row.
    ///
    /// ```
    /// use horn::burn::Tensor;
    /// use horn::burn::tensor::{Device, Int};
    /// use horn::losses::Target;
    ///
    /// let words = Tensor::<2, Int>::zeros([8, 5], &Device::default());
    /// let target = Target::rows(words.into(), &[8, 5, 1000])?;
    /// assert!(matches!(target, Target::Classes(classes) if classes.dims() == [40]));
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The targets are neither floats nor integers.
    pub fn rows(y_true: AnyTensor, y_pred: &[usize]) -> Result<Self> {
        let mut sizes = y_true.sizes();
        if y_pred.len() > 1 && sizes.len() == y_pred.len() + 1 && sizes.last() == Some(&1) {
            // Keras leaves out an axis of size 1 that the predictions lack.
            sizes.pop();
        }
        let last = sizes.last().copied().unwrap_or(1);
        let columns = if sizes.len() == y_pred.len() { last } else { 1 };
        let is_int = y_true.dtype().is_int() || y_true.dtype().is_uint();
        Ok(match (is_int, columns) {
            (true, 1) => Self::Classes(by_rank!(int: y_true, |y| y.reshape([-1]))?),
            (true, _) => Self::Dense(by_rank!(int: y_true, |y| y.reshape([-1, columns as i64]))?.float()),
            (false, _) => Self::Dense(by_rank!(y_true, |y| y.reshape([-1, columns as i64]))?),
        })
    }

    /// The targets as numbers in the shape of the predictions. Class numbers fit predictions with one feature.
    ///
    /// # Errors
    ///
    /// The shapes differ.
    pub fn into_dense(self, y_pred: &Tensor<2>) -> Result<Tensor<2>> {
        let dims = y_pred.dims();
        match self {
            Self::Dense(y_true) if y_true.dims() == dims => Ok(y_true),
            Self::Dense(y_true) => Err(Error::shape("y_true and y_pred differ in shape")
                .at("y_true")
                .received(format!("{:?}", y_true.dims()))
                .expected(format!("{dims:?}"))
                .hint("let the last layer have as many units as y_true has columns")),
            Self::Classes(y_true) if [y_true.dims()[0], 1] == dims => Ok(y_true.unsqueeze_dim::<2>(1).float()),
            Self::Classes(y_true) => Err(Error::shape("y_true holds class numbers, y_pred a row for each sample")
                .at("y_true")
                .received(format!("{:?}", y_true.dims()))
                .expected(format!("{dims:?}"))
                .hint("one-hot encode y_true, or choose the sparse loss or metric")),
        }
    }

    /// The targets as one class number for each row of predictions. A column of whole numbers is accepted, too.
    ///
    /// # Errors
    ///
    /// The numbers of targets and rows differ, or the targets have several columns.
    pub fn into_classes(self, y_pred: &Tensor<2>) -> Result<Tensor<1, Int>> {
        let rows = y_pred.dims()[0];
        match self {
            Self::Classes(y_true) if y_true.dims() == [rows] => Ok(y_true),
            Self::Classes(y_true) => Err(Error::shape("y_true and y_pred differ in length")
                .at("y_true")
                .received(format!("{:?}", y_true.dims()))
                .expected(format!("[{rows}]"))
                .hint("give one class number for each row of predictions")),
            Self::Dense(y_true) if y_true.dims() == [rows, 1] => Ok(y_true.squeeze_dim::<1>(1).int()),
            Self::Dense(y_true) => Err(Error::shape("y_true has several columns, not class numbers")
                .at("y_true")
                .received(format!("{:?}", y_true.dims()))
                .expected(format!("[{rows}]"))
                .hint("give class numbers, or choose the loss or metric for one-hot encoded targets")),
        }
    }
}
