//! A layer and a state, visited in Keras's order for a wrapper that owns the kernel of its layer.

use burn::module::{
    Content, Devices, Flag, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor, Param,
};
use burn::tensor::{Bool, Device, Int, Tensor};

use crate::layer::state::State;
use crate::layers::nested::NestedLayer;

/// A layer, and a state that is visited between its first weight and the others.
#[derive(Debug, Clone)]
pub(crate) struct KernelFirst {
    pub layer: NestedLayer,
    pub next: State<2>,
}

/// Visits the state after the first weight.
struct Between<'a, V> {
    outer: &'a mut V,
    next: Option<&'a State<2>>,
}

impl<V: ModuleVisitor> ModuleVisitor for Between<'_, V> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.outer.visit_float(param);
        if let Some(next) = self.next.take() {
            next.visit(self.outer);
        }
    }
    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        self.outer.visit_int(param);
    }
    fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<D, Bool>>) {
        self.outer.visit_bool(param);
    }
    fn visit_flag(&mut self, flag: &Param<Flag>) {
        self.outer.visit_flag(flag);
    }
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.outer.enter_module(name, container_type);
    }
    fn exit_module(&mut self, name: &str, container_type: &str) {
        self.outer.exit_module(name, container_type);
    }
}

/// Maps the state after the first weight.
struct MapBetween<'a, M> {
    outer: &'a mut M,
    next: &'a mut Option<State<2>>,
    done: bool,
}

impl<M: ModuleMapper> ModuleMapper for MapBetween<'_, M> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let param = self.outer.map_float(param);
        if !std::mem::replace(&mut self.done, true) {
            *self.next = self.next.take().map(|next| next.map(self.outer));
        }
        param
    }
    fn map_int<const D: usize>(&mut self, param: Param<Tensor<D, Int>>) -> Param<Tensor<D, Int>> {
        self.outer.map_int(param)
    }
    fn map_bool<const D: usize>(&mut self, param: Param<Tensor<D, Bool>>) -> Param<Tensor<D, Bool>> {
        self.outer.map_bool(param)
    }
    fn map_flag(&mut self, flag: Param<Flag>) -> Param<Flag> {
        self.outer.map_flag(flag)
    }
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.outer.enter_module(name, container_type);
    }
    fn exit_module(&mut self, name: &str, container_type: &str) {
        self.outer.exit_module(name, container_type);
    }
}

impl Module for KernelFirst {
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        self.layer.visit(&mut Between { outer: visitor, next: Some(&self.next) });
    }
    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        let mut next = Some(self.next);
        let layer = self.layer.map(&mut MapBetween { outer: mapper, next: &mut next, done: false });
        Self { layer, next: next.expect("mapping returns the state") }
    }
    fn collect_devices(&self, devices: Devices) -> Devices {
        self.next.collect_devices(self.layer.collect_devices(devices))
    }
    fn fork(self, device: &Device) -> Self {
        Self { layer: self.layer.fork(device), next: self.next.fork(device) }
    }
    fn to_device(self, device: &Device) -> Self {
        Self { layer: self.layer.to_device(device), next: self.next.to_device(device) }
    }
    fn train(self) -> Self {
        Self { layer: self.layer.train(), next: self.next.train() }
    }
    fn valid(&self) -> Self {
        Self { layer: self.layer.valid(), next: self.next.valid() }
    }
    fn materialize(self) -> Self {
        Self { layer: self.layer.materialize(), next: self.next.materialize() }
    }
}

impl std::fmt::Display for KernelFirst {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

impl ModuleDisplayDefault for KernelFirst {
    fn content(&self, content: Content) -> Option<Content> {
        content.add("layer", &self.layer).add("next", &self.next).optional()
    }
}

impl ModuleDisplay for KernelFirst {}
