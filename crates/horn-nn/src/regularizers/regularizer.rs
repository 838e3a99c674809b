//! `Regularizer`: the type that layers take as an argument and that files name.

use crate::error::{Error, Result};
use crate::registry::objects::keras_objects;
use crate::regularizers::norms::{L1, L1L2, L2};
use crate::regularizers::orthogonal::OrthogonalRegularizer;
use crate::tensor::custom_function::CustomFunction;
use burn::tensor::Tensor;
use std::str::FromStr;

keras_objects! {
    /// A penalty for a weight. Serializes as in Keras:
    /// `{"module": "keras.regularizers", "class_name": .., "config": .., "registered_name": null}`.
    ///
    /// ```
    /// use horn::burn::tensor::{Device, Tensor};
    /// use horn::regularizers::{L2, Regularizer};
    ///
    /// let regularizer = Regularizer::from(L2::new(0.5));
    /// let weight = Tensor::<2>::from_floats([[1.0, -2.0], [0.0, 3.0]], &Device::default());
    /// assert_eq!(regularizer.penalty(weight).into_scalar::<f32>(), 7.0);
    ///
    /// assert_eq!("l2".parse::<Regularizer>()?, L2::new(0.01).into());
    /// # Ok::<(), horn::Error>(())
    /// ```
    Regularizer, "regularizer", "keras.regularizers", own CustomFunction;
    /// The sum of the absolute values.
    L1: "l1";
    /// The sum of the squares.
    L2: "l2";
    /// Both sums.
    L1L2: "l1l2";
    /// How far rows or columns are from orthogonal.
    OrthogonalRegularizer: "orthogonal_regularizer";
}

impl Regularizer {
    /// A custom penalty: a function of the weight, whose axes are those of its argument. Files hold the name;
    /// [`register`](Self::register) it before they are read.
    ///
    /// ```
    /// use horn::burn::tensor::Tensor;
    /// use horn::layers::Dense;
    /// use horn::regularizers::Regularizer;
    ///
    /// let largest = Regularizer::custom("Largest", |kernel: Tensor<2>| kernel.abs().max() * 0.01);
    /// let layer = Dense(8).kernel_regularizer(largest);
    /// ```
    pub fn custom<const D: usize>(
        name: &str,
        penalty: impl Fn(Tensor<D>) -> Tensor<1> + Send + Sync + 'static,
    ) -> Self {
        Self::Custom(CustomFunction::new(name, penalty))
    }

    /// Checks the factors, and that the regularizer supports weights of this shape.
    ///
    /// # Errors
    ///
    /// If a factor is negative, infinite or NaN, or weights of this shape are not supported.
    pub fn validate(&self, sizes: &[usize]) -> Result<()> {
        match self {
            Self::L1(inner) => inner.validate(),
            Self::L2(inner) => inner.validate(),
            Self::L1L2(inner) => inner.validate(),
            Self::OrthogonalRegularizer(inner) => inner.validate(sizes),
            Self::Custom(own) => own.validate(sizes),
        }
    }

    /// The penalty for the weight, to be added to the loss. The gradients are those of Keras on JAX, where the derivative
    /// of the absolute value is 1 at 0.
    ///
    /// # Panics
    ///
    /// For `OrthogonalRegularizer`, if the weight is not a matrix; [`validate`](Self::validate) returns an error for it.
    #[track_caller]
    pub fn penalty<const D: usize>(&self, weight: Tensor<D>) -> Tensor<1> {
        match self {
            Self::L1(inner) => inner.penalty(weight),
            Self::L2(inner) => inner.penalty(weight),
            Self::L1L2(inner) => inner.penalty(weight),
            Self::OrthogonalRegularizer(inner) => inner.penalty(weight),
            Self::Custom(own) => own.call(weight),
        }
    }
}

impl FromStr for Regularizer {
    type Err = Error;

    /// Accepts the names of Keras's `regularizers.get`, such as `"l2"` or `"L2"`, with the defaults. `"l1_l2"` is
    /// `L1L2::new(0.01, 0.01)`, as Keras documents it.
    fn from_str(name: &str) -> Result<Self> {
        match name {
            "l1_l2" => Ok(L1L2::new(0.01, 0.01).into()),
            _ => Self::by_name(name),
        }
    }
}
