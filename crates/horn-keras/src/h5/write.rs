//! Writes weights to an HDF5 file, as h5py writes them for Keras.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::Write;

use hdf5_pure::{AttrValue, FileBuilder, FinishedGroup, GroupBuilder};
use horn_nn::files::unwritable;
use horn_nn::{Error, Result};

use super::attribute::Attribute;
use super::datatype::{DTYPE, datatype_of};
use super::limits::{MAX_AXES, MAX_LEVELS};
use crate::arrays::{Array, DType};

/// HDF5 limits the attributes of an object to 64 KiB, and a string in a list takes 16 bytes. Keras splits longer lists,
/// too.
const MAX_TEXTS: usize = 4_000;

/// A weights file that is being written. It owns the arrays, and keeps one copy of their bytes until it is written.
#[derive(Debug, Default)]
pub struct WeightsWriter {
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    attributes: Vec<(String, Attribute)>,
    children: BTreeMap<String, Child>,
}

#[derive(Debug)]
enum Child {
    Group(Node),
    Dataset(Array),
}

impl WeightsWriter {
    /// A file with an empty root group.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a group and its parents. An existing group stays as it is.
    ///
    /// # Errors
    ///
    /// If a part of the path is not a valid name, or belongs to a dataset.
    pub fn group(&mut self, path: &str) -> Result<()> {
        self.node(path).map(drop)
    }

    /// Adds an attribute to a group, which is made if it does not exist.
    ///
    /// # Errors
    ///
    /// As [`group`](Self::group), or if the group already has an attribute of that name.
    pub fn attribute(&mut self, path: &str, name: &str, value: Attribute) -> Result<()> {
        let node = self.node(path)?;
        if node.attributes.iter().any(|(other, _)| other == name) {
            return Err(Error::file("two attributes have one name")
                .received(format!("{name:?} of {path:?}"))
                .hint("give each attribute of an object a name of its own"));
        }
        node.attributes.push((name.to_owned(), value));
        Ok(())
    }

    /// Adds an array at a path. Missing parent groups are made.
    ///
    /// # Errors
    ///
    /// As [`group`](Self::group), or if the path exists already.
    pub fn dataset(&mut self, path: &str, array: Array) -> Result<()> {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        check_name(name, path)?;
        if array.sizes().len() > MAX_AXES {
            return Err(Error::file(format!("{path:?} has too many axes"))
                .received(array.sizes().len())
                .expected(format!("at most {MAX_AXES}"))
                .hint("reshape the array"));
        }
        match self.node(above)?.children.entry(name.to_owned()) {
            Entry::Vacant(entry) => {
                entry.insert(Child::Dataset(array));
                Ok(())
            }
            Entry::Occupied(_) => Err(same_name(format!("{path:?}"))),
        }
    }

    /// The size of all values in bytes.
    pub fn bytes(&self) -> u64 {
        fn of(node: &Node) -> u64 {
            let children = node.children.values().map(|child| match child {
                Child::Group(node) => of(node),
                Child::Dataset(array) => array.bytes() as u64,
            });
            children.sum()
        }
        of(&self.root)
    }

    /// Writes the file from start to end.
    ///
    /// # Errors
    ///
    /// If the writer fails.
    pub fn write(self, writer: impl Write) -> Result<()> {
        let mut file = FileBuilder::new();
        for (name, value) in attributes(self.root.attributes) {
            file.set_attr(&name, value);
        }
        for (name, child) in self.root.children {
            match child {
                Child::Group(node) => {
                    let group = file.create_group(&name);
                    file.add_group(finish(group, node)?);
                }
                Child::Dataset(array) => fill(file.create_dataset(&name), array)?,
            }
        }
        file.finish_to(writer).map_err(unwritable)
    }

    fn node(&mut self, path: &str) -> Result<&mut Node> {
        let mut node = &mut self.root;
        if path.is_empty() {
            return Ok(node);
        }
        if path.split('/').count() > MAX_LEVELS {
            return Err(Error::file("groups are nested too deeply")
                .expected(format!("at most {MAX_LEVELS} levels"))
                .hint("nest fewer models in each other"));
        }
        for name in path.split('/') {
            check_name(name, path)?;
            node = match node.children.entry(name.to_owned()).or_insert_with(|| Child::Group(Node::default())) {
                Child::Group(node) => node,
                Child::Dataset(_) => {
                    return Err(same_name(format!("{name:?} in {path:?}")));
                }
            };
        }
        Ok(node)
    }
}

fn check_name(name: &str, path: &str) -> Result<()> {
    if name.is_empty() || name == "." || name == ".." || name.contains('\0') {
        return Err(Error::argument("no group or dataset can have this path")
            .received(format!("{path:?}"))
            .expected("names between slashes, without NUL, and not `.` or `..`")
            .hint("choose another name"));
    }
    Ok(())
}

fn same_name(received: String) -> Error {
    Error::file("two objects have one name").received(received).hint("choose another name for one of them")
}

fn finish(mut group: GroupBuilder, node: Node) -> Result<FinishedGroup> {
    for (name, value) in attributes(node.attributes) {
        group.set_attr(&name, value);
    }
    for (name, child) in node.children {
        match child {
            Child::Group(node) => {
                let inner = group.create_group(&name);
                group.add_group(finish(inner, node)?);
            }
            Child::Dataset(array) => fill(group.create_dataset(&name), array)?,
        }
    }
    Ok(group.finish())
}

fn fill(dataset: &mut hdf5_pure::DatasetBuilder, array: Array) -> Result<()> {
    let sizes: Vec<u64> = array.sizes().iter().map(|size| *size as u64).collect();
    let count = sizes.iter().product();
    let dtype = array.dtype();
    dataset.with_shape(&sizes);
    if count == 0 {
        dataset.with_dtype(datatype_of(dtype)?);
    } else {
        dataset.with_raw_data(datatype_of(dtype)?, array.into_bytes(), count);
    }
    if dtype == DType::Bf16 {
        dataset.set_attr(DTYPE, AttrValue::VarLenString(dtype.to_string()));
    }
    Ok(())
}

/// Strings have variable length, as h5py writes them. Long lists are split as in Keras.
fn attributes(attributes: Vec<(String, Attribute)>) -> impl Iterator<Item = (String, AttrValue)> {
    attributes.into_iter().flat_map(|(name, value)| match value {
        Attribute::Text(text) => vec![(name, AttrValue::VarLenString(text))],
        Attribute::Texts(texts) if texts.is_empty() => vec![(name, AttrValue::F64Array(Vec::new()))],
        Attribute::Texts(texts) if texts.len() > MAX_TEXTS => texts
            .chunks(MAX_TEXTS)
            .enumerate()
            .map(|(index, part)| (format!("{name}{index}"), AttrValue::VarLenStringArray(part.to_vec())))
            .collect(),
        Attribute::Texts(texts) => vec![(name, AttrValue::VarLenStringArray(texts))],
        Attribute::Numbers(numbers) => vec![(name, AttrValue::F64Array(numbers))],
        Attribute::Other => Vec::new(),
    })
}
