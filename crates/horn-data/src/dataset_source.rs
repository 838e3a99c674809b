//! Trains on a Burn dataset that is larger than the memory.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use burn_dataset::Dataset;
use horn_nn::random::permutation;
use horn_nn::{HostArray, Result};
use horn_train::Data;
use ndarray::ArrayD;

use crate::from_dataset::items;
use crate::numbered::{Numbered, source_of_items};

/// A source of batches of a Burn dataset, which threads load while the model trains. `fit` shuffles the items before each
/// epoch, unless its options say otherwise, in the same order as those of arrays.
///
/// ```
/// use horn::burn_dataset::InMemDataset;
/// use horn::layers::{Dense, Input};
/// use horn::losses::MeanSquaredError;
/// use horn::optimizers::SGD;
/// use horn::{Compile, DatasetSource, Fit, Sequential, Verbose};
///
/// let points = InMemDataset::new((0..100).map(|x| x as f32 / 100.0).collect::<Vec<_>>());
/// // The features have the shape [1], the label is one number.
/// let mut source = DatasetSource::new(points, [1], [], |x| ([x], [2.0 * x])).batch_size(20).workers(2);
/// let model = Sequential::new().add(Input([1])).add(Dense(1));
/// let mut model = model.compile(SGD::new(0.2), MeanSquaredError::new(), ())?;
/// let history = model.fit_source(&mut source, Fit::epochs(10).verbose(Verbose::Silent))?;
/// assert!(history["loss"][9] < history["loss"][0]);
/// # Ok::<(), horn::Error>(())
/// ```
pub struct DatasetSource {
    items: Numbered,
}

impl DatasetSource {
    /// A source of the items of a dataset, in batches of 32 that one thread loads. `split` returns the features and the label
    /// of an item, each as a sequence of numbers that fills the given shape, as for [`from_dataset`](crate::from_dataset).
    pub fn new<I, E, X, Y, const N: usize, const M: usize>(
        dataset: impl Dataset<I, E> + 'static,
        features: [usize; N],
        label: [usize; M],
        split: impl Fn(I) -> (X, Y) + Send + Sync + 'static,
    ) -> Self
    where
        I: 'static,
        E: StdError + Send + Sync + 'static,
        X: IntoIterator<Item = f32>,
        Y: IntoIterator<Item = f32>,
    {
        let len = dataset.len();
        let load = move |at: &[usize]| {
            let (x, y) = items(&dataset, at.iter().copied(), &features, &label, &split)?;
            Ok(Data::new(host(x)?, host(y)?))
        };
        let order = |len, shuffles| if shuffles { permutation(len) } else { (0..len).collect() };
        Self { items: Numbered::new(len, Box::new(order), Arc::new(load)) }
    }

    /// The number of items in a batch; 32 by default. The last batch of an epoch may be smaller.
    #[must_use]
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.items.batch_size = batch_size;
        self
    }
}

source_of_items!(DatasetSource);

fn host(array: ArrayD<f32>) -> Result<HostArray<'static>> {
    let sizes = array.shape().to_vec();
    HostArray::new(array.into_raw_vec_and_offset().0, sizes)
}

impl fmt::Debug for DatasetSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatasetSource")
            .field("len", &self.items.len)
            .field("batch_size", &self.items.batch_size)
            .field("workers", &self.items.workers)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use burn_dataset::{DatasetError, InMemDataset};
    use horn_nn::Sequential;
    use horn_nn::layers::{Dense, Input};
    use horn_nn::random::set_random_seed;
    use horn_train::losses::SparseCategoricalCrossentropy;
    use horn_train::optimizers::SGD;
    use horn_train::{Compile, CompiledModel, Evaluate, Fit, History, Verbose};

    use super::*;
    use crate::from_dataset::from_dataset;

    type Item = ([f32; 2], u8);

    fn dataset() -> InMemDataset<Item> {
        InMemDataset::new((0..23_u8).map(|at| ([f32::from(at) / 10.0, f32::from(at % 5)], at % 3)).collect())
    }

    fn split((features, label): Item) -> ([f32; 2], [f32; 1]) {
        (features, [label.into()])
    }

    fn model() -> CompiledModel {
        set_random_seed(5);
        let model = Sequential::new().add(Input([2])).add(Dense(3));
        model.compile(SGD::new(0.1), SparseCategoricalCrossentropy::new().from_logits(true), ()).unwrap()
    }

    fn fit<'a>() -> Fit<'a> {
        Fit::epochs(3).class_weight([(1, 2.0)]).verbose(Verbose::Silent)
    }

    #[test]
    fn it_trains_as_arrays_do_with_any_number_of_threads() {
        let (x, y) = from_dataset(&dataset(), [2], [], split).unwrap();
        for steps in [None, Some(3)] {
            let options = || steps.map_or_else(fit, |steps| fit().steps_per_epoch(steps));
            let mut expected = model();
            let history = expected.fit(&x, &y, options().batch_size(4)).unwrap();
            for workers in [0, 1, 3] {
                let mut received = model();
                let mut source = DatasetSource::new(dataset(), [2], [], split).batch_size(4).workers(workers);
                let again: History = received.fit_source(&mut source, options()).unwrap();
                assert_eq!(again, history, "{workers} threads");
                let evaluate = || Evaluate::new().verbose(Verbose::Silent);
                let scores = received.evaluate_source(&mut source, evaluate()).unwrap();
                assert_eq!(scores, expected.evaluate_with(&x, &y, evaluate().batch_size(4)).unwrap());
            }
        }
    }

    #[test]
    fn what_can_not_be_loaded_is_an_error_and_the_model_keeps_what_it_learned() {
        struct Broken;
        impl Dataset<Item> for Broken {
            fn get(&self, at: usize) -> Result<Item, DatasetError> {
                match at {
                    9 => Err(DatasetError::new(std::io::Error::other("the disk is gone"))),
                    _ => Ok(([1.0, 2.0], 0)),
                }
            }
            fn len(&self) -> usize {
                20
            }
        }
        for workers in [0, 2] {
            let mut model = model();
            let before = model.model().unwrap().get_weights();
            let mut source = DatasetSource::new(Broken, [2], [], split).batch_size(4).workers(workers);
            let error = model.fit_source(&mut source, fit().shuffle(false)).unwrap_err();
            assert!(format!("{error:#}").contains("item 9: the dataset cannot give the item (the disk is gone)"));
            assert_ne!(model.model().unwrap().get_weights(), before);
            let mut whole = DatasetSource::new(dataset(), [2], [], split);
            model.fit_source(&mut whole, fit()).unwrap();
        }
        let mut none = DatasetSource::new(InMemDataset::<Item>::new(Vec::new()), [2], [], split);
        assert_eq!(model().fit_source(&mut none, fit()).unwrap_err().location(), Some("x"));
    }
}
