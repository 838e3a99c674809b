//! Connectionist temporal classification: the loss of sequences whose labels have no times.

use burn::Tensor;
use horn_nn::{AnyTensor, CtcCounted, Error, Result, by_rank, ctc_of_sequences, sizes};
use serde::{Deserialize, Serialize};

use super::common::{Common, common_arguments, common_methods, whole_batch_values};
use super::loss::Loss;
use super::reduction::reduce;
use super::target::TargetKind;

/// Minus the logarithm of the probability that the outputs read as the labels: when equal outputs in a row count once, and
/// blanks are left out ([Graves et al., 2006](https://www.cs.toronto.edu/~graves/icml_2006.pdf)).
///
/// # Shapes
///
/// `y_pred` is `[batch, steps, classes]`, logits; class 0 is the blank. `y_true` is `[batch, labels]`, filled up with
/// zeros at the end.
///
/// ```
/// use horn::losses::{CTC, Reduction};
///
/// let loss = CTC::new().reduction(Reduction::Sum);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CTC {
    #[serde(flatten)]
    common: Common,
}

impl CTC {
    /// The loss with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::new("ctc") }
    }
}

common_arguments!(CTC);

impl Loss for CTC {
    common_methods!(CTC);

    fn targets(&self) -> TargetKind {
        TargetKind::Any
    }

    whole_batch_values!();

    fn call_masked(
        &self,
        y_true: AnyTensor,
        y_pred: AnyTensor,
        _mask: Option<AnyTensor>,
        sample_weight: Option<AnyTensor>,
    ) -> Result<Tensor<1>> {
        let (given, shape) = (y_true.sizes(), y_pred.sizes());
        let (&[batch, count], &[samples, _, classes]) = (given.as_slice(), shape.as_slice()) else {
            return Err(misfit(&given, &shape));
        };
        if batch != samples || count == 0 {
            return Err(misfit(&given, &shape));
        }
        let labels = match y_true.dtype().is_float() {
            true => y_true.float::<2>()?.int(),
            false => y_true.int::<2>()?,
        };
        let (least, largest) = (labels.clone().min().into_scalar::<i64>(), labels.clone().max().into_scalar::<i64>());
        if least < 0 || largest >= classes as i64 {
            return Err(Error::data("a label is not a valid class")
                .at("y_true")
                .received(if least < 0 { least } else { largest })
                .expected(format!("whole numbers from 0, the blank, to {}", classes - 1))
                .hint("correct the labels, or give the last layer more units"));
        }
        let count = labels.clone().not_equal_elem(0).int().sum_dim(1);
        let counted = CtcCounted { blank: 0, labels: count, steps: None };
        let values = ctc_of_sequences(labels, y_pred.float::<3>()?, counted);
        let weight: Option<Tensor<1>> = match sample_weight {
            Some(weight) => Some(by_rank!(weight, |weight| weight.reshape([-1]))?),
            None => None,
        };
        reduce(values, weight, self.common.reduction)
    }
}

fn misfit(y_true: &[usize], y_pred: &[usize]) -> Error {
    Error::shape("the labels do not fit the outputs")
        .at("y_true")
        .received(format!("{} for outputs {}", sizes(y_true), sizes(y_pred)))
        .expected("[batch, labels] for outputs [batch, steps, classes]")
        .hint("fill labels of different lengths up with zeros")
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn what_does_not_fit_is_an_error() {
        let device = Device::default();
        let outputs = || AnyTensor::from(Tensor::<3>::zeros([2, 5, 4], &device));
        let labels = |labels: [[f32; 2]; 2]| AnyTensor::from(Tensor::<2>::from_data(labels, &device));
        assert!(CTC::new().call(labels([[1.0, 2.0], [3.0, 0.0]]), outputs(), None).is_ok());
        for bad in [[[1.0, 4.0], [3.0, 0.0]], [[1.0, -1.0], [3.0, 0.0]]] {
            let error = CTC::new().call(labels(bad), outputs(), None).unwrap_err();
            assert!(error.is_data() && error.to_string().contains("from 0, the blank, to 3"), "{error}");
        }
        let alone = AnyTensor::from(Tensor::<2>::ones([2, 1], &device));
        assert!(CTC::new().call(alone, outputs(), None).is_ok());
        let flat = AnyTensor::from(Tensor::<2>::zeros([2, 4], &device));
        assert!(CTC::new().call(labels([[1.0, 2.0], [3.0, 0.0]]), flat, None).unwrap_err().is_shape());
    }
}
