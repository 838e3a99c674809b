//! A custom layer that is made of layers, in a model that is saved and read again.

use horn::layers::register;
use horn::prelude::*;
use horn::{CallContext, Result, Signal, many_signals, signals};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Attention and two dense layers, each added to its input and normalized.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct TransformerBlock {
    attention: Nested,
    dense: Nested,
    norm: Nested,
}

impl Layer for TransformerBlock {
    fn class_name(&self) -> &str {
        "TransformerBlock"
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let (one, two) = ([input.clone()], [input.clone(), input.clone()]);
        Ok(BuiltLayer::new(TransformerModule {
            attention: self.attention.build_part("attention", &two, build)?,
            norm_1: self.norm.build_part("norm_1", &one, build)?,
            dense: self.dense.build_part("dense", &one, build)?,
            norm_2: self.norm.build_part("norm_2", &one, build)?,
        }))
    }

    fn config(&self) -> Value {
        json!(self)
    }
}

#[derive(Module, Debug)]
struct TransformerModule {
    attention: NestedLayer,
    norm_1: NestedLayer,
    dense: NestedLayer,
    norm_2: NestedLayer,
}

impl Forward for TransformerModule {
    many_signals!();

    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let [x] = signals(inputs)?;
        let [y] = signals(self.attention.call(vec![x.clone(), x.clone()], call)?)?;
        let sum = x.float::<3>()? + y.float::<3>()?;
        let [x] = signals(self.norm_1.call(vec![sum.into()], call)?)?;
        let [y] = signals(self.dense.call(vec![x.clone()], call)?)?;
        let sum = x.float::<3>()? + y.float::<3>()?;
        self.norm_2.call(vec![sum.into()], call)
    }
}

pub fn run() -> Result<()> {
    let block = TransformerBlock {
        attention: MultiHeadAttention(2, 4).into(),
        dense: Sequential::new()
            .add(Dense(16).activation(Activation::Relu))
            .add(Dropout(0.1))
            .add(Dense(8).kernel_regularizer(L2::new(0.1)))
            .into(),
        norm: LayerNormalization().into(),
    };
    let mut model = Sequential::new()
        .add(Input(6))
        .add(Embedding(50, 8))
        .add(block)
        .add(GlobalAveragePooling1D())
        .add(Dense(2).activation(Activation::Softmax))
        .compile(Adam::default(), SparseCategoricalCrossentropy::new(), [Accuracy::new()])?;
    let words = Array2::from_shape_fn((8, 6), |(row, step)| (row * step % 50) as i32);
    let history = model.fit(&words, &[0, 1, 0, 1, 0, 1, 0, 1], Fit::epochs(2).verbose(Verbose::Silent))?;
    // The penalty of an inner layer counts.
    assert!(history["loss"][1] > -f64::ln(0.5));
    let paths: Vec<String> = model.model()?.weight_paths().collect();
    assert_eq!(
        paths[9..13],
        [
            "transformer_block/norm_1/gamma",
            "transformer_block/norm_1/beta",
            "transformer_block/dense/dense/kernel",
            "transformer_block/dense/dense/bias",
        ]
    );

    register::<TransformerBlock>("TransformerBlock");
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    for name in ["model.keras", "model.h5"] {
        model.save(folder.path().join(name))?;
        let again: Model = load_model(folder.path().join(name))?;
        assert_eq!(again.predict(&words, 32)?, model.predict(&words)?, "{name}");
    }
    Ok(())
}
