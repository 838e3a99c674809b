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
