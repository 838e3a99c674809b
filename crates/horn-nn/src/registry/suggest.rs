//! Suggestions for an unknown name.

use std::cmp::Reverse;

use strsim::jaro_winkler;

/// A hint that suggests the two nearest known names.
pub fn did_you_mean(name: &str, known: &[&str]) -> String {
    let [first, second] = nearest(name, known);
    if second.is_empty() {
        return format!("write {first:?}, if that is what you meant");
    }
    format!("write {first:?} or {second:?}, if that is what you meant")
}

/// The two known names that are most similar to the given one, by Jaro and Winkler: whatever their case and underscores.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> [&'a str; 2] {
    let wanted = letters(name);
    let mut known = known.to_vec();
    known.sort_by_cached_key(|other| Reverse((1e6 * jaro_winkler(&wanted, &letters(other))) as u64));
    [0, 1].map(|i| known.get(i).copied().unwrap_or_default())
}

/// The letters and digits in lower case. Only the first 100 characters count: no name is longer, and untrusted input may be.
fn letters(name: &str) -> String {
    name.chars().take(100).flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_names_come_first() {
        let known = ["zeros", "glorot_normal", "glorot_uniform", "he_normal"];
        assert_eq!(nearest("glorot_unifrom", &known)[0], "glorot_uniform");
        assert_eq!(nearest("HeNorm", &known)[0], "he_normal");
        assert_eq!(nearest("glorot", &known), ["glorot_normal", "glorot_uniform"]);
        assert_eq!(nearest("GLOROT_NORM", &known)[0], "glorot_normal");
        assert_eq!(nearest("heros", &known)[0], "zeros");
    }
}
