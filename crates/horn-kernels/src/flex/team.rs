//! Threads that take parts of a piece of work, at little cost.
//!
//! The calling thread takes parts itself until none is left, so it never waits for a thread that has not begun. A worker
//! that has done its part looks for more work for a moment before it sleeps: the operations of a training step follow each
//! other so fast that waking a thread for each would take longer than many of them do.
//!
//! No thread yields while it waits. On a busy machine, a thread that yields gets its core back after milliseconds; one that
//! sleeps gets it back when it is woken.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How long an idle thread polls before it sleeps.
const A_MOMENT: Duration = Duration::from_micros(100);

/// A piece of work in parts.
struct Job {
    /// It lives until all claimed parts are done.
    work: *const (dyn Fn(usize) + Sync),
    parts: usize,
    /// The first part that is unclaimed.
    next: AtomicUsize,
    /// How many parts the workers have done.
    done: AtomicUsize,
    caller: Thread,
    /// Does the caller sleep until the workers are done?
    sleeps: AtomicBool,
    /// What the first part that panicked has said.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

// SAFETY: the work is `Sync`, so any thread may run it. The pointer is read only between a claim and the note that the part
// is done, and the caller keeps the work until then.
unsafe impl Send for Job {}
// SAFETY: as above.
unsafe impl Sync for Job {}

/// What all threads share.
struct Team {
    /// The work of all callers.
    jobs: Vec<Arc<Job>>,
    workers: usize,
    /// How many workers sleep.
    asleep: usize,
}

static TEAM: Mutex<Team> = Mutex::new(Team { jobs: Vec::new(), workers: 0, asleep: 0 });

/// How many parts are unclaimed. Workers look at it without a lock.
static UNCLAIMED: AtomicUsize = AtomicUsize::new(0);

static WAKE: Condvar = Condvar::new();

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `work` on each of `0..parts`, on as many threads at once as `threads` says and are free.
///
/// # Panics
///
/// If a part does, when all parts are done.
pub(crate) fn share(parts: usize, threads: usize, work: &(dyn Fn(usize) + Sync)) {
    let mut team = lock(&TEAM);
    // Other threads that share work keep cores busy, too.
    let wanted = threads.saturating_sub(1 + team.jobs.len()).min(parts.saturating_sub(1));
    if wanted == 0 {
        drop(team);
        return (0..parts).for_each(work);
    }
    // SAFETY: only the lifetime changes. Nobody uses the pointer after this function has returned (see `Job`).
    let work: *const (dyn Fn(usize) + Sync) =
        unsafe { std::mem::transmute::<*const (dyn Fn(usize) + Sync + '_), *const (dyn Fn(usize) + Sync)>(work) };
    let job = Arc::new(Job {
        work,
        parts,
        next: AtomicUsize::new(1),
        done: AtomicUsize::new(0),
        caller: thread::current(),
        sleeps: AtomicBool::new(false),
        panic: Mutex::new(None),
    });
    team.jobs.push(job.clone());
    UNCLAIMED.fetch_add(parts - 1, Ordering::Relaxed);
    let awake = team.workers - team.asleep;
    let asleep = team.asleep.min(wanted.saturating_sub(awake));
    for _ in awake + asleep..wanted {
        // If the system gives no more threads, those that are there do it.
        team.workers += usize::from(thread::Builder::new().name("horn".to_owned()).spawn(run_worker).is_ok());
    }
    drop(team);
    (0..asleep).for_each(|_| WAKE.notify_one());

    job.run(0);
    let mut own = 1;
    while let Some(part) = job.claim() {
        job.run(part);
        own += 1;
    }
    job.wait_for(parts - own);
    lock(&TEAM).jobs.retain(|other| !Arc::ptr_eq(other, &job));
    let panic = lock(&job.panic).take();
    if let Some(panic) = panic {
        resume_unwind(panic);
    }
}

/// Is a worker busy, or polling for work?
pub(crate) fn is_awake() -> bool {
    let team = lock(&TEAM);
    team.workers > team.asleep
}

impl Job {
    /// A part that nobody else does.
    fn claim(&self) -> Option<usize> {
        // Not added to for ever.
        if self.next.load(Ordering::Relaxed) >= self.parts {
            return None;
        }
        let part = self.next.fetch_add(1, Ordering::Relaxed);
        if part >= self.parts {
            return None;
        }
        UNCLAIMED.fetch_sub(1, Ordering::Relaxed);
        Some(part)
    }

    fn run(&self, part: usize) {
        // SAFETY: the part is claimed and not yet done, so the caller has not returned.
        let work = unsafe { &*self.work };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(part))) {
            lock(&self.panic).get_or_insert(panic);
        }
    }

    /// Waits until the workers have done so many parts.
    fn wait_for(&self, parts: usize) {
        let is_done = || self.done.load(Ordering::SeqCst) >= parts;
        if is_done() {
            return;
        }
        let start = Instant::now();
        while start.elapsed() < A_MOMENT {
            std::hint::spin_loop();
            if is_done() {
                return;
            }
        }
        self.sleeps.store(true, Ordering::SeqCst);
        // A worker that is done after this line sees that the caller sleeps.
        while !is_done() {
            thread::park();
        }
    }

    /// Notes that a worker has done a part.
    fn note_done(&self) {
        self.done.fetch_add(1, Ordering::SeqCst);
        if self.sleeps.load(Ordering::SeqCst) {
            self.caller.unpark();
        }
    }
}

/// A part of somebody's work, if there is one.
fn claim(team: &Team) -> Option<(Arc<Job>, usize)> {
    team.jobs.iter().find_map(|job| Some((job.clone(), job.claim()?)))
}

/// What a worker does as long as the process lives.
fn run_worker() {
    loop {
        let mut last = Instant::now();
        while last.elapsed() < A_MOMENT {
            let claimed = if UNCLAIMED.load(Ordering::Relaxed) > 0 { claim(&lock(&TEAM)) } else { None };
            match claimed {
                Some((job, part)) => {
                    job.run(part);
                    job.note_done();
                    last = Instant::now();
                }
                None => std::hint::spin_loop(),
            }
        }
        let mut team = lock(&TEAM);
        // A thread that shares work from now on sees that this worker sleeps.
        while UNCLAIMED.load(Ordering::Relaxed) == 0 {
            team.asleep += 1;
            team = WAKE.wait(team).unwrap_or_else(PoisonError::into_inner);
            team.asleep -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often each part was run.
    fn counts(parts: usize, threads: usize, work: impl Fn(usize) + Sync) -> Vec<usize> {
        let counts: Vec<AtomicUsize> = (0..parts).map(|_| AtomicUsize::new(0)).collect();
        share(parts, threads, &|part| {
            counts[part].fetch_add(1, Ordering::Relaxed);
            work(part);
        });
        counts.into_iter().map(AtomicUsize::into_inner).collect()
    }

    #[test]
    fn each_part_is_done_once_before_the_caller_goes_on() {
        for (parts, threads) in [(0, 4), (1, 4), (2, 1), (2, 2), (7, 3), (100, 4)] {
            for pause in [0, 1, 300] {
                assert_eq!(counts(parts, threads, |_| {}), vec![1; parts]);
                thread::sleep(Duration::from_micros(pause));
            }
        }
    }

    #[test]
    fn workers_take_parts_and_the_caller_waits_for_them() {
        let caller = thread::current().id();
        let others = AtomicUsize::new(0);
        share(2, 2, &|part| {
            // Part 0 ends only when a worker has begun the other one, if there are no other callers meanwhile.
            let start = Instant::now();
            while part == 0 && others.load(Ordering::SeqCst) == 0 && start.elapsed() < Duration::from_secs(1) {
                thread::yield_now();
            }
            if thread::current().id() != caller {
                others.fetch_add(1, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(2));
                others.fetch_add(1, Ordering::SeqCst);
            }
        });
        assert_ne!(others.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn several_callers_and_nested_work_end() {
        thread::scope(|scope| {
            for caller in 0..4 {
                scope.spawn(move || {
                    for round in 0..200 {
                        let inner = |_| assert_eq!(counts(3, 4, |_| {}), [1; 3]);
                        assert_eq!(counts(2 + (caller + round) % 5, 4, inner), vec![1; 2 + (caller + round) % 5]);
                    }
                });
            }
        });
    }

    #[test]
    fn a_panic_comes_to_the_caller_when_all_parts_are_done() {
        for bad in 0..3 {
            let done = AtomicUsize::new(0);
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                share(3, 3, &|part| {
                    assert_ne!(part, bad, "this part is bad");
                    done.fetch_add(1, Ordering::SeqCst);
                });
            }));
            let message = *panicked.unwrap_err().downcast::<String>().unwrap();
            assert!(message.contains("this part is bad"), "{message}");
            assert_eq!(done.load(Ordering::SeqCst), 2);
        }
        assert_eq!(counts(5, 3, |_| {}), [1; 5]);
    }
}
