//! What the program does when it is told to end while it writes a file.

/// Removes unfinished files on SIGINT, SIGTERM and SIGHUP, and then ends by the signal, as if it were not handled.
#[cfg(unix)]
pub fn remove_unfinished_files() {
    use horn_nn::files::remove_unfinished;
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    // Who starts the program in the background of a script may have it ignore Ctrl-C.
    let ignored = ignored();
    let handled = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    // Without handlers, the next write to the same target removes the files.
    let Ok(mut signals) = Signals::new(handled) else { return };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            remove_unfinished();
            let _ = emulate_default_handler(signal);
        }
    });
}

/// The signals that the process ignores, as bits from 1 on. Linux lists them; elsewhere all are handled.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let bits = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    bits.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or(0)
}

/// Elsewhere, the next write to the same target removes them.
#[cfg(not(unix))]
pub fn remove_unfinished_files() {}
