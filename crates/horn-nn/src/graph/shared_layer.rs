//! `SharedLayer`: a layer that can be applied more than once.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::error::{Error, Result};
use crate::graph::constants;
use crate::graph::keras_tensor::{IntoTensors, KerasTensor, LayerCall, Placed};
use crate::graph::masks;
use crate::layer::call::Mode;
use crate::layer::called_as::CalledAs;
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
    called_as: Option<CalledAs>,
    masks: Vec<Option<KerasTensor>>,
    /// Is the call one of a file? Then the file says which masks are passed to the layer.
    is_recorded: bool,
    /// Does the program give the masks? In a file, they may be those that Keras's graph propagates.
    gives_masks: bool,
}

impl SharedLayer {
    pub(crate) fn new(layer: impl Layer) -> Self {
        let layer: Arc<dyn Layer> = Arc::new(layer);
        let placed = Arc::new(Placed::new(layer.clone()));
        Self { layer, placed, mode: None, called_as: None, masks: Vec::new(), is_recorded: false, gives_masks: true }
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
        Self { masks: masks.into_tensors().into_iter().map(Some).collect(), ..self.clone() }
    }

    /// The same layer, to be called with the options of this description: what Keras's program gives with a call, and
    /// Horn's with the layer. The weights, and all arguments that are not of the call, are those of the layer.
    ///
    /// ```
    /// use horn::Apply;
    /// use horn::layers::{Input, MultiHeadAttention};
    ///
    /// let x = Input([16, 64]);
    /// let attention = MultiHeadAttention(4, 16);
    /// let shared = attention.clone().shared();
    /// let past = shared.called_as(attention.use_causal_mask(true)).apply((&x, &x))?;
    /// let all = shared.apply((&past, &x))?;
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the description is of another class.
    #[must_use]
    #[track_caller]
    pub fn called_as(&self, layer: impl Layer) -> Self {
        let (own, other) = (self.layer.class_name(), layer.class_name());
        assert!(own == other, "a {own} can't be called as a {other}: give a description of the same class");
        self.with_called_as(CalledAs::new(Arc::new(layer)))
    }

    pub(crate) fn with_called_as(&self, called: CalledAs) -> Self {
        Self { layer: called.layer.clone(), called_as: Some(called), ..self.clone() }
    }

    /// The same layer, to be called as a file says: with these masks, from the program or propagated, and no others.
    pub(crate) fn with_recorded_masks(&self, masks: Vec<Option<KerasTensor>>, gives_masks: bool) -> Self {
        Self { masks, is_recorded: true, gives_masks, ..self.clone() }
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
        let (inputs, given) = (constants::placed(inputs.into_tensors())?, &self.masks);
        let layer = &self.layer;
        if layer.input_shape().is_some() && inputs.is_empty() {
            return Err(Error::argument("an Input can't be applied").hint("apply another layer to the Input"));
        }
        layer.name().map_or(Ok(()), names::check).map_err(|error| error.at(self.location()))?;
        inputs.iter().chain(given.iter().flatten()).try_for_each(|tensor| tensor.checked().map(|_| ()))?;
        let shapes: Vec<Shape> = inputs.iter().map(|input| input.shape().clone()).collect();
        let output_shapes =
            checks::output_shapes(layer.as_ref(), &shapes).map_err(|error| error.at(self.location()))?;
        let gives_masks = self.gives_masks && given.iter().any(Option::is_some);
        let check = if gives_masks { masks::check_given } else { masks::check_propagated };
        check(layer.as_ref(), &shapes, &self.mask_shapes()).map_err(|error| error.at(self.location()))?;
        let own = || inputs.iter().map(KerasTensor::mask).collect::<Vec<_>>();
        let has_masks = given.iter().any(Option::is_some);
        let masks = if has_masks { given.iter().map(Option::as_ref).collect() } else { own() };
        let count = output_shapes.len();
        let output_masks = match self.is_recorded {
            true => vec![None; count],
            false => masks::of_outputs(layer.as_ref(), &inputs, &masks, &output_shapes),
        };
        let is_implied = !self.is_recorded && masks::takes_masks(layer.as_ref(), inputs.len());
        let masks = match has_masks || is_implied {
            true => masks.into_iter().map(Option::<&KerasTensor>::cloned).collect(),
            false => Vec::new(),
        };
        let call = Arc::new(LayerCall {
            layer: self.placed.clone(),
            index: self.placed.calls.fetch_add(1, Ordering::Relaxed),
            mode: self.mode,
            called_as: self.called_as.clone(),
            inputs,
            masks,
            gives_masks,
            output_shapes,
            output_masks,
            failure: None,
        });
        Ok((0..count).map(|output| KerasTensor { call: call.clone(), output }).collect())
    }

    fn mask_shapes(&self) -> Vec<Option<Shape>> {
        self.masks.iter().map(|mask| mask.as_ref().map(|mask| mask.shape().clone())).collect()
    }

    /// The description of the layer.
    pub(crate) fn description(&self) -> &dyn Layer {
        self.layer.as_ref()
    }

    fn location(&self) -> String {
        let layer = self.layer.as_ref();
        match layer.name() {
            Some(name) => names::place(name, layer),
            None if layer.conventions().is_operation => format!("function {}", layer.class_name()),
            None => format!("layer {}", layer.class_name()),
        }
    }
}

impl fmt::Debug for SharedLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.layer.fmt(f)
    }
}
