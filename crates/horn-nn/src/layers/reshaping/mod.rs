//! Layers that change the shape of tensors.

pub(crate) mod cropping;
pub(crate) mod flatten;
pub(crate) mod margins;
pub(crate) mod permute;
pub(crate) mod repeat;
pub(crate) mod repeat_vector;
pub(crate) mod reshape;
pub(crate) mod up_sampling;
pub(crate) mod up_sampling_2d;
pub(crate) mod zero_padding;

pub use cropping::{Cropping1D, Cropping2D, Cropping3D};
pub use flatten::Flatten;
pub use margins::Margins;
pub use permute::Permute;
pub use repeat_vector::RepeatVector;
pub use reshape::Reshape;
pub use up_sampling::{UpSampling1D, UpSampling3D};
pub use up_sampling_2d::UpSampling2D;
pub use zero_padding::{ZeroPadding1D, ZeroPadding2D, ZeroPadding3D};

crate::layers::family::family! {
    "Cropping1D" => Cropping1D::default();
    "Cropping2D" => Cropping2D::default();
    "Cropping3D" => Cropping3D::default();
    "Flatten" => Flatten::new();
    "Permute" => Permute::new([1]), requires "dims";
    "RepeatVector" => RepeatVector::new(1), requires "n";
    "Reshape" => Reshape::new([-1]), requires "target_shape";
    "UpSampling1D" => UpSampling1D::default();
    "UpSampling2D" => UpSampling2D::default();
    "UpSampling3D" => UpSampling3D::default();
    "ZeroPadding1D" => ZeroPadding1D::default();
    "ZeroPadding2D" => ZeroPadding2D::default();
    "ZeroPadding3D" => ZeroPadding3D::default();
}
