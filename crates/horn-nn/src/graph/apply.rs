//! `Apply`: the methods that put a layer into a graph.

use crate::error::Result;
use crate::graph::keras_tensor::{IntoTensors, KerasTensor};
use crate::graph::shared_layer::SharedLayer;
use crate::layer::description::Layer;
use crate::layer::given::Given;

/// The methods of every layer for building graphs: naming, applying and sharing it.
///
/// The trait is separate from [`Layer`], so that layers do not depend on graphs.
pub trait Apply: Layer {
    /// The layer with a name. Built-in layers have a method [`name`](method@crate::layers::Dense::name); this is for custom
    /// layers without such an argument.
    ///
    /// ```
    /// # use burn::module::Module;
    /// # use horn::{AnyTensor, LayerBuilder, BuiltLayer, Forward, Mode, Result, Shape};
    /// use horn::{Apply, Layer};
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

    /// Applies the layer to a tensor of a graph, or to an array, a tuple or a `Vec` of tensors if it takes several.
    ///
    /// ```
    /// use horn::Apply;
    /// use horn::layers::{Dense, Input};
    ///
    /// let x = Input([784]);
    /// let y = Dense(10).apply(&x)?;
    /// assert_eq!(y.shape().to_string(), "(None, 10)");
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the layer does not support the shapes of its inputs, or has several outputs.
    fn apply(self, inputs: impl IntoTensors) -> Result<KerasTensor>
    where
        Self: Sized,
    {
        self.shared().apply(inputs)
    }

    /// Applies the layer as [`apply`](Self::apply) does, and returns all its outputs.
    ///
    /// # Errors
    ///
    /// If the layer does not support the shapes of its inputs.
    fn apply_all(self, inputs: impl IntoTensors) -> Result<Vec<KerasTensor>>
    where
        Self: Sized,
    {
        self.shared().apply_all(inputs)
    }

    /// Makes the layer applicable more than once, always with the same weights.
    ///
    /// ```
    /// use horn::Apply;
    /// use horn::layers::{Dense, Input};
    ///
    /// let (left, right) = (Input([8]), Input([8]));
    /// let encoder = Dense(4).shared();
    /// let (left, right) = (encoder.apply(&left)?, encoder.apply(&right)?);
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// Weights are never shared by accident: applying a layer that is not shared consumes it.
    fn shared(self) -> SharedLayer
    where
        Self: Sized,
    {
        SharedLayer::new(self)
    }
}

impl<L: Layer> Apply for L {}
