//! The one shape of every JSON answer (operators.md B5), on success and on failure alike.

use std::io::{self, Write as _};

use serde::Serialize;

use crate::{
    document::Timestamp,
    status::{Exit, Problem},
};

use super::terminal::Terminal;

/// `{"schema":"dangri.status/1","time":…,"ok":…,"code":…,"data":…,"errors":[…]}`. Fields are only ever added within a version.
#[derive(Debug, Serialize)]
pub(super) struct Envelope<'a, T> {
    schema: &'a str,
    time: Timestamp,
    ok: bool,
    code: u8,
    data: Option<T>,
    errors: &'a [Problem],
}

/// Writes one answer on one line.
pub(super) fn write<T: Serialize>(
    to: &mut Terminal<'_>,
    schema: &str,
    time: Timestamp,
    exit: Exit,
    data: Option<T>,
    errors: &[Problem],
) -> io::Result<()> {
    let envelope = Envelope { schema, time, ok: exit == Exit::Well, code: exit.code(), data, errors };
    serde_json::to_writer(&mut to.out, &envelope)?;
    writeln!(to.out)
}

/// Says that nothing came of a command, as JSON or in words; answers its exit code.
pub(super) fn failure(to: &mut Terminal<'_>, json: bool, schema: &str, time: Timestamp, problem: &Problem) -> io::Result<Exit> {
    let exit = problem.exit();
    if json {
        write::<()>(to, schema, time, exit, None, std::slice::from_ref(problem))?;
    } else {
        to.problem(problem)?;
    }
    Ok(exit)
}
