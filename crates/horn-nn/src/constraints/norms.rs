//! `MaxNorm`, `UnitNorm` and `MinMaxNorm`: limits for the norms of a weight.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::float32;
use crate::constraints::axes::Axes;
use crate::error::{Error, Result};

/// Added to the norms in divisions, so that zeros stay zeros: Keras's epsilon.
const EPSILON: f64 = 1e-7;

/// Scales vectors that are longer than `max_value` to this norm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MaxNorm {
    max_value: f64,
    axis: Axes,
}

impl MaxNorm {
    /// A constraint with this bound, 0 or above; Keras's default is 2.
    pub fn new(max_value: f64) -> Self {
        Self { max_value, axis: Axes::default() }
    }

    /// Sets the axes along which norms are computed; 0 by default.
    #[must_use]
    pub fn axis(mut self, axis: impl Into<Axes>) -> Self {
        self.axis = axis.into();
        self
    }

    pub(super) fn validate(&self, sizes: &[usize]) -> Result<()> {
        check_bound("MaxNorm", "max_value", self.max_value)?;
        self.axis.validate(sizes)
    }

    pub(super) fn apply<const D: usize>(&self, weight: Tensor<D>) -> Tensor<D> {
        let norms = self.axis.norms(weight.clone());
        weight * (norms.clone().clamp_max(self.max_value) / (norms + EPSILON))
    }
}

impl Default for MaxNorm {
    fn default() -> Self {
        Self::new(2.0)
    }
}

/// Scales every vector to norm 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnitNorm {
    axis: Axes,
}

impl UnitNorm {
    /// A constraint for norms along the first axis.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the axes along which norms are computed; 0 by default.
    #[must_use]
    pub fn axis(mut self, axis: impl Into<Axes>) -> Self {
        self.axis = axis.into();
        self
    }

    pub(super) fn validate(&self, sizes: &[usize]) -> Result<()> {
        self.axis.validate(sizes)
    }

    pub(super) fn apply<const D: usize>(&self, weight: Tensor<D>) -> Tensor<D> {
        let norms = self.axis.norms(weight.clone());
        weight / (norms + EPSILON)
    }
}

/// Scales vectors so that their norms are between `min_value` and `max_value`, or are moved a part of the way there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MinMaxNorm {
    min_value: f64,
    max_value: f64,
    rate: f64,
    axis: Axes,
}

impl MinMaxNorm {
    /// A constraint with these bounds, 0 or above; Keras's defaults are 0 and 1.
    pub fn new(min_value: f64, max_value: f64) -> Self {
        Self { min_value, max_value, rate: 1.0, axis: Axes::default() }
    }

    /// Sets how far norms are moved towards the bounds at each step, from 0 to 1; 1 by default.
    #[must_use]
    pub fn rate(mut self, rate: f64) -> Self {
        self.rate = rate;
        self
    }

    /// Sets the axes along which norms are computed; 0 by default.
    #[must_use]
    pub fn axis(mut self, axis: impl Into<Axes>) -> Self {
        self.axis = axis.into();
        self
    }

    pub(super) fn validate(&self, sizes: &[usize]) -> Result<()> {
        let Self { min_value, max_value, rate, axis } = self;
        check_bound("MinMaxNorm", "min_value", *min_value)?;
        check_bound("MinMaxNorm", "max_value", *max_value)?;
        if min_value > max_value {
            return Err(Error::argument("min_value is above max_value")
                .received(format!("MinMaxNorm with min_value = {min_value} and max_value = {max_value}"))
                .expected("a min_value that is not above max_value")
                .hint("swap the two"));
        }
        if !(0.0..=1.0).contains(rate) {
            return Err(Error::argument("the rate is not a fraction")
                .received(format!("MinMaxNorm with rate = {rate}"))
                .expected("a number from 0 to 1")
                .hint("leave the rate out to keep the bounds strictly"));
        }
        axis.validate(sizes)
    }

    pub(super) fn apply<const D: usize>(&self, weight: Tensor<D>) -> Tensor<D> {
        let norms = self.axis.norms(weight.clone());
        let within = norms.clone().clamp_min(self.min_value).clamp_max(self.max_value);
        let desired = within * self.rate + norms.clone() * (1.0 - self.rate);
        weight * (desired / (norms + EPSILON))
    }
}

impl Default for MinMaxNorm {
    fn default() -> Self {
        Self::new(0.0, 1.0)
    }
}

fn check_bound(class: &str, argument: &str, bound: f64) -> Result<()> {
    if float32::is_finite(bound) && bound >= 0.0 {
        return Ok(());
    }
    Err(Error::argument("the bound of the norm is not valid")
        .received(format!("{class} with {argument} = {bound}"))
        .expected(float32::expected(bound, "a finite number, 0 or above"))
        .hint("give a large number where there is to be no upper bound"))
}
