//! Pooling layers for one, two or three spatial axes.

pub(crate) mod adaptive;
pub(crate) mod global;
pub(crate) mod operate;
#[cfg(test)]
mod tests;
pub(crate) mod windowed;

pub use adaptive::{
    AdaptiveAveragePooling1D, AdaptiveAveragePooling2D, AdaptiveAveragePooling3D, AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D, AdaptiveMaxPooling3D,
};
pub use global::{
    GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalAveragePooling3D, GlobalMaxPooling1D, GlobalMaxPooling2D,
    GlobalMaxPooling3D,
};
pub use global::{
    GlobalAveragePooling1D as GlobalAvgPool1D, GlobalAveragePooling2D as GlobalAvgPool2D,
    GlobalAveragePooling3D as GlobalAvgPool3D, GlobalMaxPooling1D as GlobalMaxPool1D,
    GlobalMaxPooling2D as GlobalMaxPool2D, GlobalMaxPooling3D as GlobalMaxPool3D,
};
pub use windowed::{AveragePooling1D, AveragePooling2D, AveragePooling3D, MaxPooling1D, MaxPooling2D, MaxPooling3D};
pub use windowed::{
    AveragePooling1D as AvgPool1D, AveragePooling2D as AvgPool2D, AveragePooling3D as AvgPool3D,
    MaxPooling1D as MaxPool1D, MaxPooling2D as MaxPool2D, MaxPooling3D as MaxPool3D,
};

crate::layers::family::family! {
    "AdaptiveAveragePooling1D" => AdaptiveAveragePooling1D::new(1), requires "output_size";
    "AdaptiveAveragePooling2D" => AdaptiveAveragePooling2D::new(1), requires "output_size";
    "AdaptiveAveragePooling3D" => AdaptiveAveragePooling3D::new(1), requires "output_size";
    "AdaptiveMaxPooling1D" => AdaptiveMaxPooling1D::new(1), requires "output_size";
    "AdaptiveMaxPooling2D" => AdaptiveMaxPooling2D::new(1), requires "output_size";
    "AdaptiveMaxPooling3D" => AdaptiveMaxPooling3D::new(1), requires "output_size";
    "AveragePooling1D" => AveragePooling1D::new(2), requires "pool_size";
    "AveragePooling2D" => AveragePooling2D::new(2), requires "pool_size";
    "AveragePooling3D" => AveragePooling3D::new(2), requires "pool_size";
    "GlobalAveragePooling1D" => GlobalAveragePooling1D::new();
    "GlobalAveragePooling2D" => GlobalAveragePooling2D::new();
    "GlobalAveragePooling3D" => GlobalAveragePooling3D::new();
    "GlobalMaxPooling1D" => GlobalMaxPooling1D::new();
    "GlobalMaxPooling2D" => GlobalMaxPooling2D::new();
    "GlobalMaxPooling3D" => GlobalMaxPooling3D::new();
    "MaxPooling1D" => MaxPooling1D::new();
    "MaxPooling2D" => MaxPooling2D::new();
    "MaxPooling3D" => MaxPooling3D::new();
}
