//! Which hook is called when, and what it can do.

use horn_nn::Result;

use super::*;
use crate::callbacks::{Callback, Prediction, Training};
use crate::losses::MeanSquaredError;
use crate::optimizers::SGD;
use crate::{Evaluate, Predict, Scores};

/// Records the hooks that are called.
#[derive(Default)]
struct Recorder(Vec<String>);

impl Recorder {
    fn note(&mut self, hook: impl Into<String>) -> Result<()> {
        self.0.push(hook.into());
        Ok(())
    }
}

impl Callback for Recorder {
    fn on_train_begin(&mut self, _: &mut Training<'_>) -> Result<()> {
        self.note("train begin")
    }
    fn on_train_end(&mut self, _: &mut Training<'_>) -> Result<()> {
        self.note("train end")
    }
    fn on_epoch_begin(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        let (epochs, batches) = (training.epochs(), training.batches());
        self.note(format!("epoch {epoch} of {epochs}, {batches:?}"))
    }
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        let keys: Vec<_> = logs.iter().map(|(key, _)| key).collect();
        self.note(format!("epoch {epoch} end, {keys:?}, {} before", training.history().epoch().len()))
    }
    fn on_train_batch_begin(&mut self, batch: usize, _: &mut Training<'_>) -> Result<()> {
        self.note(format!("batch {batch}"))
    }
    fn on_train_batch_end(&mut self, batch: usize, training: &mut Training<'_>) -> Result<()> {
        assert!(training.scores().loss() > 0.0);
        self.note(format!("batch {batch} end"))
    }
    fn on_test_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        let batches = training.batches();
        self.note(format!("test, {batches:?}"))
    }
    fn on_test_end(&mut self, logs: &mut Scores, _: &mut Training<'_>) -> Result<()> {
        let keys: Vec<_> = logs.iter().map(|(key, _)| key).collect();
        self.note(format!("test end, {keys:?}"))
    }
    fn on_test_batch_begin(&mut self, batch: usize, _: &mut Training<'_>) -> Result<()> {
        self.note(format!("test {batch}"))
    }
    fn on_test_batch_end(&mut self, batch: usize, _: &mut Training<'_>) -> Result<()> {
        self.note(format!("test {batch} end"))
    }
    fn on_predict_begin(&mut self, _: &mut Prediction<'_>) -> Result<()> {
        self.note("predict begin")
    }
    fn on_predict_end(&mut self, _: &mut Prediction<'_>) -> Result<()> {
        self.note("predict end")
    }
    fn on_predict_batch_begin(&mut self, batch: usize, _: &mut Prediction<'_>) -> Result<()> {
        self.note(format!("predict {batch}"))
    }
    fn on_predict_batch_end(&mut self, batch: usize, _: &mut Prediction<'_>) -> Result<()> {
        self.note(format!("predict {batch} end"))
    }
}

#[test]
fn hooks_are_called_in_keras_s_order() {
    let mut model = model(SGD::new(0.1), MeanSquaredError::new());
    let mut recorder = Recorder::default();
    let fit = quiet(2).initial_epoch(1).validation_data(x(), y()).validation_batch_size(4).callback(&mut recorder);
    model.fit(x(), y(), fit).unwrap();
    assert_eq!(
        recorder.0,
        [
            "train begin",
            "epoch 1 of 2, Some(3)",
            "batch 0",
            "batch 0 end",
            "batch 1",
            "batch 1 end",
            "batch 2",
            "batch 2 end",
            "test, Some(2)",
            "test 0",
            "test 0 end",
            "test 1",
            "test 1 end",
            "test end, [\"loss\"]",
            "epoch 1 end, [\"loss\", \"val_loss\"], 0 before",
            "train end",
        ]
    );
}

#[test]
fn evaluation_and_prediction_have_hooks() {
    let mut model = model(SGD::new(0.1), MeanSquaredError::new());
    let mut recorder = Recorder::default();
    let options = || Evaluate::new().batch_size(4).verbose(Verbose::Silent);
    let scores = model.evaluate_with(x(), y(), options().callback(&mut recorder)).unwrap();
    assert_eq!(scores, model.evaluate_with(x(), y(), options()).unwrap());
    let tests = ["test, Some(2)", "test 0", "test 0 end", "test 1", "test 1 end", "test end, [\"loss\"]"];
    assert_eq!(recorder.0, tests);

    let mut recorder = Recorder::default();
    let outputs = model.predict_with(x(), Predict::new().batch_size(4).callback(&mut recorder)).unwrap();
    assert_eq!(outputs, model.predict(x()).unwrap());
    let hooks = ["predict begin", "predict 0", "predict 0 end", "predict 1", "predict 1 end", "predict end"];
    assert_eq!(recorder.0, hooks);
}

/// Uses and changes the model in the middle of an epoch.
struct Busy;

impl Callback for Busy {
    fn on_train_batch_end(&mut self, _: usize, training: &mut Training<'_>) -> Result<()> {
        let model = training.model();
        let before = weights(model);
        model.predict(x())?;
        measure(model);
        assert_eq!(weights(model), before);
        let variables: Vec<_> = model.optimizer_variables()?.into_iter().map(|variable| variable.value).collect();
        model.set_optimizer_variables(&variables)
    }
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        logs.set("epochs", epoch as f64 + 1.0);
        if epoch == 1 {
            training.model().model_mut()?.set_layer_trainable("last", false)?;
        }
        Ok(())
    }
}

#[test]
fn hooks_may_use_and_change_the_model() {
    let (mut plain, mut busy) = (
        model(SGD::new(0.1).momentum(0.9), MeanSquaredError::new()),
        model(SGD::new(0.1).momentum(0.9), MeanSquaredError::new()),
    );
    busy.model_mut().unwrap().set_weights(&weights(&plain)).unwrap();
    let expected = plain.fit(x(), y(), quiet(2)).unwrap();
    let history = busy.fit(x(), y(), quiet(2).callback(Busy)).unwrap();
    assert_eq!(history["loss"], expected["loss"]);
    assert_eq!(history["epochs"], [1.0, 2.0]);
    assert_eq!(weights(&busy), weights(&plain));

    // The layer that the hook froze stays frozen.
    busy.fit(x(), y(), quiet(1)).unwrap();
    assert_eq!(weights(&busy)[2..], weights(&plain)[2..]);
    assert_ne!(weights(&busy)[..2], weights(&plain)[..2]);
}

#[test]
fn a_hook_may_put_another_model_in_place() {
    /// Restores the model as it was after the first epoch.
    #[derive(Default)]
    struct Back(Option<horn_nn::Model>);
    impl Callback for Back {
        fn on_epoch_end(&mut self, epoch: usize, _: &mut Scores, training: &mut Training<'_>) -> Result<()> {
            let model = training.model().model_mut()?;
            match epoch {
                0 => self.0 = Some(model.clone()),
                _ => *model = self.0.clone().expect("there was a first epoch"),
            }
            Ok(())
        }
    }
    horn_nn::random::set_random_seed(1);
    let mut model = model(SGD::new(0.01), MeanSquaredError::new());
    let history = model.fit(x(), y(), quiet(4).callback(Back::default())).unwrap();
    assert!(history["loss"][1] < history["loss"][0], "{history:?}");
    // Each later epoch starts with the weights after the first epoch.
    assert_eq!(history["loss"][1..], [history["loss"][1]; 3]);
    assert_eq!(model.iterations(), 12);
}

#[test]
fn stopping_at_a_batch_ends_the_epoch_there() {
    struct Stop;
    impl Callback for Stop {
        fn on_train_batch_end(&mut self, batch: usize, training: &mut Training<'_>) -> Result<()> {
            if batch == 1 {
                training.stop();
            }
            Ok(())
        }
    }
    let mut model = model(SGD::new(0.1), MeanSquaredError::new());
    let history = model.fit(x(), y(), quiet(5).validation_data(x(), y()).callback(Stop)).unwrap();
    assert_eq!(history.epoch(), [0]);
    assert_eq!(history["val_loss"].len(), 1);
    assert_eq!(model.iterations(), 2);
}
