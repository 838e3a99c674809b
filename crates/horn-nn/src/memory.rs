//! How much memory the values of a model may take, and how much work a function on them.
//!
//! A model from a file of 2 KB can ask for a tensor of 60 GB, and a program whose allocation fails ends at once. So what a
//! layer needs is estimated before it computes, and an error names the layer. Tensors that are repeated take no place in
//! the file either, and the product of two such matrices takes hours. So it is bounded by the memory, too.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};

/// Where the operating system does not say how much memory there is.
const UNKNOWN: u64 = 8 << 30;
/// What is allowed without a look at the machine.
const LITTLE: u64 = 32 << 20;
/// A layer holds its outputs, or as many values as its inputs have, about three times while it computes: in its buffers, as
/// the tensor, and where it is read. What holds more says so by its workspace.
const COPIES: u64 = 3;
/// How many multiplications a function may take for each byte of memory that is allowed: those of two square matrices of
/// 4096 for a gigabyte.
const WORK: u64 = 64;

/// 0 for half of the machine's memory.
static LIMIT: AtomicU64 = AtomicU64::new(0);

/// Sets how many bytes the values of a model may take while it computes. Without it, they may take half of the memory that
/// the machine has, or that the process may have.
///
/// ```
/// horn::memory::set_limit(4 << 30);
/// assert_eq!(horn::memory::limit(), 4 << 30);
/// ```
pub fn set_limit(bytes: u64) {
    LIMIT.store(bytes.max(1), Ordering::Relaxed);
}

/// How many bytes the values of a model may take while it computes: what was [set](set_limit), and no more than three times
/// the memory of the machine. The estimate of a layer's needs is not exact.
pub fn limit() -> u64 {
    match LIMIT.load(Ordering::Relaxed) {
        0 => of_machine() / 2,
        // What one tensor alone can't have, no limit gives it.
        limit => limit.min(of_machine().saturating_mul(COPIES)),
    }
}

/// Checks that there is memory for so many bytes.
///
/// # Errors
///
/// If they are more than [`limit`].
pub fn check(bytes: u64, what: &str) -> Result<()> {
    if bytes <= LITTLE && LIMIT.load(Ordering::Relaxed) == 0 || bytes <= limit() {
        return Ok(());
    }
    Err(Error::data(format!("{what} would take more memory than is allowed"))
        .received(format!("about {}", readable(bytes)))
        .expected(format!("at most {}", readable(limit())))
        .hint("take smaller batches or inputs, or allow more memory (--max-memory, horn::memory::set_limit)"))
}

/// Checks that there is memory for the outputs of all samples, if they have so many values. They are counted twice: what
/// is collected moves when it grows, or when it is joined at the end.
///
/// # Errors
///
/// If they take more than [`limit`].
pub fn check_all_outputs(values: u64) -> Result<()> {
    check(values.saturating_mul(2 * 4), "the outputs of all samples")
}

/// Checks that there is memory for a layer with so many values in its outputs or inputs, next to values that are still
/// needed.
pub(crate) fn check_values(outputs: u64, inputs: u64, live: u64) -> Result<()> {
    let what = if outputs < inputs { "what the layer makes of its input" } else { "the layer's output" };
    check(outputs.max(inputs).saturating_mul(COPIES).saturating_add(live).saturating_mul(4), what)
}

/// Checks that there is memory for what a layer computes inside, next to values that are still needed.
pub(crate) fn check_workspace(values: u64, live: u64) -> Result<()> {
    match values {
        0 => Ok(()),
        values => check(values.saturating_add(live).saturating_mul(4), "what the layer computes inside"),
    }
}

/// Checks how many multiplications a function of these tensors takes. Those of a layer with weights follow the size of the
/// file, and need no check.
///
/// # Errors
///
/// If they are too many for the memory that is [allowed](limit).
pub(crate) fn check_work(what: &str, multiplications: u64, tensors: &[&[usize]]) -> Result<()> {
    check_work_per_byte(WORK, what, multiplications, tensors)
}

/// The same where a byte that is allowed allows so many multiplications.
///
/// # Errors
///
/// If they are too many for the memory that is [allowed](limit).
pub(crate) fn check_work_per_byte(per_byte: u64, what: &str, multiplications: u64, tensors: &[&[usize]]) -> Result<()> {
    if multiplications <= LITTLE && LIMIT.load(Ordering::Relaxed) == 0 {
        return Ok(());
    }
    let most = limit().saturating_mul(per_byte);
    if multiplications <= most {
        return Ok(());
    }
    let shapes: Vec<String> = tensors.iter().map(|sizes| format!("{sizes:?}")).collect();
    Err(Error::data(format!("{what} would take too long"))
        .received(format!("{multiplications} multiplications, for {}", shapes.join(" and ")))
        .expected(format!("at most {most}, by the memory that is allowed"))
        .hint("take smaller batches or tensors, or allow more memory (--max-memory, horn::memory::set_limit)"))
}

/// The number of values of an array; the largest number where it can't be told.
pub(crate) fn values(sizes: &[usize]) -> u64 {
    sizes.iter().fold(1, |values: u64, &size| values.saturating_mul(size as u64))
}

fn readable(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["B", "KB", "MB", "GB"] {
        if size < 1024.0 {
            return format!("{size:.0} {unit}");
        }
        size /= 1024.0;
    }
    format!("{size:.0} TB")
}

/// The memory of the machine, or what a container or a limit of the process leaves of it.
fn of_machine() -> u64 {
    static FOUND: OnceLock<u64> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let read = |path: &str| fs::read_to_string(path).ok();
        let installed = read("/proc/meminfo").and_then(|text| number_after(&text, "MemTotal:")).map(|kib| kib << 10);
        let address_space = read("/proc/self/limits").and_then(|text| number_after(&text, "Max address space"));
        let group = read("/proc/self/cgroup").map(|text| of_groups(&text, |path| fs::read_to_string(path).ok()));
        [installed, address_space, group.flatten()].into_iter().flatten().min().unwrap_or(UNKNOWN)
    })
}

/// The number after a title at the beginning of a line; `None` for "unlimited".
fn number_after(text: &str, title: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(title)?.split_whitespace().next()?.parse().ok())
}

/// The smallest limit of the control groups that the process is in, by `/proc/self/cgroup`.
fn of_groups(listed: &str, read: impl Fn(&Path) -> Option<String>) -> Option<u64> {
    let mut least = None;
    for line in listed.lines() {
        // Version 2 has one line, `0::/path`; version 1 has one for each controller, `4:memory:/path`.
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            it if it.split(',').any(|it| it == "memory") => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
            _ => continue,
        };
        // In a container, the path may be that of the host, and the root is the group.
        for group in Path::new(path.trim_start_matches('/')).ancestors() {
            let limit = read(&Path::new(root).join(group).join(file)).and_then(|text| text.trim().parse::<u64>().ok());
            least = [least, limit].into_iter().flatten().min();
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_the_system_are_read() {
        assert_eq!(number_after("MemFree: 1 kB\nMemTotal:       24689764 kB\n", "MemTotal:"), Some(24_689_764));
        let limits = "Max stack size   8388608  unlimited bytes\nMax address space         2000000000           unlimited bytes\n";
        assert_eq!(number_after(limits, "Max address space"), Some(2_000_000_000));
        assert_eq!(
            number_after("Max address space         unlimited            unlimited bytes", "Max address space"),
            None
        );
        let files = |path: &Path| match path.to_str()? {
            "/sys/fs/cgroup/a/b/memory.max" => Some("max\n".to_owned()),
            "/sys/fs/cgroup/a/memory.max" => Some("5000\n".to_owned()),
            "/sys/fs/cgroup/memory.max" => Some("9000\n".to_owned()),
            "/sys/fs/cgroup/memory/c/memory.limit_in_bytes" => Some("300\n".to_owned()),
            _ => None,
        };
        assert_eq!(of_groups("0::/a/b\n", files), Some(5000));
        assert_eq!(of_groups("0::/x\n", files), Some(9000));
        assert_eq!(of_groups("5:cpu:/c\n4:memory:/c\n", files), Some(300));
        assert_eq!(of_groups("4:pids:/c\n", files), None);
        assert!(limit() > LITTLE);
    }

    #[test]
    fn too_much_is_an_error() {
        assert!(check(LITTLE, "it").is_ok());
        let error = check_values(1 << 60, 1, 0).unwrap_err().to_string();
        assert!(
            error.starts_with("the layer's output would take more memory than is allowed; received about"),
            "{error}"
        );
        let error = check_values(1, 1 << 60, 0).unwrap_err().to_string();
        assert!(
            error.starts_with("what the layer makes of its input would take more memory than is allowed"),
            "{error}"
        );
        let error = check_workspace(1 << 60, 0).unwrap_err().to_string();
        assert!(error.starts_with("what the layer computes inside would take more memory than is allowed"), "{error}");
        assert!(check_workspace(0, u64::MAX).is_ok(), "a layer without a workspace is not asked");
        assert!(check_work("the product", LITTLE, &[]).is_ok());
        let error = check_work("the product", u64::MAX, &[&[2, 3], &[3]]).unwrap_err().to_string();
        let expected =
            "the product would take too long; received 18446744073709551615 multiplications, for [2, 3] and [3]";
        assert!(error.starts_with(expected), "{error}");
        assert_eq!(values(&[usize::MAX, 2, 3]), u64::MAX);
        assert_eq!([readable(5), readable(3 << 20), readable(68 << 30)], ["5 B", "3 MB", "68 GB"]);
    }
}
