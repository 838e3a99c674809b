//! Atomic writes: a file has either its old content or its complete new content, whatever happens while it is written.

mod target;
mod temporary;

use std::fs::File;
use std::io;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::error::Result;
use crate::files::target::Target;
pub use crate::files::target::unwritable;
use crate::files::temporary::Temporary;

/// Does the file's name end so, in large or small letters?
pub fn ends_in(path: &Path, ending: &str) -> bool {
    let name = path.as_os_str().as_encoded_bytes();
    let start = name.len().checked_sub(ending.len());
    start.is_some_and(|start| name[start..].eq_ignore_ascii_case(ending.as_bytes()))
}

/// Removes the temporary files of writes that are under way, for a program that is about to end. From then on, nothing is
/// written.
pub fn remove_unfinished() {
    temporary::remove_all();
}

/// Writes a temporary file in the same folder, and renames it when it is on the disk completely. On an error, the
/// temporary file is removed; those that killed processes have left beside the target are, too.
///
/// An existing file keeps its owner and its permissions; a new file gets the default ones. A symbolic link stays a link,
/// and its target is replaced or made.
///
/// # Errors
///
/// If the folder does not exist or is not writable, the path is not that of a regular file, the file is read-only, or
/// `write` fails.
pub fn write_atomically(path: impl AsRef<Path>, write: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
    let path = path.as_ref();
    let place = format!("file {:?}", path.display().to_string());
    let target = Target::of(path).map_err(|error| error.at(&place))?;
    temporary::remove_left_over(&target.path);
    let temporary = Temporary::beside(&target).map_err(|error| unwritable(error).at(&place))?;
    let mut file =
        BufWriter::with_capacity(1 << 16, temporary.file().try_clone().map_err(|error| unwritable(error).at(&place))?);
    write_whole(&mut file, write).map_err(|error| error.at(&place))?;
    let finish = || {
        target.give_owner_and_mode(temporary.file())?;
        temporary.rename(&target.path)?;
        sync_folder(&target.path)
    };
    finish().map_err(|error| unwritable(error).at(place))
}

fn write_whole(file: &mut BufWriter<File>, write: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
    write(file)?;
    file.flush().and_then(|()| file.get_ref().sync_all()).map_err(unwritable)
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
    use std::fs;
    use std::path::PathBuf;
    use std::process::{Command, Stdio};
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::error::Error;

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
    fn what_is_not_a_file_is_not_replaced() {
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

    #[cfg(unix)]
    #[test]
    fn what_others_may_not_read_they_may_not_read_while_it_is_written() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let folder = Folder::new("private");
        let path = folder.0.join("a");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let written = write_atomically(&path, |file| {
            assert_eq!(file.get_ref().metadata().unwrap().mode() & 0o777, 0o600);
            put("new")(file)
        });
        written.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    /// Only an administrator gives files away, so this says nothing for others.
    #[cfg(unix)]
    #[test]
    fn the_owner_stays() {
        use std::os::unix::fs::{MetadataExt, chown};
        let folder = Folder::new("owner");
        let path = folder.0.join("a");
        fs::write(&path, "old").unwrap();
        if chown(&path, Some(4321), Some(8765)).is_err() {
            return;
        }
        write_atomically(&path, put("new")).unwrap();
        let found = fs::metadata(&path).unwrap();
        assert_eq!((found.uid(), found.gid()), (4321, 8765));
    }

    #[test]
    fn of_two_writers_at_once_each_writes_the_whole_file() {
        let folder = Folder::new("writers");
        let path = folder.0.join("a");
        thread::scope(|scope| {
            for letter in ["a", "b", "c"] {
                let path = &path;
                scope.spawn(move || (0..50).for_each(|_| write_atomically(path, put(&letter.repeat(5000))).unwrap()));
            }
            for _ in 0..50 {
                let text = fs::read_to_string(&path).unwrap_or_default();
                let is_whole = text.len() == 5000 && text.bytes().all(|byte| byte == text.as_bytes()[0]);
                assert!(text.is_empty() || is_whole, "a mixture of two files");
            }
        });
        assert_eq!(folder.names(), ["a"]);
    }

    #[test]
    fn endings_are_those_of_names_in_any_case() {
        let ends = |name: &str| ends_in(Path::new(name), ".weights.h5");
        assert!(ends("a.weights.h5") && ends("x/a.Weights.H5") && ends(".weights.h5"));
        assert!(!ends("a.h5") && !ends("weights.h5") && !ends(""));
    }

    #[cfg(unix)]
    #[test]
    fn a_dangling_link_stays_one() {
        let folder = Folder::new("dangling");
        fs::create_dir(folder.0.join("there")).unwrap();
        let link = folder.0.join("link");
        std::os::unix::fs::symlink("there/../there/new", &link).unwrap();
        let outer = folder.0.join("outer");
        std::os::unix::fs::symlink(&link, &outer).unwrap();
        write_atomically(&outer, put("x")).unwrap();
        assert!([&link, &outer].iter().all(|link| fs::symlink_metadata(link).unwrap().is_symlink()));
        assert_eq!(fs::read_to_string(folder.0.join("there/new")).unwrap(), "x");
        let circle = folder.0.join("circle");
        std::os::unix::fs::symlink("circle", &circle).unwrap();
        assert!(write_atomically(&circle, put("x")).is_err());
    }

    #[test]
    fn a_read_only_file_is_not_replaced() {
        let folder = Folder::new("read_only");
        let path = folder.0.join("a");
        fs::write(&path, "old").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        let error = write_atomically(&path, put("new")).unwrap_err().to_string();
        assert!(error.contains("is read-only") && error.contains("choose another name"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(folder.names(), ["a"]);
    }

    #[test]
    fn long_names_are_written_or_said_to_be_long() {
        let folder = Folder::new("long");
        let longest = "é".repeat(127);
        write_atomically(folder.0.join(&longest), put("x")).unwrap();
        assert_eq!(folder.names(), [longest.as_str()]);
        let error = write_atomically(folder.0.join("x".repeat(256)), put("x")).unwrap_err().to_string();
        assert!(error.contains("choose a shorter name"), "{error}");
        assert_eq!(folder.names(), [longest]);
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
            thread::sleep(Duration::from_micros(state >> 48));
            assert!(child.try_wait().unwrap().is_none(), "the child writes until it is killed");
            child.kill().unwrap();
            child.wait().unwrap();
            let after = fs::read(&path).unwrap();
            assert_eq!(after.len(), LENGTH);
            let left = folder.names();
            assert!(left.len() <= 2, "the next write removes what the last one left: {left:?}");
            assert!(after.iter().all(|byte| *byte == after[0]), "a mixture of two files");
            replaced += usize::from(after[0] != before[0]);
        }
        write_atomically(&path, put("end")).unwrap();
        assert_eq!(folder.names(), ["a.bin"]);
        assert!(replaced > 3, "the child was killed before it wrote anything, nearly always: {replaced}");
    }
}
