//! The options that `evaluate` and `predict` share: which batches there are, and the callbacks.

use horn_nn::{Error, Result, zero_batch_size};

/// Defines them for a type with the fields `batch_size`, `steps` and `callbacks`. After the type come the method that takes
/// it and the hooks that the method calls.
macro_rules! batch_options {
    ($options:ident, $method:literal, $hooks:literal) => {
        impl<'a> $options<'a> {
            /// The number of samples in a batch; 32 by default.
            #[must_use]
            pub fn batch_size(mut self, batch_size: usize) -> Self {
                self.batch_size = Some(batch_size);
                self
            }

            #[doc = concat!("The number of batches to ", $method, ", from the first one on; by default, as many as there are.")]
            /// If `batch_size` is not given, arrays are divided into this many batches.
            #[must_use]
            pub fn steps(mut self, steps: usize) -> Self {
                self.steps = Some(steps);
                self
            }

            #[doc = concat!("Adds a callback, whose `", $hooks, "` hooks are called.")]
            #[must_use]
            pub fn callback(mut self, callback: impl $crate::callbacks::Callback + 'a) -> Self {
                self.callbacks.push(Box::new(callback));
                self
            }

            /// Adds callbacks of different types, as [`Fit::callbacks`](crate::Fit::callbacks).
            #[must_use]
            pub fn callbacks(
                mut self,
                callbacks: impl IntoIterator<Item = Box<dyn $crate::callbacks::Callback + 'a>>,
            ) -> Self {
                self.callbacks.extend(callbacks);
                self
            }

            /// Checks the arguments that do not depend on the data.
            pub(crate) fn check(&self) -> horn_nn::Result<()> {
                $crate::running::batch_options::check(self.batch_size, self.steps)
            }
        }
    };
}
pub(crate) use batch_options;

/// Checks the number of samples in a batch, and that of the batches.
pub(crate) fn check(batch_size: Option<usize>, steps: Option<usize>) -> Result<()> {
    if batch_size == Some(0) {
        return Err(zero_batch_size());
    }
    match steps {
        Some(0) => Err(Error::argument("there are no steps")
            .at("steps")
            .received(0)
            .expected("at least 1")
            .hint("leave steps out for all batches")),
        _ => Ok(()),
    }
}
