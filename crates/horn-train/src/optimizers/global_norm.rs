//! Clips all gradients by their global norm.

use burn::Tensor;
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;

/// Scales all gradients of the module down together, so that their global norm is at most `norm`.
///
/// Nothing is read from the device. A gradient that is not finite makes all gradients NaN, as in Keras.
///
/// ```
/// use horn::burn::nn::LinearConfig;
/// use horn::burn::optim::GradientsParams;
/// use horn::burn::tensor::{Device, Tensor};
/// use horn::optimizers::clip_by_global_norm;
///
/// let device = Device::default().autodiff();
/// let layer = LinearConfig::new(4, 1).with_bias(false).init(&device);
/// let loss = layer.forward(Tensor::<2>::ones([1, 4], &device)).sum();
///
/// // Four gradients of 1 have the norm 2.
/// let gradients = GradientsParams::from_grads(loss.backward(), &layer);
/// let gradients = clip_by_global_norm(gradients, &layer, 1.0);
/// let weight = gradients.get::<2>(layer.weight.id).unwrap();
/// assert_eq!(weight.sum().into_scalar::<f32>(), 2.0);
/// ```
pub fn clip_by_global_norm(gradients: GradientsParams, module: &impl Module, norm: f64) -> GradientsParams {
    let mut squares = SumOfSquares { gradients: &gradients, sum: None };
    module.visit(&mut squares);
    let Some(sum) = squares.sum else { return gradients };

    let length = sum.sqrt();
    let scale = length.clone().recip().clamp_max(1.0 / norm).mul_scalar(norm);
    // Zero for a finite length, NaN for any other.
    let scale = scale + (length.clone() - length);
    let mut scaled = Scaled { gradients, scale };
    module.visit(&mut scaled);
    scaled.gradients
}

struct SumOfSquares<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for SumOfSquares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(param.id) else { return };
        let square = gradient.square().sum();
        self.sum = Some(match self.sum.take() {
            Some(sum) => sum + square,
            None => square,
        });
    }
}

struct Scaled {
    gradients: GradientsParams,
    scale: Tensor<1>,
}

impl ModuleVisitor for Scaled {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else { return };
        self.gradients.register(param.id, gradient * self.scale.clone().reshape([1; D]));
    }
}
