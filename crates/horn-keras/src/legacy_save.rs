//! Writes legacy `.h5` files, the format of Keras before version 3.

use std::collections::HashSet;
use std::path::Path;

use horn_nn::{Error, Model, Result, files, not_finite};
use horn_train::optimizers::OptimizerVariable;
use ndarray::ArrayD;
use serde_json::{Value, json};

use crate::h5::{Attribute, WeightsWriter};
use crate::version::KERAS_VERSION;
use crate::{dtypes, json, legacy};

/// Does the file's name say that it is a legacy file?
pub(crate) fn is_named(path: &Path) -> bool {
    files::ends_in(path, ".h5") && !files::ends_in(path, ".weights.h5")
}

/// Writes a model's object, its weights and the state of its optimizer.
pub(crate) fn write(path: &Path, model: &Model, mut object: Value, optimizer: &[OptimizerVariable]) -> Result<()> {
    check_lookups(model)?;
    let mut writer = WeightsWriter::new();
    versions(&mut writer, "")?;
    let compiled = object["compile_config"].take();
    config(&mut writer, "model_config", &plain(&object))?;
    if !compiled.is_null() {
        config(&mut writer, "training_config", &training_config(&compiled))?;
    }
    weights(&mut writer, model)?;
    if !optimizer.is_empty() {
        let prefix = compiled["optimizer"]["config"]["name"].as_str().unwrap_or("optimizer");
        optimizer_weights(&mut writer, model, prefix, optimizer)?;
    }
    files::write_atomically(path, |file| writer.write(file))
}

/// Writes a configuration, if a reader would read it.
fn config(writer: &mut WeightsWriter, name: &str, config: &Value) -> Result<()> {
    let text = not_finite::to_json(config);
    json::check_own(&text, name)?;
    writer.attribute("", name, Attribute::Text(text))
}

/// The format can't keep learned vocabularies. Keras writes the file without them, and then can't use it.
fn check_lookups(model: &Model) -> Result<()> {
    let states = model.lookup_states();
    let Some((groups, _)) = states.iter().find(|(_, it)| it.vocabulary.is_some() || it.idf_weights.is_some()) else {
        return Ok(());
    };
    Err(Error::argument("a .h5 file can't keep the vocabulary that the layer has learned")
        .at(format!("{:?}", groups[0]))
        .expected("a .keras file")
        .hint("save the model as `.keras`, or give the layer the vocabulary as an argument"))
}

fn versions(writer: &mut WeightsWriter, group: &str) -> Result<()> {
    writer.attribute(group, "backend", Attribute::Text("jax".to_owned()))?;
    writer.attribute(group, "keras_version", Attribute::Text(KERAS_VERSION.to_owned()))
}

/// Removes from layers what files before version 3 did not have, such as their modules.
fn plain(object: &Value) -> Value {
    let mut plain = object.clone();
    strip(&mut plain);
    plain
}

fn strip(object: &mut Value) {
    let Some(fields) = object.as_object_mut() else { return };
    // A registered custom class is found by its full name.
    if let Some(name) = fields.remove("registered_name").filter(|name| name.as_str().is_some_and(|it| it.contains('>')))
    {
        fields.insert("class_name".to_owned(), name);
    }
    // The one class whose name in Keras's code differs from its public name.
    if fields.get("class_name").is_some_and(|class| class == "GroupQueryAttention") {
        fields.insert("class_name".to_owned(), "GroupedQueryAttention".into());
    }
    ["module", "build_config", "compile_config"].iter().for_each(|key| drop(fields.remove(*key)));
    if let Some(layers) = fields.get_mut("config").and_then(|config| config.get_mut("layers")?.as_array_mut()) {
        layers.iter_mut().for_each(strip);
    }
}

fn training_config(compiled: &Value) -> Value {
    let mut config = compiled.clone();
    let optimizer = config["optimizer"].take();
    let registered = optimizer["registered_name"].as_str().is_some_and(|name| name.contains('>'));
    let class = if registered { &optimizer["registered_name"] } else { &optimizer["class_name"] };
    config["optimizer_config"] = json!({"class_name": class, "config": optimizer["config"]});
    if let Some(config) = config.as_object_mut() {
        config.remove("optimizer");
    }
    config
}

/// Writes a group for each layer, with the layer's name and its weights by path, the trainable weights first.
fn weights(writer: &mut WeightsWriter, model: &Model) -> Result<()> {
    let root = "model_weights";
    versions(writer, root)?;
    let names = model.layers().map(|layer| layer.name().to_owned());
    writer.attribute(root, "layer_names", Attribute::Texts(names.collect()))?;
    let paths: Vec<String> = model.weight_paths().collect();
    let dtypes = dtypes::of_weights(model);
    let mut arrays: Vec<Option<ArrayD<f32>>> = model.get_weights().into_iter().map(Some).collect();
    for (layer, weights) in legacy::layers(model) {
        let group = format!("{root}/{layer}");
        let names: Vec<String> = weights.iter().map(|&at| paths[at].clone()).collect();
        for (&at, name) in weights.iter().zip(&names) {
            let Some(array) = arrays[at].take() else { continue };
            writer.dataset(&format!("{group}/{name}"), dtypes::array(array, dtypes[at])?)?;
        }
        writer.attribute(&group, "weight_names", Attribute::Texts(names))?;
    }
    // Keras keeps weights of the model itself here. Horn's models have none.
    writer.attribute(&format!("{root}/top_level_model_weights"), "weight_names", Attribute::Texts(Vec::new()))
}

fn optimizer_weights(
    writer: &mut WeightsWriter,
    model: &Model,
    prefix: &str,
    variables: &[OptimizerVariable],
) -> Result<()> {
    let root = "optimizer_weights";
    let dtypes = dtypes::of_weights(model);
    let mut taken = HashSet::new();
    let mut names = Vec::new();
    for variable in variables {
        // Layers of nested models may have the same paths. Only the order matters.
        let plain = format!("{prefix}/{}", variable.name);
        let numbered = (1..).map(|number| format!("{plain}_{number}"));
        let name = std::iter::once(plain.clone()).chain(numbered).find(|name| taken.insert(name.clone()));
        let name = name.unwrap_or(plain);
        writer.dataset(&format!("{root}/{name}"), dtypes::of_optimizer(variable, &dtypes)?)?;
        names.push(name);
    }
    writer.attribute(root, "weight_names", Attribute::Texts(names))
}

#[cfg(test)]
mod tests {
    use horn_nn::layers::{GroupQueryAttention, Input};
    use horn_nn::{Apply, default_device};
    use horn_train::CompiledModel;

    use super::*;
    use crate::h5::WeightsReader;
    use crate::{SaveModel, fixture, load_model};

    #[test]
    fn has_what_keras_s_file_has() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("again.h5");
        let model: CompiledModel = load_model(fixture("small.h5")).unwrap();
        model.save(&path).unwrap();
        let (ours, keras) = (WeightsReader::open(&path).unwrap(), WeightsReader::open(fixture("small.h5")).unwrap());
        let datasets = |file: &WeightsReader| -> Vec<_> {
            let all = file.datasets().map(|found| (found.path.to_owned(), found.sizes.to_vec(), found.dtype));
            all.collect()
        };
        assert_eq!(datasets(&ours), datasets(&keras));
        for found in keras.datasets() {
            let sizes: Vec<usize> = found.sizes.iter().map(|&size| size as usize).collect();
            assert_eq!(ours.read(found.path, &sizes).unwrap(), keras.read(found.path, &sizes).unwrap());
        }
        let config = |file: &WeightsReader, name: &str| -> Value {
            serde_json::from_str(file.attributes("").unwrap()[name].as_text().unwrap()).unwrap()
        };
        assert_eq!(config(&ours, "model_config"), config(&keras, "model_config"));
        let (ours, keras) = (config(&ours, "training_config"), config(&keras, "training_config"));
        assert_eq!(ours["optimizer_config"], keras["optimizer_config"]);
    }

    #[test]
    fn classes_have_the_names_of_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.h5");
        let x = Input([4, 6]);
        let y = GroupQueryAttention(3, 2, 1).apply((&x, &x)).unwrap();
        let model = Model::new(&x, &y).unwrap().build(&default_device().unwrap()).unwrap();
        model.save(&path).unwrap();
        let config = WeightsReader::open(&path).unwrap().attributes("").unwrap()["model_config"].clone();
        let config: Value = serde_json::from_str(config.as_text().unwrap()).unwrap();
        assert_eq!(config["config"]["layers"][1]["class_name"], "GroupedQueryAttention");
        let again: Model = load_model(&path).unwrap();
        assert_eq!(again.get_weights(), model.get_weights());
    }

    #[test]
    fn comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("again.h5");
        let model: CompiledModel = load_model(fixture("small.keras")).unwrap();
        model.save(&path).unwrap();
        let again: CompiledModel = load_model(&path).unwrap();
        assert_eq!(again.model().unwrap().get_weights(), model.model().unwrap().get_weights());
        assert_eq!(again.compile_config(), model.compile_config());
        assert_eq!(again.optimizer_variables().unwrap(), model.optimizer_variables().unwrap());
        assert_eq!(again.to_json().unwrap(), model.to_json().unwrap());
    }
}
