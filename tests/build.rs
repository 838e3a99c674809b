//! Tests against a real Keras run where `HORN_PYTHON` names a Python that has it. Elsewhere they are ignored, and are
//! reported as that, so that nobody takes them for passed.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=HORN_PYTHON");
    println!("cargo::rustc-check-cfg=cfg(has_keras)");
    if std::env::var_os("HORN_PYTHON").is_some_and(|python| !python.is_empty()) {
        println!("cargo::rustc-cfg=has_keras");
    }
}
