//! Images of another size.

pub(crate) mod center_crop;
pub(crate) mod resizing;

crate::layers::family::family! { Preprocessing;
    "CenterCrop" => center_crop::CenterCrop::new(1, 1), requires "height", "width";
    "Resizing" => resizing::Resizing::new(1, 1), requires "height", "width";
}
