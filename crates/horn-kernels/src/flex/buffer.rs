//! Memory for results that goes back to a pool when the tensor that holds it is dropped.
//!
//! Fresh memory is expensive: the operating system clears each page when it is first touched, which takes ten times as
//! long as writing to it. A training step asks for the same sizes again and again, so after the first one all its
//! results come from the pool.

use std::alloc::{Layout as Allocation, alloc_zeroed, dealloc, handle_alloc_error};
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use burn::backend::flex::{FlexTensor, Layout};
use burn::tensor::{DType, Shape};
use burn_std::{AccessError, AccessPolicy, AllocationController, AllocationProperty, Bytes};

/// Buffers start at a multiple of this many bytes: a cache line, and the largest vector.
const ALIGNMENT: usize = 64;

/// The free buffers of each size class, by address. A class is a quarter of a power of two wide.
static FREE: [Mutex<Vec<usize>>; 4 * (usize::BITS as usize + 1)] = [const { Mutex::new(Vec::new()) }; _];

/// The bytes of all free buffers.
static HELD: AtomicUsize = AtomicUsize::new(0);

/// The most bytes of free buffers that are kept.
static LIMIT: AtomicUsize = AtomicUsize::new(1 << 30);

/// How many bytes of free memory the pool holds.
pub(crate) fn held() -> usize {
    HELD.load(Ordering::Relaxed)
}

/// Sets how many bytes of free memory the pool may hold, and gives back all that it holds now.
pub(crate) fn set_limit(bytes: usize) {
    LIMIT.store(bytes, Ordering::Relaxed);
    clear();
}

/// Gives all free memory back to the operating system.
pub(crate) fn clear() {
    for (class, free) in FREE.iter().enumerate() {
        for address in std::mem::take(&mut *free.lock().unwrap_or_else(PoisonError::into_inner)) {
            let size = class_size(class);
            HELD.fetch_sub(size, Ordering::Relaxed);
            drop_memory(address as *mut u8, size);
        }
    }
}

/// The class of buffers that are large enough for so many bytes.
fn class_of(bytes: usize) -> usize {
    let bytes = bytes.max(4096);
    let power = bytes.ilog2();
    let quarter = 1_usize << (power - 2);
    let quarters = bytes.div_ceil(quarter);
    // Eight quarters are the next power of two.
    4 * power as usize + quarters - 4
}

/// The size of the buffers of a class.
fn class_size(class: usize) -> usize {
    (4 + class % 4) << (class / 4 - 2)
}

fn allocation(size: usize) -> Allocation {
    Allocation::from_size_align(size, ALIGNMENT).expect("sizes of classes are far below isize::MAX")
}

fn drop_memory(pointer: *mut u8, size: usize) {
    // SAFETY: the pointer comes from `alloc_zeroed` with this size and alignment, and nobody else has it any more.
    unsafe { dealloc(pointer, allocation(size)) }
}

/// A piece of memory from the pool. Its bytes are initialized: with zeros, or with what was in it before.
struct Buffer {
    pointer: *mut u8,
    class: usize,
}

// SAFETY: the buffer owns its memory, as a `Box` does.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Buffer {
    fn new(bytes: usize) -> Self {
        let class = class_of(bytes);
        // A model with layers of many sizes would hold memory for each of them, if a larger buffer would not do.
        for (class, free) in FREE.iter().enumerate().skip(class).take(5) {
            if let Some(address) = free.lock().unwrap_or_else(PoisonError::into_inner).pop() {
                HELD.fetch_sub(class_size(class), Ordering::Relaxed);
                return Self { pointer: address as *mut u8, class };
            }
        }
        let size = class_size(class);
        // SAFETY: the size of a class is never 0.
        let pointer = unsafe { alloc_zeroed(allocation(size)) };
        if pointer.is_null() {
            handle_alloc_error(allocation(size));
        }
        Self { pointer, class }
    }

    fn size(&self) -> usize {
        class_size(self.class)
    }

    /// The first `len` values.
    fn values(&mut self, len: usize) -> &mut [f32] {
        assert!(len * size_of::<f32>() <= self.size());
        // SAFETY: the memory is large enough, aligned, initialized and borrowed mutably. Any bytes are a number.
        unsafe { std::slice::from_raw_parts_mut(self.pointer.cast(), len) }
    }

    fn into_bytes(self, len: usize) -> Bytes {
        assert!(len <= self.size());
        // SAFETY: at least `len` bytes are there and initialized.
        unsafe { Bytes::from_controller(Box::new(self), len) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let size = self.size();
        if HELD.fetch_add(size, Ordering::Relaxed) + size <= LIMIT.load(Ordering::Relaxed) {
            FREE[self.class].lock().unwrap_or_else(PoisonError::into_inner).push(self.pointer as usize);
        } else {
            HELD.fetch_sub(size, Ordering::Relaxed);
            drop_memory(self.pointer, size);
        }
    }
}

impl AllocationController for Buffer {
    fn alloc_align(&self) -> usize {
        ALIGNMENT
    }

    fn property(&self) -> AllocationProperty {
        AllocationProperty::Other
    }

    unsafe fn memory_mut(&mut self, _: AccessPolicy) -> Result<&mut [MaybeUninit<u8>], AccessError> {
        // SAFETY: the memory is as large as its class, and borrowed mutably.
        Ok(unsafe { std::slice::from_raw_parts_mut(self.pointer.cast(), self.size()) })
    }

    fn memory(&self, _: AccessPolicy) -> Result<&[MaybeUninit<u8>], AccessError> {
        // SAFETY: the memory is as large as its class, and borrowed.
        Ok(unsafe { std::slice::from_raw_parts(self.pointer.cast(), self.size()) })
    }
}

/// A tensor of this shape whose values `fill` writes. Before, they are any numbers: `fill` must write all of them.
pub(crate) fn tensor(shape: impl Into<Shape>, fill: impl FnOnce(&mut [f32])) -> FlexTensor {
    let shape = shape.into();
    let len = shape.num_elements();
    let mut buffer = Buffer::new(len * size_of::<f32>());
    fill(buffer.values(len));
    FlexTensor::new(buffer.into_bytes(len * size_of::<f32>()), Layout::contiguous(shape), DType::F32)
}

/// Values that an operation needs until it returns. At first they are any numbers.
pub(crate) struct Scratch {
    buffer: Buffer,
    len: usize,
}

impl Scratch {
    pub(crate) fn new(len: usize) -> Self {
        Self { buffer: Buffer::new(len * size_of::<f32>()), len }
    }

    pub(crate) fn zeros(len: usize) -> Self {
        let mut scratch = Self::new(len);
        scratch.values().fill(0.0);
        scratch
    }

    pub(crate) fn values(&mut self) -> &mut [f32] {
        self.buffer.values(self.len)
    }
}

/// The values of a tensor that [`apply`](super::apply) has brought into row-major order.
pub(crate) fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().expect("operands are float32 and in row-major order")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_holds_what_it_is_for_and_wastes_at_most_a_quarter() {
        for bytes in (1..20_000).chain([1 << 20, (1 << 20) + 1, 7 << 18, (7 << 18) + 1, (1 << 40) + 12345]) {
            let size = class_size(class_of(bytes));
            assert!(size >= bytes && (size <= bytes + bytes / 4 + 1 || size == 4096), "{bytes} {size}");
        }
    }

    #[test]
    fn memory_comes_back_also_for_a_little_less() {
        // A size that no other test uses.
        const LEN: usize = 12_345_678;
        let first = tensor([LEN], |values| values.fill(1.0));
        let address = values(&first).as_ptr();
        drop(first);
        assert!(held() >= LEN * 4);
        for len in [LEN, LEN / 5 * 3] {
            assert_eq!(values(&tensor([len], |values| values.fill(2.0))).as_ptr(), address);
        }
    }
}
