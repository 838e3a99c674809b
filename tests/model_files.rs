//! Model files: Horn reads what Keras has written, and what Horn itself has written.

use horn::burn::tensor::Device;
use horn::prelude::*;
use horn::{Functional, LoadReport, model_from_json};
use ndarray::{Array2, Axis};
use serde::Deserialize;

use crate::fixtures::{Array, path, read};

/// A model of three layers with weights. The second is an LSTM, whose weights are in its cell.
fn model(units: usize, last: &str) -> Model {
    let layers = Sequential::new().add(Input([4, 3])).add(Dense(units)).add(LSTM(2)).add(Dense(2).name(last));
    layers.build(&Device::default()).unwrap()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn what_keras_wrote_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["files/small.keras", "files/small.h5"] {
        let model: Model = load_model(path(name)).unwrap();
        let written = folder.path().join("again.keras");
        model.save(&written).unwrap();
        let again: Model = load_model(&written).unwrap();
        assert_eq!(again.get_weights(), model.get_weights(), "{name}");
        assert_eq!(again.serialize().unwrap(), model.serialize().unwrap(), "{name}");
        let empty = model_from_json(&model.to_json().unwrap()).unwrap();
        assert_eq!(empty.serialize().unwrap(), model.serialize().unwrap());
    }
    let load = |name| load_model::<Model>(path(name)).unwrap();
    let (mut one, mut other) = (load("files/small.keras"), load("files/small.h5"));
    for file in ["files/small.keras", "files/small.h5", "files/small.weights.h5"] {
        one.load_weights(path(file)).unwrap();
        other.load_weights(path(file)).unwrap();
        assert_eq!(one.get_weights(), other.get_weights(), "{file}");
    }
}

#[test]
fn training_goes_on_after_a_file_as_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("half.keras");
    let x = Array2::from_shape_fn((24, 3), |(row, column)| ((row * 7 + column * 5) % 11) as f32 / 11.0);
    let y = x.sum_axis(Axis(1)).insert_axis(Axis(1));
    let fit = || Fit::epochs(2).batch_size(8).shuffle(false).verbose(Verbose::Silent);
    for frozen in [false, true] {
        let layers = Sequential::new().add(Input([3])).add(Dense(4).trainable(!frozen)).add(BatchNormalization());
        let optimizer = Adam::new(0.05).amsgrad(true);
        let mut whole = layers.add(Dense(1)).compile(optimizer, MeanSquaredError::new(), ()).unwrap();
        whole.fit(&x, &y, fit()).unwrap();
        whole.set_learning_rate(0.02).unwrap();
        whole.save(&path).unwrap();
        let mut half: CompiledModel = load_model(&path).unwrap();
        assert_eq!(half.learning_rate() as f32, 0.02);
        whole.set_learning_rate(f64::from(0.02_f32)).unwrap();
        whole.fit(&x, &y, fit()).unwrap();
        half.fit(&x, &y, fit()).unwrap();
        assert_eq!(whole.model().unwrap().get_weights(), half.model().unwrap().get_weights());
    }
}

#[test]
fn what_layers_learned_of_texts_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texts.keras");
    let texts = ["a good film", "a bad film", "so good", "so bad"];
    let y = ndarray::array![[1.0_f32], [0.0], [1.0], [0.0]];
    let mut words = TextVectorization().output_mode(OutputMode::TfIdf);
    words.adapt(&texts).unwrap();
    set_random_seed(1);
    let model = Sequential::new().add(Input(()).dtype(InputDtype::String)).add(words).add(Dense(1));
    let mut model = model.compile(Adam::new(0.1), MeanSquaredError::new(), ()).unwrap();
    let fit = || Fit::epochs(3).batch_size(2).shuffle(false).verbose(Verbose::Silent);
    let before = model.evaluate(&texts, &y).unwrap().loss();
    model.fit(&texts, &y, fit()).unwrap();
    assert!(model.evaluate(&texts, &y).unwrap().loss() < before);

    model.save(&path).unwrap();
    let mut again: CompiledModel = load_model(&path).unwrap();
    let new = ["a so-so film", "good", ""];
    assert_eq!(again.predict(&new).unwrap(), model.predict(&new).unwrap());
    model.fit(&texts, &y, fit()).unwrap();
    again.fit(&texts, &y, fit()).unwrap();
    assert_eq!(again.model().unwrap().get_weights(), model.model().unwrap().get_weights());

    // The weights of words are not weights of the model. The layer keeps them itself.
    let weights = folder.path().join("texts.weights.h5");
    model.save_weights(&weights).unwrap();
    let report = again.load_weights(&weights).unwrap();
    assert_eq!(report.applied, names(&["dense/kernel", "dense/bias"]));
    let of_words = ["layers/text_vectorization/_lookup_layer", "layers/text_vectorization"];
    assert_eq!(report.unused, of_words.map(|group| format!("{group}/vars/idf_weights")));

    let error = again.save(folder.path().join("texts.h5")).unwrap_err();
    assert!(error.is_argument() && error.to_string().contains("can't keep the vocabulary"), "{error}");

    // The file of a vocabulary has one token per line.
    let mut lines = StringLookup();
    lines.adapt(&["one\ntwo"]).unwrap();
    let model =
        Sequential::new().add(Input([1]).dtype(InputDtype::String)).add(lines).build(&Device::default()).unwrap();
    let error = model.save(&path).unwrap_err().to_string();
    assert!(error.contains(r#""layers/string_lookup": a token of the vocabulary can't be kept in a file"#), "{error}");
    assert!(load_model::<Model>(&path).is_ok(), "the file that was there is there");
}

#[test]
fn weights_that_do_not_fit_are_an_error_and_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.weights.h5");
    model(5, "last").save_weights(&path).unwrap();
    let mut other = model(6, "last");
    let before = other.get_weights();
    assert_eq!(
        other.load_weights(&path).unwrap_err().to_string(),
        "layer \"dense\" (layers/dense): the file has other weights than the layer; received (3, 5), (5,), \
         expected (3, 6), (6,). Hint: take the model that was saved with these weights; a program can read what fits with \
         `skip_mismatch` or `by_name`."
    );
    assert_eq!(other.get_weights(), before);
}

#[test]
fn what_fits_is_read_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.weights.h5");
    let saved = model(5, "last");
    saved.save_weights(&path).unwrap();

    let mut other = model(6, "last");
    let report = other.load_weights_with(&path, LoadWeights::new().skip_mismatch(true)).unwrap();
    // The weights of the LSTM's cell belong together: its kernel does not fit, so none of them is replaced.
    let cell = ["lstm/lstm_cell/kernel", "lstm/lstm_cell/recurrent_kernel", "lstm/lstm_cell/bias"];
    let in_file = ["layers/lstm/cell/vars/0", "layers/lstm/cell/vars/1", "layers/lstm/cell/vars/2"];
    let expected = LoadReport {
        applied: names(&["last/kernel", "last/bias"]),
        missing: Vec::new(),
        mismatched: [names(&["dense/kernel", "dense/bias"]), names(&cell)].concat(),
        unused: [names(&["layers/dense/vars/0", "layers/dense/vars/1"]), names(&in_file)].concat(),
    };
    assert_eq!(report, expected);
    assert_eq!(other.get_weights()[5..], saved.get_weights()[5..]);
}

/// A layer more moves the numbers of those after it: the place of one has other weights, and that of the last has none.
#[test]
fn what_the_file_lacks_is_missing_and_not_mismatched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.weights.h5");
    let saved = model(5, "last");
    saved.save_weights(&path).unwrap();
    let layers = Sequential::new().add(Input([4, 3])).add(Dense(5)).add(Dense(5).name("between")).add(LSTM(2));
    let mut other = layers.add(Dense(2).name("end")).build(&Device::default()).unwrap();
    let before = other.get_weights();
    let report = other.load_weights_with(&path, LoadWeights::new().skip_mismatch(true)).unwrap();
    let cell = ["lstm/lstm_cell/kernel", "lstm/lstm_cell/recurrent_kernel", "lstm/lstm_cell/bias"];
    let expected = LoadReport {
        applied: [names(&["dense/kernel", "dense/bias"]), names(&cell)].concat(),
        missing: names(&["end/kernel", "end/bias"]),
        mismatched: names(&["between/kernel", "between/bias"]),
        unused: names(&["layers/dense_1/vars/0", "layers/dense_1/vars/1"]),
    };
    assert_eq!(report, expected);
    let (after, saved) = (other.get_weights(), saved.get_weights());
    assert_eq!((&after[..2], &after[4..7]), (&saved[..2], &saved[2..5]));
    assert_eq!((&after[2..4], &after[7..]), (&before[2..4], &before[7..]));
}

#[test]
fn layers_are_found_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.weights.h5");
    let saved = model(5, "last");
    saved.save_weights(&path).unwrap();
    // An additional layer does not affect the others, and a layer with another name keeps its weights.
    let layers = Sequential::new()
        .add(Input([4, 3]))
        .add(Dense(5))
        .add(Dense(5).name("between"))
        .add(LSTM(2))
        .add(Dense(2).name("first"));
    let mut other = layers.build(&Device::default()).unwrap();
    let before = other.get_weights();
    let report = other.load_weights_with(&path, LoadWeights::new().by_name(true)).unwrap();
    assert_eq!(report.missing, names(&["between/kernel", "between/bias", "first/kernel", "first/bias"]));
    let (after, saved) = (other.get_weights(), saved.get_weights());
    assert_eq!((&after[..2], &after[4..7]), (&saved[..2], &saved[2..5]));
    assert_eq!((&after[2..4], &after[7..]), (&before[2..4], &before[7..]));
}

#[test]
fn what_cannot_be_saved_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let lambda = Lambda(|x: burn::Tensor<2>| x * 2.0);
    let with_lambda = Sequential::new().add(Input([3])).add(lambda).build(&Device::default()).unwrap();
    let error = with_lambda.save(folder.path().join("m.keras")).unwrap_err();
    assert!(error.is_model());
    let start = "layer \"lambda\" (Lambda): the layer can't be written to a file";
    assert!(error.to_string().starts_with(start), "{error}");
    let model = model(2, "last");
    assert!(model.save(folder.path().join("m.pt")).unwrap_err().is_argument());
    assert!(model.save_weights(folder.path().join("m.keras")).unwrap_err().is_argument());
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
}

/// The layer as the second one of a model.
fn around(layer: impl Layer, name: &str) -> Functional {
    let x = Input([3]);
    Functional::new(&x, layer.named(name).apply(Dense(3).apply(&x).unwrap()).unwrap()).unwrap()
}

#[test]
fn what_cannot_be_saved_is_named_inside_of_other_models() {
    let folder = tempfile::tempdir().unwrap();
    let lambda = || Lambda(|x: burn::Tensor<2>| x * 2.0);
    for (model, around) in [
        (around(around(lambda(), "code"), "inner"), ""),
        (around(around(around(lambda(), "code"), "second"), "inner"), ", in layer \"second\" (Functional)"),
    ] {
        let model = model.build(&Device::default()).unwrap();
        let error = model.save(folder.path().join("m.keras")).unwrap_err();
        assert!(error.is_model());
        let expected = format!(
            "layer \"code\" (Lambda){around}, in layer \"inner\" (Functional): the layer can't be written to a file; \
             received a layer without a configuration, expected a layer that implements `Layer::config`."
        );
        assert!(error.to_string().starts_with(&expected), "{error}");
        assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
        // The weights alone can be.
        model.save_weights(folder.path().join("m.weights.h5")).unwrap();
        std::fs::remove_file(folder.path().join("m.weights.h5")).unwrap();
    }
}

#[test]
fn a_model_that_was_not_compiled_is_not_a_compiled_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.keras");
    model(2, "last").save(&path).unwrap();
    let error = load_model::<CompiledModel>(&path).err().unwrap();
    assert!(error.is_file());
    assert!(error.to_string().contains("the model was saved without being compiled"), "{error}");
    let error = load_model::<Model>(folder.path().join("none.keras")).err().unwrap();
    assert!(error.is_file() && error.to_string().contains("none.keras"), "{error}");
}

/// Keras numbers the calls of a graph from 1 if it is the last layer of another graph, and otherwise from 0.
#[test]
fn graphs_that_end_in_graphs_are_numbered_as_keras_does() {
    let model: Model = load_model(path("cli/nested.keras")).unwrap();
    assert_eq!(model.output_names().collect::<Vec<_>>(), ["decoder", "error"]);
    let outputs = model.serialize().unwrap()["config"]["output_layers"].to_string();
    assert_eq!(outputs, r#"[["decoder",1,0],["error",0,0]]"#);
}

/// The data of a model that shares layers with models inside of it, and the losses of Keras's training.
#[derive(Deserialize)]
struct Training {
    x: Vec<Array>,
    targets: Vec<Array>,
    losses: Vec<f64>,
}

impl Training {
    fn of(name: &str) -> (CompiledModel, Self) {
        let file = format!("files/models/shared_{name}");
        (load_model(path(&format!("{file}.keras"))).unwrap(), read(&format!("{file}.json")))
    }

    fn fit(&self, model: &mut CompiledModel, epochs: usize) -> horn::Result<Vec<f64>> {
        let host = |arrays: &[Array]| arrays.iter().map(Array::host).collect::<Vec<_>>();
        let options = Fit::epochs(epochs).shuffle(false).verbose(Verbose::Silent);
        Ok(model.fit(host(&self.x), host(&self.targets), options)?.get("loss").unwrap().to_vec())
    }
}

#[test]
fn layers_that_models_inside_share_are_trained_as_one() {
    for name in ["with_outer", "outer_first", "between_models"] {
        let (mut model, training) = Training::of(name);
        let losses = training.fit(&mut model, training.losses.len()).unwrap();
        for (loss, expected) in losses.iter().zip(&training.losses) {
            assert!((loss - expected).abs() <= 1e-5 * expected.abs().max(1.0), "{name}: {loss} and not {expected}");
        }
        assert_eq!(losses.len(), training.losses.len());
        // A file that Horn writes shares them, too.
        let folder = tempfile::tempdir().unwrap();
        let written = folder.path().join("again.keras");
        model.save(&written).unwrap();
        let mut again: CompiledModel = load_model(&written).unwrap();
        let trainable = |model: &CompiledModel| model.model().unwrap().trainable_weights().count();
        assert!(trainable(&model) < model.model().unwrap().weights().count());
        // As many as Keras counts: three layers of 20, one of which is shared, and one of 10.
        assert!(name != "with_outer" || model.model().unwrap().count_params() == 70);
        assert_eq!(trainable(&again), trainable(&model), "{name}");
        assert_eq!(training.fit(&mut again, 2).unwrap(), training.fit(&mut model, 2).unwrap(), "{name}");
    }
}

#[test]
fn what_shared_layers_change_at_each_call_is_not_trained_apart() {
    let (mut model, training) = Training::of("between_inner");
    let reason = model.missing_optimizer().unwrap().to_string();
    assert!(reason.contains("models inside of this one share layers with it"), "{reason}");
    assert!(reason.contains("moving_mean, which the layer changes at each call"), "{reason}");
    assert!(training.fit(&mut model, 1).unwrap_err().is_model());
}
