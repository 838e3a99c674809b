//! The state of an optimizer, as files have it.

use horn_nn::Result;
use horn_train::optimizers::OptimizerValue;

use crate::arrays::DType;
use crate::h5::WeightsReader;
use crate::legacy;

/// The values of the optimizer's variables, if the file has them.
pub(crate) fn optimizer_values(weights: &WeightsReader) -> Result<Option<Vec<OptimizerValue>>> {
    let mut paths: Vec<String> =
        (0..).map(|at| format!("optimizer/vars/{at}")).take_while(|path| weights.is_dataset(path)).collect();
    let named = legacy::optimizer_variables(weights)?;
    paths.extend(named.iter().map(|name| format!("optimizer_weights/{name}")));
    let value = |path: &String| {
        let found = weights.describe(path)?;
        let sizes: Vec<usize> = found.sizes.iter().map(|&size| size as usize).collect();
        let is_float = matches!(found.dtype, Some(DType::F16 | DType::Bf16 | DType::F32 | DType::F64));
        let array = weights.read(path, &sizes)?;
        Ok(match is_float {
            true => OptimizerValue::Float(array.into_f32()?),
            false => OptimizerValue::Int(array.to_scalar()? as i64),
        })
    };
    let values = paths.iter().map(value).collect::<Result<Vec<_>>>()?;
    Ok(if values.is_empty() { None } else { Some(values) })
}
