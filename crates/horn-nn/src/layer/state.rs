//! `State`: a value that a layer keeps between calls.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::module::{
    Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor, Param, ParamId,
};
use burn::tensor::{Device, Tensor};

/// A weight that is updated by the layer itself in the forward pass, not by an optimizer: a moving mean, a recurrent
/// state.
///
/// Unlike Burn's `RunningState`, a clone is independent: training a copy of a model does not change the model.
pub struct State<const D: usize> {
    id: ParamId,
    value: Mutex<Tensor<D>>,
}

impl<const D: usize> State<D> {
    pub(crate) fn new(id: ParamId, value: Tensor<D>) -> Self {
        Self { id, value: Mutex::new(value) }
    }

    /// The current value, without a gradient.
    pub fn get(&self) -> Tensor<D> {
        self.lock().clone()
    }

    /// Replaces the value, detached from the graph of gradients.
    pub fn set(&self, value: Tensor<D>) {
        *self.lock() = value.without_autodiff();
    }

    fn lock(&self) -> MutexGuard<'_, Tensor<D>> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn map_value(self, map: impl FnOnce(Tensor<D>) -> Tensor<D>) -> Self {
        Self::new(self.id, map(self.value.into_inner().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl<const D: usize> Module for State<D> {
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        visitor.visit_float(&Param::initialized(self.id, self.get()));
    }

    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        let id = self.id;
        self.map_value(|value| mapper.map_float(Param::initialized(id, value)).val().without_autodiff())
    }

    fn collect_devices(&self, mut devices: Devices) -> Devices {
        let device = self.lock().device();
        if !devices.contains(&device) {
            devices.push(device);
        }
        devices
    }

    fn fork(self, device: &Device) -> Self {
        self.to_device(device)
    }

    fn to_device(self, device: &Device) -> Self {
        self.map_value(|value| value.to_device(device))
    }

    // It is a constant in training, too.
    fn train(self) -> Self {
        self
    }

    fn valid(&self) -> Self {
        self.clone()
    }

    fn materialize(self) -> Self {
        self
    }
}

impl<const D: usize> Clone for State<D> {
    fn clone(&self) -> Self {
        Self::new(self.id, self.get())
    }
}

impl<const D: usize> fmt::Debug for State<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "State({:?})", self.lock().dims())
    }
}

impl<const D: usize> fmt::Display for State<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl<const D: usize> ModuleDisplayDefault for State<D> {
    fn content(&self, content: Content) -> Option<Content> {
        content.add_formatted(&format!("{self:?}")).optional()
    }
}

impl<const D: usize> ModuleDisplay for State<D> {}
