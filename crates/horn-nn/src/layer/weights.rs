//! Reading and writing the weights of a module, in the order in which it visits them.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use ndarray::{ArrayD, IxDyn};

use crate::layer::weight::Weight;

/// What is known about each weight, by those that were noted when the layer was built. A weight that was not, of a
/// user's Burn module, has the path of its field for a name.
pub(crate) fn describe(module: &impl Module, noted: Vec<Weight>) -> Vec<Weight> {
    struct Describer {
        noted: Vec<Weight>,
        path: Vec<String>,
        found: Vec<Weight>,
    }
    impl ModuleVisitor for Describer {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let noted = self.noted.iter().find(|weight| weight.id == param.id).cloned();
            self.found.push(noted.unwrap_or_else(|| Weight {
                id: param.id,
                name: self.path.join("/"),
                group: String::new(),
                also_in: None,
                sizes: param.lazy_shape().to_vec(),
                trainable: learns(param),
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
    let mut describer = Describer { noted, path: Vec::new(), found: Vec::new() };
    module.visit(&mut describer);
    describer.found
}

/// Does the weight learn? On a device without autodiff it shows only once it is made ready for training.
fn learns<const D: usize>(param: &Param<Tensor<D>>) -> bool {
    param.is_require_grad() || param.clone().train().is_require_grad()
}

/// Copies of all weights, in the shapes that they are noted with: Burn has no tensors without an axis.
pub(crate) fn get<'a>(module: &impl Module, noted: impl IntoIterator<Item = &'a Weight>) -> Vec<ArrayD<f32>> {
    struct Reader<I>(I, Vec<ArrayD<f32>>);
    impl<'a, I: Iterator<Item = &'a Weight>> ModuleVisitor for Reader<I> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let data = param.val().into_data();
            let sizes = self.0.next().map_or_else(|| IxDyn(data.shape()), |weight| IxDyn(&weight.sizes));
            let values = data.iter::<f32>().collect();
            self.1.push(ArrayD::from_shape_vec(sizes, values).expect("a tensor fills its shape"));
        }
    }
    let mut reader = Reader(noted.into_iter(), Vec::new());
    module.visit(&mut reader);
    reader.1
}

/// The module with these values for its weights; the caller has checked that they fit.
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

/// The module whose weights learn where `learns`, given their number in the order, says so.
pub(crate) fn set_trainable<M: Module>(module: M, learns: impl FnMut(usize) -> bool) -> M {
    struct Freezer<F>(usize, F);
    impl<F: FnMut(usize) -> bool> ModuleMapper for Freezer<F> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let learns = (self.1)(self.0);
            self.0 += 1;
            param.set_require_grad(learns)
        }
    }
    module.map(&mut Freezer(0, learns))
}

/// What the weights' regularizers add to the loss: of those that learn, in their order.
pub(crate) fn penalties(module: &impl Module, weights: &[&Weight]) -> Vec<Tensor<1>> {
    struct Penalties<'a>(std::slice::Iter<'a, &'a Weight>, Vec<Tensor<1>>);
    impl ModuleVisitor for Penalties<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let regularizer = self.0.next().and_then(|weight| weight.regularizer.as_ref());
            if let Some(regularizer) = regularizer.filter(|_| learns(param)) {
                self.1.push(regularizer.penalty(param.val()));
            }
        }
    }
    let mut penalties = Penalties(weights.iter(), Vec::new());
    module.visit(&mut penalties);
    penalties.1
}

/// The module whose weights are held to their constraints.
pub(crate) fn constrain<M: Module>(module: M, weights: &[&Weight]) -> M {
    struct Holder<'a>(std::slice::Iter<'a, &'a Weight>);
    impl ModuleMapper for Holder<'_> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let constraint = self.0.next().and_then(|weight| weight.constraint.as_ref());
            let learns = param.is_require_grad();
            match constraint.filter(|_| learns) {
                None => param,
                Some(constraint) => param.map(|old| {
                    let is_autodiff = old.is_autodiff();
                    let held = constraint.apply(old.without_autodiff());
                    if is_autodiff { held.autodiff().require_grad() } else { held }
                }),
            }
        }
    }
    module.map(&mut Holder(weights.iter()))
}
