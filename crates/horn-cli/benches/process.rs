//! Checks limits for whole processes: one image is predicted within 30 ms, and a model of 100 MB is loaded within 0.3
//! s, with less than 2.2 times its size in memory. Fails if a limit is exceeded.
//!
//! ```text
//! cargo bench -p horn-cli --bench process
//! ```

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use horn::prelude::*;

const RUNS: usize = 21;

fn main() -> horn::Result<()> {
    if let [_, load, path] = env::args().collect::<Vec<_>>().as_slice()
        && load == "load"
    {
        return load_alone(Path::new(path));
    }
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let device = horn::default_device()?;

    let digits = folder.path().join("mnist.keras");
    let dense = || Dense(128).activation(Activation::Relu);
    let model = Sequential::new().add(Input([28, 28])).add(Flatten()).add(Rescaling(1.0 / 255.0));
    let model = model.add(dense()).add(dense()).add(dense()).add(Dense(10).activation(Activation::Softmax));
    model.build(&device)?.save(&digits)?;
    let image = folder.path().join("image.npy");
    fs::write(&image, npy_of_zeros([1, 28, 28])).expect("the folder can be written to");
    let predict = || {
        let start = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_horn")).arg("predict").args([&digits, &image]).output();
        assert!(output.expect("horn starts").status.success(), "horn predict failed");
        start.elapsed()
    };
    predict();
    let taken = median((0..RUNS).map(|_| predict()).collect());
    println!("horn predict of one image, the whole process: {:.1} ms (median of {RUNS})", taken.as_secs_f64() * 1e3);

    let large = folder.path().join("large.keras");
    let wide = || Dense(5_000).use_bias(false);
    Sequential::new().add(Input([5_000])).add(wide()).build(&device)?.save(&large)?;
    let size = fs::metadata(&large).map_or(0, |file| file.len());
    let loads: Vec<(Duration, u64)> = (0..RUNS / 3).map(|_| load_in_a_process(&large)).collect();
    let loading = median(loads.iter().map(|(time, _)| *time).collect());
    let memory = loads.iter().map(|(_, memory)| *memory).max().unwrap_or_default();
    let times = memory as f64 / size as f64;
    println!(
        "loading {} MB: {:.0} ms (median of {}), {times:.2} times its size in memory at most",
        size / 1_000_000,
        loading.as_secs_f64() * 1e3,
        loads.len(),
    );
    assert!(taken <= Duration::from_millis(30), "a prediction takes longer than 30 ms");
    assert!(loading <= Duration::from_millis(300), "100 MB take longer than 0.3 s");
    assert!(times < 2.2, "loading takes more than 2.2 times the size");
    Ok(())
}

/// Loads a model in this process, and prints the time in microseconds and the process's peak memory in bytes.
fn load_alone(path: &Path) -> horn::Result<()> {
    let start = Instant::now();
    let model: Model = load_model(path)?;
    let taken = start.elapsed();
    assert_eq!(model.count_params(), 25_000_000);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    println!("{} {}", taken.as_micros(), peak.unwrap_or(0_u64) * 1024);
    Ok(())
}

fn load_in_a_process(path: &Path) -> (Duration, u64) {
    let program = env::current_exe().expect("this program has a path");
    let output = Command::new(program).arg("load").arg(path).output().expect("this program starts again");
    assert!(output.status.success(), "loading failed");
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = text.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    (Duration::from_micros(numbers[0]), numbers[1])
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// A `.npy` file of zero bytes, as `numpy.save` writes it.
fn npy_of_zeros(sizes: [usize; 3]) -> Vec<u8> {
    let [a, b, c] = sizes;
    let mut header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({a}, {b}, {c}), }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let length = u16::try_from(header.len()).expect("the header is short");
    [b"\x93NUMPY\x01\x00", &length.to_le_bytes()[..], header.as_bytes(), &vec![0; a * b * c]].concat()
}
