//! How windows move over images.

/// How a window moves along one spatial axis: the kernel of a convolution, or the window of a pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slide {
    /// How many values the window sees.
    pub size: usize,
    /// How far the window moves from one result to the next.
    pub stride: usize,
    /// How far apart the values are that the window sees; 1 for neighbours.
    pub dilation: usize,
    /// How many values are thought before the first and after the last one.
    pub padding: (usize, usize),
}
