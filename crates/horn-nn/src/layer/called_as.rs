//! `CalledAs`: a layer with the options of one of its calls.

use std::sync::Arc;

use crate::layer::description::Layer;

/// The description of a layer with other [call options](Layer::call_options) than its own, such as `use_causal_mask`: the
/// weights are those of the layer.
#[derive(Debug, Clone)]
pub(crate) struct CalledAs {
    pub layer: Arc<dyn Layer>,
    pub options: Arc<[(&'static str, bool)]>,
}

impl CalledAs {
    /// The options of this description.
    pub fn new(layer: Arc<dyn Layer>) -> Self {
        let config = layer.config();
        let options = layer.call_options().iter().map(|&name| (name, config[name] == true)).collect();
        Self { layer, options }
    }
}
