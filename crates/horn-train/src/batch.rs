//! Batches of training data, and the sources that yield them.

use burn::tensor::Device;
use horn_nn::{AnyTensor, Result, Signal};

/// A batch: samples with their targets, on the device.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The number of samples.
    pub len: usize,
    /// One signal for each input of the model, `[len, …]`.
    pub inputs: Vec<Signal>,
    /// One tensor for each output of the model, `[len, …]`: floats, or integers if they are class numbers.
    pub targets: Vec<AnyTensor>,
    /// The weights of the samples in the loss, `[len]` or `[len, steps]`, one entry for each output. An output without
    /// weights counts all samples equally.
    pub sample_weights: Vec<Option<AnyTensor>>,
}

/// A source of batches. One epoch goes over all of them once.
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
    /// The number of batches in an epoch, if known.
    fn len(&self) -> Option<usize>;

    /// Starts an epoch, in a new order if the source shuffles.
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
}
