//! Ctrl-C ends the training after the current batch.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use horn_nn::{Error, Result};
use signal_hook::consts::SIGINT;
use signal_hook::{SigId, flag, low_level};

use super::callback::Callback;
use super::prediction::Prediction;
use super::training::Training;
use crate::history::Scores;

/// Ends a training, an evaluation or a prediction after the current batch when the user presses Ctrl-C.
///
/// The model keeps the weights of the last step, `fit` returns the history with the epoch so far, and the program goes on.
/// `evaluate` returns the scores of the batches so far, and `predict` their outputs. With `BackupAndRestore`, the next start
/// of the program trains the rest. A second Ctrl-C before the batch ends kills the program, as it does without this callback. Outside of the run, Ctrl-C means
/// what it meant before.
///
/// ```
/// use horn::Fit;
/// use horn::callbacks::StopOnInterrupt;
///
/// let fit = Fit::epochs(100).callback(StopOnInterrupt::new());
/// ```
#[derive(Debug, Default)]
pub struct StopOnInterrupt {
    pressed: Arc<AtomicBool>,
    handlers: Vec<SigId>,
    waits: bool,
}

/// Lets Ctrl-C end the program as usual while no run waits for it. Handlers that are taken away leave the signal ignored.
struct Usual {
    /// The runs that wait.
    runs: usize,
    applies: Arc<AtomicBool>,
}

static USUAL: Mutex<Option<Usual>> = Mutex::new(None);

/// Counts a run that waits.
fn begin_waiting() -> io::Result<()> {
    let mut usual = USUAL.lock().unwrap_or_else(PoisonError::into_inner);
    let usual = match &mut *usual {
        Some(usual) => usual,
        None => {
            let applies = Arc::new(AtomicBool::new(false));
            flag::register_conditional_default(SIGINT, applies.clone())?;
            usual.insert(Usual { runs: 0, applies })
        }
    };
    usual.runs += 1;
    usual.applies.store(false, Ordering::SeqCst);
    Ok(())
}

fn end_waiting() {
    if let Some(usual) = &mut *USUAL.lock().unwrap_or_else(PoisonError::into_inner) {
        usual.runs -= 1;
        usual.applies.store(usual.runs == 0, Ordering::SeqCst);
    }
}

impl StopOnInterrupt {
    /// A callback that waits for Ctrl-C while a run goes on.
    pub fn new() -> Self {
        Self::default()
    }

    fn listen(&mut self) -> Result<()> {
        if self.waits {
            return Ok(());
        }
        self.pressed.store(false, Ordering::Relaxed);
        let failed = |error: io::Error| {
            Error::device("Ctrl-C can't be caught").because(error).hint("train without `StopOnInterrupt`")
        };
        begin_waiting().map_err(failed)?;
        self.waits = true;
        // The first handler runs first: it ends the program if the second one has been called before.
        self.handlers.push(flag::register_conditional_default(SIGINT, self.pressed.clone()).map_err(failed)?);
        self.handlers.push(flag::register(SIGINT, self.pressed.clone()).map_err(failed)?);
        Ok(())
    }

    fn stop_listening(&mut self) {
        if std::mem::take(&mut self.waits) {
            end_waiting();
        }
        for handler in self.handlers.drain(..) {
            low_level::unregister(handler);
        }
    }

    fn is_pressed(&self) -> bool {
        self.pressed.load(Ordering::Relaxed)
    }

    fn look(&self, training: &mut Training<'_>) {
        if self.is_pressed() {
            training.interrupt();
        }
    }
}

impl Drop for StopOnInterrupt {
    fn drop(&mut self) {
        self.stop_listening();
    }
}

impl Callback for StopOnInterrupt {
    fn on_train_begin(&mut self, _training: &mut Training<'_>) -> Result<()> {
        self.listen()
    }

    fn on_train_batch_end(&mut self, _batch: usize, training: &mut Training<'_>) -> Result<()> {
        self.look(training);
        Ok(())
    }

    fn on_train_end(&mut self, _training: &mut Training<'_>) -> Result<()> {
        self.stop_listening();
        Ok(())
    }

    fn on_test_begin(&mut self, _training: &mut Training<'_>) -> Result<()> {
        self.listen()
    }

    fn on_test_batch_end(&mut self, _batch: usize, training: &mut Training<'_>) -> Result<()> {
        self.look(training);
        Ok(())
    }

    fn on_test_end(&mut self, _logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        // A validation is in the middle of a training.
        if training.epochs() == 0 {
            self.stop_listening();
        }
        Ok(())
    }

    fn on_predict_begin(&mut self, _prediction: &mut Prediction<'_>) -> Result<()> {
        self.listen()
    }

    fn on_predict_batch_end(&mut self, _batch: usize, prediction: &mut Prediction<'_>) -> Result<()> {
        if self.is_pressed() {
            prediction.stop();
        }
        Ok(())
    }

    fn on_predict_end(&mut self, _prediction: &mut Prediction<'_>) -> Result<()> {
        self.stop_listening();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use horn_nn::Sequential;
    use horn_nn::layers::{Dense, Input};

    use super::*;
    use crate::losses::MeanSquaredError;
    use crate::optimizers::SGD;
    use crate::{Compile, Evaluate, Fit, Predict, Verbose};

    /// Presses Ctrl-C at a batch.
    struct Press {
        train_batch: Option<usize>,
        test_batch: Option<usize>,
    }

    impl Callback for Press {
        fn on_train_batch_end(&mut self, batch: usize, _: &mut Training<'_>) -> Result<()> {
            if self.train_batch == Some(batch) {
                low_level::raise(SIGINT).unwrap();
            }
            Ok(())
        }
        fn on_test_batch_end(&mut self, batch: usize, _: &mut Training<'_>) -> Result<()> {
            if self.test_batch == Some(batch) {
                low_level::raise(SIGINT).unwrap();
            }
            Ok(())
        }
        fn on_predict_batch_end(&mut self, batch: usize, _: &mut Prediction<'_>) -> Result<()> {
            if self.test_batch == Some(batch) {
                low_level::raise(SIGINT).unwrap();
            }
            Ok(())
        }
    }

    // One test, since the signal is that of the whole process.
    #[test]
    fn a_run_ends_after_the_batch() {
        let model = Sequential::new().add(Input([1])).add(Dense(1));
        let mut model = model.compile(SGD::new(0.1), MeanSquaredError::new(), ()).unwrap();
        let x = ndarray::Array2::<f32>::ones((8, 1));
        let fit = || Fit::epochs(3).batch_size(2).validation_data(&x, &x).verbose(Verbose::Silent);

        let press = Press { train_batch: Some(1), test_batch: None };
        let history = model.fit(&x, &x, fit().callback(press).callback(StopOnInterrupt::new())).unwrap();
        assert_eq!((history.epoch(), model.iterations()), (&[0][..], 2));
        assert_eq!(history.get("val_loss"), None);
        assert!(!model.is_training());

        let press = || Press { train_batch: None, test_batch: Some(0) };
        let history = model.fit(&x, &x, fit().callback(press()).callback(StopOnInterrupt::new())).unwrap();
        assert_eq!((history.epoch(), model.iterations()), (&[0][..], 2 + 4));
        assert_eq!(history.get("val_loss"), None);

        let evaluate = Evaluate::new().batch_size(2).verbose(Verbose::Silent);
        let callback = StopOnInterrupt::new();
        assert!(model.evaluate_with(&x, &x, evaluate.callback(press()).callback(callback)).is_ok());
        // Whatever the order of the callbacks.
        let predict = || Predict::new().batch_size(2);
        let outputs = model.predict_with(&x, predict().callback(press()).callback(StopOnInterrupt::new())).unwrap();
        assert_eq!(outputs.shape(), [2, 1]);
        let outputs = model.predict_with(&x, predict().callback(StopOnInterrupt::new()).callback(press())).unwrap();
        assert_eq!(outputs.shape(), [4, 1]);
        // Without a press, nothing ends.
        assert_eq!(model.predict_with(&x, predict().callback(StopOnInterrupt::new())).unwrap().shape(), [8, 1]);
        let history = model.fit(&x, &x, fit().callback(StopOnInterrupt::new())).unwrap();
        assert_eq!(history["val_loss"].len(), 3);
    }
}
