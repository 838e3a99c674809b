//! Weights that belong together in a file.

/// Weights that files keep together: those of a layer, or of a part of one.
pub(crate) struct Bundle {
    /// The layer, as errors name it.
    pub layer: String,
    /// The weights of the model, by their numbers.
    pub weights: Vec<usize>,
    /// The variables of the file, where it has the layer.
    pub variables: Option<Vec<String>>,
}
