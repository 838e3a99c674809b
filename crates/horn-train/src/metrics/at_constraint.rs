//! Metrics of the threshold at which another metric is good enough.

use horn_nn::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::accumulator::Accumulator;
use super::common::metric_methods;
use super::confusion::of_class;
use super::metric::Metric;
use super::sums::Sums;
use super::thresholds::{Decisions, Thresholds, check_thresholds, decisions};
use crate::keras_config::Float32;

/// The largest value that is reached where the constraint is met, and 0 if it is met nowhere.
fn largest(buckets: &[f32], value: fn(&Decisions) -> f64, constrained: fn(&Decisions) -> f64, least: f64) -> f64 {
    // Keras compares in single precision.
    let meets = |at: &&Decisions| constrained(at) as f32 >= least as f32;
    decisions(buckets).iter().filter(meets).map(value).fold(0.0, f64::max)
}

/// The default number of thresholds.
const NUM_THRESHOLDS: usize = 200;

/// A metric of the best threshold at which another is good enough.
macro_rules! at_constraint {
    ($(#[$doc:meta])* $metric:ident, $name:literal, $least:ident, $value:expr, $constrained:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub struct $metric {
            name: String,
            dtype: Float32,
            $least: Option<f64>,
            num_thresholds: usize,
            class_id: Option<usize>,
        }

        impl $metric {
            /// The metric at this constraint, a number from 0 to 1, with Keras's defaults: at 200 thresholds.
            pub fn new($least: f64) -> Self {
                Self { $least: Some($least), ..Self::default() }
            }

            /// The number of thresholds, evenly spread from 0 to 1; 200 by default, and only 0.5 for 1.
            #[must_use]
            pub fn num_thresholds(mut self, num_thresholds: usize) -> Self {
                self.num_thresholds = num_thresholds;
                self
            }

            /// Looks only at this class; at all by default.
            #[must_use]
            pub fn class_id(mut self, class: usize) -> Self {
                self.class_id = Some(class);
                self
            }

            /// The key in the history.
            #[must_use]
            pub fn name(mut self, name: impl Into<String>) -> Self {
                self.name = name.into();
                self
            }
        }

        impl Default for $metric {
            /// Keras's defaults. The constraint must be set, since it has none.
            fn default() -> Self {
                Self {
                    name: $name.to_owned(),
                    dtype: Float32::default(),
                    $least: None,
                    num_thresholds: NUM_THRESHOLDS,
                    class_id: None,
                }
            }
        }

        impl Metric for $metric {
            metric_methods!($metric, Up);

            fn validate(&self) -> Result<()> {
                check(stringify!($least), self.$least, self.num_thresholds)?;
                check_thresholds(&self.name, self.num_thresholds, 1)
            }

            fn accumulator(&self) -> Box<dyn Accumulator> {
                let (least, class) = (self.$least.unwrap_or_default(), self.class_id);
                let thresholds = match self.num_thresholds {
                    1 => Thresholds::Listed(vec![0.5]),
                    count => Thresholds::Even(count),
                };
                Sums::boxed(
                    move |rows| {
                        let weights = rows.weights;
                        let y_true = rows.y_true.into_dense(&rows.y_pred)?;
                        let (y_true, y_pred) = of_class(y_true, rows.y_pred, class)?;
                        Ok(thresholds.buckets(y_true, y_pred, weights, false))
                    },
                    move |buckets| vec![largest(buckets, $value, $constrained, least)],
                )
            }

            fn config(&self) -> Value {
                json!(self)
            }
        }
    };
}

fn check(argument: &str, least: Option<f64>, num_thresholds: usize) -> Result<()> {
    let Some(least) = least else {
        return Err(Error::argument("the metric needs a constraint")
            .at(argument)
            .received("none")
            .expected("a number from 0 to 1")
            .hint("write the metric as an object with this argument, not as a name"));
    };
    if !(0.0..=1.0).contains(&least) {
        return Err(Error::argument("the argument is out of range")
            .at(argument)
            .received(least)
            .expected("a number from 0 to 1")
            .hint("give a fraction such as 0.5"));
    }
    if num_thresholds == 0 {
        return Err(Error::argument("there are too few thresholds")
            .at("num_thresholds")
            .received(num_thresholds)
            .expected("at least 1")
            .hint("leave num_thresholds out for Keras's 200"));
    }
    Ok(())
}

at_constraint! {
    /// The best sensitivity, the fraction of positive examples that are found, at thresholds where the specificity, the
    /// fraction of negative examples that are found, is at least `specificity`.
    ///
    /// ```
    /// let metric = horn::metrics::SensitivityAtSpecificity::new(0.9).num_thresholds(100);
    /// ```
    SensitivityAtSpecificity, "sensitivity_at_specificity", specificity, Decisions::recall, Decisions::specificity
}
at_constraint! {
    /// The best specificity, the fraction of negative examples that are found, at thresholds where the sensitivity, the
    /// fraction of positive examples that are found, is at least `sensitivity`.
    ///
    /// ```
    /// let metric = horn::metrics::SpecificityAtSensitivity::new(0.9);
    /// ```
    SpecificityAtSensitivity, "specificity_at_sensitivity", sensitivity, Decisions::specificity, Decisions::recall
}
at_constraint! {
    /// The best precision at thresholds where the recall is at least `recall`.
    ///
    /// ```
    /// let metric = horn::metrics::PrecisionAtRecall::new(0.8).class_id(2);
    /// ```
    PrecisionAtRecall, "precision_at_recall", recall, Decisions::precision, Decisions::recall
}
at_constraint! {
    /// The best recall at thresholds where the precision is at least `precision`.
    ///
    /// ```
    /// let metric = horn::metrics::RecallAtPrecision::new(0.8);
    /// ```
    RecallAtPrecision, "recall_at_precision", precision, Decisions::recall, Decisions::precision
}
