//! What a write replaces: a file behind links, with its owner and its mode.

use std::error::Error as StdError;
use std::fs::{self, File, Metadata, OpenOptions};
use std::path::{Path, PathBuf};
use std::{io, iter};

use crate::error::{Error, Result};

/// More links after each other than any operating system follows.
const MAX_LINKS: usize = 40;

/// The file that is replaced, or made.
pub(super) struct Target {
    pub path: PathBuf,
    /// The file that is there now.
    old: Option<Metadata>,
}

impl Target {
    /// Follows links, and checks that the file may be replaced.
    ///
    /// # Errors
    ///
    /// If the path is that of a folder or a device, or the file may not be written.
    pub fn of(path: &Path) -> Result<Self> {
        let path = behind_links(path).map_err(unwritable)?;
        let old = match fs::metadata(&path) {
            Ok(old) => old,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self { path, old: None }),
            Err(error) => return Err(unwritable(error)),
        };
        if !old.is_file() {
            return Err(Error::file("is not a regular file").hint("choose a path that is not a folder or a device"));
        }
        // An administrator may write it all the same, but who made it read-only did not want it replaced.
        let opened = match old.permissions().readonly() {
            true => Err(io::ErrorKind::PermissionDenied.into()),
            false => OpenOptions::new().write(true).open(&path).map(drop),
        };
        opened.map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Error::file("is read-only").hint("choose another name, or allow that the file is written")
            }
            _ => unwritable(error),
        })?;
        Ok(Self { path, old: Some(old) })
    }

    /// The options to make the new file with: what others may not read in the old file, they can't read in the new one while
    /// it is written.
    pub fn options_of_new(&self) -> OpenOptions {
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        if let Some(old) = &self.old {
            use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
            options.mode(old.permissions().mode() & 0o777);
        }
        options
    }

    /// Gives the new file the owner and the mode of the old one.
    pub fn give_owner_and_mode(&self, file: &File) -> io::Result<()> {
        let Some(old) = &self.old else { return Ok(()) };
        #[cfg(unix)]
        give_owner(file, old)?;
        file.set_permissions(old.permissions())
    }
}

/// The error for a file that can't be written, with the hint for its cause.
pub fn unwritable(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    let cause = cause.into();
    Error::file("cannot be written").hint(hint(cause.as_ref())).because(cause)
}

/// The hint for the error of the operating system among the causes.
fn hint(cause: &(dyn StdError + 'static)) -> &'static str {
    let mut causes = iter::successors(Some(cause), |&cause| cause.source());
    match causes.find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind) {
        None | Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
            "check that there is free space on the disk"
        }
        Some(io::ErrorKind::InvalidFilename) => "choose a shorter name",
        Some(_) => "choose a folder that exists and is writable",
    }
}

/// Only an administrator gives files away. Others keep the group, if it is one of theirs. In a container, the owner may be
/// nobody of those who are known there, which is an invalid argument.
#[cfg(unix)]
fn give_owner(file: &File, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let new = file.metadata()?;
    if (new.uid(), new.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    match fchown(file, Some(old.uid()), Some(old.gid())).or_else(|_| fchown(file, None, Some(old.gid()))) {
        Err(error) if !matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput) => {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// The path that a chain of links ends in, whether there is a file or not.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => {
                let next = fs::read_link(&path)?;
                path = path.parent().unwrap_or(Path::new("")).join(next);
            }
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(path),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many links lead to each other"))
}
