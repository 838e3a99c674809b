//! Sequences of different lengths as one array.

use horn_nn::{Result, memory};
use ndarray::Array2;

/// An end of a sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// Its start.
    #[default]
    Pre,
    /// Its end.
    Post,
}

/// The options of [`pad_sequences`], with Keras's names and defaults.
///
/// ```
/// use horn::utils::{End, Padding};
///
/// let padding = Padding::new().maxlen(100).padding(End::Post).value(-1);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Padding<T> {
    maxlen: Option<usize>,
    padding: End,
    truncating: End,
    value: T,
}

impl<T: Default> Padding<T> {
    /// Zeros before each sequence, up to the longest one.
    pub fn new() -> Self {
        Self::default()
    }

    /// The length of all sequences; by default, that of the longest one.
    #[must_use]
    pub fn maxlen(mut self, maxlen: usize) -> Self {
        self.maxlen = Some(maxlen);
        self
    }

    /// Where a sequence is padded that is too short; at its start by default.
    #[must_use]
    pub fn padding(mut self, padding: End) -> Self {
        self.padding = padding;
        self
    }

    /// Where a sequence is cut off that is too long; at its start by default.
    #[must_use]
    pub fn truncating(mut self, truncating: End) -> Self {
        self.truncating = truncating;
        self
    }

    /// What it is padded with; 0 by default.
    #[must_use]
    pub fn value(mut self, value: T) -> Self {
        self.value = value;
        self
    }
}

/// Makes one array of sequences of different lengths: Keras's `pad_sequences`.
///
/// # Shapes
///
/// `[sequences, maxlen]`
///
/// ```
/// use horn::utils::{End, Padding, pad_sequences};
///
/// let words = [vec![1], vec![2, 3], vec![4, 5, 6]];
/// assert_eq!(pad_sequences(&words, Padding::new())?, ndarray::arr2(&[[0, 0, 1], [0, 2, 3], [4, 5, 6]]));
/// let padding = Padding::new().maxlen(2).padding(End::Post);
/// assert_eq!(pad_sequences(&words, padding)?, ndarray::arr2(&[[1, 0], [2, 3], [5, 6]]));
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If there is no memory for all sequences of length `maxlen`.
pub fn pad_sequences<T: Clone, S: AsRef<[T]>>(sequences: &[S], options: Padding<T>) -> Result<Array2<T>> {
    let Padding { maxlen, padding, truncating, value } = options;
    let longest = sequences.iter().map(|sequence| sequence.as_ref().len()).max();
    let maxlen = maxlen.or(longest).unwrap_or(0);
    let values = (sequences.len() as u64).saturating_mul(maxlen as u64);
    let bytes = values.saturating_mul(size_of::<T>().max(1) as u64);
    memory::check(bytes, &format!("sequences of length {maxlen}"))
        .map_err(|error| error.at("pad_sequences: maxlen"))?;
    let mut padded = Array2::from_elem((sequences.len(), maxlen), value);
    for (sequence, mut row) in sequences.iter().zip(padded.outer_iter_mut()) {
        let sequence = sequence.as_ref();
        let length = sequence.len().min(maxlen);
        let kept = match truncating {
            End::Pre => &sequence[sequence.len() - length..],
            End::Post => &sequence[..length],
        };
        let first = match padding {
            End::Pre => maxlen - length,
            End::Post => 0,
        };
        row.iter_mut().skip(first).zip(kept).for_each(|(place, value)| *place = value.clone());
    }
    Ok(padded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_beyond_the_memory_are_an_error() {
        let padding = Padding::new().maxlen(usize::MAX / 2);
        let error = pad_sequences(&[vec![1_u8], vec![2]], padding).unwrap_err().to_string();
        assert!(
            error.starts_with("pad_sequences: maxlen: sequences of length 9223372036854775807 would take"),
            "{error}"
        );
    }
}
