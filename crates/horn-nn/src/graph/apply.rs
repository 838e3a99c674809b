//! Applying layers: what puts a layer into a graph.

use crate::error::Result;
use crate::graph::keras_tensor::{IntoTensors, KerasTensor};
use crate::graph::shared_layer::SharedLayer;
use crate::layer::description::Layer;
use crate::layer::given::Given;

/// What every layer can do in a graph: be named, applied and shared.
///
/// It stands apart from [`Layer`], so that a layer need not know what a graph is.
pub trait Apply: Layer {
    /// The layer with a name. Keras's own layers have a method [`name`](method@crate::layers::Dense::name) for that; this
    /// is for those whose authors gave them no such argument.
    ///
    /// ```
    /// # use burn::module::Module;
    /// # use horn_nn::{AnyTensor, LayerBuilder, BuiltLayer, Forward, Mode, Result, Shape};
    /// use horn_nn::Apply;
    /// # #[derive(Debug, Clone)]
    /// # struct Scale;
    /// # impl Layer for Scale {
    /// #     fn class_name(&self) -> &str { "Scale" }
    /// #     fn output_shape(&self, input: &Shape) -> Result<Shape> { Ok(input.clone()) }
    /// #     fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> { Ok(BuiltLayer::new(Same {})) }
    /// # }
    /// # #[derive(Module, Debug)]
    /// # struct Same {}
    /// # impl Forward for Same {
    /// #     fn forward(&self, x: AnyTensor, _: Mode) -> Result<AnyTensor> { Ok(x) }
    /// # }
    ///
    /// assert_eq!(Scale.named("louder").name(), Some("louder"));
    /// ```
    fn named(self, name: impl Into<String>) -> Box<dyn Layer>
    where
        Self: Sized,
    {
        let trainable = self.trainable();
        Box::new(Given { name: Some(name.into()), trainable, layer: Box::new(self) })
    }

    /// Puts the layer into a graph, after the tensor that it takes; an array, a tuple or a `Vec` where it takes several.
    ///
    /// ```
    /// use horn_nn::Apply;
    /// use horn_nn::layers::{Dense, Input};
    ///
    /// let x = Input([784]);
    /// let y = Dense(10).apply(&x)?;
    /// assert_eq!(y.shape().to_string(), "(None, 10)");
    /// # Ok::<(), horn_nn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the layer does not fit its inputs, or has several outputs.
    fn apply(self, inputs: impl IntoTensors) -> Result<KerasTensor>
    where
        Self: Sized,
    {
        self.shared().apply(inputs)
    }

    /// Puts the layer into a graph as [`apply`](Self::apply) does, and returns all its outputs.
    ///
    /// # Errors
    ///
    /// Where the layer does not fit its inputs.
    fn apply_all(self, inputs: impl IntoTensors) -> Result<Vec<KerasTensor>>
    where
        Self: Sized,
    {
        self.shared().apply_all(inputs)
    }

    /// The layer as one that is applied more than once, always with the same weights.
    ///
    /// ```
    /// use horn_nn::Apply;
    /// use horn_nn::layers::{Dense, Input};
    ///
    /// let (left, right) = (Input([8]), Input([8]));
    /// let encoder = Dense(4).shared();
    /// let (left, right) = (encoder.apply(&left)?, encoder.apply(&right)?);
    /// # Ok::<(), horn_nn::Error>(())
    /// ```
    ///
    /// Nobody shares weights by accident: a layer that is not shared is used up where it is applied.
    ///
    /// ```compile_fail,E0382
    /// use horn_nn::Apply;
    /// use horn_nn::layers::{Dense, Input};
    ///
    /// let (left, right) = (Input([8]), Input([8]));
    /// let encoder = Dense(4);
    /// let (left, right) = (encoder.apply(&left)?, encoder.apply(&right)?);
    /// # Ok::<(), horn_nn::Error>(())
    /// ```
    fn shared(self) -> SharedLayer
    where
        Self: Sized,
    {
        SharedLayer::new(self)
    }
}

impl<L: Layer> Apply for L {}
