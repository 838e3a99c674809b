//! Splitting work over the threads.

use std::ops::Range;

use crate::flex::team::share;

/// How many threads work together.
pub(crate) fn count() -> usize {
    rayon::current_num_threads()
}

/// Work below this number of multiplications or values is not worth another thread: waking one takes microseconds.
pub(crate) const WORTH_A_THREAD: usize = 1 << 15;

/// Splits `0..n` into a range for each thread, and runs `work(part, range)` on each. The parts are those of `0..parts(n)`.
pub(crate) fn split(n: usize, work: impl Fn(usize, Range<usize>) + Sync) {
    let parts = parts(n);
    if parts == 1 {
        return work(0, 0..n);
    }
    share(parts, count(), &|part| work(part, part * n / parts..(part + 1) * n / parts));
}

/// As [`split`] where the work is worth it, otherwise all at once.
pub(crate) fn split_if(worth_it: bool, n: usize, work: impl Fn(usize, Range<usize>) + Sync) {
    if worth_it { split(n, work) } else { work(0, 0..n) }
}

/// Into how many parts [`split`] splits `0..n`.
pub(crate) fn parts(n: usize) -> usize {
    count().min(n).max(1)
}

/// A pointer that threads share.
///
/// The caller guarantees that the threads write to different places.
pub(crate) struct Shared<T>(*mut T);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Shared<T> {}

// SAFETY: the pointer is only a number here; every use of it is `unsafe` and says why no two threads write to one place.
unsafe impl<T: Send> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    pub(crate) fn new(values: &mut [T]) -> Self {
        Self(values.as_mut_ptr())
    }

    /// The pointer itself.
    pub(crate) fn pointer(self) -> *mut T {
        self.0
    }

    /// A part of the slice that this was made from.
    ///
    /// # Safety
    ///
    /// The range lies within the slice, the slice outlives the result, and nobody else uses this part meanwhile.
    pub(crate) unsafe fn slice<'a>(self, range: Range<usize>) -> &'a mut [T] {
        // SAFETY: the caller says so.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(range.start), range.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_cover_all_once() {
        for n in [0, 1, 2, 3, 7, 100] {
            let mut counts = vec![0_u8; n];
            let shared = Shared::new(&mut counts);
            // SAFETY: the ranges do not overlap, which the next line checks.
            split(n, |_, range| unsafe { shared.slice(range).iter_mut().for_each(|count| *count += 1) });
            assert!(counts.iter().all(|&count| count == 1), "{counts:?}");
        }
    }
}
