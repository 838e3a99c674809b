//! Families of layers.

/// A family of layers, by what they are for. Drawings of models colour layers by it.
///
/// ```
/// use horn::layers::{Dense, LSTM, LayerFamily, family_of};
///
/// assert_eq!(family_of(&Dense(8)), Some(LayerFamily::Core));
/// assert_eq!(family_of(&LSTM(8)).unwrap().title(), "Recurrent");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LayerFamily {
    /// Inputs, fully connected layers, embeddings and masks.
    Core,
    /// Activations.
    Activation,
    /// Convolutions.
    Convolution,
    /// Poolings.
    Pooling,
    /// Layers that go through a sequence step by step, their cells and wrappers.
    Recurrent,
    /// Layers in which each step of a sequence looks at the steps of another.
    Attention,
    /// Layers that normalize values.
    Normalization,
    /// Dropout, noise and penalties.
    Regularization,
    /// Layers that make data fit for a model.
    Preprocessing,
    /// Layers that change images at random while a model trains.
    Augmentation,
    /// Layers that change the shape of tensors.
    Reshaping,
    /// Layers that merge several tensors to one.
    Merging,
}

impl LayerFamily {
    /// The name of the family, as a title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Core => "Core",
            Self::Activation => "Activations",
            Self::Convolution => "Convolution",
            Self::Pooling => "Pooling",
            Self::Recurrent => "Recurrent",
            Self::Attention => "Attention",
            Self::Normalization => "Normalization",
            Self::Regularization => "Regularization",
            Self::Preprocessing => "Preprocessing",
            Self::Augmentation => "Augmentation",
            Self::Reshaping => "Reshaping",
            Self::Merging => "Merging",
        }
    }
}
