//! The fraction of predictions that equal their targets: Keras's class `Accuracy`.

use horn_nn::{AnyTensor, Error, Result, sizes};
use serde::{Deserialize, Serialize};

use super::accumulator::Accumulator;
use super::common::{metric_methods, named_metric};
use super::function::MeanMetricWrapper;
use super::metric::Metric;
use crate::keras_config::Float32;

/// The fraction of predictions that equal their targets: Keras's class `Accuracy`, for models whose outputs are themselves
/// labels. [`Accuracy`](super::Accuracy) is what Keras makes of the name "accuracy", for outputs that are probabilities.
///
/// ```
/// use horn::burn::Tensor;
/// use horn::burn::tensor::Device;
/// use horn::metrics::{ExactAccuracy, Metric};
///
/// let tensor = |values: [f32; 4]| Tensor::<1>::from_data(values, &Device::default());
/// let mut accuracy = ExactAccuracy::new().accumulator();
/// accuracy.update_state(tensor([1.0, 2.0, 3.0, 4.0]).into(), tensor([0.0, 2.0, 3.0, 4.0]).into(), None)?;
/// assert_eq!(accuracy.result(), 0.75);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExactAccuracy {
    name: String,
    dtype: Float32,
}

named_metric!(ExactAccuracy, "accuracy");

impl Metric for ExactAccuracy {
    metric_methods!("Accuracy", Up);

    fn accumulator(&self) -> Box<dyn Accumulator> {
        MeanMetricWrapper::new(&self.name, equal).accumulator()
    }
}

/// 1 where a prediction equals its target, and 0 elsewhere.
fn equal(y_true: AnyTensor, y_pred: AnyTensor) -> Result<AnyTensor> {
    let shape = y_pred.sizes();
    if y_true.sizes() != shape {
        return Err(Error::shape("y_true and y_pred differ in shape")
            .at("y_true")
            .received(sizes(&y_true.sizes()))
            .expected(sizes(&shape))
            .hint("`Accuracy::new()` compares labels with probabilities"));
    }
    let flat = |values: AnyTensor| values.floats()?.reshape(&[shape.iter().product()])?.float::<1>();
    AnyTensor::from(flat(y_true)?.equal(flat(y_pred)?).float()).reshape(&shape)
}
