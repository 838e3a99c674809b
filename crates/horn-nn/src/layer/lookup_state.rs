//! The state of lookup layers that files store.

/// The state of a lookup layer that files store besides its arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct LookupState {
    /// The tokens as strings, special ones first, if the vocabulary was adapted.
    pub vocabulary: Option<Vec<String>>,
    /// The inverse document frequency of each token, if tokens are weighted.
    pub idf_weights: Option<Vec<f32>>,
    /// The parts of the layer that store the state: the layer itself, as `""`, and inner layers.
    pub parts: &'static [&'static str],
}
