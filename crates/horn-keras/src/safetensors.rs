//! Weights as `.safetensors`, the common format outside of Keras, through Burn's store.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Display;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use burn::tensor::Shape;
use burn_store::burn_pack::Tensor as Stored;
use burn_store::{ModuleAdapter, ModuleContext, ModuleStore, SafetensorsStore, bridge};
use horn_nn::{Error, Model, Result, sizes};

use crate::arrays::DType;
use crate::{LoadReport, LoadWeights, plain_file};

/// In bytes. Burn's store parses the header again for each tensor, and a tensor takes about a hundred bytes there.
const MAX_HEADER: u64 = 2 << 20;

/// A tensor in the listing of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its name, such as `dense/kernel`.
    pub path: String,
    /// The shape.
    pub sizes: Vec<usize>,
    /// The dtype, if Keras has it.
    pub dtype: Option<DType>,
    /// The size of the values in bytes.
    pub bytes: u64,
}

/// Lists all tensors of a file, sorted by name.
///
/// # Errors
///
/// If the file can't be read, or is not a safetensors file.
pub fn list(path: &Path) -> Result<Vec<Found>> {
    let found = open(path)?.into_iter().map(|(path, tensor)| Found {
        path,
        sizes: tensor.shape.to_vec(),
        dtype: dtype_of(tensor.dtype),
        bytes: tensor.byte_len() as u64,
    });
    Ok(found.collect())
}

/// Writes the weights of a model. Burn's store writes a temporary file, which replaces the target when it is complete
/// and on disk.
pub(crate) fn save(path: &Path, model: &Model) -> Result<()> {
    let failed = |error: &dyn Display| {
        Error::file("cannot be written")
            .at(place(path))
            .because(error.to_string())
            .hint("choose a folder that is there and may be written")
    };
    let names = names(model);
    if let Some(twice) = first_twice(&names) {
        return Err(Error::model("two weights have one path").received(format!("{twice:?}")).hint("rename a layer"));
    }
    let weights = model.weights().zip(names);
    let weights = weights.map(|(weight, name)| (weight.id().val(), (name, weight.sizes.clone())));
    // The store would replace a symbolic link itself, so the link is resolved first.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if target.is_dir() {
        return Err(failed(&"it is a folder"));
    }
    let mut store = SafetensorsStore::from_file(target).overwrite(true).with_to_adapter(Naming(weights.collect()));
    store.collect_from(model).map_err(|error| failed(&error))
}

/// Reads weights into a model. Tensors and weights have the same names.
pub(crate) fn load(model: &mut Model, path: &Path, options: LoadWeights) -> Result<LoadReport> {
    let tensors = open(path)?;
    let names = names(model);
    let mut report = LoadReport::default();
    let mut applied = vec![false; names.len()];
    for (at, (name, weight)) in names.iter().zip(model.weights()).enumerate() {
        let weight_at = || format!("{}, {name:?}", place(path));
        match tensors.get(name) {
            Some(tensor) if *tensor.shape == weight.sizes[..] => {
                report.applied.push(name.clone());
                applied[at] = true;
            }
            Some(_) if options.skips_mismatch() => report.mismatched.push(name.clone()),
            Some(tensor) => {
                return Err(Error::shape("the file has another shape for the weight")
                    .at(weight_at())
                    .received(sizes(&tensor.shape))
                    .expected(sizes(&weight.sizes))
                    .hint("take the model that was saved with these weights; a program can read what fits with `skip_mismatch`"));
            }
            None if options.is_by_name() => report.missing.push(name.clone()),
            None => {
                return Err(Error::file("the file lacks the weight")
                    .at(weight_at())
                    .received(some(tensors.keys()))
                    .expected(format!("{name:?}"))
                    .hint("take the model that was saved with these weights; a program can read what is there with `by_name`"));
            }
        }
    }
    let known: HashSet<&String> = names.iter().collect();
    report.unused = tensors.keys().filter(|name| !known.contains(name)).cloned().collect();
    *model = model.clone().filled(|at, _| {
        if !applied[at] {
            return Ok(None);
        }
        let data = bridge::to_data(&tensors[&names[at]]).map_err(|error| damaged(path, &error))?;
        Ok(Some(match data.as_slice::<f32>() {
            Ok(values) => values.to_vec(),
            Err(_) => data.iter::<f32>().collect(),
        }))
    })?;
    Ok(report)
}

/// The tensors of a file. Values are read when they are asked for.
fn open(path: &Path) -> Result<BTreeMap<String, Stored>> {
    check_header(path)?;
    let mut store = SafetensorsStore::from_file(PathBuf::from(path));
    store.get_all_tensors().cloned().map_err(|error| damaged(path, &error))
}

/// Checks the length of the header before it is read.
fn check_header(path: &Path) -> Result<()> {
    let cannot = |error: std::io::Error| {
        Error::file("cannot be read").at(place(path)).because(error).hint("look at the name and the folder of the file")
    };
    let mut file = plain_file::open(path).map_err(cannot)?;
    let metadata = file.metadata().map_err(cannot)?;
    let mut start = [0; 8];
    file.read_exact(&mut start).map_err(|_| damaged(path, &"it is shorter than 8 bytes"))?;
    let header = u64::from_le_bytes(start);
    if header > MAX_HEADER || header > metadata.len() {
        return Err(damaged(path, &format!("its list of tensors would have {header} bytes")));
    }
    Ok(())
}

/// Keras's paths of the weights. If layers of nested models share a path, all paths are prefixed with the names of the
/// models around them.
fn names(model: &Model) -> Vec<String> {
    let paths: Vec<String> = model.weight_paths().collect();
    if first_twice(&paths).is_none() { paths } else { long_names(model) }
}

fn long_names(model: &Model) -> Vec<String> {
    let of_layer = |layer: horn_nn::LayerRef<'_>| {
        let own = match layer.as_model() {
            Some(nested) => long_names(nested),
            None => layer.weights().iter().map(|weight| weight.name.clone()).collect(),
        };
        own.into_iter().map(move |name| format!("{}/{name}", layer.name())).collect::<Vec<_>>()
    };
    model.layers().flat_map(of_layer).collect()
}

fn first_twice(names: &[String]) -> Option<&String> {
    let mut seen = HashSet::new();
    names.iter().find(|name| !seen.insert(name.as_str()))
}

/// Gives tensors Keras's names and shapes. Burn has an axis of one where Keras has a scalar.
#[derive(Clone)]
struct Naming(HashMap<u64, (String, Vec<usize>)>);

impl ModuleAdapter for Naming {
    fn adapt(&self, mut tensor: Stored, _: ModuleContext<'_>) -> Stored {
        if let Some((name, sizes)) = tensor.param_id.and_then(|id| self.0.get(&id)) {
            tensor.name.clone_from(name);
            tensor.shape = Shape::from(sizes.clone());
        }
        tensor
    }

    fn clone_box(&self) -> Box<dyn ModuleAdapter> {
        Box::new(self.clone())
    }
}

fn dtype_of(dtype: burn::tensor::DType) -> Option<DType> {
    use burn::tensor::DType as Burn;
    Some(match dtype {
        Burn::F16 => DType::F16,
        Burn::BF16 => DType::Bf16,
        Burn::F32 => DType::F32,
        Burn::F64 => DType::F64,
        Burn::I8 => DType::I8,
        Burn::I16 => DType::I16,
        Burn::I32 => DType::I32,
        Burn::I64 => DType::I64,
        Burn::U8 => DType::U8,
        Burn::U16 => DType::U16,
        Burn::U32 => DType::U32,
        Burn::U64 => DType::U64,
        Burn::Bool(_) => DType::Bool,
        _ => return None,
    })
}

fn some<'a>(names: impl ExactSizeIterator<Item = &'a String>) -> String {
    let count = names.len();
    let first: Vec<_> = names.take(5).map(String::as_str).collect();
    match (first.len(), count > first.len()) {
        (0, _) => "no tensors".to_owned(),
        (_, true) => format!("{count} tensors: {}, …", first.join(", ")),
        (_, false) => first.join(", "),
    }
}

fn place(path: &Path) -> String {
    format!("file {:?}", path.display().to_string())
}

fn damaged(path: &Path, error: &dyn Display) -> Error {
    Error::file("is no safetensors file, or damaged")
        .at(place(path))
        .because(error.to_string())
        .hint("save the weights again")
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use horn_nn::Sequential;
    use horn_nn::layers::{Dense, Input};

    use super::*;
    use crate::SaveModel;

    fn model(units: usize) -> Model {
        let layers = Sequential::new().add(Input([3])).add(Dense(units).name("hidden")).add(Dense(2).name("scores"));
        layers.build(&Device::default()).unwrap()
    }

    #[test]
    fn weights_go_out_and_in_by_their_paths() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        let saved = model(4);
        saved.save_weights(&path).unwrap();
        let listed = list(&path).unwrap();
        let names: Vec<_> = listed.iter().map(|found| (found.path.as_str(), found.sizes.clone())).collect();
        assert_eq!(
            names,
            [
                ("hidden/bias", vec![4]),
                ("hidden/kernel", vec![3, 4]),
                ("scores/bias", vec![2]),
                ("scores/kernel", vec![4, 2])
            ]
        );
        assert_eq!((listed[0].dtype, listed[0].bytes), (Some(DType::F32), 16));

        let mut other = model(4);
        assert_ne!(other.get_weights(), saved.get_weights());
        let report = other.load_weights(&path).unwrap();
        assert_eq!(report.applied, ["hidden/kernel", "hidden/bias", "scores/kernel", "scores/bias"]);
        assert_eq!(other.get_weights(), saved.get_weights());
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        model(4).save_weights(&path).unwrap();

        let mut wider = model(5);
        let before = wider.get_weights();
        let error = wider.load_weights(&path).unwrap_err();
        assert!(error.is_shape() && error.to_string().contains("received (3, 4), expected (3, 5)"), "{error}");
        assert_eq!(wider.get_weights(), before);
        let report = wider.load_weights_with(&path, LoadWeights::new().skip_mismatch(true)).unwrap();
        assert_eq!(report.applied, ["scores/bias"]);
        assert_eq!(report.mismatched, ["hidden/kernel", "hidden/bias", "scores/kernel"]);

        let mut other =
            Sequential::new().add(Input([3])).add(Dense(4).name("other")).build(&Device::default()).unwrap();
        let error = other.load_weights(&path).unwrap_err().to_string();
        assert!(error.contains("lacks the weight") && error.contains("hidden/bias"), "{error}");
        let report = other.load_weights_with(&path, LoadWeights::new().by_name(true)).unwrap();
        assert_eq!((report.missing.len(), report.unused.len()), (2, 4));
    }

    #[test]
    fn corrupted_files_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        model(4).save_weights(&path).unwrap();
        let whole = fs::read(&path).unwrap();
        let with_header = |header: &str, values: usize| {
            let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
            bytes.extend(header.as_bytes());
            bytes.resize(bytes.len() + values, 0);
            fs::write(&path, bytes).unwrap();
            model(4).load_weights(&path).unwrap_err()
        };
        for (header, values) in [
            (r#"{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}"#, 0),
            (r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, 0),
            (r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8),
            (r#"{"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}"#, 8),
            (&"[".repeat(100_000), 0),
            ("{}", 0),
        ] {
            assert!(with_header(header, values).is_file(), "{header:.60}");
        }
        for length in [0, 7, 8, 50, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(list(&path).unwrap_err().is_file(), "{length} bytes");
        }
        // Whatever byte is changed, the result is an error or a changed weight.
        let mut damaged = model(4);
        for at in 0..whole.len() {
            for byte in [0, b'9', whole[at] ^ 1, whole[at] ^ 0x80] {
                let mut bytes = whole.clone();
                bytes[at] = byte;
                fs::write(&path, bytes).unwrap();
                let _ = damaged.load_weights_with(&path, LoadWeights::new().by_name(true).skip_mismatch(true));
            }
        }
        assert_eq!(damaged.count_params(), 26);
        fs::write(&path, u64::MAX.to_le_bytes()).unwrap();
        assert!(format!("{:#}", list(&path).unwrap_err()).contains("18446744073709551615 bytes"));
        assert!(list(folder.path()).unwrap_err().is_file());
        assert!(model(4).save_weights(folder.path().join("none/w.safetensors")).unwrap_err().is_file());
    }
}
