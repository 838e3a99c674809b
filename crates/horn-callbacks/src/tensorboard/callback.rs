//! The callback that writes for TensorBoard.

use std::path::{Path, PathBuf};
use std::time::Instant;

use horn_keras::SaveModel;
use horn_nn::{ModelKind, Result, arguments};
use horn_train::callbacks::{Callback, CallbackState, Training, log_rates, print_warning};
use horn_train::{CompiledModel, Scores};

use super::event_file::EventFile;
use super::protobuf::Message;
use super::{histogram, image, summary};
use crate::frequency::Frequency;

/// Writes event files for TensorBoard: the logs as curves, the layers as a graph, and, if wanted, the weights as histograms
/// and images. `tensorboard --logdir logs` shows them, while the training runs, too.
///
/// Below the folder, `train` has what belongs to the training and `validation` what belongs to evaluations, with Keras's
/// names: `epoch_loss`, `epoch_learning_rate`, `batch_loss`, `evaluation_loss_vs_iterations`, `sequential/dense/kernel/histogram`.
///
/// ```
/// use horn::Fit;
/// use horn::callbacks::{Frequency, TensorBoard};
///
/// let board = TensorBoard::new("logs/run1").histogram_freq(1).write_images(true).update_freq(Frequency::Batches(100));
/// let fit = Fit::epochs(10).callback(board);
/// ```
///
/// # Errors
///
/// `fit` fails if a file can't be written.
#[derive(Debug)]
pub struct TensorBoard {
    histogram_freq: usize,
    write_graph: bool,
    write_images: bool,
    write_steps_per_second: bool,
    update_freq: Frequency,
    train: EventFile,
    validation: EventFile,
    /// The batches of training so far, over all epochs.
    batches: usize,
    batch_start: Instant,
    /// When the epoch began, and the batches before it.
    epoch_start: (Instant, usize),
    /// Whether this run is a `fit`.
    in_fit: bool,
}

impl TensorBoard {
    /// Writes below this folder, after each epoch.
    pub fn new(log_dir: impl AsRef<Path>) -> Self {
        let below = |name: &str| -> PathBuf { log_dir.as_ref().join(name) };
        let now = Instant::now();
        Self {
            histogram_freq: 0,
            write_graph: true,
            write_images: false,
            write_steps_per_second: false,
            update_freq: Frequency::Epoch,
            train: EventFile::new(below("train")),
            validation: EventFile::new(below("validation")),
            batches: 0,
            batch_start: now,
            epoch_start: (now, 0),
            in_fit: false,
        }
    }

    /// Whether this batch is one whose logs are written.
    fn is_due(&self) -> bool {
        matches!(self.update_freq, Frequency::Batches(every) if self.batches.is_multiple_of(every))
    }

    fn write_keras_graph(&mut self, model: &CompiledModel) -> Result<()> {
        if !self.write_graph {
            return Ok(());
        }
        match model.to_json() {
            Ok(json) => self.train.write(0, summary::keras_graph("keras", &json)),
            Err(error) => {
                print_warning(&format!("the graph is not written, since the model has no JSON: {error:#}"));
                Ok(())
            }
        }
    }

    fn write_weights(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        let model = training.model().model()?;
        // The names of Keras's variables begin with that of the model, if it is a Sequential.
        let prefix = match model.kind() {
            ModelKind::Sequential => format!("{}/", model.name()),
            _ => String::new(),
        };
        for (path, weight) in model.weight_paths().zip(model.get_weights()) {
            let path = format!("{prefix}{path}").replace(':', "_");
            let buckets = histogram::of(weight.iter().map(|value| f64::from(*value)));
            self.train.write(epoch, summary::histogram(&format!("{path}/histogram"), &buckets))?;
            if let Some(images) = image::of(&weight).filter(|_| self.write_images) {
                self.train.write(epoch, summary::images(&format!("{path}/image"), &images))?;
            }
        }
        Ok(())
    }
}

arguments!(TensorBoard {
    /// After how many epochs the weights are written as histograms; never by default, which is 0.
    histogram_freq: usize,
    /// Whether to write the graph of the layers; yes by default.
    write_graph: bool,
    /// Whether to write the weights as images, with their histograms; no by default.
    write_images: bool,
    /// Whether to write how many steps are made in a second; no by default.
    write_steps_per_second: bool,
    /// When to write the logs. With [`Frequency::Batches`], they are written after epochs, too. Reading the logs of a batch
    /// waits for the device.
    update_freq: Frequency,
});

fn write_scalar(file: &mut EventFile, step: usize, tag: &str, value: f64) -> Result<()> {
    let message: Message = summary::scalar(tag, value);
    file.write(step, message)
}

impl Callback for TensorBoard {
    fn on_train_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        self.update_freq.check("TensorBoard: update_freq")?;
        self.in_fit = true;
        self.batches = 0;
        self.write_keras_graph(training.model())?;
        self.train.flush()
    }

    fn on_test_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        if self.in_fit {
            return Ok(());
        }
        self.write_keras_graph(training.model())?;
        self.train.flush()
    }

    fn on_epoch_begin(&mut self, _epoch: usize, _training: &mut Training<'_>) -> Result<()> {
        self.epoch_start = (Instant::now(), self.batches);
        Ok(())
    }

    fn on_epoch_resume(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        self.on_epoch_begin(epoch, training)
    }

    fn on_train_batch_begin(&mut self, _batch: usize, _training: &mut Training<'_>) -> Result<()> {
        self.batches += 1;
        self.batch_start = Instant::now();
        Ok(())
    }

    fn on_train_batch_end(&mut self, _batch: usize, training: &mut Training<'_>) -> Result<()> {
        if !self.is_due() {
            return Ok(());
        }
        if self.write_steps_per_second {
            let rate = 1.0 / self.batch_start.elapsed().as_secs_f64();
            write_scalar(&mut self.train, self.batches, "batch_steps_per_second", rate)?;
        }
        for (key, value) in training.scores().iter() {
            write_scalar(&mut self.train, self.batches, &format!("batch_{key}"), value)?;
        }
        Ok(())
    }

    fn on_test_end(&mut self, logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        let step = training.model().iterations();
        for (key, value) in logs.iter() {
            write_scalar(&mut self.validation, step, &format!("evaluation_{key}_vs_iterations"), value)?;
        }
        if self.in_fit { Ok(()) } else { self.validation.flush() }
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        let mut rates = Scores::default();
        log_rates(&mut rates, &training.model().learning_rates());
        for (key, value) in logs.iter().filter(|(key, _)| rates.get(key).is_none()) {
            match key.strip_prefix("val_") {
                Some(key) => write_scalar(&mut self.validation, epoch, &format!("epoch_{key}"), value)?,
                None => write_scalar(&mut self.train, epoch, &format!("epoch_{key}"), value)?,
            }
        }
        for (key, rate) in rates.iter() {
            write_scalar(&mut self.train, epoch, &format!("epoch_{key}"), rate)?;
        }
        if self.write_steps_per_second {
            let (start, before) = self.epoch_start;
            let rate = (self.batches - before) as f64 / start.elapsed().as_secs_f64();
            write_scalar(&mut self.train, epoch, "epoch_steps_per_second", rate)?;
        }
        if self.histogram_freq > 0 && epoch.is_multiple_of(self.histogram_freq) {
            self.write_weights(epoch, training)?;
        }
        self.train.flush()?;
        self.validation.flush()
    }

    fn on_train_end(&mut self, _training: &mut Training<'_>) -> Result<()> {
        self.in_fit = false;
        self.train.flush()?;
        self.validation.flush()
    }

    fn state(&self) -> CallbackState {
        CallbackState::default().with_count("batches", self.batches)
    }

    fn set_state(&mut self, state: &CallbackState) -> Result<()> {
        self.batches = state.count("batches");
        Ok(())
    }
}
