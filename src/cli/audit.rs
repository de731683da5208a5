//! `dangri audit`: whether the log of acts is whole, and a copy of it.

use std::io::{self, Write as _};

use super::{envelope, export, people_args::AuditCommand, place::Place, terminal::Terminal};
use crate::{
    audit::Verified,
    clock::{Clock as _, SystemClock},
    control::{Answer, Ask, AskError, client::PATIENT, people::AuditAsk},
    status::{
        Exit,
        text::{Colour, Style},
        words,
    },
};

const SCHEMA: &str = "dangri.audit/1";

/// Verifies or exports.
pub(super) fn run(command: &AuditCommand, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    match command {
        AuditCommand::Verify(args) => verify(args.json, place, to),
        AuditCommand::Export(args) => export::to_file(Ask::Audit(AuditAsk::Export), args, place, to),
    }
}

fn verify(json: bool, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let mut found = None;
    let asked = place.ask(Ask::Audit(AuditAsk::Verify), PATIENT, |answer| {
        if let Answer::AuditVerified(verified) = answer {
            found = Some(verified);
        }
        Ok(())
    });
    let now = SystemClock.now();
    let found = match asked.and_then(|()| found.ok_or(AskError::CutShort)) {
        Ok(found) => found,
        Err(AskError::Output(error)) => return Err(error),
        Err(error) => return envelope::failure(to, json, SCHEMA, now, &error.problem()),
    };
    let exit = if found.is_whole() { Exit::Well } else { Exit::StoreDamaged };
    if json {
        envelope::write(to, SCHEMA, now, exit, Some(&found), &[])?;
    } else {
        to.out.write_all(tell(&found, to.style).as_bytes())?;
    }
    Ok(exit)
}

fn tell(found: &Verified, style: Style) -> String {
    let span = match (found.first, found.last) {
        (Some(first), Some(last)) => format!("，{} 至 {}", words::full(first), words::full(last)),
        _ => String::new(),
    };
    let head = found.head.get(..16).unwrap_or(&found.head);
    let lines = words::thousands(found.lines);
    if found.is_whole() {
        let said = style.paint(Colour::Green, "✔ 审计日志完好");
        return format!("{said}：{lines} 条{span}\n  末条摘要 {head}……（抄下来，以后可以对照）\n");
    }
    let mut text = style.paint(Colour::Red, &format!("✘ 审计日志有 {} 处不对", found.breaks.len())) + &format!("（共 {lines} 条{span}）\n");
    for broken in &found.breaks {
        text += &format!("  {}：{}\n", words::plain(&broken.place), broken.what);
    }
    text + "  → 保存好数据目录里的 audit，查明是谁在何时动过；不要自行修补\n"
}
