//! Reads files from h5py and Keras (`tests/keras/make_bad_files.py` makes them), and files that Horn writes.

use std::path::PathBuf;

use serde_json::Value;

use super::*;
use crate::arrays::{Array, DType, Scalar, Values};
use crate::fixture;

fn open(name: &str) -> WeightsReader {
    WeightsReader::open(fixture(name)).unwrap()
}

fn bits(array: &Array) -> Vec<u8> {
    array.clone().into_bytes()
}

#[test]
fn reads_what_keras_saved() {
    let known: Value = serde_json::from_slice(&std::fs::read(fixture("small.json")).unwrap()).unwrap();
    let file = open("small.weights.h5");
    assert_eq!(file.children("layers").unwrap(), ["dense", "dense_1", "input_layer"]);
    let name = &file.attributes("layers/dense/vars").unwrap()["name"];
    assert_eq!(name.as_text(), Some("hidden"));
    for (path, expected, sizes) in [
        ("layers/dense/vars/0", "hidden/kernel", &[3, 4][..]),
        ("layers/dense_1/vars/1", "scores/bias", &[2]),
        ("optimizer/vars/0", "adam/iteration", &[]),
        ("optimizer/vars/2", "adam/hidden_kernel_momentum", &[3, 4]),
    ] {
        let array = file.read(path, sizes).unwrap();
        let mut values = Vec::new();
        flatten(&known[expected], &mut values);
        assert_eq!(array.into_f32().unwrap().into_raw_vec_and_offset().0, values, "{path}");
    }
}

fn flatten(value: &Value, into: &mut Vec<f32>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| flatten(value, into)),
        value => into.push(value.as_f64().unwrap() as f32),
    }
}

#[test]
fn reads_every_dtype_of_both_formats_and_byte_orders() {
    for name in ["dtypes.h5", "dtypes_1_10.h5"] {
        let file = open(name);
        let read = |path: &str| file.read(path, &[2, 3]).unwrap();
        let inf = f64::INFINITY;
        for group in ["plain", "big_endian"] {
            let read = |dtype: &str| read(&format!("{group}/{dtype}")).values().clone();
            assert_eq!(read("float16"), Values::F16(vec![0x3e00, 0xc000, 1, 0x7bff, 0x7c00, 0x2e66]));
            let floats = vec![1.5, -0.0, 1e-45, 3.4e38, f32::NEG_INFINITY, 0.1];
            assert_eq!(read("float32"), Values::F32(floats));
            assert_eq!(read("float64"), Values::F64(vec![1.5, -2.0, 5e-324, 1e308, inf, 0.1]));
            assert_eq!(read("int8"), Values::I8(vec![i8::MIN, i8::MAX, 0, 1, -1, 5]));
            assert_eq!(read("int16"), Values::I16(vec![i16::MIN, i16::MAX, 0, 1, -1, 5]));
            assert_eq!(read("int32"), Values::I32(vec![i32::MIN, i32::MAX, 0, 1, -1, 5]));
            assert_eq!(read("int64"), Values::I64(vec![i64::MIN, i64::MAX, 0, 1, -1, 5]));
            assert_eq!(read("uint8"), Values::U8(vec![0, u8::MAX, 1, 2, 3, 5]));
            assert_eq!(read("uint16"), Values::U16(vec![0, u16::MAX, 1, 2, 3, 5]));
            assert_eq!(read("uint32"), Values::U32(vec![0, u32::MAX, 1, 2, 3, 5]));
            assert_eq!(read("uint64"), Values::U64(vec![0, u64::MAX, 1, 2, 3, 5]));
        }
        assert_eq!(read("plain/bool").values(), &Values::Bool(vec![1, 0, 1, 1, 0, 0]));
        let half = file.read("plain/bfloat16", &[1, 3]).unwrap();
        assert_eq!(half.values(), &Values::Bf16(vec![0x3fc0, 0xc000, 0x3dcd]));
    }
}

#[test]
fn reads_every_storage() {
    for name in ["dtypes.h5", "dtypes_1_10.h5"] {
        let file = open(name);
        let expected = Values::F32((0..600).map(|value| value as f32).collect());
        for path in ["gzip", "shuffled", "lzf", "chunks"] {
            assert_eq!(file.read(&format!("stored/{path}"), &[20, 30]).unwrap().values(), &expected, "{path}");
        }
        let compact = file.read("stored/compact", &[2, 3]).unwrap();
        assert_eq!(compact.values(), &Values::F32(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]));
        assert_eq!(file.read("stored/scalar", &[]).unwrap().to_scalar().unwrap(), 2.5);
        assert_eq!(file.read("/stored/empty/", &[0, 4]).unwrap().values(), &Values::F32(Vec::new()));
        let error = file.read("stored/pair", &[2]).unwrap_err().to_string();
        assert!(error.contains("its values have no dtype of Keras's"), "{error}");
        assert!(file.read("stored/text", &[]).is_err());
    }
}

#[test]
fn reads_every_attribute() {
    for name in ["dtypes.h5", "dtypes_1_10.h5"] {
        let file = open(name);
        let attributes = file.attributes("stored").unwrap();
        let text = |name: &str| attributes[name].as_text().unwrap();
        assert_eq!((text("text"), text("bytes"), text("fixed")), ("Grüße", "bytes", "fixed"));
        let texts = |name: &str| file.texts("stored", name).unwrap().unwrap();
        assert_eq!(texts("texts"), ["one", "zwei", ""]);
        assert_eq!(texts("fixed_texts"), ["a", "bcd"]);
        assert_eq!(texts("empty"), [""; 0]);
        assert_eq!(texts("long"), ["a", "b", "c"]);
        assert_eq!(file.texts("stored", "nothing").unwrap(), None);
        assert!(file.texts("stored", "number").unwrap_err().to_string().contains("is not a list of strings"));
        assert_eq!(attributes["number"], Attribute::Numbers(vec![7.0]));
        assert_eq!(attributes["numbers"], Attribute::Numbers(vec![0.5, 1.5]));
        assert_eq!(attributes["pair"], Attribute::Other);
    }
}

#[test]
fn reads_the_legacy_layout() {
    let file = open("small.h5");
    let root = file.attributes("").unwrap();
    for name in ["model_config", "training_config", "keras_version", "backend"] {
        assert!(root[name].as_text().is_some(), "{name}");
    }
    assert_eq!(file.texts("model_weights", "layer_names").unwrap().unwrap(), ["x", "hidden", "scores"]);
    assert_eq!(file.texts("model_weights/x", "weight_names").unwrap().unwrap(), [""; 0]);
    let names = file.texts("model_weights/hidden", "weight_names").unwrap().unwrap();
    let kernel = file.read(&format!("model_weights/hidden/{}", names[0]), &[3, 4]).unwrap();
    assert_eq!(bits(&kernel), bits(&open("small.weights.h5").read("layers/dense/vars/0", &[3, 4]).unwrap()));
}

#[test]
fn sizes_are_compared_before_anything_is_read() {
    let file = open("small.weights.h5");
    let error = file.read("layers/dense/vars/0", &[4, 4]).unwrap_err();
    assert!(error.is_shape());
    let text = error.to_string();
    assert!(
        text.ends_with(
            "\"layers/dense/vars/0\": the variable has another shape; received [3, 4], expected [4, 4]. \
             Hint: take the model that was saved with this file."
        ),
        "{text}"
    );
    let error = file.read("layers/dense/vars/9", &[4, 4]).unwrap_err().to_string();
    assert!(error.contains("there is no dataset \"layers/dense/vars/9\""), "{error}");
    assert!(file.read("layers/dense", &[]).is_err());
    assert!(file.children("layers/dense/vars/0").is_err());
    assert!(file.attributes("nothing").is_err());
}

#[test]
fn the_listing_has_all_datasets() {
    let file = open("dtypes.h5");
    assert_eq!(file.datasets().count(), 13 + 11 + 9);
    let found = file.datasets().find(|found| found.path == "plain/bfloat16").unwrap();
    assert_eq!(found, Found { path: "plain/bfloat16", sizes: &[1, 3], dtype: Some(DType::Bf16) });
    assert_eq!(file.describe("stored/text").unwrap().dtype, None);
    assert!(file.is_group("plain") && file.is_group("") && !file.is_group("plain/int8"));
    assert!(file.is_dataset("plain/int8") && !file.is_dataset("plain"));
}

#[test]
fn a_variable_can_be_asked_for_twice_but_not_for_ever() {
    let mut writer = WeightsWriter::new();
    writer.dataset("w", Array::new([16 << 20], Values::U8(vec![1; 16 << 20])).unwrap()).unwrap();
    let mut bytes = Vec::new();
    writer.write(&mut bytes).unwrap();
    let file = WeightsReader::of_window(Window::of_bytes(bytes), "x").unwrap();
    for _ in 0..3 {
        file.read("w", &[16 << 20]).unwrap();
    }
    let error = file.read("w", &[16 << 20]).unwrap_err().to_string();
    assert!(error.contains("far larger than the file"), "{error}");
}

/// A file with everything that the writer can write.
fn everything() -> (WeightsWriter, Vec<(String, Array)>) {
    let mut arrays = vec![("loose".to_owned(), Array::new([2, 0, 3], Values::F32(Vec::new())).unwrap())];
    let values = [
        Values::F16(vec![0x3e00, 0xc000, 1, 0x7bff, 0x7c00, 0x2e66]),
        Values::Bf16(vec![0x3fc0, 0xc000, 0x3dcd, 0x7f80, 0x7fc1, 0x0001]),
        Values::F32(vec![1.5, -0.0, 1e-45, f32::from_bits(0x7fa0_0001), f32::NEG_INFINITY, 0.1]),
        Values::F64(vec![1.5, -2.0, 5e-324, 1e308, f64::INFINITY, 0.1]),
        Values::I8(vec![i8::MIN, i8::MAX, 0, 1, -1, 5]),
        Values::I16(vec![i16::MIN, i16::MAX, 0, 1, -1, 5]),
        Values::I32(vec![i32::MIN, i32::MAX, 0, 1, -1, 5]),
        Values::I64(vec![i64::MIN, i64::MAX, 0, 1, -1, 5]),
        Values::U8(vec![0, u8::MAX, 1, 2, 3, 5]),
        Values::U16(vec![0, u16::MAX, 1, 2, 3, 5]),
        Values::U32(vec![0, u32::MAX, 1, 2, 3, 5]),
        Values::U64(vec![0, u64::MAX, 1, 2, 3, 5]),
        Values::Bool(vec![1, 0, 1, 1, 0, 0]),
    ];
    for values in values {
        let array = Array::new([2, 3], values).unwrap();
        arrays.push((format!("layers/all/vars/{}", array.dtype()), array));
    }
    let scalars: [(&str, Scalar); 3] = [("f", 0.5_f32.into()), ("i", 3_i64.into()), ("u", u64::MAX.into())];
    arrays.extend(scalars.map(|(name, value)| (format!("optimizer/vars/{name}"), Array::scalar(value))));
    let mut writer = WeightsWriter::new();
    for (path, array) in &arrays {
        writer.dataset(path, array.clone()).unwrap();
    }
    writer.group("vars").unwrap();
    writer.group("layers/none/vars").unwrap();
    let many = (0..9_000).map(|index| format!("weight_{index}")).collect();
    for (path, name, value) in [
        ("layers/all/vars", "name", Attribute::Text("Schicht „eins“".into())),
        ("layers/none/vars", "name", Attribute::Text(String::new())),
        ("", "model_config", Attribute::Text("x".repeat(100_000))),
        ("legacy", "weight_names", Attribute::Texts(vec!["a/b:0".into(), "ü".into()])),
        ("legacy", "none", Attribute::Texts(Vec::new())),
        ("legacy", "many", Attribute::Texts(many)),
    ] {
        writer.attribute(path, name, value).unwrap();
    }
    (writer, arrays)
}

#[test]
fn what_is_written_is_read_again_bit_by_bit() {
    let (writer, arrays) = everything();
    assert_eq!(writer.bytes(), arrays.iter().map(|(_, array)| array.bytes() as u64).sum::<u64>());
    let mut bytes = Vec::new();
    writer.write(&mut bytes).unwrap();
    // Keeps the file, to be inspected with h5py.
    if let Some(path) = std::env::var_os("HORN_TEST_KEEP_H5") {
        std::fs::write(PathBuf::from(path), &bytes).unwrap();
    }
    let file = WeightsReader::of_window(Window::of_bytes(bytes), "memory").unwrap();
    assert_eq!(file.datasets().count(), arrays.len());
    for (path, array) in &arrays {
        let read = file.read(path, array.sizes()).unwrap();
        assert_eq!((read.dtype(), read.sizes(), bits(&read)), (array.dtype(), array.sizes(), bits(array)), "{path}");
    }
    let text = |path: &str, name: &str| file.attributes(path).unwrap()[name].as_text().unwrap().to_owned();
    assert_eq!(text("layers/all/vars", "name"), "Schicht „eins“");
    assert_eq!(text("layers/none/vars", "name"), "");
    assert_eq!(text("", "model_config").len(), 100_000);
    assert_eq!(file.texts("legacy", "weight_names").unwrap().unwrap(), ["a/b:0", "ü"]);
    assert_eq!(file.texts("legacy", "none").unwrap().unwrap(), [""; 0]);
    let many = file.texts("legacy", "many").unwrap().unwrap();
    assert_eq!((many.len(), many[8_999].as_str()), (9_000, "weight_8999"));
    assert_eq!(file.children("vars").unwrap(), [""; 0]);
}

#[test]
fn paths_and_names_are_checked_when_written() {
    let one = || Array::scalar(1_f32);
    let mut writer = WeightsWriter::new();
    writer.dataset("a/b", one()).unwrap();
    for path in ["a/b", "a/b/c", "a", "", "/a", "a/", "a//c", "a/./c", "../a", "a\0"] {
        assert!(writer.dataset(path, one()).is_err(), "{path:?}");
    }
    assert!(writer.group("a/b").is_err());
    assert!(writer.group(&["g"; 261].join("/")).is_err());
    writer.attribute("a", "name", Attribute::Numbers(vec![1.0])).unwrap();
    assert!(writer.attribute("a", "name", Attribute::Numbers(vec![1.0])).is_err());
    assert!(writer.dataset("deep", Array::new([1; 33], Values::U8(vec![0])).unwrap()).is_err());
    writer.write(Vec::new()).unwrap();
}

#[test]
fn what_cannot_be_written_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let error = everything().0.write(Full).unwrap_err();
    assert!(error.is_file() && error.to_string().contains("cannot be written"), "{error}");
}
