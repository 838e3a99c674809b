//! Optimizers against Keras: five steps of each, with every argument, through Burn's `ModuleOptimizer`.

use horn::burn;
use horn::burn::module::{Module, Param};
use horn::burn::optim::GradientsParams;
use horn::burn::tensor::{Device, Tensor};
use horn::optimizers::{Adam, AdamW, Optimizer, RMSprop, SGD, clip_by_global_norm};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::losses::floats;
use crate::fixtures::{Array, assert_close, read};

/// The files hold one variable, or two under other names.
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
    assert_eq!(entries.len(), 32);
    for entry in entries {
        let alone = |arrays: Vec<Array>| arrays.into_iter().map(|array| vec![array]).collect();
        let (class_name, args, start, grads, after): (_, _, _, Vec<Vec<Array>>, Vec<Vec<Array>>) = match entry {
            Entry::One { class_name, args, var, grads, after } => {
                (class_name, args, vec![var], alone(grads), alone(after))
            }
            Entry::Two { class_name, args, vars, grads, after } => (class_name, args, vars, grads, after),
        };
        assert_eq!((grads.len(), after.len()), (5, 5));

        let optimizer = optimizer(&class_name, &args);
        optimizer.validate().unwrap_or_else(|error| panic!("{class_name} {args:?}: {error}"));
        let device = Device::default();
        let mut variables = Variables::new(&start, &device.clone().autodiff());
        let mut stepper = optimizer.to_module_optimizer();
        for (step, (grads, after)) in grads.iter().zip(&after).enumerate() {
            let mut gradients = variables.gradients(grads, &device);
            if let Some(norm) = optimizer.global_clipnorm() {
                gradients = clip_by_global_norm(gradients, &variables, norm);
            }
            variables = stepper.step(optimizer.learning_rate(), variables, gradients);
            let received = variables.values();
            assert_eq!(received.len(), after.len());
            for (at, (received, expected)) in received.iter().zip(after).enumerate() {
                let what = format!("{class_name} {args:?}, step {}, variable {at}", step + 1);
                assert_close(&what, received, &expected.values(), 1e-6);
            }
        }
    }
}

fn optimizer(class_name: &str, args: &Args) -> Box<dyn Optimizer> {
    match class_name {
        "SGD" => Box::new(sgd(args)),
        "Adam" => Box::new(adam(args)),
        "AdamW" => Box::new(adamw(args)),
        "RMSprop" => Box::new(rmsprop(args)),
        other => panic!("Horn has no optimizer {other}"),
    }
}

/// A function that makes the optimizer of Keras's arguments; the learning rate is a number in the constructor.
macro_rules! from_args {
    ($function:ident, $optimizer:ident, [$($number:ident),*], [$($flag:ident),*]) => {
        pub(super) fn $function(args: &Args) -> $optimizer {
            let mut optimizer = match args.get("learning_rate") {
                Some(rate) => $optimizer::new(rate.as_f64().expect("a number")),
                None => $optimizer::default(),
            };
            for (key, value) in args {
                optimizer = match key.as_str() {
                    "learning_rate" => optimizer,
                    $(stringify!($number) => optimizer.$number(value.as_f64().expect("a number")),)*
                    $(stringify!($flag) => optimizer.$flag(value.as_bool().expect("true or false")),)*
                    other => panic!("{} has no argument {other}", stringify!($optimizer)),
                };
            }
            optimizer
        }
    };
}

from_args!(sgd, SGD, [momentum, weight_decay, clipnorm, clipvalue, global_clipnorm], [nesterov]);
from_args!(adam, Adam, [beta_1, beta_2, epsilon, weight_decay, clipnorm, clipvalue, global_clipnorm], [amsgrad]);
from_args!(adamw, AdamW, [beta_1, beta_2, epsilon, weight_decay, clipnorm, clipvalue, global_clipnorm], [amsgrad]);
from_args!(rmsprop, RMSprop, [rho, momentum, epsilon, weight_decay, clipnorm, clipvalue, global_clipnorm], [centered]);
