//! Warns once that a loss or the weights are not numbers any more.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use horn_nn::{Error, Model, Result};

use super::callback::Callback;
use super::messages::print_warning;
use super::training::Training;
use super::watch::{Failure, Watch};
use crate::finite::Finite;
use crate::history::Scores;

/// Says after the epoch in which it happens that training has failed. Nothing is read for that from batch to batch: it is
/// seen when the progress line or a callback reads the scores, at the end of the epoch, and in the weights at the very end.
/// The device counts the batches before, which are read once it is seen.
#[derive(Default)]
pub(crate) struct NanWarning {
    has_warned: bool,
    /// The number of epochs so far, those before this run included.
    epochs: usize,
}

impl Callback for NanWarning {
    fn on_epoch_begin(&mut self, _epoch: usize, training: &mut Training<'_>) -> Result<()> {
        training.watch = Watch::default();
        Ok(())
    }

    fn on_train_batch_begin(&mut self, batch: usize, training: &mut Training<'_>) -> Result<()> {
        training.watch.set_batch(Some(batch));
        Ok(())
    }

    fn on_test_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        // The loss of a validation is not that of the training.
        training.watch.set_batch(None);
        Ok(())
    }

    fn on_epoch_end(&mut self, epoch: usize, _logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        self.epochs = epoch + 1;
        self.has_warned |= training.watch.is_said();
        if let Some(Failure { batch, is_first, loss }) = training.watch.found() {
            let warning = Error::data("the loss is not a finite number").received(loss);
            let or_before = if is_first { "" } else { " or before" };
            self.warn(warning.at(format!("epoch {}, batch {}{or_before}", self.epochs, batch + 1)));
        }
        Ok(())
    }

    /// Weights that are not numbers show in the next loss. After the last step there is none.
    fn on_train_end(&mut self, training: &mut Training<'_>) -> Result<()> {
        if self.has_warned {
            return Ok(());
        }
        let mut are_finite = true;
        training.each_model(|model| are_finite &= model.model().map_or(true, is_finite));
        if !are_finite {
            let warning = Error::data("a weight is not a finite number").received("NaN or infinity");
            self.warn(warning.at(format!("the end of epoch {}", self.epochs)));
        }
        Ok(())
    }
}

impl NanWarning {
    fn warn(&mut self, warning: Error) {
        if !self.has_warned {
            print_warning(&warning.hint("lower the learning rate, scale the data, or set `clipnorm`").to_string());
        }
        self.has_warned = true;
    }
}

/// Are all weights finite? Waits for the device once.
fn is_finite(model: &Model) -> bool {
    struct OfWeights(Finite);
    impl ModuleVisitor for OfWeights {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.add(param.val().without_autodiff());
        }
    }
    let mut finite = OfWeights(Finite::default());
    model.visit(&mut finite);
    finite.0.read()
}
