//! What the passes of convolutions have in common.

use crate::flex::buffer::Scratch;

/// Writes one image for each image.
pub(crate) trait Images: Sync {
    /// The memory that a thread needs for [`image`](Self::image).
    fn scratch(&self) -> Scratch;

    /// Writes the result for one image. The scratch is one of [`scratch`](Self::scratch).
    fn image(&self, x: &[f32], scratch: &mut [f32], y: &mut [f32]);

    /// Writes the results for all images, with all threads.
    fn images(&self, samples: usize, x: &[f32], y: &mut [f32]);
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
