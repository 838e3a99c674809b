//! The batches of one epoch after the other: Keras's `EpochIterator`.

use burn::tensor::Device;
use horn_nn::Result;
use horn_nn::random::RandomState;

use crate::callbacks::{Checkpoint, SourcePosition, print_warning};
use crate::sources::batch::Batch;
use crate::sources::source::BatchSource;

/// Goes through a source epoch by epoch. Without a number of steps, an epoch goes through the whole source. With one, it
/// takes that many batches and the next epoch goes on behind them; where the source ends, it starts again.
pub(crate) struct Steps<'s> {
    source: &'s mut dyn BatchSource,
    /// Batches in an epoch, if the caller wants a number of them.
    wanted: Option<usize>,
    /// Batches in the source, if it knows.
    available: Option<usize>,
    /// Batches that a source that does not know had in an epoch before.
    counted: Option<usize>,
    /// Batches of the source since it was started.
    seen: usize,
    /// The random numbers before the source was started, which draws the order of its batches; `None` if it is to start
    /// with the next batch.
    started: Option<RandomState>,
    /// Batches of this epoch.
    done: usize,
    /// Whether the source ended before the epoch did.
    ran_out: bool,
}

impl<'s> Steps<'s> {
    pub fn new(source: &'s mut dyn BatchSource, wanted: Option<usize>) -> Self {
        let available = source.len();
        Self { source, wanted, available, counted: None, seen: 0, started: None, done: 0, ran_out: false }
    }

    /// The number of batches in an epoch, if known; after an epoch, as many as it had.
    pub fn per_epoch(&self) -> Option<usize> {
        self.wanted.or(self.available).or(self.counted)
    }

    /// Whether the epoch has had no batch at all, since the source has no more.
    pub fn is_exhausted(&self) -> bool {
        self.ran_out && self.done == 0
    }

    /// Begins an epoch, of which so many batches are done.
    pub fn begin(&mut self, done: usize) -> Result<()> {
        self.source.on_epoch_begin()?;
        (self.done, self.ran_out) = (done, false);
        Ok(())
    }

    /// Where the source is; `None` if it is to start with the next batch.
    pub fn position(&self) -> Option<SourcePosition> {
        Some(SourcePosition { order: self.started.clone()?, yielded: self.seen })
    }

    /// Brings the source to where it was at a checkpoint: it draws the same order again, and yields the batches that are
    /// done.
    pub fn resume(&mut self, checkpoint: &Checkpoint, device: &Device) -> Result<()> {
        if checkpoint.yielded == 0 {
            return Ok(());
        }
        checkpoint.order.restore();
        self.source.start()?;
        for _ in 0..checkpoint.yielded {
            self.source.next_batch(device)?;
        }
        (self.started, self.seen) = (Some(checkpoint.order.clone()), checkpoint.yielded);
        checkpoint.random.restore();
        Ok(())
    }

    /// The next batch of the epoch; `None` at its end.
    pub fn next(&mut self, device: &Device) -> Result<Option<Batch>> {
        if self.ran_out || self.wanted.is_some_and(|wanted| self.done >= wanted) {
            return Ok(None);
        }
        if self.started.is_some() && self.available.is_some_and(|available| self.seen >= available) {
            self.end_of_source();
            return Ok(None);
        }
        if self.started.is_none() {
            let order = RandomState::now();
            self.source.start()?;
            (self.started, self.seen) = (Some(order), 0);
        }
        let batch = self.source.next_batch(device)?;
        match &batch {
            Some(_) => {
                self.seen += 1;
                self.done += 1;
            }
            None => self.end_of_source(),
        }
        Ok(batch)
    }

    fn end_of_source(&mut self) {
        (self.ran_out, self.started) = (true, None);
        self.counted = Some(self.done);
        if self.wanted.is_some() {
            print_warning(
                "The data ran out before the epoch had all its steps, so that the epoch ended early. Give data for \
                 `steps_per_epoch * epochs` batches, or fewer steps.",
            );
        }
    }

    /// Ends an epoch.
    pub fn end(&mut self) -> Result<()> {
        // The next epoch begins with the first batch, not with the end of the source.
        if self.wanted.is_none() || self.available.is_some_and(|available| self.seen >= available) {
            self.started = None;
        }
        self.source.on_epoch_end()
    }

    /// Lets the next epoch start from the first batch, as each evaluation does.
    pub fn reset(&mut self) {
        self.started = None;
    }
}

#[cfg(test)]
mod tests {
    use horn_nn::random::permutation;

    use super::*;
    use crate::callbacks::capture;
    use crate::history::Scores;

    /// Yields the numbers below `len` as the lengths of batches.
    struct Numbers {
        len: usize,
        knows: bool,
        next: usize,
        starts: usize,
    }

    impl BatchSource for Numbers {
        fn len(&self) -> Option<usize> {
            self.knows.then_some(self.len)
        }
        fn start(&mut self) -> Result<()> {
            (self.next, self.starts) = (0, self.starts + 1);
            Ok(())
        }
        fn next_batch(&mut self, _: &Device) -> Result<Option<Batch>> {
            self.next += 1;
            let batch = Batch { len: self.next - 1, inputs: vec![], targets: vec![], sample_weights: vec![] };
            Ok((self.next <= self.len).then_some(batch))
        }
    }

    /// The batches of so many epochs.
    fn epochs(len: usize, knows: bool, wanted: Option<usize>, epochs: usize) -> (Vec<Vec<usize>>, usize, usize) {
        let mut numbers = Numbers { len, knows, next: 0, starts: 0 };
        let mut steps = Steps::new(&mut numbers, wanted);
        let epoch = |_| {
            steps.begin(0).unwrap();
            let batches = std::iter::from_fn(|| steps.next(&Device::default()).unwrap().map(|batch| batch.len));
            let batches = batches.collect();
            steps.end().unwrap();
            batches
        };
        let (batches, warnings) = capture(|| (0..epochs).map(epoch).collect());
        (batches, numbers.starts, warnings.lines().count())
    }

    #[test]
    fn a_run_goes_on_with_the_random_numbers_that_it_had() {
        let order = RandomState::now();
        // What layers have drawn since the batches were put in order.
        permutation(3);
        let random = RandomState::now();
        permutation(5);
        let checkpoint = Checkpoint {
            epoch: 0,
            batch: 2,
            is_stopped: false,
            order,
            yielded: 2,
            random: random.clone(),
            scores: Scores::default(),
            score_state: Vec::new(),
            callbacks: Vec::new(),
        };
        let mut numbers = Numbers { len: 4, knows: true, next: 0, starts: 0 };
        let mut steps = Steps::new(&mut numbers, None);
        steps.begin(2).unwrap();
        steps.resume(&checkpoint, &Device::default()).unwrap();
        assert_eq!(RandomState::now(), random);
        assert_eq!(steps.next(&Device::default()).unwrap().map(|batch| batch.len), Some(2));
    }

    /// `EpochIterator.num_batches` of Keras is None before, and 3 after, the first epoch of a generator.
    #[test]
    fn the_batches_of_an_epoch_are_known_after_it() {
        let mut numbers = Numbers { len: 3, knows: false, next: 0, starts: 0 };
        let mut steps = Steps::new(&mut numbers, None);
        for known in [None, Some(3), Some(3)] {
            assert_eq!(steps.per_epoch(), known);
            steps.begin(0).unwrap();
            let batches = std::iter::from_fn(|| steps.next(&Device::default()).unwrap());
            assert_eq!(batches.count(), 3);
            steps.end().unwrap();
        }
    }

    #[test]
    fn epochs_are_those_of_keras() {
        // The source's length, whether it knows it, the steps; batches, starts and warnings: what
        // `EpochIterator(x, batch_size=1, steps_per_epoch=…)` of Keras yields for an array and for a generator.
        for (len, knows, wanted, batches, starts, warnings) in [
            (3, true, None, vec![vec![0, 1, 2]; 3], 3, 0),
            (3, false, None, vec![vec![0, 1, 2]; 3], 3, 0),
            (3, true, Some(2), vec![vec![0, 1], vec![2], vec![0, 1]], 2, 1),
            (4, true, Some(2), vec![vec![0, 1], vec![2, 3], vec![0, 1]], 2, 0),
            (3, true, Some(5), vec![vec![0, 1, 2]; 3], 3, 3),
            (3, false, Some(2), vec![vec![0, 1], vec![2], vec![0, 1]], 2, 1),
        ] {
            let case = format!("{len} {knows} {wanted:?}");
            assert_eq!(epochs(len, knows, wanted, 3), (batches, starts, warnings), "{case}");
        }
    }
}
