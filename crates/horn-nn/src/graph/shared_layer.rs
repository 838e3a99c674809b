//! `SharedLayer`: a layer that can be applied more than once.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::error::{Error, Result};
use crate::graph::keras_tensor::{IntoTensors, KerasTensor, LayerCall, Node, Placed};
use crate::graph::masks;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::{checks, names};
use crate::tensor::shape::Shape;

/// A layer that can be applied more than once, with the same weights each time. Made by
/// [`Apply::shared`](crate::Apply::shared).
#[derive(Clone)]
pub struct SharedLayer {
    layer: Arc<dyn Layer>,
    placed: Arc<Placed>,
    mode: Option<Mode>,
    masks: Vec<KerasTensor>,
}

impl SharedLayer {
    pub(crate) fn new(layer: impl Layer) -> Self {
        let layer: Arc<dyn Layer> = Arc::new(layer);
        let placed = Arc::new(Placed::new(Node::Layer(layer.clone())));
        Self { layer, placed, mode: None, masks: Vec::new() }
    }

    /// The same layer, to be called in this mode whatever the mode in which the model is called: Keras's
    /// `layer(x, training=False)`. So a `Dropout` is active whenever a program calls the model, too.
    ///
    /// It is for [`Model::call`](crate::Model::call) and [`Model::forward`](crate::Model::forward), Keras's `model(x)`.
    /// As in Keras, `fit` runs all layers in training mode, and `evaluate` and `predict` run all of them in inference
    /// mode. To keep the `BatchNormalization` of a base as it is while fine-tuning, freeze it.
    ///
    /// The mode is stored in files. But for some layers Keras records a mode even if none was given, inference for
    /// `Dropout` and training for `RandomFlip`; reading a file ignores this mode.
    ///
    /// ```
    /// use horn::layers::{BatchNormalization, Dense, Input};
    /// use horn::{Apply, Mode, Model};
    ///
    /// let x = Input([8]);
    /// let normalized = BatchNormalization().shared().in_mode(Mode::Inference).apply(&x)?;
    /// let model = Model::new(&x, Dense(1).apply(&normalized)?)?;
    /// # Ok::<(), horn::Error>(())
    /// ```
    #[must_use]
    pub fn in_mode(&self, mode: Mode) -> Self {
        Self { mode: Some(mode), ..self.clone() }
    }

    /// The same layer, to be called with this mask: Keras's `layer(x, mask=mask)`. The mask is a tensor of the graph with
    /// the input's leading axes, 1 for unmasked timesteps and 0 for masked ones; for `Softmax` it may have any shape that
    /// broadcasts to the input's. It replaces the propagated mask of the input. If a layer takes several inputs, as
    /// `Attention` does, each has a mask. If a recurrent layer takes initial
    /// states, the mask is for the sequence.
    ///
    /// ```
    /// use horn::layers::{Dense, Input, LSTM};
    /// use horn::{Apply, Model};
    ///
    /// let (x, present) = (Input([5, 8]), Input([5]));
    /// let read = LSTM(4).shared().with_mask(&present).apply(&x)?;
    /// let model = Model::new((&x, &present), Dense(1).apply(&read)?)?;
    /// # Ok::<(), horn::Error>(())
    /// ```
    #[must_use]
    pub fn with_mask(&self, masks: impl IntoTensors) -> Self {
        Self { masks: masks.into_tensors(), ..self.clone() }
    }

    /// Applies the layer to a tensor, or to several.
    ///
    /// # Errors
    ///
    /// If the layer does not support the shapes of its inputs, or has several outputs.
    pub fn apply(&self, inputs: impl IntoTensors) -> Result<KerasTensor> {
        let outputs = self.apply_all(inputs)?;
        match <[KerasTensor; 1]>::try_from(outputs) {
            Ok([output]) => Ok(output),
            Err(outputs) => Err(Error::argument("the layer has several outputs")
                .at(self.location())
                .received(format!("{} outputs", outputs.len()))
                .expected("one")
                .hint("call `apply_all`, which returns all outputs")),
        }
    }

    /// Applies the layer to a tensor, or to several, and returns all outputs.
    ///
    /// # Errors
    ///
    /// If the layer does not support the shapes of its inputs.
    pub fn apply_all(&self, inputs: impl IntoTensors) -> Result<Vec<KerasTensor>> {
        let (mut inputs, mut given) = (inputs.into_tensors(), self.masks.clone());
        let layer = &self.layer;
        if layer.input_shape().is_some() && inputs.is_empty() {
            return Err(Error::argument("an Input can't be applied").hint("apply another layer to the Input"));
        }
        let shapes: Vec<Shape> = inputs.iter().map(|input| input.shape().clone()).collect();
        let output_shapes =
            checks::output_shapes(layer.as_ref(), &shapes).map_err(|error| error.at(self.location()))?;
        masks::check_given(layer.as_ref(), &shapes, &self.mask_shapes()).map_err(|e| e.at(self.location()))?;
        if masks::is_input(layer.as_ref(), inputs.len()) {
            inputs.append(&mut given);
        }
        let own = inputs.iter().map(KerasTensor::mask).collect::<Vec<_>>();
        let masks = if given.is_empty() { own } else { given.iter().map(Some).collect() };
        let output_masks = masks::of_outputs(layer.as_ref(), &inputs, &masks, &output_shapes);
        let implied = match given.is_empty() && masks::takes_masks(layer.as_ref(), inputs.len()) {
            true => masks.into_iter().flatten().cloned().collect(),
            false => Vec::new(),
        };
        let count = output_shapes.len();
        let call = Arc::new(LayerCall {
            layer: self.placed.clone(),
            index: self.placed.calls.fetch_add(1, Ordering::Relaxed),
            mode: self.mode,
            masks: given.len(),
            inputs: [inputs, given].concat(),
            implied,
            output_shapes,
            output_masks,
        });
        Ok((0..count).map(|output| KerasTensor { call: call.clone(), output }).collect())
    }

    fn mask_shapes(&self) -> Vec<Shape> {
        self.masks.iter().map(|mask| mask.shape().clone()).collect()
    }

    /// The description of the layer.
    pub(crate) fn description(&self) -> &dyn Layer {
        self.layer.as_ref()
    }

    fn location(&self) -> String {
        let layer = self.layer.as_ref();
        match layer.name() {
            Some(name) => names::place(name, layer),
            None => format!("layer {}", layer.class_name()),
        }
    }
}

impl fmt::Debug for SharedLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.layer.fmt(f)
    }
}
