//! Replaces `.safetensors` support in builds without the feature: returns an error that says so.

use std::path::Path;

use horn_nn::{Error, Model, Result};

use crate::{LoadReport, LoadWeights};

pub(crate) fn save(path: &Path, _: &Model) -> Result<()> {
    Err(left_out(path))
}

pub(crate) fn load(_: &mut Model, path: &Path, _: LoadWeights) -> Result<LoadReport> {
    Err(left_out(path))
}

fn left_out(path: &Path) -> Error {
    Error::file("this program was built without safetensors")
        .at(path.display().to_string())
        .hint("build with `--features horn/safetensors`, or use a `.weights.h5` file")
}
