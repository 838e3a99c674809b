//! What a stateful layer keeps between batches.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::module::{Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor};
use burn::tensor::{Device, Tensor};

/// The states after a batch, which the next one starts from. Unlike [`State`](crate::State) they are not weights: they
/// are not saved, and have the size of a batch.
pub(crate) struct Held<const D: usize>(Mutex<Vec<Tensor<D>>>);

impl<const D: usize> Held<D> {
    /// Nothing yet.
    pub fn new() -> Self {
        Self(Mutex::default())
    }

    /// The states; none before the first batch.
    pub fn get(&self) -> Vec<Tensor<D>> {
        self.lock().clone()
    }

    /// Replaces the states; gradients end here.
    pub fn set(&self, states: impl IntoIterator<Item = Tensor<D>>) {
        *self.lock() = states.into_iter().map(Tensor::without_autodiff).collect();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Tensor<D>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<const D: usize> Clone for Held<D> {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.get()))
    }
}

// It holds no weights: what a module does to weights does not concern it.
impl<const D: usize> Module for Held<D> {
    fn visit<V: ModuleVisitor>(&self, _: &mut V) {}
    fn map<M: ModuleMapper>(self, _: &mut M) -> Self {
        self
    }
    fn collect_devices(&self, devices: Devices) -> Devices {
        devices
    }
    fn fork(self, device: &Device) -> Self {
        self.to_device(device)
    }
    fn to_device(self, device: &Device) -> Self {
        let states = self.get().into_iter().map(|state| state.to_device(device));
        Self(Mutex::new(states.collect()))
    }
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

impl<const D: usize> fmt::Debug for Held<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Held({:?})", self.lock().iter().map(Tensor::dims).collect::<Vec<_>>())
    }
}

impl<const D: usize> fmt::Display for Held<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl<const D: usize> ModuleDisplayDefault for Held<D> {
    fn content(&self, content: Content) -> Option<Content> {
        content.add_formatted(&format!("{self:?}")).optional()
    }
}

impl<const D: usize> ModuleDisplay for Held<D> {}
