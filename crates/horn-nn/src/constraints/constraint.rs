//! `Constraint`: the type that layers take as an argument and that files name.

use crate::constraints::non_neg::NonNeg;
use crate::constraints::norms::{MaxNorm, MinMaxNorm, UnitNorm};
use crate::error::{Error, Result};
use crate::registry::objects::keras_objects;
use crate::tensor::custom_function::CustomFunction;
use burn::tensor::Tensor;
use std::str::FromStr;

keras_objects! {
    /// A limit for a weight, which is applied after every step of the optimizer. Serializes as in Keras:
    /// `{"module": "keras.constraints", "class_name": .., "config": .., "registered_name": null}`.
    ///
    /// ```
    /// use horn::burn::tensor::{Device, Tensor};
    /// use horn::constraints::{Constraint, MaxNorm, NonNeg};
    ///
    /// let constraint: Constraint = "non_neg".parse()?;
    /// assert_eq!(constraint, NonNeg::new().into());
    /// let weight = Tensor::<1>::from_floats([1.5, -2.0], &Device::default());
    /// assert_eq!(constraint.apply(weight).into_data().try_to_vec::<f32>().unwrap(), [1.5, 0.0]);
    ///
    /// // For each filter of a kernel of the shape [height, width, channels, filters]:
    /// let constraint = Constraint::from(MaxNorm::new(3.0).axis([0, 1, 2]));
    /// constraint.validate(&[3, 3, 16, 32])?;
    /// # Ok::<(), horn::Error>(())
    /// ```
    Constraint, "constraint", "keras.constraints", own CustomFunction;
    /// Norms have an upper bound.
    MaxNorm: "max_norm";
    /// Values are not negative.
    NonNeg: "non_neg";
    /// Every norm is 1.
    UnitNorm: "unit_norm";
    /// Every norm is between two bounds.
    MinMaxNorm: "min_max_norm";
}

impl Constraint {
    /// A custom limit: a function of the weight, whose axes are those of its argument. Files hold the name;
    /// [`register`](Self::register) it before they are read.
    ///
    /// ```
    /// use horn::burn::tensor::Tensor;
    /// use horn::constraints::Constraint;
    /// use horn::layers::Dense;
    ///
    /// let halves = Constraint::custom("Halves", |kernel: Tensor<2>| kernel.clamp(-0.5, 0.5));
    /// let layer = Dense(8).kernel_constraint(halves);
    /// ```
    pub fn custom<const D: usize>(name: &str, limit: impl Fn(Tensor<D>) -> Tensor<D> + Send + Sync + 'static) -> Self {
        Self::Custom(CustomFunction::new(name, limit))
    }

    /// Checks the arguments, and that the constraint supports weights of this shape.
    ///
    /// # Errors
    ///
    /// If a bound is negative, infinite or NaN, the lower bound is above the upper one, the rate is not from 0 to 1, or
    /// the weight does not have the axes.
    pub fn validate(&self, sizes: &[usize]) -> Result<()> {
        match self {
            Self::MaxNorm(inner) => inner.validate(sizes),
            Self::NonNeg(_) => Ok(()),
            Self::UnitNorm(inner) => inner.validate(sizes),
            Self::MinMaxNorm(inner) => inner.validate(sizes),
            Self::Custom(own) => own.validate(sizes),
        }
    }

    /// The weight with the constraint applied.
    ///
    /// # Panics
    ///
    /// If the weight does not have the axes; [`validate`](Self::validate) returns an error for it.
    pub fn apply<const D: usize>(&self, weight: Tensor<D>) -> Tensor<D> {
        match self {
            Self::MaxNorm(inner) => inner.apply(weight),
            Self::NonNeg(inner) => inner.apply(weight),
            Self::UnitNorm(inner) => inner.apply(weight),
            Self::MinMaxNorm(inner) => inner.apply(weight),
            Self::Custom(own) => own.call(weight),
        }
    }
}

impl FromStr for Constraint {
    type Err = Error;

    /// Accepts the names of Keras's `constraints.get`, such as `"max_norm"` or `"MaxNorm"`, with the defaults.
    fn from_str(name: &str) -> Result<Self> {
        Self::by_name(name)
    }
}
