//! Checks of the options of `fit`, and what follows from them.

use horn_nn::{Error, HostArray, Result};

use crate::running::fit::{Fit, Validation};
use crate::sources::data::Data;

impl<'a> Fit<'a> {
    /// Takes the validation data, or its source, out of the options.
    pub(crate) fn take_validation(&mut self) -> Result<Validation<'a>> {
        let weights = std::mem::take(&mut self.validation_sample_weight);
        match std::mem::take(&mut self.validation) {
            Validation::Data(data) => Ok(Validation::Data(Data { sample_weight: weights, ..data })),
            other if weights.is_empty() => Ok(other),
            _ => Err(Error::argument("there are weights, but no validation data")
                .at("validation_sample_weight")
                .expected("weights with `validation_data`")
                .hint("give the data, too, or remove the weights")),
        }
    }

    /// The number of samples in a batch of so many samples.
    pub(crate) fn batch_size_of(&self, samples: usize) -> usize {
        batch_size(self.batch_size, self.steps_per_epoch, samples)
    }

    /// The number of samples in a batch of the validation.
    pub(crate) fn validation_batch_size_of(&self, samples: usize) -> usize {
        batch_size(self.validation_batch_size.or(self.batch_size), self.validation_steps, samples)
    }

    /// Checks the arguments that do not depend on the data.
    pub(crate) fn check(&self) -> Result<()> {
        for (argument, value) in [
            ("batch_size", self.batch_size),
            ("steps_per_epoch", self.steps_per_epoch),
            ("validation_batch_size", self.validation_batch_size),
            ("validation_steps", self.validation_steps),
        ] {
            if value == Some(0) {
                return Err(Error::argument(format!("{argument} must not be zero"))
                    .at(argument)
                    .received(0)
                    .expected("at least 1")
                    .hint(format!("leave {argument} out for Keras's default, or give a number from 1 on")));
            }
        }
        self.validation_freq.check()
    }

    /// The share of the samples that validate; `None` if there is validation data, or the share is 0.
    pub(crate) fn split(&self) -> Option<f64> {
        self.validation_split.filter(|&split| split != 0.0 && matches!(self.validation, Validation::None))
    }

    /// Checks the arguments and returns the number of samples to train on.
    pub(crate) fn training_samples(&self, samples: usize) -> Result<usize> {
        self.check()?;
        let Some(split) = self.split() else { return Ok(samples) };
        if !(split > 0.0 && split < 1.0) {
            return Err(Error::argument("the split leaves nothing to train or to validate with")
                .at("validation_split")
                .received(split)
                .expected("at least 0 and less than 1")
                .hint("give the share that validates, 0.1 for a tenth, or 0 for none"));
        }
        let training = (samples as f64 * (1.0 - split)).floor() as usize;
        if training == 0 || training == samples {
            return Err(Error::argument("the split leaves nothing to train or to validate with")
                .at("validation_split")
                .received(format!("{split} of {samples} samples"))
                .expected("at least one sample on either side")
                .hint("change the share, or give more samples"));
        }
        Ok(training)
    }
}

/// Keras's size of batches: 32, or what gives so many steps.
pub(crate) fn batch_size(given: Option<usize>, steps: Option<usize>, samples: usize) -> usize {
    given.unwrap_or_else(|| steps.map_or(32, |steps| samples.div_ceil(steps))).max(1)
}

/// Checks that there are no weights of samples beside a source of batches.
///
/// # Errors
///
/// If there are.
pub(crate) fn check_no_weights(sample_weight: &[HostArray<'_>]) -> Result<()> {
    if sample_weight.is_empty() {
        return Ok(());
    }
    Err(Error::argument("a source of batches has its own weights")
        .at("sample_weight")
        .received("sample_weight with a source of batches")
        .expected("weights in the batches")
        .hint("let the source give the weights with its batches"))
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn the_split_rounds_as_keras_does() {
        assert_eq!(Fit::epochs(1).validation_split(0.25).training_samples(10).unwrap(), 7);
        assert_eq!(Fit::epochs(1).validation_split(0.1).training_samples(10).unwrap(), 9);
        assert_eq!(Fit::epochs(1).validation_split(0.01).training_samples(10).unwrap(), 9);
        assert_eq!(Fit::epochs(1).training_samples(10).unwrap(), 10);
        assert_eq!(Fit::epochs(1).validation_split(0.0).training_samples(10).unwrap(), 10);
        let x = HostArray::new(vec![0.0_f32], [1]).unwrap();
        assert_eq!(
            Fit::epochs(1).validation_split(0.5).validation_data(x.clone(), x).training_samples(10).unwrap(),
            10
        );
    }

    #[test]
    fn impossible_arguments_name_themselves() {
        for (fit, argument) in [
            (Fit::epochs(1).batch_size(0), "batch_size"),
            (Fit::epochs(1).validation_batch_size(0), "validation_batch_size"),
            (Fit::epochs(1).steps_per_epoch(0), "steps_per_epoch"),
            (Fit::epochs(1).validation_steps(0), "validation_steps"),
            (Fit::epochs(1).validation_freq(0), "validation_freq"),
            (Fit::epochs(1).validation_freq([1, 0]), "validation_freq"),
            (Fit::epochs(1).validation_split(1.0), "validation_split"),
            (Fit::epochs(1).validation_split(-0.5), "validation_split"),
            (Fit::epochs(1).validation_split(f64::NAN), "validation_split"),
            (Fit::epochs(1).validation_split(0.999), "validation_split"),
        ] {
            let error = fit.training_samples(10).unwrap_err();
            assert!(error.is_argument(), "{error}");
            assert_eq!(error.location(), Some(argument), "{error}");
        }
    }
}
