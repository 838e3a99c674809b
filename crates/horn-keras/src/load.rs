//! `load_model`: reads a model from one of Keras's files.

use std::io::Read;
use std::path::Path;

use burn::tensor::Device;
use horn_nn::{Error, MaskRules, Model, Result, default_device, under_mask_rules};
use horn_train::CompiledModel;
use horn_train::optimizers::OptimizerValue;
use serde_json::Value;

use crate::archive::Archive;
use crate::h5::WeightsReader;
use crate::layers::ADDS_A_LOSS;
use crate::optimizer_values::optimizer_values;
use crate::shared::Shared;
use crate::weights::Assignment;
use crate::{activation_layers, assets, feature_space, json, keras_2, legacy, plain_file, quantized, version};

/// Reads a model from a `.keras` or legacy `.h5` file, saved in Python or by
/// [`SaveModel::save`](crate::SaveModel::save).
///
/// The return type says what is read: a [`Model`] predicts; a [`CompiledModel`] also has its loss, metrics and
/// optimizer, and continues training where it was saved. If Horn lacks the optimizer, or can't read its state, the model
/// evaluates all the same, and `fit` is an error: see [`CompiledModel::missing_optimizer`].
///
/// Layers compute by the [policies](horn_nn::DTypePolicy) that the file has, which are kept and written again. Weights are
/// always kept in float32: for `float16` and `bfloat16` this is more exact than in Keras, and for `float64`, whose weights
/// are rounded, less. A policy in half precision is an error on a device that lacks the dtype.
///
/// Weights that are quantized to `int8` or `int4` are read as floats, and written as such. Where Keras also rounds the
/// inputs of these layers, so does Horn, but a file that it writes is that of a model without quantization. Other
/// quantized models (`float8`, `gptq`, …) are an error. LoRA's matrices are part of the kernels, as Keras writes
/// them in `.keras` files, and as they are added up where a legacy `.h5` file has them apart.
///
/// Files of Keras 2, `.h5` and `.keras`, compute what they computed there, also where Keras 3 gives a name another
/// meaning. If the state of their optimizer can't be read, the model evaluates and predicts without it.
/// TensorFlow's bicubic resizing takes its weights from a table; a file that Horn writes is one of Keras 3, where they are
/// exact on JAX, and differ by up to 1e-3.
///
/// A `keras.utils.FeatureSpace` that was saved by itself is read as the model from its features to their encodings.
///
/// A layer that models inside of a model share with it, or with each other, gets its weights at each place. Horn does not
/// train these together, so such a model is read without its optimizer.
///
/// Nothing in a file is executed, no other file is opened, and memory is limited by the actual size of the file.
///
/// ```no_run
/// use horn::load_model;
/// use horn::Model;
/// use horn::CompiledModel;
///
/// let model: Model = load_model("mnist.keras")?;
/// let mut learner: CompiledModel = load_model("mnist.keras")?;
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If the file is missing or damaged, lacks a weight, or has something that Horn does not support, which the error
/// names. For a [`CompiledModel`] also if the model was not compiled when it was saved.
pub fn load_model<M: LoadModel>(path: impl AsRef<Path>) -> Result<M> {
    load_model_on(path, &default_device()?)
}

/// Reads a model as [`load_model`] does, to this device.
///
/// # Errors
///
/// As [`load_model`].
pub fn load_model_on<M: LoadModel>(path: impl AsRef<Path>, device: &Device) -> Result<M> {
    let path = path.as_ref();
    let place = format!("file {:?}", path.display().to_string());
    let source = Source::open(path).map_err(|error| error.within(&place))?;
    let place = match version::unlike_ours(source.version.as_deref()) {
        Some(version) => format!("{place}, saved by Keras {version}"),
        None => place,
    };
    M::from_source(source, device).map_err(|error| error.within(&place))
}

/// Makes a model with new weights from the output of `to_json()`, as `keras.models.model_from_json` does.
///
/// ```
/// use horn::{SaveModel, model_from_json};
/// use horn::Sequential;
/// use horn::layers::{Dense, Input};
/// use horn::burn::tensor::Device;
///
/// let model = Sequential::new().add(Input([4])).add(Dense(2)).build(&Device::default())?;
/// let again = model_from_json(&model.to_json()?)?;
/// assert_eq!(again.count_params(), 10);
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If the text is not valid JSON, or does not describe a model that Horn supports.
pub fn model_from_json(text: &str) -> Result<Model> {
    let mut object = json::parse(text.as_bytes(), text.len() as u64, "the JSON")?;
    quantized::dequantize(&mut object)?;
    Model::deserialize(&object, &default_device()?)
}

/// The types that [`load_model`] can read.
pub trait LoadModel: Sized {
    /// Reads from an open file.
    #[doc(hidden)]
    fn from_source(source: Source, device: &Device) -> Result<Self>;
}

impl LoadModel for Model {
    fn from_source(source: Source, device: &Device) -> Result<Self> {
        source.model(device)
    }
}

impl LoadModel for CompiledModel {
    fn from_source(source: Source, device: &Device) -> Result<Self> {
        if source.object[ADDS_A_LOSS] == true {
            return Err(Error::file(
                "the model adds a loss of its own to those of its outputs, which Keras 3 does not do",
            )
            .received("a call of `add_loss`")
            .expected("losses that are given to `compile`")
            .hint("predict with it; a program can read it as a `Model`, and compile that"));
        }
        let config = source.object["compile_config"].clone();
        if config.as_object().is_none_or(serde_json::Map::is_empty) {
            return Err(Error::file("the model was saved without being compiled")
                .received("no compile_config")
                .expected("an optimizer and a loss")
                .hint(
                    "compile the model before it is saved; a program can also read it as a `Model`, and compile that",
                ));
        }
        let mut compiled = Self::from_compile_config(source.model(device)?, &config)?;
        // The model evaluates without its optimizer.
        if let Err(reason) = source.set_optimizer_state(&mut compiled) {
            compiled.leave_optimizer_out(reason);
        }
        Ok(compiled)
    }
}

/// An open model file.
#[doc(hidden)]
#[derive(Debug)]
pub struct Source {
    /// The model, in the form of Keras 3.
    object: Value,
    weights: WeightsReader,
    shared: Shared,
    /// The version of Keras that wrote the file.
    version: Option<String>,
}

impl Source {
    fn open(path: &Path) -> Result<Self> {
        if is_hdf5(path) {
            let weights = WeightsReader::open(path)?;
            let version = legacy::version(&weights)?;
            let mut object = in_form_of_keras_3(legacy::object(&weights)?, version.as_deref())?;
            activation_layers::split(&mut object, &weights);
            return Ok(Self { shared: Shared::of(&object), object, weights, version });
        }
        let mut archive = Archive::open(path)?;
        let metadata = archive.metadata().ok().flatten().unwrap_or_default();
        let version = metadata["keras_version"].as_str().map(str::to_owned);
        let weights = archive.weights()?;
        let mut object = archive.config()?;
        if feature_space::is_one(&object) {
            object = feature_space::model(&object, &weights)?;
        }
        let mut object = in_form_of_keras_3(object, version.as_deref())?;
        assets::place(&mut object, &mut archive, &weights)?;
        activation_layers::split(&mut object, &weights);
        Ok(Self { shared: Shared::of(&object), object, weights, version })
    }

    fn set_optimizer_state(&self, compiled: &mut CompiledModel) -> Result<()> {
        self.check_shared(compiled.model()?)?;
        if let Some(version) = self.version.as_deref().filter(|version| keras_2::is_version(Some(version))) {
            let optimizer = &self.object["compile_config"]["optimizer"];
            let Some(values) = keras_2::optimizer::values(&self.weights, optimizer, compiled.learning_rate())? else {
                return Ok(());
            };
            let state = compiled.set_optimizer_variables(&values).map_err(|error| {
                Error::file("the state of the optimizer is in an order that Horn does not know")
                    .received(format!("that of Keras {version}"))
                    .because(error)
                    .hint("compile the model again to train it")
            });
            // An optimizer that has made no step has a count and a rate.
            return if (1..=2).contains(&values.len()) { Ok(()) } else { state };
        }
        let Some(values) = optimizer_values(&self.weights)? else { return Ok(()) };
        let state = compiled.set_optimizer_variables_of_file(values.clone());
        // Of an optimizer that has made no step, Keras saves only counts and rates: its own, and those of the optimizers
        // inside.
        let is_start = |value: &OptimizerValue| match value {
            OptimizerValue::Int(count) => *count == 0,
            OptimizerValue::Float(number) => number.ndim() == 0,
        };
        let has_made_no_step = values.len() <= 2 || values.iter().all(is_start);
        if has_made_no_step { Ok(()) } else { state }
    }

    /// Layers at several places are trained as one, but for what they change themselves at each call.
    fn check_shared(&self, model: &Model) -> Result<()> {
        let Some(name) = self.shared.names().first().copied() else { return Ok(()) };
        let (shared, weights): (_, Vec<_>) = (model.shared_weights(), model.weights().collect());
        let changes = shared.iter().map(|places| weights[places[0]]).find(|weight| !weight.trainable);
        if changes.is_none() && legacy::root(&self.weights).is_none() {
            return Ok(());
        }
        let reason = "models inside of this one share layers with it, which Horn does not train together";
        let error = Error::model(reason).at(format!("layer {name:?}"));
        let error = match changes {
            Some(weight) => error.received(format!("{}, which the layer changes at each call", weight.name)),
            None => error.received("a file in the format before Keras 3"),
        };
        Err(error.hint("predict and evaluate with it, or make it in Horn as one graph to train it"))
    }

    fn model(&self, device: &Device) -> Result<Model> {
        // Every weight must be in the file, so the model can't have more values than the file.
        let most = self.weights.max_values().saturating_mul(self.shared.times());
        let rules = match self.version.as_deref() {
            version if keras_2::is_version(version) => MaskRules::Keras2,
            Some(version) if version::is_before(version, 3, 8) => MaskRules::BeforeKeras38,
            _ => MaskRules::Current,
        };
        let model = under_mask_rules(rules, || Model::deserialize_empty(&self.object, device, most))?;
        Assignment::of_model(&model, &self.object, &self.shared, &self.weights)?.fill(model, &self.weights)
    }
}

/// The object without what is only kept in files: words of Keras 2, and quantized weights.
fn in_form_of_keras_3(mut object: Value, version: Option<&str>) -> Result<Value> {
    if keras_2::is_version(version) {
        if keras_2::layers::adds_a_loss(&object) {
            object[ADDS_A_LOSS] = true.into();
        }
        keras_2::names::translate(&mut object);
        keras_2::sizes::begin();
        keras_2::layers::translate(&mut object)?;
        let outputs = keras_2::outputs(&object);
        if let Some(training) = object.get_mut("compile_config").and_then(Value::as_object_mut) {
            keras_2::training::translate(training, &outputs);
        }
    }
    quantized::dequantize(&mut object)?;
    Ok(object)
}

/// Does the file start with HDF5's signature?
pub(crate) fn is_hdf5(path: &Path) -> bool {
    let mut start = [0; 8];
    plain_file::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && &start == b"\x89HDF\r\n\x1a\n"
}
