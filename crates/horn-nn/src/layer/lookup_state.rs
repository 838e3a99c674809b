//! What files keep of a layer that looks tokens up, besides its arguments.

/// What a layer that looks tokens up has beside its arguments, as files keep it.
#[derive(Debug, Clone, PartialEq)]
pub struct LookupState {
    /// The tokens as texts, special ones first, where the layer has learned them.
    pub vocabulary: Option<Vec<String>>,
    /// How much each token counts, where tokens are weighted.
    pub idf_weights: Option<Vec<f32>>,
    /// The parts of the layer that keep it: the layer itself, as `""`, and those inside.
    pub parts: &'static [&'static str],
}
