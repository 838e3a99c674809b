//! A panic or an error leaves the model with the weights of the last complete step.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use burn::Tensor;
use burn::optim::ModuleOptimizer;
use horn_nn::layers::{BatchNormalization, Dense, Input};
use horn_nn::{Error, Result, Sequential};
use serde_json::{Value, json};

use super::*;
use crate::Scores;
use crate::callbacks::{Callback, Training};
use crate::losses::{MeanSquaredError, Reduction, Target, TargetKind};
use crate::optimizers::{LearningRate, RuleState, SGD, SlotNames};

/// The way in which a test fails.
#[derive(Debug, Clone, Copy)]
enum Failure {
    Panic,
    Error,
}

impl Failure {
    fn happen(self) -> Result<()> {
        match self {
            Self::Panic => panic!("a bug in the program"),
            Self::Error => Err(Error::argument("the program says no")),
        }
    }
}

/// The mean squared error, of which one call fails.
#[derive(Debug)]
struct Failing {
    failure: Failure,
    calls: AtomicUsize,
    good: usize,
}

impl Loss for Failing {
    fn class_name(&self) -> &'static str {
        "Failing"
    }
    fn name(&self) -> &str {
        "failing"
    }
    fn reduction(&self) -> Reduction {
        Reduction::SumOverBatchSize
    }
    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }
    fn config(&self) -> Value {
        json!({})
    }
    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        if self.calls.fetch_add(1, Ordering::Relaxed) == self.good {
            self.failure.happen()?;
        }
        MeanSquaredError::new().per_sample(y_true, y_pred)
    }
}

/// Runs code that must fail, by an error or a panic.
fn fails<T>(run: impl FnOnce() -> Result<T>) {
    let outcome = catch_unwind(AssertUnwindSafe(run));
    assert!(outcome.map_or(true, |result| result.is_err()), "nothing has failed");
}

/// The model predicts, trains and is evaluated like one that was trained for this many steps without a failure.
fn check_as_after(mut model: CompiledModel, initial: &[ArrayD<f32>], batches: usize) {
    let mut expected = super::model(SGD::new(0.1).momentum(0.9), MeanSquaredError::new());
    expected.model_mut().unwrap().set_weights(initial).unwrap();
    struct StopAfter(usize);
    impl Callback for StopAfter {
        fn on_train_batch_end(&mut self, batch: usize, training: &mut Training<'_>) -> Result<()> {
            if batch + 1 == self.0 {
                training.stop();
            }
            Ok(())
        }
    }
    if batches > 0 {
        expected.fit(x(), y(), quiet(1).callback(StopAfter(batches))).unwrap();
    }
    assert!(!model.is_training());
    assert_eq!(model.iterations(), batches);
    assert_eq!(weights(&model), weights(&expected));
    assert_eq!(model.predict(x()).unwrap(), expected.predict(x()).unwrap());
    assert_eq!(measure(&mut model), measure(&mut expected));
    let (again, expected_again) = (model.fit(x(), y(), quiet(2)).unwrap(), expected.fit(x(), y(), quiet(2)).unwrap());
    assert_eq!(again, expected_again);
    assert_eq!(weights(&model), weights(&expected));
}

#[test]
fn a_loss_that_fails_leaves_the_weights_of_the_last_whole_step() {
    for failure in [Failure::Panic, Failure::Error] {
        for good in [0, 1, 2] {
            let loss = Failing { failure, calls: AtomicUsize::new(0), good };
            let mut model = model(SGD::new(0.1).momentum(0.9), loss);
            let initial = weights(&model);
            fails(|| model.fit(x(), y(), quiet(3)));
            check_as_after(model, &initial, good);
        }
    }
}

#[test]
fn a_validation_that_fails_leaves_the_weights_of_the_epoch() {
    for failure in [Failure::Panic, Failure::Error] {
        let loss = Failing { failure, calls: AtomicUsize::new(0), good: 3 };
        let mut model = model(SGD::new(0.1).momentum(0.9), loss);
        let initial = weights(&model);
        fails(|| model.fit(x(), y(), quiet(3).validation_data(x(), y())));
        check_as_after(model, &initial, 3);
    }
}

/// Fails in one hook, given by its number.
struct FailingCallback(Failure, usize);

impl FailingCallback {
    fn at(&self, hook: usize) -> Result<()> {
        if hook == self.1 { self.0.happen() } else { Ok(()) }
    }
}

impl Callback for FailingCallback {
    fn on_train_begin(&mut self, _: &mut Training<'_>) -> Result<()> {
        self.at(0)
    }
    fn on_epoch_begin(&mut self, _: usize, _: &mut Training<'_>) -> Result<()> {
        self.at(1)
    }
    fn on_train_batch_begin(&mut self, batch: usize, _: &mut Training<'_>) -> Result<()> {
        if batch == 1 { self.at(2) } else { Ok(()) }
    }
    fn on_train_batch_end(&mut self, batch: usize, _: &mut Training<'_>) -> Result<()> {
        if batch == 1 { self.at(3) } else { Ok(()) }
    }
    fn on_test_batch_end(&mut self, _: usize, _: &mut Training<'_>) -> Result<()> {
        self.at(4)
    }
    fn on_epoch_end(&mut self, _: usize, _: &mut Scores, _: &mut Training<'_>) -> Result<()> {
        self.at(5)
    }
    fn on_train_end(&mut self, _: &mut Training<'_>) -> Result<()> {
        self.at(6)
    }
}

#[test]
fn a_callback_that_fails_leaves_the_weights_of_the_last_whole_step() {
    for failure in [Failure::Panic, Failure::Error] {
        for (hook, batches) in [(0, 0), (1, 0), (2, 1), (3, 2), (4, 3), (5, 3), (6, 3)] {
            let mut model = model(SGD::new(0.1).momentum(0.9), MeanSquaredError::new());
            let initial = weights(&model);
            let fit = quiet(1).validation_data(x(), y()).callback(FailingCallback(failure, hook));
            fails(|| model.fit(x(), y(), fit));
            check_as_after(model, &initial, batches);
        }
    }
}

/// An update rule that panics at the second weight of its second step.
#[derive(Clone, Debug)]
struct FailingRule(Arc<AtomicUsize>);

impl SlotNames for FailingRule {
    const NAMES: &'static [&'static str] = &[];
}

impl burn::optim::Optimizer for FailingRule {
    type State<const D: usize> = RuleState<Self, D>;

    fn step<const D: usize>(
        &self,
        learning_rate: f64,
        variable: Tensor<D>,
        gradient: Tensor<D>,
        _: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        assert_ne!(self.0.fetch_add(1, Ordering::Relaxed), 5, "a bug in the program");
        (variable - gradient * learning_rate, None)
    }

    fn to_device<const D: usize>(state: Self::State<D>, _: &burn::tensor::Device) -> Self::State<D> {
        state
    }
}

impl Optimizer for FailingRule {
    fn class_name(&self) -> &'static str {
        "FailingRule"
    }
    fn learning_rate(&self) -> LearningRate {
        0.1.into()
    }
    fn validate(&self) -> Result<()> {
        Ok(())
    }
    fn to_module_optimizer(&self) -> ModuleOptimizer {
        self.clone().into()
    }
    fn config(&self) -> Value {
        json!({})
    }
}

#[test]
fn a_custom_rule_that_panics_leaves_the_weights_of_the_last_whole_step() {
    // Each step calls it for four weights, so the sixth call is in the second step.
    let mut model = model(FailingRule(Arc::default()), MeanSquaredError::new());
    let mut expected = super::model(SGD::new(0.1), MeanSquaredError::new());
    expected.model_mut().unwrap().set_weights(&weights(&model)).unwrap();
    expected.fit(x(), y(), quiet(1).callback(FailingCallback(Failure::Error, 2))).unwrap_err();
    fails(|| model.fit(x(), y(), quiet(1)));
    assert_eq!(model.iterations(), 1);
    assert_eq!(weights(&model), weights(&expected));
    assert_eq!(model.fit(x(), y(), quiet(1)).unwrap(), expected.fit(x(), y(), quiet(1)).unwrap());
}

/// As in Keras, which warns: the loss is reported, and layers still update their own state.
#[test]
fn a_model_that_is_frozen_is_measured_by_fit() {
    horn_nn::random::set_random_seed(1);
    let layers = || Sequential::new().add(Input([2])).add(BatchNormalization()).add(Dense(1));
    let mut model = layers().compile(SGD::new(0.1), MeanSquaredError::new(), ()).unwrap();
    model.model_mut().unwrap().set_trainable(false);
    let before = weights(&model);
    let measured = measure(&mut model).loss();
    let history = model.fit(x(), y(), quiet(2).batch_size(6)).unwrap();
    assert_eq!(history["loss"], [measured, measured]);
    assert_eq!(weights(&model), before);
    assert_eq!(model.iterations(), 0);

    model.model_mut().unwrap().set_trainable(true);
    let history = model.fit(x(), y(), quiet(2)).unwrap();
    assert!(history["loss"][1] < history["loss"][0], "{history:?}");
    assert_eq!(model.iterations(), 6);
}
