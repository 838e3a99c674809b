//! What a custom training step does with a compiled model: the forward pass, and a step of the optimizer.

use burn::Tensor;
use burn::optim::GradientsParams;
use horn_nn::{AnyTensor, CallContext, Error, Gradients, IntoArrays, Logits, Mode, Result, Signal};

use crate::compiling::model::CompiledModel;
use crate::optimizers::with_zero_gradients;
use crate::stepping::with_shared_gradients;

impl CompiledModel {
    /// Computes the output for a batch in a [`TrainStep`](crate::TrainStep), for a model with one input and one output.
    ///
    /// In training, the gradients by the weights can be taken from what is computed here. In inference, the weights are
    /// constants: gradients go through the model to its input, but not to its weights. So a GAN's generator is trained
    /// through its discriminator, and a frozen teacher costs no memory.
    ///
    /// ```
    /// use horn::burn::Tensor;
    /// use horn::layers::{Dense, Input};
    /// use horn::losses::MeanSquaredError;
    /// use horn::optimizers::SGD;
    /// use horn::{Compile, Mode, Sequential};
    ///
    /// let model = Sequential::new().add(Input([2])).add(Dense(1));
    /// let mut model = model.compile(SGD::new(0.1), MeanSquaredError::new(), ())?;
    /// let x = Tensor::<2>::ones([4, 2], model.device());
    /// for _ in 0..3 {
    ///     let y = model.forward(x.clone(), Mode::Training)?.float::<2>()?;
    ///     model.minimize((y - 1.0).square().mean())?;
    /// }
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Model::forward`](horn_nn::Model::forward) and [`begin_training`](Self::begin_training).
    pub fn forward(&mut self, input: impl Into<AnyTensor>, mode: Mode) -> Result<AnyTensor> {
        self.prepare(mode)?;
        self.model()?.forward(input.into(), mode)
    }

    /// Computes the logits, if the model ends in a softmax or a sigmoid; else the output. Otherwise as
    /// [`forward`](Self::forward): for losses that are exact only from logits.
    ///
    /// # Errors
    ///
    /// As [`forward`](Self::forward).
    pub fn logits(&mut self, input: impl Into<AnyTensor>, mode: Mode) -> Result<Logits> {
        self.prepare(mode)?;
        self.model()?.logits(input.into(), mode)
    }

    /// Computes all outputs for a batch from all inputs. The context collects what layers add to the loss. Otherwise as
    /// [`forward`](Self::forward).
    ///
    /// # Errors
    ///
    /// As [`forward`](Self::forward).
    pub fn call(&mut self, inputs: Vec<Signal>, context: &mut CallContext) -> Result<Vec<Signal>> {
        self.prepare(context.mode())?;
        self.model()?.call(inputs, context)
    }

    /// Changes the weights so that the loss gets smaller: computes its gradients by the trainable weights, and makes one
    /// step of the optimizer, which unscales and clips them as its arguments say. Weights that the loss does not depend on have
    /// a gradient of zero, as in `fit`.
    ///
    /// The loss is a tensor of one element, computed from what [`forward`](Self::forward) returned in training. Regularizers
    /// count only if it includes [`Model::regularization_losses`](horn_nn::Model::regularization_losses). If the whole
    /// model is frozen, nothing happens, as in Keras.
    ///
    /// # Errors
    ///
    /// If the loss has more than one element, or does not depend on the model; and as
    /// [`begin_training`](Self::begin_training). The weights are then unchanged.
    pub fn minimize(&mut self, loss: Tensor<1>) -> Result<()> {
        self.check_optimizer()?;
        let model = self.model()?;
        if model.trainable_weights().next().is_none() {
            return Ok(());
        }
        let hint = "compute it from `forward(…, Mode::Training)` of this model, and end with `.sum()` or `.mean()`";
        if loss.dims() != [1] {
            return Err(Error::shape("the loss is not one number")
                .at("minimize")
                .received(format!("{} values", loss.dims()[0]))
                .expected("one, the sum or the mean over the batch")
                .hint(hint));
        }
        let gradients = self.gradients_of(loss)?;
        if gradients.is_empty() {
            return Err(Error::model("the loss does not depend on the weights")
                .at("minimize")
                .received("a loss without gradients by the weights")
                .expected("a loss of the model's outputs")
                .hint(hint));
        }
        let gradients = with_zero_gradients(gradients, self.model()?);
        self.apply_gradients(gradients)
    }

    /// The gradients of the scaled loss by the trainable weights, as [`apply_gradients`](Self::apply_gradients) takes them;
    /// none by weights that the loss does not depend on. The loss is dropped here, so that only the model holds the weights
    /// when they change, and they change in place.
    pub(crate) fn gradients_of(&self, loss: Tensor<1>) -> Result<GradientsParams> {
        let model = self.model()?;
        Ok(match loss.is_tracked() {
            true => with_shared_gradients(GradientsParams::from_grads(self.scale_loss(loss).backward(), model), model),
            false => GradientsParams::new(),
        })
    }

    /// The gradients of a loss by the inputs and the trainable weights: [`Model::gradients`](horn_nn::Model::gradients),
    /// which has examples, also in the middle of a training.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn gradients<'a>(
        &self,
        x: impl IntoArrays<'a>,
        mode: Mode,
        loss: impl FnOnce(Vec<Signal>) -> Result<Tensor<1>>,
    ) -> Result<Gradients> {
        self.model()?.gradients(x, mode, loss)
    }

    /// Puts the weights where the mode needs them.
    fn prepare(&mut self, mode: Mode) -> Result<()> {
        match mode {
            Mode::Training => self.begin_training(),
            Mode::Inference => {
                self.end_training();
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use horn_nn::layers::{Dense, Input};
    use horn_nn::{Sequential, signals};

    use super::*;
    use crate::Compile;
    use crate::losses::{Loss, MeanSquaredError};
    use crate::optimizers::{LossScaleOptimizer, Optimizer, SGD};

    fn model(optimizer: impl Optimizer + 'static) -> CompiledModel {
        let layers = Sequential::new().add(Input([2])).add(Dense(3)).add(Dense(1));
        layers.compile(optimizer, MeanSquaredError::new(), ()).unwrap()
    }

    fn pair<O: Optimizer + 'static>(optimizer: fn() -> O) -> (CompiledModel, CompiledModel) {
        let (one, mut other) = (model(optimizer()), model(optimizer()));
        other.model_mut().unwrap().set_weights(&one.model().unwrap().get_weights()).unwrap();
        (one, other)
    }

    fn weights(model: &CompiledModel) -> Vec<ndarray::ArrayD<f32>> {
        model.model().unwrap().get_weights()
    }

    #[test]
    fn minimize_does_what_fit_does_clipping_included() {
        steps_agree(|| SGD::new(0.1).momentum(0.9).global_clipnorm(0.05));
    }

    /// The loss is scaled before its gradients are taken, as they are unscaled afterwards.
    #[test]
    fn minimize_scales_the_loss_as_fit_does() {
        steps_agree(|| LossScaleOptimizer::new(SGD::new(0.1)).initial_scale(64.0));
        steps_agree(|| SGD::new(0.1).loss_scale_factor(16.0));
    }

    /// Twice a step of the loss that `fit` minimizes.
    fn steps_agree<O: Optimizer + 'static>(optimizer: fn() -> O) {
        let (mut fitted, mut own) = pair(optimizer);
        let (x, y) = (ndarray::arr2(&[[1.0_f32, 2.0], [0.5, -1.0]]), ndarray::arr2(&[[1.0_f32], [3.0]]));
        let fit = crate::Fit::epochs(2).shuffle(false).verbose(crate::Verbose::Silent);
        fitted.fit(&x, &y, fit).unwrap();
        let device = own.device().clone();
        let tensor = |values: &ndarray::Array2<f32>| horn_nn::HostArray::from(values).float_batch(&[0, 1], &device);
        for _ in 0..2 {
            let output = own.forward(tensor(&x).unwrap(), Mode::Training).unwrap();
            let loss = MeanSquaredError::new().call(tensor(&y).unwrap(), output, None).unwrap();
            own.minimize(loss).unwrap();
        }
        assert_eq!(weights(&own), weights(&fitted));
    }

    #[test]
    fn in_inference_the_weights_are_constants_and_inputs_are_not() {
        let mut model = model(SGD::new(0.1));
        let x = Tensor::<2>::ones([1, 2], model.device()).autodiff().require_grad();
        model.begin_training().unwrap();
        let output = model.call(vec![x.clone().into()], &mut CallContext::new(Mode::Inference)).unwrap();
        let [output] = signals(output).unwrap();
        let loss = output.value().unwrap().float::<2>().unwrap().sum();
        assert!(x.grad(&loss.backward()).is_some());
        let output = model.forward(x.clone(), Mode::Inference).unwrap().float::<2>().unwrap();
        let error = model.minimize(output.sum()).unwrap_err();
        assert_eq!(error.location(), Some("minimize"));
        assert!(error.to_string().starts_with("minimize: the loss does not depend on the weights"), "{error}");
    }

    #[test]
    fn a_loss_that_can_not_be_minimized_leaves_the_weights() {
        let mut model = model(SGD::new(0.1));
        let before = weights(&model);
        let ones = Tensor::<2>::ones([4, 2], model.device());
        let several = model.forward(ones.clone(), Mode::Training).unwrap().float::<2>().unwrap().squeeze_dim(1);
        assert!(model.minimize(several).unwrap_err().is_shape());
        assert!(model.minimize(ones.sum()).unwrap_err().is_model());
        assert_eq!(weights(&model), before);
        assert_eq!(model.iterations(), 0);
    }

    #[test]
    fn a_frozen_model_stays_as_it_is() {
        let mut model = model(SGD::new(0.1));
        model.model_mut().unwrap().set_trainable(false);
        let before = weights(&model);
        let x = Tensor::<2>::ones([4, 2], model.device());
        let loss = model.forward(x, Mode::Training).unwrap().float::<2>().unwrap().mean();
        model.minimize(loss).unwrap();
        assert_eq!(weights(&model), before);
    }
}
