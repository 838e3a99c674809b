//! The metadata of a weight.

use burn::module::ParamId;

use crate::constraints::constraint::Constraint;
use crate::initializers::initializer::Initializer;
use crate::regularizers::regularizer::Regularizer;

/// The metadata of a layer's weight: everything but its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    pub(crate) id: ParamId,
    /// Keras's name of the weight, such as `kernel`; in a layer with inner layers it has their names as a prefix, such as
    /// `query/kernel`.
    pub name: String,
    /// The group within the layer's group in Keras's files, such as `cell` or `query_dense`; empty for the layer's own
    /// weights.
    pub group: String,
    /// A second group with the same weight: the files of `SpectralNormalization` store the kernel twice.
    pub(crate) also_in: Option<String>,
    /// The shape: the sizes of all axes.
    pub sizes: Vec<usize>,
    /// Do Keras's files keep the values as integers? All others have the dtype of their layer.
    pub is_integer: bool,
    /// Is the weight trainable if its layer is? A moving mean is not.
    pub trainable: bool,
    /// The regularizer, whose penalty is added to the loss.
    pub regularizer: Option<Regularizer>,
    /// The constraint, which is applied after each step of the optimizer.
    pub constraint: Option<Constraint>,
}

/// The initializer, regularizer and constraint of a weight, as in Keras's `add_weight`.
#[derive(Debug, Clone, Copy)]
pub struct WeightSpec<'a> {
    /// The initializer.
    pub initializer: &'a Initializer,
    /// The regularizer, whose penalty is added to the loss.
    pub regularizer: Option<&'a Regularizer>,
    /// The constraint, which is applied after each step of the optimizer.
    pub constraint: Option<&'a Constraint>,
}

impl<'a> From<&'a Initializer> for WeightSpec<'a> {
    fn from(initializer: &'a Initializer) -> Self {
        Self { initializer, regularizer: None, constraint: None }
    }
}

impl Weight {
    /// The id of the weight for Burn's optimizers.
    pub fn id(&self) -> ParamId {
        self.id
    }
}
