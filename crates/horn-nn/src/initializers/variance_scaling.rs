//! `VarianceScaling`: distributions whose width follows from the shape of the weight.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::initializers::arguments::{axes_arguments, seed_argument};
use crate::initializers::normal::stretch;
use crate::initializers::sample::{Sample, size};
use crate::random::threefry;

/// The standard deviation of a normal distribution that is cut off at two.
const CUT_STDDEV: f64 = 0.879_625_661_034_239_8;

/// Which of a weight's fans, as [`compute_fans`] says them, the variance is divided by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The number of inputs of a unit.
    #[default]
    FanIn,
    /// The number of units that an input goes to.
    FanOut,
    /// The mean of both.
    FanAvg,
}

/// What [`VarianceScaling`] draws from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// A normal distribution, cut off at two standard deviations.
    #[default]
    #[serde(alias = "normal")]
    TruncatedNormal,
    /// A normal distribution.
    UntruncatedNormal,
    /// A uniform distribution.
    Uniform,
}

/// Draws with the variance `scale / fan`, so that signals keep their size on their way through the layers.
///
/// The standard deviation of the normal distributions is `sqrt(scale / fan)`, the limit of the uniform one
/// `sqrt(3 * scale / fan)`.
///
/// ```
/// use horn::initializers::{Distribution, Initializer, Mode, VarianceScaling};
///
/// let he_uniform = VarianceScaling::new().scale(2.0).mode(Mode::FanIn).distribution(Distribution::Uniform);
/// let kernel = Initializer::from(he_uniform).sample(&[6, 4], 42)?;
/// assert!(kernel.iter().all(|x| x.abs() <= 1.0));
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VarianceScaling {
    pub(super) seed: Option<u64>,
    pub(super) scale: f64,
    pub(super) mode: Mode,
    pub(super) distribution: Distribution,
    pub(super) input_axes: Option<Vec<isize>>,
    pub(super) output_axes: Option<Vec<isize>>,
}

impl VarianceScaling {
    /// The variance `1 / fan_in` of a normal distribution that is cut off.
    pub fn new() -> Self {
        Self {
            seed: None,
            scale: 1.0,
            mode: Mode::FanIn,
            distribution: Distribution::TruncatedNormal,
            input_axes: None,
            output_axes: None,
        }
    }

    /// The variance of one input, above 0; 1 by default.
    #[must_use]
    pub fn scale(mut self, scale: f64) -> Self {
        self.scale = scale;
        self
    }

    /// What the variance is divided by; `FanIn` by default.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// What is drawn from; `TruncatedNormal` by default.
    #[must_use]
    pub fn distribution(mut self, distribution: Distribution) -> Self {
        self.distribution = distribution;
        self
    }

    fn fans(&self, shape: &[usize]) -> Result<(usize, usize)> {
        match (&self.input_axes, &self.output_axes) {
            (Some(inputs), Some(outputs)) => Ok((fan_of(shape, inputs)?, fan_of(shape, outputs)?)),
            _ => Ok(compute_fans(shape)),
        }
    }
}

seed_argument!(VarianceScaling);

axes_arguments!(VarianceScaling);

impl Default for VarianceScaling {
    fn default() -> Self {
        Self::new()
    }
}

impl Sample for VarianceScaling {
    fn sample(&self, shape: &[usize], seed: u64) -> Result<Vec<f32>> {
        if !(self.scale > 0.0 && self.scale.is_finite()) {
            return Err(Error::argument("the scale of VarianceScaling is out of its range")
                .received(format!("scale = {}", self.scale))
                .expected("a finite number above 0")
                .hint("leave scale out for Keras's 1"));
        }
        let (fan_in, fan_out) = self.fans(shape)?;
        let fan = match self.mode {
            Mode::FanIn => fan_in as f64,
            Mode::FanOut => fan_out as f64,
            Mode::FanAvg => (fan_in as f64 + fan_out as f64) / 2.0,
        };
        let variance = self.scale / fan.max(1.0);
        let key = threefry::key(self.seed.unwrap_or(seed))?;
        let len = size(shape);
        Ok(match self.distribution {
            Distribution::TruncatedNormal => {
                stretch(threefry::truncated_normal(key, len), 0.0, variance.sqrt() / CUT_STDDEV)
            }
            Distribution::UntruncatedNormal => stretch(threefry::normal(key, len), 0.0, variance.sqrt()),
            Distribution::Uniform => {
                let limit = (3.0 * variance).sqrt() as f32;
                threefry::uniform(key, len, -limit, limit)
            }
        })
    }

    fn needs_seed(&self) -> bool {
        self.seed.is_none()
    }
}

/// How many inputs a unit has and how many units an input goes to, by the shape of their weight.
///
/// The last two axes are those of inputs and outputs; those before them are a convolution's window.
///
/// ```
/// use horn::initializers::compute_fans;
///
/// assert_eq!(compute_fans(&[784, 128]), (784, 128));
/// assert_eq!(compute_fans(&[3, 3, 16, 32]), (144, 288));
/// ```
pub fn compute_fans(shape: &[usize]) -> (usize, usize) {
    match *shape {
        [] => (1, 1),
        [units] => (units, units),
        [ref window @ .., inputs, outputs] => {
            let window = fold(window);
            (inputs.saturating_mul(window), outputs.saturating_mul(window))
        }
    }
}

fn fan_of(shape: &[usize], axes: &[isize]) -> Result<usize> {
    let sizes = axes.iter().map(|&axis| {
        let index = if axis < 0 { shape.len().checked_add_signed(axis) } else { usize::try_from(axis).ok() };
        index.and_then(|index| shape.get(index)).copied().ok_or_else(|| {
            Error::argument("the weight has no such axis")
                .received(format!("the axis {axis} of the shape {shape:?}"))
                .expected(format!("axes below {}", shape.len()))
                .hint("choose axes of the weight; negative ones count from the last")
        })
    });
    Ok(fold(&sizes.collect::<Result<Vec<_>>>()?))
}

fn fold(sizes: &[usize]) -> usize {
    sizes.iter().fold(1, |product, size| product.saturating_mul(*size))
}
