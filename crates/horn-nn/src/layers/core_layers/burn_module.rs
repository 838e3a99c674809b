//! `BurnModule`: any Burn module as a layer.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use burn::module::{Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor};
use burn::tensor::{Device, Tensor};

use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layers::core_layers::probe;
use crate::layers::core_layers::tensors::Tensors;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

type Function<M> = Arc<dyn Fn(&M, Vec<AnyTensor>) -> Result<AnyTensor> + Send + Sync>;

/// A Burn module with a forward function, as a layer. Its weights are trained, saved and counted like all others.
///
/// The output shape is determined by running the function on zeros. A function of several tensors takes an array if all
/// have the same rank, else a tuple.
///
/// # Shapes
///
/// - input: of the rank that the function takes, the batch first; or several
/// - output: of the rank that it returns, the batch first
///
/// ```
/// use horn::burn::nn::{Linear, LinearConfig};
/// use horn::burn::tensor::{Device, Tensor};
/// use horn::Sequential;
/// use horn::layers::{BurnModule, Input};
///
/// let device = Device::default();
/// let linear = LinearConfig::new(784, 10).init(&device);
/// let model = Sequential::new()
///     .add(Input([784]))
///     .add(BurnModule::new(linear, |linear: &Linear, x: Tensor<2>| linear.forward(x)))
///     .build(&device)?;
/// assert_eq!(model.output_shape().to_string(), "(None, 10)");
/// # Ok::<(), horn::Error>(())
/// ```
pub struct BurnModule<M> {
    name: Option<String>,
    // A lazily initialized module changes on first access, so it is not `Sync` by itself.
    module: Mutex<M>,
    forward: Function<M>,
    /// The output shape for inputs of these shapes.
    probe: fn(&[Shape], &M, &Function<M>) -> Result<Shape>,
}

impl<M: Module + Sync + 'static> BurnModule<M> {
    /// A layer of this module and forward function.
    pub fn new<T: Tensors, const O: usize>(
        module: M,
        forward: impl Fn(&M, T) -> Tensor<O> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: None,
            module: Mutex::new(module),
            forward: Arc::new(move |module, inputs| Ok(forward(module, T::from_list(inputs)?).into())),
            probe: |inputs, module, forward| {
                let device = module.devices().into_iter().next().unwrap_or_default();
                probe::output_shape::<T>(inputs, &device.without_autodiff(), |inputs| forward(module, inputs))
            },
        }
    }

    /// Names the layer; the default is `burn_module`, numbered within the model.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    fn module(&self) -> M {
        self.module.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<M: fmt::Debug> fmt::Debug for BurnModule<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BurnModule").field("name", &self.name).field("module", &self.module).finish_non_exhaustive()
    }
}

impl<M: Module + Sync + 'static> Layer for BurnModule<M> {
    crate::many_inputs!();

    fn class_name(&self) -> &str {
        "BurnModule"
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        Ok(vec![(self.probe)(inputs, &self.module().valid(), &self.forward)?])
    }

    fn build_for(&self, _: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let module = self.module().valid().fork(build.device());
        Ok(BuiltLayer::new(Running { module, forward: self.forward.clone() }))
    }
}

/// The module in the built model. It delegates `Module` to the user's module.
struct Running<M> {
    module: M,
    forward: Function<M>,
}

impl<M: Module + Sync + 'static> Forward for Running<M> {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, _: &mut CallContext) -> Result<Vec<Signal>> {
        let mask = match inputs.as_slice() {
            [input] => input.mask().cloned(),
            _ => None,
        };
        let inputs = inputs.into_iter().map(Signal::value).collect::<Result<_>>()?;
        Ok(vec![Signal::new((self.forward)(&self.module, inputs)?).with_mask(mask)])
    }
}

impl<M> Running<M> {
    fn with(&self, module: M) -> Self {
        Self { module, forward: self.forward.clone() }
    }

    fn map_module(self, map: impl FnOnce(M) -> M) -> Self {
        Self { module: map(self.module), forward: self.forward }
    }
}

impl<M: Module> Module for Running<M> {
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        self.module.visit(visitor);
    }
    fn map<Mapper: ModuleMapper>(self, mapper: &mut Mapper) -> Self {
        self.map_module(|module| module.map(mapper))
    }
    fn collect_devices(&self, devices: Devices) -> Devices {
        self.module.collect_devices(devices)
    }
    fn fork(self, device: &Device) -> Self {
        self.map_module(|module| module.fork(device))
    }
    fn to_device(self, device: &Device) -> Self {
        self.map_module(|module| module.to_device(device))
    }
    fn train(self) -> Self {
        self.map_module(Module::train)
    }
    fn valid(&self) -> Self {
        self.with(self.module.valid())
    }
    fn materialize(self) -> Self {
        self.map_module(Module::materialize)
    }
}

impl<M: Clone> Clone for Running<M> {
    fn clone(&self) -> Self {
        self.with(self.module.clone())
    }
}

impl<M: fmt::Debug> fmt::Debug for Running<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.module.fmt(f)
    }
}

impl<M: Module> ModuleDisplayDefault for Running<M> {
    fn content(&self, content: Content) -> Option<Content> {
        content.add_formatted(&format!("{self:?}")).optional()
    }
}

impl<M: Module> ModuleDisplay for Running<M> {}

#[cfg(test)]
mod tests {
    use burn::nn::{Linear, LinearConfig};

    use super::*;
    use crate::Apply;
    use crate::layers::Input;
    use crate::layers::check::infer;
    use crate::{Mode, Model};

    fn layer(d_input: usize) -> BurnModule<Linear> {
        let linear = LinearConfig::new(d_input, 2).init(&Device::default());
        BurnModule::new(linear, |linear: &Linear, x: Tensor<2>| linear.forward(x))
    }

    #[test]
    fn takes_several_tensors() {
        let (a, b) = (Input([2]), Input([1]));
        let linear = LinearConfig::new(3, 2).init(&Device::default());
        let joined = BurnModule::new(linear, |linear: &Linear, (a, b): (Tensor<2>, Tensor<2>)| {
            linear.forward(Tensor::cat(vec![a, b], 1))
        });
        let y = joined.apply((&a, &b)).unwrap();
        let model = Model::new((&a, &b), &y).unwrap().build(&Device::default()).unwrap();
        assert_eq!((model.output_shape().to_string().as_str(), model.count_params()), ("(None, 2)", 8));
        assert!(layer(3).apply((&a, &b)).unwrap_err().is_shape());
    }

    #[test]
    fn computes_what_the_module_computes() {
        let layer = layer(3);
        let x = Tensor::<2>::from_data([[1.0, 2.0, 3.0]], &Device::default());
        let expected: Vec<f32> = layer.module().forward(x).into_data().iter().collect();
        assert_eq!(infer(layer, &[1.0, 2.0, 3.0], &[1, 3]).unwrap(), (vec![1, 2], expected));
    }

    #[test]
    fn the_module_trains_with_the_model() {
        let device = Device::default();
        let model = crate::Sequential::new().add(Input([3])).add(layer(3)).build(&device).unwrap().train();
        assert_eq!(model.count_params(), 8);
        let y = model.forward(Tensor::<2>::ones([1, 3], &device.autodiff()).into(), Mode::Training).unwrap();
        let grads = burn::optim::GradientsParams::from_grads(y.float::<2>().unwrap().sum().backward(), &model);
        assert_eq!(grads.len(), 2);
    }

    #[test]
    fn misfits_are_errors() {
        assert!(infer(layer(4), &[1.0, 2.0, 3.0], &[1, 3]).unwrap_err().is_shape());
        assert!(infer(layer(3), &[0.0; 6], &[1, 2, 3]).unwrap_err().is_shape());
    }
}
