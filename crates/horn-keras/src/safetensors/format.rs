//! The format: the length of a header in eight bytes, the header, and the values. The header is JSON with the dtype, the
//! shape and the place of each tensor. See <https://huggingface.co/docs/safetensors>, "Format".

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use horn_nn::files::unwritable;
use horn_nn::{Error, Result};
use ndarray::ArrayD;
use serde_json::{Map, Value, json};

use crate::arrays::{Array, DType};
use crate::h5::{Window, of_dtype};
use crate::json;

/// The key of the header for strings about the file.
const METADATA: &str = "__metadata__";
/// What errors call the header.
const HEADER: &str = "the list of tensors";

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

/// An open file, whose header is read and checked.
pub(super) struct Reader {
    window: Window,
    tensors: BTreeMap<String, (Found, u64)>,
}

impl Reader {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// If the file can't be read, or is not a safetensors file.
    pub fn open(path: &Path) -> Result<Self> {
        let window = Window::open(path).map_err(|error| {
            Error::file("cannot be read").because(error).hint("look at the name and the folder of the file")
        })?;
        let mut length = [0; 8];
        window.read(0, &mut length).map_err(|_| damaged("it is shorter than 8 bytes"))?;
        let length = u64::from_le_bytes(length);
        let left = window.len().saturating_sub(8);
        if length > left {
            return Err(damaged(format!("its list of tensors would have {length} bytes")));
        }
        let mut header = vec![0; length as usize];
        window.read(8, &mut header).map_err(damaged)?;
        let header = json::parse(&header, length, HEADER).map_err(damaged)?;
        let tensors = listed(&header, left - length).map_err(damaged)?;
        let start = 8 + length;
        let tensors = tensors.into_iter().map(|(found, at)| (found.path.clone(), (found, start + at)));
        Ok(Self { window, tensors: tensors.collect() })
    }

    /// All tensors, sorted by name.
    pub fn tensors(&self) -> impl ExactSizeIterator<Item = &Found> {
        self.tensors.values().map(|(found, _)| found)
    }

    /// A tensor by its name.
    pub fn get(&self, name: &str) -> Option<&Found> {
        self.tensors.get(name).map(|(found, _)| found)
    }

    /// Reads the values of a tensor.
    ///
    /// # Errors
    ///
    /// If there is none of this name, its dtype is none of Keras's, or the file can't be read.
    pub fn read(&self, name: &str) -> Result<ArrayD<f32>> {
        let (found, start) = self.tensors.get(name).ok_or_else(|| damaged(format!("there is no {name:?}")))?;
        let dtype = found.dtype.ok_or_else(|| {
            Error::file("the weight has a dtype that Keras does not have")
                .expected("one of Keras's, such as float32")
                .hint("convert the weights to float32")
        })?;
        let count = found.sizes.iter().product();
        let values =
            of_dtype(dtype, count, false, |at, buffer| self.window.read(start + at as u64, buffer).map_err(damaged))?;
        Array::new(found.sizes.clone(), values)?.into_f32()
    }
}

/// The tensors in a header, with the places of their values. Their values fill the rest of the file without gaps.
fn listed(header: &Value, bytes: u64) -> Result<Vec<(Found, u64)>, String> {
    let header = header.as_object().ok_or("its list of tensors is not an object")?;
    let tensors = header.iter().filter(|(name, _)| *name != METADATA).map(|(name, entry)| {
        let wrong = || format!("its entry {name:?} is wrong");
        let number = |value: &Value| value.as_u64().ok_or_else(wrong);
        let sizes = entry["shape"].as_array().ok_or_else(wrong)?.iter().map(number).collect::<Result<Vec<_>, _>>()?;
        let (start, end) = match entry["data_offsets"].as_array().map(Vec::as_slice) {
            Some([start, end]) => (number(start)?, number(end)?),
            _ => return Err(wrong()),
        };
        let (dtype, bits) = dtype_of(entry["dtype"].as_str().unwrap_or_default()).ok_or_else(wrong)?;
        let values = sizes.iter().try_fold(1_u64, |count, size| count.checked_mul(*size)).ok_or_else(wrong)?;
        let length = values.checked_mul(bits).filter(|bits| bits % 8 == 0).map(|bits| bits / 8).ok_or_else(wrong)?;
        if start.checked_add(length) != Some(end) || end > bytes {
            return Err(wrong());
        }
        let sizes = sizes.into_iter().map(|size| size as usize).collect();
        Ok((Found { path: name.clone(), sizes, dtype, bytes: length }, start))
    });
    let mut tensors = tensors.collect::<Result<Vec<_>, _>>()?;
    tensors.sort_by_key(|(found, start)| (*start, found.bytes));
    let mut filled = 0;
    for (found, start) in &tensors {
        if *start != filled {
            return Err(format!("{:?} overlaps another tensor, or there is a gap before it", found.path));
        }
        filled += found.bytes;
    }
    if filled != bytes {
        return Err(format!("its values have {bytes} bytes, and its list says {filled}"));
    }
    Ok(tensors)
}

/// The dtype if Keras has it, and the size of a value in bits.
fn dtype_of(name: &str) -> Option<(Option<DType>, u64)> {
    let dtype = match name {
        "BOOL" => DType::Bool,
        "I8" => DType::I8,
        "U8" => DType::U8,
        "I16" => DType::I16,
        "U16" => DType::U16,
        "F16" => DType::F16,
        "BF16" => DType::Bf16,
        "I32" => DType::I32,
        "U32" => DType::U32,
        "F32" => DType::F32,
        "I64" => DType::I64,
        "U64" => DType::U64,
        "F64" => DType::F64,
        "C64" => return Some((None, 64)),
        "F4" => return Some((None, 4)),
        "F6_E2M3" | "F6_E3M2" => return Some((None, 6)),
        "F8_E5M2" | "F8_E4M3" | "F8_E8M0" => return Some((None, 8)),
        _ => return None,
    };
    Some((Some(dtype), 8 * dtype.size() as u64))
}

/// Writes arrays, sorted by name. The same arrays make the same bytes.
///
/// # Errors
///
/// If the writer fails, or the header is beyond the limits of a reader.
pub(super) fn write(file: &mut impl Write, arrays: &BTreeMap<String, ArrayD<f32>>) -> Result<()> {
    let mut end = 0;
    let entry = |(name, array): (&String, &ArrayD<f32>)| {
        let start = end;
        end += 4 * array.len();
        (name.clone(), json!({"dtype": "F32", "shape": array.shape(), "data_offsets": [start, end]}))
    };
    let mut header = Value::Object(arrays.iter().map(entry).collect::<Map<_, _>>()).to_string();
    // The values begin at a multiple of eight bytes.
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    json::check_own(&header, HEADER)?;
    write_after(file, &header, arrays).map_err(unwritable)
}

fn write_after(file: &mut impl Write, header: &str, arrays: &BTreeMap<String, ArrayD<f32>>) -> io::Result<()> {
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    for array in arrays.values() {
        let mut bytes = Vec::with_capacity(1 << 16);
        for value in array {
            bytes.extend(value.to_le_bytes());
            if bytes.len() == 1 << 16 {
                file.write_all(&bytes)?;
                bytes.clear();
            }
        }
        file.write_all(&bytes)?;
    }
    Ok(())
}

fn damaged(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::file("is not a safetensors file, or damaged").because(reason).hint("save the weights again")
}
