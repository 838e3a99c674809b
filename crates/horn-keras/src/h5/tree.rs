//! The groups and datasets of a file, collected once and within limits.

use std::collections::BTreeMap;

use hdf5_pure::{AttrValue, Dataset, Datatype, Group};
use horn_nn::{Error, Result};

use super::datatype::{DTYPE, dtype_of};
use super::limits::{MAX_AXES, MAX_LEVELS, damaged, max_objects};
use crate::arrays::DType;

/// The object at a path.
#[derive(Debug)]
pub(super) enum Node {
    Group { group: Group, children: Vec<String> },
    Dataset(Box<Variable>),
}

/// A dataset, with the shape and dtype that were read when the tree was walked.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) dataset: Dataset,
    pub(super) sizes: Vec<u64>,
    /// The dtype, and whether the bytes are big-endian.
    pub(super) dtype: Option<(DType, bool)>,
}

/// Collects all groups and datasets of a file of `len` bytes by path, within limits.
pub(super) fn walk(root: Group, len: u64) -> Result<BTreeMap<String, Node>> {
    let mut nodes = BTreeMap::new();
    let mut open = vec![(String::new(), root, 0_usize)];
    while let Some((path, group, level)) = open.pop() {
        if level > MAX_LEVELS {
            return Err(Error::file("its groups are nested too deeply, or contain themselves")
                .expected(format!("at most {MAX_LEVELS} levels"))
                .hint("save the model again"));
        }
        let within = |error| damaged(error).at(format!("group {path:?}"));
        let child = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        let mut children = Vec::new();
        for (name, dataset) in group.iter_datasets().map_err(within)? {
            let variable = Variable::of(dataset).map_err(|error| error.at(format!("dataset {:?}", child(&name))))?;
            insert(&mut nodes, child(&name), Node::Dataset(Box::new(variable)))?;
            children.push(name);
        }
        for (name, group) in group.iter_groups().map_err(within)? {
            open.push((child(&name), group, level + 1));
            children.push(name);
        }
        if nodes.len() + open.len() > max_objects(len) {
            let most = format!("at most {}", max_objects(len));
            return Err(Error::file("has too many groups and datasets").expected(most).hint("save the model again"));
        }
        children.sort_unstable();
        insert(&mut nodes, path, Node::Group { group, children })?;
    }
    Ok(nodes)
}

fn insert(nodes: &mut BTreeMap<String, Node>, path: String, node: Node) -> Result<()> {
    match nodes.insert(path.clone(), node) {
        None => Ok(()),
        Some(_) => {
            Err(Error::file("two objects have one name").received(format!("{path:?}")).hint("save the model again"))
        }
    }
}

impl Variable {
    fn of(dataset: Dataset) -> Result<Self> {
        let sizes = dataset.shape().map_err(damaged)?;
        if sizes.len() > MAX_AXES {
            return Err(Error::file("has too many axes")
                .received(sizes.len())
                .expected(format!("at most {MAX_AXES}"))
                .hint("save the model again"));
        }
        let datatype = dataset.datatype().map_err(damaged)?;
        let attributes = match datatype {
            Datatype::Opaque { .. } => dataset.attrs().map_err(damaged)?,
            _ => Default::default(),
        };
        let dtype = dtype_of(&datatype, attributes.get(DTYPE).and_then(AttrValue::as_str));
        Ok(Self { dataset, sizes, dtype })
    }
}
