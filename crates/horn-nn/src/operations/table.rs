//! The table of functions: one line registers a function.

use crate::activations::activation::Activation;
use crate::operations::calls::function::{Function, Parameters, Rule};
use crate::operations::fields;
use crate::operations::imaging::resizing::{Resize, ScaleAndTranslate};
use crate::operations::linear::norms::Norm;
use crate::operations::networks::quantizing::FakeQuantized;
use crate::operations::numpy::{self, AXIS_NONE, DTYPE, REDUCED, binary, unary, with};
use crate::operations::primitives::activating::{Activated, AlongAxis, Normalize, Normalized};
use crate::operations::primitives::elementwise::{Binary, Unary};
use crate::operations::primitives::indexing::{GetItem, Take, TakeAlongAxis};
use crate::operations::primitives::joining::{Divide, Join};
use crate::operations::primitives::products::{Einsum, Product};
use crate::operations::primitives::reductions::{Along, Moments, Reduction, TopK};
use crate::operations::primitives::selecting::{Cast, Clip, FullLike, OneHot, Triangle, Where};
use crate::operations::primitives::shaping::{Pad, Shaping};

const AXIS: Parameters = &[("axis", Some("-1"))];
const AXIS_0: Parameters = &[("axis", Some("0"))];
const EXTREME: Parameters = &[("axis", Some("null")), ("keepdims", Some("false")), ("initial", Some("null"))];

const fn nn(class: &'static str, parameters: Parameters, rule: &'static dyn Rule) -> Function {
    Function::new("ops.nn", class, &["x"], parameters, rule)
}

/// The functions that most models use.
static FUNCTIONS: &[Function] = &[
    // One tensor, element by element.
    unary("Abs", &Unary::Abs),
    unary("Absolute", &Unary::Abs),
    unary("Arccos", &Unary::Arccos),
    unary("Arccosh", &Unary::Arccosh),
    unary("Arcsin", &Unary::Arcsin),
    unary("Arcsinh", &Unary::Arcsinh),
    unary("Arctan", &Unary::Arctan),
    unary("Arctanh", &Unary::Arctanh),
    unary("Ceil", &Unary::Ceil),
    unary("Copy", &Unary::Identity),
    unary("Cos", &Unary::Cos),
    unary("Cosh", &Unary::Cosh),
    unary("Deg2rad", &Unary::Deg2rad),
    unary("Exp", &Unary::Exp),
    unary("Exp2", &Unary::Exp2),
    unary("Expm1", &Unary::Expm1),
    unary("Fabs", &Unary::Abs),
    unary("Floor", &Unary::Floor),
    unary("Isfinite", &Unary::IsFinite),
    unary("Isinf", &Unary::IsInf),
    unary("Isnan", &Unary::IsNan),
    unary("Log", &Unary::Log),
    unary("Log10", &Unary::Log10),
    unary("Log1p", &Unary::Log1p),
    unary("Log2", &Unary::Log2),
    unary("LogicalNot", &Unary::LogicalNot),
    unary("Negative", &Unary::Negative),
    with("OnesLike", DTYPE, &Unary::OnesLike),
    unary("Rad2deg", &Unary::Rad2deg),
    unary("Reciprocal", &Unary::Reciprocal),
    with("Round", &[("decimals", Some("0"))], &Unary::Round),
    unary("Sign", &Unary::Sign),
    unary("Sin", &Unary::Sin),
    unary("Sinh", &Unary::Sinh),
    unary("Sqrt", &Unary::Sqrt),
    unary("Square", &Unary::Square),
    unary("Tan", &Unary::Tan),
    unary("Tanh", &Activated(|_| Activation::Tanh)),
    unary("Trunc", &Unary::Trunc),
    with("ZerosLike", DTYPE, &Unary::ZerosLike),
    Function::new(
        "ops.core",
        "ConvertToTensor",
        &["x"],
        &[("dtype", Some("null")), ("sparse", Some("null")), ("ragged", Some("null"))],
        &Unary::Identity,
    ),
    Function::new("ops.core", "StopGradient", &["variable"], &[], &Unary::StopGradient),
    Function::new("ops.math", "Erf", &["x"], &[], &Unary::Erf),
    Function::new("ops.math", "Rsqrt", &["x"], &[], &Unary::Rsqrt),
    // Two tensors, or a tensor and a constant.
    binary("Add", &Binary::Add),
    binary("Arctan2", &Binary::Arctan2),
    binary("Divide", &Binary::Divide),
    binary("DivideNoNan", &Binary::DivideNoNan),
    binary("Equal", &Binary::Equal),
    binary("FloorDivide", &Binary::FloorDivide),
    binary("Greater", &Binary::Greater),
    binary("GreaterEqual", &Binary::GreaterEqual),
    binary("Hypot", &Binary::Hypot),
    binary("Less", &Binary::Less),
    binary("LessEqual", &Binary::LessEqual),
    binary("LogicalAnd", &Binary::LogicalAnd),
    binary("LogicalOr", &Binary::LogicalOr),
    binary("LogicalXor", &Binary::LogicalXor),
    binary("Logaddexp", &Binary::Logaddexp),
    binary("Maximum", &Binary::Maximum),
    binary("Minimum", &Binary::Minimum),
    binary("Mod", &Binary::Mod),
    binary("Multiply", &Binary::Multiply),
    binary("NotEqual", &Binary::NotEqual),
    binary("Power", &Binary::Power),
    binary("Subtract", &Binary::Subtract),
    binary("TrueDivide", &Binary::Divide),
    // Reductions.
    with("All", REDUCED, &Reduction::All),
    with("Amax", REDUCED, &Reduction::Max),
    with("Amin", REDUCED, &Reduction::Min),
    with("Any", REDUCED, &Reduction::Any),
    with("Argmax", REDUCED, &Reduction::Argmax),
    with("Argmin", REDUCED, &Reduction::Argmin),
    with("CountNonzero", AXIS_NONE, &Reduction::CountNonzero),
    with("Max", EXTREME, &Reduction::Max),
    with("Mean", REDUCED, &Reduction::Mean),
    with("Min", EXTREME, &Reduction::Min),
    with("Prod", &[("axis", Some("null")), ("keepdims", Some("false")), ("dtype", Some("null"))], &Reduction::Prod),
    with("Std", REDUCED, &Reduction::Std),
    with("Sum", REDUCED, &Reduction::Sum),
    with("Var", REDUCED, &Reduction::Var),
    Function::new("ops.math", "Logsumexp", &["x"], REDUCED, &Reduction::Logsumexp),
    Function::new(
        "ops.linalg",
        "Norm",
        &["x"],
        &[("ord", Some("null")), ("axis", Some("null")), ("keepdims", Some("false"))],
        &Norm,
    ),
    nn("Moments", &[("axes", None), ("keepdims", Some("false")), ("synchronized", Some("false"))], &Moments),
    // Along one axis.
    with("Argsort", AXIS, &Along::Argsort),
    with("Cumprod", &[("axis", Some("null")), ("dtype", Some("null"))], &Along::Cumprod),
    with("Cumsum", &[("axis", Some("null")), ("dtype", Some("null"))], &Along::Cumsum),
    with("Sort", AXIS, &Along::Sort),
    Function::new("ops.math", "TopK", &["x"], &[("k", None), ("sorted", Some("true"))], &TopK),
    // Shapes and orders.
    with("BroadcastTo", &[("shape", None)], &Shaping::BroadcastTo),
    with("ExpandDims", &[("axis", None)], &Shaping::ExpandDims),
    with("Flip", AXIS_NONE, &Shaping::Flip),
    with("Moveaxis", &[("source", None), ("destination", None)], &Shaping::Moveaxis),
    Function::new(
        "ops.numpy",
        "Pad",
        &["x", "constant_values"],
        &[("pad_width", None), ("mode", Some("\"constant\""))],
        &Pad,
    )
    .positional(1),
    unary("Ravel", &Shaping::Ravel),
    with("Repeat", &[("repeats", None), ("axis", Some("null"))], &Shaping::Repeat),
    with("Reshape", &[("newshape", None)], &Shaping::Reshape),
    with("Roll", &[("shift", None), ("axis", Some("null"))], &Shaping::Roll),
    with("Squeeze", AXIS_NONE, &Shaping::Squeeze),
    with("Swapaxes", &[("axis1", None), ("axis2", None)], &Shaping::Swapaxes),
    with("Tile", &[("repeats", None)], &Shaping::Tile),
    with("Transpose", &[("axes", Some("null"))], &Shaping::Transpose),
    // Joining and splitting.
    Function::new("ops.numpy", "Concatenate", &["xs"], AXIS_0, &Join::Concatenate),
    Function::new("ops.numpy", "Hstack", &["xs"], &[], &Join::Horizontal),
    Function::new("ops.numpy", "Stack", &["x"], AXIS_0, &Join::Stack),
    Function::new("ops.numpy", "Vstack", &["xs"], &[], &Join::Vertical),
    with("Split", &[("indices_or_sections", None), ("axis", Some("0"))], &Divide::Split),
    Function::new("ops.core", "Unstack", &["x"], &[("num", Some("null")), ("axis", Some("0"))], &Divide::Unstack),
    // Picking and converting.
    Function::new("ops.numpy", "GetItem", &["x", "key"], &[], &GetItem),
    Function::new("ops.numpy", "Take", &["x", "indices"], AXIS_NONE, &Take),
    Function::new("ops.numpy", "TakeAlongAxis", &["x", "indices"], AXIS_NONE, &TakeAlongAxis),
    Function::new("ops.numpy", "Where", &["condition", "x1", "x2"], &[], &Where),
    Function::new("ops.numpy", "FullLike", &["x", "fill_value"], DTYPE, &FullLike),
    with("Tril", &[("k", Some("0"))], &Triangle::Lower),
    with("Triu", &[("k", Some("0"))], &Triangle::Upper),
    with("Clip", &[("x_min", None), ("x_max", None)], &Clip),
    Function::new("ops.core", "Cast", &["x"], &[("dtype", None)], &Cast::Plain),
    Function::new("ops.core", "SaturateCast", &["x"], &[("dtype", None)], &Cast::Saturating),
    nn(
        "OneHot",
        &[("num_classes", None), ("axis", Some("-1")), ("dtype", Some("null")), ("sparse", Some("false"))],
        &OneHot,
    ),
    // Products.
    binary("Dot", &Product::Dot),
    Function::new("ops.numpy", "Einsum", &["*operands"], &[("subscripts", None)], &Einsum).positional(usize::MAX),
    binary("Matmul", &Product::Matmul),
    // Activations.
    nn("Celu", &[("alpha", Some("1.0"))], &Activated(|of| Activation::celu(of.number("alpha")))),
    nn("Elu", &[("alpha", Some("1.0"))], &Activated(|of| Activation::elu(of.number("alpha")))),
    nn("Gelu", &[("approximate", Some("true"))], &Activated(|of| Activation::gelu(of.flag("approximate")))),
    nn("Glu", AXIS, &AlongAxis::Glu),
    nn("HardShrink", &[("threshold", Some("0.5"))], &Activated(|of| Activation::hard_shrink(of.number("threshold")))),
    nn("HardSigmoid", &[], &Activated(|_| Activation::HardSigmoid)),
    nn("HardSilu", &[], &Activated(|_| Activation::HardSilu)),
    nn("HardTanh", &[], &Activated(|_| Activation::HardTanh)),
    nn(
        "LeakyRelu",
        &[("negative_slope", Some("0.2"))],
        &Activated(|of| Activation::leaky_relu(of.number("negative_slope"))),
    ),
    Function::new(
        "ops.nn",
        "LayerNorm",
        &["x", "gamma", "beta"],
        &[("axis", Some("-1")), ("epsilon", Some("null")), ("rms_scaling", Some("false"))],
        &Normalized::Layer,
    ),
    nn("LogSigmoid", &[], &Activated(|_| Activation::LogSigmoid)),
    nn("LogSoftmax", AXIS, &AlongAxis::LogSoftmax),
    nn("Normalize", &[("axis", Some("-1")), ("order", Some("2")), ("epsilon", Some("null"))], &Normalize),
    nn("Relu", &[], &Activated(|_| Activation::Relu)),
    nn("Relu6", &[], &Activated(|_| Activation::Relu6)),
    Function::new(
        "ops.nn",
        "RMSNorm",
        &["x", "scale"],
        &[("axis", Some("-1")), ("epsilon", Some("null"))],
        &Normalized::Rms,
    )
    .positional(1),
    nn("Selu", &[], &Activated(|_| Activation::Selu)),
    nn("Sigmoid", &[], &Activated(|_| Activation::Sigmoid)),
    nn("Silu", &[], &Activated(|_| Activation::Silu)),
    nn("SoftShrink", &[("threshold", Some("0.5"))], &Activated(|of| Activation::soft_shrink(of.number("threshold")))),
    nn("Softmax", AXIS, &AlongAxis::Softmax),
    nn("Softplus", &[], &Activated(|_| Activation::Softplus)),
    nn("Softsign", &[], &Activated(|_| Activation::Softsign)),
    nn("SparsePlus", &[], &Activated(|_| Activation::SparsePlus)),
    nn("SparseSigmoid", &[], &Activated(|_| Activation::SparseSigmoid)),
    nn("Sparsemax", AXIS, &AlongAxis::Sparsemax),
    nn("Squareplus", &[("b", Some("4"))], &Activated(|of| Activation::squareplus(of.number("b")))),
    nn("TanhShrink", &[], &Activated(|_| Activation::TanhShrink)),
    nn(
        "Threshold",
        &[("threshold", None), ("default_value", None)],
        &Activated(|of| Activation::threshold(of.number("threshold"), of.number("default_value"))),
    ),
    // Images.
    Function::new(
        "ops.image",
        "ScaleAndTranslate",
        &["images", "output_shape", "scale", "translation"],
        &[("spatial_dims", None), ("method", None), ("antialias", Some("true"))],
        &ScaleAndTranslate,
    ),
    Function::new(
        "ops.image",
        "Resize",
        &["images"],
        &[
            ("size", None),
            ("interpolation", Some("\"bilinear\"")),
            ("antialias", Some("false")),
            ("crop_to_aspect_ratio", Some("false")),
            ("pad_to_aspect_ratio", Some("false")),
            ("fill_mode", Some("\"constant\"")),
            ("fill_value", Some("0.0")),
            ("data_format", Some("null")),
        ],
        &Resize,
    ),
    Function::new(
        "quantizers.quantizers",
        "FakeQuantWithMinMaxVars",
        &["inputs", "min_vals", "max_vals"],
        &[("num_bits", Some("8")), ("narrow_range", Some("false")), ("axis", Some("null"))],
        &FakeQuantized,
    ),
    // Of `keras.activations`, which have their own classes.
    Function::new("activations.activations", "Mish", &["x"], &[], &Activated(|_| Activation::Mish)),
    Function::new(
        "activations.activations",
        "ReLU",
        &["x"],
        &[("negative_slope", Some("0.0")), ("max_value", Some("null")), ("threshold", Some("0.0"))],
        &Activated(|of| {
            Activation::relu(of.number("negative_slope"), of.optional("max_value"), of.number("threshold"))
        }),
    ),
];

fn all() -> impl Iterator<Item = &'static Function> {
    FUNCTIONS.iter().chain(numpy::FUNCTIONS).chain(fields::FUNCTIONS)
}

/// The function of this class.
pub(crate) fn find(class: &str) -> Option<&'static Function> {
    all().find(|function| function.class == class)
}

/// Keras's names of all classes.
pub(crate) fn classes() -> impl Iterator<Item = &'static str> {
    all().map(|function| function.class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_has_one_line() {
        let mut names: Vec<&str> = classes().collect();
        names.sort_unstable();
        assert_eq!(names.windows(2).find(|pair| pair[0] == pair[1]), None);
    }

    #[test]
    fn the_defaults_are_json() {
        for function in all() {
            for (name, default) in function.parameters {
                let is_json = default.is_none_or(|default| serde_json::from_str::<serde_json::Value>(default).is_ok());
                assert!(is_json, "{name} of {}", function.class);
            }
        }
    }
}
