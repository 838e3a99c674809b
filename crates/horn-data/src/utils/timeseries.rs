//! Windows over a time series, as batches.

use std::ops::Range;

use horn_nn::{Error, HostArray, Result, memory};
use horn_train::{Data, PyDataset};

/// Sliding windows over a time series, each with a target: Keras's `timeseries_dataset_from_array`. It is a [`PyDataset`],
/// which [`PyDatasetSource`](horn_train::PyDatasetSource) reads for `fit`.
///
/// A window that starts at step `i` has the steps `i`, `i + sampling_rate`, …, and the target number `i`. To forecast the
/// step after a window of 24, give the series from step 24 on as the targets.
///
/// ```
/// use horn::{PyDataset, PyDatasetSource};
/// use horn::utils::TimeseriesDataset;
///
/// let series: Vec<f32> = (0..100).map(|step| (step as f32 / 10.0).sin()).collect();
/// let dataset = TimeseriesDataset::new(&series[..], &series[24..], 24)?.batch_size(32)?;
/// // 76 windows have a target.
/// assert_eq!(dataset.len(), Some(3));
/// let source = PyDatasetSource::new(dataset);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TimeseriesDataset {
    data: HostArray<'static>,
    targets: Option<HostArray<'static>>,
    sequence_length: usize,
    sequence_stride: usize,
    sampling_rate: usize,
    batch_size: usize,
    steps: Range<usize>,
}

impl TimeseriesDataset {
    /// Windows of this length over all steps, one starting at each step, in batches of 128. `targets` has the target of the
    /// window that starts at each step; windows without one are left out.
    ///
    /// # Shapes
    ///
    /// - `data`: `[steps, …]`
    /// - `targets`: `[windows, …]`
    /// - a batch: `[batch, sequence_length, …]`
    ///
    /// # Errors
    ///
    /// If `sequence_length` is 0, or longer than the series.
    pub fn new<'a>(
        data: impl Into<HostArray<'a>>,
        targets: impl Into<HostArray<'a>>,
        sequence_length: usize,
    ) -> Result<Self> {
        let dataset = Self::without_targets(data, sequence_length)?;
        Ok(Self { targets: Some(targets.into().into_owned()), ..dataset })
    }

    /// The same without targets, for a prediction or a model that is its own target.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn without_targets<'a>(data: impl Into<HostArray<'a>>, sequence_length: usize) -> Result<Self> {
        let data = data.into().into_owned();
        let steps = 0..data.len();
        let dataset =
            Self { data, targets: None, sequence_length, sequence_stride: 1, sampling_rate: 1, batch_size: 128, steps };
        dataset.checked("sequence_length", sequence_length)
    }

    /// The steps between the starts of two windows; 1 by default.
    ///
    /// # Errors
    ///
    /// If it is 0.
    pub fn sequence_stride(mut self, sequence_stride: usize) -> Result<Self> {
        self.sequence_stride = sequence_stride;
        self.checked("sequence_stride", sequence_stride)
    }

    /// The steps between two steps of a window; 1 by default.
    ///
    /// # Errors
    ///
    /// If it is 0, or the windows become longer than the series.
    pub fn sampling_rate(mut self, sampling_rate: usize) -> Result<Self> {
        self.sampling_rate = sampling_rate;
        self.checked("sampling_rate", sampling_rate)
    }

    /// The number of windows in a batch; 128 by default. The last batch may be smaller.
    ///
    /// # Errors
    ///
    /// If it is 0.
    pub fn batch_size(mut self, batch_size: usize) -> Result<Self> {
        self.batch_size = batch_size;
        self.checked("batch_size", batch_size)
    }

    /// Uses only these steps of the series, and the targets with the same numbers: Keras's `start_index` and `end_index`.
    ///
    /// # Errors
    ///
    /// If they are not steps of the series, or fewer than a window has.
    pub fn steps(mut self, steps: Range<usize>) -> Result<Self> {
        if steps.end > self.data.len() {
            return Err(Error::argument("the series has no such steps")
                .at("TimeseriesDataset: steps")
                .received(format!("{steps:?}"))
                .expected(format!("steps up to {}", self.data.len()))
                .hint("leave them out to use the whole series"));
        }
        self.steps = steps;
        self.checked("steps", 1)
    }

    /// How far the last step of a window is from its first.
    fn reach(&self) -> usize {
        (self.sequence_length - 1).saturating_mul(self.sampling_rate)
    }

    /// The same dataset, if the argument is not 0 and there is a window.
    fn checked(self, argument: &str, value: usize) -> Result<Self> {
        let at = format!("TimeseriesDataset: {argument}");
        if value == 0 {
            return Err(Error::argument(format!("{argument} must not be zero"))
                .at(at)
                .received(0)
                .expected("at least 1")
                .hint("leave it out for Keras's default, or give a number from 1 on"));
        }
        let available = self.steps.len();
        if self.reach() >= available {
            return Err(Error::argument("a window is longer than the series")
                .at(at)
                .received(format!("windows of {} steps", self.reach().saturating_add(1)))
                .expected(format!("at most {available}"))
                .hint("choose a shorter sequence_length, or a smaller sampling_rate"));
        }
        Ok(self)
    }

    /// The number of windows.
    fn windows(&self) -> usize {
        let mut starts = self.steps.len() - self.reach();
        if let Some(targets) = &self.targets {
            starts = starts.min(targets.len().saturating_sub(self.steps.start));
        }
        starts.div_ceil(self.sequence_stride)
    }
}

impl PyDataset for TimeseriesDataset {
    fn len(&self) -> Option<usize> {
        Some(self.windows().div_ceil(self.batch_size))
    }

    fn get(&self, index: usize) -> Result<Data<'static>> {
        let first = index.saturating_mul(self.batch_size);
        let windows = first..self.windows().min(first.saturating_add(self.batch_size));
        let starts: Vec<usize> = windows.map(|number| self.steps.start + number * self.sequence_stride).collect();
        // Each value has eight bytes at most, and so has the number of each step.
        let values = self.data.sizes()[1..].iter().fold(1, |all: u64, &size| all.saturating_mul(size as u64));
        let steps = (starts.len() as u64).saturating_mul(self.sequence_length as u64);
        let bytes = steps.saturating_mul(values.saturating_add(1)).saturating_mul(8);
        memory::check(bytes, "a batch of windows").map_err(|error| error.at("TimeseriesDataset: batch_size"))?;
        let steps = |&start: &usize| (0..self.sequence_length).map(move |step| start + step * self.sampling_rate);
        let steps: Vec<usize> = starts.iter().flat_map(steps).collect();
        let sizes = [&[starts.len(), self.sequence_length], &self.data.sizes()[1..]].concat();
        let x = self.data.samples(&steps).reshape(sizes)?;
        Ok(match &self.targets {
            Some(targets) => Data::new(x, targets.samples(&starts)),
            None => Data::new(x, ()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_window_is_an_error() {
        let series = |length| TimeseriesDataset::without_targets(&[0.0_f32, 1.0, 2.0, 3.0, 4.0], length);
        for (result, expected) in [
            (series(0), "TimeseriesDataset: sequence_length: sequence_length must not be zero; received 0"),
            (series(6), "TimeseriesDataset: sequence_length: a window is longer than the series"),
            (series(3).unwrap().sampling_rate(3), "received windows of 7 steps, expected at most 5"),
            (series(3).unwrap().sequence_stride(0), "sequence_stride must not be zero"),
            (series(3).unwrap().batch_size(0), "batch_size must not be zero"),
            (series(3).unwrap().steps(2..6), "the series has no such steps; received 2..6, expected steps up to 5"),
            (series(3).unwrap().steps(3..5), "received windows of 3 steps, expected at most 2"),
        ] {
            let error = result.unwrap_err();
            assert!(error.is_argument() && error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn a_batch_beyond_the_memory_is_an_error() {
        let series = vec![0.0_f32; 1 << 21];
        let windows = TimeseriesDataset::without_targets(&series[..], 1 << 20).unwrap().batch_size(usize::MAX).unwrap();
        let error = windows.get(0).unwrap_err().to_string();
        assert!(
            error.starts_with("TimeseriesDataset: batch_size: a batch of windows would take more memory"),
            "{error}"
        );
    }
}
