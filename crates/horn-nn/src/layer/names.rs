//! The names of layers, assigned and numbered as in Keras.

use std::collections::{HashMap, HashSet};

use crate::error::{Error, Result};
use crate::layer::description::Layer;

/// The names of the layers: the given ones, and for the others the class in snake case with a number.
pub(crate) fn names<'a>(model: &str, layers: impl IntoIterator<Item = &'a dyn Layer>) -> Result<Vec<String>> {
    check_model(model)?;
    let items: Vec<_> = layers.into_iter().map(|layer| (layer.name(), layer.class_name())).collect();
    let mut taken = HashSet::new();
    for name in items.iter().filter_map(|(name, _)| *name) {
        check(name).map_err(|error| error.at(format!("layer {name:?}")))?;
        if !taken.insert(name) {
            return Err(Error::model("two layers have one name")
                .at(format!("model {model:?}"))
                .received(format!("{name:?} twice"))
                .expected("names that differ")
                .hint(format!("rename one, as in `.name(\"{name}_2\")`")));
        }
    }
    let others = items.iter().filter(|(name, _)| name.is_none()).map(|(_, class)| *class);
    let mut numbered = numbered_beside(taken, others).into_iter();
    let mut named = |(name, _): (Option<&str>, &str)| match name {
        Some(name) => name.to_owned(),
        None => numbered.next().expect("there is a numbered name for all without one"),
    };
    Ok(items.into_iter().map(&mut named).collect())
}

/// Refuses the names that Keras refuses, as they are parts of paths in its files.
pub(crate) fn check(name: &str) -> Result<()> {
    if name.is_empty() { Err(forbidden(name)) } else { check_characters(name) }
}

/// Refuses a model's name that has such characters.
pub(crate) fn check_model(name: &str) -> Result<()> {
    check_characters(name).map_err(|error| error.at(format!("model {name:?}")))
}

fn check_characters(name: &str) -> Result<()> {
    if name.contains(['/', '\0']) { Err(forbidden(name)) } else { Ok(()) }
}

fn forbidden(name: &str) -> Error {
    Error::argument("the name is not valid")
        .received(format!("{name:?}"))
        .expected("at least one character, and none of `/` and NUL")
        .hint("name it by letters, digits and underscores")
}

/// The classes in snake case, with `_1` for the second layer of a class and so on.
pub fn numbered<'a>(classes: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    numbered_beside(HashSet::new(), classes)
}

/// As [`numbered`], but skips the names that are taken.
pub(crate) fn numbered_beside<'a>(taken: HashSet<&str>, classes: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut number = |class: &str| {
        let class = snake_case(class);
        let count = counts.entry(class.clone()).or_default();
        loop {
            let name = if *count == 0 { class.clone() } else { format!("{class}_{count}") };
            *count += 1;
            if !taken.contains(name.as_str()) {
                return name;
            }
        }
    };
    classes.into_iter().map(&mut number).collect()
}

/// The location of an error: how messages name a layer.
pub(crate) fn place(name: &str, layer: &dyn Layer) -> String {
    let what = if layer.conventions().is_operation { "function" } else { "layer" };
    format!("{what} {name:?} ({})", layer.class_name())
}

/// Keras's conversion to snake case: `Dense` → `dense`, `ReLU` → `re_lu`, `MaxPooling2D` → `max_pooling2d`.
pub(crate) fn snake_case(class: &str) -> String {
    let chars: Vec<char> = class.chars().collect();
    let mut name = String::new();
    for (at, &char) in chars.iter().enumerate() {
        let after_lower = at > 0 && (chars[at - 1].is_lowercase() || chars[at - 1].is_ascii_digit());
        let before_lower = at > 0 && chars.get(at + 1).is_some_and(|next| next.is_lowercase());
        if char.is_uppercase() && (after_lower || before_lower) && !is_dimension(&chars, at) {
            name.push('_');
        }
        name.extend(char.to_lowercase());
    }
    name
}

/// The `D` of `Conv2D` is not separated from its digit.
fn is_dimension(chars: &[char], at: usize) -> bool {
    chars[at] == 'D' && at > 0 && chars[at - 1].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use crate::layer::names::snake_case;

    #[test]
    fn names_are_keras_s() {
        for (class, name) in [
            ("Dense", "dense"),
            ("ReLU", "re_lu"),
            ("PReLU", "p_re_lu"),
            ("InputLayer", "input_layer"),
            ("MaxPooling2D", "max_pooling2d"),
            ("Conv2DTranspose", "conv2d_transpose"),
            ("GlobalAveragePooling1D", "global_average_pooling1d"),
            ("LSTM", "lstm"),
            ("ConvLSTM2D", "conv_lstm2d"),
            ("GRUCell", "gru_cell"),
        ] {
            assert_eq!(snake_case(class), name);
        }
    }
}
