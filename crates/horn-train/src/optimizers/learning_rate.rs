//! The learning rate: a number, or a schedule.

use std::sync::Arc;

use horn_nn::Result;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::checks::at_least_zero;
use super::schedules::{self, OwnSchedule, Schedule};

/// The learning rate of an optimizer. A number or a [`Schedule`] converts into one, so optimizers take either.
///
/// ```
/// use horn::optimizers::LearningRate;
///
/// assert_eq!(LearningRate::from(1e-3).at(100), 1e-3);
/// ```
#[derive(Clone, Debug)]
pub enum LearningRate {
    /// The same rate for all steps, until another is set.
    Constant(f64),
    /// A rate for each step.
    Schedule(Arc<dyn Schedule>),
}

impl LearningRate {
    /// A schedule from a function of the step, counted from 0 over all runs of `fit` together. A file holds the name alone;
    /// to read it again, write a [`Schedule`] and [`register`](schedules::register) it.
    ///
    /// ```
    /// use horn::optimizers::{Adam, LearningRate};
    ///
    /// let warm_up = LearningRate::custom("WarmUp", |step| 1e-3 * ((step + 1) as f64 / 500.0).min(1.0));
    /// assert_eq!(warm_up.at(249), 5e-4);
    /// let optimizer = Adam::new(warm_up);
    /// ```
    pub fn custom(name: &'static str, function: impl Fn(usize) -> f64 + Send + Sync + 'static) -> Self {
        Self::Schedule(Arc::new(OwnSchedule { name, function }))
    }

    /// The rate of a step, counted from 0.
    pub fn at(&self, step: usize) -> f64 {
        match self {
            Self::Constant(rate) => *rate,
            Self::Schedule(schedule) => schedule.learning_rate(step),
        }
    }

    pub(super) fn validate(&self) -> Result<()> {
        match self {
            Self::Constant(rate) => at_least_zero("learning_rate", *rate),
            Self::Schedule(schedule) => schedule.validate(),
        }
    }
}

impl From<f64> for LearningRate {
    fn from(rate: f64) -> Self {
        Self::Constant(rate)
    }
}

impl<S: Schedule + 'static> From<S> for LearningRate {
    fn from(schedule: S) -> Self {
        Self::Schedule(Arc::new(schedule))
    }
}

impl From<Arc<dyn Schedule>> for LearningRate {
    fn from(schedule: Arc<dyn Schedule>) -> Self {
        Self::Schedule(schedule)
    }
}

/// Two schedules are equal if they serialize to the same configuration.
impl PartialEq for LearningRate {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Constant(one), Self::Constant(other)) => one == other,
            (Self::Schedule(one), Self::Schedule(other)) => one.serialize() == other.serialize(),
            _ => false,
        }
    }
}

/// A number, or the schedule's object with its class.
impl Serialize for LearningRate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Constant(rate) => rate.serialize(serializer),
            Self::Schedule(schedule) => schedule.serialize().serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for LearningRate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match value.as_f64() {
            Some(rate) => Ok(Self::Constant(rate)),
            None => schedules::from_config(&value)
                .map(Self::Schedule)
                .map_err(|error| serde::de::Error::custom(format!("{error:#}"))),
        }
    }
}
