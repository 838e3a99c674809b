//! The version of Keras whose files Horn writes.

/// The version that saved files declare.
pub(crate) const KERAS_VERSION: &str = "3.15.1";

/// The version of a file, if it may have what files of our version don't have: one before Keras 3, or a later one.
pub(crate) fn unlike_ours(version: Option<&str>) -> Option<&str> {
    let number = |version: &str| {
        let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    };
    version.filter(|version| number(version).0 < 3 || number(version) > number(KERAS_VERSION))
}
