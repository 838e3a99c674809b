//! What the passes of convolutions have in common.

use crate::flex::buffer::Scratch;
use crate::flex::convolution::frame::Frame;
use crate::flex::threads::{Shared, count, split, split_if};

/// Writes one image for each image.
pub(crate) trait Images: Sync {
    /// The zeros around an image.
    fn frame(&self) -> &Frame;

    /// How many values the result for an image has.
    fn outputs(&self) -> usize;

    /// Is the work for results of so many values, at least one, worth several threads?
    fn is_worth_threads(&self, values: usize) -> bool;

    /// Writes one of several shares of the result for an image.
    ///
    /// # Safety
    ///
    /// `y` can be written for a whole result, and nobody else uses the values of this share.
    unsafe fn share(&self, framed: &[f32], y: *mut f32, share: usize, shares: usize);

    /// The memory that a thread needs for [`image`](Self::image).
    fn scratch(&self) -> Scratch {
        Scratch::new(if self.frame().is_needed() { self.frame().len() } else { 0 })
    }

    /// Writes the result for one image. The scratch is one of [`scratch`](Self::scratch).
    fn image(&self, x: &[f32], scratch: &mut [f32], y: &mut [f32]) {
        assert_eq!(y.len(), self.outputs());
        let framed = if self.frame().is_needed() {
            self.frame().fill(x, scratch);
            scratch
        } else {
            x
        };
        // SAFETY: the result has a place for all values.
        unsafe { self.share(framed, y.as_mut_ptr(), 0, 1) };
    }

    /// Writes the results for all images, with all threads.
    fn images(&self, samples: usize, x: &[f32], y: &mut [f32]) {
        let (len, outputs) = (self.frame().image_len(), self.outputs());
        assert!(x.len() == samples * len && y.len() == samples * outputs);
        if y.is_empty() {
            return;
        }
        let worth_it = self.is_worth_threads(y.len());
        let shared = Shared::new(y);
        if samples >= count() || !worth_it {
            split_if(worth_it, samples, |_, range| {
                let mut frame = self.scratch();
                for sample in range {
                    // SAFETY: each sample is of one thread.
                    let y = unsafe { shared.slice(sample * outputs..(sample + 1) * outputs) };
                    self.image(&x[sample * len..][..len], frame.values(), y);
                }
            });
            return;
        }
        // Fewer images than threads: some threads share one.
        let framed_len = self.frame().len();
        let mut framed = self.frame().fill_all(x);
        let framed: &[f32] = framed.as_mut().map_or(x, |framed| framed.values());
        let shares = count().div_ceil(samples);
        split(samples * shares, |_, range| {
            for at in range {
                let (sample, share) = (at / shares, at % shares);
                let framed = &framed[sample * framed_len..][..framed_len];
                // SAFETY: the sample lies within the result, and each share has values of its own.
                unsafe { self.share(framed, shared.pointer().add(sample * outputs), share, shares) };
            }
        });
    }
}

/// Adds up a gradient by a kernel.
pub(crate) trait Sums: Sync {
    /// How many values the gradient has.
    fn len(&self) -> usize;

    /// How many images are taken at a time.
    fn at_a_time(&self) -> usize;

    /// How many values must follow the gradients that [`add`](Self::add) gets.
    fn slack(&self) -> usize;

    /// The memory that a thread needs for [`add`](Self::add).
    fn scratch(&self) -> Scratch;

    /// Adds the gradient by some images, at most [`at_a_time`](Self::at_a_time), to the sums. `gradients` are those of
    /// their results.
    fn add(&self, images: &[f32], gradients: &[f32], scratch: &mut [f32], sums: &mut [f32]);
}
