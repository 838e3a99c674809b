//! Runs the targets without libFuzzer, which needs C++ and, for coverage, another build of everything: each target over its
//! seeds, and then for some seconds over changed seeds.
//!
//! ```text
//! python3 fuzz/seeds.py
//! cargo run --manifest-path fuzz/Cargo.toml --no-default-features --bin driver -- 20
//! ```
//!
//! A panic, an abort, or an input that takes more than ten seconds is a finding. The input is then in the file that is
//! named last.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs};

use fuzz::Numbers;
use fuzz::targets::{TARGETS, Target};

/// The longest time that an input may take. Targets are not optimised, so a slow input is one that takes far longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest input, in bytes.
const MAX_SIZE: usize = 1 << 20;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let seconds = arguments.next().and_then(|seconds| seconds.parse().ok()).unwrap_or(20);
    let names: Vec<String> = arguments.collect();
    let chosen = TARGETS.iter().filter(|target| names.is_empty() || names.iter().any(|name| name == target.name));
    let mut is_clean = true;
    for target in chosen {
        is_clean &= run(target, Duration::from_secs(seconds));
    }
    if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a target for this long, after its seeds. Returns whether there was no finding.
fn run(target: &Target, time: Duration) -> bool {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let seeds = seeds(&folder);
    assert!(!seeds.is_empty(), "{} has no seeds: run fuzz/seeds.py first", folder.display());
    let last = env::temp_dir().join(format!("horn-fuzz-{}-{}-last", std::process::id(), target.name));
    println!("{}: {} seeds; the input that runs is in {}", target.name, seeds.len(), last.display());
    if !seeds.iter().all(|seed| is_fine(target, seed, &last)) {
        return false;
    }
    // Another run takes other numbers only if it is asked to.
    let start = env::var("HORN_FUZZ_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut numbers = Numbers::new(start);
    let (began, mut count) = (Instant::now(), 0_u64);
    while began.elapsed() < time {
        let seed = &seeds[numbers.below(seeds.len())];
        let input = changed(target, seed, &seeds, &mut numbers);
        if !is_fine(target, &input, &last) {
            return false;
        }
        count += 1;
    }
    println!("{}: {count} inputs in {} s, no finding", target.name, time.as_secs());
    let _ = fs::remove_file(last);
    true
}

fn seeds(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| fs::read(path).ok()).filter(|seed| seed.len() <= MAX_SIZE).collect()
}

fn is_fine(target: &Target, input: &[u8], last: &Path) -> bool {
    fs::write(last, input).expect("the temporary folder can be written");
    let began = Instant::now();
    if catch_unwind(|| (target.run)(input)).is_err() {
        println!("{}: a panic with the input {}", target.name, last.display());
        return false;
    }
    if began.elapsed() > PATIENCE {
        println!("{}: {:?} for the input {}", target.name, began.elapsed(), last.display());
        return false;
    }
    true
}

/// A seed with some changes.
fn changed(target: &Target, seed: &[u8], seeds: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    let own = numbers.below(u32::MAX as usize) as u32;
    let mut plain = |content: &mut Vec<u8>| change_bytes(content, seeds, &mut Numbers::new(own));
    if let Some(change) = target.change.filter(|_| numbers.below(5) > 0)
        && let Some(input) = change(seed, numbers, &mut plain)
    {
        return input;
    }
    let mut input = seed.to_vec();
    plain(&mut input);
    input
}

/// Changes bytes in one to eight places.
fn change_bytes(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], numbers: &mut Numbers) {
    const INTERESTING: [u64; 10] = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 40, u64::MAX];
    for _ in 0..=numbers.below(8) {
        let at = numbers.below(bytes.len());
        let end = (at + 1 + numbers.below(16)).min(bytes.len());
        match numbers.below(8) {
            _ if bytes.is_empty() => bytes.push(numbers.below(256) as u8),
            0 | 1 => bytes[at] ^= 1 << numbers.below(8),
            2 => bytes[at] = numbers.below(256) as u8,
            3 => {
                let number = INTERESTING[numbers.below(INTERESTING.len())].to_le_bytes();
                let width = [1, 2, 4, 8][numbers.below(4)].min(bytes.len() - at);
                bytes[at..at + width].copy_from_slice(&number[..width]);
            }
            4 => drop(bytes.drain(at..end)),
            5 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            6 => bytes.truncate(at),
            _ => {
                let other = &seeds[numbers.below(seeds.len())];
                let from = numbers.below(other.len());
                let part = other[from..(from + 32).min(other.len())].to_vec();
                let end = (at + part.len()).min(bytes.len());
                bytes.splice(at..end, part);
            }
        }
    }
}
