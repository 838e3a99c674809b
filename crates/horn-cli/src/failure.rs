//! The errors of the command, and their exit codes.

use std::fmt;
use std::process::ExitCode;

use horn::Error;

/// What commands return.
pub type Outcome<T = ()> = Result<T, Failure>;

/// An error, by what the user has to fix.
#[derive(Debug)]
pub enum Failure {
    /// In a file or its data.
    Data(Error),
    /// In the command line.
    Usage(Error),
}

impl Failure {
    /// The exit code: 1 for files and data, 2 for the command line.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Data(_) => 1,
            Self::Usage(_) => 2,
        })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Data(error)
    }
}

impl fmt::Display for Failure {
    /// Always a single line with all causes, whatever line breaks a library's message has.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Data(error) | Self::Usage(error)) = self;
        let text = format!("{error:#}");
        f.write_str(&text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}
