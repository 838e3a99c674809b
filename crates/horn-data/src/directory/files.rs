//! The files of a folder, in the order of Keras.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use horn_nn::{Error, Result};

/// The names of the folders in a folder, in their order. Hidden ones are left out.
pub(super) fn folders(directory: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in entries(directory)? {
        if !directory.join(&entry).is_dir() {
            continue;
        }
        let name = entry.into_string().map_err(|name| {
            Error::file("the name of a folder is not valid Unicode")
                .at(directory.display().to_string())
                .received(format!("{name:?}"))
                .expected("a name in UTF-8, since it becomes the name of a class")
                .hint("rename the folder")
        })?;
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    Ok(names)
}

/// The files with these endings in a folder and in the folders below it: folder by folder in the order of their paths, and
/// within each in the order of their names.
pub(super) fn files(directory: &Path, endings: &[&str], follow_links: bool) -> Result<Vec<PathBuf>> {
    let mut files: Vec<(OsString, Vec<OsString>)> = Vec::new();
    let mut waiting = vec![(directory.to_owned(), Vec::new())];
    while let Some((folder, parents)) = waiting.pop() {
        // A link to a folder above would have no end.
        let real = if follow_links {
            fs::canonicalize(&folder).map_err(|error| unreadable(&folder, error))?
        } else {
            folder.clone()
        };
        if parents.contains(&real) {
            continue;
        }
        let mut taken = Vec::new();
        for entry in entries(&folder)? {
            let path = folder.join(&entry);
            if path.is_dir() {
                if follow_links || !path.is_symlink() {
                    waiting.push((path, [parents.as_slice(), std::slice::from_ref(&real)].concat()));
                }
                continue;
            }
            let name = entry.to_string_lossy().to_lowercase();
            if endings.iter().any(|ending| name.ends_with(ending)) {
                taken.push(entry);
            }
        }
        files.push((folder.into_os_string(), taken));
    }
    // By the text of the path, and not by its parts: "a-b" comes before "a/c".
    files.sort();
    Ok(files
        .into_iter()
        .flat_map(|(folder, names)| names.into_iter().map(move |name| Path::new(&folder).join(name)))
        .collect())
}

/// The names in a folder, in their order.
fn entries(folder: &Path) -> Result<Vec<OsString>> {
    let names = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect());
    let mut names: Vec<OsString> = names.map_err(|error: io::Error| unreadable(folder, error))?;
    names.sort();
    Ok(names)
}

fn unreadable(folder: &Path, error: io::Error) -> Error {
    Error::file("the folder can't be read")
        .at(folder.display().to_string())
        .hint("check the path and the permissions")
        .because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: PathBuf) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }

    #[test]
    fn files_are_in_the_order_of_keras() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["b.txt", "a.TXT", "a/z.txt", "a-b/y.txt", "a/c/x.txt", "note.md", ".hidden/w.txt"] {
            touch(root.join(name));
        }
        let names = |follow| -> Vec<String> {
            let found = files(root, &[".txt"], follow).unwrap();
            found.iter().map(|path| path.strip_prefix(root).unwrap().display().to_string()).collect()
        };
        // [os.path.join(d, f) for d, _, files in sorted(os.walk(root)) for f in sorted(files)]
        let expected = ["a.TXT", "b.txt", ".hidden/w.txt", "a/z.txt", "a-b/y.txt", "a/c/x.txt"];
        assert_eq!(names(false), expected);
        assert_eq!(folders(root).unwrap(), ["a", "a-b"]);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(root.join("a"), root.join("link")).unwrap();
            std::os::unix::fs::symlink(root, root.join("a/up")).unwrap();
            assert_eq!(names(false), expected);
            let followed = names(true);
            assert_eq!(followed[..6], expected);
            assert!(followed.contains(&"link/z.txt".to_owned()), "{followed:?}");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let error = files(Path::new("nowhere"), &[".txt"], false).unwrap_err();
        assert_eq!(error.to_string(), "nowhere: the folder can't be read. Hint: check the path and the permissions.");
        assert!(error.is_file() && folders(Path::new("nowhere")).unwrap_err().is_file());
    }
}
