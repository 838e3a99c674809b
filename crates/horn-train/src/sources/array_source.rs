//! Batches of arrays in memory.

use std::ops::Range;

use burn::tensor::Device;
use horn_nn::Result;

use crate::sources::batch::Batch;
use crate::sources::class_weight::ClassWeight;
use crate::sources::samples::Samples;
use crate::sources::shuffle::Shuffle;
use crate::sources::source::BatchSource;

/// A source of batches of arrays in memory.
pub(crate) struct ArraySource<'a> {
    samples: &'a Samples<'a>,
    order: Vec<usize>,
    batch_size: usize,
    shuffle: Shuffle,
    class_weight: Option<&'a ClassWeight>,
    next: usize,
}

impl<'a> ArraySource<'a> {
    /// A source that yields the samples in a range.
    pub fn new(samples: &'a Samples<'a>, range: Range<usize>, batch_size: usize) -> Self {
        Self { samples, order: range.collect(), batch_size, shuffle: Shuffle::No, class_weight: None, next: 0 }
    }

    /// Shuffles the samples for each epoch, if wanted. The range must start at 0.
    pub fn shuffle(mut self, shuffle: Shuffle) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// Weights the samples by their classes.
    pub fn class_weight(mut self, class_weight: Option<&'a ClassWeight>) -> Self {
        self.class_weight = class_weight;
        self
    }
}

impl BatchSource for ArraySource<'_> {
    fn len(&self) -> Option<usize> {
        Some(self.order.len().div_ceil(self.batch_size))
    }

    fn start(&mut self) -> Result<()> {
        if self.shuffle != Shuffle::No {
            self.order = self.shuffle.order(self.order.len(), self.batch_size);
        }
        self.next = 0;
        Ok(())
    }

    fn next_batch(&mut self, device: &Device) -> Result<Option<Batch>> {
        let left = &self.order[self.next..];
        let at = &left[..left.len().min(self.batch_size)];
        self.next += at.len();
        if at.is_empty() { Ok(None) } else { self.samples.batch(at, self.class_weight, device).map(Some) }
    }
}
