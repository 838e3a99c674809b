//! Choosing the device that computes.
//!
//! Backends are compiled in by features of the same name. If there is only one, it is used; if there are several, the
//! environment variable `HORN_DEVICE` or the function [`device`] chooses.

use std::sync::{Mutex, PoisonError};

use burn::tensor::Device;

use crate::error::{Error, Result};

/// The environment variable that names the device: `flex`, `wgpu`, `cuda:1`, …
pub const HORN_DEVICE: &str = "HORN_DEVICE";

/// The environment variable that says how many threads compute together on the CPU: all cores by default.
pub const HORN_NUM_THREADS: &str = "HORN_NUM_THREADS";

/// The backends on which nothing needs to be opened.
const CPUS: [&str; 2] = ["flex", "ndarray"];

/// The backends that are compiled in, the default first.
pub fn backends() -> Vec<&'static str> {
    // GPU backends come first: whoever compiles one in wants to use it.
    [
        ("cuda", cfg!(feature = "cuda")),
        ("metal", cfg!(feature = "metal")),
        ("rocm", cfg!(feature = "rocm")),
        ("vulkan", cfg!(feature = "vulkan")),
        ("webgpu", cfg!(feature = "webgpu")),
        ("wgpu", cfg!(feature = "wgpu")),
        ("flex", cfg!(feature = "flex")),
        ("ndarray", cfg!(feature = "ndarray")),
    ]
    .into_iter()
    .filter_map(|(name, compiled_in)| compiled_in.then_some(name))
    .collect()
}

/// The seed of Burn's random generators that was set last, and the devices that were opened.
static SEEDED: Mutex<Seeded> = Mutex::new(Seeded { seed: None, devices: Vec::new() });

struct Seeded {
    seed: Option<u64>,
    devices: Vec<Device>,
}

/// Seeds Burn's random generator of each device: of those that were opened, and of others when they are opened. Opening
/// a GPU only to seed it would take long, and fail without one. CPUs need not be opened.
pub(crate) fn seed(seed: u64) {
    let mut seeded = SEEDED.lock().unwrap_or_else(PoisonError::into_inner);
    seeded.seed = Some(seed);
    let cpus: Vec<Device> = CPUS.iter().filter_map(|cpu| open(cpu, None).ok()).collect();
    cpus.iter().chain(&seeded.devices).for_each(|device| device.seed(seed));
}

/// Does the device compute on the CPU?
pub(crate) fn is_cpu(device: &Device) -> bool {
    let device = device.clone().without_autodiff();
    CPUS.iter().filter_map(|cpu| open(cpu, None).ok()).any(|cpu| cpu == device)
}

/// Notes that a device was opened, and seeds its generator if it is new.
fn note_open(device: &Device) {
    let mut seeded = SEEDED.lock().unwrap_or_else(PoisonError::into_inner);
    if seeded.devices.contains(device) {
        return;
    }
    if let Some(seed) = seeded.seed {
        device.seed(seed);
    }
    seeded.devices.push(device.clone());
}

/// The default device of models: the one that `HORN_DEVICE` names, or else that of the first backend.
///
/// # Errors
///
/// As for [`device`].
pub fn default_device() -> Result<Device> {
    match std::env::var(HORN_DEVICE) {
        Ok(name) if !name.is_empty() => device(&name).map_err(|error| error.at(format!("{HORN_DEVICE}={name}"))),
        _ => match backends().first() {
            Some(name) => device(name),
            None => Err(no_backend()),
        },
    }
}

/// The device with this name: a backend, with an index if it has several devices (`"cuda:1"`).
///
/// ```
/// # #[cfg(feature = "flex")] {
/// let device = horn::device("flex")?;
/// # }
/// assert!(horn::device("abacus").unwrap_err().is_device());
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If the name is unknown, the backend is not compiled in, or the machine has no such device.
pub fn device(name: &str) -> Result<Device> {
    let (backend, index) = match name.split_once(':') {
        Some((backend, index)) => {
            let index: usize = index.parse().map_err(|_| {
                Error::device("the device's index is not a valid number")
                    .received(format!("{name:?}"))
                    .expected("a name such as \"cuda:0\"")
                    .hint("write the index as a number from 0 on")
            })?;
            (backend, Some(index))
        }
        None => (name, None),
    };
    let device = open(backend, index)?;
    if !CPUS.contains(&backend) {
        note_open(&device);
    }
    Ok(device)
}

#[allow(unused_variables, reason = "the index is of use to GPUs only")]
fn open(backend: &str, index: Option<usize>) -> Result<Device> {
    match backend {
        #[cfg(feature = "flex")]
        "flex" => {
            set_threads()?;
            horn_kernels::keep_memory();
            Ok(Device::flex())
        }
        #[cfg(feature = "ndarray")]
        #[allow(deprecated, reason = "offered as long as Burn keeps it")]
        "ndarray" => Ok(Device::ndarray()),
        #[cfg(feature = "wgpu")]
        "wgpu" => gpu::open(gpu::Api::Auto, index),
        #[cfg(feature = "vulkan")]
        "vulkan" => gpu::open(gpu::Api::Vulkan, index),
        #[cfg(feature = "metal")]
        "metal" => gpu::open(gpu::Api::Metal, index),
        #[cfg(feature = "webgpu")]
        "webgpu" => gpu::open(gpu::Api::WebGpu, index),
        #[cfg(feature = "cuda")]
        "cuda" => probe("cuda", Device::cuda(index.unwrap_or(0))),
        #[cfg(feature = "rocm")]
        "rocm" => probe("rocm", Device::rocm(index.unwrap_or(0))),
        _ if backends().is_empty() => Err(no_backend()),
        _ => Err(Error::device("this backend is not compiled in, or unknown")
            .received(format!("{backend:?}"))
            .expected(format!("one of {:?}", backends()))
            .hint(format!("build with `--features {backend}` if Horn has such a backend, or name one of these"))),
    }
}

/// Sets the number of threads that [`HORN_NUM_THREADS`] names, the first time.
#[cfg(feature = "flex")]
fn set_threads() -> Result<()> {
    static THREADS: std::sync::OnceLock<std::result::Result<(), String>> = std::sync::OnceLock::new();
    let set = || match std::env::var(HORN_NUM_THREADS) {
        Ok(text) if !text.is_empty() => match text.parse() {
            Ok(threads) if (1..=MAX_THREADS).contains(&threads) => {
                // A program that has set up the threads itself keeps its own number.
                horn_kernels::use_threads(threads);
                Ok(())
            }
            _ => Err(text),
        },
        _ => Ok(()),
    };
    THREADS.get_or_init(set).clone().map_err(|text| {
        Error::device("the number of threads is not a valid number")
            .at(HORN_NUM_THREADS)
            .received(format!("{text:?}"))
            .expected(format!("a number from 1 to {MAX_THREADS}"))
            .hint(format!("unset {HORN_NUM_THREADS} to use all cores"))
    })
}

/// More threads than any machine has cores for.
#[cfg(feature = "flex")]
const MAX_THREADS: usize = 1024;

fn no_backend() -> Error {
    Error::device("no backend is compiled in")
        .expected("a feature such as flex, ndarray, wgpu or cuda")
        .hint("build with `--features flex` for the CPU, or `--features wgpu` for the GPU")
}

/// Checks that the device exists, for backends whose runtime panics if it does not. What its threads say then is the
/// reason in the error, instead of lines on the terminal.
#[cfg(any(feature = "cuda", feature = "rocm"))]
fn probe(backend: &str, device: Device) -> Result<Device> {
    static REASON: Mutex<Option<String>> = Mutex::new(None);
    let reason = || REASON.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = std::panic::take_hook();
    // The first one is the cause of the others.
    std::panic::set_hook(Box::new(move |panic| {
        reason().get_or_insert(panic.payload_as_str().unwrap_or_default().to_owned());
    }));
    let there = std::panic::catch_unwind(|| device.sync().is_ok()).unwrap_or(false);
    std::panic::set_hook(hook);
    if there {
        return Ok(device);
    }
    let error = Error::device(format!("no {backend} device was found"))
        .expected(format!("a working {backend} driver and GPU"))
        .hint("install the driver of the GPU, or build with `--features flex` for the CPU");
    Err(match reason().take() {
        Some(reason) => error.because(reason),
        None => error,
    })
}

#[cfg(feature = "wgpu")]
mod gpu {
    use std::collections::HashMap;
    use std::sync::Mutex;

    use burn::tensor::wgpu::WgpuBackend;
    use burn::tensor::{Device, DeviceKind};

    use crate::error::{Error, Result};

    /// The graphics API to use.
    #[derive(Clone, Copy, PartialEq, Eq, Hash)]
    #[allow(dead_code, reason = "one variant a feature")]
    pub enum Api {
        Auto,
        Vulkan,
        Metal,
        WebGpu,
    }

    type Devices = HashMap<(Api, Option<usize>), Device>;

    /// Open devices: a runtime can be set up only once in a process.
    static OPEN: Mutex<Option<Devices>> = Mutex::new(None);

    /// Opens a GPU with wgpu. Unlike Burn's lazy constructors, this reports what is missing instead of panicking later.
    pub fn open(api: Api, index: Option<usize>) -> Result<Device> {
        let mut open = OPEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let open = open.get_or_insert_with(HashMap::new);
        if let Some(device) = open.get(&(api, index)) {
            return Ok(device.clone());
        }
        let options = Device::wgpu_options().graphics_api(match api {
            Api::Auto => WgpuBackend::Auto,
            Api::Vulkan => WgpuBackend::Vulkan,
            Api::Metal => WgpuBackend::Metal,
            Api::WebGpu => WgpuBackend::WebGpu,
        });
        let options = match index {
            Some(index) => options.device_kind(DeviceKind::DiscreteGpu(index)),
            None => options,
        };
        let device = options.init().map_err(|error| {
            Error::device("no GPU adapter was found")
                .expected("a GPU with a Vulkan, Metal or DirectX 12 driver, or a software one")
                .hint(
                    "install the driver of the GPU (on Debian without a GPU: \
                     `apt-get install mesa-vulkan-drivers libvulkan1`), or build with `--features flex` for the CPU",
                )
                .because(error)
        })?;
        open.insert((api, index), device.clone());
        Ok(device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_index_is_an_error() {
        assert_eq!(
            device("cuda:first").unwrap_err().to_string(),
            "the device's index is not a valid number; received \"cuda:first\", expected a name such as \"cuda:0\". \
             Hint: write the index as a number from 0 on."
        );
    }

    #[test]
    fn an_unknown_backend_is_an_error() {
        assert!(device("abacus").unwrap_err().is_device());
    }
}
