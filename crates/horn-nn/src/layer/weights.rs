//! Reading and writing the weights of a module, in the order in which it visits them.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use ndarray::{ArrayD, IxDyn};

use crate::layer::weight::Weight;
use crate::regularizers::regularizer::Regularizer;

/// The metadata of each weight of the module, in its order. A weight without a record, such as that of a custom Burn
/// module, is named after the path of its field.
pub(crate) fn describe(module: &impl Module, recorded: Vec<Weight>) -> Vec<Weight> {
    struct Describer {
        recorded: Vec<Weight>,
        path: Vec<String>,
        found: Vec<Weight>,
    }
    impl ModuleVisitor for Describer {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let recorded = self.recorded.iter().find(|weight| weight.id == param.id).cloned();
            self.found.push(recorded.unwrap_or_else(|| Weight {
                is_integer: false,
                id: param.id,
                name: self.path.join("/"),
                group: String::new(),
                also_in: None,
                sizes: param.lazy_shape().to_vec(),
                trainable: is_trainable(param),
                regularizer: None,
                constraint: None,
            }));
        }
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.pop();
        }
    }
    let mut describer = Describer { recorded, path: Vec::new(), found: Vec::new() };
    module.visit(&mut describer);
    describer.found
}

/// Is the weight trainable? On a device without autodiff, the flag only shows after `train()`.
fn is_trainable<const D: usize>(param: &Param<Tensor<D>>) -> bool {
    param.is_require_grad() || param.clone().train().is_require_grad()
}

/// Copies of all weights, with the recorded shapes: scalars have no axes there, but Burn's tensors have at least one.
pub(crate) fn get<'a>(module: &impl Module, recorded: impl IntoIterator<Item = &'a Weight>) -> Vec<ArrayD<f32>> {
    struct Reader<I>(I, Vec<ArrayD<f32>>);
    impl<'a, I: Iterator<Item = &'a Weight>> ModuleVisitor for Reader<I> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let data = param.val().into_data();
            let sizes = self.0.next().map_or_else(|| IxDyn(data.shape()), |weight| IxDyn(&weight.sizes));
            let values = data.iter::<f32>().collect();
            self.1.push(ArrayD::from_shape_vec(sizes, values).expect("a tensor fills its shape"));
        }
    }
    let mut reader = Reader(recorded.into_iter(), Vec::new());
    module.visit(&mut reader);
    reader.1
}

/// The module with these values for its weights. The caller has checked the shapes.
pub(crate) fn set<M: Module>(module: M, values: &[ArrayD<f32>]) -> M {
    struct Writer<'a>(std::slice::Iter<'a, ArrayD<f32>>);
    impl ModuleMapper for Writer<'_> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let Some(array) = self.0.next() else { return param };
            let values = array.iter().copied().collect::<Vec<f32>>();
            param.map(|old| {
                let device = old.device();
                Tensor::from_data(TensorData::new(values, old.dims()), &device).set_require_grad(old.is_require_grad())
            })
        }
    }
    module.map(&mut Writer(values.iter()))
}

/// Sets for each weight, given by its index, whether it is trainable.
pub(crate) fn set_trainable<M: Module>(module: M, trainable: impl FnMut(usize) -> bool) -> M {
    struct Freezer<F>(usize, F);
    impl<F: FnMut(usize) -> bool> ModuleMapper for Freezer<F> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let trainable = (self.1)(self.0);
            self.0 += 1;
            param.set_require_grad(trainable)
        }
    }
    module.map(&mut Freezer(0, trainable))
}

/// The penalties of the regularizers of all trainable weights, in their order.
pub(crate) fn penalties(module: &impl Module, regularizers: &[Option<&Regularizer>]) -> Vec<Tensor<1>> {
    struct Penalties<'a>(std::slice::Iter<'a, Option<&'a Regularizer>>, Vec<Tensor<1>>);
    impl ModuleVisitor for Penalties<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let regularizer = self.0.next().copied().flatten();
            if let Some(regularizer) = regularizer.filter(|_| is_trainable(param)) {
                self.1.push(regularizer.penalty(param.val()));
            }
        }
    }
    let mut penalties = Penalties(regularizers.iter(), Vec::new());
    module.visit(&mut penalties);
    penalties.1
}

/// The module with the constraints applied to its weights.
pub(crate) fn constrain<M: Module>(module: M, weights: &[&Weight]) -> M {
    struct Projector<'a>(std::slice::Iter<'a, &'a Weight>);
    impl ModuleMapper for Projector<'_> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let constraint = self.0.next().and_then(|weight| weight.constraint.as_ref());
            let trainable = param.is_require_grad();
            match constraint.filter(|_| trainable) {
                None => param,
                Some(constraint) => param.map(|old| {
                    let is_autodiff = old.is_autodiff();
                    let projected = constraint.apply(old.without_autodiff());
                    if is_autodiff { projected.autodiff().require_grad() } else { projected }
                }),
            }
        }
    }
    module.map(&mut Projector(weights.iter()))
}
