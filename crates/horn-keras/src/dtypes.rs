//! The dtypes of weights in Keras's files. In memory all weights are float32, also where a layer computes in half precision.

use burn::tensor::{bf16, f16};
use horn_nn::{Model, Result};
use horn_train::optimizers::{OptimizerValue, OptimizerVariable};
use ndarray::ArrayD;
use serde_json::Value;

use crate::arrays::{Array, DType, Values};

/// The dtype of each weight, from the configurations of the layers.
pub(crate) fn of_weights(model: &Model) -> Vec<DType> {
    let mut dtypes = Vec::new();
    for layer in model.layers() {
        if let Some(nested) = layer.as_model() {
            dtypes.extend(of_weights(nested));
            continue;
        }
        if layer.weights().is_empty() {
            continue;
        }
        let own = dtype_of(&layer.layer().config());
        dtypes.extend(layer.weights().iter().map(|weight| if weight.is_integer { DType::I32 } else { own }));
    }
    dtypes
}

/// The dtype in a layer's configuration; for a wrapper, that of the layer inside.
fn dtype_of(config: &Value) -> DType {
    if let Some(inner) = config.get("layer").and_then(|layer| layer.get("config")) {
        return dtype_of(inner);
    }
    let dtype = &config["dtype"];
    match dtype.as_str().or_else(|| dtype["config"]["name"].as_str()) {
        Some("float16") => DType::F16,
        Some("bfloat16") => DType::Bf16,
        Some("float64") => DType::F64,
        // Weights of mixed policies are float32.
        _ => DType::F32,
    }
}

/// A variable of the optimizer as an array, given the dtypes of the weights.
pub(crate) fn of_optimizer(variable: &OptimizerVariable, weights: &[DType]) -> Result<Array> {
    match &variable.value {
        // Keras on JAX has an int32 counter; a count that does not fit stays an int64.
        OptimizerValue::Int(count) => Ok(i32::try_from(*count).map_or(Array::scalar(*count), Array::scalar)),
        OptimizerValue::Float(values) => array(values.clone(), variable.weight.map_or(DType::F32, |at| weights[at])),
    }
}

/// The values converted to this dtype if the conversion is exact; otherwise unchanged.
pub(crate) fn array(values: ArrayD<f32>, dtype: DType) -> Result<Array> {
    let sizes = values.shape().to_vec();
    let values = values.into_raw_vec_and_offset().0;
    let same = |value: f32, again: f32| value.to_bits() == again.to_bits();
    let values = match dtype {
        DType::F16 if values.iter().all(|&value| same(value, f16::from_f32(value).to_f32())) => {
            Values::F16(values.into_iter().map(|value| f16::from_f32(value).to_bits()).collect())
        }
        DType::Bf16 if values.iter().all(|&value| same(value, bf16::from_f32(value).to_f32())) => {
            Values::Bf16(values.into_iter().map(|value| bf16::from_f32(value).to_bits()).collect())
        }
        DType::F64 => Values::F64(values.into_iter().map(f64::from).collect()),
        DType::I32 if values.iter().all(|&value| same(value, value as i32 as f32)) => {
            Values::I32(values.into_iter().map(|value| value as i32).collect())
        }
        _ => Values::F32(values),
    };
    Array::new(sizes, values)
}

#[cfg(test)]
mod tests {
    use horn_nn::default_device;
    use horn_train::losses::MeanSquaredError;
    use horn_train::optimizers::SGD;
    use horn_train::{Compile, CompiledModel};
    use ndarray::{arr1, arr2};
    use serde_json::json;

    use super::*;
    use crate::archive::Archive;
    use crate::h5::WeightsReader;
    use crate::{SaveModel, fixture, load_model};

    #[test]
    fn values_that_would_change_stay_as_they_are() {
        let values = |values: &[f32]| arr1(values).into_dyn();
        let dtype = |all: &[f32], dtype| array(values(all), dtype).unwrap().dtype();
        assert_eq!(dtype(&[1.0, -0.5, 65504.0], DType::F16), DType::F16);
        assert_eq!(dtype(&[1.0, 0.1], DType::F16), DType::F32);
        assert_eq!(dtype(&[1e6], DType::F16), DType::F32);
        assert_eq!(dtype(&[1.0, 3e38], DType::Bf16), DType::F32);
        assert_eq!(dtype(&[1.5], DType::Bf16), DType::Bf16);
        assert_eq!(dtype(&[3.0], DType::I32), DType::I32);
        assert_eq!([dtype(&[3.5], DType::I32), dtype(&[f32::NAN], DType::I32)], [DType::F32; 2]);
        assert_eq!(array(values(&[0.1]), DType::F64).unwrap().into_f32().unwrap(), values(&[0.1]));
    }

    #[test]
    fn weights_are_written_in_the_dtype_that_they_had() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["models/bfloat16.keras", "models/normalization.keras"] {
            let model: Model = load_model(fixture(name)).unwrap();
            let dtypes = |file: &WeightsReader| -> Vec<_> {
                file.datasets().map(|found| (found.path.to_owned(), found.dtype)).collect()
            };
            let keras = Archive::open(fixture(name)).unwrap().weights().unwrap();
            let path = folder.path().join("again.weights.h5");
            model.save_weights(&path).unwrap();
            assert_eq!(dtypes(&WeightsReader::open(&path).unwrap()), dtypes(&keras), "{name}");
            let legacy = folder.path().join("again.h5");
            model.save(&legacy).unwrap();
            assert_eq!(load_model::<Model>(&legacy).unwrap().get_weights(), model.get_weights());
        }
    }

    #[test]
    fn layers_may_have_another_dtype_than_the_model() {
        let layer = |dtype: Value| json!({"class_name": "Dense", "config": {"units": 1, "dtype": dtype, "kernel_initializer": "ones"}});
        let policy = json!({"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float16"}});
        let model = json!({"class_name": "Sequential", "config": {"name": "model", "layers": [
            {"class_name": "InputLayer", "config": {"batch_shape": [null, 1], "name": "x"}},
            layer("float32".into()), layer(policy), layer("mixed_bfloat16".into()), layer("float64".into()),
        ]}});
        let model = Model::deserialize(&model, &default_device().unwrap()).unwrap();
        let expected = [DType::F32, DType::F16, DType::F32, DType::F64];
        assert_eq!(of_weights(&model), expected.map(|dtype| [dtype; 2]).concat());
    }

    #[test]
    fn what_an_optimizer_remembers_has_the_dtype_of_its_weight() {
        let layer =
            |dtype: &str| json!({"class_name": "Dense", "config": {"units": 1, "use_bias": false, "dtype": dtype}});
        let model = json!({"class_name": "Sequential", "config": {"name": "model", "layers": [
            {"class_name": "InputLayer", "config": {"batch_shape": [null, 1], "name": "x"}},
            layer("float32"), layer("float16"), layer("bfloat16"), layer("mixed_float16"), layer("float64"),
        ]}});
        let model = Model::deserialize(&model, &default_device().unwrap()).unwrap();
        let mut model = model.compile(SGD::new(0.1).momentum(0.9), MeanSquaredError::new(), ()).unwrap();
        let mut values: Vec<_> = model.optimizer_variables().unwrap().into_iter().map(|found| found.value).collect();
        let folder = tempfile::tempdir().unwrap();
        let mut written = |value: f32| {
            values[2..].fill(OptimizerValue::Float(arr2(&[[value]]).into_dyn()));
            model.set_optimizer_variables(&values).unwrap();
            let (path, legacy) = (folder.path().join("model.keras"), folder.path().join("model.h5"));
            model.save(&path).unwrap();
            model.save(&legacy).unwrap();
            for file in [&path, &legacy] {
                let again: CompiledModel = load_model(file).unwrap();
                assert_eq!(again.optimizer_variables().unwrap(), model.optimizer_variables().unwrap());
            }
            let file = Archive::open(&path).unwrap().weights().unwrap();
            (0..7).map(|at| file.describe(&format!("optimizer/vars/{at}")).unwrap().dtype.unwrap()).collect::<Vec<_>>()
        };
        use DType::{Bf16, F16, F32, F64, I32};
        assert_eq!(written(1.5), [I32, F32, F32, F16, Bf16, F32, F64]);
        // A value that a narrow dtype can't represent exactly is not converted.
        assert_eq!(written(0.1), [I32, F32, F32, F32, F32, F32, F64]);
    }
}
