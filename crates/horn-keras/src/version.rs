//! The version of Keras whose files Horn writes.

/// The version that saved files declare.
pub(crate) const KERAS_VERSION: &str = "3.15.1";

/// The first two numbers of a version.
fn number(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

/// Is the version before this one?
pub(crate) fn is_before(version: &str, major: u32, minor: u32) -> bool {
    number(version) < (major, minor)
}

/// The version of a file, if it may have what files of our version don't have: one before Keras 3, or a later one.
pub(crate) fn unlike_ours(version: Option<&str>) -> Option<&str> {
    version.filter(|version| number(version).0 < 3 || number(version) > number(KERAS_VERSION))
}
