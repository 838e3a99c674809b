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

pub use margins::Margins;

crate::layers::family::family! { Reshaping;
    "Cropping1D" => cropping::Cropping1D::default();
    "Cropping2D" => cropping::Cropping2D::default();
    "Cropping3D" => cropping::Cropping3D::default();
    "Flatten" => flatten::Flatten::new();
    "Permute" => permute::Permute::new([1]), requires "dims";
    "RepeatVector" => repeat_vector::RepeatVector::new(1), requires "n";
    "Reshape" => reshape::Reshape::new([-1]), requires "target_shape";
    "UpSampling1D" => up_sampling::UpSampling1D::default();
    "UpSampling2D" => up_sampling_2d::UpSampling2D::default();
    "UpSampling3D" => up_sampling::UpSampling3D::default();
    "ZeroPadding1D" => zero_padding::ZeroPadding1D::default();
    "ZeroPadding2D" => zero_padding::ZeroPadding2D::default();
    "ZeroPadding3D" => zero_padding::ZeroPadding3D::default();
}
