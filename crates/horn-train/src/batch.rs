//! What `fit` learns from: a source that hands out batches.

use burn::tensor::Device;
use horn_nn::{AnyTensor, Result, Signal};

/// Some samples with their targets, on the device.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The number of samples.
    pub len: usize,
    /// One for each input of the model, `[len, …]`.
    pub inputs: Vec<Signal>,
    /// One for each output of the model, `[len, …]`: floats, or integers where they are class numbers.
    pub targets: Vec<AnyTensor>,
    /// How much the samples count, `[len]` or `[len, steps]`, one for each output. An output that has none weighs all
    /// alike.
    pub sample_weights: Vec<Option<AnyTensor>>,
}

/// Where batches come from. An epoch goes over all of them once.
///
/// ```
/// use burn::Tensor;
/// use burn::tensor::Device;
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
    /// The number of batches in an epoch, where that is known.
    fn len(&self) -> Option<usize>;

    /// Begins an epoch, in a new order if the source shuffles.
    ///
    /// # Errors
    ///
    /// The source can't be read.
    fn start(&mut self) -> Result<()>;

    /// The next batch of the epoch; `None` at its end.
    ///
    /// The inputs lie on `device`, which has autodiff while the model trains. Targets and weights lie there without.
    ///
    /// # Errors
    ///
    /// The source can't be read. What `fit` has learned until then stays.
    fn next_batch(&mut self, device: &Device) -> Result<Option<Batch>>;
}
