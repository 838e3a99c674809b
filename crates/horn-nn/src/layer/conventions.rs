//! Keras's conventions for a layer class that its arguments do not determine.

use crate::layer::call::Mode;
use crate::layer::layer_family::LayerFamily;

/// Keras's conventions for a layer class, in programs and files. Each layer returns its own from
/// [`Layer::conventions`](crate::Layer::conventions), which custom layers can implement, too.
///
/// ```
/// use horn::{BuiltFor, Conventions, Mode};
///
/// let conventions = Conventions::default().recorded_mode(Mode::Inference).built_for(BuiltFor::Nothing);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conventions {
    /// Keras's module of the class; none if the class is custom.
    pub module: Option<&'static str>,
    /// The name of the class in Keras's interface and files, if its program has another.
    pub public_name: Option<&'static str>,
    /// The mode that Keras records with a call of one tensor that says none.
    pub recorded_mode: Option<Mode>,
    /// The argument of Keras's `call` that takes masks.
    pub mask_argument: MaskArgument,
    /// Which shapes Keras's files record as those that the layer was built for.
    pub built_for: BuiltFor,
    /// The dtype of the outputs if these are indices.
    pub index_dtype: Option<&'static str>,
    /// May the outputs be integers, and says the output shape whether they are? Those of other layers are floats.
    pub gives_integers: bool,
    /// Is it a function on tensors (`keras.ops`) instead of a layer? Files of weights and `Model::layers` leave it out, and
    /// its outputs have no masks.
    pub is_operation: bool,
    /// Is it an array among the tensors of a call? Files have it in the place where the call takes it.
    pub is_constant: bool,
    /// Does a call remove the masks of its inputs, so that what is called later sees none? `MultiHeadAttention` does.
    pub removes_masks: bool,
    /// Is what the layer makes of a sample the same in every batch?
    pub independent_samples: bool,
    /// Does the layer compute in the half precision of its policy, since it is little else than products of matrices? On
    /// CPUs it computes in float32 from inputs and weights of that precision. Others compute in float32, from and to values
    /// of that precision.
    pub computes_in_half: bool,
    /// In half precision on a CPU, is the bias added before the product is rounded? So it is in files of Keras 2.
    pub adds_bias_at_once: bool,
    /// Is the argument `activation` applied last, to the output? A file may have a layer with weights there.
    pub ends_in_activation: bool,
    /// The family of a custom layer; that of a built-in layer follows from its table.
    pub family: Option<LayerFamily>,
    /// The tokens of the vocabulary that the layer learns from data, if it does. Files keep it beside the weights.
    pub learned_tokens: Option<TokenKind>,
}

impl Conventions {
    /// The defaults of Keras's built-in layers.
    pub(crate) fn of_keras() -> Self {
        Self { module: Some("keras.layers"), ..Self::default() }
    }

    /// The mode that Keras records for a call without a `training` argument: inference for `Dropout`, training for
    /// `RandomFlip`.
    #[must_use]
    pub fn recorded_mode(mut self, mode: Mode) -> Self {
        self.recorded_mode = Some(mode);
        self
    }

    /// How the layer takes masks as a call argument; by default it takes none.
    #[must_use]
    pub fn mask_argument(mut self, argument: MaskArgument) -> Self {
        self.mask_argument = argument;
        self
    }

    /// Which shapes Keras's files record in `build_config`.
    #[must_use]
    pub fn built_for(mut self, built_for: BuiltFor) -> Self {
        self.built_for = built_for;
        self
    }

    /// Does the layer process every sample independently of the others in the batch? Then `TimeDistributed` passes it all
    /// timesteps at once.
    #[must_use]
    pub fn independent_samples(mut self, independent: bool) -> Self {
        self.independent_samples = independent;
        self
    }

    /// Does the layer compute in the half precision of its policy? By default it computes in float32, from and to values of
    /// that precision.
    #[must_use]
    pub fn computes_in_half(mut self, computes: bool) -> Self {
        self.computes_in_half = computes;
        self
    }

    /// Does the layer apply its argument `activation` last, to the output? Then a file may have a layer with weights there,
    /// such as `PReLU`, which becomes a layer of its own. By default it does not.
    #[must_use]
    pub fn ends_in_activation(mut self, ends: bool) -> Self {
        self.ends_in_activation = ends;
        self
    }

    /// The family of the layer, for drawings; by default it is in none.
    #[must_use]
    pub fn family(mut self, family: LayerFamily) -> Self {
        self.family = Some(family);
        self
    }

    /// Which tokens the layer learns from data; by default none. Where a file has a vocabulary of the layer and its
    /// configuration says `"vocabulary": null`, this is `{"learned": [..], "idf_weights": ..}` when the layer is read.
    #[must_use]
    pub fn learned_tokens(mut self, tokens: TokenKind) -> Self {
        self.learned_tokens = Some(tokens);
        self
    }
}

/// How a layer takes masks as a call argument, and the shape that such a mask must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum MaskArgument {
    /// The layer takes no mask.
    #[default]
    None,
    /// One mask `[batch, timesteps]`.
    Steps,
    /// One mask with all axes of the input but the last.
    Samples,
    /// One mask that broadcasts to the input's shape.
    Broadcast,
    /// One mask with some of the input's leading axes.
    Leading,
    /// One mask `[batch, timesteps]` for each input. Keras reads propagated masks from the inputs themselves.
    EachInput,
    /// As for [`EachInput`](Self::EachInput), in arguments named after those of the inputs: `query_mask`, `value_mask`.
    Named,
    /// Keras passes a mask to the layer; Horn's API does not.
    Ignored,
}

/// The tokens of a vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Integers.
    Integer,
    /// Strings.
    Text,
}

/// The shapes that Keras's files record in `build_config`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BuiltFor {
    /// The shapes of the inputs.
    #[default]
    Inputs,
    /// Nothing: the layer needs no build.
    Nothing,
    /// An empty object: the weights do not depend on the shapes of the inputs.
    Anything,
    /// A null shape: the layer knows its shapes itself, as a graph does.
    Itself,
}

/// How the masks of the outputs follow from those of the inputs: Keras's `compute_mask`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum OutputMask {
    /// The outputs have no masks.
    None,
    /// The mask of the first input is propagated to the outputs.
    Propagated {
        /// How many outputs get the mask.
        outputs: usize,
    },
    /// The mask of the first input, which Keras converts to a tensor.
    Converted,
    /// The logical or of the masks, if all inputs have one.
    Any,
    /// The logical and of the masks that there are, as in Keras 2.
    All {
        /// Would Keras 3 merge the values otherwise, too, where some are masked?
        merges_values: bool,
    },
    /// The masks, concatenated along this axis.
    Concatenated {
        /// The axis, as in the layer's configuration.
        axis: serde_json::Value,
        /// Is a timestep masked in which any of the values is, as in Keras 2? In Keras 3, all must be.
        of_all: bool,
    },
    /// The layer creates a mask: true where the input is not equal to this value.
    NotEqual(serde_json::Value),
    /// The layer creates a mask: true where any feature of the input is not equal to this value.
    AnyNotEqual(serde_json::Value),
}
