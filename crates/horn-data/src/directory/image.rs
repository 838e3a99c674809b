//! Images.

use std::path::Path;

use horn_nn::layers::Interpolation;
use horn_nn::{Error, HostArray, Result};

use crate::directory::from_directory::FromDirectory;
use crate::directory::kind::FileKind;
use crate::images::ColorMode;
use crate::images::decode;
use crate::images::picture::grey_of_tensorflow;
use crate::images::resize_floats::{Framing, resized};

/// Files that hold images.
#[derive(Debug, Clone, Copy)]
pub struct ImageFiles {
    color_mode: ColorMode,
    image_size: [usize; 2],
    interpolation: Interpolation,
    crop_to_aspect_ratio: bool,
    pad_to_aspect_ratio: bool,
}

/// The PNG and JPEG images in a folder, each folder in it a class: Keras's `image_dataset_from_directory`. Pixels are floats
/// from 0 to 255.
///
/// They are those of Keras on TensorFlow. How a JPEG file is decoded is not exactly laid down, so there a pixel may differ
/// by a few levels.
///
/// # Shapes
///
/// `[batch, height, width, channels]`
///
/// ```no_run
/// use horn::Fit;
/// use horn::utils::image_dataset_from_directory;
///
/// # fn train(mut model: horn::CompiledModel) -> horn::Result<()> {
/// let photos = image_dataset_from_directory("photos").image_size([180, 180]).validation_split(0.2).seed(123);
/// let (training, validation) = photos.load_both()?;
/// println!("{:?}", training.class_names());
/// model.fit_source(&mut training.workers(2), Fit::epochs(5).validation_source(validation))?;
/// # Ok(())
/// # }
/// ```
pub fn image_dataset_from_directory(directory: impl AsRef<Path>) -> FromDirectory<ImageFiles> {
    let kind = ImageFiles {
        color_mode: ColorMode::Rgb,
        image_size: [256, 256],
        interpolation: Interpolation::Bilinear,
        crop_to_aspect_ratio: false,
        pad_to_aspect_ratio: false,
    };
    FromDirectory::new(directory, kind)
}

impl FromDirectory<ImageFiles> {
    /// The channels of the images; RGB by default.
    #[must_use]
    pub fn color_mode(mut self, color_mode: ColorMode) -> Self {
        self.kind.color_mode = color_mode;
        self
    }

    /// The height and the width of the images; 256 by default.
    #[must_use]
    pub fn image_size(mut self, image_size: [usize; 2]) -> Self {
        self.kind.image_size = image_size;
        self
    }

    /// How pixels of another size are computed; bilinear by default.
    #[must_use]
    pub fn interpolation(mut self, interpolation: Interpolation) -> Self {
        self.kind.interpolation = interpolation;
        self
    }

    /// Are images cropped to the shape of `image_size`, rather than distorted? No by default.
    #[must_use]
    pub fn crop_to_aspect_ratio(mut self, crop_to_aspect_ratio: bool) -> Self {
        self.kind.crop_to_aspect_ratio = crop_to_aspect_ratio;
        self
    }

    /// Are images put on black in the shape of `image_size`, rather than distorted? No by default.
    #[must_use]
    pub fn pad_to_aspect_ratio(mut self, pad_to_aspect_ratio: bool) -> Self {
        self.kind.pad_to_aspect_ratio = pad_to_aspect_ratio;
        self
    }
}

impl FileKind for ImageFiles {
    const FUNCTION: &'static str = "image_dataset_from_directory";
    const ENDINGS: &'static [&'static str] = &decode::ENDINGS;

    fn check(&self) -> Result<()> {
        if self.image_size.contains(&0) {
            return Err(Error::argument("the target size is 0")
                .at("image_size")
                .received(format!("{:?}", self.image_size))
                .expected("a height and a width from 1 on")
                .hint("leave it out for Keras's (256, 256)"));
        }
        if self.crop_to_aspect_ratio && self.pad_to_aspect_ratio {
            return Err(Error::argument("images can't be both cropped and padded")
                .at("crop_to_aspect_ratio")
                .received("crop_to_aspect_ratio and pad_to_aspect_ratio")
                .expected("one of them")
                .hint("leave one out"));
        }
        Ok(())
    }

    fn read(&self, paths: &[&Path]) -> Result<HostArray<'static>> {
        let [height, width] = self.image_size;
        let channels = self.color_mode.channels();
        let framing = match (self.crop_to_aspect_ratio, self.pad_to_aspect_ratio) {
            (true, _) => Framing::Crop,
            (_, true) => Framing::Pad,
            _ => Framing::Distort,
        };
        let mut pixels = Vec::with_capacity(paths.len() * height * width * channels);
        for path in paths {
            let image = decode::read(path, self.color_mode, grey_of_tensorflow)?;
            pixels.extend(resized(&image, self.image_size, self.interpolation, framing));
        }
        HostArray::new(pixels, [paths.len(), height, width, channels])
    }
}
