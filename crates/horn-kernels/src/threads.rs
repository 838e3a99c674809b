//! The number of threads.

/// Sets how many threads compute together. Only the first call counts, and only before the first computation.
///
/// Returns whether it counted. By default there are as many threads as the machine has cores.
pub fn use_threads(threads: usize) -> bool {
    #[cfg(feature = "flex")]
    return rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().is_ok();
    #[cfg(not(feature = "flex"))]
    false
}

/// How many threads compute together.
pub fn thread_count() -> usize {
    #[cfg(feature = "flex")]
    return crate::flex::threads::count();
    #[cfg(not(feature = "flex"))]
    1
}
