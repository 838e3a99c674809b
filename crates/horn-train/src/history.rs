//! What training and evaluation report.

use std::fmt;
use std::ops::Index;

use horn_nn::printable::printable;

use crate::metrics::Accumulator;

/// The loss and the metrics after each epoch, as Keras's `History.history` with its keys and their order.
///
/// ```
/// use horn::History;
///
/// # fn show(history: &History) {
/// println!("{:?}", &history["loss"]);
/// for (key, values) in history.iter() {
///     println!("{key}: {values:?}");
/// }
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    epoch: Vec<usize>,
    values: Vec<(String, Vec<f64>)>,
    /// The values of which one of these is the mean, with its key and its place among those of the key.
    several: Vec<(String, usize, Vec<f64>)>,
}

impl History {
    /// The epochs that were trained, counted from 0.
    pub fn epoch(&self) -> &[usize] {
        &self.epoch
    }

    /// The values of a key such as `"val_loss"`, one for each epoch. Of a metric that has several, such as one for each
    /// class, it is their mean; [`values`](Self::values) has all.
    pub fn get(&self, key: &str) -> Option<&[f64]> {
        self.values.iter().find(|(name, _)| name == key).map(|(_, values)| values.as_slice())
    }

    /// All values of a key in each epoch, as Keras's history has them: those of a metric that has one for each class, and
    /// otherwise its one value.
    ///
    /// ```
    /// use horn::layers::{Dense, Input};
    /// use horn::losses::MeanSquaredError;
    /// use horn::metrics::F1Score;
    /// use horn::optimizers::SGD;
    /// use horn::{Compile, Fit, Sequential, Verbose};
    ///
    /// let (x, y) = (ndarray::arr2(&[[0.0_f32], [1.0]]), ndarray::arr2(&[[1.0_f32, 0.0], [0.0, 1.0]]));
    /// let model = Sequential::new().add(Input([1])).add(Dense(2));
    /// let mut model = model.compile(SGD::new(0.1), MeanSquaredError::new(), [F1Score::per_class()])?;
    /// let history = model.fit(&x, &y, Fit::epochs(2).verbose(Verbose::Silent))?;
    /// let last = history.values("f1_score").unwrap()[1];
    /// assert_eq!(last.len(), 2);
    /// assert_eq!(history["f1_score"][1], (last[0] + last[1]) / 2.0);
    /// # Ok::<(), horn::Error>(())
    /// ```
    pub fn values(&self, key: &str) -> Option<Vec<&[f64]>> {
        let of_epoch = |(number, mean)| {
            let several = self.several.iter().find(|(name, at, _)| name == key && *at == number);
            several.map_or(std::slice::from_ref(mean), |(.., values)| values.as_slice())
        };
        self.get(key).map(|means| means.iter().enumerate().map(of_epoch).collect())
    }

    /// All keys with their values: in alphabetical order those that the first epoch has, then what came later or was added
    /// by callbacks.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[f64])> {
        self.values.iter().map(|(key, values)| (key.as_str(), values.as_slice()))
    }

    /// Adds the values of an epoch.
    pub(crate) fn push(&mut self, epoch: usize, scores: &Scores) {
        self.epoch.push(epoch);
        for (key, value) in scores.iter() {
            match self.values.iter_mut().find(|(name, _)| name == key) {
                Some((_, values)) => values.push(value),
                None => self.values.push((key.to_owned(), vec![value])),
            }
        }
        for (key, values) in scores.several() {
            let place = self.get(key).map_or(0, |means| means.len() - 1);
            self.several.push((key.to_owned(), place, values.to_vec()));
        }
    }
}

impl Index<&str> for History {
    type Output = [f64];

    /// The values of a key, one for each epoch.
    ///
    /// # Panics
    ///
    /// If there is no such key; [`History::get`] returns `None` instead.
    #[track_caller]
    fn index(&self, key: &str) -> &[f64] {
        match self.get(key) {
            Some(values) => values,
            None => panic!("no {key:?} in the history, only {:?}", self.iter().map(|(key, _)| key).collect::<Vec<_>>()),
        }
    }
}

/// The values of the loss and the metrics on some data.
///
/// ```
/// use horn::Scores;
///
/// # fn show(scores: &Scores) {
/// println!("test accuracy: {:.4}", scores["accuracy"]);
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    scores: Vec<(String, f64)>,
    /// The values of which some of these are the means.
    several: Vec<(String, Vec<f64>)>,
}

impl Scores {
    /// Scores from keys and values, sorted alphabetically by key as in Keras.
    ///
    /// ```
    /// use horn::Scores;
    ///
    /// let scores = Scores::new([("loss", 0.5), ("accuracy", 0.75)]);
    /// assert_eq!(scores.to_string(), "accuracy: 0.7500 - loss: 0.5000");
    /// ```
    pub fn new<K: Into<String>>(values: impl IntoIterator<Item = (K, f64)>) -> Self {
        let mut values: Vec<_> = values.into_iter().map(|(key, value)| (key.into(), value)).collect();
        values.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self { scores: values, several: Vec::new() }
    }

    /// Scores from means and the states of metrics, with their keys.
    pub(crate) fn read(mut scores: Vec<(String, f64)>, states: Vec<(String, &dyn Accumulator)>) -> Self {
        let mut several = Vec::new();
        for (key, state) in states {
            let all = state.results();
            match all.as_slice() {
                [value] => scores.push((key, *value)),
                _ => {
                    scores.push((key.clone(), state.result()));
                    several.push((key, all));
                }
            }
        }
        Self { several, ..Self::new(scores) }
    }

    /// The same with all values of a key that has several, of which the score is the mean.
    ///
    /// ```
    /// use horn::Scores;
    ///
    /// let scores = Scores::new([("loss", 0.5), ("f1_score", 0.75)]).with_values("f1_score", vec![1.0, 0.5]);
    /// assert_eq!(scores["f1_score"], 0.75);
    /// assert_eq!(scores.values("f1_score"), Some(&[1.0, 0.5][..]));
    /// assert_eq!(scores.values("loss"), Some(&[0.5][..]));
    /// ```
    #[must_use]
    pub fn with_values(mut self, key: &str, values: Vec<f64>) -> Self {
        self.several.retain(|(name, _)| name != key);
        self.several.push((key.to_owned(), values));
        self
    }

    /// All values of a key: those of a metric that has one for each class, and otherwise its one value.
    pub fn values(&self, key: &str) -> Option<&[f64]> {
        let several = self.several.iter().find(|(name, _)| name == key).map(|(_, values)| values.as_slice());
        let one = || self.scores.iter().find(|(name, _)| name == key).map(|(_, value)| std::slice::from_ref(value));
        several.or_else(one)
    }

    /// The keys that have several values, with these.
    #[doc(hidden)]
    pub fn several(&self) -> impl Iterator<Item = (&str, &[f64])> {
        self.several.iter().map(|(key, values)| (key.as_str(), values.as_slice()))
    }

    /// Changes the value of a key, or adds it after the others.
    pub fn set(&mut self, key: &str, value: f64) {
        self.several.retain(|(name, _)| name != key);
        match self.scores.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = value,
            None => self.scores.push((key.to_owned(), value)),
        }
    }

    /// The loss.
    ///
    /// # Panics
    ///
    /// If there is no key `"loss"`.
    pub fn loss(&self) -> f64 {
        self["loss"]
    }

    /// The value of a key such as `"accuracy"`. Of a metric that has several, such as one for each class, it is their mean;
    /// [`values`](Self::values) has all.
    pub fn get(&self, key: &str) -> Option<f64> {
        self.scores.iter().find(|(name, _)| name == key).map(|(_, value)| *value)
    }

    /// All keys with their values: metrics and loss in alphabetical order, then those that were added later.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.scores.iter().map(|(key, value)| (key.as_str(), *value))
    }

    /// The keys, in their order.
    pub fn keys(&self) -> Vec<&str> {
        self.scores.iter().map(|(key, _)| key.as_str()).collect()
    }

    /// These scores and those of the validation with `val_` before their names, all in alphabetical order.
    pub(crate) fn with_validation(mut self, validation: &Self) -> Self {
        self.scores.extend(validation.iter().map(|(key, value)| (format!("val_{key}"), value)));
        self.scores.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.several.extend(validation.several().map(|(key, values)| (format!("val_{key}"), values.to_vec())));
        self
    }
}

impl Index<&str> for Scores {
    type Output = f64;

    /// The value of a key.
    ///
    /// # Panics
    ///
    /// If there is no such key; [`Scores::get`] returns `None` instead.
    #[track_caller]
    fn index(&self, key: &str) -> &f64 {
        match self.scores.iter().find(|(name, _)| name == key) {
            Some((_, value)) => value,
            None => panic!("no {key:?} in the scores, only {self}"),
        }
    }
}

impl fmt::Display for Scores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (key, value)) in self.iter().enumerate() {
            write!(f, "{}{}: {value:.4}", if at > 0 { " - " } else { "" }, printable(key))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores() -> Scores {
        let training = Scores::new([("loss", 0.5), ("accuracy", 0.75)]);
        let validation = training.clone();
        training.with_validation(&validation)
    }

    #[test]
    fn keys_are_in_keras_s_order() {
        let mut history = History::default();
        history.push(0, &scores());
        history.push(1, &scores());
        let keys: Vec<_> = history.iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["accuracy", "loss", "val_accuracy", "val_loss"]);
        assert_eq!(history["val_loss"], [0.5, 0.5]);
        assert_eq!(history.epoch(), [0, 1]);
        assert_eq!(history.get("mae"), None);
    }

    #[test]
    fn keys_of_the_validation_stand_among_the_others() {
        let training = Scores::new([("loss", 0.5), ("weighted_mae", 0.75)]);
        let validation = training.clone();
        let keys = ["loss", "val_loss", "val_weighted_mae", "weighted_mae"];
        assert_eq!(training.with_validation(&validation).keys(), keys);
    }

    #[test]
    fn scores_print_as_in_a_progress_line() {
        assert_eq!(scores().to_string(), "accuracy: 0.7500 - loss: 0.5000 - val_accuracy: 0.7500 - val_loss: 0.5000");
    }

    #[test]
    #[should_panic(expected = "no \"mae\" in the scores, only accuracy: 0.7500 - loss: 0.5000")]
    fn a_key_that_is_not_there_panics_with_those_that_are() {
        let _ = scores()["mae"];
    }
}
