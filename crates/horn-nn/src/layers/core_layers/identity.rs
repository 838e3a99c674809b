//! `Identity`: returns its input.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layers::common::{Common, common_arguments, described};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// Returns its input. It can give a tensor in a model a name, or serve as a placeholder for another layer.
///
/// # Shapes
///
/// - input: any
/// - output: as the input
///
/// # Masks
///
/// Masks are propagated.
///
/// ```
/// use horn::layers::Identity;
///
/// let layer = Identity().name("features");
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Identity {
    #[serde(flatten)]
    common: Common,
}

/// `keras.layers.Identity()`. See [`Identity`](struct@Identity).
#[allow(non_snake_case)]
pub fn Identity() -> Identity {
    Identity::new()
}

impl Identity {
    /// The layer.
    pub fn new() -> Self {
        Self::default()
    }
}

common_arguments!(Identity);

impl Layer for Identity {
    described!("Identity", masking; built_for: BuiltFor::Nothing, gives_integers: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(IdentityModule {}))
    }
}

#[derive(Module, Debug)]
struct IdentityModule {}

impl Forward for IdentityModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        Ok(input)
    }

    fn takes_integers(&self) -> bool {
        true
    }
}
