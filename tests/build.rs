//! Tests against real Keras run if `HORN_PYTHON` names a Python that has it. Otherwise they are reported as ignored, so
//! that nobody thinks that they have passed.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=HORN_PYTHON");
    println!("cargo::rustc-check-cfg=cfg(has_keras)");
    if std::env::var_os("HORN_PYTHON").is_some_and(|python| !python.is_empty()) {
        println!("cargo::rustc-cfg=has_keras");
    }
}
