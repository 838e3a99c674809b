//! The epochs after which `fit` validates.

use horn_nn::{Error, Result};

/// The epochs after which `fit` validates: every `n` epochs, or a list, counted from 1 as Keras counts them here.
///
/// ```
/// use horn::Fit;
///
/// let every_other = Fit::epochs(10).validation_freq(2);
/// let these = Fit::epochs(10).validation_freq([1, 2, 10]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValidationFreq {
    /// Every `n` epochs.
    Every(usize),
    /// After these epochs, counted from 1.
    Epochs(Vec<usize>),
}

impl Default for ValidationFreq {
    /// After each epoch.
    fn default() -> Self {
        Self::Every(1)
    }
}

impl From<usize> for ValidationFreq {
    fn from(epochs: usize) -> Self {
        Self::Every(epochs)
    }
}

impl<const N: usize> From<[usize; N]> for ValidationFreq {
    fn from(epochs: [usize; N]) -> Self {
        Self::Epochs(epochs.to_vec())
    }
}

impl From<Vec<usize>> for ValidationFreq {
    fn from(epochs: Vec<usize>) -> Self {
        Self::Epochs(epochs)
    }
}

impl ValidationFreq {
    /// Whether it is time after this epoch, counted from 0.
    pub(crate) fn is_due(&self, epoch: usize) -> bool {
        match self {
            Self::Every(epochs) => (epoch + 1).is_multiple_of(*epochs),
            Self::Epochs(epochs) => epochs.contains(&(epoch + 1)),
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        let zero = match self {
            Self::Every(epochs) => *epochs == 0,
            Self::Epochs(epochs) => epochs.contains(&0),
        };
        if !zero {
            return Ok(());
        }
        Err(Error::argument("validation_freq must not be 0")
            .at("validation_freq")
            .received(match self {
                Self::Every(_) => "0".to_owned(),
                Self::Epochs(epochs) => format!("{epochs:?}"),
            })
            .expected("numbers from 1 on")
            .hint("count epochs from 1, or leave validation_freq out to validate after each epoch"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_are_counted_from_1() {
        let due = |freq: ValidationFreq| (0..6).filter(|&epoch| freq.is_due(epoch)).collect::<Vec<_>>();
        assert_eq!(due(1.into()), [0, 1, 2, 3, 4, 5]);
        assert_eq!(due(2.into()), [1, 3, 5]);
        assert_eq!(due([1, 4].into()), [0, 3]);
        assert_eq!(due(vec![].into()), [0; 0]);
        for freq in [ValidationFreq::from(0), [0, 1].into()] {
            assert_eq!(freq.check().unwrap_err().location(), Some("validation_freq"));
        }
    }
}
