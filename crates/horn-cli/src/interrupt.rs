//! What the program does when it is told to end while it writes a file.

/// Removes unfinished files on SIGINT and SIGTERM, and then ends by the signal, as if it were not handled.
#[cfg(unix)]
pub fn remove_unfinished_files() {
    use horn_nn::files::remove_unfinished;
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    // Without handlers, the next write to the same target removes the files.
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            remove_unfinished();
            let _ = emulate_default_handler(signal);
        }
    });
}

/// Elsewhere, the next write to the same target removes them.
#[cfg(not(unix))]
pub fn remove_unfinished_files() {}
