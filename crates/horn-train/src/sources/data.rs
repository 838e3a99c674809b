//! Data in host memory: samples with their targets and weights.

use horn_nn::{Error, HostArray, IntoArrays, Result, float32, sizes};

/// Samples with their targets and weights, in host memory: one batch of a [`Batches`](crate::Batches) or a
/// [`PyDataset`](crate::PyDataset).
///
/// Keras's tuple `(x, y, sample_weight)`. The arrays are in the order of the model's inputs and outputs, or have their
/// names.
///
/// ```
/// use horn::Data;
///
/// let (x, y) = (ndarray::arr2(&[[0.0_f32, 1.0], [1.0, 0.0]]), [1, 0]);
/// let batch = Data::new(&x, &y).sample_weight(&[1.0, 0.5]).into_owned();
/// assert_eq!(batch.len(), 2);
/// ```
#[derive(Debug, Clone)]
pub struct Data<'a> {
    pub(crate) x: Vec<HostArray<'a>>,
    pub(crate) y: Vec<HostArray<'a>>,
    pub(crate) sample_weight: Vec<HostArray<'a>>,
}

impl<'a> Data<'a> {
    /// Samples `x` with targets `y`. A model without a loss takes `()` as targets.
    pub fn new(x: impl IntoArrays<'a>, y: impl IntoArrays<'a>) -> Self {
        Self { x: x.into_arrays(), y: y.into_arrays(), sample_weight: Vec::new() }
    }

    /// How much each sample counts in the loss: see [`Fit::sample_weight`](crate::Fit::sample_weight).
    #[must_use]
    pub fn sample_weight(mut self, sample_weight: impl IntoArrays<'a>) -> Self {
        self.sample_weight = sample_weight.into_arrays();
        self
    }

    /// The same data, with its own copies of the values.
    #[must_use]
    pub fn into_owned(self) -> Data<'static> {
        let owned = |arrays: Vec<HostArray<'a>>| arrays.into_iter().map(HostArray::into_owned).collect();
        Data { x: owned(self.x), y: owned(self.y), sample_weight: owned(self.sample_weight) }
    }

    /// The samples, an array for each input.
    pub fn x(&self) -> &[HostArray<'a>] {
        &self.x
    }

    /// The targets, an array for each output.
    pub fn y(&self) -> &[HostArray<'a>] {
        &self.y
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.x.first().map_or(0, HostArray::len)
    }

    /// Are there no samples?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Checks that there are samples, and as many targets and weights.
    ///
    /// # Errors
    ///
    /// If there are no samples, or the arrays are of different lengths.
    pub(crate) fn check_lengths(&self) -> Result<()> {
        let len = self.len();
        if len == 0 {
            return Err(Error::data("there are no samples")
                .at("x")
                .received(self.x.first().map_or_else(|| "no array".to_owned(), |x| sizes(x.sizes())))
                .expected("at least one sample")
                .hint("check how the data was loaded or filtered"));
        }
        if let Some(at) = self.x.iter().position(|x| x.len() != len) {
            return Err(Error::data("the inputs are of different lengths")
                .at(argument("x", at, self.x.len()))
                .received(format!("{} samples, and {len} in x[0]", self.x[at].len()))
                .expected("as many samples in each")
                .hint("check that they come from the same data"));
        }
        if let Some(at) = self.y.iter().position(|y| y.len() != len) {
            return Err(Error::data("x and y are of different lengths")
                .at(argument("y", at, self.y.len()))
                .received(format!("{} targets for {len} samples", self.y[at].len()))
                .expected("one target for each sample")
                .hint("check that x and y come from the same data"));
        }
        if let Some(at) = self.sample_weight.iter().position(|weight| weight.len() != len) {
            return Err(Error::data("there is not one weight for each sample")
                .at(argument("sample_weight", at, self.sample_weight.len()))
                .received(format!("{} weights for {len} samples", self.sample_weight[at].len()))
                .expected("one weight for each sample")
                .hint("check that the weights come from the same data"));
        }
        Ok(())
    }
}

/// The name of one of several arrays in error messages.
pub(crate) fn argument(name: &str, at: usize, count: usize) -> String {
    if count == 1 { name.to_owned() } else { format!("{name}[{at}]") }
}

/// Checks that all numbers are finite.
pub(crate) fn check_finite(array: &HostArray<'_>, argument: &str) -> Result<()> {
    match array.first_not_finite() {
        None => Ok(()),
        Some((at, value)) => {
            let features = array.features().max(1);
            Err(Error::data("the data holds a value that is not finite")
                .at(argument)
                .received(format!("{value:?} in sample {}, value {}", at / features, at % features))
                .expected(float32::expected(value, "finite numbers"))
                .hint("remove or replace such values before training"))
        }
    }
}
