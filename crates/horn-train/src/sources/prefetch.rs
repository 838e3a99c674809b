//! Threads that prepare what is needed next.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// Threads that do numbered jobs ahead of the one who asks for their results, which come in the order of the numbers.
///
/// A panic of a job goes on in the thread that asks for its result. Dropping it ends the threads, each after its job.
pub struct Prefetch<T> {
    shared: Arc<Shared<T>>,
    threads: Vec<JoinHandle<()>>,
}

impl<T> fmt::Debug for Prefetch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prefetch").field("threads", &self.threads.len()).finish_non_exhaustive()
    }
}

struct Shared<T> {
    state: Mutex<State<T>>,
    /// A result is there.
    ready: Condvar,
    /// There is room for results.
    room: Condvar,
    /// How many jobs may be begun whose results were not asked for yet.
    ahead: usize,
    end: Option<usize>,
}

struct State<T> {
    /// The next job that no thread has begun.
    begun: usize,
    /// The next job whose result is asked for.
    taken: usize,
    done: BTreeMap<usize, thread::Result<T>>,
    is_stopped: bool,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, until: &Condvar, state: MutexGuard<'s, State<T>>) -> MutexGuard<'s, State<T>> {
        until.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next job that may begin; `None` at the end.
    fn next_job(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.is_stopped || self.end.is_some_and(|end| state.begun >= end) {
                return None;
            }
            if state.begun < state.taken + self.ahead {
                state.begun += 1;
                return Some(state.begun - 1);
            }
            state = self.wait(&self.room, state);
        }
    }
}

impl<T: Send + 'static> Prefetch<T> {
    /// Starts `workers` threads with the job `from`, which go on to the job before `end`, or without an end. At most
    /// `ahead` results wait in memory.
    pub fn new(
        workers: usize,
        ahead: usize,
        from: usize,
        end: Option<usize>,
        job: impl Fn(usize) -> T + Send + Sync + 'static,
    ) -> Self {
        let state = State { begun: from, taken: from, done: BTreeMap::new(), is_stopped: false };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            ready: Condvar::new(),
            room: Condvar::new(),
            ahead: ahead.max(1),
            end,
        });
        let job = Arc::new(job);
        let work = |_| {
            let (shared, job) = (shared.clone(), job.clone());
            thread::spawn(move || {
                while let Some(number) = shared.next_job() {
                    let result = catch_unwind(AssertUnwindSafe(|| job(number)));
                    shared.lock().done.insert(number, result);
                    shared.ready.notify_all();
                }
            })
        };
        let threads = (0..workers.max(1)).map(work).collect();
        Self { shared, threads }
    }

    /// Waits for the result of the next job; `None` after the last one.
    pub fn take_next(&mut self) -> Option<T> {
        let mut state = self.shared.lock();
        let number = state.taken;
        if self.shared.end.is_some_and(|end| number >= end) {
            return None;
        }
        let result = loop {
            match state.done.remove(&number) {
                Some(result) => break result,
                None => state = self.shared.wait(&self.shared.ready, state),
            }
        };
        state.taken += 1;
        // Threads that wait go on once half of the room is free: to wake them for each result would disturb those that
        // compute.
        let has_room = state.begun - state.taken <= self.shared.ahead / 2;
        drop(state);
        if has_room {
            self.shared.room.notify_all();
        }
        Some(result.unwrap_or_else(|panic| resume_unwind(panic)))
    }
}

impl<T> Drop for Prefetch<T> {
    fn drop(&mut self) {
        self.shared.lock().is_stopped = true;
        self.shared.room.notify_all();
        for thread in self.threads.drain(..) {
            // A thread catches the panics of its jobs.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_come_in_their_order_whatever_their_jobs_take() {
        let slow_first = |number: usize| {
            thread::sleep(Duration::from_millis(if number.is_multiple_of(3) { 5 } else { 0 }));
            number
        };
        let mut jobs = Prefetch::new(3, 4, 2, Some(20), slow_first);
        let results: Vec<_> = std::iter::from_fn(|| jobs.take_next()).collect();
        assert_eq!(results, (2..20).collect::<Vec<_>>());
    }

    #[test]
    fn only_so_many_results_wait() {
        let begun = Arc::new(AtomicUsize::new(0));
        let counter = begun.clone();
        let mut jobs = Prefetch::new(2, 3, 0, None, move |number| {
            counter.fetch_add(1, Ordering::SeqCst);
            number
        });
        // Two that are taken leave room for two others.
        for taken in 0..2 {
            thread::sleep(Duration::from_millis(50));
            assert_eq!(begun.load(Ordering::SeqCst), 3);
            assert_eq!(jobs.take_next(), Some(taken));
        }
        thread::sleep(Duration::from_millis(50));
        assert_eq!(begun.load(Ordering::SeqCst), 5);
    }

    #[test]
    fn a_panic_goes_on_where_its_result_is_asked_for() {
        let mut jobs = Prefetch::new(2, 2, 0, Some(2), |number| assert_eq!(number, 0, "the file is gone"));
        assert_eq!(jobs.take_next(), Some(()));
        assert!(catch_unwind(AssertUnwindSafe(|| jobs.take_next())).is_err());
    }
}
