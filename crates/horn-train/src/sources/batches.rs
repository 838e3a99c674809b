//! Batches from an iterator.

use std::fmt;

use burn::tensor::Device;
use horn_nn::{IntoBatch, Result};

use crate::sources::batch::Batch;
use crate::sources::data::Data;
use crate::sources::py_dataset::not_prepared;
use crate::sources::run::Run;
use crate::sources::source::BatchSource;

/// A source of the batches of an iterator, such as a file that is read line by line: what is a generator in Keras.
///
/// ```
/// use horn::layers::{Dense, Input};
/// use horn::losses::MeanSquaredError;
/// use horn::optimizers::SGD;
/// use horn::{Batches, Compile, Fit, Sequential, Verbose};
///
/// let x = ndarray::Array2::from_shape_fn((100, 1), |(row, _)| row as f32 / 100.0);
/// let y = &x * 2.0;
/// let batch = |at: usize| {
///     let rows = ndarray::s![at..at + 20, ..];
///     (x.slice(rows).to_owned(), y.slice(rows).to_owned())
/// };
///
/// let model = Sequential::new().add(Input([1])).add(Dense(1));
/// let mut model = model.compile(SGD::new(0.2), MeanSquaredError::new(), ())?;
/// // A new iterator for each epoch.
/// let mut source = Batches::each_epoch(|| (0..100).step_by(20).map(batch));
/// let history = model.fit_source(&mut source, Fit::epochs(20).verbose(Verbose::Silent))?;
/// assert_eq!(history["loss"].len(), 20);
///
/// // One iterator for all epochs, each of 3 batches.
/// let endless = (0..5).cycle().map(|number| batch(20 * number));
/// let options = Fit::epochs(4).steps_per_epoch(3).verbose(Verbose::Silent);
/// model.fit_source(&mut Batches::new(endless), options)?;
/// # Ok::<(), horn::Error>(())
/// ```
pub struct Batches<'a> {
    make: Box<dyn FnMut() -> Option<Iter<'a>> + 'a>,
    iterator: Option<Iter<'a>>,
    run: Option<Run>,
    number: usize,
}

type Iter<'a> = Box<dyn Iterator<Item = Result<Data<'a>>> + 'a>;

/// What an iterator of batches yields: [`Data`], or as in Keras a pair of inputs and targets, or these with weights of the
/// samples; or a `Result` of one of them.
pub trait IntoData<'a> {
    /// The data, or the error.
    ///
    /// # Errors
    ///
    /// The error that the iterator yielded.
    fn into_data(self) -> Result<Data<'a>>;
}

impl<'a> IntoData<'a> for Data<'a> {
    fn into_data(self) -> Result<Self> {
        Ok(self)
    }
}

impl<'a, X: IntoBatch<'a>, Y: IntoBatch<'a>> IntoData<'a> for (X, Y) {
    fn into_data(self) -> Result<Data<'a>> {
        Ok(Data::new(self.0.into_batch(), self.1.into_batch()))
    }
}

impl<'a, X: IntoBatch<'a>, Y: IntoBatch<'a>, W: IntoBatch<'a>> IntoData<'a> for (X, Y, W) {
    fn into_data(self) -> Result<Data<'a>> {
        Ok(Data::new(self.0.into_batch(), self.1.into_batch()).sample_weight(self.2.into_batch()))
    }
}

impl<'a, T: IntoData<'a>> IntoData<'a> for Result<T> {
    fn into_data(self) -> Result<Data<'a>> {
        self?.into_data()
    }
}

impl<'a> Batches<'a> {
    /// Batches of one iterator, which goes on from epoch to epoch. `steps_per_epoch` ends an epoch. If the iterator ends
    /// before, so does the training, with a warning.
    pub fn new<I>(batches: impl IntoIterator<Item = I, IntoIter: 'a>) -> Self
    where
        I: IntoData<'a> + 'a,
    {
        let mut once = Some(boxed(batches.into_iter()));
        Self { make: Box::new(move || once.take()), iterator: None, run: None, number: 0 }
    }

    /// Batches of the iterators that the function makes: a new one for each epoch.
    pub fn each_epoch<I, B>(mut make: impl FnMut() -> B + 'a) -> Self
    where
        B: IntoIterator<Item = I, IntoIter: 'a>,
        I: IntoData<'a> + 'a,
    {
        Self { make: Box::new(move || Some(boxed(make().into_iter()))), iterator: None, run: None, number: 0 }
    }
}

fn boxed<'a, I: IntoData<'a> + 'a>(batches: impl Iterator<Item = I> + 'a) -> Iter<'a> {
    Box::new(batches.map(IntoData::into_data))
}

impl BatchSource for Batches<'_> {
    fn len(&self) -> Option<usize> {
        None
    }

    fn prepare(&mut self, run: &Run) -> Result<()> {
        self.run = Some(run.clone());
        Ok(())
    }

    fn start(&mut self) -> Result<()> {
        // The only iterator goes on where it is.
        if let Some(iterator) = (self.make)() {
            self.iterator = Some(iterator);
            self.number = 0;
        }
        Ok(())
    }

    fn next_batch(&mut self, device: &Device) -> Result<Option<Batch>> {
        let Some(data) = self.iterator.as_mut().and_then(Iterator::next) else { return Ok(None) };
        self.number += 1;
        let run = self.run.as_ref().ok_or_else(not_prepared)?;
        let within = format!("batch {}", self.number - 1);
        run.batch(data?, device).map(Some).map_err(|error| error.within(&within))
    }
}

impl fmt::Debug for Batches<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches").field("number", &self.number).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2};

    use super::*;

    #[test]
    fn pairs_and_triples_are_inputs_targets_and_weights() {
        let (x, y) = (Array2::<f32>::zeros((4, 3)), Array1::<u8>::zeros(4));
        let pair = (&x, &y).into_data().unwrap();
        assert_eq!((pair.x().len(), pair.y().len(), pair.len()), (1, 1, 4));
        // Two inputs, no targets.
        let two = Ok(((&x, &x), ())).into_data().unwrap();
        assert_eq!((two.x().len(), two.y().len()), (2, 0));
        // Given away.
        let weighted = (x, y, Array1::<f32>::ones(4)).into_data().unwrap();
        assert_eq!(weighted.sample_weight[0].sizes(), [4]);
    }
}
