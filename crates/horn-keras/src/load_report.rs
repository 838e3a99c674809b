//! What loading weights has done.

use std::fmt;

use horn_nn::nearest;
use horn_nn::printable::printable;

/// The result of loading weights. Its text counts them, and names those that are missing or of another shape; for weights
/// that the file lacks, with the most similar variables of the file.
///
/// ```
/// use horn::LoadReport;
///
/// let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
/// let report = LoadReport {
///     missing: names(["scores/kernel", "scores/bias"]),
///     unused: names(["score/bias", "score/kernel"]),
///     ..LoadReport::default()
/// };
/// assert_eq!(report.nearest("scores/kernel"), Some("score/kernel"));
/// assert_eq!(
///     report.to_string(),
///     "0 weights loaded, 2 missing, 0 of another shape; 2 variables of the file unused
/// missing: scores/kernel (similar in the file: score/kernel)
/// missing: scores/bias (similar in the file: score/bias)"
/// );
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// The weights of the model that were loaded.
    pub applied: Vec<String>,
    /// The weights of the model that the file lacks.
    pub missing: Vec<String>,
    /// The weights of the model that have another shape in the file.
    pub mismatched: Vec<String>,
    /// The variables of the file that the model does not use.
    pub unused: Vec<String>,
}

/// How many weights of a kind the text names. A model may have thousands.
const MAX_NAMED: usize = 10;

impl LoadReport {
    /// The unused variable of the file whose path is most similar to that of a missing weight, as of a layer that had another
    /// name when the file was saved. `None` if the model uses all variables.
    pub fn nearest(&self, missing: &str) -> Option<&str> {
        let unused: Vec<&str> = self.unused.iter().map(String::as_str).collect();
        Some(nearest(missing, &unused)[0]).filter(|name| !name.is_empty())
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { applied, missing, mismatched, unused } = self;
        write!(f, "{} weights loaded, {} missing, ", applied.len(), missing.len())?;
        write!(f, "{} of another shape; {} variables of the file unused", mismatched.len(), unused.len())?;
        for name in missing.iter().take(MAX_NAMED) {
            write!(f, "\nmissing: {}", printable(name))?;
            if let Some(similar) = self.nearest(name) {
                write!(f, " (similar in the file: {})", printable(similar))?;
            }
        }
        write_more(f, missing)?;
        for name in mismatched.iter().take(MAX_NAMED) {
            write!(f, "\nof another shape: {}", printable(name))?;
        }
        write_more(f, mismatched)
    }
}

/// Says how many weights are not named.
fn write_more(f: &mut fmt::Formatter<'_>, weights: &[String]) -> fmt::Result {
    match weights.len().saturating_sub(MAX_NAMED) {
        0 => Ok(()),
        more => write!(f, "\n… and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_missing_weights_are_counted() {
        let missing: Vec<String> = (0..12).map(|at| format!("dense_{at}/kernel")).collect();
        let text = LoadReport { missing, ..LoadReport::default() }.to_string();
        assert!(text.starts_with("0 weights loaded, 12 missing,"), "{text}");
        assert!(text.ends_with("\nmissing: dense_9/kernel\n… and 2 more"), "{text}");
        assert_eq!(LoadReport::default().nearest("dense/kernel"), None);
    }

    #[test]
    fn weights_of_another_shape_are_counted_and_named() {
        let mismatched: Vec<String> = (0..12).map(|at| format!("dense_{at}/kernel")).collect();
        let text = LoadReport { mismatched, missing: vec!["last/bias".into()], ..LoadReport::default() }.to_string();
        assert!(text.starts_with("0 weights loaded, 1 missing, 12 of another shape; 0 variables of the file unused\n"));
        assert!(text.contains("\nmissing: last/bias\nof another shape: dense_0/kernel\n"), "{text}");
        assert!(text.ends_with("\nof another shape: dense_9/kernel\n… and 2 more"), "{text}");
    }

    /// Names come from files, which are untrusted.
    #[test]
    fn names_are_printable() {
        let names = |name: &str| vec![name.to_owned()];
        let report = LoadReport { missing: names("a"), unused: names("\x1b[2Jb"), ..LoadReport::default() };
        assert!(report.to_string().ends_with("(similar in the file: \\u{1b}[2Jb)"), "{report}");
    }
}
