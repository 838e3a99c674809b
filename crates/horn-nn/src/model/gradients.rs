//! Gradients of a value that a program computes from a model's outputs: what `tf.GradientTape` is for in Keras.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{self, Tensor};
use ndarray::{ArrayD, IxDyn};

use crate::by_rank;
use crate::data::host_array::HostArray;
use crate::data::into_arrays::IntoArrays;
use crate::error::{Error, Result};
use crate::layer::call::{CallContext, Mode};
use crate::layer::signal::Signal;
use crate::layer::weight::Weight;
use crate::model::model::Model;
use crate::model::predict::read_values;
use crate::registry::suggest::did_you_mean;
use crate::tensor::any_tensor::AnyTensor;

/// The gradients of a loss by a model's inputs and weights, made by [`Model::gradients`]. All are on the host.
#[derive(Debug, Clone)]
pub struct Gradients {
    loss: f32,
    inputs: Vec<Option<ArrayD<f32>>>,
    paths: Vec<String>,
    weights: Vec<ArrayD<f32>>,
}

impl Gradients {
    /// The value of the loss.
    pub fn loss(&self) -> f32 {
        self.loss
    }

    /// The gradient by the input at this place, with the shape of its batch. It is 0 where the loss does not depend on
    /// the input.
    ///
    /// # Errors
    ///
    /// If there is no such input, or its values are not floats: there is no gradient by class numbers or strings.
    pub fn by_input(&self, at: usize) -> Result<&ArrayD<f32>> {
        match self.inputs.get(at) {
            Some(Some(gradient)) => Ok(gradient),
            Some(None) => Err(Error::data("the input has no gradient")
                .at(format!("input {at}"))
                .received("integers or strings")
                .expected("floats")
                .hint("give the values as floats, or take the gradient by a later layer: `submodel`")),
            None => Err(Error::argument("there is no such input")
                .received(at)
                .expected(format!("less than {}", self.inputs.len()))
                .hint("inputs are counted from 0")),
        }
    }

    /// The gradients by the trainable weights, in the order of [`Model::trainable_weights`]. A weight that the loss does
    /// not depend on has zeros.
    pub fn by_weights(&self) -> &[ArrayD<f32>] {
        &self.weights
    }

    /// The gradient by the trainable weight with this path, such as `dense/kernel`.
    ///
    /// # Errors
    ///
    /// If there is no such weight, or it is frozen.
    pub fn by_weight(&self, path: &str) -> Result<&ArrayD<f32>> {
        let at = self.paths.iter().position(|own| own == path).ok_or_else(|| {
            let known: Vec<&str> = self.paths.iter().map(String::as_str).collect();
            Error::argument("there is no trainable weight of this path")
                .received(format!("{path:?}"))
                .expected(format!("one of {} paths", known.len()))
                .hint(did_you_mean(path, &known))
        })?;
        Ok(&self.weights[at])
    }
}

impl Model {
    /// The gradients of a loss by the inputs and by the trainable weights: Keras's `GradientTape` around
    /// `model(x, training=…)`.
    ///
    /// The function gets the outputs of the model for the whole batch `x`, and returns the loss: a tensor of one element,
    /// computed by Burn's functions or Horn's losses. Terms that layers add to the loss, and regularizers, are not part of
    /// it unless the function adds them. Frozen weights have no gradients; if all are frozen, only the gradients by
    /// inputs are computed, which is faster.
    ///
    /// The model stays as it is, whatever the mode: moving averages and the random numbers of its layers, too. So two
    /// calls give the same gradients.
    ///
    /// **Saliency**: which pixels does the score of a class depend on? The score is the logit, the value before the
    /// softmax.
    ///
    /// ```
    /// use horn::burn::tensor::{Device, Tensor};
    /// use horn::layers::{Dense, Flatten, Input};
    /// use horn::{Activation, Mode, Sequential};
    ///
    /// let softmax = Dense(10).activation(Activation::Softmax);
    /// let model = Sequential::new().add(Input([28, 28])).add(Flatten()).add(softmax).build(&Device::default())?;
    /// let image = ndarray::Array3::<u8>::ones((1, 28, 28));
    /// let gradients = model.gradients(&image, Mode::Inference, |outputs| {
    ///     let scores = outputs[0].clone().logits()?.value.float::<2>()?;
    ///     Ok(scores.slice([0..1, 3..4]).sum())
    /// })?;
    /// let saliency = gradients.by_input(0)?.mapv(f32::abs);
    /// assert_eq!(saliency.shape(), [1, 28, 28]);
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// **Adversarial examples**: a small step that raises the loss the most
    /// ([Goodfellow et al., 2015](https://arxiv.org/abs/1412.6572)).
    ///
    /// ```
    /// use horn::burn::tensor::{Device, Int, Tensor};
    /// use horn::layers::{Dense, Input};
    /// use horn::losses::{Loss, SparseCategoricalCrossentropy};
    /// use horn::{Activation, Mode, Sequential};
    ///
    /// let softmax = Dense(3).activation(Activation::Softmax);
    /// let model = Sequential::new().add(Input([4])).add(softmax).build(&Device::default())?;
    /// let x = ndarray::arr2(&[[0.5_f32, -1.0, 0.25, 2.0]]);
    /// let loss_of = |x: &ndarray::ArrayD<f32>| {
    ///     model.gradients(x, Mode::Inference, |outputs| {
    ///         let label = Tensor::<1, Int>::from_data([1], &Device::default());
    ///         SparseCategoricalCrossentropy::new().call(label.into(), outputs[0].clone().value()?, None)
    ///     })
    /// };
    /// let x = x.into_dyn();
    /// let before = loss_of(&x)?;
    /// let adversarial = &x + &before.by_input(0)?.mapv(|slope| 0.1 * slope.signum());
    /// assert!(loss_of(&adversarial)?.loss() > before.loss());
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// **Grad-CAM**: the gradient by an inner layer is that of the [`submodel`](Self::submodel) after it by its input
    /// ([Selvaraju et al., 2017](https://arxiv.org/abs/1610.02391)).
    ///
    /// ```
    /// use horn::burn::tensor::Device;
    /// use horn::layers::{Conv2D, Dense, GlobalAveragePooling2D, Input};
    /// use horn::{Activation, Mode, Sequential};
    /// use ndarray::Axis;
    ///
    /// let model = Sequential::new()
    ///     .add(Input([8, 8, 1]))
    ///     .add(Conv2D(4, 3).activation(Activation::Relu).name("maps"))
    ///     .add(GlobalAveragePooling2D())
    ///     .add(Dense(2).name("scores"))
    ///     .build(&Device::default())?;
    /// let (below, above) = (model.submodel(&[], &["maps"])?, model.submodel(&["maps"], &["scores"])?);
    ///
    /// let maps = below.predict(&ndarray::Array4::<f32>::ones((1, 8, 8, 1)), 1)?;
    /// let gradients = above.gradients(&maps, Mode::Inference, |outputs| {
    ///     Ok(outputs[0].float::<2>()?.slice([0..1, 1..2]).sum())
    /// })?;
    /// // Each map counts by its mean gradient. What speaks against the class is left out.
    /// let weights = gradients.by_input(0)?.mean_axis(Axis(2)).and_then(|rows| rows.mean_axis(Axis(1))).unwrap();
    /// let heat = (&maps * &weights).sum_axis(Axis(3)).mapv(|value| value.max(0.0));
    /// assert_eq!(heat.shape(), [1, 6, 6]);
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// In a custom training step, `minimize` of the compiled model takes the loss itself.
    ///
    /// # Shapes
    ///
    /// - `x`: `[batch, …]`, an array for each input
    /// - the gradient by an input: as the input; by a weight: as the weight
    ///
    /// # Errors
    ///
    /// If the inputs do not fit the model, the function fails, or the loss has more than one element.
    pub fn gradients<'a>(
        &self,
        x: impl IntoArrays<'a>,
        mode: Mode,
        loss: impl FnOnce(Vec<Signal>) -> Result<Tensor<1>>,
    ) -> Result<Gradients> {
        let inputs = x.into_arrays();
        self.check_inputs(&inputs.iter().map(HostArray::shape).collect::<Vec<_>>())?;
        let watched: Vec<Signal> = inputs.iter().map(|input| self.watch(input)).collect::<Result<_>>()?;
        let model = self.clone().train();
        let loss = loss(model.call(watched.clone(), &mut CallContext::new(mode))?)?;
        if loss.dims() != [1] {
            return Err(Error::shape("the loss is not one number")
                .received(format!("{} values", loss.dims()[0]))
                .expected("one, the sum or the mean over the batch")
                .hint("end with `.sum()` or `.mean()`"));
        }
        // A loss that depends on nothing has no graph.
        let found = loss.is_tracked().then(|| loss.backward());
        let by_inputs = watched.into_iter().map(|input| by_input(input, found.as_ref()));
        let by_inputs = by_inputs.collect::<Result<_>>()?;
        let trainable = self.weight_paths().zip(self.weights()).zip(self.trainable_flags());
        let mut reader = Reader { gradients: found.as_ref(), weights: trainable, found: Vec::new() };
        model.visit(&mut reader);
        let (paths, weights) = reader.found.into_iter().unzip();
        Ok(Gradients { loss: loss.into_scalar(), inputs: by_inputs, paths, weights })
    }

    /// All samples on the device, and floats as leaves of the graph.
    fn watch(&self, input: &HostArray<'_>) -> Result<Signal> {
        let all: Vec<usize> = (0..input.len()).collect();
        let input = input.batch(&all, self.device())?;
        if input.is_strings() {
            return Ok(input);
        }
        let values = input.numbers()?;
        if values.is_integer() {
            return Ok(values.into());
        }
        Ok(by_rank!(values, |x| AnyTensor::from(x.autodiff().require_grad()))?.into())
    }
}

/// The gradient by an input; `None` if its values are not floats.
fn by_input(input: Signal, gradients: Option<&tensor::Gradients>) -> Result<Option<ArrayD<f32>>> {
    if input.is_strings() {
        return Ok(None);
    }
    let sizes = input.sizes();
    let input = input.numbers()?;
    if input.is_integer() {
        return Ok(None);
    }
    let found = by_rank!(input, |x| gradients.and_then(|gradients| x.grad(gradients)).map(AnyTensor::from))?;
    let values = match found {
        Some(gradient) => read_values(gradient)?,
        None => vec![0.0; sizes.iter().product()],
    };
    Ok(Some(ArrayD::from_shape_vec(IxDyn(&sizes), values).expect("a gradient has the shape of its tensor")))
}

/// Reads the gradients of the trainable weights, in their order.
struct Reader<'a, I> {
    gradients: Option<&'a tensor::Gradients>,
    weights: I,
    found: Vec<(String, ArrayD<f32>)>,
}

impl<'a, I: Iterator<Item = ((String, &'a Weight), bool)>> ModuleVisitor for Reader<'_, I> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(((path, weight), true)) = self.weights.next() else { return };
        let gradient = self.gradients.and_then(|gradients| param.val().grad(gradients));
        let values = match gradient {
            Some(gradient) => gradient.into_data().iter::<f32>().collect(),
            None => vec![0.0; weight.sizes.iter().product()],
        };
        let gradient = ArrayD::from_shape_vec(IxDyn(&weight.sizes), values);
        self.found.push((path, gradient.expect("a gradient has the shape of its weight")));
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use ndarray::{Array2, array};

    use super::*;
    use crate::initializers::constant::Constant;
    use crate::layers::{BatchNormalization, Concatenate, Dense, Dropout, Embedding, Flatten, Input};
    use crate::{Activation, Apply, Sequential};

    fn sum(outputs: Vec<Signal>) -> Result<Tensor<1>> {
        Ok(outputs[0].clone().value()?.rows()?.sum())
    }

    fn model() -> Model {
        let layers = Sequential::new()
            .add(Input([3]))
            .add(Dense(4).activation(Activation::Tanh))
            .add(BatchNormalization())
            .add(Dropout(0.5).seed(3))
            .add(Dense(2).name("last"));
        layers.build(&Device::default()).unwrap()
    }

    #[test]
    fn a_linear_model_s_gradients_are_its_numbers() {
        let kernel = Dense(1).kernel_initializer(Constant::new(3.0));
        let model = Sequential::new().add(Input([2])).add(kernel).build(&Device::default()).unwrap();
        let gradients = model.gradients(&array![[1.0_f32, 2.0], [5.0, 7.0]], Mode::Inference, sum).unwrap();
        assert_eq!(gradients.loss(), 3.0 * 15.0);
        assert_eq!(*gradients.by_input(0).unwrap(), array![[3.0, 3.0], [3.0, 3.0]].into_dyn());
        assert_eq!(*gradients.by_weight("dense/kernel").unwrap(), array![[6.0], [9.0]].into_dyn());
        assert_eq!(gradients.by_weights()[1], array![2.0].into_dyn());
    }

    /// Finite differences of the loss by every input and every weight. The noise of the dropout is the same each time, as
    /// the model stays as it is.
    #[test]
    fn gradients_are_slopes_in_both_modes() {
        crate::random::set_random_seed(5);
        let x = Array2::from_shape_fn((5, 3), |(row, column)| ((row * 3 + column) as f32 * 1.7).sin());
        let squares = |outputs: Vec<Signal>| Ok(outputs[0].float::<2>()?.square().mean());
        for mode in [Mode::Training, Mode::Inference] {
            let model = model();
            let weights = model.get_weights();
            let gradients = model.gradients(&x, mode, squares).unwrap();
            let loss = |x: &Array2<f32>, weights: &[ArrayD<f32>]| {
                let mut model = model.clone();
                model.set_weights(weights).unwrap();
                f64::from(model.gradients(x, mode, squares).unwrap().loss())
            };
            let step = 1e-2_f32;
            let check = |what: &str, plus: f64, minus: f64, found: f32| {
                let slope = (plus - minus) / (2.0 * f64::from(step));
                assert!((slope - f64::from(found)).abs() < 2e-3, "{mode:?}: {what}: {found}, slope {slope}");
            };
            for at in 0..x.len() {
                let moved = |by: f32| {
                    let mut x = x.clone();
                    x.as_slice_mut().unwrap()[at] += by;
                    loss(&x, &weights)
                };
                let found = gradients.by_input(0).unwrap().as_slice().unwrap()[at];
                check("input", moved(step), moved(-step), found);
            }
            for (path, found) in model
                .weight_paths()
                .zip(0..)
                .filter_map(|(path, at)| gradients.by_weight(&path).ok().map(|gradient| ((path.clone(), at), gradient)))
            {
                for value in 0..found.len() {
                    let moved = |by: f32| {
                        let mut weights = weights.clone();
                        weights[path.1].as_slice_mut().unwrap()[value] += by;
                        loss(&x, &weights)
                    };
                    check(&path.0, moved(step), moved(-step), found.as_slice().unwrap()[value]);
                }
            }
        }
    }

    #[test]
    fn the_model_stays_as_it_is() {
        let model = model();
        let (x, before) = (Array2::<f32>::ones((4, 3)), model.get_weights());
        let first = model.gradients(&x, Mode::Training, sum).unwrap();
        let again = model.gradients(&x, Mode::Training, sum).unwrap();
        assert_eq!(model.get_weights(), before);
        assert_eq!(first.by_weights(), again.by_weights());
    }

    #[test]
    fn frozen_weights_have_none_and_others_zeros() {
        let mut model = model();
        model.set_layer_trainable("dense", false).unwrap();
        let nothing = |_: Vec<Signal>| Ok(Tensor::<1>::from_data([7.0], &Device::default()));
        let gradients = model.gradients(&Array2::<f32>::ones((1, 3)), Mode::Inference, nothing).unwrap();
        assert_eq!(gradients.loss(), 7.0);
        assert_eq!(gradients.by_weights().len(), 4);
        assert!(gradients.by_weights().iter().all(|gradient| gradient.iter().all(|&value| value == 0.0)));
        assert_eq!(*gradients.by_input(0).unwrap(), array![[0.0, 0.0, 0.0]].into_dyn());
        let error = gradients.by_weight("dense/kernel").unwrap_err();
        assert!(error.is_argument(), "{error}");
    }

    #[test]
    fn class_numbers_have_no_gradient_but_what_comes_after_has() {
        let (words, number) = (Input([3]), Input([1]));
        let code = Flatten().apply(Embedding(5, 2).apply(&words).unwrap()).unwrap();
        let output = Dense(1).apply(Concatenate().apply((&code, &number)).unwrap()).unwrap();
        let model = Model::new((&words, &number), &output).unwrap().build(&Device::default()).unwrap();
        let x = (&array![[1_i32, 4, 1]], &array![[0.5_f32]]);
        let gradients = model.gradients(x, Mode::Inference, sum).unwrap();
        assert_eq!(
            gradients.by_input(0).unwrap_err().to_string(),
            "input 0: the input has no gradient; received integers or strings, expected floats. \
             Hint: give the values as floats, or take the gradient by a later layer: `submodel`."
        );
        assert_eq!(gradients.by_input(1).unwrap().shape(), [1, 1]);
        assert!(gradients.by_input(2).unwrap_err().is_argument());
        let rows = gradients.by_weight("embedding/embeddings").unwrap();
        let used: Vec<bool> = rows.outer_iter().map(|row| row.iter().any(|&value| value != 0.0)).collect();
        assert_eq!(used, [false, true, false, false, true]);
    }

    #[test]
    fn a_loss_of_several_values_is_an_error() {
        let error = model()
            .gradients(&Array2::<f32>::ones((4, 3)), Mode::Inference, |outputs| {
                Ok(outputs[0].float::<2>()?.sum_dim(1).squeeze_dim(1))
            })
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the loss is not one number; received 4 values, expected one, the sum or the mean over the batch. \
             Hint: end with `.sum()` or `.mean()`."
        );
        assert!(model().gradients(&Array2::<f32>::ones((4, 2)), Mode::Inference, sum).unwrap_err().is_shape());
    }
}
