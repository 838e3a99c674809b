//! Atomic writes: a file has either its old content or its complete new content, whatever happens while it is written.

use std::ffi::OsString;
use std::fs;
use std::fs::{File, OpenOptions};
use std::io;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::{Error, Result};

/// Writes a temporary file in the same folder, and renames it when it is on the disk completely. On an error, the
/// temporary file is removed.
///
/// An existing file keeps its permissions; a new file gets the default ones. A symbolic link stays a link, and its target
/// is replaced.
///
/// # Errors
///
/// If the folder does not exist or is not writable, the path is not that of a regular file, or `write` fails.
pub fn write_atomically(path: impl AsRef<Path>, write: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
    let path = path.as_ref();
    let place = format!("file {:?}", path.display().to_string());
    let failed = |error: io::Error| {
        Error::file("cannot be written").at(&place).because(error).hint("choose a folder that exists and is writable")
    };
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let old = fs::metadata(&path).ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        return Err(Error::file("is not a regular file")
            .at(place)
            .hint("choose a path that is not a folder or a device"));
    }
    let (mut file, beside) = create_beside(&path).map_err(failed)?;
    let written = write_whole(&mut file, write).map_err(|error| error.at(&place)).and_then(|()| {
        let finish = || {
            if let Some(old) = old {
                file.get_ref().set_permissions(old.permissions())?;
            }
            fs::rename(&beside, &path)?;
            sync_folder(&path)
        };
        finish().map_err(failed)
    });
    if written.is_err() {
        // After the rename it no longer exists; if removing it fails, nothing more can be done.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_whole(file: &mut BufWriter<File>, write: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
    write(file)?;
    file.flush().and_then(|()| file.get_ref().sync_all()).map_err(|error| {
        Error::file("cannot be written").because(error).hint("check that there is free space on the disk")
    })
}

/// A new file in the same folder, as a rename across file systems would be a copy.
fn create_beside(path: &Path) -> io::Result<(BufWriter<File>, PathBuf)> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    loop {
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.{}.tmp", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        let beside = path.with_file_name(hidden);
        match OpenOptions::new().write(true).read(true).create_new(true).open(&beside) {
            Ok(file) => return Ok((BufWriter::with_capacity(1 << 16, file), beside)),
            // Left over from a killed process with the same id.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Syncs the folder, so that the new name is on the disk. Folders can only be opened on Unix.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// A temporary folder for one test, removed at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("horn_files_{name}_{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn put(text: &str) -> impl FnOnce(&mut BufWriter<File>) -> Result<()> + '_ {
        move |file| file.write_all(text.as_bytes()).map_err(|error| Error::file("x").because(error))
    }

    #[test]
    fn writes_and_overwrites() {
        let folder = Folder::new("writes");
        let path = folder.0.join("a.txt");
        write_atomically(&path, put("one")).unwrap();
        write_atomically(&path, put("two")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(folder.names(), ["a.txt"]);
    }

    #[test]
    fn an_error_leaves_the_old_file_and_nothing_else() {
        let folder = Folder::new("error");
        let path = folder.0.join("a.txt");
        write_atomically(&path, put("old")).unwrap();
        let error = write_atomically(&path, |file| {
            put("half of the n")(file)?;
            Err(Error::model("cannot be saved"))
        });
        let error = error.unwrap_err();
        assert!(error.is_model());
        assert!(error.to_string().starts_with("file \""), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(folder.names(), ["a.txt"]);
    }

    #[test]
    fn what_is_no_file_is_not_replaced() {
        let folder = Folder::new("folder");
        let error = write_atomically(&folder.0, put("x")).unwrap_err();
        assert!(error.to_string().contains("is not a regular file"), "{error}");
        let error = write_atomically(folder.0.join("not there").join("a.txt"), put("x")).unwrap_err();
        assert!(error.to_string().contains("choose a folder that exists"), "{error}");
        assert!(write_atomically("", put("x")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_those_of_any_file_and_links_stay() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;

        let folder = Folder::new("permissions");
        let (path, usual, link) = (folder.0.join("a"), folder.0.join("usual"), folder.0.join("link"));
        fs::write(&usual, "").unwrap();
        write_atomically(&path, put("x")).unwrap();
        assert_eq!(mode(&path), mode(&usual));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("a", &link).unwrap();
        write_atomically(&link, put("new")).unwrap();
        assert_eq!(mode(&path), 0o640);
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    const VICTIM: &str = "HORN_TEST_WRITE_WITHOUT_END";
    const LENGTH: usize = 300_000;

    #[test]
    #[ignore = "no test of its own: the next one starts and kills it"]
    fn writes_without_end() {
        let Some(path) = std::env::var_os(VICTIM) else { return };
        for letter in (b'b'..=b'z').cycle() {
            write_atomically(&path, |file| {
                for _ in 0..LENGTH / 1000 {
                    file.write_all(&[letter; 1000]).map_err(|error| Error::file("x").because(error))?;
                }
                Ok(())
            })
            .unwrap();
        }
    }

    #[test]
    fn a_kill_leaves_the_old_or_the_new_file_whole() {
        let folder = Folder::new("kill");
        let path = folder.0.join("a.bin");
        fs::write(&path, vec![b'a'; LENGTH]).unwrap();
        let (mut state, mut replaced) = (1_u64, 0);
        for _ in 0..40 {
            let before = fs::read(&path).unwrap();
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "files::tests::writes_without_end", "--ignored", "--test-threads=1"])
                .env(VICTIM, &path)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            thread::sleep(Duration::from_micros(state >> 50));
            assert!(child.try_wait().unwrap().is_none(), "the child writes until it is killed");
            child.kill().unwrap();
            child.wait().unwrap();
            let after = fs::read(&path).unwrap();
            assert_eq!(after.len(), LENGTH);
            assert!(after.iter().all(|byte| *byte == after[0]), "a mixture of two files");
            replaced += usize::from(after[0] != before[0]);
        }
        assert!(replaced > 3, "the child was killed before it wrote anything, nearly always: {replaced}");
    }
}
