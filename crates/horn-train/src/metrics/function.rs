//! A metric from a function: Keras's `MeanMetricWrapper`.

use std::fmt;
use std::sync::Arc;

use burn::Tensor;
use horn_nn::{AnyTensor, Result, by_rank};
use serde_json::Value;

use super::accumulator::Accumulator;
use super::mean::{Mean, accumulates_mean};
use super::metric::Metric;
use crate::losses::{
    Function, FunctionArgument, FunctionValues, check_values, masked_weight, on_any, row_weights, serialize_function,
};

/// The mean of what a function computes from whole tensors: Keras's `MeanMetricWrapper`, which stands for a function that is
/// given as a metric.
///
/// The function takes the targets and the predictions with all their axes, and returns values with the samples first, or one
/// value for the batch. Its arguments say how many axes it expects; it may return a `Result`.
///
/// ```
/// use horn::burn::Tensor;
/// use horn::metrics::{Metric, MeanMetricWrapper};
///
/// // How often the whole sentence is right.
/// let right = MeanMetricWrapper::new("whole_sentences", |y_true: Tensor<3>, y_pred: Tensor<3>| -> Tensor<1> {
///     let wrong = y_true.argmax(2).not_equal(y_pred.argmax(2)).float();
///     wrong.max_dim(1).reshape([-1]) * -1.0 + 1.0
/// });
/// assert_eq!(right.name(), "whole_sentences");
/// ```
pub struct MeanMetricWrapper {
    name: String,
    function: Arc<Function>,
}

impl MeanMetricWrapper {
    /// The metric of this name: the mean of what the function computes.
    pub fn new<Y, P, V>(name: impl Into<String>, function: impl Fn(Y, P) -> V + Send + Sync + 'static) -> Self
    where
        Y: FunctionArgument,
        P: FunctionArgument,
        V: FunctionValues,
    {
        Self { name: name.into(), function: on_any(function).into() }
    }
}

impl fmt::Debug for MeanMetricWrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeanMetricWrapper").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Metric for MeanMetricWrapper {
    fn class_name(&self) -> &'static str {
        "MeanMetricWrapper"
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        Box::new(MeanOfFunction { name: self.name.clone(), function: self.function.clone(), mean: Mean::default() })
    }

    fn serialize(&self) -> Value {
        serialize_function(&self.name)
    }
}

struct MeanOfFunction {
    name: String,
    function: Arc<Function>,
    mean: Mean,
}

impl fmt::Debug for MeanOfFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeanOfFunction").field("mean", &self.mean).finish_non_exhaustive()
    }
}

impl Accumulator for MeanOfFunction {
    accumulates_mean!();

    fn update_masked(
        &mut self,
        y_true: AnyTensor,
        y_pred: AnyTensor,
        mask: Option<AnyTensor>,
        sample_weight: Option<AnyTensor>,
    ) -> Result<()> {
        let samples = y_pred.sizes()[0];
        let values = (self.function)(y_true, y_pred).map_err(|error| error.within(&self.name))?;
        check_values(&values, samples).map_err(|error| error.within(&self.name))?;
        let leading = values.sizes();
        let values: Tensor<1> = by_rank!(values, |values| values.reshape([-1]))?;
        let weight = match sample_weight.filter(|_| leading != [1] || samples == 1) {
            Some(weight) => Some(row_weights(weight, &leading)?),
            None => None,
        };
        match masked_weight(mask, weight, values.dims()[0])? {
            Some(weight) => self.mean.update_weighted(values, weight),
            // Each sample counts once, whatever the number of its values.
            None => self.mean.update_batch(values.mean(), leading[0]),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::metrics::MeanAbsoluteError;

    fn absolute() -> MeanMetricWrapper {
        MeanMetricWrapper::new("absolute", |y_true: Tensor<3>, y_pred: Tensor<3>| {
            (y_true - y_pred).abs().mean_dim(2).squeeze_dim::<2>(2)
        })
    }

    #[test]
    fn it_is_the_weighted_mean_over_batches_of_different_sizes() {
        let device = Device::default();
        let batches = [2_usize, 1].map(|samples| {
            let y_pred = Tensor::<1, burn::tensor::Int>::arange(0..(samples * 6) as i64, &device).float();
            (Tensor::<3>::ones([samples, 3, 2], &device), y_pred.reshape([samples, 3, 2]))
        });
        for weighted in [false, true] {
            let result = |metric: &dyn Metric| {
                let mut state = metric.accumulator();
                for (y_true, y_pred) in &batches {
                    let weight = Tensor::<1>::from_data([0.5, 2.0], &device).narrow(0, 0, y_true.dims()[0]);
                    let weight = weighted.then(|| weight.into());
                    state.update_state(y_true.clone().into(), y_pred.clone().into(), weight).unwrap();
                }
                state.result()
            };
            assert!((result(&absolute()) - result(&MeanAbsoluteError::new())).abs() < 1e-6, "{weighted}");
        }
    }

    #[test]
    fn a_value_for_the_batch_counts_once() {
        let largest = MeanMetricWrapper::new("largest", |_: Tensor<2>, y_pred: Tensor<2>| y_pred.max());
        let mut state = largest.accumulator();
        let device = Device::default();
        for values in [[1.0, 2.0], [5.0, 4.0]] {
            let y_pred = Tensor::<1>::from_data(values, &device).reshape([2, 1]);
            state.update_state(y_pred.clone().into(), y_pred.into(), None).unwrap();
        }
        assert_eq!(state.result(), 3.5);
        let wrong = MeanMetricWrapper::new("wrong", |_: Tensor<2>, y_pred: Tensor<2>| y_pred.repeat_dim(0, 2));
        let y_pred = Tensor::<2>::ones([2, 1], &device);
        let error = wrong.accumulator().update_state(y_pred.clone().into(), y_pred.into(), None).unwrap_err();
        assert_eq!(error.location(), Some("wrong"), "{error}");
    }
}
