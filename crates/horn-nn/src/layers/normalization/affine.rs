//! The scale γ and the offset β after a normalization.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::constraints::constraint::Constraint;
use crate::error::Result;
use crate::initializers::constant::{Ones, Zeros};
use crate::initializers::initializer::Initializer;
use crate::layer::builder::LayerBuilder;
use crate::layer::weight::WeightSpec;
use crate::regularizers::regularizer::Regularizer;

/// The arguments for γ and β.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Affine {
    pub center: bool,
    pub scale: bool,
    pub beta_initializer: Initializer,
    pub gamma_initializer: Initializer,
    pub beta_regularizer: Option<Regularizer>,
    pub gamma_regularizer: Option<Regularizer>,
    pub beta_constraint: Option<Constraint>,
    pub gamma_constraint: Option<Constraint>,
}

impl Default for Affine {
    fn default() -> Self {
        Self {
            center: true,
            scale: true,
            beta_initializer: Zeros::new().into(),
            gamma_initializer: Ones::new().into(),
            beta_regularizer: None,
            gamma_regularizer: None,
            beta_constraint: None,
            gamma_constraint: None,
        }
    }
}

impl Affine {
    /// Creates the weights according to the arguments.
    pub fn build<const A: usize>(&self, sizes: [usize; A], build: &mut LayerBuilder) -> Result<AffineModule<A>> {
        let gamma = WeightSpec {
            initializer: &self.gamma_initializer,
            regularizer: self.gamma_regularizer.as_ref(),
            constraint: self.gamma_constraint.as_ref(),
        };
        let beta = WeightSpec {
            initializer: &self.beta_initializer,
            regularizer: self.beta_regularizer.as_ref(),
            constraint: self.beta_constraint.as_ref(),
        };
        Ok(AffineModule {
            gamma: self.scale.then(|| build.add_weight("gamma", sizes, gamma)).transpose()?,
            beta: self.center.then(|| build.add_weight("beta", sizes, beta)).transpose()?,
        })
    }
}

/// The scale and the offset, if the layer has them.
#[derive(Module, Debug)]
pub(crate) struct AffineModule<const A: usize> {
    gamma: Option<Param<Tensor<A>>>,
    beta: Option<Param<Tensor<A>>>,
}

impl<const A: usize> AffineModule<A> {
    pub fn gamma(&self) -> Option<Tensor<A>> {
        self.gamma.as_ref().map(Param::val)
    }

    pub fn beta(&self) -> Option<Tensor<A>> {
        self.beta.as_ref().map(Param::val)
    }
}

/// Defines methods for the arguments of γ and β.
macro_rules! affine_arguments {
    ($layer:ident) => {
        impl $layer {
            /// Sets whether an offset β is added; `true` by default.
            #[must_use]
            pub fn center(mut self, center: bool) -> Self {
                self.affine.center = center;
                self
            }

            /// Sets whether the result is multiplied by a scale γ; `true` by default.
            #[must_use]
            pub fn scale(mut self, scale: bool) -> Self {
                self.affine.scale = scale;
                self
            }

            /// Sets the initializer of the offset β; `Zeros` by default.
            #[must_use]
            pub fn beta_initializer(mut self, initializer: impl Into<$crate::initializers::Initializer>) -> Self {
                self.affine.beta_initializer = initializer.into();
                self
            }

            /// Sets the initializer of the scale γ; `Ones` by default.
            #[must_use]
            pub fn gamma_initializer(mut self, initializer: impl Into<$crate::initializers::Initializer>) -> Self {
                self.affine.gamma_initializer = initializer.into();
                self
            }

            /// Sets the regularizer of the offset β; none by default.
            #[must_use]
            pub fn beta_regularizer(mut self, regularizer: impl Into<$crate::regularizers::Regularizer>) -> Self {
                self.affine.beta_regularizer = Some(regularizer.into());
                self
            }

            /// Sets the regularizer of the scale γ; none by default.
            #[must_use]
            pub fn gamma_regularizer(mut self, regularizer: impl Into<$crate::regularizers::Regularizer>) -> Self {
                self.affine.gamma_regularizer = Some(regularizer.into());
                self
            }

            /// Sets the constraint of the offset β; none by default.
            #[must_use]
            pub fn beta_constraint(mut self, constraint: impl Into<$crate::constraints::Constraint>) -> Self {
                self.affine.beta_constraint = Some(constraint.into());
                self
            }

            /// Sets the constraint of the scale γ; none by default.
            #[must_use]
            pub fn gamma_constraint(mut self, constraint: impl Into<$crate::constraints::Constraint>) -> Self {
                self.affine.gamma_constraint = Some(constraint.into());
                self
            }
        }
    };
}
pub(super) use affine_arguments;
