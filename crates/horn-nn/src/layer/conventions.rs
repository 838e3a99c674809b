//! What Keras does with a class of layers that does not follow from the arguments of a layer.

use crate::layer::call::Mode;

/// What Keras's programs and files do with a class of layers, beyond what its arguments say. Each layer says it of
/// itself, by [`Layer::conventions`](crate::Layer::conventions); a user's own layer can, too.
///
/// ```
/// use horn_nn::{BuiltFor, Conventions, Mode};
///
/// let conventions = Conventions::default().recorded_mode(Mode::Inference).built_for(BuiltFor::Nothing);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conventions {
    /// Keras's module of the class; none where the class is a user's own.
    pub(crate) module: Option<&'static str>,
    /// The name of the class in Keras's interface and files, where its program has another.
    pub(crate) public_name: Option<&'static str>,
    pub(crate) recorded_mode: Option<Mode>,
    pub(crate) mask_argument: MaskArgument,
    pub(crate) built_for: BuiltFor,
    pub(crate) index_dtype: Option<&'static str>,
    pub(crate) is_operation: bool,
    pub(crate) independent_samples: bool,
}

impl Conventions {
    /// Those of a class of Keras's layers, where nothing else is said.
    pub(crate) fn of_keras() -> Self {
        Self { module: Some("keras.layers"), ..Self::default() }
    }

    /// The mode that Keras records with a call that says none: inference for `Dropout`, training for `RandomFlip`.
    #[must_use]
    pub fn recorded_mode(mut self, mode: Mode) -> Self {
        self.recorded_mode = Some(mode);
        self
    }

    /// The argument of Keras's `call` that takes masks; none by default.
    #[must_use]
    pub fn mask_argument(mut self, argument: MaskArgument) -> Self {
        self.mask_argument = argument;
        self
    }

    /// Which shapes Keras's files record as those that the layer was built for.
    #[must_use]
    pub fn built_for(mut self, built_for: BuiltFor) -> Self {
        self.built_for = built_for;
        self
    }

    /// Is what the layer makes of a sample the same in every batch? `TimeDistributed` then gives it all steps at once.
    #[must_use]
    pub fn independent_samples(mut self, independent: bool) -> Self {
        self.independent_samples = independent;
        self
    }
}

/// The argument of Keras's `call` that takes masks, and the shape that a mask given with the call must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum MaskArgument {
    /// There is none.
    #[default]
    None,
    /// One mask `[batch, steps]`.
    Steps,
    /// One mask of all axes of the input but the last.
    Samples,
    /// One mask that the input's shape broadcasts to.
    Broadcast,
    /// One mask of as many of the input's leading axes as it has.
    Leading,
    /// A mask `[batch, steps]` for each input. Keras reads those that come with the inputs from the inputs themselves.
    EachInput,
    /// Keras gives one to the layer; a program of Horn's can't.
    Ignored,
}

/// The shapes that Keras's files record as those that a layer was built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BuiltFor {
    /// Those of its inputs.
    #[default]
    Inputs,
    /// None: the layer is ready as soon as it is made.
    Nothing,
    /// Any: what the layer holds has the same shape for all inputs.
    Anything,
    /// Those that it says itself, as a graph does.
    Itself,
}

/// What becomes of the masks of a layer's inputs: Keras's `compute_mask`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum OutputMask {
    /// The output has none.
    None,
    /// The first input's is that of so many of the outputs.
    Propagated {
        /// How many outputs have the mask.
        outputs: usize,
    },
    /// Keras converts the first input's to a tensor.
    Converted,
    /// Where the mask of any input says that a value counts, if all inputs have one.
    Any,
    /// One after the other along this axis.
    Concatenated {
        /// The axis, as the layer's configuration has it.
        axis: serde_json::Value,
    },
    /// The layer makes one: where the input is not this value.
    NotEqual(serde_json::Value),
    /// The layer makes one: where any feature of the input is not this value.
    AnyNotEqual(serde_json::Value),
}
