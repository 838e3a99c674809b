//! Layers that merge several tensors to one.

pub(crate) mod concatenate;
pub(crate) mod custom_scale_layer;
pub(crate) mod dot;
pub(crate) mod elementwise;
pub(crate) mod masked;

pub use concatenate::concatenate;
pub use dot::dot;
pub use elementwise::{add, average, maximum, minimum, multiply, subtract};

crate::layers::family::family! { Merging;
    "Add" => elementwise::Add::new();
    "Average" => elementwise::Average::new();
    "Concatenate" | "TFDConcat" => concatenate::Concatenate::new();
    "CustomScaleLayer" => custom_scale_layer::CustomScaleLayer::new(1.0), requires "scale";
    "Dot" => dot::Dot::new(-1), requires "axes";
    "Maximum" => elementwise::Maximum::new();
    "Minimum" => elementwise::Minimum::new();
    "Multiply" => elementwise::Multiply::new();
    "Subtract" => elementwise::Subtract::new();
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Bool, Device, Tensor};
    use ndarray::array;
    use serde_json::json;

    use super::*;
    use crate::layers::registry::from_config;
    use crate::layers::{Embedding, GlobalAveragePooling1D, Input};
    use crate::{Apply, CallContext, MaskRules, Mode, Model, Signal, under_mask_rules};

    #[test]
    fn functions_apply_the_layers() {
        let (a, b) = (Input([4, 3]).tensor(), Input([4, 1]).tensor());
        let both = [&a, &b];
        for merged in [add(both), subtract(both), multiply(both), average(both), maximum(both), minimum(both)] {
            assert_eq!(merged.unwrap().shape().to_string(), "(None, 4, 3)");
        }
        assert_eq!(concatenate((&a, &b), -1).unwrap().shape().to_string(), "(None, 4, 4)");
        assert_eq!(dot((&a, &b), 1).unwrap().shape().to_string(), "(None, 3, 1)");
        assert!(concatenate((&a, &b), 1).unwrap_err().is_shape());
    }

    #[test]
    fn inputs_of_another_batch_are_an_error() {
        let device = Device::default();
        let (a, b) = (Input([2]).tensor(), Input([2]).tensor());
        for merged in [add((&a, &b)), concatenate((&a, &b), -1), dot((&a, &b), 1)] {
            let model = Model::new((&a, &b), merged.unwrap()).unwrap().build(&device).unwrap();
            let call = |samples: [usize; 2]| {
                let inputs = samples.map(|samples| Signal::new(Tensor::<2>::ones([samples, 2], &device)));
                model.call(inputs.to_vec(), &mut CallContext::new(Mode::Inference)).map(drop)
            };
            let error = call([4, 6]).unwrap_err();
            assert!(error.to_string().contains("different numbers of samples; received 4 and 6"), "{error}");
            assert!(call([4, 4]).is_ok());
        }
    }

    /// The outputs of a layer of this class for inputs `[1, 4, 1]` with these values and masks, and the output's mask.
    fn masked(class: &str, rules: MaskRules, inputs: &[([f32; 4], [bool; 4])]) -> (Vec<f32>, Vec<bool>) {
        let device = Device::default();
        let layer = under_mask_rules(rules, || from_config(class, &json!({}))).unwrap();
        let tensors: Vec<_> = inputs.iter().map(|_| Input([4, 1]).tensor()).collect();
        let merged = layer.shared().apply(&tensors[..]).unwrap();
        let model = Model::new(&tensors[..], merged).unwrap().build(&device).unwrap();
        let signal = |&(values, mask): &([f32; 4], [bool; 4])| {
            let mask = Tensor::<2, Bool>::from_data([mask], &device);
            Signal::new(Tensor::<3>::from_data([values.map(|value| [value])], &device)).with_mask(Some(mask.into()))
        };
        let inputs = inputs.iter().map(signal).collect();
        let output = model.call(inputs, &mut CallContext::new(Mode::Inference)).unwrap().remove(0);
        let mask = output.mask().unwrap().clone().bool::<2>().unwrap();
        (output.float::<3>().unwrap().into_data().iter().collect(), mask.into_data().iter().collect())
    }

    /// What Keras 3.15 returns for these values and masks; by Keras 2's rule, values stay and all masks must hold.
    #[test]
    fn masks_are_joined_as_in_the_version_of_the_model() {
        let [a, b, c] = [[2.0, 3.0, 5.0, 7.0], [11.0, 13.0, 17.0, 19.0], [1.0, 4.0, 6.0, 8.0]];
        let [of_a, of_b] = [[true, true, false, false], [true, false, true, false]];
        let two = [(a, of_a), (b, of_b)];
        let either = vec![true, true, true, false];
        let both = vec![true, false, false, false];
        for (class, today, of_keras_2) in [
            ("Add", [13.0, 16.0, 22.0, 26.0], [13.0, 16.0, 22.0, 26.0]),
            ("Multiply", [22.0, 3.0, 17.0, 0.0], [22.0, 39.0, 85.0, 133.0]),
            ("Maximum", [11.0, 3.0, 17.0, 7.0], [11.0, 13.0, 17.0, 19.0]),
            ("Minimum", [2.0, 3.0, 17.0, 7.0], [2.0, 3.0, 5.0, 7.0]),
        ] {
            assert_eq!(masked(class, MaskRules::Current, &two), (today.to_vec(), either.clone()), "{class}");
            assert_eq!(masked(class, MaskRules::Keras2, &two), (of_keras_2.to_vec(), both.clone()), "{class}");
        }
        // The third value is merged with what is unmasked of the first two.
        let three = [(a, of_a), (b, of_b), (c, [true; 4])];
        let merged = |class| masked(class, MaskRules::Current, &three).0;
        assert_eq!(merged("Multiply"), [22.0, 12.0, 102.0, 8.0]);
        assert_eq!(merged("Maximum"), [11.0, 4.0, 17.0, 8.0]);
        assert_eq!(merged("Minimum"), [1.0, 3.0, 6.0, 8.0]);
        let (_, mask) = masked("Concatenate", MaskRules::Current, &two);
        assert_eq!(mask, either);
        let (_, mask) = masked("Concatenate", MaskRules::Keras2, &two);
        assert_eq!(mask, both);
    }

    /// The graph joins the masks for a layer that takes them: the mean of the unmasked timesteps. The values are
    /// Keras's.
    #[test]
    fn a_layer_that_takes_masks_gets_the_joined_one() {
        let table = array![[9.0_f32, 9.0], [1.0, 0.0], [0.0, 2.0]];
        for (rules, expected) in [(MaskRules::Current, [5.0, 6.5]), (MaskRules::Keras2, [1.0, 2.0])] {
            let (a, b) = (Input([3]), Input([3]));
            let [x, y] = [&a, &b].map(|words| Embedding(3, 2).mask_zero(true).weights(&table).apply(words).unwrap());
            let layer = under_mask_rules(rules, || from_config("Add", &json!({}))).unwrap();
            let pooled = GlobalAveragePooling1D().apply(layer.shared().apply((&x, &y)).unwrap()).unwrap();
            let model = Model::new((&a, &b), &pooled).unwrap().build(&Device::default()).unwrap();
            let found = model.predict((&array![[1_i32, 2, 0]], &array![[2_i32, 0, 0]]), 1).unwrap();
            assert_eq!([found[[0, 0]], found[[0, 1]]], expected, "{rules:?}");
        }
    }
}
