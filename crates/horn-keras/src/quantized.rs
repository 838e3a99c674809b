//! Quantized layers, whose weights are read as floats, and layers with LoRA's matrices, which files have added to the
//! kernel.

use std::collections::HashMap;

use horn_nn::{Error, Model, Result};
use serde_json::{Value, json};

use crate::arrays::{DType, Values};
use crate::h5::WeightsReader;
use crate::layers;

/// Arguments of layers that say how their weights are kept.
const OF_WEIGHTS: [&str; 4] = ["gptq_unpacked_column_size", "lora_alpha", "lora_rank", "quantization_config"];

/// Replaces quantized layers by those that they are without, in the object of a model.
///
/// A layer with a quantizer for its inputs, which rounds them to 8 bits whenever it is called, keeps this quantizer.
///
/// # Errors
///
/// If a layer is quantized in another way than to `int8` or `int4`.
pub(crate) fn dequantize(object: &mut Value) -> Result<()> {
    layers::each_at_any_depth(object, &mut |class, config| {
        let policy = config.get("dtype").filter(|dtype| !dtype["config"]["mode"].is_null()).cloned();
        let quantizers = config.get("quantization_config").cloned().unwrap_or_default();
        for key in OF_WEIGHTS {
            config.remove(key);
        }
        let Some(policy) = policy else { return Ok(()) };
        let name = config.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mode = policy["config"]["mode"].as_str().unwrap_or_default();
        let kind = mode.split('/').next().unwrap_or_default();
        if !["int8", "int4"].contains(&kind) {
            return Err(Error::argument("the layer is quantized in a way that Horn can't read")
                .at(format!("layer {name:?}"))
                .received(mode)
                .expected("int8 or int4")
                .hint("save the model before it is quantized"));
        }
        let quantizer = match &quantizers {
            // The default, which files before version 3.12 have not written.
            Value::Null if kind == "int8" => json!({"class_name": "AbsMaxQuantizer", "config": {}}),
            quantizers => quantizers["config"]["activation_quantizer"].clone(),
        };
        if ["Dense", "EinsumDense", "ReversibleEmbedding"].contains(&class) && !quantizer.is_null() {
            config.insert("quantization_config".to_owned(), json!({"config": {"activation_quantizer": quantizer}}));
        }
        let source = policy["config"]["source_name"].clone();
        let plain = json!({
            "module": "keras", "class_name": "DTypePolicy", "config": {"name": source}, "registered_name": null,
        });
        config.insert("dtype".to_owned(), plain);
        Ok(())
    })
}

/// The quantized kernel of a layer, by the paths of its variables.
#[derive(Debug, Clone)]
pub(crate) struct Kernel {
    values: String,
    scale: String,
    /// The zero points and the groups, where blocks of a column have a scale of their own.
    blocks: Option<(String, String)>,
    class: Class,
}

/// The classes of layers that can be quantized.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Class {
    Dense,
    EinsumDense { equation: String },
    Embedding,
}

/// What the layers of a model say about their kernels, by the paths of their groups.
pub(crate) struct Classes(HashMap<String, Class>);

impl Classes {
    /// # Errors
    ///
    /// If a layer can't be written, such as a `Lambda`.
    pub fn of(model: &Model) -> Result<Self> {
        let mut classes = HashMap::new();
        layers::each(&model.serialize()?, |layer| {
            let class = match layer.object["class_name"].as_str() {
                Some("Dense") => Class::Dense,
                Some("EinsumDense") => {
                    let equation = layer.object["config"]["equation"].as_str().unwrap_or_default().to_owned();
                    Class::EinsumDense { equation }
                }
                Some("Embedding" | "ReversibleEmbedding") => Class::Embedding,
                _ => return,
            };
            classes.insert(layer.path, class);
        });
        Ok(Self(classes))
    }

    /// The quantized kernel among the variables of a group, if they are those of a quantized layer with so many weights. The
    /// other weights follow it.
    pub fn kernel(&self, group: &str, file: &WeightsReader, variables: &[String], weights: usize) -> Option<Kernel> {
        let class = self.0.get(group)?.clone();
        let values =
            variables.first().filter(|path| file.describe(path).is_ok_and(|found| found.dtype == Some(DType::I8)))?;
        let blocks = match variables.get(weights + 1..)? {
            [] => None,
            [zeros, groups] => Some((zeros.clone(), groups.clone())),
            _ => return None,
        };
        Some(Kernel { values: values.clone(), scale: variables.get(weights)?.clone(), blocks, class })
    }
}

impl Kernel {
    /// All variables that belong to the kernel.
    pub fn paths(&self) -> impl Iterator<Item = &String> {
        let blocks = self.blocks.iter().flat_map(|(zeros, groups)| [zeros, groups]);
        [&self.values, &self.scale].into_iter().chain(blocks)
    }

    /// Reads the kernel, which has this shape, as floats.
    ///
    /// # Errors
    ///
    /// If a variable can't be read, or the variables don't fit the kernel.
    pub fn read(&self, file: &WeightsReader, sizes: &[usize]) -> Result<Vec<f32>> {
        let found = |path: &str| {
            Ok::<_, Error>(file.describe(path)?.sizes.iter().map(|&size| size as usize).collect::<Vec<usize>>())
        };
        let floats =
            |path: &str| Ok::<_, Error>(file.read(path, &found(path)?)?.into_f32()?.into_raw_vec_and_offset().0);
        let stored = found(&self.values)?;
        let Values::I8(integers) = file.read(&self.values, &stored)?.into_values() else {
            return Err(self.misfit("its kernel is not of int8"));
        };
        let scale = floats(&self.scale)?;
        let count: usize = sizes.iter().product();
        // Integers of 4 bits are packed along the last axis, which is then about half as long.
        let is_packed = stored != sizes;
        let columns = match (&self.class, is_packed) {
            (Class::Embedding, _) | (_, false) => sizes.last().copied().unwrap_or(1),
            (_, true) => found(&self.scale)?.last().copied().unwrap_or(1),
        };
        let integers: Vec<f32> = match is_packed {
            false => integers.into_iter().map(f32::from).collect(),
            true => unpacked(&integers, columns),
        };
        if integers.len() != count || columns == 0 || scale.is_empty() {
            return Err(self.misfit("its kernel has another shape than the layer's"));
        }
        let rows = count / columns;
        if let Some((zeros, groups)) = &self.blocks {
            let (zeros, groups) = (floats(zeros)?, floats(groups)?);
            let of_columns = self.class == Class::Embedding;
            let places = if of_columns { columns } else { rows };
            let (height, width) =
                if of_columns { (rows, scale.len() / rows.max(1)) } else { (scale.len() / columns, columns) };
            let inside =
                groups.iter().all(|&group| group >= 0.0 && (group as usize) < if of_columns { width } else { height });
            if zeros.len() != scale.len() || groups.len() != places || height * width != scale.len() || !inside {
                return Err(self.misfit("the scales of its blocks don't fit the kernel"));
            }
            let value = |(at, integer): (usize, f32)| {
                let (row, column) = (at / columns, at % columns);
                let block = match of_columns {
                    true => row * width + groups[column] as usize,
                    false => groups[row] as usize * width + column,
                };
                (integer - zeros[block]) * scale[block]
            };
            return Ok(integers.into_iter().enumerate().map(value).collect());
        }
        let scales: Vec<f32> = match &self.class {
            Class::Embedding => (0..count).filter_map(|at| scale.get(at / columns).copied()).collect(),
            Class::EinsumDense { equation } if !is_packed => {
                by_letter(equation, sizes, &scale).ok_or_else(|| self.misfit("its scales don't fit the equation"))?
            }
            _ => (0..count).filter_map(|at| scale.get(at % columns).copied()).collect(),
        };
        if scales.len() != count {
            return Err(self.misfit("its scales don't fit the kernel"));
        }
        Ok(integers.iter().zip(scales).map(|(integer, scale)| integer / scale).collect())
    }

    fn misfit(&self, problem: &str) -> Error {
        Error::file(format!("the quantized layer can't be read: {problem}"))
            .at(format!("variable {:?}", self.values))
            .hint("save the model again")
    }
}

/// The integers of 4 bits in rows of bytes, the lower half of a byte first.
fn unpacked(bytes: &[i8], columns: usize) -> Vec<f32> {
    let signed = |half: u8| f32::from((half ^ 8) as i8 - 8);
    let rows = bytes.chunks(columns.div_ceil(2).max(1));
    let values = |row: &[i8]| {
        let halves = row.iter().flat_map(|&byte| [byte as u8 & 15, byte as u8 >> 4]);
        halves.take(columns).map(signed).collect::<Vec<f32>>()
    };
    rows.flat_map(values).collect()
}

/// The scale of each value of an `EinsumDense`'s kernel. There is one for each combination of the axes that the output
/// has, in the order of the output.
fn by_letter(equation: &str, sizes: &[usize], scale: &[f32]) -> Option<Vec<f32>> {
    let (inputs, output) = equation.split_once("->")?;
    let kernel: Vec<char> = inputs.split_once(',')?.1.trim().chars().collect();
    if kernel.len() != sizes.len() {
        return None;
    }
    let mut strides = vec![0; kernel.len()];
    let mut stride = 1;
    for letter in output.trim().chars().rev() {
        if let Some(axis) = kernel.iter().position(|&other| other == letter) {
            strides[axis] = stride;
            stride = sizes[axis].checked_mul(stride)?;
        }
    }
    if stride != scale.len() {
        return None;
    }
    let place = |mut at: usize| {
        let mut place = 0;
        for (size, stride) in sizes.iter().zip(&strides).rev() {
            place += at % size * stride;
            at /= size;
        }
        scale[place]
    };
    Some((0..sizes.iter().product()).map(place).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_bytes_are_signed_integers() {
        // From the docs of Keras's `unpack_int4`.
        assert_eq!(unpacked(&[125, 2, 24, 0], 3), [-3.0, 7.0, 2.0, -8.0, 1.0, 0.0]);
    }

    #[test]
    fn scales_are_in_the_order_of_the_output() {
        let scale = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        // The kernel is (c, d, e) = (1, 2, 3), the output has e before d.
        let scales = by_letter("abc,cde->abed", &[1, 2, 3], &scale).unwrap();
        assert_eq!(scales, [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
        assert_eq!(by_letter("abc,cde->abde", &[1, 2, 3], &scale).unwrap(), scale);
        assert_eq!(by_letter("...c,cd->...d", &[2, 2], &scale[..2]).unwrap(), [1.0, 2.0, 1.0, 2.0]);
        assert_eq!(by_letter("abc,cd->abd", &[2, 3], &scale), None);
        assert_eq!(by_letter("abc", &[2], &scale), None);
    }

    #[test]
    fn other_kinds_of_quantization_are_an_error() {
        let layer = |mode: &str| {
            json!({"class_name": "Dense", "config": {
                "name": "d",
                "dtype": {"class_name": "QuantizedDTypePolicy", "config": {"mode": mode, "source_name": "float32"}},
            }})
        };
        let mut plain = layer("int4/128");
        dequantize(&mut plain).unwrap();
        assert_eq!(plain["config"]["dtype"]["config"], json!({"name": "float32"}));
        assert_eq!(
            dequantize(&mut layer("float8")).unwrap_err().to_string(),
            "layer \"d\": the layer is quantized in a way that Horn can't read; received float8, expected int8 or int4. \
             Hint: save the model before it is quantized."
        );
    }
}
