//! A damaged image or recording is an error or another picture, and never a panic.

use std::fs;

use horn::utils::{LoadImg, audio_dataset_from_directory, load_img};

use crate::fixtures::path;

/// The file cut off at places all over it, and with bytes that are changed.
fn damaged(whole: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let cut = (0..whole.len()).step_by(7).map(|end| whole[..end].to_vec());
    let changed = (0..whole.len()).step_by(5).flat_map(|at| {
        [0, 0x7f, 0xff].map(|byte| {
            let mut file = whole.to_vec();
            file[at] = byte;
            file
        })
    });
    cut.chain(changed)
}

#[test]
fn damaged_images_do_not_panic() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("damaged");
    let mut errors = 0;
    for name in ["images/color/transparent.png", "sixteen/sixteen.png", "photos/halved.jpeg", "photos/progressive.jpg"]
    {
        let whole = fs::read(path("folders").join(name)).unwrap();
        for file in damaged(&whole) {
            fs::write(&target, file).unwrap();
            match load_img(&target, LoadImg::new().target_size([4, 4])) {
                Ok(image) => assert_eq!(image.dim(), (4, 4, 3), "{name}"),
                Err(error) => {
                    assert!(error.is_file() && error.to_string().contains("damaged: "), "{name}: {error}");
                    errors += 1;
                }
            }
        }
    }
    assert!(errors > 100, "{errors}");
}

#[test]
fn damaged_recordings_do_not_panic() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("damaged.wav");
    let whole = fs::read(path("folders/stereo/a.wav")).unwrap();
    let mut errors = 0;
    for file in damaged(&whole) {
        fs::write(&target, file).unwrap();
        let dataset = audio_dataset_from_directory(folder.path()).label_mode(None).verbose(false);
        let read: horn::Result<Vec<_>> = dataset.load().unwrap().batches().collect();
        errors += usize::from(read.is_err());
    }
    assert!(errors > 10, "{errors}");
}
