//! The targets of `fuzz/`, over their seeds and then over changed seeds. libFuzzer finds more, as it follows the branches of
//! the code, but it needs C++ and another build of everything.
//!
//! `HORN_FUZZ_SECONDS=600 cargo test --workspace --test horn -- fuzzed` runs each target for ten minutes in place of some
//! hundred inputs, with the seeds of `fuzz/seeds.py`, if they were made, and other changes with each `HORN_FUZZ_SEED`. A
//! panic, an abort, or an input that takes more than ten seconds is a finding. The file that the failure names, or that is
//! left in the temporary folder, has the input.

#[path = "../fuzz/targets.rs"]
mod targets;
#[path = "../fuzz/untrusted.rs"]
mod untrusted;

use std::io::Read;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use targets::{TARGETS, Target};
use untrusted::Numbers;

/// The longest time that an input may take. Nothing is optimised here, so this is far more than an input should take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest input, in bytes.
const MAX_SIZE: usize = 1 << 20;
/// The number of inputs where no time is given.
const INPUTS: usize = 200;

/// A test for each target.
macro_rules! tests {
    ($($target:ident),+) => {$(
        #[test]
        fn $target() {
            run(stringify!($target));
        }
    )+};
}

tests!(config, load_keras, load_h5, npy, npz);

/// Says to a test that another one has started it.
const ALONE: &str = "HORN_TEST_FUZZES";

/// In a process of its own, since the memory that it allows is that of all models of the process.
#[test]
fn train() {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "fuzzed::trains", "--ignored", "--test-threads=1", "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success() && text.contains("1 passed"), "{}: {text}", output.status);
}

#[test]
#[ignore = "no test of its own: the one before starts it"]
fn trains() {
    if env::var_os(ALONE).is_some() {
        run("train");
    }
}

#[test]
fn each_target_is_run() {
    let names = TARGETS.map(|target| target.name);
    assert_eq!(names, ["config", "load_keras", "load_h5", "npy", "npz", "train"]);
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/fuzz_targets")).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let mut expected = names.map(|name| format!("{name}.rs"));
    files.sort();
    expected.sort();
    assert_eq!(files, expected);
}

fn run(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target");
    let seeds = seeds(target.name);
    assert!(!seeds.is_empty(), "{name} has no seeds");
    let number = |name: &str| env::var(name).ok().map(|number| number.parse::<u64>().expect("a number"));
    let time = number("HORN_FUZZ_SECONDS").map(Duration::from_secs);
    let mut numbers = Numbers::new(number("HORN_FUZZ_SEED").unwrap_or(1) as u32);
    let input = env::temp_dir().join(format!("horn-fuzz-{}-{name}-input", std::process::id()));
    // All seeds are much for a test of everything.
    let first = if time.is_some() { seeds.len() } else { 20 };
    seeds.iter().take(first).for_each(|seed| check(target, seed, &input));
    let (began, mut count) = (Instant::now(), 0);
    while time.map_or(count < INPUTS, |time| began.elapsed() < time) {
        let seed = &seeds[numbers.below(seeds.len())];
        check(target, &changed(target, seed, &seeds, &mut numbers), &input);
        count += 1;
    }
    println!("{name}: {} seeds and {count} changed ones", seeds.len());
    let _ = fs::remove_file(input);
}

/// Runs a target on an input, which is in the file if that ends the program.
fn check(target: &Target, bytes: &[u8], file: &Path) {
    fs::write(file, bytes).unwrap();
    let (began, computing_before) = (Instant::now(), computing());
    let outcome = catch_unwind(|| (target.run)(bytes));
    let place = file.display();
    assert!(outcome.is_ok(), "{}: a panic for the input {place}", target.name);
    // On a busy machine, others take most of the time that passes.
    let taken = computing_before.and_then(|before| Some(computing()? - before)).unwrap_or(began.elapsed());
    assert!(taken < PATIENCE, "{}: {taken:?} for the input {place}", target.name);
}

/// How long this thread has computed, where the operating system says it.
fn computing() -> Option<Duration> {
    let times = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    times.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// The fixtures that a target reads, and what `fuzz/seeds.py` has made.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("keras/fixtures");
    let of_kind = |folder: &str, ending: &str| {
        let mut found = files(&fixtures.join(folder));
        found.retain(|path| path.extension().is_some_and(|own| own == ending));
        found
    };
    let mut paths = match name {
        "load_keras" | "train" => of_kind("files", "keras"),
        "load_h5" => of_kind("files", "h5"),
        _ => of_kind("cli", "npz"),
    };
    paths.extend(files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(name)));
    let mut seeds: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    seeds.retain(|seed| seed.len() <= MAX_SIZE);
    match name {
        // What is not JSON is replaced by a model of one layer.
        "config" => seeds.retain(|seed| !seed.starts_with(b"PK")),
        "npy" => seeds = seeds.into_iter().flat_map(|seed| members(&seed).unwrap_or_else(|| vec![seed])).collect(),
        _ => {}
    }
    if name == "config" {
        seeds.push(b"{}".to_vec());
    }
    seeds
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> =
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    found.sort();
    found
}

/// The members of a zip archive.
fn members(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).ok()?;
    let mut found = Vec::new();
    for at in 0..zip.len() {
        let mut content = Vec::new();
        zip.by_index(at).ok()?.read_to_end(&mut content).ok()?;
        found.push(content);
    }
    Some(found)
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
                let part = other[from.min(other.len())..(from + 32).min(other.len())].to_vec();
                let end = (at + part.len()).min(bytes.len());
                bytes.splice(at..end, part);
            }
        }
    }
}
