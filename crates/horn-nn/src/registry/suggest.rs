//! Suggestions for an unknown name.

/// A hint that suggests the two nearest known names.
pub fn did_you_mean(name: &str, known: &[&str]) -> String {
    let [first, second] = nearest(name, known);
    format!("write {first:?} or {second:?}, if that is what you meant")
}

/// The two known names that are most similar to the given one: those that share the most pairs of adjacent letters.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> [&'a str; 2] {
    let wanted = pairs(name);
    let similarity = |other: &str| {
        let pairs = pairs(other);
        let shared = pairs.iter().filter(|pair| wanted.contains(pair)).count();
        2000 * shared / (pairs.len() + wanted.len()).max(1)
    };
    let mut known = known.to_vec();
    known.sort_by_cached_key(|other| std::cmp::Reverse(similarity(other)));
    [0, 1].map(|i| known.get(i).copied().unwrap_or_default())
}

/// The pairs of adjacent letters, ignoring case and underscores. Only the first 100 characters count: no name is longer,
/// and untrusted input may be.
fn pairs(name: &str) -> Vec<[char; 2]> {
    let letters: Vec<char> =
        name.chars().take(100).flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect();
    letters.windows(2).map(|pair| [pair[0], pair[1]]).collect()
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
    }
}
