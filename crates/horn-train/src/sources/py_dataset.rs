//! Keras's `PyDataset`: batches by their numbers, loaded by several threads.

use std::sync::Arc;

use burn::tensor::Device;
use horn_nn::random::shuffle;
use horn_nn::{Error, Result};

use crate::sources::batch::Batch;
use crate::sources::data::Data;
use crate::sources::prefetch::Prefetch;
use crate::sources::run::Run;
use crate::sources::source::BatchSource;

/// Data that gives each batch by its number, such as files that are larger than the memory: Keras's `PyDataset`.
///
/// [`PyDatasetSource`] reads it for `fit`, with the threads that it asks for.
///
/// ```
/// use horn::layers::{Dense, Input};
/// use horn::losses::MeanSquaredError;
/// use horn::optimizers::SGD;
/// use horn::{Compile, Data, Fit, HostArray, PyDataset, PyDatasetSource, Result, Sequential, Verbose};
///
/// /// Points on the line y = 2x, four at a time. A real one would read a file for each batch.
/// struct Line;
///
/// impl PyDataset for Line {
///     fn len(&self) -> Option<usize> {
///         Some(5)
///     }
///     fn get(&self, index: usize) -> Result<Data<'static>> {
///         let x: Vec<f32> = (0..4).map(|at| (4 * index + at) as f32 / 20.0).collect();
///         let y = x.iter().map(|x| 2.0 * x).collect::<Vec<_>>();
///         Ok(Data::new(HostArray::new(x, [4, 1])?, HostArray::new(y, [4, 1])?))
///     }
///     fn workers(&self) -> usize {
///         2
///     }
/// }
///
/// let model = Sequential::new().add(Input([1])).add(Dense(1));
/// let mut model = model.compile(SGD::new(0.2), MeanSquaredError::new(), ())?;
/// let history = model.fit_source(&mut PyDatasetSource::new(Line), Fit::epochs(30).verbose(Verbose::Silent))?;
/// assert!(history["loss"][29] < 0.1 * history["loss"][0]);
/// # Ok::<(), horn::Error>(())
/// ```
#[expect(
    clippy::len_without_is_empty,
    reason = "it is a number of batches that may not be known, as Keras's num_batches"
)]
pub trait PyDataset: Send + Sync + 'static {
    /// The number of batches in an epoch: Keras's `num_batches`. `None` if there is no end; an epoch then ends by
    /// `steps_per_epoch`.
    fn len(&self) -> Option<usize>;

    /// The batch of this number, counted from 0: Keras's `__getitem__`. Several threads may ask at once.
    ///
    /// # Errors
    ///
    /// The batch can't be read. This ends the training with the error; the model keeps what it has learned.
    fn get(&self, index: usize) -> Result<Data<'static>>;

    /// Called before each epoch.
    fn on_epoch_begin(&mut self) {}

    /// Called after each epoch, such as to shuffle the samples.
    fn on_epoch_end(&mut self) {}

    /// The number of threads that load batches. With 1, the default, `fit` loads each batch itself when it needs it.
    fn workers(&self) -> usize {
        1
    }

    /// The number of batches that several threads may load in advance; 10 by default.
    fn max_queue_size(&self) -> usize {
        10
    }
}

/// A source of the batches of a [`PyDataset`]. `fit` shuffles the order of the batches, unless its options say otherwise,
/// as Keras does.
#[derive(Debug)]
pub struct PyDatasetSource<D> {
    dataset: Arc<D>,
    run: Option<Run>,
    /// The order of the batches; empty if there is no end.
    order: Vec<usize>,
    /// The place of the next batch in this order.
    next: usize,
    workers: Option<Prefetch<Result<Data<'static>>>>,
}

impl<D: PyDataset> PyDatasetSource<D> {
    /// A source of this dataset's batches.
    pub fn new(dataset: D) -> Self {
        Self { dataset: Arc::new(dataset), run: None, order: Vec::new(), next: 0, workers: None }
    }

    /// The dataset.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }

    /// The dataset itself, once no thread reads it.
    fn dataset_mut(&mut self) -> &mut D {
        self.workers = None;
        Arc::get_mut(&mut self.dataset).expect("the threads that shared the dataset have ended")
    }

    fn new_order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.dataset.len().unwrap_or(0)).collect();
        if self.run.as_ref().is_some_and(Run::shuffle) {
            shuffle(&mut order);
        }
        order
    }

    /// Loads the next batch; `None` after the last one.
    fn load(&mut self) -> Option<Result<Data<'static>>> {
        let end = self.dataset.len().map(|_| self.order.len());
        if end.is_some_and(|end| self.next >= end) {
            return None;
        }
        let workers = self.dataset.workers();
        let loaded = if workers > 1 {
            let start = || {
                let (dataset, order) = (self.dataset.clone(), self.order.clone());
                let job = move |at: usize| dataset.get(order.get(at).copied().unwrap_or(at));
                Prefetch::new(workers, self.dataset.max_queue_size(), self.next, end, job)
            };
            self.workers.get_or_insert_with(start).take_next()
        } else {
            Some(self.dataset.get(self.order.get(self.next).copied().unwrap_or(self.next)))
        };
        self.next += 1;
        loaded
    }
}

impl<D: PyDataset> BatchSource for PyDatasetSource<D> {
    fn len(&self) -> Option<usize> {
        self.dataset.len()
    }

    fn prepare(&mut self, run: &Run) -> Result<()> {
        if self.dataset.len() == Some(0) {
            return Err(Error::data("the dataset has no batches")
                .at("x")
                .received("a length of 0")
                .expected("at least one batch")
                .hint("check where the dataset looks for its data"));
        }
        self.workers = None;
        self.run = Some(run.clone());
        if run.is_first() {
            // Keras looks at a batch in an order of its own.
            self.new_order();
        }
        Ok(())
    }

    fn start(&mut self) -> Result<()> {
        self.workers = None;
        self.order = self.new_order();
        self.next = 0;
        Ok(())
    }

    fn next_batch(&mut self, device: &Device) -> Result<Option<Batch>> {
        let number = self.next;
        let Some(data) = self.load() else { return Ok(None) };
        let index = self.order.get(number).copied().unwrap_or(number);
        let run = self.run.as_ref().ok_or_else(not_prepared)?;
        run.batch(data?, device).map(Some).map_err(|error| error.within(&format!("batch {index}")))
    }

    fn on_epoch_begin(&mut self) -> Result<()> {
        self.dataset_mut().on_epoch_begin();
        Ok(())
    }

    fn on_epoch_end(&mut self) -> Result<()> {
        self.dataset_mut().on_epoch_end();
        Ok(())
    }
}

/// The error for a source that is read without `prepare`.
pub(crate) fn not_prepared() -> Error {
    Error::argument("the source does not know what it is read for")
        .expected("a call of `prepare` before the first batch")
        .hint("give the source to `fit_source`, which calls it")
}
