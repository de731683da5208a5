//! dangri: arguments in, exit code out; the crate says the rest.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(dangri::cli::main(std::env::args_os()))
}
