//! Convolutions over one, two or three spatial axes.

pub(crate) mod arguments;
pub(crate) mod conv;
pub(crate) mod conv_transpose;
pub(crate) mod depthwise_conv;
pub(crate) mod operate;
pub(crate) mod separable_conv;
#[cfg(test)]
mod tests;

use crate::arguments::sizes::Sizes;
use crate::layers::common::also_named;

also_named! {
    Convolution1D = Conv1D(filters: usize, kernel_size: impl Into<Sizes<1>>);
    Convolution2D = Conv2D(filters: usize, kernel_size: impl Into<Sizes<2>>);
    Convolution3D = Conv3D(filters: usize, kernel_size: impl Into<Sizes<3>>);
    Convolution1DTranspose = Conv1DTranspose(filters: usize, kernel_size: impl Into<Sizes<1>>);
    Convolution2DTranspose = Conv2DTranspose(filters: usize, kernel_size: impl Into<Sizes<2>>);
    Convolution3DTranspose = Conv3DTranspose(filters: usize, kernel_size: impl Into<Sizes<3>>);
    SeparableConvolution1D = SeparableConv1D(filters: usize, kernel_size: impl Into<Sizes<1>>);
    SeparableConvolution2D = SeparableConv2D(filters: usize, kernel_size: impl Into<Sizes<2>>);
}

crate::layers::family::family! { Convolution;
    "Conv1D" => conv::Conv1D::new(1, 1), requires "filters", "kernel_size";
    "Conv2D" => conv::Conv2D::new(1, 1), requires "filters", "kernel_size";
    "Conv3D" => conv::Conv3D::new(1, 1), requires "filters", "kernel_size";
    "Conv1DTranspose" => conv_transpose::Conv1DTranspose::new(1, 1), requires "filters", "kernel_size";
    "Conv2DTranspose" => conv_transpose::Conv2DTranspose::new(1, 1), requires "filters", "kernel_size";
    "Conv3DTranspose" => conv_transpose::Conv3DTranspose::new(1, 1), requires "filters", "kernel_size";
    "DepthwiseConv1D" => depthwise_conv::DepthwiseConv1D::new(1), requires "kernel_size";
    "DepthwiseConv2D" => depthwise_conv::DepthwiseConv2D::new(1), requires "kernel_size";
    "SeparableConv1D" => separable_conv::SeparableConv1D::new(1, 1), requires "filters", "kernel_size";
    "SeparableConv2D" => separable_conv::SeparableConv2D::new(1, 1), requires "filters", "kernel_size";
}
