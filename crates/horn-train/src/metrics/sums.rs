//! Metrics whose state is a few sums over all batches.

use std::fmt;

use burn::Tensor;
use burn::tensor::{Device, Shape, TensorData};
use horn_nn::{AnyTensor, Error, Result, by_rank, memory, sizes};

use super::accumulator::{Accumulator, same_state};
use crate::losses::{Rows, Target};

/// Sums over all batches, and the function that makes the results of them.
///
/// The first function takes a batch and returns what to add to the sums, `[count]`. The second takes the sums on the host
/// and returns one result or several.
/// As with Keras's metrics of this kind, masked timesteps count.
pub(crate) struct Sums<B, R> {
    of_batch: B,
    result: R,
    sums: Option<Tensor<1>>,
}

impl<B, R> Sums<B, R>
where
    B: Fn(Batch) -> Result<Tensor<1>> + Send + 'static,
    R: Fn(&[f32]) -> Vec<f64> + Send + 'static,
{
    /// The state before any batches, boxed as [`Metric::accumulator`](super::Metric::accumulator) returns it.
    pub fn boxed(of_batch: B, result: R) -> Box<dyn Accumulator> {
        Box::new(Self { of_batch, result, sums: None })
    }

    fn add(&mut self, sums: Tensor<1>) {
        self.sums = Some(match self.sums.take() {
            Some(old) => old + sums,
            None => sums,
        });
    }
}

impl<B, R> fmt::Debug for Sums<B, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sums").field("sums", &self.sums).finish_non_exhaustive()
    }
}

impl<B, R> Accumulator for Sums<B, R>
where
    B: Fn(Batch) -> Result<Tensor<1>> + Send + 'static,
    R: Fn(&[f32]) -> Vec<f64> + Send + 'static,
{
    fn update_state(&mut self, y_true: AnyTensor, y_pred: AnyTensor, sample_weight: Option<AnyTensor>) -> Result<()> {
        let sums = (self.of_batch)(Batch::new(y_true, y_pred, sample_weight)?)?;
        self.add(sums);
        Ok(())
    }

    fn merge_state(&mut self, other: &dyn Accumulator) -> Result<()> {
        same_state::<Self>(other)?.sums.clone().into_iter().for_each(|sums| self.add(sums));
        Ok(())
    }

    /// The mean, if there are several.
    fn result(&self) -> f64 {
        let results = self.results();
        results.iter().sum::<f64>() / results.len() as f64
    }

    fn results(&self) -> Vec<f64> {
        self.sums.clone().map_or_else(
            || vec![0.0],
            |sums| {
                let sums: Vec<f32> = sums.into_data().iter::<f32>().collect();
                (self.result)(&sums)
            },
        )
    }

    fn reset_state(&mut self) {
        self.sums = None;
    }

    fn state(&self) -> Vec<f64> {
        self.sums.clone().map_or_else(Vec::new, |sums| sums.into_data().iter::<f64>().collect())
    }

    fn set_state(&mut self, state: &[f64], device: &Device) {
        let sums: Vec<f32> = state.iter().map(|&sum| sum as f32).collect();
        let count = sums.len();
        self.sums = (count > 0).then(|| Tensor::from_data(TensorData::new(sums, [count]), device));
    }
}

/// How many copies of its sums a metric holds, in float32: those of a batch, those of all batches, and what becomes of them
/// on the host.
const COPIES: u64 = 8;

/// Checks that there is memory for so many sums of a metric, which an argument asks for.
///
/// # Errors
///
/// If they take more than [`horn_nn::memory::limit`].
pub(super) fn check_count(metric: &str, argument: &str, received: usize, sums: u64) -> Result<()> {
    let what = format!("the metric {metric:?} with {argument} = {received}");
    memory::check(sums.saturating_mul(4 * COPIES), &what).map_err(|error| error.at(argument))
}

/// A batch with all axes but the last flattened to rows.
pub(super) struct Batch {
    pub y_true: Target,
    pub y_pred: Tensor<2>,
    /// A weight for each row, `[rows, 1]`, or for each value, `[rows, features]`.
    pub weights: Tensor<2>,
    /// Whether the predictions have one axis, and so are a column here.
    pub is_flat: bool,
}

impl Batch {
    /// Flattens targets, predictions and their weights, which are 1 if none are given. Predictions with one axis are a
    /// column.
    fn new(y_true: AnyTensor, y_pred: AnyTensor, sample_weight: Option<AnyTensor>) -> Result<Self> {
        let count = y_pred.sizes().iter().product::<usize>();
        let is_flat = y_pred.sizes().len() == 1 && y_true.sizes() == [count];
        let as_column = |values: AnyTensor| match is_flat && values.sizes().iter().product::<usize>() == count {
            true => values.reshape(&[count, 1]),
            false => Ok(values),
        };
        let (y_true, y_pred) = (as_column(y_true)?, as_column(y_pred)?);
        let sample_weight = sample_weight.map(as_column).transpose()?;
        let shape = y_pred.sizes();
        let features = shape.last().copied().unwrap_or(1);
        let of_values = |weight: &AnyTensor| {
            let own = weight.sizes();
            own.len() == shape.len() && own.len() > 1 && own.last() == Some(&features) && features > 1
        };
        let (of_values, of_rows) = match sample_weight {
            Some(weight) if of_values(&weight) => (Some(broadcast(weight, &shape)?), None),
            of_rows => (None, of_rows),
        };
        let Rows { y_true, y_pred, sample_weight, .. } = Rows::new(y_true, y_pred, of_rows)?;
        let [rows, features] = y_pred.dims();
        let weights = match (of_values, sample_weight) {
            (Some(weights), _) => weights.reshape([rows, features]),
            (None, Some(weights)) => weights.unsqueeze_dim(1),
            (None, None) => Tensor::ones([rows, 1], &y_pred.device()),
        };
        Ok(Self { y_true, y_pred, weights, is_flat })
    }
}

/// Weights of this shape, flattened. Axes of size 1 are repeated.
///
/// # Errors
///
/// If an axis has another size.
pub(super) fn broadcast(weights: AnyTensor, to: &[usize]) -> Result<Tensor<1>> {
    fn repeated<const D: usize>(weights: Tensor<D>, to: &[usize]) -> Tensor<1> {
        weights.expand::<D, _>(Shape::from(to.to_vec())).reshape([-1])
    }
    let own = weights.sizes();
    if own.len() != to.len() || own.iter().zip(to).any(|(own, to)| *own != 1 && own != to) {
        return Err(Error::shape("there is not one weight for each value")
            .at("sample_weight")
            .received(sizes(&own))
            .expected(sizes(to))
            .hint("give one weight for each sample, or for each value of each sample"));
    }
    by_rank!(weights, |weights| repeated(weights, to))
}

/// The quotient, and 0 if the divisor is 0.
pub(super) fn ratio(dividend: f32, divisor: f32) -> f64 {
    if divisor == 0.0 { 0.0 } else { f64::from(dividend / divisor) }
}
