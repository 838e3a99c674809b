//! Whether a metric is better the higher or the lower it is.

/// The direction in which a metric improves.
///
/// ```
/// use horn::metrics::{Accuracy, Direction, MeanSquaredError, Metric};
///
/// assert_eq!(Accuracy::new().direction(), Some(Direction::Up));
/// assert_eq!(MeanSquaredError::new().direction(), Some(Direction::Down));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Higher is better, as with an accuracy.
    Up,
    /// Lower is better, as with an error.
    Down,
}

/// The direction of Keras's class of this name. Counts and sums have none.
pub(super) fn of_class(name: &str) -> Option<Direction> {
    match name {
        "AUC"
        | "Accuracy"
        | "BinaryAccuracy"
        | "BinaryIoU"
        | "CategoricalAccuracy"
        | "ConcordanceCorrelation"
        | "CosineSimilarity"
        | "F1Score"
        | "FBetaScore"
        | "IoU"
        | "MeanIoU"
        | "OneHotIoU"
        | "OneHotMeanIoU"
        | "PearsonCorrelation"
        | "Precision"
        | "PrecisionAtRecall"
        | "R2Score"
        | "Recall"
        | "RecallAtPrecision"
        | "SensitivityAtSpecificity"
        | "SparseCategoricalAccuracy"
        | "SparseTopKCategoricalAccuracy"
        | "SpecificityAtSensitivity"
        | "TopKCategoricalAccuracy" => Some(Direction::Up),
        "BinaryCrossentropy"
        | "CategoricalCrossentropy"
        | "CategoricalHinge"
        | "Hinge"
        | "KLDivergence"
        | "LogCoshError"
        | "MeanAbsoluteError"
        | "MeanAbsolutePercentageError"
        | "MeanSquaredError"
        | "MeanSquaredLogarithmicError"
        | "Poisson"
        | "RootMeanSquaredError"
        | "SparseCategoricalCrossentropy"
        | "SquaredHinge" => Some(Direction::Down),
        _ => None,
    }
}
