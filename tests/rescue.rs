//! Whatever fails in `fit`, by an error or a panic, leaves a model that predicts, trains and saves, with the weights of the
//! last whole step.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use horn::burn;
use horn::burn::module::Module;
use horn::burn::tensor::{Device, Tensor};
use horn::callbacks::{Callback, LearningRateScheduler, SwapEMAWeights, Training};
use horn::constraints::Constraint;
use horn::losses::{Loss, Reduction, Target, TargetKind};
use horn::metrics::{Accumulator, Metric};
use horn::optimizers::schedules::Schedule;
use horn::prelude::*;
use horn::{Batch, BatchSource, BuiltLayer, Error, LayerBuilder, Result, Shape, layers, load_model};
use ndarray::ArrayD;
use serde::Deserialize;
use serde_json::{Value, json};

/// Fails once, after some good calls.
#[derive(Debug, Clone)]
struct Bomb {
    panics: bool,
    good: usize,
    calls: Arc<AtomicUsize>,
}

impl Bomb {
    fn new(panics: bool, good: usize) -> Self {
        Self { panics, good, calls: Arc::default() }
    }

    fn tick(&self) -> Result<()> {
        match self.calls.fetch_add(1, Ordering::Relaxed) {
            call if call != self.good => Ok(()),
            _ if self.panics => panic!("a bug in the program"),
            _ => Err(Error::argument("the program says no")),
        }
    }
}

/// Never fails.
impl Default for Bomb {
    fn default() -> Self {
        Self::new(false, usize::MAX)
    }
}

/// A layer that returns its input.
#[derive(Debug, Clone, Deserialize)]
struct Pass {
    #[serde(skip)]
    bomb: Bomb,
}

impl Layer for Pass {
    fn class_name(&self) -> &str {
        "Pass"
    }
    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone())
    }
    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(PassModule { bomb: self.bomb.clone() }))
    }
    fn config(&self) -> Value {
        json!({})
    }
}

#[derive(Module, Debug)]
struct PassModule {
    #[module(skip)]
    bomb: Bomb,
}

impl Forward for PassModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        self.bomb.tick().map(|()| input)
    }
}

/// The mean squared error.
#[derive(Debug)]
struct Squares(Bomb);

impl Loss for Squares {
    fn class_name(&self) -> &'static str {
        "Squares"
    }
    fn name(&self) -> &str {
        "squares"
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
        self.0.tick()?;
        MeanSquaredError::new().per_sample(y_true, y_pred)
    }
}

/// A metric that is always 0, and its own state.
#[derive(Debug, Clone)]
struct Zero(Bomb);

impl Metric for Zero {
    fn class_name(&self) -> &'static str {
        "Zero"
    }
    fn name(&self) -> &str {
        "zero"
    }
    fn accumulator(&self) -> Box<dyn Accumulator> {
        Box::new(self.clone())
    }
}

impl Accumulator for Zero {
    fn update_state(&mut self, _: AnyTensor, _: AnyTensor, _: Option<AnyTensor>) -> Result<()> {
        self.0.tick()
    }
    fn merge_state(&mut self, _: &dyn Accumulator) -> Result<()> {
        Ok(())
    }
    fn result(&self) -> f64 {
        0.0
    }
    fn reset_state(&mut self) {}
}

/// A constant learning rate.
#[derive(Debug)]
struct Rate(Bomb);

impl Schedule for Rate {
    fn class_name(&self) -> &'static str {
        "Rate"
    }
    fn learning_rate(&self, step: usize) -> f64 {
        if step == 1 {
            self.0.tick().expect("the program says no");
        }
        0.05
    }
    fn config(&self) -> Value {
        json!({})
    }
}

/// Fails in one hook.
struct Hook(&'static str, Bomb);

impl Hook {
    fn at(&self, hook: &str) -> Result<()> {
        if self.0 == hook { self.1.tick() } else { Ok(()) }
    }
}

impl Callback for Hook {
    fn on_train_begin(&mut self, _: &mut Training<'_>) -> Result<()> {
        self.at("train begin")
    }
    fn on_epoch_begin(&mut self, _: usize, _: &mut Training<'_>) -> Result<()> {
        self.at("epoch begin")
    }
    fn on_train_batch_begin(&mut self, _: usize, _: &mut Training<'_>) -> Result<()> {
        self.at("batch begin")
    }
    fn on_train_batch_end(&mut self, _: usize, _: &mut Training<'_>) -> Result<()> {
        self.at("batch end")
    }
    fn on_test_batch_end(&mut self, _: usize, _: &mut Training<'_>) -> Result<()> {
        self.at("test")
    }
    fn on_epoch_end(&mut self, _: usize, _: &mut Scores, _: &mut Training<'_>) -> Result<()> {
        self.at("epoch end")
    }
    fn on_train_end(&mut self, _: &mut Training<'_>) -> Result<()> {
        self.at("train end")
    }
}

/// Three batches of two samples.
struct Source {
    bomb: Bomb,
    next: usize,
}

impl BatchSource for Source {
    fn len(&self) -> Option<usize> {
        Some(3)
    }
    fn start(&mut self) -> Result<()> {
        self.next = 0;
        Ok(())
    }
    fn next_batch(&mut self, device: &Device) -> Result<Option<Batch>> {
        self.bomb.tick()?;
        if self.next == 3 {
            return Ok(None);
        }
        let at = [2 * self.next, 2 * self.next + 1];
        self.next += 1;
        let inputs = vec![x().float_batch(&at, device)?.into()];
        let targets = vec![y().float_batch(&at, &device.clone().without_autodiff())?];
        Ok(Some(Batch { len: 2, inputs, targets, sample_weights: Vec::new() }))
    }
}

fn x() -> HostArray<'static> {
    HostArray::new((0..12).map(|x| x as f32 / 7.0 - 0.8).collect::<Vec<_>>(), [6, 2]).unwrap()
}

fn y() -> HostArray<'static> {
    HostArray::new(vec![0.5_f32, -1.0, 0.25, 2.0, 1.0, -0.75], [6, 1]).unwrap()
}

/// Everything of the program that can fail.
#[derive(Default)]
struct Program {
    layer: Bomb,
    constraint: Bomb,
    loss: Bomb,
    metric: Bomb,
    schedule: Bomb,
    source: Bomb,
    epoch: Bomb,
    hook: Option<(&'static str, Bomb)>,
    /// Trains on the source.
    has_source: bool,
}

impl Program {
    /// A model with statistics that it updates itself. Its weights are always the same.
    fn compile(&self) -> CompiledModel {
        set_random_seed(7);
        let bomb = self.constraint.clone();
        let limit = Constraint::custom("Limit", move |kernel: Tensor<2>| {
            bomb.tick().expect("the program says no");
            kernel.clamp(-1.0, 1.0)
        });
        let layers = Sequential::new().add(Input([2])).add(Dense(3)).add(BatchNormalization());
        let layers = layers.add(Pass { bomb: self.layer.clone() }).add(Dense(1).kernel_constraint(limit));
        let optimizer = Adam::new(Rate(self.schedule.clone()));
        layers.compile(optimizer, Squares(self.loss.clone()), [Zero(self.metric.clone())]).unwrap()
    }

    fn fit(&self, model: &mut CompiledModel, steps: Option<usize>) -> Result<()> {
        let mut fit = Fit::epochs(2).batch_size(2).shuffle(false).verbose(Verbose::Silent);
        if let Some(steps) = steps {
            fit = fit.callback(StopAfter { steps });
        }
        if self.has_source {
            return model.fit_source(&mut Source { bomb: self.source.clone(), next: 0 }, fit).map(drop);
        }
        fit = fit.callback(LearningRateLike(self.epoch.clone()));
        if let Some((hook, bomb)) = &self.hook {
            fit = fit.callback(Hook(hook, bomb.clone())).validation_data(x(), y());
        }
        model.fit(x(), y(), fit).map(drop)
    }
}

/// A scheduler by epochs, which can't set the rate here, as it follows a schedule.
struct LearningRateLike(Bomb);

impl Callback for LearningRateLike {
    fn on_epoch_begin(&mut self, _: usize, _: &mut Training<'_>) -> Result<()> {
        self.0.tick()
    }
}

/// Stops the training after this many steps.
struct StopAfter {
    steps: usize,
}

impl Callback for StopAfter {
    fn on_train_batch_end(&mut self, _: usize, training: &mut Training<'_>) -> Result<()> {
        self.steps -= 1;
        if self.steps == 0 {
            training.stop();
        }
        Ok(())
    }
}

fn weights(model: &CompiledModel) -> Vec<ArrayD<f32>> {
    model.model().unwrap().get_weights()
}

/// The model is like one that was trained for this many steps without a failure, and goes on like it.
fn check(case: &str, mut model: CompiledModel, steps: usize) {
    let program = Program::default();
    let mut expected = program.compile();
    if steps > 0 {
        program.fit(&mut expected, Some(steps)).unwrap();
    }
    assert_eq!(weights(&model), weights(&expected), "{case}: the weights");
    assert_eq!(model.iterations(), expected.iterations(), "{case}: the steps");
    assert_eq!(model.predict(x()).unwrap(), expected.predict(x()).unwrap(), "{case}: the predictions");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.keras");
    model.save(&path).unwrap();
    let loaded: Model = load_model(&path).unwrap();
    assert_eq!(loaded.get_weights(), weights(&expected), "{case}: the file");

    program.fit(&mut expected, None).unwrap();
    program.fit(&mut model, None).unwrap();
    assert_eq!(weights(&model), weights(&expected), "{case}: the weights after more training");
}

#[test]
fn whatever_fails_leaves_the_weights_of_the_last_whole_step() {
    layers::register::<Pass>("Pass");
    Constraint::custom("Limit", |kernel: Tensor<2>| kernel.clamp(-1.0, 1.0)).register();
    type Make = fn(Bomb) -> Program;
    let cases: [(&str, usize, usize, Make); 19] = [
        ("the layer, at first", 0, 0, |layer| Program { layer, ..Program::default() }),
        ("the layer", 2, 2, |layer| Program { layer, ..Program::default() }),
        ("the layer, in the second epoch", 4, 4, |layer| Program { layer, ..Program::default() }),
        ("the constraint, at first", 0, 0, |constraint| Program { constraint, ..Program::default() }),
        ("the constraint", 3, 3, |constraint| Program { constraint, ..Program::default() }),
        ("the loss, at first", 0, 0, |loss| Program { loss, ..Program::default() }),
        ("the loss", 1, 1, |loss| Program { loss, ..Program::default() }),
        ("the metric", 2, 2, |metric| Program { metric, ..Program::default() }),
        ("the schedule", 0, 1, |schedule| Program { schedule, ..Program::default() }),
        ("the source", 2, 2, |source| Program { source, has_source: true, ..Program::default() }),
        ("the source, at its end", 3, 3, |source| Program { source, has_source: true, ..Program::default() }),
        ("a new epoch", 1, 3, |epoch| Program { epoch, ..Program::default() }),
        ("train begin", 0, 0, |bomb| Program { hook: Some(("train begin", bomb)), ..Program::default() }),
        ("epoch begin", 1, 3, |bomb| Program { hook: Some(("epoch begin", bomb)), ..Program::default() }),
        ("batch begin", 1, 1, |bomb| Program { hook: Some(("batch begin", bomb)), ..Program::default() }),
        ("batch end", 1, 2, |bomb| Program { hook: Some(("batch end", bomb)), ..Program::default() }),
        ("test", 1, 3, |bomb| Program { hook: Some(("test", bomb)), ..Program::default() }),
        ("epoch end", 0, 3, |bomb| Program { hook: Some(("epoch end", bomb)), ..Program::default() }),
        ("train end", 0, 6, |bomb| Program { hook: Some(("train end", bomb)), ..Program::default() }),
    ];
    for panics in [false, true] {
        for (name, good, steps, make) in cases {
            let case = format!("{name}, {}", if panics { "a panic" } else { "an error" });
            let program = make(Bomb::new(panics, good));
            let mut model = program.compile();
            let outcome = catch_unwind(AssertUnwindSafe(|| program.fit(&mut model, None)));
            let is_panic = outcome.is_err();
            // A schedule or a constraint can't return an error.
            let can_only_panic = name == "the schedule" || name.starts_with("the constraint");
            assert_eq!(is_panic, panics || can_only_panic, "{case}");
            assert!(outcome.map_or(true, |result| result.is_err()), "{case}: nothing has failed");
            check(&case, model, steps);
        }
    }
}

/// While it runs, the averages are in the places of the weights.
#[test]
fn a_validation_of_averages_that_fails_leaves_the_weights() {
    let fit = || Fit::epochs(2).batch_size(2).shuffle(false).verbose(Verbose::Silent).validation_data(x(), y());
    for panics in [false, true] {
        let run = |swaps: bool| {
            set_random_seed(7);
            let layers = Sequential::new().add(Input([2])).add(Dense(3)).add(BatchNormalization()).add(Dense(1));
            let optimizer = Adam::new(0.05).use_ema(true).ema_momentum(0.5);
            let mut model = layers.compile(optimizer, MeanSquaredError::new(), ()).unwrap();
            let mut swap = SwapEMAWeights::new();
            let mut seen = Vec::new();
            for good in [1, 0, 4] {
                let mut options = fit().callback(Hook("test", Bomb::new(panics, good)));
                if swaps {
                    options = options.callback(&mut swap);
                }
                let run = catch_unwind(AssertUnwindSafe(|| model.fit(x(), y(), options)));
                assert!(run.map_or(true, |result| result.is_err()));
                seen.push((weights(&model), format!("{:?}", model.optimizer_variables().unwrap())));
            }
            let mut evaluate = Evaluate::new().batch_size(2).verbose(Verbose::Silent);
            evaluate = evaluate.callback(Hook("test", Bomb::new(panics, 1)));
            if swaps {
                evaluate = evaluate.callback(&mut swap);
            }
            let run = catch_unwind(AssertUnwindSafe(|| model.evaluate_with(x(), y(), evaluate)));
            assert!(run.map_or(true, |result| result.is_err()));
            seen.push((weights(&model), String::new()));
            model.fit(x(), y(), fit()).unwrap();
            seen.push((weights(&model), String::new()));
            seen
        };
        assert_eq!(run(true), run(false), "{panics}");
    }
}

#[test]
fn a_learning_rate_scheduler_that_panics_leaves_the_weights_of_the_epoch() {
    let layers = || Sequential::new().add(Input([2])).add(Dense(3)).add(BatchNormalization()).add(Dense(1));
    let compile = || {
        set_random_seed(7);
        layers().compile(SGD::new(0.1).momentum(0.9), MeanSquaredError::new(), ()).unwrap()
    };
    let fit = |epochs| Fit::epochs(epochs).batch_size(2).shuffle(false).verbose(Verbose::Silent);
    let (mut model, mut expected) = (compile(), compile());
    let scheduler = LearningRateScheduler::new(|epoch, rate| if epoch < 1 { rate } else { panic!("a bug") });
    let run = catch_unwind(AssertUnwindSafe(|| model.fit(x(), y(), fit(3).callback(scheduler))));
    assert!(run.is_err());
    expected.fit(x(), y(), fit(1)).unwrap();
    assert_eq!(weights(&model), weights(&expected));
}
