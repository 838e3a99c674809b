//! `Pipeline`: layers in a row, as one layer.

use burn::module::Module;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::{CallContext, Mode};
use crate::layer::conventions::{Conventions, MaskArgument};
use crate::layer::description::{Layer, Part, PartInput};
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::names;
use crate::layer::signal::Signal;
use crate::layers::family;
use crate::layers::nested::{Nested, NestedLayer};
use crate::tensor::shape::Shape;

/// Applies layers one after the other, mostly such that change images.
///
/// # Shapes
///
/// - input: as the first layer takes it
/// - output: as the last layer makes it
///
/// ```
/// use horn::layers::{AutoContrast, FlipMode, Pipeline, RandomFlip, RandomZoom};
///
/// let augmentation = Pipeline().add(AutoContrast()).add(RandomFlip(FlipMode::Horizontal)).add(RandomZoom(0.2));
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Pipeline {
    layers: Vec<Nested>,
    name: Option<String>,
}

/// `keras.layers.Pipeline([])`. See [`Pipeline`](struct@Pipeline).
#[allow(non_snake_case)]
pub fn Pipeline() -> Pipeline {
    Pipeline::new()
}

impl Pipeline {
    /// A pipeline without layers, which changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a layer at the end.
    #[must_use]
    #[allow(clippy::should_implement_trait)]
    pub fn add(mut self, layer: impl Into<Nested>) -> Self {
        self.layers.push(layer.into());
        self
    }

    /// Names the layer; the default is `pipeline`, numbered within the model.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

impl Layer for Pipeline {
    crate::many_inputs!();

    fn class_name(&self) -> &str {
        "Pipeline"
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn conventions(&self) -> Conventions {
        Conventions::of_keras().recorded_mode(Mode::Training).mask_argument(MaskArgument::Leading)
    }

    fn config(&self) -> Value {
        serde_json::to_value(self).expect("a description is plain data")
    }

    fn with_arguments(&self, arguments: &Map<String, Value>) -> Result<Box<dyn Layer>> {
        family::changed(self, arguments)
    }

    fn parts(&self) -> Vec<Part> {
        let input = |at| if at == 0 { PartInput::Whole } else { PartInput::Previous };
        self.layers.iter().enumerate().map(|(at, layer)| layer.part(format!("layers/{at}"), input(at))).collect()
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        self.layers.iter().try_fold(inputs.to_vec(), |shapes, layer| layer.output_shapes(&shapes))
    }

    fn build_for(&self, inputs: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let groups = names::numbered(self.layers.iter().map(|layer| layer.layer().class_name()));
        let mut shapes = inputs.to_vec();
        let mut layers = Vec::with_capacity(self.layers.len());
        for (layer, group) in self.layers.iter().zip(groups) {
            layers.push(layer.build(&format!("layers/{group}"), &shapes, build)?);
            shapes = layer.output_shapes(&shapes)?;
        }
        Ok(BuiltLayer::new(PipelineModule { layers }))
    }
}

#[derive(Module, Debug)]
struct PipelineModule {
    layers: Vec<NestedLayer>,
}

impl Forward for PipelineModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let outputs = self.layers.iter().try_fold(inputs, |signals, layer| layer.call(signals, call))?;
        Ok(outputs.into_iter().map(|output| output.with_mask(None)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;
    use crate::layers::{Conv2D, Dense, Rescaling, Reshape};

    #[test]
    fn layers_follow_each_other() {
        let pipeline = Pipeline().add(Rescaling(2.0)).add(Rescaling(1.0).offset(1.0)).add(Reshape([2, 1]));
        assert_eq!(infer(pipeline, &[1.0, 2.0], &[1, 2]).unwrap(), (vec![1, 2, 1], vec![3.0, 5.0]));
        assert_eq!(infer(Pipeline(), &[1.0], &[1, 1]).unwrap().1, [1.0]);
    }

    #[test]
    fn a_layer_that_does_not_fit_is_named() {
        let error = Pipeline().add(Dense(2)).add(Conv2D(1, 3)).output_shape(&Shape::batched([4])).unwrap_err();
        assert!(error.to_string().starts_with("layer \"conv2d\" (Conv2D)"), "{error}");
    }
}
