//! A built model as a layer of another model.

use serde_json::Value;

use crate::error::Result;
use crate::graph::write::without_config;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::conventions::{Conventions, OutputMask};
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::mask_trail::{MaskNumber, MaskTrail};
use crate::layer::signal::Signal;
use crate::layer::weight::Weight;
use crate::model::functional::nested_output_shapes;
use crate::model::model::Model;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

impl Model {
    /// Converts the model to a layer, and records its weights in the builder.
    pub(crate) fn into_layer(self, build: &mut LayerBuilder) -> BuiltLayer {
        let placed = |((weight, name), mut groups): ((&Weight, _), Vec<String>)| {
            let group = groups.pop().unwrap_or_default();
            Weight { name, group, also_in: groups.pop(), ..weight.clone() }
        };
        build.adopt(self.weights().zip(self.weight_paths()).zip(self.group_paths()).map(placed));
        BuiltLayer::new(self)
    }
}

/// A built model as a layer in another model: its weights keep their values.
impl Layer for Model {
    fn class_name(&self) -> &str {
        self.kind().class_name()
    }

    fn conventions(&self) -> Conventions {
        self.kind().conventions()
    }

    /// In Keras's graph, the outputs of a nested model have no masks, though its values have.
    fn output_mask(&self) -> OutputMask {
        OutputMask::None
    }

    fn follow_masks(&self, masks: &[Option<MaskNumber>], trail: &mut MaskTrail) -> Vec<Option<MaskNumber>> {
        self.graph.plan.follow_masks(masks, trail)
    }

    fn name(&self) -> Option<&str> {
        self.graph.plan.named.then(|| self.name())
    }

    fn supports_masking(&self) -> bool {
        true
    }

    /// Its inputs decide: their shapes record whether they take strings.
    fn takes_strings(&self) -> bool {
        true
    }

    crate::many_inputs!();

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        nested_output_shapes(&self.graph.plan, inputs)
    }

    fn build_for(&self, _: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(self.clone().to_device(build.device()).into_layer(build))
    }

    fn config(&self) -> Value {
        self.to_config().unwrap_or_else(|error| without_config(&error))
    }
}

impl Forward for Model {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        Self::call(self, inputs, call)
    }

    fn states(&self) -> Vec<AnyTensor> {
        self.layers.iter().flat_map(BuiltLayer::states).collect()
    }

    fn set_states(&self, mut states: &[AnyTensor]) -> Result<()> {
        for layer in &self.layers {
            // Without states, all layers are reset.
            let own = layer.states().len().min(states.len());
            layer.set_states(&states[..own])?;
            states = &states[own..];
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};
    use ndarray::array;

    use crate::activations::activation::Activation;
    use crate::graph::apply::Apply;
    use crate::layer::call::Mode;
    use crate::layers::{BatchNormalization, Dense, Embedding, GlobalAveragePooling1D, Input};
    use crate::model::functional::Functional;
    use crate::model::sequential::Sequential;

    #[test]
    fn what_is_in_a_frozen_model_is_frozen() {
        let inner = Sequential::new().name("inner").add(Input([1])).add(BatchNormalization());
        let mut model = Sequential::new().add(Input([1])).add(inner).build(&Device::default()).unwrap();
        let mut output = |trainable: bool, mode: Mode| -> Vec<f32> {
            model.set_layer_trainable("inner", trainable).unwrap();
            let x = Tensor::<2>::from_data([[1.0], [3.0]], &Device::default());
            model.forward(x.into(), mode).unwrap().float::<2>().unwrap().into_data().iter::<f32>().collect()
        };
        // A frozen normalization takes the moving mean and variance, which are still 0 and 1, and leaves them.
        let frozen = output(false, Mode::Training);
        assert_eq!(frozen, output(false, Mode::Inference));
        assert!((frozen[0] - 1.0).abs() < 1e-3 && (frozen[1] - 3.0).abs() < 3e-3, "{frozen:?}");
        assert!(output(true, Mode::Training)[0] < -0.9);
    }

    /// As in Keras, whose values keep their masks. The softmax before the inner model is computed late.
    #[test]
    fn a_mask_comes_into_a_model_through_a_softmax() {
        let rows = Input([3, 2]);
        let inner = Functional::new(&rows, GlobalAveragePooling1D().apply(&rows).unwrap()).unwrap();
        let softmax = Dense(2).activation(Activation::Softmax);
        let layers = Sequential::new().add(Input([3])).add(Embedding(3, 2).mask_zero(true)).add(softmax).add(inner);
        let mut model = layers.build(&Device::default()).unwrap();
        let table = array![[9.0, 9.0], [1.0, 0.0], [0.0, 2.0]].into_dyn();
        model.set_weights(&[table, array![[1.0, 0.0], [0.0, 1.0]].into_dyn(), array![0.0, 0.0].into_dyn()]).unwrap();
        let found = model.predict(&array![[1_i32, 2, 0]], 1).unwrap();
        let first = |[a, b]: [f32; 2]| a.exp() / (a.exp() + b.exp());
        let expected = (first([1.0, 0.0]) + first([0.0, 2.0])) / 2.0;
        assert!((found[[0, 0]] - expected).abs() < 1e-6 && (found[[0, 1]] - 1.0 + expected).abs() < 1e-6, "{found}");
    }
}
