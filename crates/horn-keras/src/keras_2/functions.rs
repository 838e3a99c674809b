//! TensorFlow's functions in a graph of Keras 2, translated into Keras 3's functions on tensors.
//!
//! Keras 2 wrote `x * 2.0` as a layer `TFOpLambda` with the name of the function, and `x[:, 0]` as a `SlicingOpLambda`.

use horn_nn::{Error, Result};
use serde_json::{Map, Value, json};

/// A function, by its name in TensorFlow.
struct Function {
    name: &'static str,
    module: &'static str,
    class: &'static str,
    /// The arguments after the first that are tensors or constants.
    operands: &'static [&'static str],
    /// The other arguments: their names in TensorFlow and in Keras.
    arguments: &'static [(&'static str, &'static str)],
    /// Arguments of Keras that hold where the call does not give them, as JSON: the defaults are others.
    defaults: &'static [(&'static str, &'static str)],
}

impl Function {
    const fn by_default(mut self, defaults: &'static [(&'static str, &'static str)]) -> Self {
        self.defaults = defaults;
        self
    }
}

const fn of(
    name: &'static str,
    module: &'static str,
    class: &'static str,
    operands: &'static [&'static str],
    arguments: &'static [(&'static str, &'static str)],
) -> Function {
    Function { name, module, class, operands, arguments, defaults: &[] }
}

/// A function with an axis, which is the first by default.
const fn along(name: &'static str, module: &'static str, class: &'static str) -> Function {
    of(name, module, class, &[], &[("axis", "axis")]).by_default(&[("axis", "0")])
}

/// A pooling of images, or of sequences.
const fn pooling(name: &'static str, class: &'static str) -> Function {
    let arguments =
        &[("ksize", "pool_size"), ("strides", "strides"), ("padding", "padding"), ("data_format", "data_format")];
    of(name, "nn", class, &[], arguments)
}

/// A convolution with a kernel that is a constant or a tensor.
const fn convolution(name: &'static str, class: &'static str, kernel: &'static [&'static str]) -> Function {
    let arguments = &[
        ("stride", "strides"),
        ("strides", "strides"),
        ("padding", "padding"),
        ("data_format", "data_format"),
        ("dilations", "dilation_rate"),
        ("rate", "dilation_rate"),
    ];
    of(name, "nn", class, kernel, arguments).by_default(&[("strides", "1"), ("dilation_rate", "1")])
}

const fn unary(name: &'static str, class: &'static str) -> Function {
    of(name, "numpy", class, &[], &[])
}

const fn nn(name: &'static str, class: &'static str) -> Function {
    of(name, "nn", class, &[], &[])
}

const fn binary(name: &'static str, class: &'static str) -> Function {
    of(name, "numpy", class, &["y"], &[])
}

const fn reduction(name: &'static str, class: &'static str) -> Function {
    of(name, "numpy", class, &[], &[("axis", "axis"), ("keepdims", "keepdims")])
}

/// The functions, without TensorFlow's modules.
const FUNCTIONS: &[Function] = &[
    binary("add", "Add"),
    binary("divide", "Divide"),
    binary("divide_no_nan", "DivideNoNan"),
    binary("equal", "Equal"),
    of("atan2", "numpy", "Arctan2", &["x"], &[]),
    of("bias_add", "numpy", "Add", &["bias"], &[]),
    binary("floor_div", "FloorDivide"),
    binary("floordiv", "FloorDivide"),
    binary("floormod", "Mod"),
    binary("greater", "Greater"),
    binary("greater_equal", "GreaterEqual"),
    binary("less", "Less"),
    binary("less_equal", "LessEqual"),
    binary("logical_and", "LogicalAnd"),
    binary("logical_or", "LogicalOr"),
    binary("logical_xor", "LogicalXor"),
    binary("maximum", "Maximum"),
    binary("minimum", "Minimum"),
    binary("mod", "Mod"),
    binary("multiply", "Multiply"),
    binary("not_equal", "NotEqual"),
    binary("pow", "Power"),
    binary("realdiv", "Divide"),
    of("scalar_mul", "numpy", "Multiply", &["x"], &[]),
    binary("subtract", "Subtract"),
    binary("truediv", "Divide"),
    binary("bitwise_and", "BitwiseAnd"),
    binary("bitwise_or", "BitwiseOr"),
    binary("bitwise_xor", "BitwiseXor"),
    binary("left_shift", "LeftShift"),
    binary("right_shift", "RightShift"),
    of("matmul", "numpy", "Matmul", &["b"], &[("transpose_a", TRANSPOSED[0]), ("transpose_b", TRANSPOSED[1])]),
    of("tensordot", "numpy", "Tensordot", &["b"], &[("axes", "axes")]),
    of("where", "numpy", "Where", &["x", "y"], &[]),
    unary("abs", "Absolute"),
    unary("acos", "Arccos"),
    unary("acosh", "Arccosh"),
    unary("asin", "Arcsin"),
    unary("asinh", "Arcsinh"),
    unary("atan", "Arctan"),
    unary("atanh", "Arctanh"),
    unary("ceil", "Ceil"),
    unary("check_numerics", "Copy"),
    unary("convert_to_tensor", "Copy"),
    unary("cos", "Cos"),
    unary("cosh", "Cosh"),
    unary("ensure_shape", "Copy"),
    unary("exp", "Exp"),
    unary("expm1", "Expm1"),
    unary("floor", "Floor"),
    unary("identity", "Copy"),
    unary("is_finite", "Isfinite"),
    unary("is_inf", "Isinf"),
    unary("is_nan", "Isnan"),
    unary("log", "Log"),
    unary("log1p", "Log1p"),
    unary("logical_not", "LogicalNot"),
    unary("negative", "Negative"),
    of("ones_like", "numpy", "OnesLike", &[], &[("dtype", "dtype")]),
    unary("reciprocal", "Reciprocal"),
    unary("rint", "Round"),
    unary("round", "Round"),
    unary("sign", "Sign"),
    unary("sin", "Sin"),
    unary("sinh", "Sinh"),
    unary("sqrt", "Sqrt"),
    unary("square", "Square"),
    unary("tan", "Tan"),
    unary("tanh", "Tanh"),
    of("zeros_like", "numpy", "ZerosLike", &[], &[("dtype", "dtype")]),
    of("erf", "math", "Erf", &[], &[]),
    of("erfinv", "math", "Erfinv", &[], &[]),
    of("rsqrt", "math", "Rsqrt", &[], &[]),
    of("stop_gradient", "core", "StopGradient", &[], &[]),
    reduction("reduce_all", "All"),
    reduction("reduce_any", "Any"),
    of("reduce_logsumexp", "math", "Logsumexp", &[], &[("axis", "axis"), ("keepdims", "keepdims")]),
    reduction("reduce_max", "Max"),
    reduction("reduce_mean", "Mean"),
    reduction("reduce_min", "Min"),
    reduction("reduce_prod", "Prod"),
    reduction("reduce_std", "Std"),
    reduction("reduce_sum", "Sum"),
    reduction("reduce_variance", "Var"),
    of("reduce_euclidean_norm", "linalg", "Norm", &[], &[("axis", "axis"), ("keepdims", "keepdims")]),
    of("trace", "numpy", "Trace", &[], &[]).by_default(&[("axis1", "-2"), ("axis2", "-1")]),
    of("norm", "linalg", "Norm", &[], &[("ord", "ord"), ("axis", "axis"), ("keepdims", "keepdims")]),
    along("argmax", "numpy", "Argmax"),
    along("argmin", "numpy", "Argmin"),
    of("count_nonzero", "numpy", "CountNonzero", &[], &[("axis", "axis")]),
    along("cumprod", "numpy", "Cumprod"),
    along("cumsum", "numpy", "Cumsum"),
    of("argsort", "numpy", "Argsort", &[], &[("axis", "axis")]),
    of("sort", "numpy", "Sort", &[], &[("axis", "axis")]),
    of("top_k", "math", "TopK", &[], &[("k", "k"), ("sorted", "sorted")]).by_default(&[("k", "1")]),
    of("concat", "numpy", "Concatenate", &[], &[("axis", "axis")]),
    of("broadcast_to", "numpy", "BroadcastTo", &[], &[("shape", "shape")]),
    of("diag_part", "numpy", "Diagonal", &[], &[]).by_default(&[("axis1", "-2"), ("axis2", "-1")]),
    of("embedding_lookup", "numpy", "Take", &["ids"], &[]).by_default(&[("axis", "0")]),
    of("expand_dims", "numpy", "ExpandDims", &[], &[("axis", "axis")]),
    of("flip_left_right", "numpy", "Flip", &[], &[]).by_default(&[("axis", "-2")]),
    of("flip_up_down", "numpy", "Flip", &[], &[]).by_default(&[("axis", "-3")]),
    of("gather", "numpy", "Take", &["indices"], &[("axis", "axis")]).by_default(&[("axis", "0")]),
    of("grayscale_to_rgb", "numpy", "Repeat", &[], &[]).by_default(&[("repeats", "3"), ("axis", "-1")]),
    of("adjoint", "numpy", "Swapaxes", &[], &[]).by_default(&[("axis1", "-2"), ("axis2", "-1")]),
    of("matrix_transpose", "numpy", "Swapaxes", &[], &[]).by_default(&[("axis1", "-2"), ("axis2", "-1")]),
    of("pad", "numpy", "Pad", &["constant_values"], &[("paddings", "pad_width"), ("mode", "mode")]),
    of("repeat", "numpy", "Repeat", &[], &[("repeats", "repeats"), ("axis", "axis")]),
    of("roll", "numpy", "Roll", &[], &[("shift", "shift"), ("axis", "axis")]),
    of("split", "numpy", "Split", &[], &[("num_or_size_splits", "indices_or_sections"), ("axis", "axis")]),
    of("unstack", "core", "Unstack", &[], &[("axis", "axis"), ("num", "num")]),
    of("tril", "numpy", "Tril", &[], &[("k", "k")]),
    of("triu", "numpy", "Triu", &[], &[("k", "k")]),
    of("cholesky", "linalg", "Cholesky", &[], &[]),
    of("cross", "numpy", "Cross", &["b"], &[]),
    of("det", "linalg", "Det", &[], &[]),
    of("inv", "linalg", "Inv", &[], &[]),
    of("solve", "linalg", "Solve", &["rhs"], &[]),
    of("reshape", "numpy", "Reshape", &[], &[("shape", "newshape")]),
    of("reverse", "numpy", "Flip", &[], &[("axis", "axis")]),
    of("squeeze", "numpy", "Squeeze", &[], &[("axis", "axis")]),
    of("stack", "numpy", "Stack", &[], &[("axis", "axis")]),
    of("take_along_axis", "numpy", "TakeAlongAxis", &["indices"], &[("axis", "axis")]),
    of("tile", "numpy", "Tile", &[], &[("multiples", "repeats")]),
    of("transpose", "numpy", "Transpose", &[], &[("perm", "axes")]),
    of("saturate_cast", "core", "SaturateCast", &[], &[("dtype", "dtype")]),
    of("cast", "core", "Cast", &[], &[("dtype", "dtype")]),
    of("clip_by_value", "numpy", "Clip", &[], &[("clip_value_min", "x_min"), ("clip_value_max", "x_max")]),
    nn("elu", "Elu"),
    of("gelu", "nn", "Gelu", &[], &[("approximate", "approximate")]).by_default(&[("approximate", "false")]),
    of("leaky_relu", "nn", "LeakyRelu", &[], &[("alpha", "negative_slope")]),
    of("log_softmax", "nn", "LogSoftmax", &[], &[("axis", "axis")]),
    of("l2_normalize", "nn", "Normalize", &[], &[("axis", "axis")]),
    nn("log_sigmoid", "LogSigmoid"),
    nn("relu", "Relu"),
    nn("relu6", "Relu6"),
    nn("selu", "Selu"),
    nn("sigmoid", "Sigmoid"),
    nn("silu", "Silu"),
    of("softmax", "nn", "Softmax", &[], &[("axis", "axis")]),
    nn("softplus", "Softplus"),
    nn("softsign", "Softsign"),
    nn("swish", "Silu"),
    of("one_hot", "nn", "OneHot", &[], &[("depth", "num_classes"), ("axis", "axis")]),
    pooling("avg_pool", "AveragePool"),
    pooling("avg_pool1d", "AveragePool"),
    pooling("avg_pool2d", "AveragePool"),
    pooling("avg_pool3d", "AveragePool"),
    pooling("max_pool", "MaxPool"),
    pooling("max_pool1d", "MaxPool"),
    pooling("max_pool2d", "MaxPool"),
    pooling("max_pool3d", "MaxPool"),
    convolution("conv1d", "Conv", &["filters"]),
    convolution("conv2d", "Conv", &["filter", "filters"]),
    convolution("depthwise_conv2d", "DepthwiseConv", &["filter"]),
    of("depth_to_space", "nn", "DepthToSpace", &[], &[("block_size", "block_size"), ("data_format", "data_format")]),
    of("space_to_depth", "nn", "SpaceToDepth", &[], &[("block_size", "block_size"), ("data_format", "data_format")]),
    of("resize", "image", "Resize", &[], &[("size", "size"), ("method", "interpolation"), ("antialias", "antialias")]),
    of("crop_to_bounding_box", "image", "CropImages", &[], BOX[0]),
    of("pad_to_bounding_box", "image", "PadImages", &[], BOX[1]),
    of("extract_patches", "image", "ExtractPatches", &[], PATCHES),
    of("hsv_to_rgb", "image", "HSVToRGB", &[], &[]),
    of("rot90", "numpy", "Rot90", &[], &[("k", "k")]).by_default(&[("axes", "[-3, -2]")]),
    of("rgb_to_grayscale", "image", "RGBToGrayscale", &[], &[]),
    of("rgb_to_hsv", "image", "RGBToHSV", &[], &[]),
];

/// The arguments of patches of images.
const PATCHES: &[(&str, &str)] =
    &[("sizes", "size"), ("strides", "strides"), ("rates", "dilation_rate"), ("padding", "padding")];

/// The arguments of a part of an image, and of an image in a larger one.
const BOX: [&[(&str, &str)]; 2] = [
    &[
        ("offset_height", "top_cropping"),
        ("offset_width", "left_cropping"),
        ("target_height", "target_height"),
        ("target_width", "target_width"),
    ],
    &[
        ("offset_height", "top_padding"),
        ("offset_width", "left_padding"),
        ("target_height", "target_height"),
        ("target_width", "target_width"),
    ],
];

/// Functions of `tf.image` that have the name of another function elsewhere.
const OF_IMAGES: &[Function] =
    &[of("transpose", "numpy", "Swapaxes", &[], &[]).by_default(&[("axis1", "-3"), ("axis2", "-2")])];

/// Which factors of a product of matrices are transposed. Keras has no such arguments.
const TRANSPOSED: [&str; 2] = ["transpose_a", "transpose_b"];

/// TensorFlow's modules that the functions are in.
const MODULES: [&str; 12] = [
    "",
    "__operators__",
    "bitwise",
    "compat.v1",
    "compat.v1.math",
    "compat.v1.nn",
    "debugging",
    "dtypes",
    "image",
    "linalg",
    "math",
    "nn",
];

/// Arguments without an effect, with the values at which they have none, as JSON. Those without values never have one.
const WITHOUT_EFFECT: [(&str, &[&str]); 27] = [
    ("name", &[]),
    // The words of the error for values that are not finite.
    ("message", &[]),
    // What `ensure_shape` checks.
    ("shape", &[]),
    // Where an embedding keeps its rows, and how a convolution is computed.
    ("partition_strategy", &[]),
    ("use_cudnn_on_gpu", &[]),
    ("a_is_sparse", &["false"]),
    ("adjoint_a", &["false"]),
    ("adjoint_b", &["false"]),
    ("b_is_sparse", &["false"]),
    ("dtype", &["null"]),
    ("dtype_hint", &["null"]),
    ("max_norm", &["null"]),
    ("off_value", &["null", "0.0"]),
    ("on_value", &["null", "1.0"]),
    // What kind of integers comes out.
    ("output_type", &[]),
    ("stable", &[]),
    ("validate_indices", &[]),
    ("adjoint", &["false"]),
    ("axis", &["null"]),
    ("batch_dims", &["null", "0"]),
    ("conjugate", &["false"]),
    ("data_format", &["null", "\"NHWC\""]),
    ("direction", &["\"ASCENDING\""]),
    ("exclusive", &["false"]),
    ("num", &["null"]),
    ("preserve_aspect_ratio", &["false"]),
    ("reverse", &["false"]),
];

fn has_no_effect(key: &str, value: &Value) -> bool {
    let listed = WITHOUT_EFFECT.iter().find(|(old, _)| *old == key);
    listed.is_some_and(|(_, values)| values.is_empty() || values.contains(&value.to_string().as_str()))
}

/// The value of an argument of a function in Keras's words.
fn in_keras(function: &Function, key: &str, value: Value) -> Value {
    // The sizes of the windows of sequences are three with those of the samples and the channels.
    let most = if function.name.ends_with("1d") { 2 } else { 3 };
    match (key, value) {
        // TensorFlow has the lengths of the parts, Keras where they end.
        ("indices_or_sections", Value::Array(lengths)) => {
            let ends = lengths.iter().scan(0, |end, length| {
                *end += length.as_i64()?;
                Some(json!(*end))
            });
            ends.take(lengths.len().saturating_sub(1)).collect()
        }
        ("dilation_rate" | "strides", Value::Null) => 1.into(),
        // Windows may be given for all axes, with one sample and one channel.
        ("dilation_rate" | "pool_size" | "size" | "strides", Value::Array(sizes)) => match &sizes[..] {
            [first, inner @ .., last] if sizes.len() > most && *first == 1 && *last == 1 => inner.into(),
            _ => sizes.into(),
        },
        ("mode" | "padding", Value::String(word)) => word.to_lowercase().into(),
        ("data_format", Value::String(word)) if word == "NHWC" || word == "NWC" => "channels_last".into(),
        ("data_format", Value::String(word)) if word == "NCHW" || word == "NCW" => "channels_first".into(),
        ("ord", Value::String(word)) if word == "euclidean" => Value::Null,
        ("keepdims", Value::Null) => false.into(),
        (_, value) => value,
    }
}

/// Replaces a function of TensorFlow by the function of Keras that means the same. Its calls are translated.
///
/// # Errors
///
/// If Keras 3 has no such function, or not with these arguments.
pub(crate) fn translate(object: &mut Value) -> Result<()> {
    let name = object["config"]["name"].clone();
    let place = format!("layer {:?}", name.as_str().unwrap_or_default());
    if object["class_name"] == "SlicingOpLambda" {
        calls(object).for_each(slice);
        replace(object, "numpy", "GetItem", Map::new());
        return Ok(());
    }
    let name = object["config"]["function"].as_str().unwrap_or_default().to_owned();
    let (module, own) = name.rsplit_once('.').unwrap_or(("", &name));
    let of_images = OF_IMAGES.iter().filter(|_| module == "image");
    let function = of_images.chain(FUNCTIONS).find(|function| function.name == own && MODULES.contains(&module));
    let function = function.ok_or_else(|| {
        Error::argument("Horn has no function that does what this function of TensorFlow did")
            .at(&place)
            .received(format!("tf.{name}"))
            .expected("one of TensorFlow's common functions")
            .hint("use a layer for it in the program that saves the model")
    })?;
    let default = |(key, value): &(&str, &str)| Some(((*key).to_owned(), serde_json::from_str(value).ok()?));
    let mut config: Map<String, Value> = function.defaults.iter().filter_map(default).collect();
    for call in calls(object) {
        let Some(kwargs) = call["kwargs"].as_object_mut().map(std::mem::take) else { continue };
        let mut operands = Vec::new();
        for (key, value) in kwargs {
            let argument = function.arguments.iter().find(|(old, _)| *old == key).map(|(_, key)| *key);
            if argument.is_some_and(|key| value.is_null() && config.contains_key(key)) {
                continue;
            }
            if let Some(key) = argument {
                config.insert(key.to_owned(), in_keras(function, key, value));
            } else if let Some(at) = function.operands.iter().position(|operand| *operand == key) {
                operands.push((at, value));
            } else if !has_no_effect(&key, &value) {
                return Err(Error::argument("Horn does not support this argument of the TensorFlow function")
                    .at(&place)
                    .received(format!("{key} = {value} of tf.{name}"))
                    .expected("an argument of Keras's function")
                    .hint("use a layer for it in the program that saves the model"));
            }
        }
        operands.sort_by_key(|(at, _)| *at);
        if let Some(args) = call["args"].as_array_mut() {
            args.extend(operands.into_iter().map(|(_, value)| value));
            if !function.operands.is_empty() {
                args.iter_mut().for_each(array);
            }
        }
    }
    if own == "resize"
        && config.get("interpolation").is_some_and(|word| word == "bicubic")
        && config.get("antialias") != Some(&json!(true))
    {
        return resizing(object, &config);
    }
    let [a, b] = TRANSPOSED.map(|key| config.remove(key).is_some_and(|is_transposed| is_transposed == true));
    if a || b {
        let factor =
            |is_transposed, plain: &str, other: &str| format!("...{}", if is_transposed { other } else { plain });
        let subscripts = format!("{},{}->...ik", factor(a, "ij", "ji"), factor(b, "jk", "kj"));
        config.insert("subscripts".to_owned(), subscripts.into());
        replace(object, "numpy", "Einsum", config);
    } else {
        replace(object, function.module, function.class, config);
    }
    Ok(())
}

/// Replaces the function by the layer `Resizing`, which takes the weights of Keras 2.
fn resizing(object: &mut Value, config: &Map<String, Value>) -> Result<()> {
    let name = object["config"]["name"].take();
    let size = &config.get("size").cloned().unwrap_or_default();
    object["class_name"] = "Resizing".into();
    object["config"] = json!({
        "name": name, "trainable": true, "dtype": "float32", "height": size[0], "width": size[1], "interpolation": "bicubic",
    });
    Ok(())
}

fn calls(object: &mut Value) -> impl Iterator<Item = &mut Value> {
    object.get_mut("inbound_nodes").and_then(Value::as_array_mut).into_iter().flatten()
}

fn replace(object: &mut Value, module: &str, class: &str, mut config: Map<String, Value>) {
    config.insert("name".to_owned(), object["config"]["name"].take());
    object["module"] = format!("keras.src.ops.{module}").into();
    object["class_name"] = class.into();
    object["registered_name"] = class.into();
    object["config"] = config.into();
}

/// A list of numbers is a constant.
fn array(value: &mut Value) {
    if value.as_array().is_some_and(|list| list.iter().all(|item| item.is_number() || item.is_array())) {
        *value = json!({"class_name": "__numpy__", "config": {"value": value.take(), "dtype": "float32"}});
    }
}

/// Translates the key of a slicing call.
fn slice(call: &mut Value) {
    let key = call["kwargs"].get_mut("slice_spec").map(Value::take).unwrap_or_default();
    let one = |part: Value| match part {
        Value::Object(bounds) if !bounds.contains_key("class_name") => {
            json!({"class_name": "__slice__", "config": bounds})
        }
        Value::Object(_) | Value::String(_) => json!({"class_name": "__ellipsis__", "config": {}}),
        part => part,
    };
    let key = match key {
        Value::Array(parts) => parts.into_iter().map(one).collect(),
        part => one(part),
    };
    call["kwargs"] = json!({});
    call["args"].as_array_mut().into_iter().for_each(|args| args.push(key.clone()));
}
