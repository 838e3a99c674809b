//! Runs the same program on every backend that is compiled in.

use horn::prelude::*;
use ndarray::{Array1, Array3, s};

fn digits(samples: usize) -> (Array3<u8>, Array1<u8>) {
    let ((x, y), _) = datasets::mnist::load_data().unwrap();
    (x.slice(s![..samples, .., ..]).to_owned(), y.slice(s![..samples]).to_owned())
}

/// Trains the README's model for a short time. Returns the losses and the predictions.
fn train(backend: &str) -> (Vec<f64>, Vec<f32>) {
    let (x, y) = digits(1_024);
    set_random_seed(3);
    let mut model = Sequential::new()
        .add(Input([28, 28]))
        .add(Flatten())
        .add(Rescaling(1.0 / 255.0))
        .add(Dense(128).activation(Activation::Relu))
        .add(Dense(128).activation(Activation::Relu))
        .add(Dense(128).activation(Activation::Relu))
        .add(Dense(10).activation(Activation::Softmax))
        .compile_on(
            &horn::device(backend).unwrap(),
            Adam::new(1e-3),
            SparseCategoricalCrossentropy::new(),
            [Accuracy::new()],
        )
        .unwrap();
    let fit = Fit::epochs(2).batch_size(128).validation_split(0.1).verbose(Verbose::Silent);
    let history = model.fit(&x, &y, fit).unwrap();
    assert!(history["accuracy"][1] > 0.6, "{backend}: {history:?}");
    let probabilities = model.predict(&x.slice(s![..64, .., ..])).unwrap();
    (history["loss"].iter().chain(&history["val_loss"]).copied().collect(), probabilities.into_raw_vec_and_offset().0)
}

#[test]
fn every_backend_learns_the_same() {
    let backends = horn::backends();
    let (losses, probabilities) = train(backends[0]);
    for backend in &backends[1..] {
        let (other_losses, other_probabilities) = train(backend);
        for (one, other) in losses.iter().zip(&other_losses) {
            assert!((one - other).abs() < 1e-4, "{backend}: losses {other_losses:?}, {} {losses:?}", backends[0]);
        }
        for (one, other) in probabilities.iter().zip(&other_probabilities) {
            assert!((one - other).abs() < 1e-4, "{backend}: {other} instead of {one}");
        }
    }
}

#[test]
fn scores_of_ten_thousand_stay_exact_on_every_backend() {
    use horn::burn::tensor::Tensor;
    for backend in horn::backends() {
        let device = horn::device(backend).unwrap();
        let u = Tensor::<2>::from_data([[1e4, 9_999.0, -1e4], [-1e4, -1e4, -1e4]], &device.autodiff()).require_grad();
        let phi = Activation::Softmax.forward(u.clone());
        let gradient = u.grad(&phi.clone().slice([0..1, 0..1]).sum().backward()).unwrap();
        let phi: Vec<f32> = phi.into_data().iter().collect();
        let expected = [0.731_058_6, 0.268_941_43, 0.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0];
        crate::fixtures::assert_close(backend, &phi, &expected, 1e-6);
        let gradient: Vec<f32> = gradient.into_data().iter().collect();
        let expected = [0.196_611_93, -0.196_611_93, 0.0, 0.0, 0.0, 0.0];
        crate::fixtures::assert_close(backend, &gradient, &expected, 1e-6);
    }
}

/// A model whose logits are ±1e4 can be trained: its loss is exact, and clipping of probabilities does not make its
/// gradient vanish.
#[test]
fn training_survives_scores_of_ten_thousand() {
    for backend in horn::backends() {
        let mut model = Sequential::new()
            .add(Input([1]))
            .add(Dense(2).kernel_initializer(Constant::new(0.0)).bias_initializer(Zeros::new()))
            .add(Softmax())
            .compile_on(&horn::device(backend).unwrap(), SGD::new(1.0), SparseCategoricalCrossentropy::new(), ())
            .unwrap();
        let weights = [ndarray::arr2(&[[1e4_f32, -1e4]]).into_dyn(), ndarray::arr1(&[0.0_f32, 0.0]).into_dyn()];
        model.model_mut().unwrap().set_weights(&weights).unwrap();
        let (x, y) = (ndarray::arr2(&[[1.0_f32]]), ndarray::arr1(&[1_u8]));
        let history = model.fit(&x, &y, Fit::epochs(1).verbose(Verbose::Silent)).unwrap();
        assert_eq!(history["loss"], [2e4], "{backend}");
        let after = model.model().unwrap().get_weights();
        assert_eq!(after[1].as_slice().unwrap(), [-1.0, 1.0], "{backend}");
    }
}

/// Burn's ndarray has no half precision; GPUs may have it or not.
#[test]
fn half_precision_is_there_or_a_clear_error() {
    use horn::mixed_precision::DTypePolicy;
    for backend in horn::backends() {
        let half = Dense(2).name("half").dtype(DTypePolicy::MixedFloat16);
        let model = Sequential::new().add(Input([1])).add(half).build(&horn::device(backend).unwrap());
        match (backend, model) {
            ("ndarray", Ok(_)) => panic!("ndarray has float16 now"),
            (_, Ok(model)) => assert_eq!(model.predict(&ndarray::arr2(&[[1.0_f32]]), 1).unwrap().shape(), [1, 2]),
            ("flex", Err(error)) => panic!("{error}"),
            (_, Err(error)) => assert_eq!(
                error.to_string(),
                "layer \"half\" (Dense): dtype: the device does not compute in the dtype of the layer's policy; \
                 received F16, expected a policy in float32. Hint: build the model on another device, or leave the policy \
                 out."
            ),
        }
    }
}

/// Runs one test in its own process, with these environment variables. Returns the output.
fn in_own_process(test: &str, environment: &[(&str, &str)]) -> String {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// The environment variable that tells a test that it runs in its own process.
const CHILD: &str = "HORN_TEST_IN_OWN_PROCESS";

#[test]
fn a_device_that_is_not_there_is_a_clear_error() {
    if std::env::var_os(CHILD).is_some() {
        let layers = Sequential::new().add(Input([1])).add(Dense(1));
        let error = layers.compile(SGD::new(0.1), MeanSquaredError::new(), ()).unwrap_err();
        assert!(error.is_device());
        println!("{error}");
        return;
    }
    let test = "backends::a_device_that_is_not_there_is_a_clear_error";
    let text = in_own_process(test, &[("HORN_DEVICE", "abacus")]);
    assert!(text.contains("HORN_DEVICE=abacus: this backend is not compiled in, or unknown"), "{text}");
}

#[test]
fn the_number_of_threads_is_limited_or_a_clear_error() {
    if std::env::var_os(CHILD).is_some() {
        match horn::device("flex") {
            Ok(_) => println!("{} threads", horn::kernels::thread_count()),
            Err(error) => println!("{error}"),
        }
        return;
    }
    let test = "backends::the_number_of_threads_is_limited_or_a_clear_error";
    let with = |threads| in_own_process(test, &[("HORN_NUM_THREADS", threads)]);
    assert!(with("3").contains("3 threads"), "{}", with("3"));
    for wrong in ["0", "many", "-1", "1e9"] {
        let text = with(wrong);
        assert!(text.contains("HORN_NUM_THREADS: the number of threads is not a valid number"), "{text}");
    }
}

/// If there is no adapter, the error for a GPU says what to install. The GPU runtime is initialized once in a process,
/// so this runs in its own process, where drivers are hidden.
#[cfg(all(feature = "wgpu", target_os = "linux"))]
#[test]
fn without_an_adapter_the_error_says_what_to_install() {
    if std::env::var_os(CHILD).is_some() {
        let error = horn::device("wgpu").unwrap_err();
        assert!(error.is_device());
        println!("{error}");
        return;
    }
    let nowhere =
        ["VK_DRIVER_FILES", "VK_ICD_FILENAMES", "__EGL_VENDOR_LIBRARY_FILENAMES"].map(|name| (name, "/nowhere"));
    let text = in_own_process("backends::without_an_adapter_the_error_says_what_to_install", &nowhere);
    assert!(text.contains("apt-get install mesa-vulkan-drivers libvulkan1"), "{text}");
    assert!(text.contains("--features flex"), "{text}");
}

/// Runs one case of every layer on every backend. Outputs and gradients must be Keras's within 1e-4, which is what the
/// functions of GPUs allow. If the first case of a class has no gradients, its first case with gradients is checked,
/// too.
#[test]
fn every_layer_agrees_on_every_backend() {
    use crate::parity::layers::{FILES, check, is_different};
    use crate::parity::preprocessing;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    let mut failed = Vec::new();
    let mut on_every_backend = |name: &str, run: &dyn Fn(&burn::tensor::Device, f64)| {
        for backend in horn::backends() {
            let device = horn::device(backend).unwrap();
            if catch_unwind(AssertUnwindSafe(|| run(&device, 1e-4))).is_err() {
                failed.push(format!("{name} on {backend}"));
            }
        }
    };
    let (mut seen, mut derived) = (std::collections::HashSet::new(), std::collections::HashSet::new());
    for file in FILES {
        let entries: Vec<check::Entry> = crate::fixtures::read(file);
        for entry in entries.iter().filter(|entry| !is_different(entry)) {
            let is_first = seen.insert(entry.class_name.clone());
            if entry.has_gradients() && derived.insert(entry.class_name.clone()) || is_first {
                let name = format!("{} [{}]", entry.class_name, entry.case);
                on_every_backend(&name, &|device, relative| check::on_device(entry, device, relative));
            }
        }
    }
    let prepared = preprocessing::one_of_each();
    for case in &prepared {
        let name = format!("{} [{}]", case.class_name, case.case);
        on_every_backend(&name, &|device, relative| preprocessing::on_device(case, device, relative));
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(seen.len() >= 94, "{} layers", seen.len());
    assert!(derived.len() >= 94, "gradients of {} layers", derived.len());
    assert!(prepared.len() >= 14, "{} layers that prepare data", prepared.len());
}
