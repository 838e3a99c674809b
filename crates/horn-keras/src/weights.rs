//! Assigns the variables of a file to the weights of a model.

use std::collections::{BTreeMap, HashMap, HashSet};

use horn_nn::{Error, Model, Result, Weight, WeightGroup, sizes};
use serde_json::Value;

use crate::arrays::DType;
use crate::bundle::Bundle;
use crate::h5::{Attribute, WeightsReader};
use crate::load_report::LoadReport;
use crate::lora::Lora;
use crate::quantized::{Classes, Kernel};
use crate::shared::Shared;
use crate::{layers, legacy};

/// Options for loading weights into an existing model.
///
/// ```
/// use horn::LoadWeights;
///
/// let options = LoadWeights::new().by_name(true).skip_mismatch(true);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoadWeights {
    by_name: bool,
    skip_mismatch: bool,
}

impl LoadWeights {
    /// Keras's defaults: the file must have exactly the weights of the model.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether layers are matched by name instead of by order. Layers that the file lacks keep their weights. Off by
    /// default.
    #[must_use]
    pub fn by_name(mut self, by_name: bool) -> Self {
        self.by_name = by_name;
        self
    }

    /// Whether layers whose shapes differ from those of the file keep their weights. Off by default: a mismatch is an
    /// error.
    #[must_use]
    pub fn skip_mismatch(mut self, skip_mismatch: bool) -> Self {
        self.skip_mismatch = skip_mismatch;
        self
    }

    pub(crate) fn is_by_name(self) -> bool {
        self.by_name
    }

    pub(crate) fn skips_mismatch(self) -> bool {
        self.skip_mismatch
    }
}

/// The path of the variable for each weight of a model.
pub(crate) struct Assignment {
    variables: Vec<Option<String>>,
    /// The kernels that are quantized in the file, by the index of the weight.
    quantized: HashMap<usize, Kernel>,
    /// The matrices that are added to kernels, by the path of the kernel.
    loras: HashMap<String, Lora>,
    /// The weights that are one, as their layer is at several places.
    shared: Vec<Vec<usize>>,
    pub report: LoadReport,
}

impl Assignment {
    /// Finds each weight of a model in a weights file, of any version of Keras.
    pub fn new(model: &Model, file: &WeightsReader, options: LoadWeights) -> Result<Self> {
        let bundles = match legacy::root(file) {
            Some(root) => legacy::bundles(model, file, root, options.by_name, &[])?,
            None => bundles(model, file, options.by_name, None, None)?,
        };
        Self::of_bundles(model, file, bundles, options)
    }

    /// Finds each weight of a model in the file that also describes the model.
    pub fn of_model(model: &Model, object: &Value, shared: &Shared, file: &WeightsReader) -> Result<Self> {
        let bundles = match legacy::root(file) {
            Some(root) => {
                let split = layers::split_ones(object);
                legacy::bundles(model, file, root, object[layers::ADDS_A_LOSS] == true, &split)?
            }
            None => bundles(model, file, false, Some(&numbers_in(object)), Some(shared))?,
        };
        Self::of_bundles(model, file, bundles, LoadWeights::new())
    }

    fn of_bundles(model: &Model, file: &WeightsReader, bundles: Vec<Bundle>, options: LoadWeights) -> Result<Self> {
        let weights: Vec<&Weight> = model.weights().collect();
        let paths: Vec<String> = model.weight_paths().collect();
        let mut variables = vec![None; weights.len()];
        let mut report = LoadReport::default();
        let mut taken = HashSet::new();
        let mut quantized = HashMap::new();
        let mut loras = HashMap::new();
        let mut shared: BTreeMap<(usize, String, usize), Vec<usize>> = BTreeMap::new();
        for bundle in bundles {
            for (number, &at) in bundle.weights.iter().enumerate() {
                if let Some((layer, part)) = &bundle.shared {
                    shared.entry((*layer, part.clone(), number)).or_default().push(at);
                }
            }
            let own = || bundle.weights.iter().map(|&at| paths[at].clone());
            let Some(names) = &bundle.variables else {
                report.missing.extend(own());
                continue;
            };
            let mut found =
                names.iter().map(|path| Ok(file.describe(path)?.sizes.to_vec())).collect::<Result<Vec<_>>>()?;
            let sizes = |&at: &usize| weights[at].sizes.iter().map(|&size| size as u64).collect();
            let expected: Vec<Vec<u64>> = bundle.weights.iter().map(sizes).collect();
            if let (Some(kernel), Some(&at)) = (bundle.quantized, bundle.weights.first()) {
                taken.extend(kernel.paths().cloned());
                quantized.insert(at, kernel);
                // Whether the kernel's variables fit is seen when they are read.
                found.truncate(expected.len());
                found[0].clone_from(&expected[0]);
            }
            for lora in bundle.loras {
                taken.extend([lora.a.clone(), lora.b.clone()]);
                loras.insert(lora.kernel.clone(), lora);
            }
            if found == expected {
                for (&at, path) in bundle.weights.iter().zip(names) {
                    taken.insert(path.clone());
                    if variables[at].replace(path.clone()).is_none() {
                        report.applied.push(paths[at].clone());
                    }
                }
            } else if !options.skip_mismatch {
                return Err(misfit(&bundle.layer, &found, &expected));
            } else if found.is_empty() {
                report.missing.extend(own());
            } else {
                report.mismatched.extend(own());
            }
        }
        let others = file.datasets().map(|found| found.path).filter(|path| !path.starts_with("optimizer"));
        report.unused = others.filter(|path| !taken.contains(*path)).map(str::to_owned).collect();
        // A layer that is built for other inputs at each place is not one layer, whatever the file says.
        let is_one = |places: &Vec<usize>| {
            places.len() > 1 && places.iter().all(|&at| weights[at].sizes == weights[places[0]].sizes)
        };
        let mut shared: Vec<Vec<usize>> = shared.into_values().filter(is_one).collect();
        shared.iter_mut().for_each(|places| places.sort_unstable());
        Ok(Self { variables, quantized, loras, shared, report })
    }

    /// Fills the model with the weights of the file.
    pub fn fill(&self, model: Model, file: &WeightsReader) -> Result<Model> {
        let filled = model.filled(|at, weight| {
            if let Some(kernel) = self.quantized.get(&at).filter(|_| self.variables[at].is_some()) {
                return kernel.read(file, &weight.sizes).map(Some);
            }
            let Some(path) = &self.variables[at] else { return Ok(None) };
            let mut values = file.read(path, &weight.sizes)?.into_f32()?.into_raw_vec_and_offset().0;
            if let Some(lora) = self.loras.get(path) {
                lora.add(file, &mut values, &weight.sizes)?;
            }
            Ok(Some(values))
        })?;
        let filled = if self.shared.is_empty() { filled } else { filled.with_shared_weights(self.shared.clone()) };
        Ok(filled.following())
    }
}

/// The weights as Keras 3 keeps them: by class, numbered in the order of the layers.
fn bundles(
    model: &Model,
    file: &WeightsReader,
    by_name: bool,
    numbers: Option<&Numbers>,
    shared: Option<&Shared>,
) -> Result<Vec<Bundle>> {
    let groups = model.weight_groups();
    let renumbered = renumbered(&groups, file, numbers)?;
    let names: HashMap<&str, &str> = groups.iter().map(|group| (group.path.as_str(), group.name.as_str())).collect();
    let places = if by_name { places_by_name(file)? } else { HashMap::new() };
    let has_integers = file.datasets().any(|found| found.dtype == Some(DType::I8));
    let classes = if has_integers { Some(Classes::of(model)?) } else { None };
    let mut bundles = Vec::new();
    for group in groups.iter().filter(|group| !group.weights.is_empty()) {
        let place = match by_name {
            true => named_place(&group.path, &names, &places),
            false => Some(place_in(&renumbered, &group.path)),
        };
        let layer = format!("layer {:?} ({})", group.name, place.as_ref().unwrap_or(&group.path));
        let of_shared = shared.zip(place.as_deref()).and_then(|(shared, place)| shared.layer_of(place));
        let of_shared = of_shared.map(|(layer, part)| (layer, part.to_owned()));
        let variables = place.map(|place| {
            let place = as_stored(file, shared, place);
            let path = |at: usize| format!("{place}/vars/{at}");
            (0..).map(path).take_while(|path| file.is_dataset(path)).collect::<Vec<_>>()
        });
        let quantized = classes.as_ref().zip(variables.as_deref());
        let quantized = quantized
            .and_then(|(classes, variables)| classes.kernel(&group.path, file, variables, group.weights.len()));
        bundles.push(Bundle {
            layer,
            weights: group.weights.clone(),
            variables,
            quantized,
            loras: Vec::new(),
            shared: of_shared,
        });
    }
    Ok(bundles)
}

/// Where a file keeps the layers of its models: for each model, by the prefix of its layers' paths, a map from names to
/// paths.
type Numbers = HashMap<String, HashMap<String, String>>;

/// Where a file keeps the layers of the model that it describes.
fn numbers_in(object: &Value) -> Numbers {
    let mut numbers = Numbers::new();
    layers::each(object, |layer| {
        if let Some(name) = layer.object["config"]["name"].as_str() {
            numbers.entry(layer.model.to_owned()).or_default().insert(name.to_owned(), layer.path);
        }
    });
    numbers
}

/// Where the file numbers a model's layers differently than Horn: a map from Horn's paths of layers to the file's.
///
/// Layers of a class are numbered in the order of the model. The file's numbers come from the model that it describes,
/// or else from the names that it records, if these are the model's names in another order.
fn renumbered(
    groups: &[WeightGroup],
    file: &WeightsReader,
    numbers: Option<&Numbers>,
) -> Result<HashMap<String, String>> {
    let mut siblings: BTreeMap<&str, Vec<&WeightGroup>> = BTreeMap::new();
    for group in groups {
        if let Some((model, _)) = group.path.rsplit_once("layers/").filter(|(_, layer)| !layer.contains('/')) {
            siblings.entry(model).or_default().push(group);
        }
    }
    let mut renumbered = HashMap::new();
    // A model comes before the models inside it.
    for (model, own) in siblings {
        let described = numbers.and_then(|numbers| {
            let prefix = match model.strip_suffix('/') {
                Some(path) => format!("{}/", place_in(&renumbered, path)),
                None => String::new(),
            };
            numbers.get(&prefix).cloned()
        });
        let named = match described {
            Some(described) => described,
            None => named(&own, file, &renumbered)?,
        };
        let moved = own.iter().map(|group| Some((&group.path, named.get(&group.name)?)));
        // A layer of Keras 2 may have another class in the file, which then has a group of that name.
        let fits = |own: &str, place: &str| class(own) == class(place) || file.is_group(place);
        let moved: Option<Vec<_>> = moved.filter(|pair| pair.is_none_or(|(own, place)| fits(own, place))).collect();
        renumbered.extend(moved.into_iter().flatten().map(|(own, place)| (own.clone(), place.clone())));
    }
    Ok(renumbered)
}

/// The paths of a model's layers in the file, by the names that the file records.
fn named(
    own: &[&WeightGroup],
    file: &WeightsReader,
    renumbered: &HashMap<String, String>,
) -> Result<HashMap<String, String>> {
    let mut named = HashMap::new();
    for group in own {
        let place = place_in(renumbered, &group.path);
        if let Some(name) = recorded_name(file, &place)? {
            named.insert(name, place);
        }
    }
    Ok(named)
}

/// The path of a group in the file, if models around it are numbered differently.
fn place_in(renumbered: &HashMap<String, String>, path: &str) -> String {
    let ends = std::iter::once(path.len()).chain(path.rmatch_indices('/').map(|(at, _)| at));
    let known = ends.filter_map(|end| Some(format!("{}{}", renumbered.get(&path[..end])?, &path[end..])));
    known.into_iter().next().unwrap_or_else(|| path.to_owned())
}

/// The path of a group with weights as the file has it: at another place of a layer that is shared, or as Keras 2 named
/// it. That is an attribute with an underscore, and in version 2.12 below another group.
fn as_stored(file: &WeightsReader, shared: Option<&Shared>, place: String) -> String {
    let is_there = |place: &str| file.is_dataset(&format!("{place}/vars/0"));
    if is_there(&place) {
        return place;
    }
    let of_shared = shared.into_iter().flat_map(|shared| shared.others(&place));
    let renamed = place.replace("layers/", "_layer_checkpoint_dependencies/");
    let private = |place: &str| place.rsplit_once('/').map(|(outer, part)| format!("{outer}/_{part}"));
    let of_keras_2 = [private(&place), private(&renamed), Some(renamed)].into_iter().flatten();
    let found = of_shared.chain(of_keras_2).find(|place| is_there(place));
    found.unwrap_or(place)
}

/// The class in the last part of a path, without its number.
fn class(path: &str) -> &str {
    let last = path.rsplit('/').next().unwrap_or(path);
    last.trim_end_matches(|digit: char| digit.is_ascii_digit()).strip_suffix('_').unwrap_or(last)
}

/// The paths of the top-level layers in the file, by the names that the file records.
fn places_by_name(file: &WeightsReader) -> Result<HashMap<String, String>> {
    let mut places = HashMap::new();
    let children = if file.is_group("layers") { file.children("layers")? } else { Default::default() };
    for child in children {
        let place = format!("layers/{child}");
        if let Some(name) = recorded_name(file, &place)? {
            places.entry(name).or_insert(place);
        }
    }
    Ok(places)
}

/// The name that a file records for the layer at this path.
pub(crate) fn recorded_name(file: &WeightsReader, place: &str) -> Result<Option<String>> {
    let vars = format!("{place}/vars");
    let attributes = if file.is_group(&vars) { file.attributes(&vars)? } else { Default::default() };
    Ok(attributes.get("name").and_then(Attribute::as_text).map(str::to_owned))
}

/// The path of a group in the file, whose layer is found by name.
fn named_place(path: &str, names: &HashMap<&str, &str>, places: &HashMap<String, String>) -> Option<String> {
    // The first two parts of the path are the layer's, as in `layers/lstm`.
    let end = path.match_indices('/').nth(1).map_or(path.len(), |(at, _)| at);
    let (layer, rest) = path.split_at(end);
    let place = places.get(*names.get(layer)?)?;
    Some(format!("{place}{rest}"))
}

fn misfit(layer: &str, found: &[Vec<u64>], expected: &[Vec<u64>]) -> Error {
    let list = |all: &[Vec<u64>]| {
        let one = |one: &Vec<u64>| sizes(&one.iter().map(|&size| size as usize).collect::<Vec<_>>());
        if all.is_empty() { "nothing".to_owned() } else { all.iter().map(one).collect::<Vec<_>>().join(", ") }
    };
    Error::shape("the file has other weights than the layer")
        .at(layer)
        .received(list(found))
        .expected(list(expected))
        .hint(
            "take the model that was saved with these weights; a program can read what fits with `skip_mismatch` or \
             `by_name`",
        )
}
