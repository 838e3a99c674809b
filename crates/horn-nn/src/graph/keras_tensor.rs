//! `KerasTensor`: the symbolic tensors of the functional API, and the graph of calls that they form.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::error::{Error, Result};
use crate::layer::call::Mode;
use crate::layer::called_as::CalledAs;
use crate::layer::description::Layer;
use crate::tensor::shape::Shape;

/// A symbolic tensor: it has a shape but no values, and records the layers that will compute it.
///
/// An [`Input`](struct@crate::layers::Input) is the first symbolic tensor of a graph, and
/// [`Apply::apply`](crate::Apply::apply) returns further ones.
///
/// Layers that are not built have no weights, so they can't be applied to data.
#[derive(Clone)]
pub struct KerasTensor {
    pub(super) call: Arc<LayerCall>,
    pub(super) output: usize,
}

/// One call of a layer.
pub(crate) struct LayerCall {
    pub(super) layer: Arc<Placed>,
    pub(super) index: usize,
    pub(super) mode: Option<Mode>,
    /// The layer with the options of this call, if they are not its own.
    pub(super) called_as: Option<CalledAs>,
    pub(super) inputs: Vec<KerasTensor>,
    /// The masks that are passed to the layer: for each input in order, if it has one.
    pub(super) masks: Vec<Option<KerasTensor>>,
    /// Does the program give the masks? If not, they are the propagated ones, which Keras passes to the layer, or in a file
    /// those that functions compute.
    pub(super) gives_masks: bool,
    pub(super) output_shapes: Vec<Shape>,
    /// The mask of each output, if it has one.
    pub(super) output_masks: Vec<Option<KerasTensor>>,
    /// Why the outputs can't be computed: the error of an operator, which could not return it.
    pub(super) failure: Option<Error>,
}

impl LayerCall {
    fn take_links(&mut self) -> impl Iterator<Item = KerasTensor> + use<> {
        let inputs = std::mem::take(&mut self.inputs).into_iter();
        let masks = std::mem::take(&mut self.masks).into_iter().chain(std::mem::take(&mut self.output_masks));
        inputs.chain(masks.flatten())
    }
}

/// Drops a long chain of calls iteratively, as a recursive drop could overflow the stack.
impl Drop for LayerCall {
    fn drop(&mut self) {
        let mut dropped: Vec<_> = self.take_links().collect();
        while let Some(tensor) = dropped.pop() {
            if let Some(mut call) = Arc::into_inner(tensor.call) {
                dropped.extend(call.take_links());
            }
        }
    }
}

/// A layer with an identity: if it is applied twice, it is still one layer.
pub(crate) struct Placed {
    pub(super) layer: Arc<dyn Layer>,
    pub(super) order: u64,
    pub(super) calls: AtomicUsize,
}

/// The identity of a tensor.
pub(super) type Key = (*const LayerCall, usize);

/// Counts all layers, so that weights are created in the order in which the program created the layers.
static ORDER: AtomicU64 = AtomicU64::new(0);

impl Placed {
    pub(super) fn new(layer: Arc<dyn Layer>) -> Self {
        Self { layer, order: ORDER.fetch_add(1, Ordering::Relaxed), calls: AtomicUsize::new(0) }
    }

    /// Is it a function on tensors?
    pub(super) fn is_operation(&self) -> bool {
        self.layer.conventions().is_operation
    }
}

impl KerasTensor {
    /// The shape, the batch axis first.
    pub fn shape(&self) -> &Shape {
        &self.call.output_shapes[self.output]
    }

    pub(super) fn of_call(placed: Placed, inputs: Vec<Self>, shape: Shape) -> Self {
        let call = LayerCall {
            layer: Arc::new(placed),
            index: 0,
            mode: None,
            called_as: None,
            inputs,
            masks: Vec::new(),
            gives_masks: false,
            output_shapes: vec![shape],
            output_masks: vec![None],
            failure: None,
        };
        Self { call: Arc::new(call), output: 0 }
    }

    /// The tensor, or the error of the operator that made it.
    pub(crate) fn checked(&self) -> Result<&Self> {
        self.call.failure.as_ref().map_or(Ok(self), |error| Err(error.copied()))
    }

    /// The mask of the tensor, as Keras's graph computes it.
    pub(crate) fn mask(&self) -> Option<&Self> {
        self.call.output_masks[self.output].as_ref()
    }

    /// The inputs of the graph that the tensor depends on, each once, in depth-first order.
    pub(crate) fn sources(&self) -> Vec<Self> {
        let mut seen = HashSet::from([self.key()]);
        let (mut open, mut sources) = (vec![self.clone()], Vec::new());
        while let Some(tensor) = open.pop() {
            if tensor.call.inputs.is_empty() {
                sources.push(tensor);
                continue;
            }
            let given = tensor.call.masks.iter().flatten().filter(|_| tensor.call.gives_masks);
            let inputs: Vec<&Self> = tensor.call.inputs.iter().chain(given).collect();
            open.extend(inputs.into_iter().rev().filter(|input| seen.insert(input.key())).cloned());
        }
        sources
    }

    /// The layer that computes the tensor.
    pub(crate) fn description(&self) -> &dyn Layer {
        self.call.layer.layer.as_ref()
    }

    pub(super) fn key(&self) -> Key {
        (Arc::as_ptr(&self.call), self.output)
    }
}

impl fmt::Debug for KerasTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KerasTensor({}, from {})", self.shape(), self.call.layer.layer.class_name())
    }
}

/// What a layer is applied to: a tensor, an `Input`, or an array, a tuple or a `Vec` of them. A tuple may mix them, and what
/// is given by reference.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tensor of a graph",
    label = "a layer is applied to a `KerasTensor`, an `Input`, or several of them",
    note = "several inputs of different kinds are a tuple: `Concatenate().apply((&a, &b, &input))`; data is for a model that is \
            built: `model.predict(&x)`"
)]
pub trait IntoTensors {
    /// The tensors as a list.
    fn into_tensors(self) -> Vec<KerasTensor>;
}

impl IntoTensors for KerasTensor {
    fn into_tensors(self) -> Vec<KerasTensor> {
        vec![self]
    }
}

impl IntoTensors for &KerasTensor {
    fn into_tensors(self) -> Vec<KerasTensor> {
        vec![self.clone()]
    }
}

impl<T: IntoTensors> IntoTensors for Vec<T> {
    fn into_tensors(self) -> Vec<KerasTensor> {
        self.into_iter().flat_map(T::into_tensors).collect()
    }
}

impl<T: IntoTensors + Clone> IntoTensors for &[T] {
    fn into_tensors(self) -> Vec<KerasTensor> {
        self.to_vec().into_tensors()
    }
}

impl<T: IntoTensors + Clone> IntoTensors for &Vec<T> {
    fn into_tensors(self) -> Vec<KerasTensor> {
        self.as_slice().into_tensors()
    }
}

impl<T: IntoTensors + Clone, const N: usize> IntoTensors for &[T; N] {
    fn into_tensors(self) -> Vec<KerasTensor> {
        self.as_slice().into_tensors()
    }
}

impl<T: IntoTensors, const N: usize> IntoTensors for [T; N] {
    fn into_tensors(self) -> Vec<KerasTensor> {
        self.into_iter().flat_map(T::into_tensors).collect()
    }
}

macro_rules! tuples {
    ($(($($part:ident),+))*) => {$(
        impl<$($part: IntoTensors),+> IntoTensors for ($($part,)+) {
            #[allow(non_snake_case)]
            fn into_tensors(self) -> Vec<KerasTensor> {
                let ($($part,)+) = self;
                [$($part.into_tensors()),+].concat()
            }
        }
    )*};
}

tuples! {
    (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G) (A, B, C, D, E, F, G, H)
}
