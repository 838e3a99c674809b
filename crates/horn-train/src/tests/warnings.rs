//! What `fit` says when the numbers of a training are none any more.

use burn::tensor::Device;
use horn_nn::Result;
use horn_nn::random::RandomState;

use super::*;
use crate::callbacks::{Callback, CallbackState, Checkpoint, Training, capture};
use crate::losses::MeanSquaredError;
use crate::optimizers::SGD;
use crate::running::supervised::Supervised;
use crate::{Batch, BatchSource, TrainStep};

/// What `fit` prints as warnings.
fn said(rate: f64, fit: Fit<'_>) -> String {
    let mut model = model(SGD::new(rate), MeanSquaredError::new());
    let (history, said) = capture(|| model.fit(x(), y(), fit));
    history.unwrap();
    said
}

#[test]
fn a_loss_that_is_not_a_number_is_said_once() {
    for epochs in [1, 3] {
        let said = said(1e30, quiet(epochs));
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(
            said.starts_with("warning: epoch 1, batch 2: the loss is not a finite number; received NaN. "),
            "{said}"
        );
        assert!(said.ends_with("Hint: lower the learning rate, scale the data, or set `clipnorm`.\n"), "{said}");
    }
    assert_eq!(said(0.1, quiet(3)), "");
}

/// Reads the scores after each batch.
struct Reader;

impl Callback for Reader {
    fn on_train_batch_end(&mut self, _: usize, training: &mut Training<'_>) -> Result<()> {
        training.scores();
        Ok(())
    }
}

/// The batch is the first one whose loss is none, whenever that is read: here the one whose target is too large.
#[test]
fn the_batch_is_the_one_whose_loss_is_no_number() {
    let mut y = [0.5_f32; 6];
    y[3] = 1e30;
    for reads in [false, true] {
        let mut model = model(SGD::new(0.0), MeanSquaredError::new());
        let fit = quiet(2).batch_size(1).validation_data(x(), y.as_slice());
        let fit = if reads { fit.callback(Reader) } else { fit };
        let (history, said) = capture(|| model.fit(x(), y.as_slice(), fit));
        history.unwrap();
        assert!(said.starts_with("warning: epoch 1, batch 4: the loss is not a finite number; received inf"), "{said}");
    }
}

/// A run that resumes counts on from its first batch.
#[test]
fn the_batch_is_counted_from_the_begin_of_the_epoch() {
    struct Resumes;
    impl Callback for Resumes {
        fn on_train_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
            let (order, random) = (RandomState::now(), RandomState::now());
            training.resume(Checkpoint {
                epoch: 0,
                batch: 1,
                is_stopped: false,
                order,
                yielded: 1,
                random,
                scores: Scores::default(),
                score_state: Vec::new(),
                // Beside this one, the warning, the progress line and the history.
                callbacks: vec![CallbackState::default(); 4],
            });
            Ok(())
        }
    }
    let said = said(1e30, quiet(1).callback(Resumes));
    assert!(said.starts_with("warning: epoch 1, batch 3: the loss is not a finite number"), "{said}");
}

#[test]
fn weights_that_are_no_numbers_are_said_though_the_loss_is_one() {
    // One step of a large gradient, whose loss is that of the old weights.
    let y = HostArray::new(vec![1e10_f32; 6], [6]).unwrap();
    let mut model = model(SGD::new(3e38), MeanSquaredError::new());
    let (history, said) = capture(|| model.fit(x(), y, quiet(1).batch_size(6)));
    history.unwrap();
    assert!(said.starts_with("warning: the end of epoch 1: a weight is not a finite number"), "{said}");
}

#[test]
fn a_validation_is_not_a_training() {
    let y = HostArray::new(vec![1e30_f32; 6], [6]).unwrap();
    assert_eq!(said(0.1, quiet(1).validation_data(x(), y)), "");
}

/// Counts how often the scores are read.
struct Counting<'a>(Supervised<'a>, std::cell::Cell<usize>);

impl TrainStep for Counting<'_> {
    fn model(&mut self) -> &mut CompiledModel {
        self.0.model()
    }
    fn train_step(&mut self, batch: Batch) -> Result<()> {
        self.0.train_step(batch)
    }
    fn test_step(&mut self, batch: Batch) -> Result<()> {
        self.0.test_step(batch)
    }
    fn scores(&self) -> Scores {
        self.1.set(self.1.get() + 1);
        self.0.scores()
    }
    fn reset(&mut self) {
        self.0.reset();
    }
}

/// Three batches of two samples.
struct Pairs(usize);

impl BatchSource for Pairs {
    fn len(&self) -> Option<usize> {
        Some(3)
    }
    fn start(&mut self) -> Result<()> {
        self.0 = 0;
        Ok(())
    }
    fn next_batch(&mut self, device: &Device) -> Result<Option<Batch>> {
        let at = [2 * self.0, 2 * self.0 + 1];
        self.0 += 1;
        if self.0 > 3 {
            return Ok(None);
        }
        let inputs = vec![x().float_batch(&at, device)?.into()];
        let targets = vec![y().float_batch(&at, &device.clone().without_autodiff())?];
        Ok(Some(Batch { len: 2, inputs, targets, sample_weights: Vec::new() }))
    }
}

#[test]
fn a_step_that_does_not_count_says_until_when_it_was() {
    let mut model = model(SGD::new(1e30), MeanSquaredError::new());
    let mut step = Counting(Supervised::new(&mut model).unwrap(), Default::default());
    let (history, said) = capture(|| quiet(1).run(&mut step, &mut Pairs(0)));
    history.unwrap();
    assert!(said.starts_with("warning: epoch 1, batch 3 or before: the loss is not a finite number"), "{said}");
}

#[test]
fn no_scores_are_read_for_it() {
    let mut model = model(SGD::new(0.1), MeanSquaredError::new());
    let mut step = Counting(Supervised::new(&mut model).unwrap(), Default::default());
    quiet(4).run(&mut step, &mut Pairs(0)).unwrap();
    assert_eq!(step.1.get(), 4);
}
