//! A layer that can be applied more than once.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::error::{Error, Result};
use crate::graph::keras_tensor::{IntoTensors, KerasTensor, LayerCall, Placed};
use crate::graph::masks;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::{checks, names};
use crate::tensor::shape::Shape;

/// A layer that can be applied more than once, with the same weights each time. Made by
/// [`Apply::shared`](crate::Apply::shared).
#[derive(Clone)]
pub struct SharedLayer {
    placed: Arc<Placed>,
    mode: Option<Mode>,
    masks: Vec<KerasTensor>,
}

impl SharedLayer {
    pub(crate) fn new(layer: impl Layer) -> Self {
        Self { placed: Arc::new(Placed::new(Arc::new(layer))), mode: None, masks: Vec::new() }
    }

    /// The same layer, to be called in this mode whether the model is learning or not: Keras's
    /// `layer(x, training=False)`. So a frozen base keeps its `BatchNormalization` as it is while it is fine-tuned, or a
    /// `Dropout` acts in predictions, too.
    ///
    /// A file keeps the mode. But with the calls of some layers Keras notes one in any case, inference for `Dropout` and
    /// training for `RandomFlip`: that one is read as none.
    ///
    /// ```
    /// use horn_nn::layers::{BatchNormalization, Dense, Input};
    /// use horn_nn::{Apply, Mode, Model};
    ///
    /// let x = Input([8]);
    /// let normalized = BatchNormalization().shared().in_mode(Mode::Inference).apply(&x)?;
    /// let model = Model::new(&x, Dense(1).apply(&normalized)?)?;
    /// # Ok::<(), horn_nn::Error>(())
    /// ```
    #[must_use]
    pub fn in_mode(&self, mode: Mode) -> Self {
        Self { mode: Some(mode), ..self.clone() }
    }

    /// The same layer, to be called with this mask: Keras's `layer(x, mask=mask)`. It is a tensor of the graph, one where
    /// a step counts and zero where not, of the input's leading axes; for `Softmax` of any shape that the input's
    /// broadcasts. It takes the place of the mask that comes along with the input. Where a layer takes several inputs,
    /// as `Attention` does, each has a mask; where a recurrent layer takes initial states, the mask is for the sequence.
    ///
    /// ```
    /// use horn_nn::layers::{Dense, Input, LSTM};
    /// use horn_nn::{Apply, Model};
    ///
    /// let (x, present) = (Input([5, 8]), Input([5]));
    /// let read = LSTM(4).shared().with_mask(&present).apply(&x)?;
    /// let model = Model::new((&x, &present), Dense(1).apply(&read)?)?;
    /// # Ok::<(), horn_nn::Error>(())
    /// ```
    #[must_use]
    pub fn with_mask(&self, masks: impl IntoTensors) -> Self {
        Self { masks: masks.into_tensors(), ..self.clone() }
    }

    /// The layer after this tensor, or these tensors.
    ///
    /// # Errors
    ///
    /// Where the layer does not fit its inputs, or has several outputs.
    pub fn apply(&self, inputs: impl IntoTensors) -> Result<KerasTensor> {
        let outputs = self.apply_all(inputs)?;
        match <[KerasTensor; 1]>::try_from(outputs) {
            Ok([output]) => Ok(output),
            Err(outputs) => Err(Error::argument("the layer has several outputs")
                .at(self.place())
                .received(format!("{} outputs", outputs.len()))
                .expected("one")
                .hint("write `apply_all`, which returns them all")),
        }
    }

    /// All outputs of the layer after this tensor, or these tensors.
    ///
    /// # Errors
    ///
    /// Where the layer does not fit its inputs.
    pub fn apply_all(&self, inputs: impl IntoTensors) -> Result<Vec<KerasTensor>> {
        let (mut inputs, mut given) = (inputs.into_tensors(), self.masks.clone());
        let layer = &self.placed.layer;
        if layer.input_shape().is_some() && inputs.is_empty() {
            return Err(Error::argument("an Input is not applied").hint("give it to the layer that takes it"));
        }
        let shapes: Vec<Shape> = inputs.iter().map(|input| input.shape().clone()).collect();
        let output_shapes = checks::output_shapes(layer.as_ref(), &shapes).map_err(|error| error.at(self.place()))?;
        masks::check_given(layer.as_ref(), &shapes, &self.mask_shapes()).map_err(|e| e.at(self.place()))?;
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

    /// What was made shared.
    pub(crate) fn description(&self) -> &dyn Layer {
        self.placed.layer.as_ref()
    }

    fn place(&self) -> String {
        let layer = self.placed.layer.as_ref();
        match layer.name() {
            Some(name) => names::place(name, layer),
            None => format!("layer {}", layer.class_name()),
        }
    }
}

impl fmt::Debug for SharedLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.placed.layer.fmt(f)
    }
}
