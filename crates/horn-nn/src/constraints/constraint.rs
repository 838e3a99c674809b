//! Any constraint: the choice that layers take and files name.

use crate::constraints::non_neg::NonNeg;
use crate::constraints::norms::{MaxNorm, MinMaxNorm, UnitNorm};
use crate::error::{Error, Result};
use crate::registry::objects::keras_objects;
use burn::tensor::Tensor;
use std::str::FromStr;

keras_objects! {
    /// What a weight has to be after every step. Serializes as Keras writes it:
    /// `{"module": "keras.constraints", "class_name": .., "config": .., "registered_name": null}`.
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use horn_nn::constraints::{Constraint, MaxNorm, NonNeg};
    ///
    /// let constraint: Constraint = "non_neg".parse()?;
    /// assert_eq!(constraint, NonNeg::new().into());
    /// let weight = Tensor::<1>::from_floats([1.5, -2.0], &Device::default());
    /// assert_eq!(constraint.apply(weight).into_data().try_to_vec::<f32>().unwrap(), [1.5, 0.0]);
    ///
    /// // For each filter of a kernel of the shape [height, width, channels, filters]:
    /// let constraint = Constraint::from(MaxNorm::new(3.0).axis([0, 1, 2]));
    /// constraint.validate(&[3, 3, 16, 32])?;
    /// # Ok::<(), horn_nn::Error>(())
    /// ```
    Constraint, "constraint", "keras.constraints";
    /// No norm is above a bound.
    MaxNorm: "max_norm";
    /// No value is below 0.
    NonNeg: "non_neg";
    /// Every norm is 1.
    UnitNorm: "unit_norm";
    /// Every norm is between two bounds.
    MinMaxNorm: "min_max_norm";
}

impl Constraint {
    /// Can it be used for a weight of these sizes?
    ///
    /// # Errors
    ///
    /// If a bound is negative, infinite or NaN, the bounds are the wrong way round, the rate is not within 0 and 1, or
    /// the weight has not the axes.
    pub fn validate(&self, sizes: &[usize]) -> Result<()> {
        match self {
            Self::MaxNorm(inner) => inner.validate(sizes),
            Self::NonNeg(_) => Ok(()),
            Self::UnitNorm(inner) => inner.validate(sizes),
            Self::MinMaxNorm(inner) => inner.validate(sizes),
        }
    }

    /// The weight, put back to where it may be.
    ///
    /// # Panics
    ///
    /// If the weight has not the axes; [`validate`](Self::validate) refuses it first.
    pub fn apply<const D: usize>(&self, weight: Tensor<D>) -> Tensor<D> {
        match self {
            Self::MaxNorm(inner) => inner.apply(weight),
            Self::NonNeg(inner) => inner.apply(weight),
            Self::UnitNorm(inner) => inner.apply(weight),
            Self::MinMaxNorm(inner) => inner.apply(weight),
        }
    }
}

impl FromStr for Constraint {
    type Err = Error;

    /// Knows every name that Keras's `constraints.get` knows: `"max_norm"`, `"MaxNorm"`, each with its defaults.
    fn from_str(name: &str) -> Result<Self> {
        Self::by_name(name)
    }
}
