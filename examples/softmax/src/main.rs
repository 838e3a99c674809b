//! Softmax: what it means, why it overflows, and how to compute it stably.
//!
//! ```text
//! cargo run --release -p softmax
//! ```
//!
//! A network that classifies cats, dogs and birds ends in three scores `u`, which may be any real numbers: the logits.
//! Softmax turns them into probabilities:
//!
//! ```text
//! φ(u_i) = e^(u_i) / Σ_k e^(u_k)
//! ```
//!
//! Each is positive, they sum to 1, and a larger score has a larger probability. But `e^u` overflows in single
//! precision from u = 89 on, even if the probabilities themselves are ordinary numbers. Subtracting the largest score
//! from all scores does not change the result, as the factor `e^(-max u)` cancels, and then no exponent is above 0:
//!
//! ```text
//! φ(u_i) = e^(u_i - max u) / Σ_k e^(u_k - max u)
//! ```

use horn::burn::tensor::{Device, Tensor};
use horn::plot::bar_chart;
use horn::prelude::*;

const CLASSES: [&str; 3] = ["cat", "dog", "bird"];

/// The formula as in textbooks.
fn naive(u: [f32; 3]) -> [f32; 3] {
    let exponentials = u.map(f32::exp);
    let sum: f32 = exponentials.iter().sum();
    exponentials.map(|e| e / sum)
}

/// The numerically stable formula. `Activation::Softmax` uses it, here on one row on the device.
fn stable(u: Tensor<1>) -> Tensor<1> {
    Activation::Softmax.forward(u)
}

fn values(tensor: Tensor<1>) -> Vec<f32> {
    tensor.into_data().iter().collect()
}

fn show(title: &str, probabilities: &[f32]) -> horn::Result<()> {
    println!("{title}");
    if probabilities.iter().all(|p| p.is_finite()) {
        let bars: Vec<_> = CLASSES.iter().zip(probabilities).map(|(class, &p)| (*class, f64::from(p))).collect();
        println!("{}", bar_chart(&bars, 50)?);
    } else {
        println!("{probabilities:?}   <- not probabilities any more");
    }
    println!();
    Ok(())
}

fn main() -> horn::Result<()> {
    let device: Device = horn::default_device()?;
    let tensor = |u: [f32; 3]| Tensor::<1>::from_data(u, &device);

    println!("1. What it means\n");
    let u = [2.0, 1.0, -1.0];
    show(&format!("scores {u:?}"), &naive(u))?;

    println!("2. Why it overflows\n");
    let u = [1e4, 9_999.0, -1e4];
    show(&format!("scores {u:?}, naive: e^10000 is infinite, and infinity / infinity is not a number"), &naive(u))?;
    let u = [-1e4, -1e4, -1e4];
    show(&format!("scores {u:?}, naive: every e^u is 0, and 0 / 0 is not a number"), &naive(u))?;

    println!("3. How to compute it stably\n");
    for u in [[1e4, 9_999.0, -1e4], [-1e4, -1e4, -1e4]] {
        show(&format!("scores {u:?}, less their maximum"), &values(stable(tensor(u))))?;
    }

    println!("4. Its gradient\n");
    // The derivative of φ(u_i) by u_j is φ(u_i) (1 − φ(u_i)) if i = j, and −φ(u_i) φ(u_j) otherwise. It needs no
    // further exponential, so if the forward pass is stable, the backward pass is, too.
    for u in [[2.0, 1.0, -1.0], [1e4, 9_999.0, -1e4]] {
        println!("scores {u:?}: ∂φ(u_i)/∂u_j");
        for (i, class) in CLASSES.iter().enumerate() {
            let u = tensor(u).autodiff().require_grad();
            let gradients = stable(u.clone()).narrow(0, i, 1).sum().backward();
            let row = u.grad(&gradients).map(values).unwrap_or_default();
            println!("{class:>6}  {}", row.iter().map(|g| format!("{g:>9.5}")).collect::<String>());
        }
        println!();
    }
    Ok(())
}
