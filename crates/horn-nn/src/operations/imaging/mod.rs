//! Functions of images, and of signals that are cut like images. Imports `linear`, `networks` and below.

pub(crate) mod moving;
pub(crate) mod patches;
pub(crate) mod picturing;
pub(crate) mod resizing;
