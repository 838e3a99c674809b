//! Memory that is kept from step to step.

/// Tells the allocator to keep the memory that is freed, instead of giving it back to the operating system.
///
/// Burn's CPU backend allocates each result anew. The GNU C library takes large pieces from the operating system one by
/// one and gives each back when it is freed, so that every result begins with page faults. They can cost more than the
/// arithmetic. With another C library, nothing is done.
///
/// Does nothing after the first call, and while the kernels are switched off.
pub fn keep_memory() {
    #[cfg(all(feature = "flex", target_os = "linux", target_env = "gnu"))]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        if crate::enabled() {
            ONCE.call_once(crate::flex::memory::keep);
        }
    }
}

/// How many bytes of free memory the kernels keep for their next results.
pub fn kept_memory() -> usize {
    #[cfg(feature = "flex")]
    return crate::flex::buffer::held();
    #[cfg(not(feature = "flex"))]
    0
}

/// Limits how many bytes of free memory the kernels keep for their next results; 1 GiB by default. All that is kept now
/// is given back.
///
/// ```
/// horn_kernels::limit_kept_memory(256 << 20);
/// assert_eq!(horn_kernels::kept_memory(), 0);
/// ```
pub fn limit_kept_memory(bytes: usize) {
    #[cfg(feature = "flex")]
    crate::flex::buffer::set_limit(bytes);
}
