//! Stops when the loss is no longer a number.

use horn_nn::{Error, Result};

use super::callback::Callback;
use super::messages::print_msg;
use super::training::Training;
use crate::python::python_repr;

/// Stops the training after a batch with a loss that is infinite or not a number.
///
/// It reads the scores after each batch, which waits for the device.
///
/// ```
/// use horn::Fit;
/// use horn::callbacks::TerminateOnNaN;
///
/// let fit = Fit::epochs(100).callback(TerminateOnNaN::new());
/// ```
#[derive(Debug, Clone, Default)]
pub struct TerminateOnNaN {
    raise_error: bool,
}

impl TerminateOnNaN {
    /// Stops the training as [`Training::stop`] does.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether `fit` returns an error instead. The hooks for the end of the training are not called then, so that a
    /// backup of it stays.
    #[must_use]
    pub fn raise_error(mut self, raise_error: bool) -> Self {
        self.raise_error = raise_error;
        self
    }
}

impl Callback for TerminateOnNaN {
    fn on_train_batch_end(&mut self, batch: usize, training: &mut Training<'_>) -> Result<()> {
        let Some(loss) = training.scores().get("loss").filter(|loss| !loss.is_finite()) else { return Ok(()) };
        if self.raise_error {
            return Err(Error::data("the loss is not finite")
                .at(format!("batch {batch}"))
                .received(python_repr(loss))
                .expected("a finite loss")
                .hint("lower the learning rate, clip the gradients, or check the data of this batch"));
        }
        print_msg(&format!("Batch {batch}: Invalid loss, terminating training"));
        training.watch.say();
        training.stop();
        Ok(())
    }
}
