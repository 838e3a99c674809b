//! The functional API: layers applied to tensors that stand for the data to come, and the graph that this makes.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::tensor::shape::Shape;

/// A tensor that stands for data to come: it has a shape, and knows the layers that will compute it.
///
/// [`Input`](struct@crate::layers::Input) is the first, [`Layer::apply`] makes the next.
///
/// It is no data, and data is no such tensor: a layer that is not built has no weights to compute with.
///
/// ```compile_fail,E0277
/// use burn::tensor::{Device, Tensor};
/// use horn_nn::Apply;
/// use horn_nn::layers::Dense;
///
/// let y = Dense(10).apply(Tensor::<2>::ones([1, 784], &Device::default()))?;
/// # Ok::<(), horn_nn::Error>(())
/// ```
#[derive(Clone)]
pub struct KerasTensor {
    pub(super) call: Arc<LayerCall>,
    pub(super) output: usize,
}

/// A layer applied to tensors.
pub(crate) struct LayerCall {
    pub(super) layer: Arc<Placed>,
    pub(super) index: usize,
    pub(super) mode: Option<Mode>,
    /// What the layer takes; after it the masks that the program gives with the call.
    pub(super) inputs: Vec<KerasTensor>,
    /// How many of the inputs are such masks.
    pub(super) masks: usize,
    /// The masks that come along with the inputs, where Keras passes them to the layer.
    pub(super) implied: Vec<KerasTensor>,
    pub(super) output_shapes: Vec<Shape>,
    /// The mask of each output, or none.
    pub(super) output_masks: Vec<Option<KerasTensor>>,
}

impl LayerCall {
    fn let_go(&mut self) -> impl Iterator<Item = KerasTensor> + use<> {
        let inputs = std::mem::take(&mut self.inputs).into_iter().chain(std::mem::take(&mut self.implied));
        inputs.chain(std::mem::take(&mut self.output_masks).into_iter().flatten())
    }
}

/// A long chain of calls, each the last to hold the one before, is let go one by one: the stack is not as long.
impl Drop for LayerCall {
    fn drop(&mut self) {
        let mut held: Vec<_> = self.let_go().collect();
        while let Some(tensor) = held.pop() {
            if let Some(mut call) = Arc::into_inner(tensor.call) {
                held.extend(call.let_go());
            }
        }
    }
}

/// A layer with an identity: applied twice, it is still one layer.
pub(crate) struct Placed {
    pub(super) layer: Arc<dyn Layer>,
    /// Is it one of Keras's operations on masks, and no layer?
    pub(super) is_operation: bool,
    pub(super) order: u64,
    pub(super) calls: AtomicUsize,
}

/// What tells tensors apart.
pub(super) type Key = (*const LayerCall, usize);

/// Counts the layers of the program, so that their weights are made in its order.
static ORDER: AtomicU64 = AtomicU64::new(0);

impl Placed {
    pub(super) fn new(layer: Arc<dyn Layer>) -> Self {
        Self { layer, is_operation: false, order: ORDER.fetch_add(1, Ordering::Relaxed), calls: AtomicUsize::new(0) }
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

    /// The mask that goes along with the tensor, as Keras's graph computes it.
    pub(crate) fn mask(&self) -> Option<&Self> {
        self.call.output_masks[self.output].as_ref()
    }

    /// The inputs of the graph that the tensor is computed from, each once, in the order in which it leads to them.
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
        write!(f, "KerasTensor({}, from {})", self.shape(), self.call.layer.layer.class_name())
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
