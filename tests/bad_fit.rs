//! Options of `fit`, weights and sources that do not fit are a clear error or a warning. The model can be used as before,
//! and keeps what it has learned.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use horn::prelude::*;
use horn::{Batches, Data, Error, OnBatch, PyDataset, PyDatasetSource, Result};
use ndarray::{Array1, Array2, ArrayD};

fn model() -> CompiledModel {
    let model = Sequential::new().add(Input([4])).add(Dense(3).activation(Activation::Softmax));
    model.compile(Adam::new(1e-3), SparseCategoricalCrossentropy::new(), [Accuracy::new()]).unwrap()
}

fn x(samples: usize) -> Array2<f32> {
    Array2::from_shape_fn((samples, 4), |(row, column)| (row + column) as f32 / 10.0)
}

fn y(samples: usize) -> Array1<u8> {
    Array1::from_shape_fn(samples, |row| (row % 3) as u8)
}

fn ones(samples: usize) -> Array1<f32> {
    Array1::ones(samples)
}

fn fit<'a>(epochs: usize) -> Fit<'a> {
    Fit::epochs(epochs).batch_size(5).verbose(Verbose::Silent)
}

fn quiet<'a>() -> Evaluate<'a> {
    Evaluate::new().verbose(Verbose::Silent)
}

/// A batch in memory.
fn batch(samples: usize) -> Data<'static> {
    Data::new(&x(samples), &y(samples)).into_owned()
}

/// Fails at the batch of this number.
struct Broken(usize);

impl PyDataset for Broken {
    fn len(&self) -> Option<usize> {
        Some(4)
    }
    fn get(&self, index: usize) -> Result<Data<'static>> {
        if index == self.0 { Err(Error::data("the file is gone")) } else { Ok(batch(5)) }
    }
    fn workers(&self) -> usize {
        3
    }
}

/// A name, the operation, a check of the error's kind, and its message.
type Case = (&'static str, fn(&mut CompiledModel) -> Result<()>, fn(&Error) -> bool, &'static str);

/// Nothing is computed.
const REFUSED: &[Case] = &[
    (
        "fewer weights than samples",
        |model| model.fit(&x(20), &y(20), fit(1).sample_weight(&ones(19))).map(drop),
        Error::is_data,
        "sample_weight: there is not one weight for each sample; received 19 weights for 20 samples, \
         expected one weight for each sample. Hint: check that the weights come from the same data.",
    ),
    (
        "weights of steps for outputs without steps",
        |model| model.fit(&x(20), &y(20), fit(1).sample_weight(&Array2::<f32>::ones((20, 4)))).map(drop),
        Error::is_shape,
        "sample_weight: the weights do not fit the output; received (20, 4), expected (samples,). \
         Hint: give one weight for each sample, or for each step of each sample.",
    ),
    (
        "weights that are NaN",
        |model| {
            let mut weights = ones(20);
            weights[7] = f32::NAN;
            model.fit(&x(20), &y(20), fit(1).sample_weight(&weights)).map(drop)
        },
        Error::is_data,
        "sample_weight: the data holds a value that is not finite; received NaN in sample 7, value 0, \
         expected finite numbers. Hint: remove or replace such values before training.",
    ),
    (
        "infinite weights, in evaluate",
        |model| model.evaluate_with(&x(1), &y(1), quiet().sample_weight(&[f32::INFINITY])).map(drop),
        Error::is_data,
        "sample_weight: the data holds a value that is not finite; received inf in sample 0, value 0, \
         expected finite numbers. Hint: remove or replace such values before training.",
    ),
    (
        "weights that are strings",
        |model| model.fit(&x(2), &y(2), fit(1).sample_weight(&["a", "b"])).map(drop),
        Error::is_data,
        "sample_weight: the weights are strings; received strings of shape (2,), expected numbers. \
         Hint: give one number for each sample.",
    ),
    (
        "two arrays of weights for one output",
        |model| model.fit(&x(20), &y(20), fit(1).sample_weight((&ones(20), &ones(20)))).map(drop),
        Error::is_shape,
        "sample_weight: there are not weights for each output; received 2 arrays, expected 1: dense. \
         Hint: give one array for each output, or one number for each sample.",
    ),
    (
        "weights of an output that is not there",
        |model| model.fit(&x(20), &y(20), fit(1).sample_weight([("dens", &ones(20))])).map(drop),
        Error::is_argument,
        "sample_weight: the model has nothing of this name; received \"dens\", expected dense. \
         Hint: write \"dense\", if that is what you meant.",
    ),
    (
        "weights of samples and of classes",
        |model| model.fit(&x(20), &y(20), fit(1).sample_weight(&ones(20)).class_weight([(0, 2.0)])).map(drop),
        Error::is_argument,
        "class_weight: class_weight and sample_weight can't be combined; received class_weight and sample_weight, \
         expected one of them. \
         Hint: multiply the weight of each sample by that of its class, and give only sample_weight.",
    ),
    (
        "the weight of a class that can't occur",
        |model| model.fit(&x(20), &y(20), fit(1).class_weight([(0, 2.0), (3, 1.0)])).map(drop),
        Error::is_argument,
        "class_weight: the model has no such class; received class 3, expected classes from 0 to 2. \
         Hint: correct the number, or give the last layer more units.",
    ),
    (
        "the weight of a negative class, on a batch",
        |model| model.train_on_batch_with(&x(5), &y(5), OnBatch::new().class_weight([(-1, 2.0)])).map(drop),
        Error::is_argument,
        "class_weight: the model has no such class; received class -1, expected classes from 0 to 2. \
         Hint: correct the number, or give the last layer more units.",
    ),
    (
        "the weight of a class that is NaN",
        |model| model.fit(&x(20), &y(20), fit(1).class_weight([(1, f64::NAN)])).map(drop),
        Error::is_argument,
        "class_weight: a weight is not a number; received NaN for class 1, expected finite numbers. \
         Hint: give 1 for a class whose samples count once.",
    ),
    (
        "the weight of a class that is infinite in float32",
        |model| model.fit(&x(20), &y(20), fit(1).class_weight([(1, 1e39)])).map(drop),
        Error::is_argument,
        "class_weight: a weight is not a number; received 1000000000000000000000000000000000000000 for class 1, \
         expected numbers that a float32 can hold. Hint: give 1 for a class whose samples count once.",
    ),
    (
        "validation weights without validation data",
        |model| model.fit(&x(20), &y(20), fit(1).validation_sample_weight(&ones(20))).map(drop),
        Error::is_argument,
        "validation_sample_weight: there are weights, but no validation data; expected weights with `validation_data`. \
         Hint: give the data, too, or remove the weights.",
    ),
    (
        "no steps",
        |model| model.fit(&x(20), &y(20), fit(1).steps_per_epoch(0)).map(drop),
        Error::is_argument,
        "steps_per_epoch: steps_per_epoch must not be zero; received 0, expected at least 1. \
         Hint: leave steps_per_epoch out for Keras's default, or give a number from 1 on.",
    ),
    (
        "no steps, in evaluate",
        |model| model.evaluate_with(&x(20), &y(20), quiet().steps(0)).map(drop),
        Error::is_argument,
        "steps: there are no steps; received 0, expected at least 1. Hint: leave steps out for all batches.",
    ),
    (
        "no steps, in predict",
        |model| model.predict_with(&x(20), Predict::new().steps(0)).map(drop),
        Error::is_argument,
        "steps: there are no steps; received 0, expected at least 1. Hint: leave steps out for all batches.",
    ),
    (
        "a validation after every 0 epochs",
        |model| model.fit(&x(20), &y(20), fit(1).validation_freq(0)).map(drop),
        Error::is_argument,
        "validation_freq: validation_freq must not be 0; received 0, \
         expected numbers from 1 on. \
         Hint: count epochs from 1, or leave validation_freq out to validate after each epoch.",
    ),
    (
        "no targets",
        |model| model.fit(&x(20), (), fit(1)).map(drop),
        Error::is_shape,
        "y: there are not targets for each output; received 0 arrays, expected 1: dense. \
         Hint: give one array for each output of the model, in this order.",
    ),
    (
        "weights beside a source",
        |model| model.fit_source(&mut Batches::new([batch(5)]), fit(1).sample_weight(&ones(5))).map(drop),
        Error::is_argument,
        "sample_weight: a source of batches has its own weights; received sample_weight with a source of batches, \
         expected weights in the batches. Hint: let the source give the weights with its batches.",
    ),
    (
        "a source without batches",
        |model| model.fit_source(&mut Batches::new([] as [Data<'_>; 0]), fit(1)).map(drop),
        Error::is_data,
        "x: there are no samples; received a source without batches, expected at least one batch. \
         Hint: check how the data was loaded or filtered.",
    ),
    (
        "a source without batches, in predict",
        |model| model.predict_source(&mut Batches::new([] as [Data<'_>; 0]), Predict::new()).map(drop),
        Error::is_data,
        "x: there are no samples; received a source without batches, expected at least one batch. \
         Hint: check how the data was loaded or filtered.",
    ),
    (
        "a split of a source",
        |model| model.fit_source(&mut Batches::new([batch(5)]), fit(1).validation_split(0.5)).map(drop),
        Error::is_argument,
        "validation_split: a source of batches can't be split; received 0.5, expected arrays, or no split. \
         Hint: give `validation_data`.",
    ),
    (
        "a first batch of another width",
        |model| {
            let wide = Data::new(&Array2::<f32>::zeros((5, 7)), &y(5)).into_owned();
            model.fit_source(&mut Batches::new([wide]), fit(1)).map(drop)
        },
        Error::is_shape,
        "model \"sequential\": the data does not fit the model's input; received (5, 7), expected (None, 4). \
         Hint: reshape the data, or change the Input.",
    ),
    (
        "a first batch with a wrong label",
        |model| {
            let wrong = Data::new(&x(1), &[3]).into_owned();
            model.fit_source(&mut Batches::new([wrong]), fit(1)).map(drop)
        },
        Error::is_data,
        "batch 0: y: a label is not a valid class; received 3 at position 0, expected whole numbers from 0 to 2. \
         Hint: correct the labels, or give the last layer more than 3 units.",
    ),
];

#[test]
fn what_does_not_fit_is_an_error_before_anything_is_computed() {
    for (case, act, is_kind, message) in REFUSED {
        let mut model = model();
        let before: Vec<ArrayD<f32>> = model.model().unwrap().get_weights();
        let error = act(&mut model).expect_err(case);
        assert_eq!(error.to_string(), *message, "{case}");
        assert!(is_kind(&error), "{case}");
        assert_eq!(model.model().unwrap().get_weights(), before, "{case}");
        model.fit(&x(20), &y(20), fit(1)).expect(case);
    }
}

/// A run that ends in its middle with an error.
type Failing = (&'static str, fn(&mut CompiledModel) -> Result<()>, &'static str);

const FAILING: &[Failing] = &[
    (
        "an iterator that fails",
        |model| {
            let batches = (0..4).map(|at| if at == 2 { Err(Error::data("the line is cut")) } else { Ok(batch(5)) });
            model.fit_source(&mut Batches::new(batches), fit(1)).map(drop)
        },
        "the line is cut",
    ),
    (
        "an iterator whose third batch is NaN",
        |model| {
            let nan = Data::new(&Array2::from_elem((5, 4), f32::NAN), &y(5)).into_owned();
            model.fit_source(&mut Batches::new([batch(5), batch(5), nan]), fit(1)).map(drop)
        },
        "batch 2: x: the data holds a value that is not finite",
    ),
    (
        "a dataset that fails, in a thread",
        |model| model.fit_source(&mut PyDatasetSource::new(Broken(2)), fit(1).shuffle(false)).map(drop),
        "the file is gone",
    ),
    (
        "validation data that fails",
        |model| {
            let broken = PyDatasetSource::new(Broken(1));
            model.fit(&x(20), &y(20), fit(3).validation_source(broken)).map(drop)
        },
        "the file is gone",
    ),
];

#[test]
fn a_source_that_fails_ends_the_training_and_leaves_what_was_learned() {
    for (case, act, message) in FAILING {
        let mut model = model();
        let before: Vec<ArrayD<f32>> = model.model().unwrap().get_weights();
        let error = act(&mut model).expect_err(case);
        assert!(error.to_string().contains(message), "{case}: {error}");
        assert_ne!(model.model().unwrap().get_weights(), before, "{case}");
        assert!(model.predict(&x(2)).is_ok(), "{case}");
        model.fit(&x(20), &y(20), fit(1)).expect(case);
    }
}

#[test]
fn data_that_runs_out_is_a_warning() {
    let (history, said) = horn::callbacks::capture(|| {
        let mut batches = Batches::new((0..5).map(|_| batch(5)));
        model().fit_source(&mut batches, fit(3).steps_per_epoch(3)).unwrap()
    });
    // The second epoch has two steps, and there is none for the third.
    assert_eq!(history.epoch(), [0, 1]);
    assert!(said.contains("ran out before the epoch had all its steps"), "{said}");
    assert!(said.contains("ends before epoch 3"), "{said}");

    let (history, said) = horn::callbacks::capture(|| {
        let validation = Batches::new([batch(5)]);
        model().fit(&x(20), &y(20), fit(3).validation_source(validation)).unwrap()
    });
    assert_eq!((history["loss"].len(), history["val_loss"].len()), (3, 1));
    assert!(said.contains("The validation data ran out, so that epoch 2 has no scores of it"), "{said}");

    let (scores, said) =
        horn::callbacks::capture(|| model().evaluate_source(&mut Batches::new([batch(5)]), quiet().steps(2)).unwrap());
    assert!(scores.loss() > 0.0 && said.contains("ran out"), "{said}");
}

#[test]
fn a_class_that_does_not_occur_may_have_a_weight() {
    let y = Array1::<u8>::zeros(20);
    let weighted = |fit: Fit<'_>| {
        set_random_seed(3);
        model().fit(&x(20), &y, fit).unwrap()["loss"].to_vec()
    };
    assert_eq!(weighted(fit(2).class_weight([(2, 9.0)])), weighted(fit(2)));
    assert_ne!(weighted(fit(2).class_weight([(0, 9.0)])), weighted(fit(2)));
}

/// Counts what `fit` calls.
struct Counting {
    begun: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
    loaded: Arc<AtomicUsize>,
    workers: usize,
}

impl PyDataset for Counting {
    fn len(&self) -> Option<usize> {
        None
    }
    fn get(&self, index: usize) -> Result<Data<'static>> {
        self.loaded.fetch_max(index + 1, Ordering::SeqCst);
        Ok(batch(2 + index % 2))
    }
    fn on_epoch_begin(&mut self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
    }
    fn on_epoch_end(&mut self) {
        self.ended.fetch_add(1, Ordering::SeqCst);
    }
    fn workers(&self) -> usize {
        self.workers
    }
    fn max_queue_size(&self) -> usize {
        2
    }
}

#[test]
fn an_endless_dataset_goes_on_from_epoch_to_epoch() {
    let histories = [1, 2].map(|workers| {
        let counters = [(); 3].map(|()| Arc::new(AtomicUsize::new(0)));
        let [begun, ended, loaded] = counters.clone();
        let mut source = PyDatasetSource::new(Counting { begun, ended, loaded, workers });
        set_random_seed(4);
        let history = model().fit_source(&mut source, fit(3).steps_per_epoch(4)).unwrap();
        let [begun, ended, loaded] = counters.map(|counter| counter.load(Ordering::SeqCst));
        assert_eq!((begun, ended), (3, 3));
        // At most what two threads load in advance.
        assert!((12..=14).contains(&loaded), "{loaded}");
        history
    });
    assert_eq!(histories[0], histories[1]);
}

/// Gives batches until one of this number, which fails.
struct Endless {
    last: usize,
    workers: usize,
}

impl PyDataset for Endless {
    fn len(&self) -> Option<usize> {
        None
    }
    fn get(&self, index: usize) -> Result<Data<'static>> {
        if index == self.last { Err(Error::data("the file is gone")) } else { Ok(batch(2)) }
    }
    fn workers(&self) -> usize {
        self.workers
    }
}

/// As in Keras, an epoch of a dataset without an end goes on until something ends it.
#[test]
fn an_endless_dataset_without_steps_is_one_epoch() {
    for workers in [1, 3] {
        let mut model = model();
        let mut source = PyDatasetSource::new(Endless { last: 200, workers });
        let error = model.fit_source(&mut source, fit(3)).unwrap_err();
        assert_eq!((error.to_string().as_str(), model.iterations()), ("the file is gone.", 200));
        let validation = PyDatasetSource::new(Endless { last: 50, workers });
        let error = model.fit(&x(20), &y(20), fit(3).validation_source(validation)).unwrap_err();
        assert_eq!((error.to_string().as_str(), model.iterations()), ("the file is gone.", 204));
        model.predict(&x(2)).unwrap();
    }
}

#[test]
fn a_model_of_a_fixed_batch_takes_samples_of_many_batches() {
    let layers = Sequential::new().add(Input([4]).batch_size(5)).add(Dense(3).activation(Activation::Softmax));
    let mut model = layers.compile(Adam::new(1e-3), SparseCategoricalCrossentropy::new(), [Accuracy::new()]).unwrap();
    let history = model.fit(&x(15), &y(15), fit(1)).unwrap();
    assert!(history["loss"][0].is_finite());
    assert!(model.fit(&x(15), &y(10), fit(1)).is_err());
}
