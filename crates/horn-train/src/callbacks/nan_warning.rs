//! Warns once that a loss or the weights are no numbers any more.

use std::cell::Cell;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Bool, Tensor};
use horn_nn::{Error, Model, Result};

use super::callback::Callback;
use super::messages::print_warning;
use super::training::Training;
use crate::history::Scores;

/// Says after the epoch in which it happens that training has failed. Nothing is read for that from batch to batch: it is
/// seen when the progress line or a callback reads the scores, and at the end of the epoch.
#[derive(Default)]
pub(crate) struct NanWarning {
    has_warned: bool,
}

/// Looks at the scores that are read in an epoch of training.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// The batch of training that runs now.
    batch: Cell<Option<usize>>,
    /// The batch at which the loss was first seen not to be a number, and the loss.
    found: Cell<Option<(usize, f64)>>,
}

impl Watch {
    pub fn look(&self, scores: &Scores) {
        let loss = scores.get("loss").filter(|loss| !loss.is_finite());
        if let (Some(batch), Some(loss), None) = (self.batch.get(), loss, self.found.get()) {
            self.found.set(Some((batch, loss)));
        }
    }
}

impl Callback for NanWarning {
    fn on_epoch_begin(&mut self, _epoch: usize, training: &mut Training<'_>) -> Result<()> {
        training.watch = Watch::default();
        Ok(())
    }

    fn on_train_batch_begin(&mut self, batch: usize, training: &mut Training<'_>) -> Result<()> {
        training.watch.batch.set(Some(batch));
        Ok(())
    }

    fn on_test_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        // The loss of a validation is not that of the training.
        training.watch.batch.set(None);
        Ok(())
    }

    fn on_epoch_end(&mut self, epoch: usize, _logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        if self.has_warned {
            return Ok(());
        }
        let found = training.watch.found.get();
        let warning = match found {
            Some((batch, loss)) => Error::data("the loss is not a finite number")
                .at(format!("epoch {}, batch {} or before", epoch + 1, batch + 1))
                .received(loss),
            None if training.model().model().is_ok_and(|model| !is_finite(model)) => {
                Error::data("a weight is not a finite number")
                    .at(format!("epoch {}, its last batch or before", epoch + 1))
                    .received("NaN or infinity")
            }
            None => return Ok(()),
        };
        self.has_warned = true;
        print_warning(&warning.hint("lower the learning rate, scale the data, or set `clipnorm`").to_string());
        Ok(())
    }
}

/// Are all weights finite? Waits for the device once.
fn is_finite(model: &Model) -> bool {
    struct Finite(Option<Tensor<1, Bool>>);
    impl ModuleVisitor for Finite {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let own = param.val().without_autodiff().is_finite().all();
            self.0 = Some(match self.0.take() {
                Some(all) => all.bool_and(own),
                None => own,
            });
        }
    }
    let mut finite = Finite(None);
    model.visit(&mut finite);
    finite.0.is_none_or(|all| all.into_data().iter::<bool>().all(|finite| finite))
}
