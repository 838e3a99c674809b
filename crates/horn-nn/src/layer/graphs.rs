//! The graphs of one build: a layer with weights belongs to one of them.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Result};

/// A graph whose layers have been built.
#[derive(Debug)]
pub(crate) struct BuiltGraph {
    pub name: String,
    pub layers: Vec<BuiltPlace>,
}

/// A layer in a graph.
#[derive(Debug)]
pub(crate) struct BuiltPlace {
    /// Its name and class.
    pub place: String,
    /// The description, of which only the identity counts.
    pub layer: Arc<dyn Debug + Send + Sync>,
    pub has_weights: bool,
}

/// The graphs that have been built so far in a build: that of a model, and those of the models inside of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graphs(Arc<Mutex<ByLayer>>);

/// For the address of each layer with weights, the graphs in which it stands.
type ByLayer = HashMap<usize, Vec<Arc<BuiltGraph>>>;

impl Graphs {
    /// Adds a graph. A layer in it that stands in another graph, too, would have weights in each, where Keras has one layer.
    /// But a graph may be there twice: the copy of a description is a model of its own.
    pub fn add(&self, graph: BuiltGraph) -> Result<()> {
        let graph = Arc::new(graph);
        let mut graphs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for here in graph.layers.iter().filter(|place| place.has_weights) {
            let others = graphs.entry(here.address()).or_default();
            let other = others.iter().find(|other| !graph.is_copy_of(other));
            if let Some((other, there)) = other.and_then(|other| Some((other, other.place_of(here)?))) {
                return Err(Error::model(
                    "a layer is used in two graphs, and each would give it separate weights",
                )
                .at(&here.place)
                .received(format!(
                    "{} in model {:?}, {} in model {:?}",
                    here.place, graph.name, there.place, other.name
                ))
                .expected("a layer with weights in one of the models")
                .hint("apply it in one model only and give its output to the other, or build the inner model first to have two"));
            }
            others.push(graph.clone());
        }
        Ok(())
    }
}

impl BuiltGraph {
    fn is_copy_of(&self, other: &Self) -> bool {
        self.layers.iter().map(BuiltPlace::address).eq(other.layers.iter().map(BuiltPlace::address))
    }

    /// Where a layer of another graph stands in this one.
    fn place_of(&self, layer: &BuiltPlace) -> Option<&BuiltPlace> {
        self.layers.iter().find(|place| place.address() == layer.address())
    }
}

impl BuiltPlace {
    /// Stands for the identity of the layer, as long as this keeps it.
    fn address(&self) -> usize {
        Arc::as_ptr(&self.layer).addr()
    }
}
