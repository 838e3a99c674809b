//! Weights that files store together.

use crate::lora::Lora;
use crate::quantized::Kernel;

/// Weights that files store together: those of a layer or of a part of a layer.
pub(crate) struct Bundle {
    /// The layer's name in errors.
    pub layer: String,
    /// The indices of the weights in the model.
    pub weights: Vec<usize>,
    /// The paths of the variables in the file, if the file has the layer.
    pub variables: Option<Vec<String>>,
    /// The first of the weights, if it is quantized in the file.
    pub quantized: Option<Kernel>,
    /// The matrices that are added to kernels among the weights.
    pub loras: Vec<Lora>,
    /// The number of the layer, if it is at several places of the model, and the part of it that has the weights.
    pub shared: Option<(usize, String)>,
}
