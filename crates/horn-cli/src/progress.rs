//! The progress of long computations, shown only on a terminal.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Shorter computations show no progress.
const PATIENCE: Duration = Duration::from_millis(500);
const INTERVAL: Duration = Duration::from_millis(100);

/// A progress line on stderr, if that is a terminal. It is erased when the computation ends.
pub struct Progress {
    shown: bool,
    next: Option<Instant>,
}

impl Progress {
    /// A line that is not shown yet.
    pub fn new() -> Self {
        Self { shown: false, next: io::stderr().is_terminal().then(|| Instant::now() + PATIENCE) }
    }

    /// Shows how many samples are done, if the last update was long enough ago.
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

/// A line on stderr that counts seconds, for a computation that does not report its progress.
pub struct Waiting {
    clock: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Waiting {
    /// Starts counting, for a computation with this many samples.
    pub fn new(samples: usize) -> Self {
        if !io::stderr().is_terminal() {
            return Self { clock: None };
        }
        let (done, is_done) = mpsc::channel();
        let clock = thread::spawn(move || {
            let start = Instant::now();
            let mut patience = PATIENCE;
            while is_done.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                let _ = write!(io::stderr(), "\r{samples} samples, {:.1} s", start.elapsed().as_secs_f64());
                patience = INTERVAL;
            }
            if patience == INTERVAL {
                let _ = write!(io::stderr(), "\r\x1b[K");
            }
        });
        Self { clock: Some((done, clock)) }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some((done, clock)) = self.clock.take() {
            drop(done);
            let _ = clock.join();
        }
    }
}
