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
}

const fn of(
    name: &'static str,
    module: &'static str,
    class: &'static str,
    operands: &'static [&'static str],
    arguments: &'static [(&'static str, &'static str)],
) -> Function {
    Function { name, module, class, operands, arguments }
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
    binary("floordiv", "FloorDivide"),
    binary("greater", "Greater"),
    binary("greater_equal", "GreaterEqual"),
    binary("less", "Less"),
    binary("less_equal", "LessEqual"),
    binary("logical_and", "LogicalAnd"),
    binary("logical_or", "LogicalOr"),
    binary("maximum", "Maximum"),
    binary("minimum", "Minimum"),
    binary("mod", "Mod"),
    binary("multiply", "Multiply"),
    binary("not_equal", "NotEqual"),
    binary("pow", "Power"),
    binary("subtract", "Subtract"),
    binary("truediv", "Divide"),
    of("matmul", "numpy", "Matmul", &["b"], &[("transpose_a", TRANSPOSED[0]), ("transpose_b", TRANSPOSED[1])]),
    of("where", "numpy", "Where", &["x", "y"], &[]),
    unary("abs", "Absolute"),
    unary("ceil", "Ceil"),
    unary("cos", "Cos"),
    unary("exp", "Exp"),
    unary("expm1", "Expm1"),
    unary("floor", "Floor"),
    unary("identity", "Copy"),
    unary("log", "Log"),
    unary("log1p", "Log1p"),
    unary("logical_not", "LogicalNot"),
    unary("negative", "Negative"),
    unary("ones_like", "OnesLike"),
    unary("reciprocal", "Reciprocal"),
    unary("sign", "Sign"),
    unary("sin", "Sin"),
    unary("sqrt", "Sqrt"),
    unary("square", "Square"),
    unary("tan", "Tan"),
    unary("tanh", "Tanh"),
    unary("zeros_like", "ZerosLike"),
    of("erf", "math", "Erf", &[], &[]),
    of("rsqrt", "math", "Rsqrt", &[], &[]),
    of("stop_gradient", "core", "StopGradient", &[], &[]),
    reduction("reduce_all", "All"),
    reduction("reduce_any", "Any"),
    reduction("reduce_max", "Max"),
    reduction("reduce_mean", "Mean"),
    reduction("reduce_min", "Min"),
    reduction("reduce_prod", "Prod"),
    reduction("reduce_std", "Std"),
    reduction("reduce_sum", "Sum"),
    reduction("reduce_variance", "Var"),
    of("concat", "numpy", "Concatenate", &[], &[("axis", "axis")]),
    of("expand_dims", "numpy", "ExpandDims", &[], &[("axis", "axis")]),
    of("gather", "numpy", "Take", &["indices"], &[("axis", "axis")]),
    of("reshape", "numpy", "Reshape", &[], &[("shape", "newshape")]),
    of("reverse", "numpy", "Flip", &[], &[("axis", "axis")]),
    of("squeeze", "numpy", "Squeeze", &[], &[("axis", "axis")]),
    of("stack", "numpy", "Stack", &[], &[("axis", "axis")]),
    of("tile", "numpy", "Tile", &[], &[("multiples", "repeats")]),
    of("transpose", "numpy", "Transpose", &[], &[("perm", "axes")]),
    of("cast", "core", "Cast", &[], &[("dtype", "dtype")]),
    of("clip_by_value", "numpy", "Clip", &[], &[("clip_value_min", "x_min"), ("clip_value_max", "x_max")]),
    nn("elu", "Elu"),
    of("gelu", "nn", "Gelu", &[], &[("approximate", "approximate")]),
    of("leaky_relu", "nn", "LeakyRelu", &[], &[("alpha", "negative_slope")]),
    of("log_softmax", "nn", "LogSoftmax", &[], &[("axis", "axis")]),
    of("l2_normalize", "nn", "Normalize", &[], &[("axis", "axis")]),
    nn("relu", "Relu"),
    nn("relu6", "Relu6"),
    nn("selu", "Selu"),
    nn("sigmoid", "Sigmoid"),
    nn("silu", "Silu"),
    of("softmax", "nn", "Softmax", &[], &[("axis", "axis")]),
    nn("softplus", "Softplus"),
    nn("softsign", "Softsign"),
    nn("swish", "Silu"),
];

/// Which factors of a product of matrices are transposed. Keras has no such arguments.
const TRANSPOSED: [&str; 2] = ["transpose_a", "transpose_b"];

/// TensorFlow's modules that the functions are in.
const MODULES: [&str; 8] = ["", "__operators__", "compat.v1", "compat.v1.math", "compat.v1.nn", "linalg", "math", "nn"];

/// Arguments without an effect, with the value at which they have none. Those with `None` never have one.
const WITHOUT_EFFECT: [(&str, Option<Value>); 4] = [
    ("name", None),
    ("batch_dims", Some(Value::Null)),
    ("conjugate", Some(Value::Bool(false))),
    ("validate_indices", Some(Value::Null)),
];

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
    let function = FUNCTIONS.iter().find(|function| function.name == own && MODULES.contains(&module));
    let function = function.ok_or_else(|| {
        Error::argument("Horn has no function that does what this function of TensorFlow did")
            .at(&place)
            .received(format!("tf.{name}"))
            .expected("one of TensorFlow's common functions")
            .hint("use a layer for it in the program that saves the model")
    })?;
    let mut config = Map::new();
    if function.class == "Gelu" {
        // Keras 3's own default is another.
        config.insert("approximate".to_owned(), false.into());
    }
    for call in calls(object) {
        let Some(kwargs) = call["kwargs"].as_object_mut().map(std::mem::take) else { continue };
        let mut operands = Vec::new();
        for (key, value) in kwargs {
            if let Some((_, key)) = function.arguments.iter().find(|(old, _)| *old == key) {
                config.insert((*key).to_owned(), value);
            } else if let Some(at) = function.operands.iter().position(|operand| *operand == key) {
                operands.push((at, value));
            } else if !WITHOUT_EFFECT
                .iter()
                .any(|(old, none)| *old == key && none.as_ref().is_none_or(|it| *it == value))
            {
                return Err(Error::argument("Horn has not this argument of the function of TensorFlow")
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
