//! The arguments that all losses share.

use burn::Tensor;
use horn_nn::{Error, Result, float32};
use serde::{Deserialize, Deserializer, Serialize};

use super::axis::Axis;
use super::reduction::Reduction;

/// The arguments `name` and `reduction`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Common {
    pub name: String,
    #[serde(deserialize_with = "reduction")]
    pub reduction: Reduction,
}

impl Common {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), reduction: Reduction::default() }
    }
}

/// Keras writes the reduction `none` as `null`, or in the form in which it was given.
fn reduction<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Reduction, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(Reduction::None))
}

/// What Keras adds to numbers, or takes as their least value, so that no logarithm or quotient is infinite.
pub(super) const EPSILON: f32 = 1e-7;

/// Clips probabilities at a distance of [`EPSILON`] from 0 and 1, as Keras does. The gradient beyond is zero.
pub(super) fn clip_probabilities(probabilities: Tensor<2>) -> Tensor<2> {
    probabilities.clamp(EPSILON, 1.0 - EPSILON)
}

pub(super) fn check_smoothing(label_smoothing: f64) -> Result<()> {
    let fits = (0.0..=1.0).contains(&label_smoothing);
    check_number("label_smoothing", label_smoothing, fits, "a number from 0 to 1")
}

/// Checks the smoothing of one-hot encoded classes along an axis.
pub(super) fn check_smoothing_of_classes(label_smoothing: f64, axis: Axis) -> Result<()> {
    check_smoothing(label_smoothing)?;
    if label_smoothing > 0.0 { check_last("label_smoothing", axis) } else { Ok(()) }
}

/// Checks that what Keras spreads along the last axis belongs to the classes.
pub(super) fn check_last(argument: &str, axis: Axis) -> Result<()> {
    if axis.is_last() {
        return Ok(());
    }
    Err(Error::argument(format!("Keras takes the last axis for {argument}, and another for the classes"))
        .at("axis")
        .received(i64::from(axis))
        .expected("-1")
        .hint(format!("move the classes to the last axis, or leave {argument} out")))
}

/// Checks that an argument is finite and fits.
pub(super) fn check_number(name: &str, value: f64, fits: bool, expected: &str) -> Result<()> {
    if float32::is_finite(value) && fits {
        return Ok(());
    }
    Err(Error::argument("the argument is out of range")
        .at(name)
        .received(value)
        .expected(float32::expected(value, expected))
        .hint(format!("leave {name} out for Keras's default")))
}

/// The builder methods for the arguments in [`Common`].
macro_rules! common_arguments {
    ($loss:ident) => {
        impl $loss {
            /// How the values of the rows are reduced to one: by their mean by default.
            #[must_use]
            pub fn reduction(mut self, reduction: $crate::losses::reduction::Reduction) -> Self {
                self.common.reduction = reduction;
                self
            }

            /// The name that error messages use.
            #[must_use]
            pub fn name(mut self, name: impl Into<String>) -> Self {
                self.common.name = name.into();
                self
            }
        }

        impl Default for $loss {
            fn default() -> Self {
                Self::new()
            }
        }
    };
}
pub(super) use common_arguments;

/// The builder method for `axis`.
macro_rules! axis_argument {
    ($loss:ident) => {
        impl $loss {
            /// The axis of the features, such as 1 for images with the channels first; -1, the last one, by default.
            #[must_use]
            pub fn axis(mut self, axis: i64) -> Self {
                self.axis = axis.into();
                self
            }
        }
    };
}
pub(crate) use axis_argument;

/// The method of [`Loss`](super::Loss) for it.
macro_rules! axis_method {
    () => {
        fn axis(&self) -> i64 {
            self.axis.into()
        }
    };
}
pub(super) use axis_method;

/// The builder method for `from_logits`, which all crossentropies have.
macro_rules! from_logits_argument {
    ($loss:ident) => {
        impl $loss {
            /// Whether the predictions are logits, not probabilities.
            #[must_use]
            pub fn from_logits(mut self, from_logits: bool) -> Self {
                self.from_logits = from_logits;
                self
            }
        }
    };
}
pub(super) use from_logits_argument;

/// The [`Loss`](super::Loss) method `on_logits`, for a crossentropy that is exact on the logits of activations for
/// which `$is` holds.
macro_rules! exact_on_logits {
    ($is:ident) => {
        fn on_logits(&self, activation: horn_nn::Activation) -> Option<Box<dyn $crate::losses::loss::Loss>> {
            (!self.from_logits && self.axis() == -1 && activation.$is())
                .then(|| Box::new(self.clone().from_logits(true)) as _)
        }
    };
}
pub(super) use exact_on_logits;

/// The methods of [`Loss`](super::Loss) that all of Horn's losses share.
macro_rules! common_methods {
    ($loss:ident) => {
        fn class_name(&self) -> &'static str {
            stringify!($loss)
        }

        fn name(&self) -> &str {
            &self.common.name
        }

        fn reduction(&self) -> $crate::losses::reduction::Reduction {
            self.common.reduction
        }

        fn config(&self) -> serde_json::Value {
            $crate::keras_config::write(self)
        }

        fn keras_module(&self) -> Option<&'static str> {
            Some("keras.losses")
        }
    };
}
pub(super) use common_methods;

/// The method `values` of a [`Loss`](super::Loss) that needs the whole batch: what is left without a reduction.
macro_rules! whole_batch_values {
    () => {
        fn values(&self, y_true: horn_nn::AnyTensor, y_pred: horn_nn::AnyTensor) -> Result<horn_nn::AnyTensor> {
            let unreduced = self.clone().reduction($crate::losses::reduction::Reduction::None);
            unreduced.call(y_true, y_pred, None).map(Into::into)
        }
    };
}
pub(super) use whole_batch_values;
