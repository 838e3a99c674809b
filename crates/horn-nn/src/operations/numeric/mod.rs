//! NumPy's less common functions: quantiles, searches, scatters, transforms. Imports `imaging` and below.

pub(crate) mod arrays;
pub(crate) mod correlating;
pub(crate) mod fourier;
pub(crate) mod nan;
pub(crate) mod quantiles;
pub(crate) mod scattering;
pub(crate) mod searching;
pub(crate) mod special;
pub(crate) mod unique;
