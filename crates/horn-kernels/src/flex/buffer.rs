//! Memory for results that goes back to a pool when the tensor that holds it is dropped.
//!
//! Fresh memory is expensive: the operating system clears each page when it is first touched, which takes ten times as
//! long as writing to it. A training step asks for the same sizes again and again, so after the first one all its
//! results come from the pool.
//!
//! Small buffers go back to a list of the thread first, so that threads that predict at the same time do not wait for each
//! other. While kernels run, memory that was unused for a while is given back to the operating system.

use std::alloc::{Layout as Allocation, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::RefCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use burn::backend::flex::{FlexTensor, Layout};
use burn::tensor::{DType, Shape};
use burn_std::{AccessError, AccessPolicy, AllocationController, AllocationProperty, Bytes};

/// Buffers start at a multiple of this many bytes: a cache line, and the largest vector.
const ALIGNMENT: usize = 64;

/// Is each buffer allocated by itself, as large as its values? So AddressSanitizer sees each access outside of one, or after
/// its end (CONTRIBUTING.md has the command).
const EXACT: bool = cfg!(horn_exact_memory);

/// The free buffers of each size class. A class is a quarter of a power of two wide.
static FREE: [Mutex<Free>; 4 * (usize::BITS as usize + 1)] = [const { Mutex::new(Free::NONE) }; _];

/// The free buffers of a class. The one that was used last is taken first.
struct Free {
    addresses: Vec<usize>,
    /// How many of the first ones were not taken since the last look.
    untouched: usize,
}

impl Free {
    const NONE: Self = Self { addresses: Vec::new(), untouched: 0 };

    fn of(class: usize) -> MutexGuard<'static, Self> {
        FREE[class].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&mut self) -> Option<usize> {
        let address = self.addresses.pop();
        self.untouched = self.untouched.min(self.addresses.len());
        address
    }

    /// Takes out what was unused since the last call.
    fn unused(&mut self) -> Vec<usize> {
        let unused = self.addresses.drain(..self.untouched).collect();
        self.untouched = self.addresses.len();
        unused
    }
}

/// How long free memory stays unused before it is given back.
const A_WHILE: Duration = Duration::from_secs(5);

/// How many buffers become free between two looks at the clock.
const BETWEEN_LOOKS: usize = 256;

/// The largest buffer, in bytes, that goes back to the list of a thread.
const MAX_OWN_BYTES: usize = 64 << 10;

/// The most buffers in the list of a thread.
const MAX_OWN: usize = 16;

thread_local! {
    static OWN: RefCell<Own> = const { RefCell::new(Own(Vec::new())) };
}

/// The free buffers of a thread: classes and addresses.
struct Own(Vec<(usize, usize)>);

impl Own {
    fn take(class: usize) -> Option<usize> {
        // A thread that ends has no list any more.
        OWN.try_with(|own| {
            let Self(own) = &mut *own.borrow_mut();
            let at = own.iter().rposition(|(of, _)| *of == class)?;
            Some(own.swap_remove(at).1)
        })
        .ok()?
    }

    /// Does the list keep the buffer?
    fn keep(class: usize, address: usize) -> bool {
        if class_size(class) > MAX_OWN_BYTES || LIMIT.load(Ordering::Relaxed) == 0 {
            return false;
        }
        OWN.try_with(|own| {
            let Self(own) = &mut *own.borrow_mut();
            let has_room = own.len() < MAX_OWN;
            if has_room {
                own.push((class, address));
            }
            has_room
        })
        .unwrap_or(false)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        for (class, address) in self.0.drain(..) {
            drop_memory(address as *mut u8, class_size(class));
        }
    }
}

/// The bytes of all free buffers, without those in the lists of threads.
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
    let _ = OWN.try_with(|own| drop(own.replace(Own(Vec::new()))));
    give_back(|free| std::mem::replace(free, Free::NONE).addresses);
}

/// Gives back what is taken out of each class.
fn give_back(take: impl Fn(&mut Free) -> Vec<usize>) {
    for class in 0..FREE.len() {
        let taken = take(&mut Free::of(class));
        for address in taken {
            let size = class_size(class);
            HELD.fetch_sub(size, Ordering::Relaxed);
            drop_memory(address as *mut u8, size);
        }
    }
}

/// Gives back what was unused for a while, if it is time for that.
fn look() {
    static BECAME_FREE: AtomicUsize = AtomicUsize::new(0);
    static START: OnceLock<Instant> = OnceLock::new();
    static LAST: AtomicU64 = AtomicU64::new(0);
    if !BECAME_FREE.fetch_add(1, Ordering::Relaxed).is_multiple_of(BETWEEN_LOOKS) {
        return;
    }
    let now = START.get_or_init(Instant::now).elapsed().as_millis() as u64;
    let last = LAST.load(Ordering::Relaxed);
    let is_time = now >= last + A_WHILE.as_millis() as u64;
    // Of several threads that see this, one does it.
    if is_time && LAST.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
        give_back(Free::unused);
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

/// New memory; the size is not 0.
fn zeros(size: usize) -> *mut u8 {
    assert!(size > 0);
    // SAFETY: the size is not 0.
    let pointer = unsafe { alloc_zeroed(allocation(size)) };
    if pointer.is_null() {
        handle_alloc_error(allocation(size));
    }
    pointer
}

fn drop_memory(pointer: *mut u8, size: usize) {
    // SAFETY: the pointer comes from `zeros` with this size and alignment, and nobody else has it any more.
    unsafe { dealloc(pointer, allocation(size)) }
}

/// A piece of memory from the pool. Its bytes are initialized: with zeros, or with what was in it before.
struct Buffer {
    pointer: *mut u8,
    /// The size class; the size itself if memory is exact.
    class: usize,
}

// SAFETY: the buffer owns its memory, as a `Box` does.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Buffer {
    fn new(bytes: usize) -> Self {
        if EXACT {
            let class = bytes.max(1);
            return Self { pointer: zeros(class), class };
        }
        let class = class_of(bytes);
        if let Some(address) = Own::take(class) {
            return Self { pointer: address as *mut u8, class };
        }
        // A model with layers of many sizes would hold memory for each of them, if a larger buffer would not do.
        for class in class..FREE.len().min(class + 5) {
            if let Some(address) = Free::of(class).take() {
                HELD.fetch_sub(class_size(class), Ordering::Relaxed);
                return Self { pointer: address as *mut u8, class };
            }
        }
        Self { pointer: zeros(class_size(class)), class }
    }

    fn size(&self) -> usize {
        if EXACT { self.class } else { class_size(self.class) }
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
        if EXACT {
            return drop_memory(self.pointer, self.size());
        }
        if Own::keep(self.class, self.pointer as usize) {
            return;
        }
        let size = self.size();
        if HELD.fetch_add(size, Ordering::Relaxed) + size <= LIMIT.load(Ordering::Relaxed) {
            Free::of(self.class).addresses.push(self.pointer as usize);
            look();
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
    let mut values = Scratch::new(shape.num_elements());
    fill(values.values());
    values.into_tensor(shape)
}

/// Values that an operation needs until it returns, or that become a tensor. At first they are any numbers.
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

    /// A tensor of these values in row-major order.
    pub(crate) fn into_tensor(self, shape: impl Into<Shape>) -> FlexTensor {
        let shape = shape.into();
        assert_eq!(shape.num_elements(), self.len);
        let bytes = self.buffer.into_bytes(self.len * size_of::<f32>());
        FlexTensor::new(bytes, Layout::contiguous(shape), DType::F32)
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
    fn what_is_unused_is_given_back() {
        let mut free = Free { addresses: vec![1, 2, 3], untouched: 0 };
        // All of them may have come just now.
        assert_eq!(free.unused(), [] as [usize; 0]);
        assert_eq!((free.take(), free.take()), (Some(3), Some(2)));
        free.addresses.push(2);
        // One has been there all the time, the other one was used.
        assert_eq!(free.unused(), [1]);
        assert_eq!(free.addresses, [2]);
        assert_eq!(free.unused(), [2]);
    }

    #[test]
    #[cfg_attr(horn_exact_memory, ignore = "nothing is kept")]
    fn small_buffers_stay_with_their_thread() {
        let here = || values(&tensor([5000], |values| values.fill(1.0))).as_ptr() as usize;
        let address = here();
        assert_eq!(here(), address);
        let elsewhere = std::thread::spawn(here).join().unwrap();
        assert_ne!(elsewhere, address);
        // More than a thread keeps.
        let many: Vec<_> = (0..3 * MAX_OWN).map(|_| tensor([5000], |values| values.fill(1.0))).collect();
        drop(many);
        OWN.with_borrow(|own| assert_eq!(own.0.len(), MAX_OWN));
    }

    #[test]
    #[cfg_attr(horn_exact_memory, ignore = "nothing is kept")]
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
