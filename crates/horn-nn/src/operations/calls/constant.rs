//! `ConstantTensor`: an array where a layer takes a tensor.

use burn::module::Module;
use serde_json::Value;

use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::conventions::{BuiltFor, Conventions, OutputMask};
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::{Forward, signals};
use crate::layer::signal::Signal;
use crate::operations::calls::argument::{Argument, Array, Constant};
use crate::operations::calls::operands::{shape_of, tensor_of};
use crate::tensor::shape::Shape;

/// An array among the tensors that a layer takes, such as an `attention_mask` that a program computes by NumPy. In a graph it
/// is a node; its input is another tensor of the call, which only says on which device the array is needed. Keras has no
/// such node: files have the array in the place of the tensor.
#[derive(Debug, Clone)]
pub(crate) struct ConstantTensor {
    array: Array,
}

impl ConstantTensor {
    /// A node with this array.
    pub fn new(array: Array) -> Self {
        Self { array }
    }

    /// Reads the array from Keras's object of it.
    ///
    /// # Errors
    ///
    /// If it is not an array of numbers.
    pub fn read(written: &Value) -> Result<Self> {
        Ok(Self { array: Array::read(written)? })
    }

    /// The array's shape, whose sizes are all known.
    pub fn shape(&self) -> Result<Shape> {
        shape_of(&self.argument())
    }

    fn argument<T>(&self) -> Argument<T> {
        Argument::Constant(Constant::Array(self.array.clone()))
    }
}

impl Layer for ConstantTensor {
    crate::many_inputs!();

    fn class_name(&self) -> &str {
        "Constant"
    }

    fn conventions(&self) -> Conventions {
        let built_for = BuiltFor::Nothing;
        Conventions { built_for, is_operation: true, is_constant: true, ..Conventions::default() }
    }

    fn output_mask(&self) -> OutputMask {
        OutputMask::None
    }

    fn output_shapes(&self, _: &[Shape]) -> Result<Vec<Shape>> {
        Ok(vec![self.shape()?])
    }

    fn build_for(&self, _: &[Shape], _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(ConstantModule { constant: self.clone() }))
    }

    /// Keras's object of the array.
    fn config(&self) -> Value {
        self.array.written().clone()
    }
}

#[derive(Module, Debug)]
struct ConstantModule {
    #[module(skip)]
    constant: ConstantTensor,
}

impl Forward for ConstantModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, _: &mut CallContext) -> Result<Vec<Signal>> {
        let [beside] = signals(inputs)?;
        Ok(vec![Signal::new(tensor_of(self.constant.argument(), &beside.value()?.device())?)])
    }
}
