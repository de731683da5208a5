//! `dangri export`: papers to print and hand in. The daemon makes them, for it holds the documents; the command writes the file.

use std::{
    fs::Permissions,
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use super::{
    args::{ExportArgs, ExportCommand, OutArgs, PeriodArgs},
    envelope,
    place::Place,
    publications,
    terminal::Terminal,
};
use crate::{
    clock::{Clock as _, SystemClock},
    control::{Answer, Ask, AskError, client::PATIENT},
    report::annex::{Note, Paper, Wanted},
    status::{Exit, Problem, text::Colour, words},
};

const SCHEMA: &str = "dangri.export/1";
/// The rights of a paper that anybody of the office may read.
const FOR_ALL: u32 = 0o644;

/// Exports a paper.
pub(super) fn run(args: &ExportArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    match &args.command {
        ExportCommand::Annex1(args) => {
            let today = SystemClock.now().beijing_day();
            to_file(Ask::Export(Wanted { paper: Paper::Annex1, from: today, to: today }), args, place, to)
        }
        ExportCommand::Annex2(args) => of_period(Paper::Annex2, args, place, to),
        ExportCommand::Annex3(args) => of_period(Paper::Annex3, args, place, to),
        ExportCommand::Summary(args) => of_period(Paper::Summary, args, place, to),
        ExportCommand::Publications(args) => publications::run(args, place, to),
    }
}

fn of_period(paper: Paper, args: &PeriodArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let wanted = Wanted { paper, from: args.from, to: args.to };
    to_file(Ask::Export(wanted), &args.out, place, to)
}

/// Asks for a file, writes it, and says what there is to say about it: 0, or 3 when somebody should look.
pub(super) fn to_file(ask: Ask, args: &OutArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let received = match receive(ask, place) {
        Ok(received) => received,
        Err(AskError::Output(error)) => return Err(error),
        Err(error) => return envelope::failure(to, args.json, SCHEMA, SystemClock.now(), &error.problem()),
    };
    let path = args.out.clone().unwrap_or_else(|| PathBuf::from(&received.name));
    if let Err(error) = keep(&path, &received.bytes, args.force, FOR_ALL) {
        return envelope::failure(to, args.json, SCHEMA, SystemClock.now(), &not_written(&path, &error));
    }
    let exit = if received.remarks.iter().all(|remark| remark.well) { Exit::Well } else { Exit::NeedsPerson };
    if args.json {
        let data = serde_json::json!({ "file": path, "bytes": received.bytes.len(), "remarks": received.remarks });
        envelope::write(to, SCHEMA, SystemClock.now(), exit, Some(data), &[])?;
        return Ok(exit);
    }
    writeln!(to.out, "✔ 已导出：{}", words::plain(&path.display().to_string()))?;
    for remark in &received.remarks {
        let (mark, colour) = if remark.well { ("·", Colour::Grey) } else { ("!", Colour::Yellow) };
        writeln!(to.out, "  {} {}", to.style.paint(colour, mark), words::plain(&remark.said))?;
    }
    Ok(exit)
}

/// A file that came over the socket.
struct Received {
    name: String,
    bytes: Vec<u8>,
    remarks: Vec<Note>,
}

fn receive(ask: Ask, place: &Place) -> Result<Received, AskError> {
    let mut remarks = Vec::new();
    let mut file = None;
    let mut content = Vec::new();
    place.ask(ask, PATIENT, |answer| {
        match answer {
            Answer::Remark(remark) => remarks.push(remark),
            Answer::File { name, bytes } => file = Some((name, bytes)),
            Answer::Piece(piece) => content.extend(BASE64.decode(piece).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?),
            _ => {}
        }
        Ok(())
    })?;
    match file {
        Some((name, bytes)) if bytes == content.len() as u64 => Ok(Received { name, bytes: content, remarks }),
        _ => Err(AskError::CutShort),
    }
}

/// Writes a file whole or not at all, and never over another unless told to.
pub(super) fn keep(path: &Path, bytes: &[u8], force: bool, mode: u32) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut aside = tempfile::Builder::new().prefix(".dangri-").permissions(Permissions::from_mode(mode)).tempfile_in(folder)?;
    aside.write_all(bytes)?;
    aside.as_file().sync_all()?;
    let kept = if force { aside.persist(path) } else { aside.persist_noclobber(path) };
    kept.map(drop).map_err(|refused| refused.error)
}

pub(super) fn not_written(path: &Path, error: &io::Error) -> Problem {
    let shown = words::plain(&path.display().to_string());
    if error.kind() == io::ErrorKind::AlreadyExists {
        return Problem::new(Exit::Failed, 10, format!("{shown} 已经有了，没有覆盖"), "换一个文件名（--out），或加上 --force 覆盖它");
    }
    Problem::new(Exit::Failed, 12, format!("{shown} 写不出来（{}）", words::trouble(error.kind())), "请检查目录和权限，或用 --out 写到别处")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_left_alone_unless_told_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("附件2.xlsx");
        keep(&path, b"one", false, FOR_ALL).unwrap();
        let refused = keep(&path, b"two", false, FOR_ALL).unwrap_err();
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        assert!(not_written(&path, &refused).message.contains("没有覆盖"));
        keep(&path, b"3", true, FOR_ALL).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"3");
    }
}
