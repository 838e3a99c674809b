//! The lines of the table for networks, signals, matrices and images. Those of NumPy's functions are in `table`.

use horn_kernels::Pool;

use crate::operations::calls::function::{Function, Parameters, Rule};
use crate::operations::imaging::moving::{Elastic, MapCoordinates, Moved};
use crate::operations::imaging::patches::{Blocks, ExtractPatches, ExtractSequences, Folding};
use crate::operations::imaging::picturing::{Margins, Picture, Ssim};
use crate::operations::linear::linear_algebra::Linear;
use crate::operations::linear::matrices::Matrices;
use crate::operations::networks::attending::{BatchNorm, DotProductAttention};
use crate::operations::networks::ctc::{CtcDecode, CtcLoss};
use crate::operations::networks::losses::{Crossentropy, InTopK, MultiHot, Psnr};
use crate::operations::networks::windowed::{AdaptivePooling, Convolution, Pooling};
use crate::operations::numeric::arrays::Rearrange;
use crate::operations::numeric::fourier::Fourier;
use crate::operations::numeric::scattering::{Part, Reduce, Scatter, Segments};
use crate::operations::numeric::special::Special;

const FORMAT: Parameters = &[("data_format", Some("\"channels_last\""))];
const FFT_LENGTH: Parameters = &[("fft_length", Some("null"))];
const POOLING: Parameters = &[
    ("pool_size", None),
    ("strides", Some("null")),
    ("padding", Some("\"valid\"")),
    ("data_format", Some("\"channels_last\"")),
];
const CONVOLUTION: Parameters = &[
    ("strides", Some("1")),
    ("padding", Some("\"valid\"")),
    ("data_format", Some("\"channels_last\"")),
    ("dilation_rate", Some("1")),
];
const DECODED: Parameters = &[
    ("strategy", Some("\"greedy\"")),
    ("beam_width", Some("100")),
    ("top_paths", Some("1")),
    ("merge_repeated", Some("true")),
    ("mask_index", Some("0")),
];
const SEGMENTS: Parameters = &[("num_segments", Some("null")), ("sorted", Some("false"))];
const UPPER: Parameters = &[("upper", Some("false"))];

const fn nn(
    class: &'static str,
    arguments: &'static [&'static str],
    parameters: Parameters,
    rule: &'static dyn Rule,
) -> Function {
    Function::new("ops.nn", class, arguments, parameters, rule)
}

const fn math(
    class: &'static str,
    arguments: &'static [&'static str],
    parameters: Parameters,
    rule: &'static dyn Rule,
) -> Function {
    Function::new("ops.math", class, arguments, parameters, rule)
}

const fn linalg(
    class: &'static str,
    arguments: &'static [&'static str],
    parameters: Parameters,
    rule: &'static dyn Rule,
) -> Function {
    Function::new("ops.linalg", class, arguments, parameters, rule)
}

const fn image(
    class: &'static str,
    arguments: &'static [&'static str],
    parameters: Parameters,
    rule: &'static dyn Rule,
) -> Function {
    Function::new("ops.image", class, arguments, parameters, rule)
}

/// The functions.
pub(super) static FUNCTIONS: &[Function] = &[
    // Networks.
    nn(
        "AdaptiveAveragePool",
        &["inputs"],
        &[("output_size", None), ("data_format", Some("\"channels_last\""))],
        &AdaptivePooling(Pool::Average),
    ),
    nn(
        "AdaptiveMaxPool",
        &["inputs"],
        &[("output_size", None), ("data_format", Some("\"channels_last\""))],
        &AdaptivePooling(Pool::Max),
    ),
    nn("AveragePool", &["inputs"], POOLING, &Pooling(Pool::Average)),
    nn(
        "BatchNorm",
        &["x", "mean", "variance", "offset", "scale"],
        &[("axis", None), ("epsilon", Some("0.001"))],
        &BatchNorm,
    ),
    nn("BinaryCrossentropy", &["target", "output"], &[("from_logits", Some("false"))], &Crossentropy::Binary),
    nn(
        "CategoricalCrossentropy",
        &["target", "output"],
        &[("from_logits", Some("false")), ("axis", Some("-1"))],
        &Crossentropy::Categorical,
    ),
    nn("CTCDecode", &["inputs", "sequence_lengths"], DECODED, &CtcDecode),
    nn("CTCLoss", &["target", "output", "target_length", "output_length"], &[("mask_index", Some("0"))], &CtcLoss),
    nn("Conv", &["inputs", "kernel"], CONVOLUTION, &Convolution::Plain),
    nn(
        "ConvTranspose",
        &["inputs", "kernel"],
        &[
            ("strides", Some("1")),
            ("padding", Some("\"valid\"")),
            ("output_padding", Some("null")),
            ("data_format", Some("\"channels_last\"")),
            ("dilation_rate", Some("1")),
        ],
        &Convolution::Transposed,
    ),
    nn(
        "DepthToSpace",
        &["x"],
        &[("block_size", None), ("data_format", Some("\"channels_last\""))],
        &Blocks::DepthToSpace,
    ),
    nn("DepthwiseConv", &["inputs", "kernel"], CONVOLUTION, &Convolution::Depthwise),
    nn(
        "DotProductAttention",
        &["query", "key", "value", "bias", "mask", "scale"],
        &[("is_causal", Some("false")), ("flash_attention", Some("null")), ("attn_logits_soft_cap", Some("null"))],
        &DotProductAttention,
    )
    .positional(3),
    nn(
        "Fold",
        &["x"],
        &[
            ("output_size", None),
            ("kernel_size", None),
            ("dilation", Some("1")),
            ("padding", Some("0")),
            ("stride", Some("1")),
        ],
        &Folding::Fold,
    ),
    nn("MaxPool", &["inputs"], POOLING, &Pooling(Pool::Max)),
    nn(
        "MultiHot",
        &["inputs"],
        &[("num_classes", Some("null")), ("axis", Some("-1")), ("dtype", Some("null")), ("sparse", Some("false"))],
        &MultiHot,
    ),
    nn("PSNR", &["x1", "x2"], &[("max_val", None)], &Psnr),
    nn("SeparableConv", &["inputs", "depthwise_kernel", "pointwise_kernel"], CONVOLUTION, &Convolution::Separable),
    nn(
        "SpaceToDepth",
        &["x"],
        &[("block_size", None), ("data_format", Some("\"channels_last\""))],
        &Blocks::SpaceToDepth,
    ),
    nn(
        "SparseCategoricalCrossentropy",
        &["target", "output"],
        &[("from_logits", Some("false")), ("axis", Some("-1"))],
        &Crossentropy::SparseCategorical,
    ),
    nn(
        "Unfold",
        &["x"],
        &[("kernel_size", None), ("dilation", Some("1")), ("padding", Some("0")), ("stride", Some("1"))],
        &Folding::Unfold,
    ),
    // Signals and other mathematics.
    math("CDist", &["x", "y"], &[], &Matrices::CDist),
    math("Erfc", &["x"], &[], &Special::Erfc),
    math("Erfinv", &["x"], &[], &Special::Erfinv),
    math("ExtractSequences", &["x"], &[("sequence_length", None), ("sequence_stride", None)], &ExtractSequences),
    math("FFT", &["x"], &[], &Fourier::Fft),
    math("FFT2", &["x"], &[], &Fourier::Fft2),
    math("IFFT2", &["x"], &[], &Fourier::Ifft2),
    math("IRFFT", &["x"], FFT_LENGTH, &Fourier::Irfft),
    math(
        "ISTFT",
        &["x"],
        &[
            ("sequence_length", None),
            ("sequence_stride", None),
            ("fft_length", None),
            ("length", Some("null")),
            ("window", Some("\"hann\"")),
            ("center", Some("true")),
        ],
        &Fourier::Istft,
    ),
    math("InTopK", &["targets", "predictions"], &[("k", None)], &InTopK),
    math("Logdet", &["x"], &[], &Linear::Logdet),
    math("RFFT", &["x"], FFT_LENGTH, &Fourier::Rfft),
    math(
        "STFT",
        &["x"],
        &[
            ("sequence_length", None),
            ("sequence_stride", None),
            ("fft_length", None),
            ("window", Some("\"hann\"")),
            ("center", Some("true")),
        ],
        &Fourier::Stft,
    ),
    math("SegmentMax", &["data", "segment_ids"], SEGMENTS, &Segments(Reduce::Max)),
    math("SegmentMin", &["data", "segment_ids"], SEGMENTS, &Segments(Reduce::Min)),
    math("SegmentProd", &["data", "segment_ids"], SEGMENTS, &Segments(Reduce::Multiply)),
    math("SegmentSum", &["data", "segment_ids"], SEGMENTS, &Segments(Reduce::Add)),
    // Linear algebra.
    linalg("Cholesky", &["x"], UPPER, &Linear::Cholesky),
    linalg("CholeskyInverse", &["x"], UPPER, &Linear::CholeskyInverse),
    linalg("Det", &["x"], &[], &Linear::Det),
    linalg("Eigh", &["x"], &[], &Linear::Eigh),
    linalg("Inv", &["x"], &[], &Linear::Inv),
    linalg("Lstsq", &["a", "b"], &[("rcond", Some("null"))], &Linear::Lstsq),
    linalg("LuFactor", &["x"], &[], &Linear::LuFactor),
    linalg("MatrixRank", &["x"], &[("tol", Some("null"))], &Linear::MatrixRank),
    linalg("Pinv", &["x"], &[("rcond", Some("null"))], &Linear::Pinv),
    linalg("Qr", &["x"], &[("mode", Some("\"reduced\""))], &Linear::Qr),
    linalg("SVD", &["x"], &[("full_matrices", Some("true")), ("compute_uv", Some("true"))], &Linear::Svd),
    linalg("Solve", &["a", "b"], &[], &Linear::Solve),
    linalg("SolveTriangular", &["a", "b"], &[("lower", Some("false"))], &Linear::SolveTriangular),
    // Images.
    image(
        "AffineTransform",
        &["images", "transform"],
        &[
            ("interpolation", Some("\"bilinear\"")),
            ("fill_mode", Some("\"constant\"")),
            ("fill_value", Some("0")),
            ("data_format", Some("\"channels_last\"")),
        ],
        &Moved::Affine,
    ),
    image(
        "CropImages",
        &["images"],
        &[
            ("top_cropping", Some("null")),
            ("left_cropping", Some("null")),
            ("bottom_cropping", Some("null")),
            ("right_cropping", Some("null")),
            ("target_height", Some("null")),
            ("target_width", Some("null")),
            ("data_format", Some("\"channels_last\"")),
        ],
        &Margins::Crop,
    ),
    image(
        "ElasticTransform",
        &["images"],
        &[
            ("alpha", Some("20.0")),
            ("sigma", Some("5.0")),
            ("interpolation", Some("\"bilinear\"")),
            ("fill_mode", Some("\"reflect\"")),
            ("fill_value", Some("0.0")),
            ("seed", Some("null")),
            ("data_format", Some("\"channels_last\"")),
        ],
        &Elastic,
    ),
    image(
        "ExtractPatches",
        &["images"],
        &[
            ("size", None),
            ("strides", Some("null")),
            ("dilation_rate", Some("1")),
            ("padding", Some("\"valid\"")),
            ("data_format", Some("\"channels_last\"")),
        ],
        &ExtractPatches,
    ),
    image(
        "GaussianBlur",
        &["images"],
        &[("kernel_size", Some("[3, 3]")), ("sigma", Some("[1.0, 1.0]")), ("data_format", Some("\"channels_last\""))],
        &Picture::GaussianBlur,
    ),
    image("HSVToRGB", &["images"], FORMAT, &Picture::HsvToRgb),
    image(
        "MapCoordinates",
        &["inputs", "coordinates"],
        &[("order", None), ("fill_mode", Some("\"constant\"")), ("fill_value", Some("0"))],
        &MapCoordinates,
    ),
    image(
        "PadImages",
        &["images"],
        &[
            ("top_padding", Some("null")),
            ("left_padding", Some("null")),
            ("bottom_padding", Some("null")),
            ("right_padding", Some("null")),
            ("target_height", Some("null")),
            ("target_width", Some("null")),
            ("data_format", Some("\"channels_last\"")),
        ],
        &Margins::Pad,
    ),
    image(
        "PerspectiveTransform",
        &["images", "start_points", "end_points"],
        &[
            ("interpolation", Some("\"bilinear\"")),
            ("fill_value", Some("0")),
            ("data_format", Some("\"channels_last\"")),
        ],
        &Moved::Perspective,
    ),
    image("RGBToGrayscale", &["images"], FORMAT, &Picture::RgbToGrayscale),
    image("RGBToHSV", &["images"], FORMAT, &Picture::RgbToHsv),
    image(
        "SSIM",
        &["image1", "image2"],
        &[
            ("max_val", Some("1.0")),
            ("filter_size", Some("11")),
            ("filter_sigma", Some("1.5")),
            ("k1", Some("0.01")),
            ("k2", Some("0.03")),
            ("data_format", Some("\"channels_last\"")),
        ],
        &Ssim,
    ),
    image("SobelEdges", &["images"], FORMAT, &Picture::SobelEdges),
    // Parts and axes.
    Function::new("ops.core", "Scatter", &["indices", "values"], &[("shape", None)], &Scatter::New),
    Function::new(
        "ops.core",
        "ScatterUpdate",
        &["inputs", "indices", "updates"],
        &[("reduction", Some("null"))],
        &Scatter::Update,
    ),
    Function::new("ops.core", "Slice", &["inputs", "start_indices"], &[("shape", None)], &Part::Take),
    Function::new("ops.core", "SliceUpdate", &["inputs", "start_indices", "updates"], &[], &Part::Update),
    Function::new("ops.einops", "Rearrange", &["tensor", "pattern", "**axes_lengths"], &[], &Rearrange).positional(2),
];
