//! Switching the kernels off, for comparison and for finding faults.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The environment variable that switches the kernels off: `HORN_KERNELS=off`.
pub const HORN_KERNELS: &str = "HORN_KERNELS";

static SWITCH: OnceLock<AtomicBool> = OnceLock::new();

fn switch() -> &'static AtomicBool {
    SWITCH.get_or_init(|| AtomicBool::new(std::env::var(HORN_KERNELS).as_deref() != Ok("off")))
}

/// Are the kernels switched on? Yes, unless the environment variable [`HORN_KERNELS`] is `off`.
pub fn enabled() -> bool {
    switch().load(Ordering::Relaxed)
}

/// Switches the kernels on or off for the whole process, whatever the environment variable says.
///
/// ```
/// horn_kernels::set_enabled(false);
/// assert!(!horn_kernels::enabled());
/// # horn_kernels::set_enabled(true);
/// ```
pub fn set_enabled(enabled: bool) {
    switch().store(enabled, Ordering::Relaxed);
}
