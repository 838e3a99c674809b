//! Layers that mix images, or apply some of the other layers.

pub(crate) mod aug_mix;
pub(crate) mod changes;
pub(crate) mod cut_mix;
pub(crate) mod mix_up;
pub(crate) mod rand_augment;
pub(crate) mod shares;

crate::layers::family::family! { Augmentation;
    "AugMix" => aug_mix::AugMix::new();
    "CutMix" => cut_mix::CutMix::new();
    "MixUp" => mix_up::MixUp::new();
    "RandAugment" => rand_augment::RandAugment::new();
}
