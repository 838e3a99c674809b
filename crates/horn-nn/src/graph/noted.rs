//! The mode that Keras records with a call of its own accord.

use crate::layer::call::Mode;

/// Layers with whose calls Keras notes `training: false`, whether the program says so or nothing.
const NOTED_AS_INFERENCE: [&str; 17] = [
    "AdditiveAttention",
    "AlphaDropout",
    "Attention",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "Dropout",
    "GRU",
    "GaussianDropout",
    "GaussianNoise",
    "LSTM",
    "RNN",
    "SimpleRNN",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpectralNormalization",
];

/// Layers with whose calls it notes `training: true` so.
const NOTED_AS_TRAINING: [&str; 12] = [
    "CenterCrop",
    "CutMix",
    "MixUp",
    "RandomBrightness",
    "RandomContrast",
    "RandomCrop",
    "RandomFlip",
    "RandomRotation",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
    "Resizing",
];

/// The mode that Keras notes of itself with the calls of a class.
pub(crate) fn noted_mode(class_name: &str) -> Option<Mode> {
    match class_name {
        class_name if NOTED_AS_INFERENCE.contains(&class_name) => Some(Mode::Inference),
        class_name if NOTED_AS_TRAINING.contains(&class_name) => Some(Mode::Training),
        _ => None,
    }
}
