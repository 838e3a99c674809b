//! Axes with ticks at round numbers.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

/// An axis with its own choice of ticks: plotters would put one at epoch 1.5.
pub(crate) struct Axis {
    range: Range<f64>,
    ticks: Vec<f64>,
    decimals: usize,
    is_exponential: bool,
}

impl Axis {
    /// About `about` round numbers from `low` to `high`.
    pub(crate) fn values(low: f64, high: f64, about: usize) -> Self {
        let step = round_up((high - low) / about.max(1) as f64);
        let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        Self {
            range: low..high,
            ticks: (first..=last).map(|index| index as f64 * step).collect(),
            decimals,
            is_exponential: low.abs().max(high.abs()) >= 1e5 || decimals > 5,
        }
    }

    /// Whole numbers from 1 to `epochs`, about `about` of them.
    pub(crate) fn epochs(epochs: usize, about: usize) -> Self {
        let step = epochs.div_ceil(about.max(1));
        let step = if step > 1 { round_up(step as f64) as usize } else { 1 };
        let air = 0.04 * (epochs as f64 - 1.0).max(1.0);
        Self {
            range: 1.0 - air..epochs as f64 + air,
            ticks: (step..=epochs).step_by(step).map(|epoch| epoch as f64).collect(),
            decimals: 0,
            is_exponential: false,
        }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (begin, end): (i32, i32)) -> i32 {
        let part = (value - self.range.start) / (self.range.end - self.range.start);
        begin + (part * f64::from(end - begin)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        if self.is_exponential { format!("{value:.1e}") } else { format!("{value:.*}", self.decimals) }
    }
}

/// The smallest of …, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, … that is not less than `step`.
fn round_up(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= step * (1.0 - 1e-9)).unwrap_or(10.0);
    factor * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<String> {
        axis.ticks.iter().map(|tick| axis.format_ext(tick)).collect()
    }

    #[test]
    fn round_numbers() {
        let texts = |low, high| texts(&Axis::values(low, high, 5));
        assert_eq!(texts(0.031, 0.347), ["0.1", "0.2", "0.3"]);
        assert_eq!(texts(0.91, 0.991), ["0.92", "0.94", "0.96", "0.98"]);
        assert_eq!(texts(-2.5, 7.4), ["-2", "0", "2", "4", "6"]);
        assert_eq!(texts(0.0, 3e6), ["0.0e0", "1.0e6", "2.0e6", "3.0e6"]);
    }

    #[test]
    fn whole_epochs() {
        let texts = |epochs| texts(&Axis::epochs(epochs, 8));
        assert_eq!(texts(1), ["1"]);
        assert_eq!(texts(5), ["1", "2", "3", "4", "5"]);
        assert_eq!(texts(30), ["5", "10", "15", "20", "25", "30"]);
        assert_eq!(texts(100), ["20", "40", "60", "80", "100"]);
    }

    #[test]
    fn values_lie_where_they_belong() {
        let axis = Axis::values(0.0, 10.0, 5);
        assert_eq!([0.0, 2.5, 10.0].map(|value| axis.map(&value, (100, 20))), [100, 80, 20]);
    }
}
