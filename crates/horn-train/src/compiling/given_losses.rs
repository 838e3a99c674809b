//! The losses that `compile` takes.

use std::sync::Arc;

use crate::compiling::given::Given;
use crate::losses::Loss;

/// The losses of a model's outputs, and their weights.
#[derive(Debug, Clone, Default)]
pub struct Losses {
    /// One for each output, or one for all. An output may have none.
    pub(crate) losses: Given<Option<Arc<dyn Loss>>>,
    pub(crate) weights: Option<Given<f64>>,
}

/// What `compile` takes as loss: one loss, or an array, a tuple or a `Vec` with a loss for each output of the model, in
/// their order or by their names. `()` is not a loss: for one output among others, or for the whole model, which then learns
/// by the losses that its layers add.
///
/// ```
/// use horn::IntoLosses;
/// use horn::losses::{MeanSquaredError, SparseCategoricalCrossentropy};
///
/// let losses = (MeanSquaredError::new(), SparseCategoricalCrossentropy::new()).loss_weights([1.0, 0.2]);
/// let losses = (("kind", SparseCategoricalCrossentropy::new()), ("size", MeanSquaredError::new()));
/// let losses = losses.loss_weights([("size", 0.5)]);
/// // The second output has no loss, and needs no targets.
/// let losses = (MeanSquaredError::new(), ()).into_losses();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a loss",
    label = "expected a loss such as `MeanSquaredError::new()`, or a tuple with one for each output",
    note = "a metric only measures; what is trained with is a loss"
)]
pub trait IntoLosses: Sized {
    /// The losses as a list.
    fn into_losses(self) -> Losses;

    /// Weights the losses of the outputs in their sum: Keras's `loss_weights`. An output that is not named has the weight
    /// 1.
    fn loss_weights(self, weights: impl IntoLossWeights) -> Losses {
        Losses { weights: Some(Given(weights.into_loss_weights())), ..self.into_losses() }
    }
}

/// The loss of one output: a loss, `()` for none, or a pair of the output's name and its loss.
pub trait IntoLoss {
    /// The name of the output, if it is given, and its loss.
    fn into_loss(self) -> (Option<String>, Option<Arc<dyn Loss>>);
}

impl<L: Loss + 'static> IntoLoss for L {
    fn into_loss(self) -> (Option<String>, Option<Arc<dyn Loss>>) {
        (None, Some(Arc::new(self)))
    }
}

impl IntoLoss for Arc<dyn Loss> {
    fn into_loss(self) -> (Option<String>, Option<Arc<dyn Loss>>) {
        (None, Some(self))
    }
}

impl IntoLoss for () {
    fn into_loss(self) -> (Option<String>, Option<Arc<dyn Loss>>) {
        (None, None)
    }
}

impl<L: IntoLoss> IntoLoss for Option<L> {
    fn into_loss(self) -> (Option<String>, Option<Arc<dyn Loss>>) {
        self.map_or((None, None), IntoLoss::into_loss)
    }
}

impl<L: IntoLoss> IntoLoss for (&str, L) {
    fn into_loss(self) -> (Option<String>, Option<Arc<dyn Loss>>) {
        (Some(self.0.to_owned()), self.1.into_loss().1)
    }
}

impl IntoLosses for Losses {
    fn into_losses(self) -> Losses {
        self
    }
}

impl IntoLosses for () {
    fn into_losses(self) -> Losses {
        Losses::default()
    }
}

impl<L: Loss + 'static> IntoLosses for L {
    fn into_losses(self) -> Losses {
        list([self.into_loss()])
    }
}

impl<L: IntoLoss> IntoLosses for Vec<L> {
    fn into_losses(self) -> Losses {
        list(self.into_iter().map(L::into_loss))
    }
}

impl<L: IntoLoss, const N: usize> IntoLosses for [L; N] {
    fn into_losses(self) -> Losses {
        list(self.into_iter().map(L::into_loss))
    }
}

fn list(losses: impl IntoIterator<Item = (Option<String>, Option<Arc<dyn Loss>>)>) -> Losses {
    Losses { losses: Given(losses.into_iter().collect()), weights: None }
}

macro_rules! tuples {
    ($(($($part:ident),+))*) => {$(
        impl<$($part: IntoLoss),+> IntoLosses for ($($part,)+) {
            #[allow(non_snake_case)]
            fn into_losses(self) -> Losses {
                let ($($part,)+) = self;
                list([$($part.into_loss()),+])
            }
        }
    )*};
}

tuples!((A)(A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E)(A, B, C, D, E, F));

/// What [`IntoLosses::loss_weights`] takes: numbers in the order of the outputs, or pairs of a name and a number.
pub trait IntoLossWeights {
    /// The weights, with the names of their outputs if they were given.
    fn into_loss_weights(self) -> Vec<(Option<String>, f64)>;
}

impl<const N: usize> IntoLossWeights for [f64; N] {
    fn into_loss_weights(self) -> Vec<(Option<String>, f64)> {
        self.to_vec().into_loss_weights()
    }
}

impl IntoLossWeights for Vec<f64> {
    fn into_loss_weights(self) -> Vec<(Option<String>, f64)> {
        self.into_iter().map(|weight| (None, weight)).collect()
    }
}

impl<const N: usize> IntoLossWeights for [(&str, f64); N] {
    fn into_loss_weights(self) -> Vec<(Option<String>, f64)> {
        self.into_iter().map(|(name, weight)| (Some(name.to_owned()), weight)).collect()
    }
}

impl IntoLossWeights for Vec<(String, f64)> {
    fn into_loss_weights(self) -> Vec<(Option<String>, f64)> {
        self.into_iter().map(|(name, weight)| (Some(name), weight)).collect()
    }
}
