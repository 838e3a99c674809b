//! Callbacks in the training of several models by one step.

use horn_nn::initializers::Zeros;
use horn_nn::{Mode, Result};

use super::*;
use crate::callbacks::{Callback, EarlyStopping, SwapEMAWeights, Training, capture};
use crate::losses::MeanSquaredError;
use crate::optimizers::SGD;
use crate::{Batch, FitStep, Tracker, TrainStep};

/// Two models of one weight each, which learn the same.
struct Two {
    models: [CompiledModel; 2],
    tracker: Tracker,
}

impl Two {
    fn new(optimizers: [SGD; 2]) -> Self {
        let layer = || Dense(1).use_bias(false).kernel_initializer(Zeros::new());
        let layers = || Sequential::new().add(Input([1])).add(layer());
        let models = optimizers.map(|optimizer| layers().compile(optimizer, MeanSquaredError::new(), ()).unwrap());
        Self { models, tracker: Tracker::new() }
    }

    fn run(&mut self, batch: &Batch, mode: Mode) -> Result<()> {
        for model in &mut self.models {
            let output = model.forward(batch.inputs[0].float::<2>()?, mode)?;
            let loss = MeanSquaredError::new().call(batch.targets[0].clone(), output, None)?;
            self.tracker.mean("loss", &loss, batch.len);
            if mode == Mode::Training {
                model.minimize(loss)?;
            }
        }
        Ok(())
    }

    fn values(&mut self) -> Vec<f32> {
        self.models.iter().map(|model| weights(model)[0].sum()).collect()
    }
}

impl TrainStep for Two {
    fn model(&mut self) -> &mut CompiledModel {
        &mut self.models[0]
    }
    fn other_models(&mut self) -> Vec<&mut CompiledModel> {
        self.models[1..].iter_mut().collect()
    }
    fn train_step(&mut self, batch: Batch) -> Result<()> {
        self.run(&batch, Mode::Training)
    }
    fn test_step(&mut self, batch: Batch) -> Result<()> {
        self.run(&batch, Mode::Inference)
    }
    fn scores(&self) -> Scores {
        self.tracker.scores()
    }
    fn reset(&mut self) {
        self.tracker.reset();
    }
}

fn one() -> HostArray<'static> {
    HostArray::new(vec![1.0_f32], [1, 1]).unwrap()
}

/// Notes the weights of both models in validations.
#[derive(Default)]
struct Note(Vec<Vec<f32>>);

impl Callback for Note {
    fn on_test_batch_end(&mut self, _: usize, training: &mut Training<'_>) -> Result<()> {
        self.0.push(training.weights()?.iter().map(|weight| weight.sum()).collect());
        Ok(())
    }
}

#[test]
fn the_best_weights_of_all_models_are_restored() {
    // By w + rate · 2 (1 - w), from 0: the first jumps to 4, then away; the second comes closer more slowly than that.
    let mut two = Two::new([SGD::new(2.0), SGD::new(0.25)]);
    let stop = EarlyStopping::new().monitor("loss").patience(2).restore_best_weights(true);
    let history = two.fit(one(), one(), quiet(9).callback(stop)).unwrap();
    // The losses are those before each step, so the first is the smallest.
    assert_eq!(history.epoch(), [0, 1, 2]);
    assert_eq!(two.values(), [4.0, 0.5]);
}

#[test]
fn validations_see_the_averages_of_all_models() {
    let averaging = |rate| SGD::new(rate).use_ema(true).ema_momentum(0.5);
    let mut note = Note::default();
    // The first model has no averages.
    let mut two = Two::new([SGD::new(0.25), averaging(0.25)]);
    let fit = quiet(3).validation_data(one(), one()).callback(SwapEMAWeights::new()).callback(&mut note);
    two.fit(one(), one(), fit).unwrap();
    assert_eq!(note.0, [[0.5, 0.5], [0.75, 0.625], [0.875, 0.75]]);
    assert_eq!(two.values(), [0.875, 0.75]);
    // None has.
    let mut two = Two::new([SGD::new(0.25), SGD::new(0.25)]);
    let error = two.fit(one(), one(), quiet(1).callback(SwapEMAWeights::new())).unwrap_err();
    assert_eq!(error.location(), Some("SwapEMAWeights"));
}

#[test]
fn weights_of_any_model_that_are_no_numbers_are_a_warning() {
    let warnings = |rates: [f64; 2]| {
        let mut two = Two::new(rates.map(SGD::new));
        let (history, text) = capture(|| two.fit(one(), one(), quiet(1)));
        assert_eq!(history.unwrap()["loss"], [1.0]);
        text
    };
    assert_eq!(warnings([0.1, 0.1]), "");
    for rates in [[3e38, 0.1], [0.1, 3e38]] {
        assert!(warnings(rates).starts_with("warning: the end of epoch 1: a weight is not a finite number"));
    }
}
