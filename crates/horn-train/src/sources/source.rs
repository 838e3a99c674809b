//! Sources of batches.

use burn::tensor::Device;
use horn_nn::{Error, Result};

use crate::sources::batch::Batch;
use crate::sources::run::Run;

/// A source of batches. One epoch goes over all of them once.
///
/// ```
/// use horn::burn::Tensor;
/// use horn::burn::tensor::Device;
/// use horn::layers::{Dense, Input};
/// use horn::{Result, Sequential};
/// use horn::losses::MeanSquaredError;
/// use horn::optimizers::SGD;
/// use horn::{Batch, BatchSource, Compile, Fit, Verbose};
///
/// /// Points on the line y = 2x, made as they are needed.
/// struct Line {
///     left: usize,
/// }
///
/// impl BatchSource for Line {
///     fn len(&self) -> Option<usize> {
///         Some(10)
///     }
///     fn start(&mut self) -> Result<()> {
///         self.left = 10;
///         Ok(())
///     }
///     fn next_batch(&mut self, device: &Device) -> Result<Option<Batch>> {
///         if self.left == 0 {
///             return Ok(None);
///         }
///         self.left -= 1;
///         let x = Tensor::<2>::from_data([[self.left as f32 / 10.0]], device);
///         let y = x.clone().without_autodiff() * 2.0;
///         let (inputs, targets) = (vec![x.into()], vec![y.into()]);
///         Ok(Some(Batch { len: 1, inputs, targets, sample_weights: Vec::new() }))
///     }
/// }
///
/// let model = Sequential::new().add(Input([1])).add(Dense(1));
/// let mut model = model.compile(SGD::new(0.5), MeanSquaredError::new(), ())?;
/// let history = model.fit_source(&mut Line { left: 0 }, Fit::epochs(20).verbose(Verbose::Silent))?;
/// assert!(history["loss"][19] < 1e-3);
/// # Ok::<(), horn::Error>(())
/// ```
#[expect(clippy::len_without_is_empty, reason = "it is a number of batches that may not be known, as Keras's __len__")]
pub trait BatchSource {
    /// The number of batches in an epoch, if known.
    fn len(&self) -> Option<usize>;

    /// Tells the source what it is read for, before its first epoch.
    ///
    /// # Errors
    ///
    /// By default, if there are weights of classes: a source gives its batches weights itself. Otherwise, if the source
    /// can't do what the options say.
    fn prepare(&mut self, run: &Run) -> Result<()> {
        match run.class_weight() {
            None => Ok(()),
            Some(_) => Err(Error::argument("the source does not take weights of classes")
                .at("class_weight")
                .received("class_weight with a source of batches")
                .expected("arrays, a `PyDataset`, or no class_weight")
                .hint("let the source give the weights with its batches")),
        }
    }

    /// Starts at the first batch, in a new order if the source shuffles. Called before each epoch; with
    /// `steps_per_epoch`, only where the source has ended.
    ///
    /// # Errors
    ///
    /// The source can't be read.
    fn start(&mut self) -> Result<()>;

    /// The next batch of the epoch; `None` at its end.
    ///
    /// The inputs are on `device`, which has autodiff during training. Targets and weights are on the same device
    /// without autodiff.
    ///
    /// # Errors
    ///
    /// The source can't be read. The model then keeps the weights of the last complete step.
    fn next_batch(&mut self, device: &Device) -> Result<Option<Batch>>;

    /// Called before each epoch.
    ///
    /// # Errors
    ///
    /// The source can't be read.
    fn on_epoch_begin(&mut self) -> Result<()> {
        Ok(())
    }

    /// Called after each epoch.
    ///
    /// # Errors
    ///
    /// The source can't be read.
    fn on_epoch_end(&mut self) -> Result<()> {
        Ok(())
    }
}

/// A borrowed source.
impl<S: BatchSource + ?Sized> BatchSource for &mut S {
    fn len(&self) -> Option<usize> {
        (**self).len()
    }
    fn prepare(&mut self, run: &Run) -> Result<()> {
        (**self).prepare(run)
    }
    fn start(&mut self) -> Result<()> {
        (**self).start()
    }
    fn next_batch(&mut self, device: &Device) -> Result<Option<Batch>> {
        (**self).next_batch(device)
    }
    fn on_epoch_begin(&mut self) -> Result<()> {
        (**self).on_epoch_begin()
    }
    fn on_epoch_end(&mut self) -> Result<()> {
        (**self).on_epoch_end()
    }
}
