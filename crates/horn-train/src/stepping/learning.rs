//! The trainable weights of a model.

use std::collections::HashSet;

use burn::module::ParamId;
use horn_nn::{Model, Weight};

/// A trainable weight.
#[derive(Clone)]
pub(crate) struct Learning<'a> {
    /// Its index in [`Model::weights`].
    pub number: usize,
    /// Keras's path.
    pub path: String,
    pub weight: &'a Weight,
}

impl Learning<'_> {
    pub fn id(&self) -> ParamId {
        self.weight.id()
    }

    /// The name of a variable that is kept for the weight.
    pub fn variable(&self, ending: &str) -> String {
        format!("{}_{ending}", self.path.replace('/', "_"))
    }
}

/// The trainable weights of a model, in its order.
pub(crate) fn learning(model: &Model) -> Vec<Learning<'_>> {
    let learns: HashSet<ParamId> = model.trainable_weights().map(Weight::id).collect();
    let all = model.weights().zip(model.weight_paths()).enumerate();
    let learning = all.filter(|(_, (weight, _))| learns.contains(&weight.id()));
    learning.map(|(number, (weight, path))| Learning { number, path, weight }).collect()
}
