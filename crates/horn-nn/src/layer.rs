//! What a layer is: a description that builds a Burn module.

use std::fmt;

use burn::module::Module;
use serde_json::Value;

use crate::activations::Activation;
use crate::functional::{IntoTensors, KerasTensor, SharedLayer};
use crate::layers::LookupState;
use crate::regularizers::Regularizer;
use crate::{AnyTensor, BuiltLayer, CallContext, Error, LayerBuilder, Result, Shape, Signal};

/// Is the model learning, or used?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Layers such as `Dropout` act; tensors carry gradients.
    Training,
    /// The model is evaluated or predicts.
    Inference,
}

/// The description of a layer: plain data, equal to the `config` that Keras writes for it.
///
/// Given the shape of its input it says that of its output, and given a device it builds the module that holds the
/// weights. A user's own layer implements this trait and [`Forward`], and is a layer like any other:
///
/// ```
/// use burn::module::{Module, Param};
/// use burn::tensor::Tensor;
/// use horn_nn::initializers::Ones;
/// use horn_nn::{AnyTensor, LayerBuilder, BuiltLayer, Forward, Layer, Mode, Result, Shape, by_rank};
///
/// /// Multiplies by a number that it learns.
/// #[derive(Debug, Clone)]
/// struct Scale;
///
/// impl Layer for Scale {
///     fn class_name(&self) -> &str {
///         "Scale"
///     }
///     fn output_shape(&self, input: &Shape) -> Result<Shape> {
///         Ok(input.clone())
///     }
///     fn build(&self, _input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
///         Ok(BuiltLayer::new(ScaleModule { factor: build.add_weight("factor", [1], &Ones::new().into())? }))
///     }
/// }
///
/// #[derive(Module, Debug)]
/// struct ScaleModule {
///     factor: Param<Tensor<1>>,
/// }
///
/// impl Forward for ScaleModule {
///     fn forward(&self, input: AnyTensor, _mode: Mode) -> Result<AnyTensor> {
///         by_rank!(input, |x| (x * self.factor.val().unsqueeze()).into())
///     }
/// }
/// ```
///
/// A layer of several inputs or outputs implements [`output_shapes`](Self::output_shapes),
/// [`build_for`](Self::build_for) and [`Forward::call`] as well.
pub trait Layer: fmt::Debug + Send + Sync + 'static {
    /// Keras's name of the class, `Dense`.
    fn class_name(&self) -> &str;

    /// The name that the user gave. The model names layers without one after their class: `dense`, `dense_1`.
    fn name(&self) -> Option<&str> {
        None
    }

    /// Do its weights learn? A model can change that later, layer by layer.
    fn trainable(&self) -> bool {
        true
    }

    /// Does the layer take a mask, or let it pass? Where it does not, the mask of its input ends there.
    fn supports_masking(&self) -> bool {
        false
    }

    /// What is added to the loss for the layer's outputs.
    fn activity_regularizer(&self) -> Option<&Regularizer> {
        None
    }

    /// The shape of the output for an input of this shape.
    ///
    /// # Errors
    ///
    /// Where the layer can't take such an input, or its own arguments are impossible.
    fn output_shape(&self, input: &Shape) -> Result<Shape>;

    /// The shapes of all outputs for inputs of these shapes. A plain layer has one of each.
    ///
    /// # Errors
    ///
    /// As [`output_shape`](Self::output_shape), and where the layer takes another number of inputs.
    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        Ok(vec![self.output_shape(one(inputs)?)?])
    }

    /// Makes the module for an input of this shape, with its initial weights. [`output_shape`](Self::output_shape) has
    /// been asked before.
    ///
    /// # Errors
    ///
    /// Where the weights can't be made.
    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer>;

    /// Makes the module for inputs of these shapes.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), and where the layer takes another number of inputs.
    fn build_for(&self, inputs: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        self.build(one(inputs)?, build)
    }

    /// The shape of the input that the layer itself fixes; only `Input` does.
    fn input_shape(&self) -> Option<&Shape> {
        None
    }

    /// Does the layer take texts? Only layers that make numbers of them do; their output shape is an error where the
    /// input is none of texts.
    fn takes_texts(&self) -> bool {
        false
    }

    /// What files keep beside the arguments of a layer that looks tokens up: a vocabulary that it has learned.
    fn lookup_state(&self) -> Option<LookupState> {
        None
    }

    /// How many values each state of a recurrent cell has, if the layer is one: it takes a step of the sequence and its
    /// states, and returns an output and the new states.
    fn state_sizes(&self) -> Option<Vec<usize>> {
        None
    }

    /// The arguments by which Keras's program gives the layer so many inputs, and how many each takes. Files name them
    /// so; in most layers one argument takes all inputs, as a list where there are several.
    fn call_arguments(&self, inputs: usize) -> Vec<(&'static str, usize)> {
        vec![("inputs", inputs)]
    }

    /// Those keys of [`config`](Self::config) that Keras takes with the call.
    fn call_options(&self) -> &'static [&'static str] {
        &[]
    }

    /// The layer's arguments under Keras's names, as Keras writes them to a file.
    fn config(&self) -> Value {
        Value::Null
    }

    /// The layer with a name. Keras's own layers have a method [`name`](method@crate::layers::Dense::name) for that; this
    /// is for those whose authors gave them no such argument.
    ///
    /// ```
    /// # use burn::module::Module;
    /// # use horn_nn::{AnyTensor, LayerBuilder, BuiltLayer, Forward, Mode, Result, Shape};
    /// use horn_nn::Layer;
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
    /// use horn_nn::Layer;
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
    /// use horn_nn::Layer;
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
    /// use horn_nn::Layer;
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

/// The one shape that a plain layer takes.
pub(crate) fn one(inputs: &[Shape]) -> Result<&Shape> {
    match inputs {
        [input] => Ok(input),
        inputs => Err(Error::shape("the layer takes one input")
            .received(format!("{} inputs: {}", inputs.len(), list(inputs)))
            .expected("one")
            .hint("join the inputs by a layer such as `Concatenate` first")),
    }
}

/// The arguments by which Keras's program gives a layer these values, and those of each.
pub(crate) fn by_argument<'a, T>(layer: &dyn Layer, values: &'a [T]) -> Vec<(&'static str, &'a [T])> {
    let mut rest = values;
    let mut take = |count: usize| {
        let (own, others) = rest.split_at(count.min(rest.len()));
        rest = others;
        own
    };
    layer.call_arguments(values.len()).into_iter().map(|(name, count)| (name, take(count))).collect()
}

/// Writes shapes one after the other.
pub(crate) fn list(shapes: &[Shape]) -> String {
    let text = |shape: &Shape| if shape.is_texts() { format!("texts {shape}") } else { shape.to_string() };
    shapes.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// The methods that a layer of several inputs or outputs has only for the sake of [`Layer`]: all go to those for many.
#[macro_export]
macro_rules! many_inputs {
    () => {
        fn output_shape(&self, input: &$crate::Shape) -> $crate::Result<$crate::Shape> {
            let shapes = $crate::Layer::output_shapes(self, std::slice::from_ref(input))?;
            Ok(shapes.into_iter().next().expect("a layer has an output"))
        }

        fn build(&self, input: &$crate::Shape, build: &mut $crate::LayerBuilder) -> $crate::Result<$crate::BuiltLayer> {
            $crate::Layer::build_for(self, std::slice::from_ref(input), build)
        }
    };
}

/// The method that the module of such a layer has only for the sake of [`Forward`].
#[macro_export]
macro_rules! many_signals {
    () => {
        fn forward(&self, input: $crate::AnyTensor, mode: $crate::Mode) -> $crate::Result<$crate::AnyTensor> {
            let outputs = $crate::Forward::call(self, vec![input.into()], &mut $crate::CallContext::new(mode))?;
            outputs.into_iter().next().expect("a layer has an output").value()
        }
    };
}

/// A built layer: a Burn module that says how it goes forward.
pub trait Forward: Module + Sync + 'static {
    /// Computes the output of the layer.
    ///
    /// # Errors
    ///
    /// Where the input does not fit the layer.
    fn forward(&self, input: AnyTensor, mode: Mode) -> Result<AnyTensor>;

    /// Computes what goes into the layer's last activation, where that is a softmax or a sigmoid: a crossentropy is
    /// exact only from there. A layer without such an activation says what [`forward`](Self::forward) says.
    ///
    /// # Errors
    ///
    /// Where the input does not fit the layer.
    fn logits(&self, input: AnyTensor, mode: Mode) -> Result<Logits> {
        Ok(Logits { value: self.forward(input, mode)?, activation: Activation::Linear })
    }

    /// Computes all outputs from all inputs, with their masks. A plain layer has one of each, and lets the mask pass:
    /// the model has taken it away where [`Layer::supports_masking`] says no.
    ///
    /// # Errors
    ///
    /// Where the inputs do not fit the layer.
    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let [input] = signals(inputs)?;
        let mask = input.mask().cloned();
        Ok(vec![Signal::from(self.logits(input.value()?, call.mode())?).with_mask(mask)])
    }

    /// What a stateful recurrent layer keeps from one batch for the next; empty before the first.
    fn states(&self) -> Vec<AnyTensor> {
        Vec::new()
    }

    /// Replaces what the layer keeps; with nothing, it starts anew.
    ///
    /// # Errors
    ///
    /// Where the layer keeps something else.
    fn set_states(&self, _states: &[AnyTensor]) -> Result<()> {
        Ok(())
    }
}

/// Exactly so many signals as the layer takes.
///
/// # Errors
///
/// Where there are more or fewer.
pub fn signals<const N: usize>(inputs: Vec<Signal>) -> Result<[Signal; N]> {
    inputs.try_into().map_err(|inputs: Vec<Signal>| {
        Error::shape("the layer takes another number of inputs").received(inputs.len()).expected(N)
    })
}

/// A layer's value before its last activation.
#[derive(Debug, Clone)]
pub struct Logits {
    /// What the activation is applied to.
    pub value: AnyTensor,
    /// `Softmax`, `Sigmoid`, or `Linear` for none.
    pub activation: Activation,
}

/// What stands for another layer.
pub(crate) trait Inner {
    /// The layer.
    fn inner(&self) -> &dyn Layer;
}

/// All methods of [`Layer`] but `name` and `trainable`, for what stands for another layer.
macro_rules! as_inner {
    () => {
        fn class_name(&self) -> &str {
            self.inner().class_name()
        }
        fn supports_masking(&self) -> bool {
            self.inner().supports_masking()
        }
        fn activity_regularizer(&self) -> Option<&$crate::regularizers::Regularizer> {
            self.inner().activity_regularizer()
        }
        fn output_shape(&self, input: &$crate::Shape) -> $crate::Result<$crate::Shape> {
            self.inner().output_shape(input)
        }
        fn output_shapes(&self, inputs: &[$crate::Shape]) -> $crate::Result<Vec<$crate::Shape>> {
            self.inner().output_shapes(inputs)
        }
        fn build(&self, input: &$crate::Shape, build: &mut $crate::LayerBuilder) -> $crate::Result<$crate::BuiltLayer> {
            self.inner().build(input, build)
        }
        fn build_for(
            &self,
            inputs: &[$crate::Shape],
            build: &mut $crate::LayerBuilder,
        ) -> $crate::Result<$crate::BuiltLayer> {
            self.inner().build_for(inputs, build)
        }
        fn input_shape(&self) -> Option<&$crate::Shape> {
            self.inner().input_shape()
        }
        fn takes_texts(&self) -> bool {
            self.inner().takes_texts()
        }
        fn lookup_state(&self) -> Option<$crate::layers::LookupState> {
            self.inner().lookup_state()
        }
        fn state_sizes(&self) -> Option<Vec<usize>> {
            self.inner().state_sizes()
        }
        fn call_arguments(&self, inputs: usize) -> Vec<(&'static str, usize)> {
            self.inner().call_arguments(inputs)
        }
        fn call_options(&self) -> &'static [&'static str] {
            self.inner().call_options()
        }
        fn config(&self) -> serde_json::Value {
            self.inner().config()
        }
    };
}

/// A layer with a name and a state that its own description does not know.
pub(crate) struct Given {
    pub name: Option<String>,
    pub trainable: bool,
    pub layer: Box<dyn Layer>,
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.layer.fmt(f)
    }
}

impl Inner for Given {
    fn inner(&self) -> &dyn Layer {
        self.layer.as_ref()
    }
}

impl Layer for Given {
    as_inner!();

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn trainable(&self) -> bool {
        self.trainable
    }
}

impl Inner for Box<dyn Layer> {
    fn inner(&self) -> &dyn Layer {
        self.as_ref()
    }
}

impl Layer for Box<dyn Layer> {
    as_inner!();

    fn name(&self) -> Option<&str> {
        self.inner().name()
    }

    fn trainable(&self) -> bool {
        self.inner().trainable()
    }
}
