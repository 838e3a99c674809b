//! Tests of all losses.

use burn::Tensor;
use horn_nn::layers::{Dense, Input};
use horn_nn::{AnyTensor, HostArray, Result, Sequential};
use serde_json::Value;

use burn::tensor::{Bool, Device};

use super::testing::{ONE_HOT, PROBABILITIES};
use super::*;
use crate::optimizers::SGD;
use crate::testing::{assert_close, values};
use crate::{Compile, Fit, Verbose};

#[test]
fn reduces_like_keras() {
    let device = Device::default();
    let call = |reduction, weights: Option<[f32; 4]>| {
        let y_true = Tensor::<2>::from_data(ONE_HOT, &device);
        let y_pred = Tensor::<2>::from_data(PROBABILITIES, &device);
        let weights = weights.map(|weights| Tensor::<1>::from_data(weights, &device).into());
        let loss = CategoricalCrossentropy::new().reduction(reduction);
        values(loss.call(y_true.into(), y_pred.into(), weights).unwrap())
    };
    let weights = Some([1.0, 2.0, 0.0, 0.5]);
    assert_close(&call(Reduction::SumOverBatchSize, None), &[4.766259], 1e-6);
    assert_close(&call(Reduction::SumOverBatchSize, weights), &[0.86444193], 1e-6);
    assert_close(&call(Reduction::Sum, None), &[19.065037], 1e-6);
    assert_close(&call(Reduction::Sum, weights), &[3.4577677], 1e-6);
    assert_close(&call(Reduction::MeanWithSampleWeight, None), &[4.766259], 1e-6);
    assert_close(&call(Reduction::MeanWithSampleWeight, weights), &[0.98793364], 1e-6);
    assert_close(&call(Reduction::None, None), &[0.35667497, 1.2039728, 16.118095, 1.3862944], 1e-6);
    assert_close(&call(Reduction::None, weights), &[0.35667497, 2.4079456, 0.0, std::f32::consts::LN_2], 1e-6);
    assert_close(&call(Reduction::MeanWithSampleWeight, Some([0.0; 4])), &[0.0], 0.0);
}

/// The numbers are those of Keras, whose mean divides by the sum of the weights as they were given.
#[test]
fn a_weight_for_all_steps_counts_once_in_the_mean() {
    let device = Device::default();
    let call = |reduction, weights: Tensor<2>, mask: Option<Tensor<2, Bool>>| {
        let y_true = Tensor::<2>::from_data([[1.0, 2.0, 3.0], [0.0, 1.0, 4.0]], &device).unsqueeze_dim::<3>(2);
        let y_pred = Tensor::<2>::from_data([[1.0, 0.0, 2.0], [2.0, 2.0, 2.0]], &device).unsqueeze_dim::<3>(2);
        let own = LossFunctionWrapper::new("squared", |y_true: Tensor<3>, y_pred: Tensor<3>| {
            (y_true - y_pred).square().squeeze_dim::<2>(2)
        });
        let losses: [Box<dyn Loss>; 2] =
            [Box::new(MeanSquaredError::new().reduction(reduction)), Box::new(own.reduction(reduction))];
        let [loss, of_function] = losses.map(|loss| {
            let (y_true, y_pred, mask) = (y_true.clone().into(), y_pred.clone().into(), mask.clone().map(Into::into));
            let loss = loss.call_masked(y_true, y_pred, mask, Some(weights.clone().into()));
            loss.unwrap().into_scalar::<f32>()
        });
        assert_eq!(loss, of_function);
        loss
    };
    let of_samples = || Tensor::<2>::from_data([[0.5], [2.0]], &device);
    let of_steps = || of_samples().repeat_dim(1, 3);
    let all = || Some(Tensor::<2>::ones([2, 3], &device).equal_elem(1.0));
    let mean = Reduction::MeanWithSampleWeight;
    assert_close(&[call(mean, of_samples(), None)], &[8.2], 1e-6);
    assert_close(&[call(mean, of_steps(), None), call(mean, of_samples(), all())], &[2.7333333; 2], 1e-6);
    let reductions = [Reduction::SumOverBatchSize, Reduction::Sum];
    let plain = reductions.map(|reduction| call(reduction, of_samples(), None));
    assert_close(&plain, &[3.4166667, 20.5], 1e-6);
}

#[test]
fn shapes_that_differ_are_errors() {
    let device = Device::default();
    let y_pred = Tensor::<2>::zeros([4, 10], &device);
    let nine = Target::Dense(Tensor::zeros([4, 9], &device));
    let classes = Target::Classes(Tensor::zeros([4], &device));
    let three = Target::Classes(Tensor::zeros([3], &device));
    let bad: [(Box<dyn Loss>, Target, &str); 6] = [
        (Box::new(MeanSquaredError::new()), nine.clone(), "received [4, 9], expected [4, 10]"),
        (Box::new(MeanAbsoluteError::new()), classes.clone(), "received [4], expected [4, 10]"),
        (Box::new(BinaryCrossentropy::new()), nine.clone(), "received [4, 9], expected [4, 10]"),
        (Box::new(CategoricalCrossentropy::new()), classes, "one-hot encode y_true"),
        (Box::new(SparseCategoricalCrossentropy::new()), nine, "received [4, 9], expected [4]"),
        (Box::new(SparseCategoricalCrossentropy::new()), three, "received [3], expected [4]"),
    ];
    for (loss, y_true, words) in bad {
        let error = loss.per_sample(y_true, y_pred.clone()).expect_err(loss.name());
        assert!(error.is_shape(), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    let weights = Tensor::ones([3], &device);
    let error = reduce(Tensor::ones([4], &device), Some(weights), Reduction::Sum).unwrap_err();
    assert_eq!(error.location(), Some("sample_weight"));
}

/// Four rows: two timesteps of two samples.
fn steps() -> (AnyTensor, AnyTensor) {
    let device = Device::default();
    let rows = |rows: [[f32; 3]; 4]| Tensor::<2>::from_data(rows, &device).reshape([2, 2, 3]).into();
    (rows(ONE_HOT), rows(PROBABILITIES))
}

#[test]
fn a_weight_counts_for_all_steps_below() {
    let device = Device::default();
    let loss = CategoricalCrossentropy::new().reduction(Reduction::None);
    let call = |weight: AnyTensor| {
        let (y_true, y_pred) = steps();
        values(loss.call(y_true, y_pred, Some(weight)).unwrap())
    };
    let plain = [0.35667497, 1.2039728, 16.118095, 1.3862944];
    let of_samples = [plain[0] * 2.0, plain[1] * 2.0, plain[2] * 0.5, plain[3] * 0.5];
    assert_close(&call(Tensor::<1>::from_data([2.0, 0.5], &device).into()), &of_samples, 1e-6);
    assert_close(&call(Tensor::<2>::from_data([[2.0], [0.5]], &device).into()), &of_samples, 1e-6);
    let of_steps = [plain[0], plain[1] * 2.0, 0.0, plain[3] * 0.5];
    assert_close(&call(Tensor::<2>::from_data([[1.0, 2.0], [0.0, 0.5]], &device).into()), &of_steps, 1e-6);
}

#[test]
fn weights_of_other_samples_are_an_error() {
    let device = Device::default();
    for sizes in [vec![4], vec![3], vec![2, 3], vec![1, 2], vec![2, 2, 3]] {
        let count: usize = sizes.iter().product();
        let weight = AnyTensor::from(Tensor::<1>::ones([count], &device)).reshape(&sizes).unwrap();
        let (y_true, y_pred) = steps();
        let error = CategoricalCrossentropy::new().call(y_true, y_pred, Some(weight)).unwrap_err();
        assert_eq!(error.location(), Some("sample_weight"), "{sizes:?}: {error}");
    }
}

#[test]
fn a_loss_of_whole_batches_needs_no_rows() {
    /// The distance between the means of the predictions and of the targets, for any shape.
    #[derive(Debug)]
    struct MeanGap;
    impl Loss for MeanGap {
        fn class_name(&self) -> &'static str {
            "MeanGap"
        }
        fn name(&self) -> &str {
            "mean_gap"
        }
        fn reduction(&self) -> Reduction {
            Reduction::Sum
        }
        fn targets(&self) -> TargetKind {
            TargetKind::Dense
        }
        fn config(&self) -> Value {
            serde_json::json!({})
        }
        fn call_masked(
            &self,
            y_true: AnyTensor,
            y_pred: AnyTensor,
            _: Option<AnyTensor>,
            _: Option<AnyTensor>,
        ) -> Result<Tensor<1>> {
            Ok((y_true.float::<3>()?.mean() - y_pred.float::<3>()?.mean()).abs())
        }
    }
    let device = Device::default();
    let (y_true, y_pred) = (Tensor::<3>::ones([2, 2, 3], &device), Tensor::<3>::zeros([2, 2, 3], &device));
    assert_close(&values(MeanGap.call(y_true.into(), y_pred.into(), None).unwrap()), &[1.0], 0.0);
    let rows = Tensor::<2>::zeros([2, 3], &device);
    assert!(MeanGap.per_sample(Target::Dense(rows.clone()), rows).unwrap_err().is_argument());
}

#[test]
fn label_smoothing_is_checked() {
    let bad: [Box<dyn Loss>; 3] = [
        Box::new(BinaryCrossentropy::new().label_smoothing(-0.1)),
        Box::new(CategoricalCrossentropy::new().label_smoothing(1.1)),
        Box::new(CategoricalCrossentropy::new().label_smoothing(f64::NAN)),
    ];
    for loss in bad {
        assert_eq!(loss.validate().expect_err(loss.name()).location(), Some("label_smoothing"));
    }
}

#[test]
fn configurations_have_the_keys_of_keras() {
    let config = SparseCategoricalCrossentropy::new().ignore_class(255).name("void").config();
    assert_eq!(
        config,
        serde_json::json!({
            "name": "void", "reduction": "sum_over_batch_size", "from_logits": false, "ignore_class": 255,
        })
    );
    let loss = BinaryCrossentropy::new().from_logits(true).reduction(Reduction::MeanWithSampleWeight);
    let config = loss.config();
    assert_eq!(config["reduction"], "mean_with_sample_weight");
    assert_eq!(config["label_smoothing"], 0.0);
    assert_eq!(serde_json::from_value::<BinaryCrossentropy>(config).unwrap(), loss);
}

/// Keras spreads the smoothing and the weights of classes along the last axis, whatever the axis of the classes.
#[test]
fn arguments_of_classes_are_for_the_last_axis() {
    let bad: [Box<dyn Loss>; 3] = [
        Box::new(CategoricalCrossentropy::new().label_smoothing(0.1).axis(1)),
        Box::new(CategoricalFocalCrossentropy::new().label_smoothing(0.1).axis(1)),
        Box::new(CategoricalFocalCrossentropy::new().alpha([0.5, 1.0]).axis(1)),
    ];
    for loss in bad {
        assert_eq!(loss.validate().expect_err(loss.name()).location(), Some("axis"));
    }
    CategoricalFocalCrossentropy::new().axis(1).validate().unwrap();
}

#[test]
fn an_axis_that_is_not_there_is_an_error() {
    let device = Device::default();
    let tensor = || Tensor::<2>::from_data(ONE_HOT, &device);
    for axis in [2, -3] {
        let error = BinaryCrossentropy::new().axis(axis).call(tensor().into(), tensor().into(), None).unwrap_err();
        assert_eq!(error.location(), Some("axis"), "{error:#}");
    }
    BinaryCrossentropy::new().axis(1).call(tensor().into(), tensor().into(), None).unwrap();
}

/// Weights of steps are those of the axes that have no features.
#[test]
fn weights_fit_the_rows_along_another_axis() {
    let layers = Sequential::new().add(Input([2, 3])).add(Dense(3));
    let loss = CategoricalCrossentropy::new().from_logits(true).axis(1);
    let mut model = layers.compile(SGD::new(0.1), loss, ()).unwrap();
    let x = HostArray::new(vec![0.5_f32; 24], [4, 2, 3]).unwrap();
    let mut fit = |steps: usize| {
        let weights = HostArray::new(vec![1.0_f32; 4 * steps], [4, steps]).unwrap();
        model.fit(x.clone(), x.clone(), Fit::epochs(1).verbose(Verbose::Silent).sample_weight(weights))
    };
    fit(3).unwrap();
    assert!(fit(2).unwrap_err().is_shape());
}
