//! Which masks reach a layer. The expected numbers are those of the same models in Keras 3.15.1, on JAX.

use horn::burn::tensor::Device;
use horn::prelude::*;
use horn::{KerasTensor, Result};
use ndarray::array;

/// The mean of the steps of what is made of two sequences of words, `[1, 2, 0]` and `[2, 0, 0]`, by the mask that reaches
/// the pooling: the vectors of the words are `[9, 9]`, `[1, 0]` and `[0, 2]`, and the word 0 is masked.
fn pooled(function: impl Fn(&KerasTensor, &KerasTensor) -> Result<KerasTensor>) -> [f32; 2] {
    let (a, b) = (Input([3]), Input([3]));
    let table = array![[9.0_f32, 9.0], [1.0, 0.0], [0.0, 2.0]];
    let [x, y] = [&a, &b].map(|words| Embedding(3, 2).mask_zero(true).weights(&table).apply(words).unwrap());
    let pooled = GlobalAveragePooling1D().apply(function(&x, &y).unwrap()).unwrap();
    let model = Model::new((&a, &b), &pooled).unwrap().build(&Device::default()).unwrap();
    let found = model.predict((&array![[1_i32, 2, 0]], &array![[2_i32, 0, 0]]), 1).unwrap();
    [found[[0, 0]], found[[0, 1]]]
}

#[test]
fn a_function_has_no_mask_though_its_tensors_have() {
    assert_eq!(pooled(|x, _| Ok(x.clone())), [0.5, 1.0]);
    assert_eq!(pooled(|x, _| Ok(x * 1.0)), [10.0 / 3.0, 11.0 / 3.0]);
    assert_eq!(pooled(|x, y| Ok(x + y)), [28.0 / 3.0, 31.0 / 3.0]);
    assert_eq!(pooled(|x, y| ops::maximum(x, y)), [19.0 / 3.0, 20.0 / 3.0]);
}

/// A step counts if it counts in one of the inputs.
#[test]
fn a_layer_joins_the_masks_of_its_inputs() {
    assert_eq!(pooled(|x, y| Add().apply((x, y))), [5.0, 6.5]);
    assert_eq!(pooled(|x, y| Maximum().apply((x, y))), [0.5, 2.0]);
}

#[test]
fn masks_pass_through_a_model_as_through_its_layers() {
    let inner = |function: fn(&KerasTensor) -> KerasTensor| {
        let x = Input([3, 2]);
        Model::new(&x, function(&x.tensor())).unwrap()
    };
    assert_eq!(pooled(|x, _| inner(|x| ReLU().apply(x).unwrap()).apply(x)), [0.5, 1.0]);
    assert_eq!(pooled(|x, _| inner(|x| x * 1.0).apply(x)), [10.0 / 3.0, 11.0 / 3.0]);
}
