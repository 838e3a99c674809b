//! Reads weights from an untrusted HDF5 file.
//!
//! The tree is walked once, within limits, when the file is opened. All later lookups use the result. Values are read
//! one array at a time, straight from the file, and only if the array has the shape that the caller expects.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hdf5_pure::{AttrValue, FormatError, Layout, Source};
use horn_nn::{Error, Result};

use super::attribute::Attribute;
use super::chunks::check_chunks;
use super::limits::damaged;
use super::tree::{Node, Variable, walk};
use super::values::of_dtype;
use super::window::Window;
use crate::arrays::{Array, DType, Values};

const MIB: u64 = 1 << 20;
/// The limit for the attributes of one object, besides the size of the file. A legacy file has the whole configuration in
/// one attribute.
const MAX_ATTRIBUTES: u64 = 72 * MIB;
/// The bytes of attributes of an object that do not count against the limit; most objects have fewer.
const FREE_ATTRIBUTES: u64 = 1 << 16;

/// A dataset in the listing of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<'a> {
    /// Its path, such as `layers/dense/vars/0`.
    pub path: &'a str,
    /// The shape.
    pub sizes: &'a [u64],
    /// The dtype, if Keras has it.
    pub dtype: Option<DType>,
}

/// An open weights file, or the `model.weights.h5` inside an archive.
#[derive(Debug)]
pub struct WeightsReader {
    place: String,
    window: Arc<Window>,
    nodes: BTreeMap<String, Node>,
    /// How many bytes of uncompressed and of compressed values may still be read.
    plain_left: AtomicU64,
    inflated_left: AtomicU64,
    /// How many bytes of attributes may still be read, beyond those that are free for each object.
    attributes_left: AtomicU64,
    /// The size on disk in bytes, which limits how much compressed values may inflate to.
    on_disk: u64,
}

/// Shares a window with the HDF5 library.
struct Shared(Arc<Window>);

impl Source for Shared {
    fn len(&self) -> u64 {
        Source::len(&*self.0)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), FormatError> {
        self.0.read_at(offset, buffer)
    }
}

impl WeightsReader {
    /// Opens a weights file.
    ///
    /// # Errors
    ///
    /// If the file can't be read, or is not an HDF5 file that Keras could have written.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let (window, place) = Window::open_placed(path)?;
        Self::of_window(window, &place)
    }

    /// Opens a part of a file, or bytes in memory.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn of_window(window: Window, place: &str) -> Result<Self> {
        let len = window.len();
        Self::within(window, len, place)
    }

    /// Opens bytes that were inflated from `packed` bytes. Compressed values inside are limited by that smaller size.
    pub(crate) fn of_inflated(bytes: Vec<u8>, packed: u64, place: &str) -> Result<Self> {
        let on_disk = packed.min(bytes.len() as u64);
        Self::within(Window::of_bytes(bytes), on_disk, place)
    }

    fn within(window: Window, on_disk: u64, place: &str) -> Result<Self> {
        let len = window.len();
        let window = Arc::new(window);
        let damaged = |error: hdf5_pure::Error| damaged(error).at(place);
        // Each object is read a few times, unless many paths lead to it. It takes about 3 KiB, whether it has 64 bytes of
        // values or a gigabyte.
        window
            .allow(len.saturating_mul(16).saturating_add(8 * MIB).min(len.saturating_mul(4).saturating_add(160 * MIB)));
        let file = hdf5_pure::File::from_source(Shared(window.clone())).map_err(damaged)?;
        if file.superblock().eof_address > len {
            return Err(Error::file("is cut short")
                .at(place)
                .received(format!("{len} bytes"))
                .expected(file.superblock().eof_address)
                .hint("copy or save the file again"));
        }
        let nodes = walk(file.root(), len).map_err(|error| error.at(place))?;
        Ok(Self {
            place: place.to_owned(),
            window,
            nodes,
            // Twice the size of the file, as a variable may be read twice. Many aliases of one variable soon exceed
            // this.
            plain_left: AtomicU64::new(len.saturating_mul(2).saturating_add(16 * MIB)),
            inflated_left: AtomicU64::new(max_inflated(on_disk)),
            attributes_left: AtomicU64::new(len.saturating_mul(8).saturating_add(MAX_ATTRIBUTES)),
            on_disk,
        })
    }

    /// An upper bound for the number of values in the file.
    pub fn max_values(&self) -> u64 {
        // A byte may be two quantized values.
        let packed = |found: &Found<'_>| if found.dtype == Some(DType::I8) { 2 } else { 1 };
        let of = |found: Found<'_>| found.sizes.iter().copied().fold(packed(&found), u64::saturating_mul);
        let announced = self.datasets().map(of).fold(0, u64::saturating_add);
        let of_a_byte = self.datasets().map(|found| packed(&found)).max().unwrap_or(1);
        announced.min(max_inflated(self.on_disk).max(self.window.len()).saturating_mul(of_a_byte))
    }

    /// Is there a group at this path? The root has the path `""`.
    pub fn is_group(&self, path: &str) -> bool {
        matches!(self.node(path), Some(Node::Group { .. }))
    }

    /// Is there a dataset at this path?
    pub fn is_dataset(&self, path: &str) -> bool {
        matches!(self.node(path), Some(Node::Dataset(_)))
    }

    /// The names in a group, in lexicographic order: `dense_10` before `dense_2`.
    ///
    /// # Errors
    ///
    /// If there is no such group.
    pub fn children(&self, path: &str) -> Result<&[String]> {
        match self.node(path) {
            Some(Node::Group { children, .. }) => Ok(children),
            _ => Err(self.missing("group", path)),
        }
    }

    /// All datasets of the file, sorted by path.
    pub fn datasets(&self) -> impl Iterator<Item = Found<'_>> {
        self.nodes.iter().filter_map(|(path, node)| match node {
            Node::Dataset(variable) => {
                Some(Found { path, sizes: &variable.sizes, dtype: variable.dtype.map(|(dtype, _)| dtype) })
            }
            Node::Group { .. } => None,
        })
    }

    /// The attributes of a group or a dataset.
    ///
    /// # Errors
    ///
    /// If there is no such object, or it is damaged.
    pub fn attributes(&self, path: &str) -> Result<BTreeMap<String, Attribute>> {
        // A few bytes may always be read. Only a file with one object under many names uses up the rest.
        let left = self.attributes_left.load(Ordering::Relaxed);
        let of_one = self.window.len().saturating_add(MAX_ATTRIBUTES);
        let allowed = left.min(of_one).saturating_add(FREE_ATTRIBUTES);
        self.window.allow(allowed);
        let (types, values) = match self.node(path) {
            Some(Node::Group { group, .. }) => (group.attr_datatypes(), group.attrs()),
            Some(Node::Dataset(variable)) => (variable.dataset.attr_datatypes(), variable.dataset.attrs()),
            None => return Err(self.missing("group or dataset", path)),
        };
        let read = allowed.saturating_sub(self.window.still_allowed());
        self.attributes_left.store(left.saturating_sub(read.saturating_sub(FREE_ATTRIBUTES)), Ordering::Relaxed);
        let mut values = values.map_err(|error| self.damaged(path, error))?;
        // Attributes that can't be decoded have a type but no value.
        Ok(types
            .map_err(|error| self.damaged(path, error))?
            .into_keys()
            .map(|name| {
                let value = values.remove(&name).map_or(Attribute::Other, attribute_of);
                (name, value)
            })
            .collect())
    }

    /// An attribute that is a list of strings, such as `weight_names`. Keras splits long lists into `weight_names0`,
    /// `weight_names1` and so on.
    ///
    /// # Errors
    ///
    /// As [`attributes`](Self::attributes), or if the attribute is not a list of strings.
    pub fn texts(&self, path: &str, name: &str) -> Result<Option<Vec<String>>> {
        let attributes = self.attributes(path)?;
        let list = |attribute: &Attribute| {
            attribute.as_texts().map(<[String]>::to_vec).ok_or_else(|| {
                Error::file(format!("the attribute {name:?} of {path:?} is not a list of strings"))
                    .at(&self.place)
                    .hint("save the model again")
            })
        };
        if let Some(attribute) = attributes.get(name) {
            return list(attribute).map(Some);
        }
        let parts: Vec<_> = (0..).map_while(|index| attributes.get(&format!("{name}{index}"))).collect();
        if parts.is_empty() {
            return Ok(None);
        }
        parts.into_iter().map(list).collect::<Result<Vec<_>>>().map(|parts| Some(parts.concat()))
    }

    /// The shape and the dtype of a dataset.
    ///
    /// # Errors
    ///
    /// If there is no such dataset.
    pub fn describe(&self, path: &str) -> Result<Found<'_>> {
        match self.nodes.get_key_value(path.trim_matches('/')) {
            Some((path, Node::Dataset(variable))) => {
                Ok(Found { path, sizes: &variable.sizes, dtype: variable.dtype.map(|(dtype, _)| dtype) })
            }
            _ => Err(self.missing("dataset", path)),
        }
    }

    /// Reads a dataset, if it has the expected shape and the file has that many values.
    ///
    /// # Errors
    ///
    /// If there is no such dataset, it has another shape, its values are not in the file, or Keras does not have its
    /// dtype.
    pub fn read(&self, path: &str, expected: &[usize]) -> Result<Array> {
        let Some(Node::Dataset(variable)) = self.node(path) else { return Err(self.missing("dataset", path)) };
        let at = |error: Error| error.at(format!("{}, {path:?}", self.place));
        let same = variable.sizes.len() == expected.len()
            && variable.sizes.iter().zip(expected).all(|(size, expected)| *size == *expected as u64);
        if !same {
            return Err(at(Error::shape("the variable has another shape")
                .received(format!("{:?}", variable.sizes))
                .expected(format!("{expected:?}"))
                .hint("take the model that was saved with this file")));
        }
        let (dtype, big_endian) = variable.dtype.ok_or_else(|| {
            let datatype = variable.dataset.datatype().map_or_else(|_| "an unknown one".into(), |it| it.to_string());
            at(Error::file("its values have no dtype of Keras's")
                .received(datatype)
                .expected("one of Keras's, such as float32")
                .hint("save the model again"))
        })?;
        let count = expected.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
        let bytes = count.and_then(|count| u64::try_from(count.checked_mul(dtype.size())?).ok());
        let (Some(count), Some(bytes)) = (count, bytes) else {
            return Err(at(Error::shape("the variable is larger than any memory")
                .received(format!("{expected:?}"))
                .hint("choose smaller layers, or save the model again if they are not so large")));
        };
        let stored = self.locate(variable, bytes, dtype).map_err(at)?;
        self.values(variable, stored, count, dtype, big_endian).and_then(|it| Array::new(expected, it)).map_err(at)
    }

    /// Finds the values of a dataset, after checking everything that could make them too large.
    fn locate(&self, variable: &Variable, bytes: u64, dtype: DType) -> Result<Stored> {
        if bytes == 0 {
            return Ok(Stored::Nothing);
        }
        self.window.allow(MIB);
        let cut = |size: u64| {
            Error::file("the file does not hold all of its values")
                .received(format!("{size} bytes"))
                .expected(bytes)
                .hint("the file is damaged: save the model again")
        };
        match variable.dataset.layout().map_err(damaged)? {
            Layout::Contiguous { address: Some(address), size } => {
                if size != bytes || address.checked_add(bytes).is_none_or(|end| end > self.window.len()) {
                    return Err(cut(size.min(self.window.len().saturating_sub(address))));
                }
                take(&self.plain_left, bytes)?;
                Ok(Stored::Plain(address))
            }
            Layout::Compact { size } if size == bytes => {
                take(&self.plain_left, bytes)?;
                Ok(Stored::Raw)
            }
            Layout::Compact { size } => Err(cut(size)),
            Layout::Chunked { chunk_shape, .. } => {
                self.window.allow(self.window.len().saturating_add(16 * MIB));
                check_chunks(variable, &chunk_shape, bytes, dtype, self.window.len())?;
                take(&self.inflated_left, bytes)?;
                Ok(Stored::Raw)
            }
            _ => Err(Error::file("its values are not in this file")
                .hint("other files, virtual datasets and values that were never written are not read")),
        }
    }

    fn values(&self, variable: &Variable, stored: Stored, count: usize, dtype: DType, big: bool) -> Result<Values> {
        match stored {
            Stored::Nothing => of_dtype(dtype, 0, big, |_, _| Ok(())),
            Stored::Plain(start) => of_dtype(dtype, count, big, |offset, buffer| {
                self.window.read(start + offset as u64, buffer).map_err(|error| {
                    Error::file("cannot be read").because(error).hint("leave the file alone while it is read")
                })
            }),
            Stored::Raw => {
                self.window.allow(self.window.len().saturating_add(16 * MIB));
                let raw = variable.dataset.read_raw().map_err(damaged)?;
                if raw.len() != count * dtype.size() {
                    return Err(Error::file("the file does not hold all of its values")
                        .received(format!("{} bytes", raw.len()))
                        .expected(count * dtype.size())
                        .hint("the file is damaged: save the model again"));
                }
                of_dtype(dtype, count, big, |offset, buffer| {
                    buffer.copy_from_slice(&raw[offset..offset + buffer.len()]);
                    Ok(())
                })
            }
        }
    }

    fn node(&self, path: &str) -> Option<&Node> {
        self.nodes.get(path.trim_matches('/'))
    }

    fn missing(&self, what: &str, path: &str) -> Error {
        Error::file(format!("there is no {what} {path:?}"))
            .at(&self.place)
            .hint("save the model again; links to other paths and files are not followed")
    }

    fn damaged(&self, path: &str, error: hdf5_pure::Error) -> Error {
        damaged(error).at(format!("{}, {path:?}", self.place))
    }
}

/// The limit in bytes for all compressed values of a file of this length, once inflated.
fn max_inflated(len: u64) -> u64 {
    len.saturating_mul(20).saturating_add(32 * MIB)
}

/// How the values of a dataset are stored.
enum Stored {
    Nothing,
    /// Contiguous, from this offset on.
    Plain(u64),
    /// In the object's header or in chunks.
    Raw,
}

fn take(left: &AtomicU64, bytes: u64) -> Result<()> {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).map(drop).map_err(|_| {
        Error::file("the variables are far larger than the file that they are in")
            .received(format!("{bytes} bytes"))
            .hint("save the model again, without compression")
    })
}

fn attribute_of(value: AttrValue) -> Attribute {
    match value {
        AttrValue::String(text)
        | AttrValue::AsciiString(text)
        | AttrValue::VarLenString(text)
        | AttrValue::VarLenAsciiString(text)
        | AttrValue::StringSized { value: text, .. }
        | AttrValue::AsciiStringSized { value: text, .. } => Attribute::Text(text),
        value => {
            let integers = || Some(value.to_i64s()?.into_iter().map(|number| number as f64).collect());
            let texts = value.as_strings().map(|texts| Attribute::Texts(texts.to_vec()));
            let numbers = || value.to_f64s().or_else(integers).map(Attribute::Numbers);
            texts.or_else(numbers).unwrap_or(Attribute::Other)
        }
    }
}
