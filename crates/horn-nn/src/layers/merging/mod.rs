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
    use burn::tensor::{Device, Tensor};

    use super::*;
    use crate::layers::Input;
    use crate::{CallContext, Mode, Model, Signal};

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
}
