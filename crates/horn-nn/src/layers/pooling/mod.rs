//! Pooling layers for one, two or three spatial axes.

pub(crate) mod adaptive;
pub(crate) mod global;
#[cfg(test)]
mod tests;
pub(crate) mod windowed;

use crate::arguments::or_default::OrDefault;
use crate::arguments::sizes::Sizes;
use crate::layers::common::also_named;

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

crate::layers::family::family! { Pooling;
    "AdaptiveAveragePooling1D" => adaptive::AdaptiveAveragePooling1D::new(1), requires "output_size";
    "AdaptiveAveragePooling2D" => adaptive::AdaptiveAveragePooling2D::new(1), requires "output_size";
    "AdaptiveAveragePooling3D" => adaptive::AdaptiveAveragePooling3D::new(1), requires "output_size";
    "AdaptiveMaxPooling1D" => adaptive::AdaptiveMaxPooling1D::new(1), requires "output_size";
    "AdaptiveMaxPooling2D" => adaptive::AdaptiveMaxPooling2D::new(1), requires "output_size";
    "AdaptiveMaxPooling3D" => adaptive::AdaptiveMaxPooling3D::new(1), requires "output_size";
    "AveragePooling1D" => windowed::AveragePooling1D::new(2), requires "pool_size";
    "AveragePooling2D" => windowed::AveragePooling2D::new(2), requires "pool_size";
    "AveragePooling3D" => windowed::AveragePooling3D::new(2), requires "pool_size";
    "GlobalAveragePooling1D" => global::GlobalAveragePooling1D::new();
    "GlobalAveragePooling2D" => global::GlobalAveragePooling2D::new();
    "GlobalAveragePooling3D" => global::GlobalAveragePooling3D::new();
    "GlobalMaxPooling1D" => global::GlobalMaxPooling1D::new();
    "GlobalMaxPooling2D" => global::GlobalMaxPooling2D::new();
    "GlobalMaxPooling3D" => global::GlobalMaxPooling3D::new();
    "MaxPooling1D" => windowed::MaxPooling1D::default();
    "MaxPooling2D" => windowed::MaxPooling2D::default();
    "MaxPooling3D" => windowed::MaxPooling3D::default();
}
