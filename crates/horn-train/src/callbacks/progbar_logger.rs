//! Draws the progress line.

use std::fmt;
use std::io::{Stdout, Write};
use std::time::Instant;

use horn_nn::Result;

use super::callback::{Callback, Callbacks};
use super::training::Training;
use crate::history::Scores;
use crate::progress::{Progress, Verbose};

/// Draws the progress line. `fit` and `evaluate` add one themselves, after all other callbacks, unless the program has added
/// its own, such as for another place among the callbacks. That one draws as it was made, whatever `fit` is told.
///
/// ```
/// use horn::{Fit, Verbose};
/// use horn::callbacks::ProgbarLogger;
///
/// let fit = Fit::epochs(5).callback(ProgbarLogger::new(Verbose::Line));
/// ```
pub struct ProgbarLogger<W = Stdout> {
    /// Starts a line for this many batches.
    new_line: Box<dyn Fn(Option<usize>) -> Progress<W>>,
    /// Whether this run is a `fit`, in which a validation has no line of its own.
    in_fit: bool,
    line: Option<(Progress<W>, Instant)>,
}

impl ProgbarLogger<Stdout> {
    /// Draws on the standard output.
    pub fn new(verbose: Verbose) -> Self {
        Self::with_lines(move |batches| Progress::stdout(batches, verbose))
    }
}

impl<W: Write> ProgbarLogger<W> {
    fn with_lines(new_line: impl Fn(Option<usize>) -> Progress<W> + 'static) -> Self {
        Self { new_line: Box::new(new_line), in_fit: false, line: None }
    }

    fn begin(&mut self, progress: Progress<W>) {
        self.line = Some((progress, Instant::now()));
    }

    /// Counts a step. Reads the scores from the device only when they are shown.
    fn step(&mut self, training: &Training<'_>) {
        if let Some((progress, start)) = &mut self.line
            && progress.step(start.elapsed())
        {
            progress.draw(&training.scores().iter().collect::<Vec<_>>(), start.elapsed());
        }
    }

    fn end(&mut self, logs: &Scores) {
        if let Some((progress, start)) = self.line.take() {
            progress.finish(&logs.iter().collect::<Vec<_>>(), start.elapsed());
        }
    }
}

impl<W> fmt::Debug for ProgbarLogger<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgbarLogger").finish_non_exhaustive()
    }
}

impl<W: Write> Callback for ProgbarLogger<W> {
    fn draws_progress(&self) -> bool {
        true
    }

    fn on_train_begin(&mut self, _training: &mut Training<'_>) -> Result<()> {
        self.in_fit = true;
        Ok(())
    }

    fn on_epoch_begin(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        let line = (self.new_line)(training.batches()).epoch(epoch, training.epochs());
        self.begin(line);
        Ok(())
    }

    fn on_epoch_resume(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        self.on_epoch_begin(epoch, training)
    }

    fn on_train_batch_end(&mut self, _batch: usize, training: &mut Training<'_>) -> Result<()> {
        self.step(training);
        Ok(())
    }

    fn on_epoch_end(&mut self, _epoch: usize, logs: &mut Scores, _training: &mut Training<'_>) -> Result<()> {
        self.end(logs);
        Ok(())
    }

    fn on_test_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        if !self.in_fit {
            let line = (self.new_line)(training.batches());
            self.begin(line);
        }
        Ok(())
    }

    fn on_test_batch_end(&mut self, _batch: usize, training: &mut Training<'_>) -> Result<()> {
        if !self.in_fit {
            self.step(training);
        }
        Ok(())
    }

    fn on_test_end(&mut self, logs: &mut Scores, _training: &mut Training<'_>) -> Result<()> {
        if !self.in_fit {
            self.end(logs);
        }
        Ok(())
    }
}

/// Adds a progress line, unless one of the callbacks draws one.
pub(crate) fn add_progress(callbacks: &mut Callbacks<'_>, verbose: Verbose) {
    if !callbacks.iter().any(|callback| callback.draws_progress()) {
        callbacks.push(Box::new(ProgbarLogger::new(verbose)));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io;
    use std::rc::Rc;

    use horn_nn::Sequential;
    use horn_nn::initializers::Zeros;
    use horn_nn::layers::{Dense, Input};

    use super::*;
    use crate::losses::MeanSquaredError;
    use crate::metrics::MeanAbsoluteError;
    use crate::optimizers::SGD;
    use crate::{Compile, Evaluate, Fit};

    #[derive(Clone, Default)]
    struct Shared(Rc<RefCell<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(text)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that are written, without the times.
    fn written(verbose: Verbose, run: impl FnOnce(ProgbarLogger<Shared>)) -> Vec<String> {
        let out = Shared::default();
        let lines = out.clone();
        run(ProgbarLogger::with_lines(move |batches| Progress::new(lines.clone(), batches, verbose)));
        let text = String::from_utf8(out.0.take()).unwrap();
        let is_seconds = |word: &str| word.strip_suffix('s').is_some_and(|count| count.parse::<u32>().is_ok());
        let is_time = |word: &&str| word.ends_with("/step") || is_seconds(word);
        text.lines().map(|line| line.split(' ').filter(|word| !is_time(word)).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn only_a_run_without_a_progress_line_gets_one() {
        let count = |mut callbacks: Callbacks<'_>| {
            add_progress(&mut callbacks, Verbose::Silent);
            callbacks.len()
        };
        assert_eq!(count(Vec::new()), 1);
        assert_eq!(count(vec![Box::new(crate::callbacks::TerminateOnNaN::new())]), 2);
        assert_eq!(count(vec![Box::new(ProgbarLogger::new(Verbose::Bar))]), 1);
    }

    #[test]
    fn fit_and_evaluate_write_keras_s_lines() {
        let mut model = Sequential::new()
            .add(Input([1]))
            .add(Dense(1).kernel_initializer(Zeros::new()))
            .compile(SGD::new(0.0), MeanSquaredError::new(), [MeanAbsoluteError::new()])
            .unwrap();
        let (x, y) = (ndarray::arr2(&[[1.0_f32], [1.0], [1.0]]), ndarray::arr2(&[[2.0_f32], [2.0], [2.0]]));
        let numbers = "loss: 4.0000 - mean_absolute_error: 2.0000";
        let validation = "val_loss: 4.0000 - val_mean_absolute_error: 2.0000 - learning_rate: 0.0000e+00";
        let bar = "━━━━━━━━━━━━━━━━━━━━";

        let fit = || Fit::epochs(2).batch_size(2).verbose(Verbose::Silent).validation_data(&x, &y);
        let fit = || fit().learning_rate_scheduler(|_, rate| rate);
        let lines = written(Verbose::Bar, |logger| drop(model.fit(&x, &y, fit().callback(logger)).unwrap()));
        let line = format!("2/2 {bar} - {numbers} - {validation}");
        assert_eq!(lines, ["Epoch 1/2", &line, "Epoch 2/2", &line]);

        let lines = written(Verbose::Line, |logger| drop(model.fit(&x, &y, fit().callback(logger)).unwrap()));
        assert_eq!(lines[1], format!("2/2 - - - {numbers} - {validation}"));

        let evaluate = Evaluate::new().batch_size(2).verbose(Verbose::Silent);
        let lines =
            written(Verbose::Bar, |logger| drop(model.evaluate_with(&x, &y, evaluate.callback(logger)).unwrap()));
        assert_eq!(lines, [format!("2/2 {bar} - {numbers}")]);
    }
}
