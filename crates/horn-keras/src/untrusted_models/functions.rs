//! Functions on tensors that cannot be: an error each, and soon.

use super::*;

/// Functions on tensors, each with further arguments of the call and what the error says.
fn impossible_functions() -> Vec<(&'static str, Value, Value, &'static str)> {
    let many = |value: Value| Value::Array(vec![value; 200_000]);
    let long = "a".repeat(1_000_000);
    vec![
        ("Tile", json!({"repeats": [HUGE, HUGE]}), json!([]), "larger than any memory"),
        ("Tile", json!({"repeats": many(json!(1))}), json!([]), "tensors of this rank"),
        ("Tile", json!({"repeats": [-1]}), json!([]), "repeats is not valid"),
        ("Repeat", json!({"repeats": HUGE, "axis": 1}), json!([]), "larger than any memory"),
        ("BroadcastTo", json!({"shape": [HUGE, HUGE, 4]}), json!([]), "larger than any memory"),
        ("BroadcastTo", json!({"shape": many(json!(1))}), json!([]), "tensors of this rank"),
        ("ExpandDims", json!({"axis": many(json!(0))}), json!([]), "tensors of this rank"),
        ("Squeeze", json!({"axis": 7}), json!([]), "there is no such axis"),
        ("Reshape", json!({"newshape": [HUGE, HUGE]}), json!([]), "another number of values"),
        ("Reshape", json!({"newshape": [-1, 0]}), json!([]), "another number of values"),
        ("Reshape", json!({"newshape": "all"}), json!([]), "newshape is not valid"),
        ("Moveaxis", json!({"source": many(json!(0)), "destination": many(json!(1))}), json!([]), "not valid"),
        ("Transpose", json!({"axes": [0, 0]}), json!([]), "axes is not valid"),
        ("Transpose", json!({"axes": [i64::MIN, 1]}), json!([]), "there is no such axis"),
        ("Pad", json!({"pad_width": HUGE}), json!([]), "larger than any memory"),
        ("Pad", json!({"pad_width": [[0, 0], [HUGE, 9]], "mode": "reflect"}), json!([]), "larger than any memory"),
        ("Pad", json!({"pad_width": [[0, 0], [1, 1]], "mode": "wrap"}), json!([]), "mode is not valid"),
        ("Split", json!({"indices_or_sections": HUGE, "axis": 1}), json!([]), "indices_or_sections is not valid"),
        ("Split", json!({"indices_or_sections": many(json!(1)), "axis": 1}), json!([]), "too many outputs"),
        ("Split", json!({"indices_or_sections": 2, "axis": 0}), json!([]), "unknown size can't be split"),
        ("OneHot", json!({"num_classes": HUGE}), json!([]), "larger than any memory"),
        ("TopK", json!({"k": HUGE}), json!([]), "k is not valid"),
        ("Einsum", json!({"subscripts": long}), json!([]), "the equation does not fit"),
        ("Einsum", json!({"subscripts": format!("ab->{long}")}), json!([]), "the equation does not fit"),
        ("GetItem", json!({}), json!([many(Value::Null)]), "tensors of this rank"),
        ("GetItem", json!({}), json!([[0, i64::MAX]]), "the place is outside"),
        ("GetItem", json!({}), json!([[0, 0, 0]]), "the key is not valid"),
        ("Take", json!({"axis": 1}), json!([many(json!(9))]), "the place is outside"),
        ("Where", json!({}), json!([]), "a tensor, a number or an array"),
        ("Add", json!({}), json!([{"class_name": "__numpy__", "config": {"value": [[1.0], []]}}]), "can't be read"),
        ("Cast", json!({"dtype": "complex64"}), json!([]), "dtype is not valid"),
        ("Mean", json!({"axis": null}), json!([]), "a single number"),
        ("Resize", json!({"size": [HUGE, 1]}), json!([]), "size is not valid"),
        ("VectorizedMap", json!({}), json!([]), "a function of the program"),
        ("MultiHot", json!({"num_classes": HUGE}), json!([]), "larger than any memory"),
        ("Bincount", json!({"minlength": HUGE}), json!([]), "minlength is not valid"),
        ("Histogram", json!({"bins": HUGE}), json!([]), "bins is not valid"),
        (
            "ExtractSequences",
            json!({"sequence_length": HUGE, "sequence_stride": 1}),
            json!([]),
            "sequence_length is not valid",
        ),
        (
            "ExtractSequences",
            json!({"sequence_length": 2, "sequence_stride": 0}),
            json!([]),
            "sequence_stride is not valid",
        ),
        ("RFFT", json!({"fft_length": HUGE}), json!([]), "fft_length is not valid"),
        (
            "STFT",
            json!({"sequence_length": HUGE, "sequence_stride": 1, "fft_length": HUGE}),
            json!([]),
            "sequence_length is not valid",
        ),
        (
            "STFT",
            json!({"sequence_length": 2, "sequence_stride": 0, "fft_length": 2}),
            json!([]),
            "sequence_stride is not valid",
        ),
        ("SegmentSum", json!({"num_segments": HUGE}), json!([[0]]), "a tensor, a number or an array"),
        ("MaxPool", json!({"pool_size": HUGE}), json!([]), "tensors of this rank"),
        ("Diag", json!({"k": HUGE}), json!([]), "size of an axis must be known"),
        ("Diagflat", json!({"k": HUGE}), json!([]), "size of an axis must be known"),
        ("Diff", json!({"n": HUGE}), json!([]), "n is not valid"),
        ("Full", json!({"shape": [HUGE, HUGE]}), json!([]), "the shapes do not broadcast"),
        ("Linspace", json!({"num": HUGE}), json!([1.0]), "num is not valid"),
        ("Vander", json!({"N": HUGE}), json!([]), "the input must be a vector"),
        ("Rot90", json!({"axes": [0, 0]}), json!([]), "axes is not valid"),
        ("Trace", json!({"offset": HUGE, "axis1": 7}), json!([]), "there is no such axis"),
        ("Scatter", json!({"shape": [HUGE, HUGE]}), json!([[1.0]]), "a tensor, a number or an array"),
        ("Slice", json!({"shape": [HUGE, 1]}), json!([[0, 0]]), "larger than any memory"),
        ("Unfold", json!({"kernel_size": HUGE}), json!([]), "kernel_size is not valid"),
        ("UnravelIndex", json!({"shape": many(json!(1))}), json!([]), "shape is not valid"),
        ("Tensordot", json!({"axes": HUGE}), json!([1.0]), "axes is not valid"),
        ("Det", json!({}), json!([]), "a single number"),
        ("DepthToSpace", json!({"block_size": HUGE}), json!([]), "block_size is not valid"),
        ("GaussianBlur", json!({"kernel_size": [HUGE, HUGE]}), json!([]), "neither an image nor a batch of images"),
        ("Rearrange", json!({}), json!([long.clone()]), "the pattern does not fit"),
        ("Quantile", json!({}), json!([7.0]), "a quantile is outside of its range; received 7, expected 0 to 1"),
        ("Nonzero", json!({}), json!([]), "the values decide the shape"),
        ("Nonsense", json!({}), json!([]), "Horn has no such function"),
    ]
}

#[test]
fn impossible_functions_are_errors() {
    if runs_alone("untrusted_models::functions::impossible_functions_are_errors") {
        return;
    }
    let mut wrong = Vec::new();
    for (class, config, rest, problem) in impossible_functions() {
        let mut function = node("f", class, config, &[&["x"]]);
        function["module"] = "keras.src.ops.numpy".into();
        let args = function["inbound_nodes"][0]["args"].as_array_mut().unwrap();
        args.extend(rest.as_array().unwrap().iter().cloned());
        let error = refused(&graph(vec![graph_input("x"), function], json!(["f", 0, 0]))).to_string();
        if !error.contains(problem) || error.len() > 20_000 {
            wrong.push(format!("{class}: {}\n    {problem}", error.chars().take(300).collect::<String>()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    little_memory();
}
