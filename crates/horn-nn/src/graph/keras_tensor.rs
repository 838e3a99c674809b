//! `KerasTensor`: the symbolic tensors of the functional API, and the graph of calls that they form.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::graph::operation::Operation;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::tensor::shape::Shape;

/// A symbolic tensor: it has a shape but no values, and records the layers that will compute it.
///
/// An [`Input`](struct@crate::layers::Input) is the first symbolic tensor of a graph, and
/// [`Apply::apply`](crate::Apply::apply) returns further ones.
///
/// Layers that are not built have no weights, so they can't be applied to data:
///
/// ```compile_fail,E0277
/// use burn::tensor::{Device, Tensor};
/// use horn::Apply;
/// use horn::layers::Dense;
///
/// let y = Dense(10).apply(Tensor::<2>::ones([1, 784], &Device::default()))?;
/// # Ok::<(), horn::Error>(())
/// ```
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
    /// The inputs of the layer, followed by the masks that are call arguments.
    pub(super) inputs: Vec<KerasTensor>,
    /// How many of the inputs are masks.
    pub(super) masks: usize,
    /// The propagated masks of the inputs, if Keras passes them to the layer.
    pub(super) implied: Vec<KerasTensor>,
    pub(super) output_shapes: Vec<Shape>,
    /// The mask of each output, if it has one.
    pub(super) output_masks: Vec<Option<KerasTensor>>,
}

impl LayerCall {
    fn take_links(&mut self) -> impl Iterator<Item = KerasTensor> + use<> {
        let inputs = std::mem::take(&mut self.inputs).into_iter().chain(std::mem::take(&mut self.implied));
        inputs.chain(std::mem::take(&mut self.output_masks).into_iter().flatten())
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

/// What a call in a graph is of.
pub(crate) enum Node {
    Layer(Arc<dyn Layer>),
    /// One of Keras's operations on masks.
    Operation(Operation),
}

impl Node {
    pub(super) fn class_name(&self) -> &str {
        match self {
            Self::Layer(layer) => layer.class_name(),
            Self::Operation(operation) => operation.class_name(),
        }
    }

    /// The name that the program gave.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Layer(layer) => layer.name(),
            Self::Operation(_) => None,
        }
    }
}

/// A node with an identity: if a layer is applied twice, it is still one layer.
pub(crate) struct Placed {
    pub(super) node: Node,
    pub(super) order: u64,
    pub(super) calls: AtomicUsize,
}

/// The identity of a tensor.
pub(super) type Key = (*const LayerCall, usize);

/// Counts all layers, so that weights are created in the order in which the program created the layers.
static ORDER: AtomicU64 = AtomicU64::new(0);

impl Placed {
    pub(super) fn new(node: Node) -> Self {
        Self { node, order: ORDER.fetch_add(1, Ordering::Relaxed), calls: AtomicUsize::new(0) }
    }

    pub(super) fn is_operation(&self) -> bool {
        matches!(self.node, Node::Operation(_))
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
            inputs,
            masks: 0,
            implied: Vec::new(),
            output_shapes: vec![shape],
            output_masks: vec![None],
        };
        Self { call: Arc::new(call), output: 0 }
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
            open.extend(tensor.call.inputs.iter().rev().filter(|input| seen.insert(input.key())).cloned());
        }
        sources
    }

    pub(super) fn key(&self) -> Key {
        (Arc::as_ptr(&self.call), self.output)
    }
}

impl fmt::Debug for KerasTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KerasTensor({}, from {})", self.shape(), self.call.layer.node.class_name())
    }
}

/// What a layer is applied to: a tensor, an `Input`, or an array, a tuple or a `Vec` of them.
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

impl IntoTensors for &[KerasTensor] {
    fn into_tensors(self) -> Vec<KerasTensor> {
        self.to_vec()
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

tuples!((A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E));
