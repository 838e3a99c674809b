//! The settings of the GNU C library's allocator.

/// Allocates also large pieces from the heap, and keeps what is freed.
pub(crate) fn keep() {
    const LARGEST: i32 = 1 << 30;
    // Older versions take at most half of their own heaps' size.
    const LARGEST_BEFORE: i32 = 32 << 20;
    // SAFETY: `mallopt` only sets numbers, behind the allocator's own lock. A value that it does not know is refused.
    unsafe {
        if libc::mallopt(libc::M_MMAP_THRESHOLD, LARGEST) == 0 {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGEST_BEFORE);
        }
        libc::mallopt(libc::M_TRIM_THRESHOLD, LARGEST);
        libc::mallopt(libc::M_TOP_PAD, 16 << 20);
    }
}
