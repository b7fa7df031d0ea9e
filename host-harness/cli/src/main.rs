//! `tagseal`: the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    tagseal_cli::run()
}
