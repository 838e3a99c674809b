//! Burn's dashboard in the terminal, while a model trains.

use std::fmt;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::{Duration, Instant};

use burn_train::Interrupter;
use burn_train::logger::TrainingProgressLogger;
use burn_train::metric::{
    MetricAttributes, MetricDefinition, MetricEntry, MetricId, NumericAttributes, NumericEntry, SerializedEntry,
};
use burn_train::renderer::tui::TuiMetricsRendererWrapper;
use burn_train::renderer::{MetricState, MetricsRenderer, MetricsRendererTraining};
use horn_nn::Result;
use horn_train::Scores;
use horn_train::callbacks::{Callback, Training, print_warning};

/// How often the scores are read from the device in an epoch. The dashboard draws no faster.
const TICK: Duration = Duration::from_millis(100);

/// Shows the training on Burn's dashboard: curves of losses and metrics, the progress, and the time that is left. The key
/// `q` asks whether to stop the training; the model then keeps what it has learned.
///
/// Give `fit` no progress line, which would be written over the dashboard:
///
/// ```
/// use horn::callbacks::Dashboard;
/// use horn::{Fit, Verbose};
///
/// let fit = Fit::epochs(100).verbose(Verbose::Silent).callback(Dashboard::new());
/// ```
///
/// Where the output is not a terminal, such as in a file, it shows nothing, with a warning. Needs the feature `dashboard`.
///
/// # Panics
///
/// `fit` panics if the user chooses to kill the training, as Burn does. The model keeps the weights of the last complete
/// step.
#[derive(Default)]
pub struct Dashboard {
    shown: Option<Shown>,
}

/// A dashboard on the screen.
struct Shown {
    renderer: TuiMetricsRendererWrapper,
    interrupter: Interrupter,
    /// The names that the dashboard knows.
    names: Vec<String>,
    drawn: Instant,
}

/// The part of the data that a value belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Split {
    Train,
    Valid,
}

impl fmt::Debug for Dashboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dashboard").field("is_shown", &self.shown.is_some()).finish()
    }
}

impl Dashboard {
    /// A dashboard, shown while a model trains.
    pub fn new() -> Self {
        Self::default()
    }

    fn batch_end(&mut self, split: Split, batch: usize, training: &mut Training<'_>) {
        let Some(shown) = &mut self.shown else { return };
        if shown.interrupter.should_stop() {
            training.interrupt();
        }
        if shown.drawn.elapsed() >= TICK {
            shown.drawn = Instant::now();
            shown.progress(batch + 1);
            shown.scores(split, training.scores().iter());
        }
    }
}

impl Shown {
    fn new() -> Self {
        let interrupter = Interrupter::new();
        let renderer = TuiMetricsRendererWrapper::new(interrupter.clone(), None);
        Self { renderer, interrupter, names: Vec::new(), drawn: Instant::now() }
    }

    fn progress(&mut self, batches: usize) {
        self.renderer.update_split(batches);
    }

    fn scores<'s>(&mut self, split: Split, scores: impl Iterator<Item = (&'s str, f64)>) {
        for (name, value) in scores {
            let id = MetricId::new(Arc::new(name.to_owned()));
            if !self.names.iter().any(|known| known == name) {
                self.names.push(name.to_owned());
                self.renderer.register_metric(MetricDefinition {
                    metric_id: id.clone(),
                    name: Arc::new(name.to_owned()),
                    description: None,
                    attributes: MetricAttributes::Numeric(NumericAttributes { unit: None, higher_is_better: false }),
                });
            }
            let entry = MetricEntry::new(id, SerializedEntry::new(format!("{value:.4}"), value.to_string()));
            let state = MetricState::Numeric(entry, Some(NumericEntry::Value(value)));
            match split {
                Split::Train => self.renderer.update_train(state),
                Split::Valid => self.renderer.update_valid(state),
            }
        }
    }
}

impl Callback for Dashboard {
    fn on_train_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        if !io::stdout().is_terminal() {
            print_warning("the dashboard is not shown, since the output is not a terminal");
            return Ok(());
        }
        let mut shown = Shown::new();
        shown.renderer.start(training.epochs(), 0, training.batches(), Some("fit"));
        self.shown = Some(shown);
        Ok(())
    }

    fn on_epoch_begin(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        if let Some(shown) = &mut self.shown {
            shown.renderer.update_epoch(epoch);
            shown.renderer.start_split("train", training.batches().unwrap_or(0));
        }
        Ok(())
    }

    fn on_epoch_resume(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        self.on_epoch_begin(epoch, training)
    }

    fn on_train_batch_end(&mut self, batch: usize, training: &mut Training<'_>) -> Result<()> {
        self.batch_end(Split::Train, batch, training);
        Ok(())
    }

    fn on_test_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        if let Some(shown) = &mut self.shown {
            shown.renderer.start_split("valid", training.batches().unwrap_or(0));
        }
        Ok(())
    }

    fn on_test_batch_end(&mut self, batch: usize, training: &mut Training<'_>) -> Result<()> {
        self.batch_end(Split::Valid, batch, training);
        Ok(())
    }

    fn on_epoch_end(&mut self, _epoch: usize, logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        if let Some(shown) = &mut self.shown {
            shown.renderer.end_split();
            shown.renderer.start_split("train", training.batches().unwrap_or(0));
            shown.progress(training.batches().unwrap_or(0));
            let of_validation = |(key, value)| Some((str::strip_prefix(key, "val_")?, value));
            shown.scores(Split::Train, logs.iter().filter(|(key, _)| !key.starts_with("val_")));
            shown.scores(Split::Valid, logs.iter().filter_map(of_validation));
        }
        Ok(())
    }

    fn on_train_end(&mut self, _training: &mut Training<'_>) -> Result<()> {
        // Gives the screen back.
        self.shown = None;
        Ok(())
    }
}
