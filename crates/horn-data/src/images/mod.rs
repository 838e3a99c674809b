//! Images in files as arrays, and back: Keras's `load_img`, `img_to_array`, `array_to_img` and `save_img`.

mod array;
pub(crate) mod decode;
mod load_img;
pub(crate) mod picture;
mod resize_bytes;
pub(crate) mod resize_floats;
mod save_img;

pub use array::{array_to_img, img_to_array};
pub use load_img::{LoadImg, load_img};
pub use picture::ColorMode;
pub use save_img::save_img;
