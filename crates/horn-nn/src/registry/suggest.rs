//! What was meant by a name that does not exist.

/// The two known names that are most like the given one: those that share the most pairs of neighbouring letters.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> [&'a str; 2] {
    let wanted = pairs(name);
    let likeness = |other: &str| {
        let pairs = pairs(other);
        let shared = pairs.iter().filter(|pair| wanted.contains(pair)).count();
        2000 * shared / (pairs.len() + wanted.len()).max(1)
    };
    let mut known = known.to_vec();
    known.sort_by_cached_key(|other| std::cmp::Reverse(likeness(other)));
    [0, 1].map(|i| known.get(i).copied().unwrap_or_default())
}

/// The pairs of neighbouring letters, whatever their case and the underscores between them. No name is longer.
fn pairs(name: &str) -> Vec<[char; 2]> {
    let letters: Vec<char> =
        name.chars().take(100).flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect();
    letters.windows(2).map(|pair| [pair[0], pair[1]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let known = ["zeros", "glorot_normal", "glorot_uniform", "he_normal"];
        assert_eq!(nearest("glorot_unifrom", &known)[0], "glorot_uniform");
        assert_eq!(nearest("HeNorm", &known)[0], "he_normal");
        assert_eq!(nearest("glorot", &known), ["glorot_normal", "glorot_uniform"]);
    }
}
