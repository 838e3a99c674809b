//! What is known about a weight besides its values.

use burn::module::ParamId;

use crate::constraints::constraint::Constraint;
use crate::initializers::initializer::Initializer;
use crate::regularizers::regularizer::Regularizer;

/// What is known about a weight of a layer besides its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    pub(crate) id: ParamId,
    /// Keras's name of it, `kernel`; in a layer made of layers with theirs before it, `query/kernel`.
    pub name: String,
    /// Where Keras's files keep it, within the layer: in `cell` or `query_dense`; empty where the layer itself has it.
    pub group: String,
    /// The group that has it, too: the files of `SpectralNormalization` have the kernel twice.
    pub(crate) also_in: Option<String>,
    /// The sizes of its axes.
    pub sizes: Vec<usize>,
    /// Does it learn, where the layer does? A moving mean does not.
    pub trainable: bool,
    /// What is added to the loss for its values.
    pub regularizer: Option<Regularizer>,
    /// What its values are held to after each step.
    pub constraint: Option<Constraint>,
}

/// How a weight starts, and what holds it: Keras's `initializer`, `regularizer` and `constraint` arguments.
#[derive(Debug, Clone, Copy)]
pub struct WeightSpec<'a> {
    /// Where it starts.
    pub initializer: &'a Initializer,
    /// What is added to the loss for it.
    pub regularizer: Option<&'a Regularizer>,
    /// What it is held to.
    pub constraint: Option<&'a Constraint>,
}

impl<'a> From<&'a Initializer> for WeightSpec<'a> {
    fn from(initializer: &'a Initializer) -> Self {
        Self { initializer, regularizer: None, constraint: None }
    }
}

impl Weight {
    /// By which the weight is known to Burn's optimizers.
    pub fn id(&self) -> ParamId {
        self.id
    }
}
