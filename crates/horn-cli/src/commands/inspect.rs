//! `horn inspect`

use std::path::{Path, PathBuf};

use clap::Args;
use horn::Result;
use horn_keras::archive::Archive;
use horn_keras::h5::WeightsReader;
use horn_keras::safetensors;
use serde_json::{Value, json};

use crate::failure::Outcome;
use crate::output::{self, memory, thousands};
use crate::source::FileKind;

/// Lists the tensors in a file: their paths, shapes, dtypes and sizes.
#[derive(Args)]
pub struct Options {
    /// A .keras, .h5, .weights.h5 or .safetensors file.
    file: PathBuf,
    /// Write a JSON document.
    #[arg(long)]
    json: bool,
}

struct Tensor {
    path: String,
    sizes: Vec<u64>,
    dtype: Option<String>,
    bytes: Option<u64>,
}

impl Tensor {
    fn values(&self) -> u64 {
        self.sizes.iter().copied().fold(1, u64::saturating_mul)
    }
}

pub fn run(options: &Options) -> Outcome {
    let tensors = tensors(&options.file)?;
    let values = tensors.iter().map(Tensor::values).fold(0, u64::saturating_add);
    let bytes = tensors.iter().filter_map(|tensor| tensor.bytes).fold(0, u64::saturating_add);
    if options.json {
        let tensors = tensors.iter().map(
            |tensor| json!({"path": tensor.path, "shape": tensor.sizes, "dtype": tensor.dtype, "bytes": tensor.bytes}),
        );
        let tensors: Value = tensors.collect();
        return Ok(output::json(&json!({"tensors": tensors, "values": values, "bytes": bytes}))?);
    }
    let rows: Vec<Vec<String>> = tensors.iter().map(row).collect();
    output::write(&output::table(&rows, &[3]))?;
    let count = match tensors.len() {
        1 => "1 tensor".to_owned(),
        count => format!("{} tensors", thousands(count as u64)),
    };
    Ok(output::line(&format!("{count}, {} values, {}", thousands(values), memory(bytes)))?)
}

fn row(tensor: &Tensor) -> Vec<String> {
    let sizes: Vec<String> = tensor.sizes.iter().map(u64::to_string).collect();
    let sizes = if sizes.len() == 1 { format!("({},)", sizes[0]) } else { format!("({})", sizes.join(", ")) };
    let dtype = tensor.dtype.clone().unwrap_or_else(|| "?".to_owned());
    vec![tensor.path.clone(), sizes, dtype, tensor.bytes.map_or_else(|| "?".to_owned(), memory)]
}

fn tensors(path: &Path) -> Result<Vec<Tensor>> {
    let reader = match FileKind::of(path)? {
        FileKind::Safetensors => {
            let all = safetensors::list(path)?.into_iter().map(|found| Tensor {
                path: found.path,
                sizes: found.sizes.iter().map(|&size| size as u64).collect(),
                dtype: found.dtype.map(|dtype| dtype.to_string()),
                bytes: Some(found.bytes),
            });
            return Ok(all.collect());
        }
        FileKind::Hdf5 => WeightsReader::open(path)?,
        // If the file is not a zip archive, the error says so.
        _ => Archive::open(path)?.weights()?,
    };
    let all = reader.datasets().map(|found| {
        let values = found.sizes.iter().copied().fold(1, u64::saturating_mul);
        Tensor {
            path: found.path.to_owned(),
            sizes: found.sizes.to_vec(),
            dtype: found.dtype.map(|dtype| dtype.to_string()),
            bytes: found.dtype.map(|dtype| values.saturating_mul(dtype.size() as u64)),
        }
    });
    Ok(all.collect())
}
