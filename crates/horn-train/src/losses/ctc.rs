//! Connectionist temporal classification: the loss of sequences whose labels have no times.

use burn::Tensor;
use burn::tensor::Int;
use burn::tensor::activation::log_softmax;
use horn_nn::{AnyTensor, Error, Result, by_rank, sizes};
use serde::{Deserialize, Serialize};

use super::common::{Common, common_arguments, common_methods};
use super::loss::Loss;
use super::reduction::reduce;
use super::target::TargetKind;

/// The logarithm of the probability of what can't happen.
const NEVER: f32 = -1e5;

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
        let values = per_sequence(labels, y_pred.float::<3>()?);
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

/// The loss of each sequence. It goes over the steps with the probabilities of all beginnings of the labels: that the last
/// label was just read, and that a blank was.
fn per_sequence(labels: Tensor<2, Int>, logits: Tensor<3>) -> Tensor<1> {
    let ([batch, steps, _], [_, count]) = (logits.dims(), labels.dims());
    let device = logits.device();
    let logarithms = log_softmax(logits, 2);
    let of_blank = logarithms.clone().narrow(2, 0, 1);
    let of_label = logarithms.gather(2, labels.clone().unsqueeze_dim::<3>(1).expand([batch, steps, count]));

    // Between two equal labels there must be a blank, and between others it is optional.
    let mut same = vec![Tensor::<2>::zeros([batch, 1], &device)];
    if count > 1 {
        let next = labels.clone().narrow(1, 1, count - 1);
        same.insert(0, next.equal(labels.clone().narrow(1, 0, count - 1)).float());
    }
    let same = Tensor::cat(same, 1);
    let directly = same.clone().mul_scalar(NEVER);
    let by_blank = same.neg().add_scalar(1.0).mul_scalar(NEVER);

    let begin = Tensor::<2>::zeros([batch, 1], &device);
    let mut blank = Tensor::cat(vec![begin, Tensor::full([batch, count], NEVER, &device)], 1);
    let mut label = Tensor::<2>::full([batch, count], NEVER, &device);
    for step in 0..steps {
        let now = |of: &Tensor<3>| of.clone().narrow(1, step, 1).squeeze_dim::<2>(1);
        let (now_blank, now_label) = (now(&of_blank), now(&of_label));
        let ready = with_ends(blank, label.clone() + directly.clone());
        blank = with_ends(ready.clone() + now_blank.clone(), label.clone() + now_blank + by_blank.clone());
        label = log_add(ready.narrow(1, 0, count), label) + now_label;
    }
    let ends = with_ends(blank, label);
    let lengths = labels.not_equal_elem(0).int().sum_dim(1);
    ends.gather(1, lengths).squeeze_dim::<1>(1).neg()
}

/// Adds the probabilities of beginnings that end with a label to those after it.
fn with_ends(blank: Tensor<2>, label: Tensor<2>) -> Tensor<2> {
    let count = label.dims()[1];
    let after = log_add(blank.clone().narrow(1, 1, count), label);
    Tensor::cat(vec![blank.narrow(1, 0, 1), after], 1)
}

/// The logarithm of the sum of two numbers that are given by their logarithms.
fn log_add(one: Tensor<2>, other: Tensor<2>) -> Tensor<2> {
    let largest = one.clone().max_pair(other.clone()).detach();
    ((one - largest.clone()).exp() + (other - largest.clone()).exp()).log() + largest
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
