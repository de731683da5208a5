//! `dangri day`: what a day came to, its confirmation, exceptions, and the page that proves a delay.

use std::{
    io::{self, Write as _},
    path::Path,
};

use super::{
    args::{DayArgs, DayCommand},
    envelope,
    place::Place,
    queue,
    terminal::Terminal,
};
use crate::{
    clock::{Clock as _, SystemClock},
    control::{
        Answer, Ask, AskError,
        client::PATIENT,
        today::{DayAnswer, DayAsk, DayName},
    },
    day::{DayReport, Excuse},
    status::{Exit, Problem, day_text, dossier, words},
};

const SCHEMA: &str = "dangri.day/1";

/// Shows, confirms, excuses or proves.
pub(super) fn run(args: DayArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    match args.command {
        None => report(DayAsk::Report(args.day.unwrap_or(DayName::Today)), args.json, place, to),
        Some(DayCommand::Ack(ack)) => {
            let ask = DayAsk::Acknowledge { day: ack.day.unwrap_or(DayName::LastOver), note: ack.note.unwrap_or_default() };
            report(ask, ack.json, place, to)
        }
        Some(DayCommand::Excuse(excuse)) => {
            let asked = ask(DayAsk::Excuse { name: excuse.name, why: excuse.reason.unwrap_or_default() }, place);
            shown(asked, excuse.json, to, |answer, _| match answer {
                DayAnswer::Excused(excuse) => Some((excused(excuse), Exit::Well)),
                _ => None,
            })
        }
        Some(DayCommand::Dossier(wanted)) => {
            let asked = ask(DayAsk::Dossier { name: wanted.name.clone() }, place);
            if wanted.json {
                return shown(asked, true, to, |answer, _| matches!(answer, DayAnswer::Dossier(_)).then(|| (String::new(), Exit::Well)));
            }
            match asked {
                Ok(DayAnswer::Dossier(told)) => write_page(&told, wanted.out.as_deref(), to),
                other => shown(other, false, to, |_, _| None),
            }
        }
    }
}

fn report(asked: DayAsk, json: bool, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    shown(ask(asked, place), json, to, |answer, style| match answer {
        DayAnswer::Report(report) => Some((day_text::render(report, style), exit_of(report))),
        _ => None,
    })
}

/// 10 while a late document has no reason on record, 3 while somebody has something to do, else 0.
fn exit_of(report: &DayReport) -> Exit {
    let todo = report.returned + report.held + report.unknown > 0 || !report.absent.is_empty() || !report.gaps.is_empty();
    match report {
        _ if report.unexplained() > 0 => Exit::Overdue,
        _ if todo || report.over && (report.acknowledged.is_none() || report.changed_since) => Exit::NeedsPerson,
        _ => Exit::Well,
    }
}

fn excused(excuse: &Excuse) -> String {
    format!(
        "已登记：{} 的例外原因\n  {}\n  登记人 {}，{}；记录永久保存，不能更改\n",
        words::plain(&excuse.title),
        words::plain(&excuse.reason),
        words::plain(&excuse.by),
        words::full(excuse.at)
    )
}

fn write_page(told: &dossier::Dossier, out: Option<&Path>, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let number: String = told.title.chars().map(|c| if matches!(c, '/' | '\\' | '\0') { '_' } else { c }).collect();
    let path = out.map_or_else(|| format!("录入时间说明 {number}.html").into(), Path::to_owned);
    if let Err(error) = std::fs::write(&path, dossier::page(told)) {
        let message = format!("写不了 {}：{}", path.display(), words::trouble(error.kind()));
        return envelope::failure(
            to,
            false,
            SCHEMA,
            SystemClock.now(),
            &Problem::new(Exit::Failed, 4, message, "用 --out 换一个能写的位置"),
        );
    }
    for said in &told.conclusion {
        writeln!(to.out, "{}", words::plain(said))?;
    }
    writeln!(to.out, "已写好 {}，用浏览器打开即可打印（A4 一页）", path.display())?;
    Ok(Exit::Well)
}

/// Asks about the day.
pub(super) fn ask(asked: DayAsk, place: &Place) -> Result<DayAnswer, AskError> {
    let mut found = None;
    place.ask(Ask::Day(asked), PATIENT, |answer| {
        if let Answer::Day(answer) = answer {
            found = Some(*answer);
        }
        Ok(())
    })?;
    found.ok_or(AskError::CutShort)
}

/// Shows an answer as JSON or in the words that `tell` finds for it; an answer to another question is none.
pub(super) fn shown(
    asked: Result<DayAnswer, AskError>,
    json: bool,
    to: &mut Terminal<'_>,
    tell: impl FnOnce(&DayAnswer, crate::status::text::Style) -> Option<(String, Exit)>,
) -> io::Result<Exit> {
    let told = asked.and_then(|answer| match tell(&answer, to.style) {
        Some((text, exit)) => Ok((answer, text, exit)),
        None => Err(AskError::Foreign),
    });
    match told {
        Ok((answer, _, exit)) if json => {
            // The variant's name is of the socket's language; what is shown is its content.
            let value = serde_json::to_value(&answer)?;
            let content = value.as_object().and_then(|of| of.values().next()).cloned();
            envelope::write(to, SCHEMA, SystemClock.now(), exit, content, &[])?;
            Ok(exit)
        }
        Ok((_, text, exit)) => to.out.write_all(text.as_bytes()).map(|()| exit),
        Err(AskError::Output(error)) => Err(error),
        Err(error) if json => envelope::failure(to, true, SCHEMA, SystemClock.now(), &error.problem()),
        Err(error) => queue::failed(error, false, to),
    }
}
