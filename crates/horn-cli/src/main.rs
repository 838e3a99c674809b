//! The command `horn`, which works on Keras's model files without Python. It summarises, inspects, predicts, evaluates,
//! converts, plots and benchmarks.

mod arrays;
mod commands;
mod failure;
mod interrupt;
mod memory;
mod names;
mod output;
mod panics;
mod progress;
mod source;

use std::process::ExitCode;

use clap::Parser;

use crate::commands::Command;

const ABOUT: &str = "Uses Keras's model files without Python: looks at them, predicts, measures, converts and draws.";

const CODES: &str = "\
Exit codes:
  0  it is done
  1  a file or the data is wrong; the reason is on stderr, after \"error: \"
  2  the command line is wrong

Results go to stdout, everything else to stderr. HORN_DEVICE names the device where several are compiled in.";

#[global_allocator]
static ALLOCATOR: horn_kernels::ExitWithoutMemory = horn_kernels::ExitWithoutMemory;

#[derive(Parser)]
#[command(name = "horn", version, about = ABOUT, after_help = CODES)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        // Help goes to stdout in colours; what is wrong with the command line repeats it.
        Err(help) if !help.use_stderr() => help.exit(),
        Err(wrong) => {
            output::note(wrong.to_string().trim_end());
            return ExitCode::from(2);
        }
    };
    interrupt::remove_unfinished_files();
    match panics::said_in_one_line(|| options.command.run()) {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(failure)) => {
            output::note(&format!("error: {failure}"));
            failure.exit_code()
        }
        None => ExitCode::FAILURE,
    }
}
