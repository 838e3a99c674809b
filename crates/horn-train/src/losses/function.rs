//! A loss from a function: Keras's `LossFunctionWrapper`.

use std::fmt;

use burn::Tensor;
use burn::tensor::Int;
use horn_nn::{AnyTensor, Error, Result, by_rank};
use serde_json::{Value, json};

use super::loss::Loss;
use super::reduction::{Reduction, reduce_masked};
use super::rows::{row_mask, row_weights, rows_per_weight};
use super::target::TargetKind;

/// The loss that a function computes from whole tensors: Keras's `LossFunctionWrapper`, which stands for a function that is
/// given as a loss.
///
/// The function takes the targets and the predictions with all their axes, and returns values with the samples first, such
/// as `[batch]` or `[batch, steps]`. These are weighted and reduced like those of any loss. Its arguments say how many axes
/// it expects, and whether the targets are class numbers (`Tensor<1, Int>`); it may return a `Result`.
///
/// ```
/// use horn::burn::Tensor;
/// use horn::layers::{Conv2D, Input};
/// use horn::losses::LossFunctionWrapper;
/// use horn::optimizers::Adam;
/// use horn::{Activation, Compile, Sequential};
///
/// // One value for each image: how little its mask and its prediction overlap.
/// let dice = LossFunctionWrapper::new("dice", |y_true: Tensor<4>, y_pred: Tensor<4>| -> Tensor<1> {
///     let of_image = |x: Tensor<4>| x.sum_dims(&[1, 2, 3]).reshape([-1]);
///     let both = of_image(y_true.clone() * y_pred.clone());
///     let all = of_image(y_true) + of_image(y_pred);
///     (both * 2.0 + 1.0) / (all + 1.0) * -1.0 + 1.0
/// });
/// let model = Sequential::new()
///     .add(Input([16, 16, 1]))
///     .add(Conv2D(1, 3).padding(horn::layers::Padding::Same).activation(Activation::Sigmoid))
///     .compile(Adam::new(1e-3), dice, ())?;
/// # Ok::<(), horn::Error>(())
/// ```
pub struct LossFunctionWrapper {
    name: String,
    reduction: Reduction,
    function: Box<Function>,
}

pub(crate) type Function = dyn Fn(AnyTensor, AnyTensor) -> Result<AnyTensor> + Send + Sync;

/// What a function of targets and predictions takes: a tensor of floats or integers with a number of axes, or of any.
pub trait FunctionArgument: Sized {
    /// The tensor with its number of axes.
    ///
    /// # Errors
    ///
    /// The tensor has another number of axes.
    fn from_any(tensor: AnyTensor) -> Result<Self>;
}

impl<const D: usize> FunctionArgument for Tensor<D> {
    fn from_any(tensor: AnyTensor) -> Result<Self> {
        tensor.floats()?.float()
    }
}

impl<const D: usize> FunctionArgument for Tensor<D, Int> {
    fn from_any(tensor: AnyTensor) -> Result<Self> {
        tensor.integers()?.int()
    }
}

impl FunctionArgument for AnyTensor {
    fn from_any(tensor: AnyTensor) -> Result<Self> {
        Ok(tensor)
    }
}

/// What a function of targets and predictions returns: values with the samples first, or a `Result` of them.
pub trait FunctionValues {
    /// The values.
    ///
    /// # Errors
    ///
    /// The error of the function.
    fn into_values(self) -> Result<AnyTensor>;
}

impl<const D: usize> FunctionValues for Tensor<D> {
    fn into_values(self) -> Result<AnyTensor> {
        Ok(self.into())
    }
}

impl<T: Into<AnyTensor>> FunctionValues for Result<T> {
    fn into_values(self) -> Result<AnyTensor> {
        self.map(Into::into)
    }
}

/// The function on tensors of any rank.
pub(crate) fn on_any<Y, P, V>(function: impl Fn(Y, P) -> V + Send + Sync + 'static) -> Box<Function>
where
    Y: FunctionArgument,
    P: FunctionArgument,
    V: FunctionValues,
{
    Box::new(move |y_true, y_pred| {
        let (y_true, y_pred) = same_rank(y_true, y_pred)?;
        let y_true = Y::from_any(y_true).map_err(|error| error.within("y_true"))?;
        let y_pred = P::from_any(y_pred).map_err(|error| error.within("y_pred"))?;
        function(y_true, y_pred).into_values()
    })
}

/// Adds or removes a last axis of size 1, if that gives both the same number of axes.
fn same_rank(y_true: AnyTensor, y_pred: AnyTensor) -> Result<(AnyTensor, AnyTensor)> {
    let (of_true, of_pred) = (y_true.sizes(), y_pred.sizes());
    let with_axis = |sizes: &[usize]| [sizes, &[1]].concat();
    match (of_true.as_slice(), of_pred.as_slice()) {
        ([labels @ .., 1], pred) if labels.len() == pred.len() => match pred {
            [_] => Ok((y_true, y_pred.reshape(&with_axis(pred))?)),
            _ => Ok((y_true.reshape(labels)?, y_pred)),
        },
        (labels, [pred @ .., 1]) if labels.len() == pred.len() => match labels {
            [_] => Ok((y_true.reshape(&with_axis(labels))?, y_pred)),
            _ => Ok((y_true, y_pred.reshape(pred)?)),
        },
        _ => Ok((y_true, y_pred)),
    }
}

impl LossFunctionWrapper {
    /// The loss of this name that the function computes.
    pub fn new<Y, P, V>(name: impl Into<String>, function: impl Fn(Y, P) -> V + Send + Sync + 'static) -> Self
    where
        Y: FunctionArgument,
        P: FunctionArgument,
        V: FunctionValues,
    {
        Self { name: name.into(), reduction: Reduction::default(), function: on_any(function) }
    }

    /// How the values are reduced to one: by their mean by default.
    #[must_use]
    pub fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }
}

impl fmt::Debug for LossFunctionWrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LossFunctionWrapper")
            .field("name", &self.name)
            .field("reduction", &self.reduction)
            .finish_non_exhaustive()
    }
}

impl Loss for LossFunctionWrapper {
    fn class_name(&self) -> &'static str {
        "LossFunctionWrapper"
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn targets(&self) -> TargetKind {
        TargetKind::Any
    }

    fn config(&self) -> Value {
        json!({"name": self.name, "reduction": self.reduction})
    }

    fn serialize(&self) -> Value {
        serialize_function(&self.name)
    }

    fn values(&self, y_true: AnyTensor, y_pred: AnyTensor) -> Result<AnyTensor> {
        (self.function)(y_true, y_pred).map_err(|error| error.within(&self.name))
    }

    fn call_masked(
        &self,
        y_true: AnyTensor,
        y_pred: AnyTensor,
        mask: Option<AnyTensor>,
        sample_weight: Option<AnyTensor>,
    ) -> Result<Tensor<1>> {
        let values = self.values(y_true, y_pred)?;
        let leading = values.sizes();
        let values: Tensor<1> = by_rank!(values, |values| values.reshape([-1]))?;
        let rows_per_weight = rows_per_weight(sample_weight.as_ref(), &leading);
        let weight = match sample_weight {
            // One value for the whole batch is weighted by each weight.
            Some(weight) if leading == [1] => Some(by_rank!(weight, |weight| weight.reshape([-1]))?),
            Some(weight) => Some(row_weights(weight, &leading)?),
            None => None,
        };
        let mask = row_mask(mask, values.dims()[0])?;
        let values = match &weight {
            Some(weight) if values.dims() == [1] => values.expand(weight.dims()),
            _ => values,
        };
        reduce_masked(values, mask, weight, rows_per_weight, self.reduction)
    }
}

/// A function as Keras writes it: by its name alone.
pub(crate) fn serialize_function(name: &str) -> Value {
    json!({"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"})
}

/// The error for values that do not have the samples first.
pub(crate) fn check_values(values: &AnyTensor, samples: usize) -> Result<()> {
    let sizes = values.sizes();
    if sizes.first() == Some(&samples) || sizes == [1] {
        return Ok(());
    }
    Err(Error::shape("the function does not return a value for each sample")
        .received(horn_nn::sizes(&sizes))
        .expected(format!("{samples} samples first, or one value for the batch"))
        .hint("sum or average over the other axes, and keep the first"))
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::losses::MeanSquaredError;

    fn squared() -> LossFunctionWrapper {
        LossFunctionWrapper::new("squared", |y_true: Tensor<3>, y_pred: Tensor<3>| {
            (y_true - y_pred).square().mean_dim(2).squeeze_dim::<2>(2)
        })
    }

    fn tensors() -> (AnyTensor, AnyTensor) {
        let device = Device::default();
        let y_true = Tensor::<3>::from_data([[[0.0, 1.0], [2.0, 0.0]], [[1.0, 1.0], [0.0, 3.0]]], &device);
        (y_true.into(), Tensor::<3>::ones([2, 2, 2], &device).into())
    }

    #[test]
    fn it_is_weighted_masked_and_reduced_as_any_loss() {
        let (y_true, y_pred) = tensors();
        let device = Device::default();
        let weights: [Option<AnyTensor>; 3] = [
            None,
            Some(Tensor::<1>::from_data([1.0, 3.0], &device).into()),
            Some(Tensor::<2>::from_data([[1.0, 0.0], [2.0, 5.0]], &device).into()),
        ];
        let mask: AnyTensor = Tensor::<2>::from_data([[1.0, 1.0], [1.0, 0.0]], &device).greater_elem(0.5).into();
        for reduction in [Reduction::SumOverBatchSize, Reduction::Sum, Reduction::None, Reduction::MeanWithSampleWeight]
        {
            for weight in &weights {
                for mask in [None, Some(mask.clone())] {
                    let by = |loss: &dyn Loss| {
                        let loss = loss.call_masked(y_true.clone(), y_pred.clone(), mask.clone(), weight.clone());
                        loss.unwrap().into_data().iter::<f32>().collect::<Vec<_>>()
                    };
                    let expected = by(&MeanSquaredError::new().reduction(reduction));
                    assert_eq!(by(&squared().reduction(reduction)), expected, "{reduction:?} {weight:?} {mask:?}");
                }
            }
        }
    }

    #[test]
    fn a_column_is_a_vector_and_class_numbers_are_integers() {
        let device = Device::default();
        let columns = LossFunctionWrapper::new("error", |y_true: Tensor<2>, y_pred: Tensor<2>| y_true - y_pred);
        let (y_true, y_pred) = (Tensor::<1>::ones([3], &device), Tensor::<2>::zeros([3, 1], &device));
        assert_eq!(columns.call(y_true.into(), y_pred.into(), None).unwrap().into_scalar::<f32>(), 1.0);

        let classes = LossFunctionWrapper::new("picked", |y_true: Tensor<1, Int>, y_pred: Tensor<2>| {
            y_pred.gather(1, y_true.unsqueeze_dim::<2>(1)).squeeze_dim::<1>(1)
        });
        let (y_true, y_pred) = (Tensor::<1>::from_data([1.0], &device), Tensor::<2>::from_data([[3.0, 7.0]], &device));
        assert_eq!(classes.call(y_true.into(), y_pred.into(), None).unwrap().into_scalar::<f32>(), 7.0);
    }

    #[test]
    fn another_number_of_axes_is_an_error() {
        let device = Device::default();
        let (y_true, y_pred) = (Tensor::<2>::ones([3, 2], &device), Tensor::<2>::zeros([3, 2], &device));
        let error = squared().call(y_true.into(), y_pred.into(), None).unwrap_err();
        assert_eq!(error.location(), Some("squared: y_true"), "{error}");
    }
}
