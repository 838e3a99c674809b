//! `save`: writes a model to one of Keras's files.

use std::ops::Range;
use std::path::Path;

use horn_nn::{Error, Model, Result, files, not_finite};
use horn_train::CompiledModel;
use horn_train::optimizers::OptimizerVariable;
use serde_json::Value;

use crate::archive::{Archive, ArchiveWriter};
use crate::arrays::{Array, Values};
use crate::assets::{self, IDF_WEIGHTS, KeptLookup};
use crate::h5::{Attribute, WeightsReader, WeightsWriter};
use crate::load::is_hdf5;
use crate::load_report::LoadReport;
use crate::optimizer_values::optimizer_values;
use crate::safetensors;
use crate::shared::marked;
use crate::version::KERAS_VERSION;
use crate::weights::{Assignment, LoadWeights};
use crate::{dtypes, legacy_save};

/// Saves models, and loads weights into them.
///
/// ```
/// use horn::burn::tensor::Device;
/// use horn::{SaveModel, load_model};
/// use horn::layers::{Dense, Input};
/// use horn::{Model, Sequential};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("model.keras");
/// let model = Sequential::new().add(Input([4])).add(Dense(2)).build(&Device::default())?;
/// model.save(&path)?;                                     // Python's Keras opens this file
/// let again: Model = load_model(&path)?;
/// assert_eq!(again.get_weights(), model.get_weights());
/// # Ok::<(), horn::Error>(())
/// ```
pub trait SaveModel {
    /// Writes the model to a `.keras` file: the layers, the weights and, if the model is compiled, the arguments of
    /// `compile` and the optimizer's state. Python's `keras.models.load_model` opens it. An existing file is replaced
    /// only once the new one is complete.
    ///
    /// If the name ends in `.h5`, the file is a legacy file, as Keras wrote before version 3.
    ///
    /// # Errors
    ///
    /// If the name ends in neither, the file can't be written, or a layer or an argument of `compile` can't be saved,
    /// such as a `Lambda`. Also if the model was read from a file of an old version of Keras, by whose rules a layer gets
    /// another mask than by those of the version that is written: its weights can be saved, and read with that file.
    fn save(&self, path: impl AsRef<Path>) -> Result<()>;

    /// Writes only the weights, to a file whose name ends in `.weights.h5` or `.safetensors`. In `.safetensors`, the
    /// names of the weights are Keras's paths, such as `dense/kernel`.
    ///
    /// # Errors
    ///
    /// If the name has another ending, or the file can't be written.
    fn save_weights(&self, path: impl AsRef<Path>) -> Result<()>;

    /// Reads the weights from a file that [`save_weights`](Self::save_weights) or Keras has written, or from a `.keras`
    /// file. In a `.safetensors` file, weights are found by their names.
    ///
    /// # Errors
    ///
    /// If the file can't be read, or its weights don't fit the model. The model keeps its own weights then.
    fn load_weights(&mut self, path: impl AsRef<Path>) -> Result<LoadReport> {
        self.load_weights_with(path, LoadWeights::new())
    }

    /// Reads the weights as [`load_weights`](Self::load_weights) does, with options.
    ///
    /// # Errors
    ///
    /// As [`load_weights`](Self::load_weights).
    fn load_weights_with(&mut self, path: impl AsRef<Path>, options: LoadWeights) -> Result<LoadReport>;

    /// The configuration that Keras writes for the model, without weights. [`model_from_json`](crate::model_from_json)
    /// reads it.
    ///
    /// # Errors
    ///
    /// If a layer can't be saved, such as a `Lambda`.
    fn to_json(&self) -> Result<String>;
}

impl SaveModel for Model {
    fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write_model(path.as_ref(), self, marked(self.serialize()?, self), &Optimizer::default())
    }

    fn save_weights(&self, path: impl AsRef<Path>) -> Result<()> {
        write_weights(path.as_ref(), self, &Optimizer::default())
    }

    fn load_weights_with(&mut self, path: impl AsRef<Path>, options: LoadWeights) -> Result<LoadReport> {
        if safetensors::is_named(path.as_ref()) {
            return safetensors::load(self, path.as_ref(), options);
        }
        let file = open_weights(path.as_ref())?;
        let assignment = Assignment::new(self, &file, options)?;
        *self = assignment.fill(self.clone(), &file)?;
        Ok(assignment.report)
    }

    fn to_json(&self) -> Result<String> {
        Ok(not_finite::to_json(&self.serialize()?))
    }
}

impl SaveModel for CompiledModel {
    fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let model = self.model()?;
        let mut object = marked(model.serialize()?, model);
        object["compile_config"] = self.compile_config();
        write_model(path.as_ref(), model, object, &Optimizer::of(self)?)
    }

    fn save_weights(&self, path: impl AsRef<Path>) -> Result<()> {
        write_weights(path.as_ref(), self.model()?, &Optimizer::of(self)?)
    }

    fn load_weights_with(&mut self, path: impl AsRef<Path>, options: LoadWeights) -> Result<LoadReport> {
        if safetensors::is_named(path.as_ref()) {
            return self.model_mut()?.load_weights_with(&path, options);
        }
        // Everything is read before the model is changed.
        let file = open_weights(path.as_ref())?;
        let assignment = Assignment::new(self.model()?, &file, options)?;
        let model = assignment.fill(self.model()?.clone(), &file)?;
        let optimizer = optimizer_values(&file)?;
        *self.model_mut()? = model;
        if let Some(values) = optimizer {
            // The state of another optimizer is ignored, as in Keras.
            let _ = self.set_optimizer_variables(&values);
        }
        Ok(assignment.report)
    }

    fn to_json(&self) -> Result<String> {
        self.model()?.to_json()
    }
}

/// What an optimizer remembers.
#[derive(Default)]
struct Optimizer {
    variables: Vec<OptimizerVariable>,
    /// Groups in which variables come again.
    groups: Vec<(String, Range<usize>)>,
}

impl Optimizer {
    fn of(model: &CompiledModel) -> Result<Self> {
        Ok(Self { variables: model.optimizer_variables()?, groups: model.optimizer_groups()? })
    }
}

fn write_model(path: &Path, model: &Model, object: Value, optimizer: &Optimizer) -> Result<()> {
    model.check_mask_rules()?;
    if legacy_save::is_named(path) {
        return legacy_save::write(path, model, object, &optimizer.variables);
    }
    check_ending(path, ".keras")?;
    files::write_atomically(path, |file| {
        let mut archive = ArchiveWriter::new(file, KERAS_VERSION)?;
        archive.config(&not_finite::to_json(&object))?;
        let lookups = model.lookup_states();
        archive.weights(weights_of(model, &lookups, optimizer)?)?;
        assets::write(&lookups, &mut archive)?;
        archive.finish().map(drop)
    })
}

fn write_weights(path: &Path, model: &Model, optimizer: &Optimizer) -> Result<()> {
    if safetensors::is_named(path) {
        return safetensors::save(path, model);
    }
    write_weights_with(path, model, optimizer, |_| Ok(()))
}

fn write_weights_with(
    path: &Path,
    model: &Model,
    optimizer: &Optimizer,
    more: impl FnOnce(&mut WeightsWriter) -> Result<()>,
) -> Result<()> {
    check_ending(path, ".weights.h5")?;
    files::write_atomically(path, |file| {
        let mut writer = weights_of(model, &model.lookup_states(), optimizer)?;
        more(&mut writer)?;
        writer.write(file)
    })
}

/// Writes the weights of a model as [`SaveModel::save_weights`] does, and more next to them: Keras and Horn ignore
/// groups of the file that they do not know.
#[doc(hidden)]
pub fn save_weights_and_more(
    path: &Path,
    model: &CompiledModel,
    more: impl FnOnce(&mut WeightsWriter) -> Result<()>,
) -> Result<()> {
    write_weights_with(path, model.model()?, &Optimizer::of(model)?, more)
}

/// All variables of a model, in the layout of Keras's files.
fn weights_of(model: &Model, lookups: &[KeptLookup], optimizer: &Optimizer) -> Result<WeightsWriter> {
    let mut writer = WeightsWriter::new();
    let name = |name: &str| Attribute::Text(name.to_owned());
    writer.attribute("vars", "name", name(model.name()))?;
    let mut arrays: Vec<Option<_>> = model.get_weights().into_iter().map(Some).collect();
    let dtypes = dtypes::of_weights(model);
    let groups = model.weight_groups();
    for (number, group) in groups.iter().enumerate() {
        let vars = format!("{}/vars", group.path);
        writer.attribute(&vars, "name", name(&group.name))?;
        for (at, &weight) in group.weights.iter().enumerate() {
            let comes_again = groups[number + 1..].iter().any(|group| group.weights.contains(&weight));
            let array = if comes_again { arrays[weight].clone() } else { arrays[weight].take() };
            let Some(array) = array else { continue };
            writer.dataset(&format!("{vars}/{at}"), dtypes::array(array, dtypes[weight])?)?;
        }
    }
    for (groups, state) in lookups {
        let Some(weights) = &state.idf_weights else { continue };
        for group in groups {
            let path = format!("{group}/vars/{IDF_WEIGHTS}");
            writer.dataset(&path, Array::new(vec![weights.len()], Values::F32(weights.clone()))?)?;
        }
    }
    let whole = (String::new(), 0..optimizer.variables.len());
    for (path, range) in std::iter::once(&whole).chain(&optimizer.groups).filter(|(_, range)| !range.is_empty()) {
        let vars = if path.is_empty() { "optimizer/vars".to_owned() } else { format!("optimizer/{path}/vars") };
        writer.group(&vars)?;
        for (at, variable) in optimizer.variables[range.clone()].iter().enumerate() {
            writer.dataset(&format!("{vars}/{at}"), dtypes::of_optimizer(variable, &dtypes)?)?;
        }
    }
    Ok(writer)
}

/// Opens the weights in a `.keras` or `.weights.h5` file.
fn open_weights(path: &Path) -> Result<WeightsReader> {
    if is_hdf5(path) { WeightsReader::open(path) } else { Archive::open(path)?.weights() }
}

fn check_ending(path: &Path, ending: &str) -> Result<()> {
    if files::ends_in(path, ending) {
        return Ok(());
    }
    Err(Error::argument("the name of the file does not say what it is")
        .at("path")
        .received(path.display())
        .expected(format!("a name that ends in {ending}"))
        .hint(format!("write {:?}", path.with_extension(&ending[1..]).display().to_string())))
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use horn_nn::layers::{Dense, Input, InputDtype, Resizing, StringLookup};
    use horn_nn::{Apply, Sequential};

    use super::*;
    use crate::{fixture, load_model};

    #[test]
    fn what_can_t_be_read_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("damaged.weights.h5");
        let mut learner: CompiledModel = load_model(fixture("small.keras")).unwrap();
        // Other weights, and an optimizer variable that is not a scalar.
        let mut model = learner.model().unwrap().clone();
        let zeros: Vec<_> = model.get_weights().iter().map(|array| ndarray::ArrayD::zeros(array.shape())).collect();
        model.set_weights(&zeros).unwrap();
        let mut writer = weights_of(&model, &[], &Optimizer::default()).unwrap();
        writer.dataset("optimizer/vars/0", Array::new(vec![2], Values::I32(vec![1, 2])).unwrap()).unwrap();
        writer.write(std::fs::File::create(&path).unwrap()).unwrap();
        let before = learner.model().unwrap().get_weights();
        assert!(learner.load_weights(&path).is_err());
        assert_eq!(learner.model().unwrap().get_weights(), before);
        assert!(model.load_weights(&path).is_ok());
    }

    /// Saves the model, and reads it again.
    fn again(model: &Model) -> Model {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.keras");
        model.save(&path).unwrap();
        load_model(&path).unwrap()
    }

    #[test]
    fn a_million_tokens_are_saved_and_read() {
        let tokens: Vec<String> = (0..1_000_000).map(|at| format!("t{at}")).collect();
        let mut learned = StringLookup();
        learned.adapt(&tokens).unwrap();
        for layer in [StringLookup().vocabulary(tokens.clone()), learned] {
            let words = layer.get_vocabulary().unwrap();
            let model = Sequential::new().add(Input([1]).dtype(InputDtype::String)).add(layer);
            let again = again(&model.build(&Device::default()).unwrap());
            let texts = [words[1].as_str(), words[999_999].as_str(), "none"];
            let found = again.predict(&texts, 32).unwrap();
            assert_eq!(found.into_iter().collect::<Vec<_>>(), [1.0, 999_999.0, 0.0]);
        }
    }

    #[test]
    fn models_are_nested_as_deep_as_keras_reads() {
        let nested = |levels: usize| {
            let inner = Sequential::new().add(Input([2])).add(Dense(1));
            let model = (0..levels).fold(inner, |inner, _| Sequential::new().add(Input([2])).add(inner));
            model.build(&Device::default()).unwrap()
        };
        let model = nested(119);
        assert_eq!(again(&model).get_weights(), model.get_weights());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.keras");
        let error = nested(125).save(&path).unwrap_err().to_string();
        assert!(error.contains("layers are nested too deeply; received"), "{error}");
        assert!(!path.exists());
        let path = folder.path().join("m.h5");
        assert!(nested(125).save(&path).is_err());
        assert!(!path.exists());
    }

    /// What a layer computes from its arguments is in no file, so it may be larger than the file.
    #[test]
    fn a_model_with_large_constants_is_saved_and_read() {
        const LONG: usize = 6000;
        let layers = Sequential::new().add(Input([LONG, 1, 1])).add(Resizing(LONG - 1, 1));
        let model = layers.build(&Device::default()).unwrap();
        assert_eq!(again(&model).output_shape(), model.output_shape());
    }

    #[test]
    fn names_that_keras_refuses_are_errors() {
        for name in ["a/b", "", "a\0b", "../../etc/x"] {
            let listed = Sequential::new().add(Input([2])).add(Dense(1).name(name)).build(&Device::default());
            let applied = Dense(1).name(name).apply(Input([2]));
            for error in [listed.map(drop).unwrap_err(), applied.map(drop).unwrap_err()] {
                assert!(error.is_argument() && error.to_string().contains("the name is not valid"), "{error}");
            }
        }
        let named = Sequential::new().name("a/b").add(Input([2])).add(Dense(1));
        assert!(named.build(&Device::default()).unwrap_err().is_argument());
        let of_graph = |input: Input, name: &str| {
            let output = Dense(1).apply(&input)?;
            Model::new(&input, &output)?.name(name).build(&Device::default())
        };
        assert!(of_graph(Input([2]), "a/b").unwrap_err().is_argument());
        assert!(of_graph(Input([2]).name("a/b"), "a").unwrap_err().is_argument());
        assert!(of_graph(Input([2]).name("x"), "a").is_ok());
    }
}
