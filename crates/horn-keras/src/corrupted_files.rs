//! Crafted and corrupted files: reading each must end in an error, quickly and with little memory.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use horn_nn::Result;

use crate::archive::Archive;
use crate::fixture;
use crate::h5::{Attribute, WeightsReader, Window};
use crate::numpy::Npz;

/// Reads everything from a weights file: the listing, all attributes, all values.
fn read_all(file: &WeightsReader) -> Result<usize> {
    let mut groups: BTreeSet<String> = BTreeSet::from([String::new()]);
    let (mut values, mut failed) = (0, None);
    let paths: Vec<_> = file
        .datasets()
        .filter(|found| found.dtype.is_some())
        .map(|found| (found.path.to_owned(), found.sizes.to_vec()))
        .collect();
    for (path, sizes) in paths {
        let sizes: Vec<_> = sizes.into_iter().map(|size| usize::try_from(size).unwrap()).collect();
        match file.read(&path, &sizes) {
            Ok(array) => values += array.bytes(),
            Err(error) => failed = Some(error),
        }
        file.attributes(&path)?;
        let mut above = path.as_str();
        while let Some((group, _)) = above.rsplit_once('/') {
            groups.insert(group.to_owned());
            above = group;
        }
    }
    for group in groups {
        file.children(&group)?;
        file.attributes(&group)?;
    }
    failed.map_or(Ok(values), Err)
}

fn read_weights(bytes: Vec<u8>) -> Result<usize> {
    read_all(&WeightsReader::of_window(Window::of_bytes(bytes), "file")?)
}

fn read_archive(bytes: Vec<u8>) -> Result<usize> {
    let mut archive = Archive::of_window(Window::of_bytes(bytes), "file")?;
    archive.metadata()?;
    archive.config()?;
    read_all(&archive.weights()?)
}

/// Reads a file, with the reader for its name.
fn read(name: &str, bytes: Vec<u8>) -> Result<usize> {
    if name.ends_with(".keras") { read_archive(bytes) } else { read_weights(bytes) }
}

/// Runs the work, which must not take more than a second of CPU time.
pub fn soon<T>(what: &str, work: impl FnOnce() -> T) -> T {
    within(Duration::from_secs(1), what, work)
}

/// Runs the work, which must not take more CPU time than this. Where the operating system can't tell the thread's CPU
/// time, wall-clock time counts.
pub fn within<T>(limit: Duration, what: &str, work: impl FnOnce() -> T) -> T {
    let (start, worked) = (Instant::now(), time_worked());
    let result = work();
    let worked = time_worked().zip(worked).map_or(start.elapsed(), |(end, start)| end.saturating_sub(start));
    assert!(worked < limit, "{what} took {worked:?}");
    result
}

/// The CPU time of this thread, if the operating system tells it.
fn time_worked() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// The crafted files, and what their errors say.
const BAD: [(&str, &str); 15] = [
    ("cycle.h5", "nested too deeply, or contain themselves"),
    ("root_cycle.h5", "nested too deeply, or contain themselves"),
    ("many_paths.h5", "its structure goes in circles, or is far larger than its data"),
    ("deep.h5", "nested too deeply, or contain themselves; expected at most 260 levels"),
    ("soft_link.h5", "it leads out of this file, as links to other paths do"),
    ("dangling_link.h5", "it leads out of this file, as links to other paths do"),
    ("external_storage.h5", "\"w\": its values are not in this file"),
    ("virtual.h5", "\"w\": its values are not in this file"),
    ("terabytes.h5", "\"w\": its values are not in this file"),
    ("overflow.h5", "\"w\": the variable is larger than any memory"),
    ("largest.h5", "\"w\": the variable is larger than any memory"),
    ("longer_than_its_data.h5", "\"w\": the file does not hold all of its values"),
    ("longer_than_the_file.h5", "\"w\": the file does not hold all of its values"),
    ("never_written.h5", "values are not in this file"),
    ("inflated.h5", "the variables are far larger than the file that they are in"),
];

#[test]
fn crafted_files_are_errors() {
    if runs_alone("corrupted_files::crafted_files_are_errors") {
        return;
    }
    for (name, problem) in BAD {
        let bytes = fs::read(fixture("bad").join(name)).unwrap();
        let error = soon(name, || read_weights(bytes)).unwrap_err();
        assert!(error.is_file() || error.is_shape(), "{name}: {error}");
        assert!(format!("{error:#}").contains(problem), "{name}: {error:#}");
    }
    little_memory();
}

#[test]
fn each_variable_that_is_not_there_is_an_error() {
    let file = WeightsReader::open(fixture("bad/never_written.h5")).unwrap();
    for (path, sizes, problem) in [
        ("w", &[2, 3][..], "never written are not read"),
        ("null", &[], "never written are not read"),
        ("large", &[1 << 40], "never written are not read"),
        ("chunks", &[1 << 30, 1 << 30], "its chunks do not fit it"),
        ("compressed", &[1 << 26], "does not hold all of its values; received 0 chunks, expected 64 inside"),
    ] {
        let error = soon(path, || file.read(path, sizes)).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

#[test]
fn chunks_that_say_that_they_are_huge_are_errors() {
    if runs_alone("corrupted_files::chunks_that_say_that_they_are_huge_are_errors") {
        return;
    }
    let mut bytes = fs::read(fixture("dtypes.h5")).unwrap();
    // The size of a chunk of 6 by 7 floats, and a mask that says that no filter is skipped.
    let key = [168, 0, 0, 0, 0, 0, 0, 0];
    let places: Vec<_> = (0..bytes.len() - 8).filter(|at| bytes[*at..].starts_with(&key)).collect();
    assert_eq!(places.len(), 4 * 5);
    places.into_iter().for_each(|at| bytes[at + 3] = 0xf8);
    let file = WeightsReader::of_window(Window::of_bytes(bytes), "file").unwrap();
    let error = soon("chunks", || file.read("stored/chunks", &[20, 30])).unwrap_err().to_string();
    assert!(error.contains("does not hold all of its values; received 20 chunks, expected 20 inside"), "{error}");
    little_memory();
}

#[test]
fn external_links_are_not_followed() {
    let file = WeightsReader::open(fixture("bad/external_link.h5")).unwrap();
    assert_eq!(file.children("").unwrap(), ["w"]);
    let error = file.read("linked", &[2, 3]).unwrap_err().to_string();
    assert!(error.contains("links to other paths and files are not followed"), "{error}");
}

/// Points the first strings of a file at one string of a megabyte.
fn with_long_texts(count: usize) -> Vec<u8> {
    let mut bytes = fs::read(fixture("bad/texts.h5")).unwrap();
    let heap = bytes.len() as u64;
    // A reference is a length, the address of a heap and an index in it.
    let places: Vec<_> = (0..bytes.len() - 16)
        .filter(|at| {
            let number = |from: usize| u64::from_le_bytes(bytes[at + from..at + from + 8].try_into().unwrap());
            number(0) as u32 == 10 && bytes.get(number(4) as usize..).is_some_and(|at| at.starts_with(b"GCOL"))
        })
        .collect();
    assert_eq!(places.len(), 500);
    for at in &places[..count] {
        bytes[*at..at + 4].copy_from_slice(&(1_u32 << 20).to_le_bytes());
        bytes[at + 4..at + 12].copy_from_slice(&heap.to_le_bytes());
        bytes[at + 12..at + 16].copy_from_slice(&1_u32.to_le_bytes());
    }
    bytes.extend(b"GCOL\x01\0\0\0");
    bytes.extend((16 + 16 + (1_u64 << 20)).to_le_bytes());
    bytes.extend(b"\x01\0\0\0\0\0\0\0");
    bytes.extend((1_u64 << 20).to_le_bytes());
    bytes.extend(vec![b'x'; 1 << 20]);
    bytes
}

#[test]
fn texts_that_are_one_and_the_same_are_read_to_a_limit() {
    if runs_alone("corrupted_files::texts_that_are_one_and_the_same_are_read_to_a_limit") {
        return;
    }
    let read = |bytes| WeightsReader::of_window(Window::of_bytes(bytes), "file").unwrap().attributes("").unwrap();
    let few = read(with_long_texts(10));
    let texts = few["texts"].as_texts().unwrap();
    assert_eq!((texts.len(), texts[0].len(), texts[499].len()), (500, 1 << 20, 10));
    assert_eq!(soon("500 texts", || read(with_long_texts(500)))["texts"], Attribute::Other);
    little_memory();
}

#[test]
fn attributes_of_all_objects_are_read_to_a_limit() {
    let file = WeightsReader::of_window(Window::of_bytes(with_long_texts(10)), "file").unwrap();
    let is_read = |_: &i32| file.attributes("").unwrap()["texts"] != Attribute::Other;
    let times = (0..1000).take_while(is_read).count();
    assert!((2..50).contains(&times), "{times} times");
    // Short strings can always be read.
    let file = WeightsReader::of_window(Window::of_bytes(with_long_texts(0)), "file").unwrap();
    assert!((0..1000).all(|_| file.attributes("").unwrap()["texts"] != Attribute::Other));
}

/// A random number generator for tests, which makes the same numbers every time.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end
    }
}

/// Valid files, and how many of 300 corruptions anywhere in each stay undetected: HDF5 has no checksums of values, so
/// corrupted values are read. The corruptions are the same every time. If a count changes, the readers' checks have
/// changed.
const GOOD: [(&str, usize); 5] =
    [("small.keras", 0), ("small.weights.h5", 196), ("small.h5", 204), ("dtypes.h5", 132), ("dtypes_1_10.h5", 33)];

#[test]
fn truncated_files_are_errors() {
    if runs_alone("corrupted_files::truncated_files_are_errors") {
        return;
    }
    for (name, _) in GOOD {
        let bytes = fs::read(fixture(name)).unwrap();
        for length in (0..bytes.len()).step_by(1000) {
            let part = bytes[..length].to_vec();
            assert!(soon(name, || read(name, part)).is_err(), "{name} cut to {length} of {} bytes", bytes.len());
        }
    }
    little_memory();
}

/// As when another program writes it anew.
#[test]
fn files_that_are_cut_while_they_are_read_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let copy = |name: &str| {
        fs::copy(fixture(name), &path).unwrap();
        &path
    };
    let cut = || fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(100).unwrap();
    let is_said = |name: &str, result: Result<()>| {
        let error = result.expect_err(name);
        assert!(error.is_file() && error.to_string().contains("Hint: "), "{name}: {error}");
    };
    // None of the values is in what is left.
    let values_are_said = |file: &WeightsReader| {
        let found: Vec<_> = file.datasets().map(|found| (found.path.to_owned(), found.sizes.to_vec())).collect();
        assert!(!found.is_empty());
        for (path, sizes) in found {
            let sizes: Vec<usize> = sizes.into_iter().map(|size| size as usize).collect();
            is_said(&path, file.read(&path, &sizes).map(drop));
        }
    };
    for name in ["small.weights.h5", "small.h5"] {
        let file = WeightsReader::open(copy(name)).unwrap();
        cut();
        values_are_said(&file);
    }
    for reads in [
        |archive: &mut Archive| archive.config().map(drop),
        |archive: &mut Archive| archive.metadata().map(drop),
        |archive: &mut Archive| archive.weights().map(drop),
    ] {
        let mut archive = Archive::open(copy("small.keras")).unwrap();
        cut();
        is_said("an archive", reads(&mut archive));
    }
    let weights = Archive::open(copy("small.keras")).unwrap().weights().unwrap();
    cut();
    values_are_said(&weights);
    let mut arrays = Npz::open(copy("../cli/two_x.npz")).unwrap();
    let name = arrays.names()[0].clone();
    cut();
    is_said("arrays", arrays.read(&name).map(drop));
}

/// Replaces one to eight bytes at random, at some of these places.
pub fn corrupted(whole: &[u8], places: &[usize], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    while bytes == whole {
        for _ in 0..=numbers.below(8) {
            let at = places[numbers.below(places.len())];
            bytes[at] = match numbers.below(5) {
                0 => 0,
                1 => 0xff,
                2 => bytes[at] ^ (1 << numbers.below(8)),
                // Often changes a number in JSON.
                3 => b'0' + numbers.below(10) as u8,
                _ => numbers.below(256) as u8,
            };
        }
    }
    bytes
}

/// The places of a file where a corruption must be detected: in a zip archive the members, which have checksums; in
/// HDF5 the signatures of its structures.
pub fn checked_places(name: &str, bytes: &[u8]) -> Vec<usize> {
    if name.ends_with(".keras") {
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let mut places = Vec::new();
        for at in 0..zip.len() {
            let member = zip.by_index(at).unwrap();
            let start = member.data_start().unwrap() as usize;
            places.extend(start..start + member.compressed_size() as usize);
        }
        return places;
    }
    let signatures: [&[u8]; 4] = [b"\x89HDF\r\n\x1a\n", b"TREE", b"SNOD", b"HEAP"];
    let is_any = |at: &usize| signatures.iter().find(|signature| bytes[*at..].starts_with(signature));
    (0..bytes.len()).filter_map(|at| is_any(&at).map(|signature| at..at + signature.len())).flatten().collect()
}

#[test]
fn corrupted_files_do_no_harm() {
    if runs_alone("corrupted_files::corrupted_files_do_no_harm") {
        return;
    }
    let mut numbers = Numbers(4);
    let mut undetected = Vec::new();
    for (name, _) in GOOD {
        let whole = fs::read(fixture(name)).unwrap();
        let checked = checked_places(name, &whole);
        for _ in 0..100 {
            let bytes = corrupted(&whole, &checked, &mut numbers);
            assert!(soon(name, || read(name, bytes)).is_err(), "{name}: a corruption that can be found is not");
        }
        let all: Vec<usize> = (0..whole.len()).collect();
        let is_read = |_: &usize| soon(name, || read(name, corrupted(&whole, &all, &mut numbers))).is_ok();
        undetected.push((name, (0..300).filter(is_read).count()));
    }
    assert_eq!(undetected, GOOD, "corruptions that are not found");
    little_memory();
}

const MEASURE: &str = "HORN_TEST_MEASURE_MEMORY";

/// In a process that runs one test: fails if the process has ever used more than 200 MB.
pub fn little_memory() {
    if std::env::var_os(MEASURE).is_none() {
        return;
    }
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kilobytes < 200_000, "{kilobytes} kB");
}

/// On Linux, runs the test in its own process, where [`little_memory`] measures without the memory of other tests.
/// Returns `false` in that process and on other systems: there the caller goes on with the test.
pub fn runs_alone(test: &str) -> bool {
    if cfg!(not(target_os = "linux")) || std::env::var_os(MEASURE).is_some() {
        return false;
    }
    if let Err(output) = run_alone(test) {
        panic!("{test}: {output}");
    }
    true
}

/// The error is the output of the test.
fn run_alone(test: &str) -> std::result::Result<(), String> {
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env(MEASURE, "1")
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout).into_owned();
    if child.status.success() && output.contains("1 passed") { Ok(()) } else { Err(output) }
}

#[cfg(target_os = "linux")]
#[test]
fn much_memory_is_noticed() {
    if std::env::var_os(MEASURE).is_some() {
        std::hint::black_box(vec![1_u8; 300_000_000]);
        return little_memory();
    }
    let output = run_alone("corrupted_files::much_memory_is_noticed").unwrap_err();
    assert!(output.contains(" kB"), "{output}");
}

#[test]
fn a_test_that_does_not_run_is_noticed() {
    let output = run_alone("corrupted_files::no_such_test").unwrap_err();
    assert!(output.contains("0 passed"), "{output}");
}
