//! Keras's own unit tests of losses, metrics and optimizers, as `record_training_tests.py` has recorded them.

use std::collections::BTreeSet;

use horn::burn;
use horn::burn::module::{Module, Param, ParamId};
use horn::burn::optim::GradientsParams;
use horn::burn::tensor::{Device, Int, Tensor, TensorData};
use horn::initializers::Zeros;
use horn::layers::Input;
use horn::metrics::{Mean, Sum};
use horn::{
    AnyTensor, BuiltLayer, CompiledModel, Forward, Layer, LayerBuilder, Mode, Result, Sequential, Shape, Weight,
    losses, metrics,
};
use ndarray::ArrayD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fixtures::{Number, assert_close, read};

#[derive(Deserialize)]
struct Fixture {
    losses: Vec<LossCase>,
    metrics: Vec<MetricCase>,
    optimizers: Vec<OptimizerCase>,
}

#[derive(Deserialize)]
struct LossCase {
    test: String,
    class_name: String,
    config: Value,
    y_true: Array,
    y_pred: Array,
    sample_weight: Option<Array>,
    loss: Array,
}

#[derive(Deserialize)]
struct MetricCase {
    test: String,
    class_name: String,
    config: Value,
    updates: Vec<Update>,
    result: Array,
}

#[derive(Deserialize)]
struct Update {
    y_true: Option<Array>,
    y_pred: Array,
    sample_weight: Option<Array>,
}

#[derive(Deserialize)]
struct OptimizerCase {
    test: String,
    class_name: String,
    config: Value,
    names: Vec<String>,
    vars: Vec<Array>,
    grads: Vec<Vec<Array>>,
    after: Vec<Vec<Array>>,
}

/// An array of floats or of integers.
#[derive(Deserialize, Clone)]
struct Array {
    shape: Vec<usize>,
    kind: String,
    data: Vec<Number>,
}

impl Array {
    fn values(&self) -> Vec<f32> {
        self.data.iter().map(|number| number.0 as f32).collect()
    }

    /// Burn's tensors have at least one axis.
    fn sizes(&self) -> Vec<usize> {
        if self.shape.is_empty() { vec![1] } else { self.shape.clone() }
    }

    fn floats(&self, device: &Device) -> AnyTensor {
        let flat = Tensor::<1>::from_data(TensorData::new(self.values(), [self.data.len()]), device);
        AnyTensor::from(flat).reshape(&self.sizes()).unwrap()
    }

    fn tensor(&self, device: &Device) -> AnyTensor {
        if self.kind == "float32" {
            return self.floats(device);
        }
        let numbers: Vec<i32> = self.data.iter().map(|number| number.0 as i32).collect();
        let data = TensorData::new(numbers, self.sizes());
        match self.sizes().len() {
            1 => Tensor::<1, Int>::from_data(data, device).into(),
            2 => Tensor::<2, Int>::from_data(data, device).into(),
            3 => Tensor::<3, Int>::from_data(data, device).into(),
            rank => panic!("integers of rank {rank}"),
        }
    }
}

/// What Horn does not take, by the end of the test's name, and why.
fn is_left_out(test: &str, left_out: &[(&str, &str)]) -> bool {
    left_out.iter().any(|(end, _)| test.contains(end))
}

#[test]
fn losses_are_those_of_the_tests_of_keras() {
    let cases = read::<Fixture>("keras_training.json").losses;
    let device = Device::default();
    let mut failed = Vec::new();
    for case in &cases {
        let compare = || -> Result<()> {
            let loss = losses::from_config(&json!({"class_name": case.class_name, "config": case.config}))?;
            let weight = case.sample_weight.as_ref().map(|weight| weight.floats(&device));
            let value = loss.call(case.y_true.tensor(&device), case.y_pred.floats(&device), weight)?;
            let received: Vec<f32> = value.into_data().iter::<f32>().collect();
            assert_close(&case.test, &received, &case.loss.values(), 1e-5);
            Ok(())
        };
        note(&case.test, compare, &mut failed);
    }
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), cases.len(), failed.join("\n"));
}

#[test]
fn metrics_are_those_of_the_tests_of_keras() {
    let left_out = [
        ("MetricWrapperTest::", "a function is not read from a configuration"),
        ("AccuracyTest::test_weighted_nd_broadcast_weights", "weights for steps are not repeated for each sample"),
        ("BinaryAccuracyTest::test_weighted_nd", "means of rows take a weight for each row"),
        ("BinaryAccuracyTest::test_weighted_rank_1", "means of rows take a weight for each row"),
        ("test_ignore_class_weighted", "Keras forgets the weight of an ignored class, and Horn counts it"),
    ];
    let cases = read::<Fixture>("keras_training.json").metrics;
    let device = Device::default();
    let mut failed = Vec::new();
    for case in cases.iter().filter(|case| !is_left_out(&case.test, &left_out)) {
        let compare = || -> Result<()> {
            let weight = |update: &Update| update.sample_weight.as_ref().map(|weight| weight.floats(&device));
            let results = match case.class_name.as_str() {
                "Mean" => {
                    let mut mean = Mean::default();
                    for update in &case.updates {
                        mean.update_state(update.y_pred.floats(&device), weight(update))?;
                    }
                    vec![mean.result()]
                }
                "Sum" => {
                    let mut sum = Sum::default();
                    for update in &case.updates {
                        sum.update_state(update.y_pred.floats(&device), weight(update))?;
                    }
                    vec![sum.result()]
                }
                class_name => {
                    let metric = metrics::from_config(&json!({"class_name": class_name, "config": case.config}))?;
                    let mut state = metric.accumulator();
                    for update in &case.updates {
                        let y_true = update.y_true.as_ref().expect("targets").tensor(&device);
                        state.update_state(y_true, update.y_pred.floats(&device), weight(update))?;
                    }
                    state.results()
                }
            };
            let received: Vec<f32> = results.into_iter().map(|value| value as f32).collect();
            assert_close(&case.test, &received, &case.result.values(), 1e-5);
            Ok(())
        };
        note(&case.test, compare, &mut failed);
    }
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), cases.len(), failed.join("\n"));
}

/// Runs a comparison, and notes how it fails.
fn note(test: &str, compare: impl FnOnce() -> Result<()>, failed: &mut Vec<String>) {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(compare)) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => failed.push(format!("{test}: {error}")),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
            failed.push(format!("{test}: {text}"));
        }
    }
}

/// Holds variables of any shapes, with their names.
#[derive(Debug, Clone)]
struct Variables(Vec<(String, Vec<usize>)>);

impl Layer for Variables {
    fn class_name(&self) -> &str {
        "Variables"
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let (mut lines, mut matrices) = (Vec::new(), Vec::new());
        for (name, sizes) in &self.0 {
            match sizes.as_slice() {
                &[size] => lines.push(build.add_weight(name, [size], &Zeros::new().into())?),
                &[rows, columns] => matrices.push(build.add_weight(name, [rows, columns], &Zeros::new().into())?),
                other => panic!("a variable of shape {other:?}"),
            }
        }
        Ok(BuiltLayer::new(Held { lines, matrices }))
    }

    fn config(&self) -> Value {
        json!({})
    }
}

#[derive(Module, Debug)]
struct Held {
    lines: Vec<Param<Tensor<1>>>,
    matrices: Vec<Param<Tensor<2>>>,
}

impl Forward for Held {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        Ok(input)
    }
}

#[test]
fn optimizers_are_those_of_the_tests_of_keras() {
    let cases = read::<Fixture>("keras_training.json").optimizers;
    let mut failed = Vec::new();
    let mut compared = BTreeSet::new();
    let left_out = [
        ("test_custom_callable_function", "a function is not read from a configuration"),
        ("test_callable_learning_rate", "a function is not read from a configuration"),
        ("test_constraints_are_applied", "the variables here have no constraints"),
        ("test_overwrite_with_gradient", "Horn does not train in float8"),
    ];
    for case in cases.iter().filter(|case| !is_left_out(&case.test, &left_out)) {
        compared.insert(case.class_name.clone());
        note(&case.test, || follow(case), &mut failed);
    }
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), cases.len(), failed.join("\n"));
    assert!(compared.len() >= 14, "{compared:?}");
}

/// Takes the steps of a case.
fn follow(case: &OptimizerCase) -> Result<()> {
    let device = Device::default();
    let names = (0..).map(|at| format!("variable_{at}"));
    let variables = Variables(names.zip(case.vars.iter().map(Array::sizes)).collect());
    let model = Sequential::new().add(Input([1])).add(variables).build(&device)?;
    let config = json!({
        "optimizer": {"class_name": case.class_name, "config": case.config},
        "loss": "mse",
    });
    let mut model = CompiledModel::from_compile_config(model, &config)?;
    // The order of Horn's weights is that of the module: lines, then matrices.
    let order: Vec<usize> = (0..case.vars.len())
        .filter(|&at| case.vars[at].sizes().len() == 1)
        .chain((0..case.vars.len()).filter(|&at| case.vars[at].sizes().len() == 2))
        .collect();
    let array = |array: &Array| ArrayD::from_shape_vec(array.sizes(), array.values()).unwrap();
    let start: Vec<_> = order.iter().map(|&at| array(&case.vars[at])).collect();
    model.model_mut()?.set_weights(&start)?;
    model.begin_training()?;
    for (step, (grads, after)) in case.grads.iter().zip(&case.after).enumerate() {
        let mut gradients = GradientsParams::new();
        let ids: Vec<ParamId> = model.model()?.weights().map(Weight::id).collect();
        for (&at, id) in order.iter().zip(ids) {
            match grads[at].floats(&device) {
                gradient if gradient.rank() == 1 => gradients.register(id, gradient.float::<1>()?),
                gradient => gradients.register(id, gradient.float::<2>()?),
            }
        }
        model.apply_gradients(gradients)?;
        let weights = model.model()?.get_weights();
        for (weight, &at) in weights.iter().zip(&order) {
            let received: Vec<f32> = weight.iter().copied().collect();
            let what = format!("{}, step {}, {}", case.test, step + 1, case.names[at]);
            assert_close(&what, &received, &after[at].values(), 1e-5);
        }
    }
    Ok(())
}
