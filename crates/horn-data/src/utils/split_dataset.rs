//! Two parts of the same samples.

use horn_nn::random::{next_python_seed, seeded_shuffle};
use horn_nn::{Error, HostArray, IntoArrays, Result};

/// How many samples a part has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SplitSize {
    /// A fraction of all samples, between 0 and 1.
    Fraction(f64),
    /// This number of samples.
    Samples(usize),
}

impl From<f64> for SplitSize {
    fn from(fraction: f64) -> Self {
        Self::Fraction(fraction)
    }
}

impl From<usize> for SplitSize {
    fn from(samples: usize) -> Self {
        Self::Samples(samples)
    }
}

/// The options of [`split_dataset`], with Keras's names and defaults.
///
/// ```
/// use horn::utils::Split;
///
/// let split = Split::new().left_size(0.8).shuffle(true).seed(1337);
/// let the_same_of_a_thousand = Split::new().right_size(200).shuffle(true).seed(1337);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Split {
    left_size: Option<SplitSize>,
    right_size: Option<SplitSize>,
    shuffle: bool,
    seed: Option<u32>,
}

impl Split {
    /// Parts whose sizes are still to be given: of one of them, or of both.
    pub fn new() -> Self {
        Self::default()
    }

    /// The size of the first part; what the second one leaves by default.
    #[must_use]
    pub fn left_size(mut self, left_size: impl Into<SplitSize>) -> Self {
        self.left_size = Some(left_size.into());
        self
    }

    /// The size of the second part, which is at the end; what the first one leaves by default.
    #[must_use]
    pub fn right_size(mut self, right_size: impl Into<SplitSize>) -> Self {
        self.right_size = Some(right_size.into());
        self
    }

    /// Are the samples shuffled before they are split? No by default.
    #[must_use]
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// The seed by which they are shuffled, in Keras's order; drawn by default, as
    /// [`set_random_seed`](horn_nn::random::set_random_seed) says. Keras also seeds all that is drawn later, such as the
    /// weights of the next model, which is not done here.
    #[must_use]
    pub fn seed(mut self, seed: u32) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The sizes of both parts of so many samples.
    fn sizes(&self, len: usize) -> Result<[usize; 2]> {
        let [left, right] = [count("left_size", self.left_size, len)?, count("right_size", self.right_size, len)?];
        let sizes = match (left, right) {
            (Some(left), Some(right)) => [left, right],
            (Some(left), None) => [left, len.saturating_sub(left)],
            (None, Some(right)) => [len.saturating_sub(right), right],
            (None, None) => {
                return Err(Error::argument("left_size or right_size must be given")
                    .at("split_dataset: left_size")
                    .received("neither")
                    .expected("one of them, or both")
                    .hint("add left_size(0.8)"));
            }
        };
        if sizes[0] + sizes[1] > len {
            return Err(Error::argument("the parts are larger than the whole")
                .at("split_dataset: left_size and right_size")
                .received(format!("{} and {} samples", sizes[0], sizes[1]))
                .expected(format!("at most {len} together"))
                .hint("leave one of them out"));
        }
        if sizes.contains(&0) {
            return Err(Error::argument("a part would be empty")
                .at("split_dataset: left_size and right_size")
                .received(format!("{} and {} of {len} samples", sizes[0], sizes[1]))
                .expected("at least one sample in each part")
                .hint("give another size, or more samples"));
        }
        Ok(sizes)
    }
}

fn count(argument: &str, size: Option<SplitSize>, len: usize) -> Result<Option<usize>> {
    let fits = match size {
        None => true,
        Some(SplitSize::Fraction(fraction)) => fraction > 0.0 && fraction < 1.0,
        Some(SplitSize::Samples(samples)) => samples > 0 && samples < len,
    };
    if !fits {
        let received = match size {
            Some(SplitSize::Fraction(fraction)) => fraction.to_string(),
            Some(SplitSize::Samples(samples)) => samples.to_string(),
            None => String::new(),
        };
        return Err(Error::argument("the size of the part is not valid")
            .at(format!("split_dataset: {argument}"))
            .received(received)
            .expected(format!("a fraction between 0 and 1, or a number of samples from 1 to {}", len.saturating_sub(1)))
            .hint("each part needs a sample"));
    }
    Ok(size.map(|size| match size {
        SplitSize::Fraction(fraction) => (fraction * len as f64).round_ties_even() as usize,
        SplitSize::Samples(samples) => samples,
    }))
}

/// Splits arrays of the same samples into two parts, such as for training and for a test: Keras's `split_dataset`.
///
/// # Shapes
///
/// Each array of a part has the shape of the whole one, with fewer samples.
///
/// ```
/// use horn::utils::{Split, split_dataset};
///
/// let x = ndarray::Array2::from_shape_fn((10, 3), |(row, column)| (3 * row + column) as f32);
/// let y: Vec<u8> = (0..10).collect();
/// let (train, test) = split_dataset((&x, &y), Split::new().left_size(0.8))?;
/// assert_eq!((train[0].sizes(), test[1].sizes()), (&[8, 3][..], &[2][..]));
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If there is no array, the arrays have different lengths, no size is given, or a part would be empty or larger than the
/// whole.
pub fn split_dataset<'a>(
    arrays: impl IntoArrays<'a>,
    split: Split,
) -> Result<(Vec<HostArray<'static>>, Vec<HostArray<'static>>)> {
    let arrays = arrays.into_arrays();
    let len = arrays.first().map_or(0, HostArray::len);
    if let Some(at) = arrays.iter().position(|array| array.len() != len) {
        return Err(Error::data("the arrays have different lengths")
            .at(format!("split_dataset: array {at}"))
            .received(format!("{} samples, and {len} in the first", arrays[at].len()))
            .expected("as many samples in each")
            .hint("check that they come from the same data"));
    }
    if len == 0 {
        return Err(Error::data("there are no samples")
            .at("split_dataset")
            .received(format!("{} arrays", arrays.len()))
            .expected("at least two samples")
            .hint("check how the data was loaded or filtered"));
    }
    let [left, right] = split.sizes(len)?;
    let mut order: Vec<usize> = (0..len).collect();
    if split.shuffle {
        seeded_shuffle(split.seed.unwrap_or_else(next_python_seed), &mut order);
    }
    let part = |at: &[usize]| arrays.iter().map(|array| array.samples(at)).collect();
    Ok((part(&order[..left]), part(&order[len - right..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_split_is_an_error() {
        let of = |len: usize, split: Split| {
            let x = vec![0.0_f32; len];
            split_dataset(&x, split).unwrap_err().to_string()
        };
        let split = Split::new;
        for (message, expected) in [
            (of(4, split()), "split_dataset: left_size: left_size or right_size must be given; received neither"),
            (of(0, split().left_size(0.5)), "split_dataset: there are no samples; received 1 arrays"),
            (
                of(4, split().left_size(4)),
                "received 4, expected a fraction between 0 and 1, or a number of samples from 1 to 3",
            ),
            (
                of(4, split().right_size(1.0)),
                "split_dataset: right_size: the size of the part is not valid; received 1,",
            ),
            (of(4, split().left_size(f64::NAN)), "received NaN"),
            (of(4, split().left_size(3).right_size(2)), "received 3 and 2 samples, expected at most 4 together"),
            (of(4, split().left_size(0.1)), "a part would be empty; received 0 and 4 of 4 samples"),
        ] {
            assert!(message.contains(expected), "{message}");
        }
        let (x, y) = ([0.0_f32; 4], [0_u8; 3]);
        let error = split_dataset((&x, &y), Split::new().left_size(2)).unwrap_err().to_string();
        assert!(error.contains("split_dataset: array 1: the arrays have different lengths; received 3 samples, and 4"));
    }
}
