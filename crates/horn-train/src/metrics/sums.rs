//! Metrics whose state is a few sums over all batches.

use std::fmt;

use burn::Tensor;
use horn_nn::{AnyTensor, Result};

use super::accumulator::{Accumulator, same_state};
use crate::losses::Rows;

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
    B: Fn(Rows) -> Result<Tensor<1>> + Send + 'static,
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
    B: Fn(Rows) -> Result<Tensor<1>> + Send + 'static,
    R: Fn(&[f32]) -> Vec<f64> + Send + 'static,
{
    fn update_state(&mut self, y_true: AnyTensor, y_pred: AnyTensor, sample_weight: Option<AnyTensor>) -> Result<()> {
        let sums = (self.of_batch)(Rows::new(y_true, y_pred, sample_weight)?)?;
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
}

/// The weights of the rows, which are 1 if none were given.
pub(super) fn weights(rows: &Rows) -> Tensor<1> {
    rows.sample_weight.clone().unwrap_or_else(|| Tensor::ones([rows.y_pred.dims()[0]], &rows.y_pred.device()))
}

/// The quotient, and 0 if the divisor is 0.
pub(super) fn ratio(dividend: f32, divisor: f32) -> f64 {
    if divisor == 0.0 { 0.0 } else { f64::from(dividend / divisor) }
}
