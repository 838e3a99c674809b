//! The running scores of a custom training step.

use burn::Tensor;
use burn::tensor::Device;
use horn_nn::{AnyTensor, Result, Shape, by_rank};

use crate::history::Scores;
use crate::metrics::{Accumulator, Mean, Metric};

/// The scores of a [`TrainStep`](crate::TrainStep): means of losses, and metrics, by their names. What Keras keeps in
/// `keras.metrics.Mean(name="loss")` and in the list `metrics` of a model.
///
/// A name is tracked from its first update on. All stays on the device until [`scores`](Self::scores) reads it.
///
/// ```
/// use horn::burn::tensor::{Device, Int, Tensor};
/// use horn::Tracker;
/// use horn::metrics::Accuracy;
///
/// let device = Device::default();
/// let mut tracker = Tracker::new();
/// tracker.mean("loss", &Tensor::from_data([0.5], &device), 32);
/// tracker.mean("loss", &Tensor::from_data([2.0], &device), 16);
/// let labels = Tensor::<1, Int>::from_data([1, 0], &device);
/// let probabilities = Tensor::<2>::from_data([[0.2, 0.8], [0.4, 0.6]], &device);
/// tracker.metric(&Accuracy::new(), labels, probabilities)?;
///
/// let scores = tracker.scores();
/// assert_eq!((scores["loss"], scores["accuracy"]), (1.0, 0.5));
/// tracker.reset();
/// assert_eq!(tracker.scores().iter().count(), 0);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Tracker {
    tracked: Vec<(String, Tracked)>,
    /// What a run that resumes had tracked under names that have no update yet.
    restored: Vec<(String, Vec<f64>)>,
}

#[derive(Debug)]
enum Tracked {
    Mean(Box<Mean>),
    Metric(Box<dyn Accumulator>),
}

impl Tracker {
    /// A tracker of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a loss, the mean of `count` samples, to the mean of this name. The graph of the loss is not kept.
    ///
    /// # Shapes
    ///
    /// `value` has one element.
    ///
    /// # Panics
    ///
    /// If a metric has the same name.
    #[track_caller]
    pub fn mean(&mut self, name: &str, value: &Tensor<1>, count: usize) {
        let value = value.clone().without_autodiff();
        match self.entry(name, || Tracked::Mean(Box::default()), &value.device()) {
            Tracked::Mean(mean) => mean.update_batch(value, count),
            Tracked::Metric(_) => panic!("{name:?} is tracked as a metric, and can't be a mean, too"),
        }
    }

    /// Updates a metric, under its own name.
    ///
    /// # Shapes
    ///
    /// As [`Accumulator::update_state`].
    ///
    /// # Errors
    ///
    /// If the targets do not fit the predictions.
    ///
    /// # Panics
    ///
    /// If a mean has the same name.
    #[track_caller]
    pub fn metric(
        &mut self,
        metric: &dyn Metric,
        y_true: impl Into<AnyTensor>,
        y_pred: impl Into<AnyTensor>,
    ) -> Result<()> {
        let (y_true, y_pred) = (without_autodiff(y_true.into())?, without_autodiff(y_pred.into())?);
        let state = || {
            let sizes: Vec<Option<usize>> = y_pred.sizes().into_iter().map(Some).collect();
            let resolved = metric.resolve(&y_true.sizes(), &Shape::new(sizes));
            Tracked::Metric(resolved.as_deref().unwrap_or(metric).accumulator())
        };
        match self.entry(metric.name(), state, &y_pred.device()) {
            Tracked::Metric(state) => state.update_state(y_true, y_pred, None),
            Tracked::Mean(_) => panic!("{:?} is tracked as a mean, and can't be a metric, too", metric.name()),
        }
    }

    /// Reads what was tracked since the last reset.
    pub fn scores(&self) -> Scores {
        let (mut scores, mut states) = (Vec::new(), Vec::new());
        for (name, tracked) in &self.tracked {
            match tracked {
                Tracked::Mean(mean) => scores.push((name.clone(), mean.result())),
                Tracked::Metric(state) => states.push((name.clone(), state.as_ref())),
            }
        }
        Scores::read(scores, states)
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.tracked.clear();
        self.restored.clear();
    }

    /// Reads the numbers that the scores are computed from, by their names:
    /// [`TrainStep::score_state`](crate::TrainStep::score_state).
    ///
    /// ```
    /// use horn::burn::tensor::{Device, Tensor};
    /// use horn::Tracker;
    ///
    /// let loss = |value: f32| Tensor::from_data([value], &Device::default());
    /// let (mut first, mut second) = (Tracker::new(), Tracker::new());
    /// first.mean("loss", &loss(1.0), 2);
    /// second.set_state(&first.state());
    /// second.mean("loss", &loss(4.0), 1);
    /// assert_eq!(second.scores()["loss"], 2.0);
    /// ```
    pub fn state(&self) -> Vec<(String, Vec<f64>)> {
        let read = |tracked: &Tracked| match tracked {
            Tracked::Mean(mean) => mean.state(),
            Tracked::Metric(state) => state.state(),
        };
        self.tracked.iter().map(|(name, tracked)| (name.clone(), read(tracked))).collect()
    }

    /// Goes on from what [`state`](Self::state) returned. Each name takes its part at its first update.
    pub fn set_state(&mut self, state: &[(String, Vec<f64>)]) {
        self.reset();
        self.restored = state.to_vec();
    }

    fn entry(&mut self, name: &str, new: impl FnOnce() -> Tracked, device: &Device) -> &mut Tracked {
        let at = self.tracked.iter().position(|(own, _)| own == name).unwrap_or_else(|| {
            let mut tracked = new();
            if let Some((_, state)) = self.restored.iter().find(|(own, _)| own == name) {
                match &mut tracked {
                    Tracked::Mean(mean) => mean.set_state(state, device),
                    Tracked::Metric(metric) => metric.set_state(state, device),
                }
            }
            self.tracked.push((name.to_owned(), tracked));
            self.tracked.len() - 1
        });
        &mut self.tracked[at].1
    }
}

/// A metric keeps no graph.
fn without_autodiff(x: AnyTensor) -> Result<AnyTensor> {
    by_rank!(any: x, |x| AnyTensor::from(x.without_autodiff()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::MeanSquaredError;

    #[test]
    fn each_name_has_its_own_score_until_the_reset() {
        let device = Device::default();
        let number = |value: f32| Tensor::<1>::from_data([value], &device.clone().autodiff());
        let mut tracker = Tracker::new();
        for (value, count) in [(1.0, 3), (5.0, 1)] {
            tracker.mean("loss", &number(value), count);
            tracker.mean("other", &number(-value), 1);
            let rows = Tensor::<2>::from_data([[value]], &device);
            tracker.metric(&MeanSquaredError::new().name("mse"), rows.zeros_like(), rows).unwrap();
        }
        let scores: Vec<_> = tracker.scores().iter().map(|(name, value)| (name.to_owned(), value)).collect();
        assert_eq!(scores, [("loss".to_owned(), 2.0), ("mse".to_owned(), 13.0), ("other".to_owned(), -3.0)]);
        tracker.reset();
        tracker.mean("other", &number(7.0), 2);
        assert_eq!(tracker.scores(), Scores::new([("other", 7.0)]));
    }

    #[test]
    #[should_panic(expected = "\"loss\" is tracked as a mean, and can't be a metric, too")]
    fn one_name_for_two_things_is_a_mistake() {
        let mut tracker = Tracker::new();
        let rows = Tensor::<2>::ones([1, 1], &Device::default());
        tracker.mean("loss", &rows.clone().sum(), 1);
        tracker.metric(&MeanSquaredError::new().name("loss"), rows.clone(), rows).unwrap();
    }
}
