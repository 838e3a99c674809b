//! Models that are made in Horn, for Keras to read.

use std::path::Path;

use horn::burn;
use horn::burn::module::{Module, Param};
use horn::burn::tensor::Tensor;
use horn::prelude::*;
use horn::{BuiltLayer, LayerBuilder, Shape};
use ndarray::{ArrayD, IxDyn};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Checked;

pub const NAMES: [&str; 7] = ["digits", "residual", "words", "attention", "affine", "reviews", "hard_sigmoids"];

/// The model with this name, and an input for it.
fn make(name: &str) -> horn::Result<(CompiledModel, HostArray<'static>)> {
    let scaled = |shape: &[usize], to: &dyn Fn(f32) -> f32| {
        let value = |at: usize| to(((at * 2_654_435_761) % 1024) as f32 / 512.0 - 1.0);
        let values: Vec<f32> = (0..shape.iter().product()).map(value).collect();
        HostArray::new(values, shape).unwrap()
    };
    let values = |shape: &[usize]| scaled(shape, &|x| x);
    let classes = SparseCategoricalCrossentropy::new;
    Ok(match name {
        "digits" => {
            let relu = || Dense(128).activation(Activation::Relu);
            let model = Sequential::new()
                .add(Input([28, 28]))
                .add(Flatten())
                .add(Rescaling(1.0 / 255.0))
                .add(relu())
                .add(relu())
                .add(relu())
                .add(Dense(10).activation(Activation::Softmax));
            let model = model.compile(Adam::new(1e-3), classes(), [Accuracy::new()])?;
            (model, scaled(&[4, 28, 28], &|x| (x + 1.0) * 127.0))
        }
        "residual" => {
            let image = Input([8, 8, 3]).name("image");
            let conv = || Conv2D(3, 3).padding(Padding::Same).use_bias(false).kernel_initializer(HeNormal::new());
            let x = BatchNormalization().apply(conv().apply(&image)?)?;
            let x = conv().apply(ReLU().apply(&x)?)?;
            let x = ReLU().max_value(6.0).apply(Add().apply((&x, &image))?)?;
            let x = Dense(4).kernel_regularizer(L2::new(0.01)).apply(GlobalAveragePooling2D().apply(&x)?)?;
            let optimizer = SGD::new(0.1).momentum(0.9).nesterov(true);
            (Model::new(&image, &x)?.compile(optimizer, MeanSquaredError::new(), ())?, values(&[2, 8, 8, 3]))
        }
        "words" => {
            let model = Sequential::new()
                .add(Input([7]))
                .add(Embedding(20, 6).mask_zero(true))
                .add(Bidirectional(LSTM(5).return_sequences(true)))
                .add(GRU(4))
                .add(Dropout(0.3))
                .add(Dense(3).activation(Activation::Softmax));
            let model = model.compile(RMSprop::new(1e-3), classes(), [SparseCategoricalAccuracy::new()])?;
            let sentences: [[u8; 7]; 3] = [[3, 17, 4, 9, 0, 0, 0], [1, 2, 3, 4, 5, 6, 7], [19, 0, 0, 0, 0, 0, 0]];
            (model, HostArray::new(sentences.as_flattened().to_vec(), [3, 7])?)
        }
        "attention" => {
            let given = Input([6, 8]);
            let x = LayerNormalization().apply(&given)?;
            let x = MultiHeadAttention(2, 4).use_causal_mask(true).apply((&x, &x))?;
            let x = Add().apply((&given, &x))?;
            let x = Dense(2).apply(GlobalMaxPooling1D().apply(&x)?)?;
            (Model::new(&given, &x)?.compile(AdamW::new(1e-3), MeanAbsoluteError::new(), ())?, values(&[3, 6, 8]))
        }
        "hard_sigmoids" => {
            let of_keras_2 = Activation::hard_sigmoid(0.2);
            let model = Sequential::new()
                .add(Input([5, 3]))
                .add(LSTM(4).recurrent_activation(of_keras_2).return_sequences(true))
                .add(GRU(3).recurrent_activation(of_keras_2).reset_after(false))
                .add(Dense(4).activation(of_keras_2))
                .add(Activation(of_keras_2));
            (model.compile(Adam::default(), MeanSquaredError::new(), ())?, scaled(&[4, 5, 3], &|x| 3.0 * x))
        }
        "reviews" => {
            let texts = ["a good film", "a bad film, a BAD story", "so-so"];
            let mut words = TextVectorization().output_sequence_length(5);
            words.adapt(&texts)?;
            let mut categories = StringLookup().output_mode(OutputMode::TfIdf);
            categories.adapt(&ndarray::array![["good", "bad"], ["bad", "bad"]])?;
            let (text, kind) = (Input([1]).dtype(InputDtype::String), Input([1]).dtype(InputDtype::String));
            let x = GlobalAveragePooling1D().apply(Embedding(12, 3).apply(words.apply(&text)?)?)?;
            let x = Concatenate().apply((x, categories.apply(&kind)?))?;
            let model = Model::new((&text, &kind), Dense(1).apply(x)?)?;
            (model.compile(Adam::default(), MeanSquaredError::new(), ())?, HostArray::new(texts.to_vec(), [3, 1])?)
        }
        _ => {
            let model = Sequential::new().add(Input([5])).add(Dense(4)).add(Affine { shift: 0.25 }).add(Dense(2));
            (model.compile(Adam::default(), MeanSquaredError::new(), ())?, values(&[3, 5]))
        }
    })
}

/// Writes the model, with an input and the output that Horn computes for it.
pub fn write(folder: &Path, name: &str) -> Checked {
    set_random_seed(7);
    let (mut model, x) = make(name)?;
    // Some initial values are only zeros or ones, which would hide errors. As much is added as is taken away: logits of
    // thousands would be rounded so coarsely that no two programs agree on their softmax.
    let mut number = 0_u64;
    let mut off = |value: f32| {
        number = (number + 1) * 48_271 % 2_147_483_647;
        value + (number as f32 / 2_147_483_647.0 - 0.5) / 4.0
    };
    let weights: Vec<ArrayD<f32>> = model.model()?.get_weights().iter().map(|array| array.mapv(&mut off)).collect();
    model.model_mut()?.set_weights(&weights)?;
    let x = vec![x; model.model()?.input_shapes().count()];
    let y = model.predict(x.clone())?;
    model.save(folder.join(name).with_extension("keras"))?;
    let y = json!({"shape": y.shape(), "data": y.iter().collect::<Vec<_>>()});
    let content = json!({"x": x.iter().map(given).collect::<horn::Result<Vec<_>>>()?, "y": [y]});
    Ok(std::fs::write(folder.join(name).with_extension("json"), content.to_string())?)
}

/// An input in the format that `round_trip.py` reads.
fn given(x: &HostArray<'_>) -> horn::Result<Value> {
    let all: Vec<usize> = (0..x.len()).collect();
    Ok(match x.is_strings() {
        true => {
            let texts = x.batch(&all, &horn::default_device()?)?.strings()?.values;
            json!({"shape": x.sizes(), "texts": texts.iter().collect::<Vec<_>>()})
        }
        false => json!({"shape": x.sizes(), "data": x.floats(&all)?}),
    })
}

/// A custom layer, x · scale + shift. `round_trip.py` has the same layer in Python.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Affine {
    shift: f32,
}

impl Layer for Affine {
    fn class_name(&self) -> &str {
        "Affine"
    }

    fn output_shape(&self, input: &Shape) -> horn::Result<Shape> {
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> horn::Result<BuiltLayer> {
        let scale = build.add_weight("scale", [input.features()?], &RandomNormal::new().into())?;
        Ok(BuiltLayer::new(AffineModule { scale, shift: self.shift }))
    }

    fn config(&self) -> Value {
        json!(self)
    }
}

#[derive(Module, Debug)]
struct AffineModule {
    scale: Param<Tensor<1>>,
    shift: f32,
}

impl Forward for AffineModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> horn::Result<AnyTensor> {
        Ok((input.float::<2>()? * self.scale.val().unsqueeze() + self.shift).into())
    }
}

/// A custom layer that is never registered.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Danse {
    affine: Affine,
}

impl Layer for Danse {
    fn class_name(&self) -> &str {
        "Danse"
    }

    fn output_shape(&self, input: &Shape) -> horn::Result<Shape> {
        self.affine.output_shape(input)
    }

    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> horn::Result<BuiltLayer> {
        self.affine.build(input, build)
    }

    fn config(&self) -> Value {
        json!(self)
    }
}

fn scale(model: &Model) -> ArrayD<f32> {
    let paths: Vec<String> = model.weight_paths().collect();
    let at = paths.iter().position(|path| path.ends_with("affine/scale")).expect("the layer has a scale");
    model.get_weights().swap_remove(at)
}

/// A model with a custom layer is trained. Then the layer is frozen, and the model is trained again, saved and loaded,
/// and continues training.
#[test]
fn a_users_layer_is_read_by_its_registered_class() {
    horn::layers::register::<Affine>("Affine");
    let (mut model, x) = make("affine").unwrap();
    let y = ArrayD::from_elem(IxDyn(&[x.len(), 2]), 1.0_f32);
    let learn = || Fit::epochs(2).shuffle(false).verbose(Verbose::Silent);
    let first = scale(model.model().unwrap());
    model.fit(&x, &y, learn()).unwrap();
    let mut model = model.into_model().unwrap();
    let learned = scale(&model);
    assert_ne!(first, learned, "the layer learns");
    model.set_layer_trainable("affine", false).unwrap();
    let mut model = model.compile(Adam::default(), MeanSquaredError::new(), ()).unwrap();
    model.fit(&x, &y, learn()).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.keras");
    model.save(&path).unwrap();
    let mut again: CompiledModel = load_model(&path).unwrap();
    assert_eq!(again.predict(&x).unwrap(), model.predict(&x).unwrap());
    let layer = again.model().unwrap().get_layer("affine").unwrap();
    assert!(!layer.trainable(), "the layer is frozen");
    assert_eq!(layer.layer().config()["shift"], 0.25);

    // Both models continue as if there had been no round trip.
    let before = again.model().unwrap().get_weights();
    again.fit(&x, &y, learn()).unwrap();
    model.fit(&x, &y, learn()).unwrap();
    assert_ne!(again.model().unwrap().get_weights(), before, "the other layers learn");
    assert_eq!(again.model().unwrap().get_weights(), model.model().unwrap().get_weights());
    assert_eq!(scale(again.model().unwrap()), learned, "the frozen layer stays");
}

#[test]
fn a_users_layer_that_is_not_registered_is_named() {
    let danse = Danse { affine: Affine { shift: 0.0 } };
    let model = Sequential::new().add(Input([3])).add(danse).build(&horn::default_device().unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("danse.keras");
    model.save(&path).unwrap();
    let error = load_model::<Model>(&path).unwrap_err().to_string();
    assert!(error.contains("there is no layer of this class; received Custom>Danse, "), "{error}");
    assert!(error.contains("Hint: write \"Dense\" or "), "{error}");
    assert!(error.contains("call `layers::register` first if the class is custom"), "{error}");
}
