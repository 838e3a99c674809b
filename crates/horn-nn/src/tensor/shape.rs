//! Shapes as Keras writes them: the batch axis first, unknown sizes as `None`.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Formats a list of shapes for messages.
pub(crate) fn list(shapes: &[Shape]) -> String {
    let text = |shape: &Shape| if shape.is_strings() { format!("strings {shape}") } else { shape.to_string() };
    shapes.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// The limit for the number of values of a tensor (16 GiB of floats) and for arguments that are sizes. It guarantees that
/// computing with sizes does not overflow, whatever an untrusted file contains.
pub(crate) const MAX_VALUES: u64 = 1 << 32;

/// The shape of a batch of samples. The first axis is the batch.
///
/// A size that is only known when the model runs, such as the batch size, is `None`.
///
/// ```
/// use horn::Shape;
///
/// let shape = Shape::batched([28, 28]);
/// assert_eq!(shape.to_string(), "(None, 28, 28)");
/// assert_eq!(shape.rank(), 3);
/// assert_eq!(shape.features()?, 784);
/// assert!(shape.accepts(&[32, 28, 28]));
/// assert!(!shape.accepts(&[32, 784]));
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shape {
    sizes: Vec<Option<usize>>,
    #[serde(skip)]
    values: Values,
}

/// The kind of values that a tensor has in Keras. Booleans are the floats 0 and 1 here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Values {
    Bools,
    /// Integers from 0 to 255, as images have them.
    Bytes,
    /// Of 32 bits or less.
    Ints,
    /// Of 64 bits, as are unsigned ones of 32.
    Longs,
    #[default]
    Floats,
    Strings,
}

impl Values {
    /// The kind of a dtype of Keras.
    pub fn of_dtype(dtype: &str) -> Self {
        match dtype {
            "bool" => Self::Bools,
            "uint8" => Self::Bytes,
            "string" => Self::Strings,
            "int64" | "uint64" | "uint32" => Self::Longs,
            _ if dtype.starts_with("int") || dtype.starts_with("uint") => Self::Ints,
            _ => Self::Floats,
        }
    }

    pub fn are_integers(self) -> bool {
        matches!(self, Self::Bytes | Self::Ints | Self::Longs)
    }

    /// The kind of results of values of both kinds.
    pub fn joined(self, other: Self) -> Self {
        self.max(other)
    }

    /// Keras's dtype for this kind, where nothing else is said.
    pub fn dtype(self) -> &'static str {
        match self {
            Self::Bools => "bool",
            Self::Bytes => "uint8",
            Self::Ints => "int32",
            Self::Longs => "int64",
            Self::Floats => "float32",
            Self::Strings => "string",
        }
    }
}

/// Shapes are equal if their sizes are, and both are of strings or both of numbers.
impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        self.sizes == other.sizes && self.is_strings() == other.is_strings()
    }
}

impl Eq for Shape {}

impl Hash for Shape {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sizes.hash(state);
        self.is_strings().hash(state);
    }
}

impl Shape {
    /// The shape of a batch of any size, whose samples have the shape `sample`.
    pub fn batched(sample: impl AsRef<[usize]>) -> Self {
        Self::new(std::iter::once(None).chain(sample.as_ref().iter().copied().map(Some)).collect::<Vec<_>>())
    }

    /// The shape in a JSON list; `None` if the value is not a list of sizes.
    pub(crate) fn from_json(value: &serde_json::Value) -> Option<Self> {
        serde_json::from_value(value.clone()).ok().filter(|_| value.is_array())
    }

    /// A shape with these sizes, the batch axis first.
    pub fn new(sizes: impl Into<Vec<Option<usize>>>) -> Self {
        Self { sizes: sizes.into(), values: Values::default() }
    }

    /// The shape of data, with all sizes known.
    pub(crate) fn of_data(sizes: &[usize], strings: bool) -> Self {
        let values = if strings { Values::Strings } else { Values::default() };
        Self { sizes: sizes.iter().copied().map(Some).collect(), values }
    }

    /// The same shape for strings, which layers such as `TextVectorization` take.
    #[must_use]
    pub fn of_strings(self) -> Self {
        self.with_values(Values::Strings)
    }

    /// Are the values strings?
    pub fn is_strings(&self) -> bool {
        self.values == Values::Strings
    }

    /// Are the values floats in Keras, for all that the graph says?
    #[doc(hidden)]
    pub fn is_floats(&self) -> bool {
        self.values == Values::Floats
    }

    /// Are the values integers from 0 to 255, as images have them?
    #[doc(hidden)]
    pub fn is_bytes(&self) -> bool {
        self.values == Values::Bytes
    }

    /// The kind of the values in Keras.
    pub(crate) fn values(&self) -> Values {
        self.values
    }

    /// The same shape for another kind of values.
    pub(crate) fn with_values(self, values: Values) -> Self {
        Self { values, ..self }
    }

    /// The word for the values in messages.
    pub(crate) fn kind(&self) -> &'static str {
        if self.is_strings() { "strings" } else { "numbers" }
    }

    /// The sizes of all axes, the batch axis first.
    pub fn sizes(&self) -> &[Option<usize>] {
        &self.sizes
    }

    /// The number of axes, the batch axis included.
    pub fn rank(&self) -> usize {
        self.sizes.len()
    }

    /// The shape of one timestep of a sequence: without the second axis.
    pub(crate) fn of_step(&self) -> Self {
        let sizes = self.sizes.iter().enumerate().filter(|(axis, _)| *axis != 1);
        Self::new(sizes.map(|(_, size)| *size).collect::<Vec<_>>())
    }

    /// The same shape for any number of samples.
    #[must_use]
    pub fn of_any_batch(mut self) -> Self {
        if let Some(batch) = self.sizes.first_mut() {
            *batch = None;
        }
        self
    }

    /// The number of samples, if it is known.
    pub(crate) fn batch(&self) -> Option<usize> {
        self.sizes.first().copied().flatten()
    }

    /// The sizes of a sample: all axes but the first.
    pub fn sample(&self) -> &[Option<usize>] {
        self.sizes.get(1..).unwrap_or_default()
    }

    /// The size of the last axis, if it is known.
    pub fn last(&self) -> Option<usize> {
        self.sizes.last().copied().flatten()
    }

    /// The same shape with another size of the last axis.
    #[must_use]
    pub fn with_last(mut self, size: usize) -> Self {
        if let Some(last) = self.sizes.last_mut() {
            *last = Some(size);
        }
        self
    }

    /// The number of values in a sample.
    ///
    /// # Errors
    ///
    /// If an axis other than the batch axis is unknown.
    pub fn features(&self) -> Result<usize> {
        let product = self.sample().iter().try_fold(1_usize, |all, size| Some(all.saturating_mul((*size)?)));
        product.ok_or_else(|| {
            Error::shape("the number of features is unknown")
                .received(self)
                .expected("a shape of which only the batch axis is None")
                .hint("give `Input` the sizes of all axes")
        })
    }

    /// Checks that the shape has a batch axis, and that a tensor of it does not exceed the limit. Unknown sizes count as
    /// 1.
    ///
    /// # Errors
    ///
    /// If the tensor would be too large, or the shape has no axes.
    pub(crate) fn check_limits(&self) -> Result<()> {
        if self.sizes.is_empty() {
            return Err(Error::shape("a tensor needs an axis for the samples")
                .received(self)
                .expected("(None, …)")
                .hint("add a batch axis"));
        }
        let sizes = self.sizes.iter().flatten().map(|&size| size.max(1) as u64);
        match sizes.into_iter().try_fold(1_u64, u64::checked_mul).filter(|&values| values <= MAX_VALUES) {
            Some(_) => Ok(()),
            None => Err(Error::shape("the tensor is larger than any memory")
                .received(self)
                .expected(format!("at most {MAX_VALUES} values"))
                .hint("choose smaller sizes")),
        }
    }

    /// The shape of a batch of `size` samples.
    ///
    /// # Errors
    ///
    /// If an axis other than the batch axis is unknown.
    pub fn with_batch(&self, size: usize) -> Result<Vec<usize>> {
        self.features()?;
        Ok(std::iter::once(size).chain(self.sample().iter().copied().flatten()).collect())
    }

    /// Is the other shape compatible with this one? An unknown size of either is compatible with any size.
    pub fn admits(&self, other: &Self) -> bool {
        self.is_strings() == other.is_strings()
            && self.rank() == other.rank()
            && self.sizes.iter().zip(&other.sizes).all(can_be_equal)
    }

    /// Do these sizes match this shape, for any number of samples? Keras's models take any number, even if they recorded
    /// the one of their first call.
    pub(crate) fn accepts_batch(&self, sizes: &[usize]) -> bool {
        let [batch, sample @ ..] = sizes else { return self.accepts(sizes) };
        self.rank() == sizes.len() && self.accepts(&[&[self.sizes[0].unwrap_or(*batch)], sample].concat())
    }

    /// Can the model take data of that shape, for any number of samples? As in Keras, a last axis of size 1 may be missing
    /// or added.
    pub(crate) fn takes(&self, data: &Self) -> bool {
        let fits = |own: &[Option<usize>], data: &[Option<usize>]| {
            own.len() == data.len() && own.iter().zip(data).all(|(own, size)| own.is_none() || own == size)
        };
        let without_one = |shape: &Self| (shape.rank() > 1 && shape.last() == Some(1)).then(|| shape.rank() - 2);
        self.is_strings() == data.is_strings()
            && (fits(self.sample(), data.sample())
                || without_one(self).is_some_and(|rank| fits(&self.sample()[..rank], data.sample()))
                || without_one(data).is_some_and(|rank| fits(self.sample(), &data.sample()[..rank])))
    }

    /// Do these sizes match this shape?
    pub fn accepts(&self, sizes: &[usize]) -> bool {
        self.rank() == sizes.len() && self.sizes.iter().zip(sizes).all(|(known, &size)| known.is_none_or(|k| k == size))
    }
}

/// Can two sizes be the same? An unknown one can be any.
pub(crate) fn can_be_equal((one, other): (&Option<usize>, &Option<usize>)) -> bool {
    one.is_none() || other.is_none() || one == other
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<_> =
            self.sizes.iter().map(|size| size.map_or("None".to_owned(), |size| size.to_string())).collect();
        match sizes.as_slice() {
            [one] => write!(f, "({one},)"),
            sizes => write!(f, "({})", sizes.join(", ")),
        }
    }
}

/// Formats sizes as Keras does: `(60000, 28, 28)`.
pub fn sizes(sizes: &[usize]) -> String {
    Shape::of_data(sizes, false).to_string()
}

/// The number of values of a tensor of this shape; `None` if it does not fit a number. As in NumPy, an axis of size 0 does
/// not excuse the others: their product is computed, too.
pub fn count(sizes: &[usize]) -> Option<usize> {
    let product = sizes.iter().try_fold(1_usize, |product, &size| product.checked_mul(size.max(1)))?;
    Some(if sizes.contains(&0) { 0 } else { product })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_that_overflow_are_no_counts() {
        assert_eq!((count(&[]), count(&[2, 3]), count(&[2, 0])), (Some(1), Some(6), Some(0)));
        let huge = 1 << 32;
        assert_eq!((count(&[huge, huge]), count(&[0, huge, huge]), count(&[huge, huge, 0])), (None, None, None));
    }

    #[test]
    fn one_axis_keeps_its_comma() {
        assert_eq!(Shape::batched([]).to_string(), "(None,)");
        assert_eq!(sizes(&[10]), "(10,)");
    }

    #[test]
    fn a_recorded_number_of_samples_is_not_a_limit() {
        let shape = Shape::new([Some(1), Some(3)]);
        assert!(shape.accepts_batch(&[5, 3]) && !shape.accepts(&[5, 3]));
        assert!(!shape.accepts_batch(&[1, 4]) && !shape.accepts_batch(&[1]) && !shape.accepts_batch(&[]));
    }

    #[test]
    fn a_last_axis_of_one_may_be_missing_or_be_there() {
        let takes = |own: &[usize], data: &[usize]| Shape::batched(own).takes(&Shape::batched(data));
        assert!(takes(&[1], &[]) && takes(&[], &[1]) && takes(&[4, 1], &[4]) && takes(&[4], &[4, 1]));
        assert!(!takes(&[2], &[]) && !takes(&[4], &[]) && !takes(&[4, 1, 1], &[4]) && !takes(&[4], &[3, 1]));
        assert!(!Shape::batched([1]).takes(&Shape::batched([1]).of_strings()));
        assert!(Shape::new([Some(32), None]).takes(&Shape::new([Some(5), Some(3)])));
    }

    #[test]
    fn unknown_sizes_are_an_error_only_where_they_matter() {
        let shape = Shape::new([None, None, Some(3)]);
        assert!(shape.accepts(&[2, 7, 3]));
        assert!(shape.features().unwrap_err().is_shape());
        assert_eq!(Shape::batched([4, 5]).with_batch(2).unwrap(), [2, 4, 5]);
    }
}
