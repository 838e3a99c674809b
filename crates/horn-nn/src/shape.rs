//! Shapes as Keras writes them: the batch axis first, unknown sizes as `None`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// No tensor has more values than these, and no argument of a layer that is a size is larger: sixteen gigabytes. So
/// computing with sizes does not overflow, whatever a file says.
pub(crate) const MOST_VALUES: u64 = 1 << 32;

/// The shape of a batch of samples, its first axis the batch.
///
/// A size that is known only when data comes, as the batch size is, is `None`.
///
/// ```
/// use horn_nn::Shape;
///
/// let shape = Shape::batched([28, 28]);
/// assert_eq!(shape.to_string(), "(None, 28, 28)");
/// assert_eq!(shape.rank(), 3);
/// assert_eq!(shape.features()?, 784);
/// assert!(shape.accepts(&[32, 28, 28]));
/// assert!(!shape.accepts(&[32, 784]));
/// # Ok::<(), horn_nn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shape(Vec<Option<usize>>);

impl Shape {
    /// The shape of a batch of any size whose samples have the shape `sample`.
    pub fn batched(sample: impl AsRef<[usize]>) -> Self {
        Self(std::iter::once(None).chain(sample.as_ref().iter().copied().map(Some)).collect())
    }

    /// The shape that a JSON list holds, where it is one.
    pub(crate) fn from_json(value: &serde_json::Value) -> Option<Self> {
        serde_json::from_value(value.clone()).ok().filter(|_| value.is_array())
    }

    /// A shape of these sizes, the batch axis first.
    pub fn new(sizes: impl Into<Vec<Option<usize>>>) -> Self {
        Self(sizes.into())
    }

    /// The sizes of all axes, the batch axis first.
    pub fn sizes(&self) -> &[Option<usize>] {
        &self.0
    }

    /// The number of axes, the batch axis included.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// The number of samples, where it is known.
    pub(crate) fn batch(&self) -> Option<usize> {
        self.0.first().copied().flatten()
    }

    /// The sizes of a sample: all axes but the first.
    pub fn sample(&self) -> &[Option<usize>] {
        self.0.get(1..).unwrap_or_default()
    }

    /// The size of the last axis, where it is known.
    pub fn last(&self) -> Option<usize> {
        self.0.last().copied().flatten()
    }

    /// The same shape with another last axis.
    #[must_use]
    pub fn with_last(mut self, size: usize) -> Self {
        if let Some(last) = self.0.last_mut() {
            *last = Some(size);
        }
        self
    }

    /// The number of values in a sample.
    ///
    /// # Errors
    ///
    /// Where an axis other than the batch axis is unknown.
    pub fn features(&self) -> Result<usize> {
        let product = self.sample().iter().try_fold(1_usize, |all, size| Some(all.saturating_mul((*size)?)));
        product.ok_or_else(|| {
            Error::shape("the number of features is unknown")
                .received(self)
                .expected("a shape of which only the batch axis is None")
                .mend("give `Input` all sizes")
        })
    }

    /// Is there memory for a tensor of this shape anywhere, and are there samples? Axes that are not known count as one.
    ///
    /// # Errors
    ///
    /// Where there is none, or no axis.
    pub(crate) fn check_room(&self) -> Result<()> {
        if self.0.is_empty() {
            return Err(Error::shape("a tensor needs an axis for the samples").received(self).expected("(None, …)"));
        }
        let sizes = self.0.iter().flatten().map(|&size| size.max(1) as u64);
        match sizes.into_iter().try_fold(1_u64, u64::checked_mul).filter(|&values| values <= MOST_VALUES) {
            Some(_) => Ok(()),
            None => Err(Error::shape("the tensor is larger than any memory")
                .received(self)
                .expected(format!("at most {MOST_VALUES} values"))
                .mend("take smaller sizes")),
        }
    }

    /// The shape of a batch of `size` samples.
    ///
    /// # Errors
    ///
    /// Where an axis other than the batch axis is unknown.
    pub fn with_batch(&self, size: usize) -> Result<Vec<usize>> {
        self.features()?;
        Ok(std::iter::once(size).chain(self.sample().iter().copied().flatten()).collect())
    }

    /// Can tensors of the other shape stand where this one is asked for? Sizes that either does not know fit.
    pub fn admits(&self, other: &Self) -> bool {
        let fit = |(own, other): (&Option<usize>, &Option<usize>)| own.is_none() || other.is_none() || own == other;
        self.rank() == other.rank() && self.0.iter().zip(&other.0).all(fit)
    }

    /// Does data of these sizes have this shape, whatever the number of samples? Keras's models take any number, also
    /// those that note the one with which they were first called.
    pub(crate) fn accepts_batch(&self, sizes: &[usize]) -> bool {
        let [batch, sample @ ..] = sizes else { return self.accepts(sizes) };
        self.rank() == sizes.len() && self.accepts(&[&[self.0[0].unwrap_or(*batch)], sample].concat())
    }

    /// Does data of these sizes have this shape?
    pub fn accepts(&self, sizes: &[usize]) -> bool {
        self.rank() == sizes.len() && self.0.iter().zip(sizes).all(|(known, &size)| known.is_none_or(|k| k == size))
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<_> = self.0.iter().map(|size| size.map_or("None".to_owned(), |size| size.to_string())).collect();
        match sizes.as_slice() {
            [one] => write!(f, "({one},)"),
            sizes => write!(f, "({})", sizes.join(", ")),
        }
    }
}

/// Writes the sizes of data as Keras does: `(60000, 28, 28)`.
pub fn sizes(sizes: &[usize]) -> String {
    Shape(sizes.iter().copied().map(Some).collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_axis_keeps_its_comma() {
        assert_eq!(Shape::batched([]).to_string(), "(None,)");
        assert_eq!(sizes(&[10]), "(10,)");
    }

    #[test]
    fn a_noted_number_of_samples_is_no_limit() {
        let shape = Shape::new([Some(1), Some(3)]);
        assert!(shape.accepts_batch(&[5, 3]) && !shape.accepts(&[5, 3]));
        assert!(!shape.accepts_batch(&[1, 4]) && !shape.accepts_batch(&[1]) && !shape.accepts_batch(&[]));
    }

    #[test]
    fn unknown_sizes_are_an_error_only_where_they_matter() {
        let shape = Shape::new([None, None, Some(3)]);
        assert!(shape.accepts(&[2, 7, 3]));
        assert!(shape.features().unwrap_err().is_shape());
        assert_eq!(Shape::batched([4, 5]).with_batch(2).unwrap(), [2, 4, 5]);
    }
}
