//! Temporary files beside their targets, whose names tell which process writes them: `.NAME.PID.NUMBER.tmp`.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::files::target::Target;

/// File systems allow names of 255 bytes. The rest of the name of a temporary file takes about 30.
const LONGEST_NAME: usize = 200;

/// The temporary files of this process.
struct Unfinished {
    paths: Vec<PathBuf>,
    /// The process is about to end, and makes no more.
    is_closed: bool,
}

static UNFINISHED: Mutex<Unfinished> = Mutex::new(Unfinished { paths: Vec::new(), is_closed: false });

fn unfinished() -> MutexGuard<'static, Unfinished> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the temporary files of this process, which makes no more.
pub(super) fn remove_all() {
    let mut unfinished = unfinished();
    unfinished.is_closed = true;
    for path in unfinished.paths.drain(..) {
        let _ = fs::remove_file(path);
    }
}

/// A new file beside its target, as a rename across file systems would be a copy. It is removed unless it is renamed.
pub(super) struct Temporary {
    file: File,
    path: PathBuf,
}

impl Temporary {
    /// Makes a file for a target.
    ///
    /// # Errors
    ///
    /// If the folder does not exist or is not writable.
    pub fn beside(target: &Target) -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let prefix = prefix(target.path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
        let mut options = target.options_of_new();
        options.write(true).read(true).create_new(true);
        loop {
            let mut name = prefix.clone();
            name.push(format!("{}.{}.tmp", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
            let path = target.path.with_file_name(name);
            // A signal that comes meanwhile waits, and then finds the file.
            let mut unfinished = unfinished();
            if unfinished.is_closed {
                return Err(io::Error::other("the program is about to end"));
            }
            match options.open(&path) {
                Ok(file) => {
                    unfinished.paths.push(path.clone());
                    // Other processes see by the lock that the file is not left over. Not all file systems have locks.
                    let _ = file.try_lock();
                    return Ok(Self { file, path });
                }
                // One that exists was left over from a killed process with the same id.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Gives the file its final name.
    ///
    /// # Errors
    ///
    /// If the operating system refuses it.
    pub fn rename(&self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        forget(&self.path);
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After the rename, another process may have a file of this name.
        if forget(&self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Takes a path out of the list of unfinished files, if it is there.
fn forget(path: &Path) -> bool {
    let paths = &mut unfinished().paths;
    let place = paths.iter().position(|other| other == path);
    place.map(|place| paths.swap_remove(place)).is_some()
}

/// Removes files that writes to this target have left whose process was killed. What can't be removed stays.
pub(super) fn remove_left_over(target: &Path) {
    let Some(prefix) = target.file_name().map(prefix) else { return };
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let rest = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        let Some(process) = rest.and_then(process_of) else { continue };
        let path = target.with_file_name(&name);
        if is_left_over(&path, process) {
            let _ = fs::remove_file(path);
        }
    }
}

/// The process in the rest of a name, `PID.NUMBER.tmp`.
fn process_of(rest: &[u8]) -> Option<u32> {
    let (process, number) = str::from_utf8(rest).ok()?.strip_suffix(".tmp")?.split_once('.')?;
    number.parse::<u32>().ok()?;
    process.parse().ok()
}

/// Is nobody writing the file any more? Process ids are used again, in containers soon, and other machines have their own.
/// So a file with a lock is never removed, nor is one that a process of this machine may be about to lock.
fn is_left_over(path: &Path, process: u32) -> bool {
    if unfinished().paths.iter().any(|other| other == path) || process != std::process::id() && is_running(process) {
        return false;
    }
    let Ok(file) = open_file(path) else { return false };
    !matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// Opens a regular file. Anybody may have put something else under this name, such as a pipe, whose opening would wait for
/// another process.
fn open_file(path: &Path) -> io::Result<File> {
    let checked = |found: Metadata| if found.is_file() { Ok(()) } else { Err(io::ErrorKind::InvalidInput.into()) };
    fs::symlink_metadata(path).and_then(checked)?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // It may have been exchanged since.
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW);
    }
    let file = options.open(path)?;
    file.metadata().and_then(checked)?;
    Ok(file)
}

/// Is there a process with this id? Where the operating system does not list them, the lock alone decides.
fn is_running(process: u32) -> bool {
    Path::new("/proc").join(process.to_string()).exists()
}

/// The beginning of the names of a target's temporary files.
fn prefix(name: &OsStr) -> OsString {
    let mut prefix = OsString::from(".");
    match name.len() > LONGEST_NAME {
        false => prefix.push(name),
        true => {
            let text = name.to_string_lossy();
            prefix.push(&text[..text.floor_char_boundary(LONGEST_NAME)]);
        }
    }
    prefix.push(".");
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_process_left_is_removed_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("horn_temporary_{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (target, own) = (folder.join("a.keras"), std::process::id());
        let live = Temporary::beside(&Target::of(&target).unwrap()).unwrap();
        let live_name = live.path.file_name().unwrap().to_str().unwrap().to_owned();
        // 1 is always running; no process has the largest id.
        let stays =
            [".a.keras.1.0.tmp", ".a.keras.x.0.tmp", ".a.keras.7.tmp", ".b.keras.4294967295.0.tmp", ".a.keras.bak"];
        let goes = [".a.keras.4294967295.0.tmp".to_owned(), format!(".a.keras.{own}.4000000000.tmp")];
        for name in stays.iter().copied().chain(goes.iter().map(String::as_str)) {
            fs::write(folder.join(name), "").unwrap();
        }
        let locked = File::create(folder.join(".a.keras.4294967295.1.tmp")).unwrap();
        locked.lock().unwrap();
        // No left-over file, and nobody writes to it.
        #[cfg(unix)]
        {
            let pipe = folder.join(".a.keras.4294967295.2.tmp");
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
            std::os::unix::fs::symlink(&pipe, folder.join(".a.keras.4294967295.3.tmp")).unwrap();
        }
        remove_left_over(&target);
        let mut names: Vec<String> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        let mut expected: Vec<&str> = stays.into_iter().chain([".a.keras.4294967295.1.tmp", &live_name]).collect();
        if cfg!(unix) {
            expected.extend([".a.keras.4294967295.2.tmp", ".a.keras.4294967295.3.tmp"]);
        }
        expected.sort_unstable();
        if !Path::new("/proc/1").exists() {
            expected.retain(|name| *name != stays[0]);
        }
        assert_eq!(names, expected);
        drop(live);
        assert!(!folder.join(live_name).exists());
        fs::remove_dir_all(folder).unwrap();
    }
}
