//! What a command says where the system has no memory left.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{self, Cursor, Write};
use std::process;

/// The system's allocator, for a command. Where there is no memory, the process says so in one line and exits with code 1; by
/// default it would abort. It is a net below the checks of what a model asks for. As a `#[global_allocator]`.
#[doc(hidden)]
#[derive(Debug)]
pub struct ExitWithoutMemory;

impl ExitWithoutMemory {
    fn checked(pointer: *mut u8, size: usize) -> *mut u8 {
        if pointer.is_null() {
            say(size);
            process::exit(1);
        }
        pointer
    }
}

/// Writes the line, without memory.
#[cold]
fn say(size: usize) {
    let mut line = Cursor::new([0_u8; 200]);
    // The line has a place for every size, and without stderr nobody reads it.
    let _ = writeln!(
        line,
        "error: the system has no memory left for {size} bytes. Hint: take smaller batches or inputs, or a smaller --max-memory."
    );
    let length = usize::try_from(line.position()).unwrap_or(0);
    let _ = io::stderr().write_all(&line.into_inner()[..length]);
}

// SAFETY: all is done by the system's allocator, and nothing returns where it has failed.
unsafe impl GlobalAlloc for ExitWithoutMemory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract.
        Self::checked(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract.
        Self::checked(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the contract.
        Self::checked(unsafe { System.realloc(pointer, layout, size) }, size)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}
