//! From the frequencies of a Fourier transform to those that the ear tells apart.

/// The pitch of a frequency in hertz on the mel scale.
fn mel(hertz: f32) -> f32 {
    1127.0 * (1.0 + hertz / 700.0).ln()
}

/// `count` numbers from one to the other, at equal distances.
fn spaced(from: f32, to: f32, count: usize) -> impl Iterator<Item = f32> {
    let last = (count - 1).max(1) as f32;
    (0..count).map(move |at| {
        let way = at as f32 / last;
        if at + 1 == count { to } else { from * (1.0 - way) + to * way }
    })
}

/// How much of each frequency, a column, each band has, a row: `[bands, frequencies]`. The frequencies go from 0 to half
/// the sampling rate. Each band rises in a line from the middle of the one before it to 1, and falls to the middle of
/// the next; the middles are evenly spaced in pitch. The frequency 0 is in none.
pub(crate) fn bands(count: usize, frequencies: usize, sampling_rate: f64, [low, high]: [f64; 2]) -> Vec<f32> {
    let pitches: Vec<f32> = spaced(0.0, sampling_rate as f32 / 2.0, frequencies).map(mel).collect();
    let edges: Vec<f32> = spaced(mel(low as f32), mel(high as f32), count + 2).collect();
    let mut bands = Vec::with_capacity(count * frequencies);
    for edges in edges.windows(3) {
        let share = |pitch: &f32| {
            let rising = (pitch - edges[0]) / (edges[1] - edges[0]);
            let falling = (edges[2] - pitch) / (edges[2] - edges[1]);
            rising.min(falling).max(0.0)
        };
        bands.push(0.0);
        bands.extend(pitches.iter().skip(1).map(share));
    }
    bands
}
