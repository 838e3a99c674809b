//! Type erasure of built layers, so that one list can have layers of different types.
//!
//! Burn's `Module` is not dyn compatible: its `visit` and `map` are generic over the visitor. Here each parameter crosses
//! the boundary as `dyn Any` together with its rank, and is downcast on the other side. So a list of mixed layers is a
//! Burn `Module` itself, and Burn's optimizers, records and stores work on it unchanged.

use std::any::Any;
use std::fmt;

use burn::module::{Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor};
use burn::tensor::Device;

use crate::error::Result;
use crate::layer::call::{CallContext, Mode};
use crate::layer::erased_parameters::{ErasedMapper, ErasedVisitor, Map, Typed, Visit};
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::memory;
use crate::tensor::any_tensor::AnyTensor;

/// A built layer of any type.
pub struct BuiltLayer(Box<dyn ErasedLayer>);

impl BuiltLayer {
    /// Wraps a module that implements [`Forward`].
    pub fn new(module: impl Forward) -> Self {
        Self(Box::new(module))
    }

    /// Computes the output of a layer with one input and one output.
    ///
    /// # Errors
    ///
    /// If the input does not fit the layer.
    pub fn forward(&self, input: AnyTensor, mode: Mode) -> Result<AnyTensor> {
        self.0.forward_erased(input, mode)
    }

    /// Computes all outputs from all inputs.
    ///
    /// # Errors
    ///
    /// If the inputs do not fit the layer, or there is no memory for its [workspace](Forward::workspace).
    pub fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        memory::check_workspace(self.0.workspace_erased(&inputs), call.live)?;
        self.0.call_erased(inputs, call)
    }

    /// The states that a stateful recurrent layer keeps between batches; empty before the first batch.
    pub fn states(&self) -> Vec<AnyTensor> {
        self.0.states_erased()
    }

    /// Replaces the states; an empty slice resets the layer.
    ///
    /// # Errors
    ///
    /// If the layer has other states.
    pub fn set_states(&self, states: &[AnyTensor]) -> Result<()> {
        self.0.set_states_erased(states)
    }

    /// The module, if it has that type.
    pub(crate) fn downcast_ref<M: Forward>(&self) -> Option<&M> {
        self.0.as_any().downcast_ref()
    }

    /// The module for changes, if it has that type.
    pub(crate) fn downcast_mut<M: Forward>(&mut self) -> Option<&mut M> {
        self.0.as_any_mut().downcast_mut()
    }
}

/// A dyn compatible version of `Module` and [`Forward`].
trait ErasedLayer: Send + Sync {
    fn forward_erased(&self, input: AnyTensor, mode: Mode) -> Result<AnyTensor>;
    fn workspace_erased(&self, inputs: &[Signal]) -> u64;
    fn call_erased(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>>;
    fn states_erased(&self) -> Vec<AnyTensor>;
    fn set_states_erased(&self, states: &[AnyTensor]) -> Result<()>;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
    fn visit_erased(&self, visitor: &mut dyn ErasedVisitor);
    fn map_erased(self: Box<Self>, mapper: &mut dyn ErasedMapper) -> Box<dyn ErasedLayer>;
    fn collect_devices_erased(&self, devices: Devices) -> Devices;
    fn fork_erased(self: Box<Self>, device: &Device) -> Box<dyn ErasedLayer>;
    fn to_device_erased(self: Box<Self>, device: &Device) -> Box<dyn ErasedLayer>;
    fn train_erased(self: Box<Self>) -> Box<dyn ErasedLayer>;
    fn valid_erased(&self) -> Box<dyn ErasedLayer>;
    fn materialize_erased(self: Box<Self>) -> Box<dyn ErasedLayer>;
    fn clone_erased(&self) -> Box<dyn ErasedLayer>;
    fn debug_erased(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl<M: Forward> ErasedLayer for M {
    fn forward_erased(&self, input: AnyTensor, mode: Mode) -> Result<AnyTensor> {
        self.forward(input, mode)
    }
    fn workspace_erased(&self, inputs: &[Signal]) -> u64 {
        self.workspace(inputs)
    }
    fn call_erased(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        self.call(inputs, call)
    }
    fn states_erased(&self) -> Vec<AnyTensor> {
        self.states()
    }
    fn set_states_erased(&self, states: &[AnyTensor]) -> Result<()> {
        self.set_states(states)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
    fn visit_erased(&self, visitor: &mut dyn ErasedVisitor) {
        self.visit(&mut Visit(visitor));
    }
    fn map_erased(self: Box<Self>, mapper: &mut dyn ErasedMapper) -> Box<dyn ErasedLayer> {
        Box::new(self.map(&mut Map(mapper)))
    }
    fn collect_devices_erased(&self, devices: Devices) -> Devices {
        self.collect_devices(devices)
    }
    fn fork_erased(self: Box<Self>, device: &Device) -> Box<dyn ErasedLayer> {
        Box::new(self.fork(device))
    }
    fn to_device_erased(self: Box<Self>, device: &Device) -> Box<dyn ErasedLayer> {
        Box::new(self.to_device(device))
    }
    fn train_erased(self: Box<Self>) -> Box<dyn ErasedLayer> {
        Box::new(self.train())
    }
    fn valid_erased(&self) -> Box<dyn ErasedLayer> {
        Box::new(self.valid())
    }
    fn materialize_erased(self: Box<Self>) -> Box<dyn ErasedLayer> {
        Box::new(self.materialize())
    }
    fn clone_erased(&self) -> Box<dyn ErasedLayer> {
        Box::new(self.clone())
    }
    fn debug_erased(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Module for BuiltLayer {
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        self.0.visit_erased(&mut Typed(visitor));
    }
    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        Self(self.0.map_erased(&mut Typed(mapper)))
    }
    fn collect_devices(&self, devices: Devices) -> Devices {
        self.0.collect_devices_erased(devices)
    }
    fn fork(self, device: &Device) -> Self {
        Self(self.0.fork_erased(device))
    }
    fn to_device(self, device: &Device) -> Self {
        Self(self.0.to_device_erased(device))
    }
    fn train(self) -> Self {
        Self(self.0.train_erased())
    }
    fn valid(&self) -> Self {
        Self(self.0.valid_erased())
    }
    fn materialize(self) -> Self {
        Self(self.0.materialize_erased())
    }
}

impl Clone for BuiltLayer {
    fn clone(&self) -> Self {
        Self(self.0.clone_erased())
    }
}

impl fmt::Debug for BuiltLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug_erased(f)
    }
}

impl ModuleDisplayDefault for BuiltLayer {
    fn content(&self, content: Content) -> Option<Content> {
        content.add_formatted(&format!("{self:?}")).optional()
    }
    fn num_params(&self) -> usize {
        Module::num_params(self)
    }
}

impl ModuleDisplay for BuiltLayer {}

#[cfg(test)]
mod tests {
    use burn::module::{Flag, Param, ParamGroup, ParamId};
    use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
    use burn::optim::{GradientsParams, SgdConfig};
    use burn::tensor::{Bool, Int, Tensor};

    use super::*;

    #[derive(Module, Debug)]
    struct TwoPart {
        linear: Linear,
        dropout: Dropout,
        steps: Param<Tensor<1, Int>>,
        mask: Param<Tensor<1, Bool>>,
    }

    impl Forward for TwoPart {
        fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
            Ok(self.linear.forward(input.float::<2>()?).into())
        }
    }

    fn layers(device: &Device) -> Vec<BuiltLayer> {
        (0..2)
            .map(|_| {
                BuiltLayer::new(TwoPart {
                    linear: LinearConfig::new(3, 3).init(device),
                    dropout: DropoutConfig::new(0.5).init(),
                    steps: Param::initialized(ParamId::new(), Tensor::from_data([1, 2], device)),
                    mask: Param::initialized(ParamId::new(), Tensor::from_data([true], device)),
                })
            })
            .collect()
    }

    /// Records the path of every parameter that it visits.
    #[derive(Default)]
    struct Paths {
        path: Vec<String>,
        seen: Vec<String>,
    }

    impl Paths {
        fn record(&mut self, kind: &str, rank: usize) {
            self.seen.push(format!("{} {kind} {rank}", self.path.join(".")));
        }
    }

    impl ModuleVisitor for Paths {
        fn visit_float<const D: usize>(&mut self, _: &Param<Tensor<D>>) {
            self.record("float", D);
        }
        fn visit_int<const D: usize>(&mut self, _: &Param<Tensor<D, Int>>) {
            self.record("int", D);
        }
        fn visit_bool<const D: usize>(&mut self, _: &Param<Tensor<D, Bool>>) {
            self.record("bool", D);
        }
        fn visit_flag(&mut self, _: &Param<Flag>) {
            self.record("flag", 0);
        }
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.pop();
        }
    }

    #[test]
    fn visits_every_parameter_with_its_path() {
        let mut paths = Paths::default();
        layers(&Device::default()).visit(&mut paths);
        assert_eq!(
            paths.seen[..5],
            [
                "0.linear.weight float 2",
                "0.linear.bias float 1",
                "0.dropout.training flag 0",
                "0.steps int 1",
                "0.mask bool 1"
            ]
        );
        assert_eq!(paths.seen.len(), 10);
    }

    #[test]
    fn burn_optimizers_work_on_mixed_layers() {
        let device = Device::default().autodiff();
        let layers = layers(&device);
        assert_eq!(Module::num_params(&layers), 2 * 12);

        let x = AnyTensor::from(Tensor::<2>::ones([4, 3], &device));
        let loss = |layers: &[BuiltLayer]| {
            let y = layers.iter().try_fold(x.clone(), |x, layer| layer.forward(x, Mode::Training)).unwrap();
            y.float::<2>().unwrap().square().mean()
        };
        let before = loss(&layers);
        let grads = GradientsParams::from_grads(before.backward(), &layers);
        assert_eq!(grads.len(), 4);
        let layers = SgdConfig::new().init().step(0.1, layers, grads);
        assert!(loss(&layers).into_scalar::<f32>() < before.into_scalar::<f32>());
    }

    /// Needs as many values inside as its input has, times this.
    #[derive(Module, Debug)]
    struct Greedy {
        #[module(skip)]
        times: u64,
    }

    impl Forward for Greedy {
        fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
            Ok(input)
        }
        fn workspace(&self, inputs: &[Signal]) -> u64 {
            inputs[0].count() * self.times
        }
    }

    #[test]
    fn a_workspace_without_memory_is_an_error_before_the_layer_computes() {
        let call = |times: u64, live: u64| {
            let mut context = CallContext::new(Mode::Inference);
            context.live = live;
            let input = Signal::new(Tensor::<2>::ones([2, 3], &Device::default()));
            BuiltLayer::new(Greedy { times }).call(vec![input], &mut context)
        };
        assert!(call(1000, 0).is_ok() && call(0, u64::MAX).is_ok());
        for (times, live) in [(1 << 50, 0), (1, 1 << 60)] {
            let error = call(times, live).unwrap_err().to_string();
            assert!(error.starts_with("what the layer computes inside would take more memory"), "{error}");
        }
    }

    #[test]
    fn valid_and_train_reach_the_parameters() {
        let layers = layers(&Device::default().autodiff());
        let autodiff = |layers: &Vec<BuiltLayer>| {
            let y = layers[0].forward(Tensor::<2>::ones([1, 3], &Device::default()).into(), Mode::Inference).unwrap();
            y.float::<2>().unwrap().is_autodiff()
        };
        assert!(autodiff(&layers));
        let layers = layers.valid();
        assert!(!autodiff(&layers));
        assert!(autodiff(&layers.clone().train()));
        assert_eq!(layers.devices(), [Device::default()]);
    }

    #[test]
    fn groups_and_records_reach_inside() {
        let device = Device::default();
        let (one, other) = (layers(&device), layers(&device));
        let output = |layers: &Vec<BuiltLayer>| {
            let y = layers[1].forward(Tensor::<2>::ones([1, 3], &device).into(), Mode::Inference).unwrap();
            y.float::<2>().unwrap().into_data()
        };
        assert_ne!(output(&one), output(&other));
        let other = other.load_record(one.clone().into_record());
        assert_eq!(output(&one), output(&other));

        let frozen = one.freeze_group(ParamGroup::from_path("0.linear.weight")).train();
        let mut trainable = Trainable(Vec::new());
        frozen.visit(&mut trainable);
        assert_eq!(trainable.0, [false, true, true, true]);
    }

    struct Trainable(Vec<bool>);

    impl ModuleVisitor for Trainable {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.push(param.is_require_grad());
        }
    }
}
