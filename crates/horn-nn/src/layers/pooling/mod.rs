//! Pooling layers for one, two or three spatial axes.

pub(crate) mod adaptive;
pub(crate) mod global;
#[cfg(test)]
mod tests;
pub(crate) mod windowed;

use crate::arguments::or_default::OrDefault;
use crate::arguments::sizes::Sizes;
use crate::layers::common::also_named;

pub use adaptive::{
    AdaptiveAveragePooling1D, AdaptiveAveragePooling2D, AdaptiveAveragePooling3D, AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D, AdaptiveMaxPooling3D,
};
pub use global::{
    GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalAveragePooling3D, GlobalMaxPooling1D, GlobalMaxPooling2D,
    GlobalMaxPooling3D,
};
pub use windowed::{AveragePooling1D, AveragePooling2D, AveragePooling3D, MaxPooling1D, MaxPooling2D, MaxPooling3D};

also_named! {
    AvgPool1D = AveragePooling1D(pool_size: impl Into<Sizes<1>>);
    AvgPool2D = AveragePooling2D(pool_size: impl Into<Sizes<2>>);
    AvgPool3D = AveragePooling3D(pool_size: impl Into<Sizes<3>>);
    GlobalAvgPool1D = GlobalAveragePooling1D();
    GlobalAvgPool2D = GlobalAveragePooling2D();
    GlobalAvgPool3D = GlobalAveragePooling3D();
    GlobalMaxPool1D = GlobalMaxPooling1D();
    GlobalMaxPool2D = GlobalMaxPooling2D();
    GlobalMaxPool3D = GlobalMaxPooling3D();
    MaxPool1D = MaxPooling1D(pool_size: impl Into<OrDefault<Sizes<1>>>);
    MaxPool2D = MaxPooling2D(pool_size: impl Into<OrDefault<Sizes<2>>>);
    MaxPool3D = MaxPooling3D(pool_size: impl Into<OrDefault<Sizes<3>>>);
}

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
    "MaxPooling1D" => MaxPooling1D::default();
    "MaxPooling2D" => MaxPooling2D::default();
    "MaxPooling3D" => MaxPooling3D::default();
}
