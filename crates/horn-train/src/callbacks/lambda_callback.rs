//! A callback made of closures.

use std::fmt;

use horn_nn::Result;

use super::callback::Callback;
use super::prediction::Prediction;
use super::training::Training;
use crate::history::Scores;

/// Declares the callback with a closure for each hook.
macro_rules! hooks {
    ($($(#[doc = $doc:literal])* $hook:ident($($argument:ident: $type:ty),*);)*) => {
        /// A callback made of closures, one for each hook that is wanted. They take the arguments of the hooks of
        /// [`Callback`].
        ///
        /// ```
        /// use horn::Fit;
        /// use horn::callbacks::LambdaCallback;
        ///
        /// let mut losses = Vec::new();
        /// let print_loss = LambdaCallback::new()
        ///     .on_epoch_end(|epoch, logs, _| {
        ///         println!("{epoch}: {}", logs.loss());
        ///         losses.push(logs.loss());
        ///         Ok(())
        ///     })
        ///     .on_train_end(|training| training.model().model().map(|model| model.summary()));
        /// let fit = Fit::epochs(5).callback(print_loss);
        /// ```
        #[derive(Default)]
        pub struct LambdaCallback<'a> {
            $($hook: Option<Box<dyn FnMut($($type),*) -> Result<()> + 'a>>,)*
        }

        impl<'a> LambdaCallback<'a> {
            /// A callback that does nothing yet.
            pub fn new() -> Self {
                Self::default()
            }

            $(
                $(#[doc = $doc])*
                #[must_use]
                pub fn $hook(mut self, function: impl FnMut($($type),*) -> Result<()> + 'a) -> Self {
                    self.$hook = Some(Box::new(function));
                    self
                }
            )*
        }

        impl Callback for LambdaCallback<'_> {
            $(
                fn $hook(&mut self, $($argument: $type),*) -> Result<()> {
                    self.$hook.as_mut().map_or(Ok(()), |function| function($($argument),*))
                }
            )*
        }

        impl fmt::Debug for LambdaCallback<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut hooks = f.debug_set();
                $(if self.$hook.is_some() {
                    hooks.entry(&stringify!($hook));
                })*
                hooks.finish()
            }
        }
    };
}

hooks! {
    /// Runs this before the first epoch.
    on_train_begin(training: &mut Training<'_>);
    /// Runs this after the last epoch.
    on_train_end(training: &mut Training<'_>);
    /// Runs this before each epoch.
    on_epoch_begin(epoch: usize, training: &mut Training<'_>);
    /// Runs this after each epoch.
    on_epoch_end(epoch: usize, logs: &mut Scores, training: &mut Training<'_>);
    /// Runs this before each batch of training.
    on_train_batch_begin(batch: usize, training: &mut Training<'_>);
    /// Runs this after each batch of training.
    on_train_batch_end(batch: usize, training: &mut Training<'_>);
    /// Runs this before each evaluation.
    on_test_begin(training: &mut Training<'_>);
    /// Runs this after each evaluation.
    on_test_end(logs: &mut Scores, training: &mut Training<'_>);
    /// Runs this before each batch of an evaluation.
    on_test_batch_begin(batch: usize, training: &mut Training<'_>);
    /// Runs this after each batch of an evaluation.
    on_test_batch_end(batch: usize, training: &mut Training<'_>);
    /// Runs this before each prediction.
    on_predict_begin(prediction: &mut Prediction<'_>);
    /// Runs this after each prediction.
    on_predict_end(prediction: &mut Prediction<'_>);
    /// Runs this before each batch of a prediction.
    on_predict_batch_begin(batch: usize, prediction: &mut Prediction<'_>);
    /// Runs this after each batch of a prediction.
    on_predict_batch_end(batch: usize, prediction: &mut Prediction<'_>);
}
