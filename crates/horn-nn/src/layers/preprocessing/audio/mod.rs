//! Spectrograms of sounds.

pub(crate) mod mel;
pub(crate) mod mel_spectrogram;
pub(crate) mod stft_spectrogram;

pub use stft_spectrogram::SpectrogramMode;

crate::layers::family::family! { Preprocessing;
    "MelSpectrogram" => mel_spectrogram::MelSpectrogram::new();
    "STFTSpectrogram" => stft_spectrogram::STFTSpectrogram::new();
}
