//! A watched quantity, and when it counts as improved.

use horn_nn::{Error, Result};

use super::messages::print_warning;
use crate::compiling::model::CompiledModel;
use crate::history::Scores;
use crate::metrics::Direction;

/// Whether a watched quantity is better the lower or the higher it is: Keras's `mode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MonitorMode {
    /// As the loss or the metric of that name says: Keras's "auto".
    #[default]
    Auto,
    /// Lower is better: Keras's "min".
    Min,
    /// Higher is better: Keras's "max".
    Max,
}

/// A quantity of the logs that a callback watches: what `EarlyStopping`, `ModelCheckpoint` and `ReduceLROnPlateau` have
/// in common, for custom callbacks, too.
///
/// ```
/// use horn::callbacks::{Monitor, MonitorMode};
///
/// let monitor = Monitor::new("val_loss").mode(MonitorMode::Min).min_delta(0.01);
/// assert!(monitor.improves(0.5, None));
/// assert!(monitor.improves(0.48, Some(0.5)));
/// assert!(!monitor.improves(0.495, Some(0.5)));
/// ```
#[derive(Debug, Clone)]
pub struct Monitor {
    name: String,
    mode: MonitorMode,
    min_delta: f64,
    higher_is_better: bool,
    has_warned: bool,
}

impl Monitor {
    /// Watches the quantity of this name, such as `"val_loss"`.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { name, mode: MonitorMode::Auto, min_delta: 0.0, higher_is_better: false, has_warned: false }
    }

    /// Whether it is better the lower or the higher it is; as its name says by default.
    #[must_use]
    pub fn mode(mut self, mode: MonitorMode) -> Self {
        self.mode = mode;
        self.higher_is_better = mode == MonitorMode::Max;
        self
    }

    /// The smallest change that counts, whatever its sign; 0 by default.
    #[must_use]
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.min_delta = min_delta.abs();
        self
    }

    /// The same with the name of another quantity.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The name of the quantity.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Finds out from the model's metrics what is better, if the mode does not say it. Callbacks do so before the
    /// training. As in Keras, the name is that of the loss or of a metric, with or without `val_`.
    ///
    /// # Errors
    ///
    /// If the model has no metric of that name, or the metric does not know [its direction](crate::metrics::Metric::direction);
    /// and if the least difference is NaN.
    pub fn resolve(&mut self, callback: &str, model: &CompiledModel) -> Result<()> {
        if self.min_delta.is_nan() {
            return Err(Error::argument("the argument is out of range")
                .at(format!("{callback}: min_delta"))
                .received(self.min_delta)
                .expected("a number of at least 0")
                .hint("give 0 where any difference counts"));
        }
        if self.mode != MonitorMode::Auto {
            return Ok(());
        }
        let name = self.name.strip_prefix("val_").unwrap_or(&self.name);
        let of_loss = (name == "loss").then_some(Direction::Down);
        let metrics = model.objective.metrics.values().chain(model.objective.weighted_metrics.values()).flatten();
        let of_metrics = metrics.filter(|metric| metric.name() == name).filter_map(|metric| metric.direction());
        // Of several metrics of that name, the last one counts, and a metric counts more than the loss.
        match of_metrics.fold(of_loss, |_, direction| Some(direction)) {
            Some(direction) => {
                self.higher_is_better = direction == Direction::Up;
                Ok(())
            }
            None => Err(Error::argument("it is not known whether a higher or a lower value is better")
                .at(format!("{callback}: monitor"))
                .received(format!("{:?}", self.name))
                .expected("the loss or a metric that the model was compiled with")
                .hint("choose `mode(MonitorMode::Max)` if higher is better, or `mode(MonitorMode::Min)`")),
        }
    }

    /// The value of the quantity. Where the logs do not have it, prints a warning, once, which is made of the names of the
    /// quantity and of those that there are.
    ///
    /// ```
    /// use horn::Scores;
    /// use horn::callbacks::Monitor;
    ///
    /// let (mut monitor, logs) = (Monitor::new("loss"), Scores::new([("loss", 0.5)]));
    /// assert_eq!(monitor.value(&logs, |name, available| format!("no {name}, only {available}")), Some(0.5));
    /// ```
    pub fn value(&mut self, logs: &Scores, warning: impl FnOnce(&str, &str) -> String) -> Option<f64> {
        let value = logs.get(&self.name);
        if value.is_none() && !std::mem::replace(&mut self.has_warned, true) {
            print_warning(&warning(&self.name, &logs.keys().join(",")));
        }
        value
    }

    /// Whether a value is better than another by more than `min_delta`. Any value is better than none.
    pub fn improves(&self, value: f64, than: Option<f64>) -> bool {
        let Some(than) = than else { return true };
        // Keras subtracts as Python does, and compares as JAX does, in float32.
        match self.higher_is_better {
            true => (value - self.min_delta) as f32 > than as f32,
            false => ((value + self.min_delta) as f32) < than as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use horn_nn::Sequential;
    use horn_nn::layers::{Dense, Input};

    use super::*;
    use crate::losses::MeanSquaredError;
    use crate::metrics::{BinaryAccuracy, MeanAbsoluteError};
    use crate::optimizers::SGD;
    use crate::{Compile, IntoMetrics};

    #[test]
    fn the_last_metric_of_a_name_says_what_is_better() {
        fn improves_upwards(name: &str, metrics: impl IntoMetrics) -> bool {
            let layers = Sequential::new().add(Input([1])).add(Dense(1));
            let model = layers.compile(SGD::new(0.1), MeanSquaredError::new(), metrics).unwrap();
            let mut monitor = Monitor::new(name).min_delta(-0.25);
            monitor.resolve("EarlyStopping", &model).unwrap();
            // A difference counts by its size.
            assert!(!monitor.improves(0.9, Some(1.0)) && !monitor.improves(1.1, Some(1.0)));
            assert_ne!(monitor.improves(0.5, Some(1.0)), monitor.improves(1.5, Some(1.0)));
            monitor.improves(1.5, Some(1.0))
        }
        let (up, down) = (|name| BinaryAccuracy::new().name(name), |name| MeanAbsoluteError::new().name(name));
        assert!(improves_upwards("val_m", (down("m"), up("m"))));
        assert!(!improves_upwards("val_m", (up("m"), down("m"))));
        assert!(improves_upwards("loss", [up("loss")]));
        assert!(!improves_upwards("loss", [up("m")]));
    }
}
