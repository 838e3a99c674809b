//! Batch renormalization: the corrections of `BatchNormalization` with `renorm`.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::initializers::initializer::Initializer;
use crate::layer::builder::LayerBuilder;
use crate::layer::state::State;
use crate::layers::normalization::statistics::moved;

/// The limits for the corrections of batch renormalization; `None` means no limit.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenormClipping {
    /// The largest factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rmax: Option<f64>,
    /// The smallest factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rmin: Option<f64>,
    /// The largest offset, in either direction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dmax: Option<f64>,
}

impl RenormClipping {
    pub(super) fn validate(&self) -> Result<()> {
        let crossed = self.rmax.zip(self.rmin).is_some_and(|(rmax, rmin)| rmax < rmin);
        if crossed || self.dmax.is_some_and(|dmax| dmax < 0.0) {
            return Err(Error::argument("the limits of batch renormalization are impossible")
                .received(format!("{self:?}"))
                .expected("rmin ≤ rmax and dmax ≥ 0")
                .hint("leave a limit out for no limit"));
        }
        Ok(())
    }
}

/// The averages that batches are corrected to.
#[derive(Module, Debug)]
pub(crate) struct Renorm {
    moving_stddev: State<1>,
    renorm_mean: State<1>,
    renorm_stddev: State<1>,
    #[module(skip)]
    clipping: RenormClipping,
    momentum: f64,
}

/// `x · factor + offset` is the batch as normalized with the averages. Both have no gradient.
pub(crate) struct Correction {
    pub factor: Tensor<1>,
    pub offset: Tensor<1>,
}

impl Renorm {
    /// Creates the averages with the initializers of the moving mean and the moving variance.
    pub fn new(
        channels: [usize; 1],
        (mean, variance): (&Initializer, &Initializer),
        clipping: RenormClipping,
        momentum: f64,
        build: &mut LayerBuilder,
    ) -> Result<Self> {
        let moving_stddev = build.add_state("moving_stddev", channels, variance)?;
        let renorm_mean = build.add_state("renorm_mean", channels, mean)?;
        let renorm_stddev = build.add_state("renorm_stddev", channels, variance)?;
        for stddev in [&moving_stddev, &renorm_stddev] {
            stddev.set(stddev.get().sqrt());
        }
        Ok(Self { moving_stddev, renorm_mean, renorm_stddev, clipping, momentum })
    }

    /// The correction of a batch with this mean and standard deviation to the averages, within the limits.
    pub fn correction(&self, mean: Tensor<1>, stddev: Tensor<1>, epsilon: f64) -> Correction {
        let average = self.renorm_stddev.get().clamp_min(epsilon.sqrt());
        let mut factor = stddev / average.clone();
        let mut offset = (mean - self.renorm_mean.get()) / average;
        let RenormClipping { rmax, rmin, dmax } = self.clipping;
        if let Some(rmin) = rmin {
            factor = factor.clamp_min(rmin);
        }
        if let Some(rmax) = rmax {
            factor = factor.clamp_max(rmax);
        }
        if let Some(dmax) = dmax {
            offset = offset.clamp(-dmax, dmax);
        }
        Correction { factor, offset }
    }

    /// Updates the averages; returns the moving standard deviation.
    pub fn remember(&self, mean: Tensor<1>, stddev: Tensor<1>, momentum: f64) -> Tensor<1> {
        self.renorm_mean.set(moved(self.renorm_mean.get(), mean, self.momentum));
        self.renorm_stddev.set(moved(self.renorm_stddev.get(), stddev.clone(), self.momentum));
        let moving = moved(self.moving_stddev.get(), stddev, momentum);
        self.moving_stddev.set(moving.clone());
        moving
    }
}
