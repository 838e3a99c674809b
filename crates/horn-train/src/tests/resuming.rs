//! Callbacks ask for backups, and resume runs.

use horn_nn::{Error, Result};

use super::*;
use crate::callbacks::{Callback, CallbackState, Checkpoint, Training};
use crate::losses::MeanSquaredError;
use crate::optimizers::SGD;

/// Backs up at a batch, counted over all epochs, and keeps what it gets. Or resumes there.
#[derive(Default)]
struct Keep {
    at: usize,
    batches: usize,
    kept: Option<(Checkpoint, Vec<ArrayD<f32>>)>,
    resume: bool,
    hooks: Vec<String>,
}

impl Callback for Keep {
    fn on_train_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        if let Some((checkpoint, weights)) = self.kept.clone().filter(|_| self.resume) {
            training.model().model_mut()?.set_weights(&weights)?;
            training.resume(checkpoint);
        }
        Ok(())
    }
    fn on_epoch_begin(&mut self, epoch: usize, _: &mut Training<'_>) -> Result<()> {
        self.hooks.push(format!("epoch {epoch}"));
        Ok(())
    }
    fn on_epoch_resume(&mut self, epoch: usize, _: &mut Training<'_>) -> Result<()> {
        self.hooks.push(format!("the rest of epoch {epoch}"));
        Ok(())
    }
    fn on_train_batch_end(&mut self, batch: usize, training: &mut Training<'_>) -> Result<()> {
        self.hooks.push(format!("batch {batch}"));
        self.batches += 1;
        if self.batches == self.at {
            training.back_up();
        }
        Ok(())
    }
    fn on_back_up(&mut self, checkpoint: &Checkpoint, training: &mut Training<'_>) -> Result<()> {
        self.kept = Some((checkpoint.clone(), training.model().model()?.get_weights()));
        Ok(())
    }
    fn state(&self) -> CallbackState {
        CallbackState::default().with_count("batches", self.batches)
    }
    fn set_state(&mut self, state: &CallbackState) -> Result<()> {
        self.batches = state.count("batches");
        Ok(())
    }
}

#[test]
fn a_run_resumes_in_the_middle_of_an_epoch() {
    horn_nn::random::set_random_seed(3);
    let (mut whole, mut resumed) =
        (model(SGD::new(0.1), MeanSquaredError::new()), model(SGD::new(0.1), MeanSquaredError::new()));
    let mut keep = Keep { at: 5, ..Keep::default() };
    let expected = whole.fit(x(), y(), quiet(4).shuffle(true).callback(&mut keep)).unwrap();
    let (checkpoint, _) = keep.kept.as_ref().unwrap();
    assert_eq!((checkpoint.epoch, checkpoint.batch, checkpoint.is_stopped), (1, 2, false));
    assert_eq!(checkpoint.callbacks[0].get("batches"), Some(5.0));

    let mut keep = Keep { resume: true, hooks: Vec::new(), at: usize::MAX, ..keep };
    let history = resumed.fit(x(), y(), quiet(4).shuffle(true).callback(&mut keep)).unwrap();
    assert_eq!(history.epoch(), [1, 2, 3]);
    // The loss of the epoch that was resumed is that of all its batches.
    assert_eq!(history["loss"], expected["loss"][1..]);
    assert_eq!(weights(&resumed), weights(&whole));
    assert_eq!(keep.batches, 12);
    let hooks = ["the rest of epoch 1", "batch 2", "epoch 2", "batch 0"];
    assert_eq!(keep.hooks[..4], hooks);
}

#[test]
fn what_a_backup_fails_with_ends_the_run() {
    struct Full;
    impl Callback for Full {
        fn on_epoch_end(&mut self, _: usize, _: &mut Scores, training: &mut Training<'_>) -> Result<()> {
            training.back_up();
            Ok(())
        }
        fn on_back_up(&mut self, checkpoint: &Checkpoint, _: &mut Training<'_>) -> Result<()> {
            assert_eq!((checkpoint.epoch, checkpoint.batch), (1, 0));
            Err(Error::file("cannot be written"))
        }
    }
    let mut model = model(SGD::new(0.1), MeanSquaredError::new());
    assert!(model.fit(x(), y(), quiet(2).callback(Full)).unwrap_err().is_file());
    assert_eq!(model.iterations(), 3);
    model.fit(x(), y(), quiet(1)).unwrap();
}
