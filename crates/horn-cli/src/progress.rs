//! How far a long computation is, where somebody looks at it.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// Shorter computations need no line.
const PATIENCE: Duration = Duration::from_millis(500);
const INTERVAL: Duration = Duration::from_millis(100);

/// A line on stderr, if that is a terminal. It is gone when the computation is.
pub struct Progress {
    shown: bool,
    next: Option<Instant>,
}

impl Progress {
    /// Nothing is shown yet.
    pub fn new() -> Self {
        Self { shown: false, next: io::stderr().is_terminal().then(|| Instant::now() + PATIENCE) }
    }

    /// So many samples are done.
    pub fn show(&mut self, done: usize, all: usize) {
        if self.next.is_some_and(|next| Instant::now() >= next) {
            let _ = write!(io::stderr(), "\r{done}/{all} samples");
            self.shown = true;
            self.next = Some(Instant::now() + INTERVAL);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
