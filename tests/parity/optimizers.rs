//! Optimizers compared with Keras: five steps of each, with every argument, through Burn's `ModuleOptimizer`.

use std::collections::BTreeSet;

use horn::burn;
use horn::burn::module::{Module, Param};
use horn::burn::optim::GradientsParams;
use horn::burn::tensor::{Device, Tensor};
use horn::optimizers::{self, clip_by_global_norm};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::losses::floats;
use crate::fixtures::{Array, assert_close, read};

/// A fixture has one variable, or two, whose keys have other names.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    One { class_name: String, args: Args, var: Array, grads: Vec<Array>, after: Vec<Array> },
    Two { class_name: String, args: Args, vars: Vec<Array>, grads: Vec<Vec<Array>>, after: Vec<Vec<Array>> },
}

/// The arguments of a constructor.
pub(super) type Args = Map<String, Value>;

#[derive(Module, Debug)]
struct Variables {
    kernel: Param<Tensor<2>>,
    bias: Option<Param<Tensor<1>>>,
}

impl Variables {
    fn new(start: &[Array], device: &Device) -> Self {
        Self {
            kernel: Param::from_tensor(start[0].tensor(device)),
            bias: start.get(1).map(|bias| Param::from_tensor(bias.tensor(device))),
        }
    }

    fn gradients(&self, values: &[Array], device: &Device) -> GradientsParams {
        let mut gradients = GradientsParams::new();
        gradients.register(self.kernel.id, values[0].tensor::<2>(device));
        if let Some(bias) = &self.bias {
            gradients.register(bias.id, values[1].tensor::<1>(device));
        }
        gradients
    }

    fn values(&self) -> Vec<Vec<f32>> {
        let bias = self.bias.as_ref().map(|bias| floats(bias.val()));
        std::iter::once(floats(self.kernel.val())).chain(bias).collect()
    }
}

#[test]
fn five_steps_are_those_of_keras() {
    let entries: Vec<Entry> = read("optimizers.json");
    assert!(entries.len() >= 80, "only {} entries", entries.len());
    let mut compared = BTreeSet::new();
    for entry in entries {
        let alone = |arrays: Vec<Array>| arrays.into_iter().map(|array| vec![array]).collect();
        let (class_name, args, start, grads, after): (_, _, _, Vec<Vec<Array>>, Vec<Vec<Array>>) = match entry {
            Entry::One { class_name, args, var, grads, after } => {
                (class_name, args, vec![var], alone(grads), alone(after))
            }
            Entry::Two { class_name, args, vars, grads, after } => (class_name, args, vars, grads, after),
        };
        assert_eq!((grads.len(), after.len()), (5, 5));

        let optimizer = optimizers::from_config(&json!({"class_name": class_name, "config": args}))
            .unwrap_or_else(|error| panic!("{class_name} {args:?}: {error}"));
        compared.insert(class_name.clone());
        let device = Device::default();
        let mut variables = Variables::new(&start, &device.clone().autodiff());
        let mut stepper = optimizer.to_module_optimizer();
        for (step, (grads, after)) in grads.iter().zip(&after).enumerate() {
            let mut gradients = variables.gradients(grads, &device);
            if let Some(norm) = optimizer.global_clipnorm() {
                gradients = clip_by_global_norm(gradients, &variables, norm);
            }
            variables = stepper.step(optimizer.learning_rate().at(step), variables, gradients);
            let received = variables.values();
            assert_eq!(received.len(), after.len());
            for (at, (received, expected)) in received.iter().zip(after).enumerate() {
                let what = format!("{class_name} {args:?}, step {}, variable {at}", step + 1);
                assert_close(&what, received, &expected.values(), 1e-6);
            }
        }
    }
    // Those that work through other optimizers are compared as part of compiled models, in `compile.rs`.
    let through_others = ["LossScaleOptimizer", "MultiOptimizer"];
    let alone = optimizers::class_names().filter(|name| !through_others.contains(name));
    assert_eq!(alone.map(str::to_owned).collect::<BTreeSet<_>>(), compared);
}
