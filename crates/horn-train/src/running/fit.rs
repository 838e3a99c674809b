//! The options of `fit`.

use std::fmt;

use horn_nn::{HostArray, IntoArrays};

use crate::callbacks::{Callback, Callbacks, LearningRateScheduler};
use crate::progress::Verbose;
use crate::running::validation_freq::ValidationFreq;
use crate::sources::class_weight::ClassWeight;
use crate::sources::data::Data;
use crate::sources::shuffle::Shuffle;
use crate::sources::source::BatchSource;

/// The options of `fit`, with Keras's names and defaults.
///
/// ```
/// use horn::{Fit, Verbose};
///
/// let fit = Fit::epochs(5).batch_size(128).validation_split(0.1).verbose(Verbose::Silent);
/// ```
pub struct Fit<'a> {
    pub(crate) epochs: usize,
    pub(crate) initial_epoch: usize,
    pub(crate) batch_size: Option<usize>,
    pub(crate) steps_per_epoch: Option<usize>,
    pub(crate) shuffle: Shuffle,
    pub(crate) sample_weight: Vec<HostArray<'a>>,
    pub(crate) class_weight: Option<ClassWeight>,
    pub(crate) verbose: Verbose,
    pub(crate) validation_split: Option<f64>,
    pub(crate) validation: Validation<'a>,
    pub(crate) validation_sample_weight: Vec<HostArray<'a>>,
    pub(crate) validation_batch_size: Option<usize>,
    pub(crate) validation_steps: Option<usize>,
    pub(crate) validation_freq: ValidationFreq,
    pub(crate) callbacks: Callbacks<'a>,
}

/// What is validated with after an epoch.
#[derive(Default)]
pub(crate) enum Validation<'a> {
    #[default]
    None,
    Data(Data<'a>),
    Source(Box<dyn BatchSource + 'a>),
}

impl fmt::Debug for Fit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fit")
            .field("epochs", &self.epochs)
            .field("initial_epoch", &self.initial_epoch)
            .field("batch_size", &self.batch_size)
            .field("steps_per_epoch", &self.steps_per_epoch)
            .field("shuffle", &self.shuffle)
            .field("class_weight", &self.class_weight)
            .field("verbose", &self.verbose)
            .field("validation_split", &self.validation_split)
            .field("validation_batch_size", &self.validation_batch_size)
            .field("validation_steps", &self.validation_steps)
            .field("validation_freq", &self.validation_freq)
            .field("callbacks", &self.callbacks.len())
            .finish_non_exhaustive()
    }
}

impl Default for Fit<'_> {
    /// One epoch in shuffled batches of 32, with a progress line.
    fn default() -> Self {
        Self {
            epochs: 1,
            initial_epoch: 0,
            batch_size: None,
            steps_per_epoch: None,
            shuffle: Shuffle::Samples,
            sample_weight: Vec::new(),
            class_weight: None,
            verbose: Verbose::Bar,
            validation_split: None,
            validation: Validation::None,
            validation_sample_weight: Vec::new(),
            validation_batch_size: None,
            validation_steps: None,
            validation_freq: ValidationFreq::default(),
            callbacks: Vec::new(),
        }
    }
}

impl<'a> Fit<'a> {
    /// Trains up to this number of epochs, in shuffled batches of 32.
    pub fn epochs(epochs: usize) -> Self {
        Self { epochs, ..Self::default() }
    }

    /// The epoch to start at, counted from 0, when training is resumed. Training still ends at `epochs`, which is not a
    /// number of epochs to add. If there are none left, the history is empty.
    #[must_use]
    pub fn initial_epoch(mut self, initial_epoch: usize) -> Self {
        self.initial_epoch = initial_epoch;
        self
    }

    /// The number of samples in a batch; 32 by default. The last batch of an epoch may be smaller.
    #[must_use]
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = Some(batch_size);
        self
    }

    /// The number of batches in an epoch; by default, as many as there are.
    ///
    /// The next epoch goes on with the batches behind them. Where the data ends in the middle of an epoch, that epoch ends
    /// early, with a warning, and the next one starts at the beginning. If `batch_size` is not given, arrays are divided into
    /// this many batches.
    #[must_use]
    pub fn steps_per_epoch(mut self, steps_per_epoch: usize) -> Self {
        self.steps_per_epoch = Some(steps_per_epoch);
        self
    }

    /// How much each sample counts in the loss and in weighted metrics: an array of the shape `[samples]`, or
    /// `[samples, steps]` for outputs with a value for each step. For a model with several outputs, one number for each
    /// sample counts for all of them; otherwise give an array for each output, in their order or by their names.
    ///
    /// The loss is the weighted sum divided by the number of values, not by the sum of the weights, as in Keras.
    /// `validation_split` divides the weights like the samples.
    ///
    /// ```
    /// use horn::Fit;
    ///
    /// let weights = [1.0_f32, 1.0, 0.25];
    /// let fit = Fit::epochs(2).sample_weight(&weights);
    /// let fit = Fit::epochs(2).sample_weight([("kind", &weights)]);
    /// ```
    #[must_use]
    pub fn sample_weight(mut self, sample_weight: impl IntoArrays<'a>) -> Self {
        self.sample_weight = sample_weight.into_arrays();
        self
    }

    /// How much the samples of each class count in the loss and in weighted metrics, for a model with one output. Classes
    /// without a weight count once. The validation does not know these weights.
    ///
    /// The class of a sample is its class number, or where its row of targets is largest. [`ClassWeight`] has an example.
    #[must_use]
    pub fn class_weight(mut self, class_weight: impl Into<ClassWeight>) -> Self {
        self.class_weight = Some(class_weight.into());
        self
    }

    /// Whether to shuffle the samples before each epoch; yes by default. [`Shuffle::Batch`] is Keras's "batch".
    #[must_use]
    pub fn shuffle(mut self, shuffle: impl Into<Shuffle>) -> Self {
        self.shuffle = shuffle.into();
        self
    }

    /// What is printed; a progress line by default.
    #[must_use]
    pub fn verbose(mut self, verbose: Verbose) -> Self {
        self.verbose = verbose;
        self
    }

    /// Holds out this fraction of the samples for validation after each epoch: the last ones, before any shuffling. As in
    /// Keras, 0 holds out none, and where there is validation data, that is used, and all samples train.
    #[must_use]
    pub fn validation_split(mut self, validation_split: f64) -> Self {
        self.validation_split = Some(validation_split);
        self
    }

    /// Validates on these samples after each epoch. They are borrowed, and must outlive the options.
    #[must_use]
    pub fn validation_data(mut self, x: impl IntoArrays<'a>, y: impl IntoArrays<'a>) -> Self {
        self.validation = Validation::Data(Data::new(x, y));
        self
    }

    /// How much each sample of the validation data counts: Keras's third part of `validation_data`. As
    /// [`sample_weight`](Self::sample_weight).
    #[must_use]
    pub fn validation_sample_weight(mut self, sample_weight: impl IntoArrays<'a>) -> Self {
        self.validation_sample_weight = sample_weight.into_arrays();
        self
    }

    /// Validates on the batches of a source after each epoch. The source is given by value, or by mutable reference.
    #[must_use]
    pub fn validation_source(mut self, source: impl BatchSource + 'a) -> Self {
        self.validation = Validation::Source(Box::new(source));
        self
    }

    /// The number of batches of a validation, from the first one on; by default, as many as there are.
    #[must_use]
    pub fn validation_steps(mut self, validation_steps: usize) -> Self {
        self.validation_steps = Some(validation_steps);
        self
    }

    /// The epochs after which to validate: every `n` epochs, or a list of them, counted from 1; after each by default.
    ///
    /// [`ValidationFreq`] has an example.
    #[must_use]
    pub fn validation_freq(mut self, validation_freq: impl Into<ValidationFreq>) -> Self {
        self.validation_freq = validation_freq.into();
        self
    }

    /// The number of samples in a batch of the validation; `batch_size` by default.
    #[must_use]
    pub fn validation_batch_size(mut self, validation_batch_size: usize) -> Self {
        self.validation_batch_size = Some(validation_batch_size);
        self
    }

    /// Adds a callback. Callbacks are called in the order in which they were added.
    ///
    /// [`Callback`] has an example.
    #[must_use]
    pub fn callback(mut self, callback: impl Callback + 'a) -> Self {
        self.callbacks.push(Box::new(callback));
        self
    }

    /// Adds callbacks of different types.
    ///
    /// ```
    /// use horn::Fit;
    /// use horn::callbacks::{Callback, LearningRateScheduler};
    ///
    /// let callbacks: Vec<Box<dyn Callback>> = vec![Box::new(LearningRateScheduler::new(|_, rate| rate * 0.9))];
    /// let fit = Fit::epochs(5).callbacks(callbacks);
    /// ```
    #[must_use]
    pub fn callbacks(mut self, callbacks: impl IntoIterator<Item = Box<dyn Callback + 'a>>) -> Self {
        self.callbacks.extend(callbacks);
        self
    }

    /// Sets the learning rate at the start of each epoch. The function takes the epoch, counted from 0, and the current
    /// rate. Short for the callback [`LearningRateScheduler`]; the history has the rates as `learning_rate`.
    ///
    /// ```
    /// use horn::Fit;
    ///
    /// let fit = Fit::epochs(5).learning_rate_scheduler(|epoch, rate| if epoch == 0 { rate } else { rate / 2.0 });
    /// ```
    #[must_use]
    pub fn learning_rate_scheduler(self, schedule: impl Fn(usize, f64) -> f64 + 'a) -> Self {
        self.callback(LearningRateScheduler::new(schedule))
    }
}
