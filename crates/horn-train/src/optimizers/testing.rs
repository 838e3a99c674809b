//! Helpers for the tests of the optimizers.

use burn::Tensor;
use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::Device;

use super::global_norm::clip_by_global_norm;
use super::optimizer::Optimizer;
use crate::testing::{assert_close_to_scale, values};

#[derive(Module, Debug)]
struct Variables {
    kernel: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Variables {
    fn new(device: &Device) -> Self {
        Self {
            kernel: Param::from_data([[1.0, -2.0, 3.0], [0.5, 0.0, -1.0]], device),
            bias: Param::from_data([0.5, -0.25], device),
        }
    }

    /// Fixed gradients times `scale`.
    fn gradients(&self, scale: f32, device: &Device) -> GradientsParams {
        let kernel = Tensor::<2>::from_data([[0.1, -0.2, 0.3], [4.0, 0.5, -0.6]], device);
        let bias = Tensor::<1>::from_data([3.0, -0.01], device);
        let mut gradients = GradientsParams::new();
        gradients.register(self.kernel.id, kernel * scale);
        gradients.register(self.bias.id, bias * scale);
        gradients
    }

    fn values(&self) -> Vec<f32> {
        [values(self.kernel.val()), values(self.bias.val())].concat()
    }
}

/// Compares the variables after 1, 3 and 100 steps with Keras's, whose gradients were the fixed ones times 1, 2 and 3,
/// and then times cos(step). Saves and restores the state after 50 steps.
#[track_caller]
pub fn check_steps(optimizer: &dyn Optimizer, first: [f32; 8], third: [f32; 8], hundredth: [f32; 8]) {
    optimizer.validate().unwrap();
    let device = Device::default();
    let mut variables = Variables::new(&device.clone().autodiff());
    let mut module_optimizer = optimizer.to_module_optimizer();
    for step in 1..=100 {
        let scale = if step <= 3 { step as f32 } else { f64::from(step).cos() as f32 };
        let mut gradients = variables.gradients(scale, &device);
        if let Some(norm) = optimizer.global_clipnorm() {
            gradients = clip_by_global_norm(gradients, &variables, norm);
        }
        variables = module_optimizer.step(optimizer.learning_rate().at(0), variables, gradients);
        match step {
            1 => assert_close_to_scale(&variables.values(), &first, 1e-6),
            3 => assert_close_to_scale(&variables.values(), &third, 1e-6),
            50 => {
                let bytes = module_optimizer.into_bytes().unwrap();
                module_optimizer = optimizer.to_module_optimizer().from_bytes(bytes).unwrap();
            }
            // A hundred steps add up a hundred rounding errors, in another order than XLA's.
            100 => assert_close_to_scale(&variables.values(), &hundredth, 5e-6),
            _ => {}
        }
    }
}
