//! Weights as `.safetensors`, the common format outside of Keras.

mod format;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use horn_nn::{Error, Model, Result, files, sizes};

use crate::load_report::LoadReport;
pub use crate::safetensors::format::Found;
use crate::safetensors::format::Reader;
use crate::weights::LoadWeights;

/// Does the file's name say that it is a safetensors file? Endings count in capitals, too.
pub fn is_named(path: &Path) -> bool {
    files::ends_in(path, ".safetensors")
}

/// Lists all tensors of a file, sorted by name.
///
/// # Errors
///
/// If the file can't be read, or is not a safetensors file.
pub fn list(path: &Path) -> Result<Vec<Found>> {
    Ok(open(path)?.tensors().cloned().collect())
}

/// Writes the weights of a model.
pub(crate) fn save(path: &Path, model: &Model) -> Result<()> {
    let names = names(model);
    if let Some(twice) = first_twice(&names) {
        return Err(Error::model("two weights have one path").received(format!("{twice:?}")).hint("rename a layer"));
    }
    let arrays: BTreeMap<_, _> = names.into_iter().zip(model.get_weights()).collect();
    files::write_atomically(path, |file| format::write(file, &arrays))
}

/// Reads weights into a model. Tensors and weights have the same names.
pub(crate) fn load(model: &mut Model, path: &Path, options: LoadWeights) -> Result<LoadReport> {
    let file = open(path)?;
    let names = names(model);
    let mut report = LoadReport::default();
    let mut applied = vec![false; names.len()];
    for (at, (name, weight)) in names.iter().zip(model.weights()).enumerate() {
        let weight_at = || format!("{}, {name:?}", place(path));
        match file.get(name) {
            Some(tensor) if tensor.sizes == weight.sizes => {
                report.applied.push(name.clone());
                applied[at] = true;
            }
            Some(_) if options.skips_mismatch() => report.mismatched.push(name.clone()),
            Some(tensor) => {
                return Err(Error::shape("the file has another shape for the weight")
                    .at(weight_at())
                    .received(sizes(&tensor.sizes))
                    .expected(sizes(&weight.sizes))
                    .hint("take the model that was saved with these weights; a program can read what fits with `skip_mismatch`"));
            }
            None if options.is_by_name() => report.missing.push(name.clone()),
            None => {
                return Err(Error::file("the file lacks the weight")
                    .at(weight_at())
                    .received(some(file.tensors().map(|tensor| tensor.path.as_str())))
                    .expected(format!("{name:?}"))
                    .hint("take the model that was saved with these weights; a program can read what is there with `by_name`"));
            }
        }
    }
    let known: HashSet<&String> = names.iter().collect();
    report.unused = file.tensors().map(|tensor| tensor.path.clone()).filter(|name| !known.contains(name)).collect();
    *model = model.clone().filled(|at, _| {
        if !applied[at] {
            return Ok(None);
        }
        let array = file.read(&names[at]).map_err(|error| error.at(format!("{}, {:?}", place(path), names[at])))?;
        Ok(Some(array.into_iter().collect()))
    })?;
    Ok(report)
}

fn open(path: &Path) -> Result<Reader> {
    Reader::open(path).map_err(|error| error.at(place(path)))
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

fn some<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = names.len();
    let first: Vec<_> = names.take(5).collect();
    match (first.len(), count > first.len()) {
        (0, _) => "no tensors".to_owned(),
        (_, true) => format!("{count} tensors: {}, …", first.join(", ")),
        (_, false) => first.join(", "),
    }
}

fn place(path: &Path) -> String {
    format!("file {:?}", path.display().to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use burn::tensor::Device;
    use horn_nn::Sequential;
    use horn_nn::layers::{Dense, Input};

    use super::*;
    use crate::SaveModel;
    use crate::arrays::DType;

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
    fn the_same_weights_make_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("w.safetensors"), folder.path().join("w.SafeTensors"));
        let saved = model(4);
        saved.save_weights(&one).unwrap();
        saved.save_weights(&other).unwrap();
        let bytes = fs::read(&one).unwrap();
        assert_eq!(bytes, fs::read(&other).unwrap());
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        assert_eq!((header % 8, bytes.len()), (0, 8 + header + 4 * 26));
        assert!(bytes[8..].starts_with(br#"{"hidden/bias":{"#), "{}", String::from_utf8_lossy(&bytes[8..8 + header]));
        let mut again = model(4);
        again.load_weights(&other).unwrap();
        assert_eq!(again.get_weights(), saved.get_weights());
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
    fn a_file_that_is_cut_while_it_is_read_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        model(4).save_weights(&path).unwrap();
        let file = Reader::open(&path).unwrap();
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(100).unwrap();
        let error = file.read("hidden/kernel").unwrap_err();
        assert!(error.is_file() && error.to_string().contains("Hint: "), "{error}");
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
            (
                r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
                12,
            ),
            (r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12),
            (r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 12),
            (r#"{"a":{"dtype":"F6_E2M3","shape":[1],"data_offsets":[0,1]}}"#, 1),
            (r#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8),
            (r#"{"a":7}"#, 0),
            ("[]", 0),
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
