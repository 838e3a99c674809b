//! The training steps of `examples/custom_training`, on tiny models: what each must change, and what it must leave alone.

// Their programs are not run here.
#[allow(dead_code)]
#[path = "../examples/custom_training/src/distillation.rs"]
mod distillation;
#[allow(dead_code)]
#[path = "../examples/custom_training/src/gan.rs"]
mod gan;
#[allow(dead_code)]
#[path = "../examples/custom_training/src/vae.rs"]
mod vae;
