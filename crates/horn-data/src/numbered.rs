//! A source of numbered items, which threads load while the model trains.

use std::sync::Arc;

use burn::tensor::Device;
use horn_nn::{Error, Result};
use horn_train::{Batch, BatchSource, Data, Prefetch, Run};

/// Loads items as a batch.
pub(crate) type Load = dyn Fn(&[usize]) -> Result<Data<'static>> + Send + Sync;

/// Draws the order of so many items in the next epoch. It is told whether the options of `fit` say to shuffle.
pub(crate) type Order = dyn FnMut(usize, bool) -> Vec<usize> + Send;

/// Items in batches.
pub(crate) struct Numbered {
    load: Arc<Load>,
    pub len: usize,
    pub batch_size: usize,
    /// The threads that load; with 0, the caller loads.
    pub workers: usize,
    pub max_queue_size: usize,
    order: Box<Order>,
    run: Option<Run>,
    /// The order of this epoch.
    items: Arc<Vec<usize>>,
    next: usize,
    loading: Option<Prefetch<Result<Data<'static>>>>,
}

impl Numbered {
    /// `len` items, in batches of 32 that one thread loads.
    pub fn new(len: usize, order: Box<Order>, load: Arc<Load>) -> Self {
        Self {
            load,
            len,
            batch_size: 32,
            workers: 1,
            max_queue_size: 10,
            order,
            run: None,
            items: Arc::default(),
            next: 0,
            loading: None,
        }
    }

    fn batches(&self) -> usize {
        self.len.div_ceil(self.batch_size.max(1))
    }

    fn draw(&mut self) -> Vec<usize> {
        (self.order)(self.len, self.run.as_ref().is_some_and(Run::shuffle))
    }

    /// Begins an epoch in a new order.
    pub fn begin(&mut self) {
        self.loading = None;
        self.items = Arc::new(self.draw());
        self.next = 0;
    }

    /// Loads the next batch; `None` after the last one.
    pub fn load_next(&mut self) -> Option<Result<Data<'static>>> {
        if self.next >= self.batches() {
            return None;
        }
        let (load, items, batch_size) = (self.load.clone(), self.items.clone(), self.batch_size);
        let batch = move |number: usize| {
            let first = number * batch_size;
            load(&items[first..items.len().min(first + batch_size)])
        };
        let loaded = match self.workers {
            0 => Some(batch(self.next)),
            workers => {
                let start = || Prefetch::new(workers, self.max_queue_size, self.next, Some(self.batches()), batch);
                if self.loading.is_none() {
                    self.loading = Some(start());
                }
                self.loading.as_mut()?.take_next()
            }
        };
        self.next += 1;
        loaded
    }
}

impl BatchSource for Numbered {
    fn len(&self) -> Option<usize> {
        Some(self.batches())
    }

    fn prepare(&mut self, run: &Run) -> Result<()> {
        if self.batch_size == 0 {
            return Err(horn_nn::zero_batch_size());
        }
        if self.len == 0 {
            return Err(Error::data("there are no samples")
                .at("x")
                .received("a dataset without items")
                .expected("at least one sample")
                .hint("check how the data was loaded or filtered"));
        }
        self.run = Some(run.clone());
        if run.is_first() {
            // Keras looks at a batch in an order of its own.
            self.draw();
        }
        Ok(())
    }

    fn start(&mut self) -> Result<()> {
        self.begin();
        Ok(())
    }

    fn next_batch(&mut self, device: &Device) -> Result<Option<Batch>> {
        let Some(data) = self.load_next() else { return Ok(None) };
        let Some(run) = &self.run else {
            return Err(Error::argument("the source does not know what it is read for")
                .expected("a call of `prepare` before the first batch")
                .hint("give the source to `fit_source`, which calls it"));
        };
        run.batch(data?, device).map(Some)
    }
}

/// A source that passes all on to the [`Numbered`] in its field `items`.
macro_rules! source_of_items {
    ($source:ty) => {
        impl horn_train::BatchSource for $source {
            fn len(&self) -> Option<usize> {
                horn_train::BatchSource::len(&self.items)
            }
            fn prepare(&mut self, run: &horn_train::Run) -> horn_nn::Result<()> {
                horn_train::BatchSource::prepare(&mut self.items, run)
            }
            fn start(&mut self) -> horn_nn::Result<()> {
                horn_train::BatchSource::start(&mut self.items)
            }
            fn next_batch(&mut self, device: &burn::tensor::Device) -> horn_nn::Result<Option<horn_train::Batch>> {
                horn_train::BatchSource::next_batch(&mut self.items, device)
            }
        }

        impl $source {
            /// The number of threads that load batches while the model trains; 1 by default. With 0, `fit` loads each batch
            /// itself.
            #[must_use]
            pub fn workers(mut self, workers: usize) -> Self {
                self.items.workers = workers;
                self
            }

            /// The number of batches that the threads may load in advance; 10 by default.
            #[must_use]
            pub fn max_queue_size(mut self, max_queue_size: usize) -> Self {
                self.items.max_queue_size = max_queue_size;
                self
            }
        }
    };
}
pub(crate) use source_of_items;
