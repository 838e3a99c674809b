//! The lines of the table for NumPy's functions that fewer models use. The usual ones are in `table`.

use crate::operations::calls::function::{Function, Parameters, Rule};
use crate::operations::linear::contractions::Contraction;
use crate::operations::linear::linear_algebra::Linear;
use crate::operations::linear::matrices::Matrices;
use crate::operations::numeric::arrays::{Arrays, Spaced};
use crate::operations::numeric::correlating::Correlate;
use crate::operations::numeric::nan::{Close, NanAlong, NanExtreme, NanReduction, NanToNum};
use crate::operations::numeric::quantiles::{Average, Quantile, Span, Which};
use crate::operations::numeric::searching::Searching;
use crate::operations::numeric::special::{NextAfter, Paired, Special, Whole};
use crate::operations::numeric::unique::Unique;
use crate::operations::primitives::elementwise::Unary;
use crate::operations::primitives::joining::Divide;
use crate::operations::primitives::reductions::Along;

pub(super) const AXIS_NONE: Parameters = &[("axis", Some("null"))];
pub(super) const DTYPE: Parameters = &[("dtype", Some("null"))];
pub(super) const REDUCED: Parameters = &[("axis", Some("null")), ("keepdims", Some("false"))];
const CUMULATED: Parameters = &[("axis", Some("null")), ("dtype", Some("null"))];
const SHARES: Parameters = &[("axis", Some("null")), ("method", Some("\"linear\"")), ("keepdims", Some("false"))];
const DIAGONAL: Parameters = &[("offset", Some("0")), ("axis1", Some("0")), ("axis2", Some("1"))];
const PARTS: Parameters = &[("indices_or_sections", None)];
const GEOMETRIC: Parameters =
    &[("num", Some("50")), ("endpoint", Some("true")), ("dtype", Some("null")), ("axis", Some("0"))];

pub(super) const fn unary(class: &'static str, rule: &'static dyn Rule) -> Function {
    Function::new("ops.numpy", class, &["x"], &[], rule)
}

pub(super) const fn binary(class: &'static str, rule: &'static dyn Rule) -> Function {
    Function::new("ops.numpy", class, &["x1", "x2"], &[], rule)
}

pub(super) const fn with(class: &'static str, parameters: Parameters, rule: &'static dyn Rule) -> Function {
    Function::new("ops.numpy", class, &["x"], parameters, rule)
}

const fn whole(class: &'static str, rule: &'static dyn Rule) -> Function {
    Function::new("ops.numpy", class, &["x", "y"], &[], rule)
}

const fn spaced(class: &'static str, parameters: Parameters, rule: &'static dyn Rule) -> Function {
    Function::new("ops.numpy", class, &["start", "stop"], parameters, rule)
}

/// The quantiles.
static MEDIAN: Quantile = Quantile { of: Which::Half, skips_nan: false };
static PERCENTILE: Quantile = Quantile { of: Which::Percent, skips_nan: false };
static QUANTILE: Quantile = Quantile { of: Which::Given, skips_nan: false };
static NAN_MEDIAN: Quantile = Quantile { of: Which::Half, skips_nan: true };
static NAN_PERCENTILE: Quantile = Quantile { of: Which::Percent, skips_nan: true };
static NAN_QUANTILE: Quantile = Quantile { of: Which::Given, skips_nan: true };

/// The functions.
pub(super) static FUNCTIONS: &[Function] = &[
    unary("Angle", &Special::Angle),
    unary("BitwiseInvert", &Whole::Not),
    unary("BitwiseNot", &Whole::Not),
    unary("Cbrt", &Special::Cbrt),
    unary("Conj", &Unary::Identity),
    unary("Conjugate", &Unary::Identity),
    with("EmptyLike", DTYPE, &Unary::ZerosLike),
    unary("I0", &Special::I0),
    unary("Imag", &Unary::ZerosLike),
    unary("Isneginf", &Special::IsNegInf),
    unary("Isposinf", &Special::IsPosInf),
    unary("Isreal", &Special::IsReal),
    with("NanToNum", &[("nan", Some("0.0")), ("posinf", Some("null")), ("neginf", Some("null"))], &NanToNum),
    unary("Real", &Unary::Identity),
    unary("Signbit", &Special::SignBit),
    unary("Sinc", &Special::Sinc),
    Function::new(
        "ops.numpy",
        "AllClose",
        &["x1", "x2"],
        &[("rtol", Some("1e-05")), ("atol", Some("1e-08")), ("equal_nan", Some("false"))],
        &Close::All,
    ),
    whole("BitwiseAnd", &Whole::And),
    whole("BitwiseLeftShift", &Whole::LeftShift),
    whole("BitwiseOr", &Whole::Or),
    whole("BitwiseRightShift", &Whole::RightShift),
    whole("BitwiseXor", &Whole::Xor),
    binary("Fmax", &NanExtreme::Max),
    binary("Fmin", &NanExtreme::Min),
    binary("Fmod", &Paired::Fmod),
    binary("Gcd", &Whole::Gcd),
    binary("Heaviside", &Paired::Heaviside),
    Function::new("ops.numpy", "Isclose", &["x1", "x2", "rtol", "atol"], &[("equal_nan", Some("false"))], &Close::Each),
    binary("Lcm", &Whole::Lcm),
    binary("Ldexp", &Paired::Ldexp),
    whole("LeftShift", &Whole::LeftShift),
    binary("Logaddexp2", &Paired::Logaddexp2),
    binary("Nextafter", &NextAfter),
    whole("RightShift", &Whole::RightShift),
    Function::new("ops.numpy", "Average", &["x", "weights"], AXIS_NONE, &Average),
    with("Median", REDUCED, &MEDIAN),
    with("Nanargmax", REDUCED, &NanReduction::Argmax),
    with("Nanargmin", REDUCED, &NanReduction::Argmin),
    with("Nanmax", REDUCED, &NanReduction::Max),
    with("Nanmean", REDUCED, &NanReduction::Mean),
    with("Nanmedian", REDUCED, &NAN_MEDIAN),
    with("Nanmin", REDUCED, &NanReduction::Min),
    Function::new("ops.numpy", "Nanpercentile", &["x", "q"], SHARES, &NAN_PERCENTILE),
    with("Nanprod", REDUCED, &NanReduction::Prod),
    Function::new("ops.numpy", "Nanquantile", &["x", "q"], SHARES, &NAN_QUANTILE),
    with("Nanstd", REDUCED, &NanReduction::Std),
    with("Nansum", REDUCED, &NanReduction::Sum),
    with("Nanvar", REDUCED, &NanReduction::Var),
    Function::new("ops.numpy", "Percentile", &["x", "q"], SHARES, &PERCENTILE),
    with("Ptp", REDUCED, &Span),
    Function::new("ops.numpy", "Quantile", &["x", "q"], SHARES, &QUANTILE),
    unary("Size", &Arrays::Size),
    with("Argpartition", &[("kth", None), ("axis", Some("-1"))], &Along::Argsort),
    Function::new("ops.numpy", "Diff", &["a"], &[("n", Some("1")), ("axis", Some("-1"))], &Arrays::Diff),
    with("Nancumprod", CUMULATED, &NanAlong(Along::Cumprod)),
    with("Nancumsum", CUMULATED, &NanAlong(Along::Cumsum)),
    Function::new(
        "ops.numpy",
        "Trapezoid",
        &["y"],
        &[("x", Some("null")), ("dx", Some("1.0")), ("axis", Some("-1"))],
        &Arrays::Trapezoid,
    ),
    unary("Fliplr", &Arrays::FlipColumns),
    unary("Flipud", &Arrays::FlipRows),
    Function::new("ops.numpy", "Full", &["fill_value"], &[("shape", None), ("dtype", Some("null"))], &Arrays::Full),
    Function::new("ops.numpy", "Meshgrid", &["*x"], &[("indexing", Some("\"xy\""))], &Arrays::Meshgrid)
        .positional(usize::MAX),
    Function::new("ops.numpy", "Rot90", &["array"], &[("k", Some("1")), ("axes", Some("[0, 1]"))], &Arrays::Rot90),
    Function::new("ops.numpy", "Append", &["x1", "x2"], AXIS_NONE, &Arrays::Append),
    with("ArraySplit", &[("indices_or_sections", None), ("axis", Some("0"))], &Divide::SplitUnevenly),
    with("Dsplit", PARTS, &Divide::SplitAlong(2)),
    Function::new("ops.numpy", "Dstack", &["xs"], &[], &Arrays::Dstack),
    with("Hsplit", PARTS, &Divide::SplitAlong(1)),
    with("Vsplit", PARTS, &Divide::SplitAlong(0)),
    with("Array", DTYPE, &Arrays::Array),
    with(
        "Bincount",
        &[("weights", Some("null")), ("minlength", Some("0")), ("sparse", Some("false"))],
        &Searching::Bincount,
    ),
    with("Diag", &[("k", Some("0"))], &Matrices::Diag),
    with("Diagflat", &[("k", Some("0"))], &Matrices::Diagflat),
    with("Diagonal", DIAGONAL, &Matrices::Diagonal),
    Function::new("ops.numpy", "Digitize", &["x", "bins"], &[], &Searching::Digitize),
    with("Histogram", &[("bins", Some("10")), ("range", Some("null"))], &Searching::Histogram),
    Function::new(
        "ops.numpy",
        "IsIn",
        &["x1", "x2"],
        &[("assume_unique", Some("false")), ("invert", Some("false"))],
        &Searching::IsIn,
    ),
    Function::new(
        "ops.numpy",
        "SearchSorted",
        &["sorted_sequence", "values"],
        &[("side", Some("\"left\""))],
        &Searching::SearchSorted,
    ),
    Function::new("ops.numpy", "Select", &["condlist", "choicelist", "default"], &[], &Arrays::Select),
    Function::new("ops.numpy", "UnravelIndex", &["indices"], &[("shape", None)], &Arrays::UnravelIndex),
    spaced("Geomspace", GEOMETRIC, &Spaced::Geometric),
    spaced(
        "Linspace",
        &[
            ("num", Some("50")),
            ("endpoint", Some("true")),
            ("retstep", Some("false")),
            ("dtype", Some("null")),
            ("axis", Some("0")),
        ],
        &Spaced::Linear,
    ),
    spaced(
        "Logspace",
        &[
            ("num", Some("50")),
            ("endpoint", Some("true")),
            ("base", Some("10")),
            ("dtype", Some("null")),
            ("axis", Some("0")),
        ],
        &Spaced::Powers,
    ),
    with(
        "Unique",
        &[
            ("sorted", Some("true")),
            ("return_index", Some("false")),
            ("return_inverse", Some("false")),
            ("return_counts", Some("false")),
            ("axis", Some("null")),
            ("size", Some("null")),
            ("fill_value", Some("null")),
        ],
        &Unique,
    ),
    with("Vander", &[("N", Some("null")), ("increasing", Some("false"))], &Arrays::Vander),
    unary("Corrcoef", &Matrices::Corrcoef),
    Function::new("ops.numpy", "Correlate", &["x1", "x2"], &[("mode", Some("\"valid\""))], &Correlate),
    Function::new(
        "ops.numpy",
        "Cross",
        &["x1", "x2"],
        &[("axisa", Some("-1")), ("axisb", Some("-1")), ("axisc", Some("-1")), ("axis", Some("null"))],
        &Matrices::Cross,
    ),
    binary("Inner", &Contraction::Inner),
    binary("Kron", &Matrices::Kron),
    binary("Outer", &Matrices::Outer),
    unary("Slogdet", &Linear::Slogdet),
    Function::new("ops.numpy", "Tensordot", &["x1", "x2"], &[("axes", Some("2"))], &Contraction::Tensordot),
    with("Trace", DIAGONAL, &Matrices::Trace),
    binary("Vdot", &Matrices::Vdot),
];
