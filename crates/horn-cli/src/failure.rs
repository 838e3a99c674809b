//! Why the command stops, and by which exit code it says so.

use std::fmt;
use std::process::ExitCode;

use horn::Error;

/// What commands return.
pub type Outcome<T = ()> = Result<T, Failure>;

/// What went wrong, by who can fix it.
#[derive(Debug)]
pub enum Failure {
    /// A file or its data.
    Data(Error),
    /// The command line.
    Usage(Error),
}

impl Failure {
    /// 1 for files and data, 2 for the command line.
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
    /// One line, whatever a library says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Data(error) | Self::Usage(error)) = self;
        let text = error.to_string();
        f.write_str(&text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}
