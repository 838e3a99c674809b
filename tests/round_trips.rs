//! Round trips of model files from real Keras to Horn and back.
//!
//! The repository has small files. If `HORN_PYTHON` names a Python with Keras, `keras/round_trip.py` makes many more
//! models. Horn reads, writes and trains them, and Keras reads what Horn has written.

mod board;
mod own;
mod python;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use horn::layers::from_config;
use horn::model_from_json;
use horn::prelude::*;
use ndarray::ArrayD;
use serde::Deserialize;
use serde_json::Value;

use crate::fixtures::{Array, bits, path, read};

/// A model that Keras has made.
#[derive(Deserialize)]
struct Case {
    name: String,
    compiled: bool,
    tolerance: f64,
}

/// The inputs, Keras's outputs for them, and the targets for a compiled model.
#[derive(Deserialize)]
struct Content {
    x: Vec<Given>,
    y: Vec<Array>,
    #[serde(default)]
    targets: Vec<Array>,
}

/// An input.
#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    Numbers(Array),
    Texts { shape: Vec<usize>, texts: Vec<String> },
}

impl Given {
    fn host(&self) -> HostArray<'_> {
        match self {
            Self::Numbers(array) => array.host(),
            Self::Texts { shape, texts } => {
                HostArray::new(texts.as_slice(), shape.clone()).expect("the texts fill their shape")
            }
        }
    }
}

/// The result of checking a model.
type Checked = Result<(), Box<dyn std::error::Error>>;

impl Content {
    fn read(path: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
    }

    fn x(&self) -> Vec<HostArray<'_>> {
        self.x.iter().map(Given::host).collect()
    }

    /// Compares the model's outputs with Keras's.
    fn check(&self, model: &Model, tolerance: f64) -> Checked {
        let x = self.x();
        let samples = x[0].len();
        let outputs = model.predict_all(x, samples)?;
        if outputs.len() != self.y.len() {
            return Err(format!("{} outputs, and not {}", outputs.len(), self.y.len()).into());
        }
        for (at, (received, expected)) in outputs.iter().zip(&self.y).enumerate() {
            if received.shape() != expected.shape {
                return Err(format!("output {at} is {:?}, and not {:?}", received.shape(), expected.shape).into());
            }
            let far = |(received, expected): (&f32, f32)| {
                f64::from((received - expected).abs()) / f64::from(expected.abs().max(1.0))
            };
            let largest = received.iter().zip(expected.values()).map(far).fold(0.0, f64::max);
            if largest > tolerance || received.iter().any(|value| !value.is_finite()) {
                return Err(format!("output {at} differs by {largest:.3e} from Keras's").into());
            }
        }
        Ok(())
    }
}

fn check_same_weights(received: &Model, expected: &Model) -> Checked {
    let paths = |model: &Model| model.weight_paths().collect::<Vec<_>>();
    if paths(received) != paths(expected) {
        return Err(format!("weights {:?}, and not {:?}", paths(received), paths(expected)).into());
    }
    if bits(&received.get_weights()) != bits(&expected.get_weights()) {
        return Err("saving and loading changes the weights".into());
    }
    Ok(())
}

/// Checks all models and returns a list of failures. A panic in one does not hide the others.
fn check_all<'a>(names: impl Iterator<Item = &'a str>, check: impl Fn(&str) -> Checked) -> Vec<String> {
    let mut wrong = Vec::new();
    for name in names {
        match catch_unwind(AssertUnwindSafe(|| check(name))) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => wrong.push(format!("{name}: {error}")),
            Err(_) => wrong.push(format!("{name}: a panic")),
        }
    }
    wrong
}

/// Reads a model that Keras has written to `folder`, compares it, and writes the files that the `check` of
/// `round_trip.py` reads.
fn send(folder: &Path, case: &Case) -> Checked {
    let name = &case.name;
    let file = |part: &str| folder.join(part).join(format!("{name}.keras"));
    let content = Content::read(&folder.join(format!("{name}.json")))?;
    let model: Model = load_model(file("")).map_err(|error| format!("reading: {error}"))?;
    content.check(&model, case.tolerance)?;

    let json = model.to_json()?;
    let again = model_from_json(&json).map_err(|error| format!("reading its JSON: {error}"))?;
    if again.to_json()? != json {
        return Err("its JSON is another when it is read and written".into());
    }
    if !case.compiled {
        model.save(file("horn"))?;
    } else {
        let mut learner: CompiledModel =
            load_model(file("")).map_err(|error| format!("reading it compiled: {error}"))?;
        check_same_weights(learner.model()?, &model)?;
        learner.save(file("horn"))?;
        let targets: Vec<_> = content.targets.iter().map(Array::host).collect();
        learner.fit(content.x(), targets, Fit::epochs(1).batch_size(4).shuffle(false).verbose(Verbose::Silent))?;
        learner.save(file("horn-trained"))?;
    }
    let again: Model = load_model(file("horn")).map_err(|error| format!("reading what Horn wrote: {error}"))?;
    check_same_weights(&again, &model)
}

/// The layers that Horn has and that are in none of the models.
fn layers_not_sent(folder: &Path, cases: &[Case]) -> Vec<String> {
    #[derive(Deserialize)]
    struct Default {
        class_name: String,
        public_name: Option<String>,
        args: Value,
    }
    let config = |case: &Case| {
        let model: Model = load_model(folder.join(&case.name).with_extension("keras")).ok()?;
        model.serialize().ok()
    };
    let mut sent = HashSet::new();
    cases.iter().filter_map(config).for_each(|config| collect_classes(&config, &mut sent));
    let mut known: Vec<Default> = read("layers/defaults.json");
    known.retain(|layer| from_config(&layer.class_name, &layer.args).is_ok());
    assert!(known.len() > 100, "{} layers", known.len());
    let name = |layer: Default| layer.public_name.unwrap_or(layer.class_name);
    known.into_iter().map(name).filter(|class| !sent.contains(class)).collect()
}

fn collect_classes(value: &Value, found: &mut HashSet<String>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("class_name").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|value| collect_classes(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_classes(value, found)),
        _ => {}
    }
}

/// The models that take a minute.
const APPLICATIONS: [&str; 4] = ["vgg16", "resnet50", "mobilenet_v2", "efficientnet_b0"];

/// Layers that Keras only has with TensorFlow.
const OF_TENSORFLOW: [&str; 6] =
    ["HashedCrossing", "Discretization", "Hashing", "IntegerLookup", "StringLookup", "TextVectorization"];

/// Lets Keras make models, sends them to Horn and back, and returns a list of failures.
fn there_and_back(python: &str, folder: &Path, names: &[&str]) -> (Vec<Case>, Vec<String>) {
    if !folder.join("cases.json").exists() {
        let made = python::round_trip(python, "make", folder, names);
        assert!(made.is_ok(), "Keras does not make the models:\n{}", made.unwrap_err());
    }
    let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(folder.join("cases.json")).unwrap()).unwrap();
    let case = |name: &str| cases.iter().find(|case| case.name == name).unwrap();
    let mut wrong = check_all(cases.iter().map(|case| case.name.as_str()), |name| send(folder, case(name)));
    if names.is_empty() {
        wrong.extend(check_all(own::NAMES.into_iter(), |name| own::write(&folder.join("own"), name)));
    }
    if let Err(report) = python::round_trip(python, "check", folder, &[]) {
        wrong.push(format!("what Keras finds:\n{report}"));
    }
    (cases, wrong)
}

#[test]
#[cfg_attr(not(has_keras), ignore = "let HORN_PYTHON name a Python with keras, jax and h5py")]
fn with_real_keras() {
    let python = python::with_keras();
    let given = std::env::var_os("HORN_ROUND_TRIPS").map(PathBuf::from);
    let scratch = tempfile::tempdir().unwrap();
    // To examine a failure, a folder with models that were made before can be given.
    let folder = given.as_deref().unwrap_or(scratch.path());
    let (cases, wrong) = there_and_back(&python, folder, &[]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases.len() >= 45, "{} models", cases.len());
    let has_tensorflow = cases.iter().any(|case| case.name == "hashes");
    let mut not_sent = layers_not_sent(folder, &cases);
    not_sent.retain(|class| has_tensorflow || !OF_TENSORFLOW.contains(&class.as_str()));
    assert!(not_sent.is_empty(), "no model has a {}", not_sent.join(", "));
}

#[test]
#[cfg_attr(not(has_keras), ignore = "let HORN_PYTHON name a Python with keras, jax and h5py")]
fn applications_with_real_keras() {
    let python = python::with_keras();
    let scratch = tempfile::tempdir().unwrap();
    let (cases, wrong) = there_and_back(&python, scratch.path(), &APPLICATIONS);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(cases.len(), APPLICATIONS.len());
}

/// Files of old versions, whose masks today's rules would change.
const HAVE_OLD_MASKS: [&str; 2] = ["v2_masked_attention.h5", "v2_masked_merges.h5"];

/// Files whose models round the inputs of layers, or the places of pixels, which the files that Horn writes do not say.
const ARE_ROUNDED: [&str; 3] = ["quantized_int8.keras", "quantized_reversible_int8.keras", "v2_cubic_images.h5"];

/// Checks that a model is not saved by other rules for masks, and that its weights are.
fn check_refused(model: &Model, written: &Path) -> Checked {
    let error = model.save(written).err().ok_or("the model is saved by other rules for masks")?;
    let says_why = error.to_string().contains("would give the layer another mask, and so other results");
    if !error.is_model() || !says_why || written.exists() {
        return Err(error.into());
    }
    let weights = written.with_extension("weights.h5");
    model.save_weights(&weights)?;
    let mut again = model.clone();
    again.load_weights(&weights)?;
    check_same_weights(&again, model)
}

/// The files in the repository. Some are from older versions of Keras 3, some are legacy files.
#[test]
fn files_of_keras() {
    let folder = path("files/models");
    let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(folder.join("cases.json")).unwrap()).unwrap();
    let case = |name: &str| cases.iter().find(|case| case.name == name).unwrap();
    let wrong = check_all(cases.iter().map(|case| case.name.as_str()), |name| {
        let case = case(name);
        let content = Content::read(&folder.join(name.split('.').next().unwrap_or(name)).with_extension("json"))?;
        let scratch = tempfile::tempdir()?;
        let written = scratch.path().join("again.keras");
        if let Some(of) = name.strip_suffix(".weights.h5") {
            let mut model: Model = load_model(folder.join(format!("{of}.keras")))?;
            let zeros: Vec<_> = model.get_weights().iter().map(|array| ArrayD::zeros(array.shape())).collect();
            model.set_weights(&zeros)?;
            let report = model.load_weights(folder.join(name))?;
            if report.applied.len() != zeros.len() || !report.unused.is_empty() {
                return Err(format!("not all weights are read: {report:?}").into());
            }
            return content.check(&model, case.tolerance);
        }
        let model: Model = load_model(folder.join(name))?;
        content.check(&model, case.tolerance)?;
        if HAVE_OLD_MASKS.contains(&name) {
            return check_refused(&model, &written);
        }
        model.save(&written)?;
        let again: Model = load_model(&written)?;
        check_same_weights(&again, &model)?;
        if !ARE_ROUNDED.contains(&name) {
            content.check(&again, case.tolerance).map_err(|error| format!("what Horn wrote: {error}"))?;
        }
        let legacy = written.with_extension("h5");
        match model.save(&legacy) {
            // A legacy file can't hold everything.
            Err(error) if error.to_string().contains("can't keep the vocabulary") => {}
            saved => {
                let again = saved.and_then(|()| load_model::<Model>(&legacy))?;
                if !ARE_ROUNDED.contains(&name) {
                    content.check(&again, case.tolerance).map_err(|error| format!("Horn's .h5: {error}"))?;
                }
            }
        }
        if case.compiled {
            let learner: CompiledModel = load_model(folder.join(name))?;
            learner.save(&written)?;
            let again: CompiledModel = load_model(&written)?;
            check_same_weights(again.model()?, &model)?;
            if again.optimizer_variables()? != learner.optimizer_variables()? {
                return Err("saving and loading changes what the optimizer remembers".into());
            }
        }
        Ok(())
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases.len() >= 12, "{} models", cases.len());
}
