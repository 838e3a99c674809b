//! LoRA's matrices, which legacy `.h5` files keep beside the kernel. Other files have added them to it.

use std::collections::HashMap;

use horn_nn::{Error, Result};
use serde_json::Value;

use crate::h5::WeightsReader;
use crate::layers;

/// The two matrices whose product is added to a kernel, by the paths of their variables.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lora {
    pub kernel: String,
    pub a: String,
    pub b: String,
    /// What the product counts, as a multiple of 1 / rank; the rank itself by default.
    alpha: Option<f64>,
}

/// Takes the matrices from the variables of a layer, and puts their kernels where those of other layers stand: before
/// the weights that are trained with the matrices. In the file a kernel is among the weights that are not trained.
///
/// # Errors
///
/// If the layer does not say how much the matrices count.
pub(crate) fn take(variables: Vec<String>, layer: &Value) -> Result<(Vec<String>, Vec<Lora>)> {
    let mut loras = HashMap::new();
    for a in &variables {
        let Some((group, own)) = a.rsplit_once('/') else { continue };
        let Some(part) = own.strip_prefix("lora_").and_then(|own| own.strip_suffix("_a")) else { continue };
        let (kernel, b) = (format!("{group}/{part}"), format!("{group}/lora_{part}_b"));
        if variables.contains(&kernel) && variables.contains(&b) {
            let alpha = alpha(layer, group.rsplit('/').next().unwrap_or(group))?;
            loras.insert(group.to_owned(), Lora { kernel, a: a.clone(), b, alpha });
        }
    }
    if loras.is_empty() {
        return Ok((variables, Vec::new()));
    }
    let (mut ordered, mut found) = (Vec::new(), Vec::new());
    let mut parts = Vec::new();
    for variable in variables {
        let group = variable.rsplit_once('/').map_or("", |(group, _)| group);
        if let Some(lora) = loras.remove(group) {
            ordered.push(lora.kernel.clone());
            parts.extend([lora.kernel.clone(), lora.a.clone(), lora.b.clone()]);
            found.push(lora);
        }
        if !parts.contains(&variable) {
            ordered.push(variable);
        }
    }
    Ok((ordered, found))
}

/// What the layer of this name, which is the given one or inside of it, says about its matrices.
fn alpha(layer: &Value, name: &str) -> Result<Option<f64>> {
    let mut found = Vec::new();
    layers::each_at_any_depth(&mut layer.clone(), &mut |_, config| {
        let is_it = config.get("name").is_some_and(|own| own == name);
        if is_it && config.get("lora_rank").is_some_and(Value::is_number) {
            found.push(config.get("lora_alpha").and_then(Value::as_f64));
        }
        Ok(())
    })?;
    found.dedup();
    match found[..] {
        [alpha] => Ok(alpha),
        _ => Err(Error::file("the file does not say how much LoRA's matrices count")
            .at(format!("layer {name:?}"))
            .received(format!("{} answers", found.len()))
            .expected("one lora_alpha for the layer")
            .hint("save the model as `.keras`")),
    }
}

impl Lora {
    /// Adds the product of the matrices to the values of the kernel, which has this shape.
    ///
    /// # Errors
    ///
    /// If a matrix can't be read, or the two don't fit the kernel.
    pub fn add(&self, file: &WeightsReader, kernel: &mut [f32], sizes: &[usize]) -> Result<()> {
        let columns = sizes.last().copied().unwrap_or(1);
        let rows: usize = sizes.iter().rev().skip(1).product();
        let [found_a, found_b] = [&self.a, &self.b].map(|path| {
            Ok::<_, Error>(file.describe(path)?.sizes.iter().map(|&size| size as usize).collect::<Vec<usize>>())
        });
        let (found_a, found_b) = (found_a?, found_b?);
        let rank = found_b.first().copied().unwrap_or(0);
        let mut expected = sizes[..sizes.len().saturating_sub(1)].to_vec();
        expected.push(rank);
        if rank == 0 || found_b != [rank, columns] || found_a != expected {
            return Err(Error::file("LoRA's matrices don't fit the kernel")
                .at(format!("variable {:?}", self.kernel))
                .received(format!("{found_a:?} and {found_b:?}"))
                .expected(format!("{expected:?} and [{rank}, {columns}]"))
                .hint("save the model again"));
        }
        let read = |path: &str, sizes: &[usize]| file.read(path, sizes)?.into_f32();
        let flat = |array: ndarray::ArrayD<f32>, sizes: (usize, usize)| {
            array.into_shape_with_order(sizes).map_err(|error| Error::file("the matrix can't be read").because(error))
        };
        let a = flat(read(&self.a, &found_a)?, (rows, rank))?;
        let b = flat(read(&self.b, &found_b)?, (rank, columns))?;
        let factor = self.alpha.map_or(1.0, |alpha| alpha / rank as f64) as f32;
        for (value, added) in kernel.iter_mut().zip(a.dot(&b).iter()) {
            *value += factor * added;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn kernels_come_back_to_their_places() {
        let dense = |name: &str, alpha: Value| json!({"class_name": "Dense", "config": {"name": name, "lora_rank": 2, "lora_alpha": alpha}});
        let model = json!({"class_name": "Sequential", "config": {
            "name": "m", "layers": [dense("one", 4.0.into()), dense("two", Value::Null)],
        }});
        let own = |name: &str| [format!("m/{name}/lora_kernel_a"), format!("m/{name}/lora_kernel_b")];
        let mut variables = names(&["m/one/bias"]);
        variables.extend(own("one"));
        variables.extend(own("two"));
        variables.extend(names(&["m/norm/gamma", "m/one/kernel", "m/two/kernel", "m/norm/moving_mean"]));
        let (ordered, loras) = take(variables.clone(), &model).unwrap();
        let expected = ["m/one/kernel", "m/one/bias", "m/two/kernel", "m/norm/gamma", "m/norm/moving_mean"];
        assert_eq!(ordered, names(&expected));
        assert_eq!(loras.iter().map(|lora| lora.alpha).collect::<Vec<_>>(), [Some(4.0), None]);

        let error = take(variables, &dense("one", 1.into())).unwrap_err();
        assert!(error.to_string().contains("layer \"two\": the file does not say how much"), "{error}");
        let plain = names(&["m/one/kernel", "m/one/bias"]);
        assert_eq!(take(plain.clone(), &model).unwrap(), (plain, Vec::new()));
    }

    /// A layer that models share stands in each of them.
    #[test]
    fn a_layer_may_say_twice_how_much_its_matrices_count_but_not_differently() {
        let dense =
            |alpha: f64| json!({"class_name": "Dense", "config": {"name": "one", "lora_rank": 2, "lora_alpha": alpha}});
        let inner =
            |alpha: f64| json!({"class_name": "Sequential", "config": {"name": "inner", "layers": [dense(alpha)]}});
        let model = |inner| json!({"class_name": "Sequential", "config": {"name": "m", "layers": [inner, dense(4.0)]}});
        let variables = names(&["one/kernel", "one/bias", "one/lora_kernel_a", "one/lora_kernel_b"]);
        let (ordered, loras) = take(variables.clone(), &model(inner(4.0))).unwrap();
        assert_eq!(ordered, names(&["one/kernel", "one/bias"]));
        assert_eq!(loras.iter().map(|lora| lora.alpha).collect::<Vec<_>>(), [Some(4.0)]);
        let error = take(variables, &model(inner(2.0))).unwrap_err().to_string();
        assert!(error.contains("received 2 answers, expected one lora_alpha for the layer"), "{error}");
    }
}
