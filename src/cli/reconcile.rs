//! `dangri reconcile`: the decisions held against what is published, now.

use std::{
    collections::HashSet,
    io::{self, Write as _},
    path::Path,
};

use chrono::NaiveDate;
use serde::Serialize;

use super::{envelope, place::Place, publication_args::ReconcileArgs, publications, terminal::Terminal};
use crate::{
    calendar::Calendar,
    clock::{Clock as _, SystemClock},
    control::{
        Answer, Ask, AskError,
        client::{AS_LONG_AS_IT_TAKES, PATIENT},
        publicity::{Compared, Decided, Notice},
    },
    document::Timestamp,
    publication::{Decision, Expect, Ledger, Outcome, Reading, Standing, Wanted, sheet},
    status::{
        Exit, Problem,
        text::{Colour, Style},
        words,
    },
};

const SCHEMA: &str = "dangri.reconcile/1";

/// What is told.
#[derive(Debug, Serialize)]
struct Told {
    #[serde(flatten)]
    compared: Compared,
    notices: Vec<Notice>,
    /// Where the list came from.
    source: String,
}

/// Compares and tells.
pub(super) fn run(args: &ReconcileArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    if let Some(name) = &args.annul {
        return annul(name, args, place, to);
    }
    let found = match (days(args), &args.from_file) {
        (Err(problem), _) => Err(AskError::Refused(problem)),
        (Ok(days), None) => with_the_platform(days, place, args.json, to),
        (Ok(days), Some(file)) => with_a_file(file, days, place),
    };
    let told = match found {
        Ok(told) => told,
        Err(AskError::Output(error)) => return Err(error),
        Err(error) => return envelope::failure(to, args.json, SCHEMA, SystemClock.now(), &error.problem()),
    };
    let exit = exit_of(&told);
    if args.json {
        envelope::write(to, SCHEMA, SystemClock.now(), exit, Some(&told), &[])?;
    } else {
        to.out.write_all(tell(&told, args.all, to.style).as_bytes())?;
    }
    Ok(exit)
}

/// Puts on record that a decision does not hold any more, or that it does.
fn annul(name: &str, args: &ReconcileArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let now = SystemClock.now();
    let reason = args.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    let annulled = match (args.undo, reason) {
        (true, _) => None,
        (false, Some(reason)) => Some((args.on.unwrap_or_else(|| now.beijing_day()), reason.to_owned())),
        (false, None) => {
            let problem = Problem::new(Exit::Usage, 11, "没有写原因", "加上 --reason \"原因\"；登记错了用 --undo 取消");
            return envelope::failure(to, args.json, SCHEMA, now, &problem);
        }
    };
    let mut found = None;
    let asked = place.ask(Ask::Annul { name: name.to_owned(), annulled }, PATIENT, |answer| {
        if let Answer::Notice(notice) = answer {
            found = Some(*notice);
        }
        Ok(())
    });
    let notice = match asked.and_then(|()| found.ok_or(AskError::CutShort)) {
        Ok(notice) => notice,
        Err(AskError::Output(error)) => return Err(error),
        Err(error) => return envelope::failure(to, args.json, SCHEMA, now, &error.problem()),
    };
    if args.json {
        envelope::write(to, SCHEMA, now, Exit::Well, Some(&notice), &[])?;
        return Ok(Exit::Well);
    }
    writeln!(
        to.out,
        "✔ {}",
        if args.undo {
            "已取消登记，程序一分钟后重新核对"
        } else {
            "已登记，程序一分钟后核对公示是否撤下"
        }
    )?;
    for line in notice_lines(&notice, to.style) {
        writeln!(to.out, "{}", line.trim_end())?;
    }
    Ok(Exit::Well)
}

/// Both days or none; one alone means that day to today, or that day only.
fn days(args: &ReconcileArgs) -> Result<Option<(NaiveDate, NaiveDate)>, Problem> {
    let today = SystemClock.now().beijing_day();
    let days = match (args.from, args.to) {
        (None, None) => return Ok(None),
        (Some(from), to) => (from, to.unwrap_or(today)),
        (None, Some(to)) => (to, to),
    };
    if days.0 > days.1 {
        return Err(Problem::new(Exit::Usage, 6, "--from 比 --to 晚", "把两个日期对调"));
    }
    Ok(Some(days))
}

fn with_the_platform(days: Option<(NaiveDate, NaiveDate)>, place: &Place, quiet: bool, to: &mut Terminal<'_>) -> Result<Told, AskError> {
    let (mut notices, mut compared) = (Vec::new(), None);
    place.ask(Ask::Reconcile { days }, AS_LONG_AS_IT_TAKES, |answer| {
        match answer {
            Answer::Notice(notice) => notices.push(*notice),
            Answer::Compared(found) => compared = Some(*found),
            Answer::Note(note) if !quiet => writeln!(to.err, "{note}")?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(Told { compared: compared.ok_or(AskError::CutShort)?, notices, source: "平台公示清单".to_owned() })
}

/// A list that somebody exported from a site is held against the same decisions in the same way; nothing of it is kept.
fn with_a_file(file: &Path, days: Option<(NaiveDate, NaiveDate)>, place: &Place) -> Result<Told, AskError> {
    let shown = words::plain(&file.display().to_string());
    let refused = |why: String, hint: &str| AskError::Refused(Problem::new(Exit::Usage, 7, why, hint));
    let bytes =
        std::fs::read(file).map_err(|error| refused(format!("{shown} 读不出来：{}", words::trouble(error.kind())), "检查路径和权限"))?;
    let list = sheet::read(&bytes).map_err(|bad| refused(format!("{shown}：{}", bad.why()), bad.hint()))?;
    let days = days.or_else(|| list.days()).ok_or_else(|| refused(format!("{shown} 里没有处罚决定日期"), "用 --from 和 --to 写明日期"))?;
    let (now, found) = publications::ask(days, place)?;
    let (mut wanted, mut standings, mut authorities) = (Vec::new(), Vec::new(), HashSet::new());
    for Decided { decision, standing: kept } in found {
        authorities.extend([decision.authority.clone(), decision.authority_code.clone()]);
        // What this list shows is judged by itself, whatever the platform's showed.
        let mut standing = Standing::new(kept.id, decision.number.clone(), decision.date, now);
        (standing.exempt, standing.gone_on) = (kept.exempt, kept.gone_on);
        standings.push(standing);
        wanted.push(wanted_of(decision, &kept));
    }
    let mut ledger = Ledger::new(wanted, 1);
    for row in &list.rows {
        let issuer = [row.get("CF_CFJGDM"), row.get("CF_CFJG")].into_iter().find(|issuer| !issuer.is_empty());
        // Many sites show the decisions of all authorities in one list.
        let ours = issuer.is_none_or(|issuer| authorities.contains(issuer));
        ledger.take(row, ours && row.decided().is_none_or(|day| days.0 <= day && day <= days.1));
    }
    // A file is what it is: whole, and as of when it was saved.
    ledger.end(Reading::Whole(Some(now)));
    let rows = ledger.rows();
    let (verdicts, extras, extra_count) = ledger.close(now);
    let calendar = Calendar::embedded().unwrap_or_default();
    let judged = verdicts.iter().zip(&standings).map(|(verdict, standing)| standing.after(verdict, now));
    let notices: Vec<_> = judged.map(|standing| in_a_file(Notice::of(standing, now, &calendar))).collect();
    let extras = extras.into_iter().map(|stray| stray.extra).collect();
    let compared =
        Compared { days: Some(days), decisions: notices.len() as u64, extras, extra_count, pages: 1, rows, ..Compared::default() };
    Ok(Told { compared, notices, source: format!("{shown}（认出 {} 栏）", list.columns) })
}

fn wanted_of(decision: Decision, kept: &Standing) -> Wanted {
    let mut wanted = Wanted::new(kept.id, decision, Timestamp::MIN);
    wanted.expect = match (kept.gone_on, kept.exempt) {
        (Some(_), _) => Expect::Gone,
        (None, Some(_)) => Expect::Exempt,
        (None, None) => Expect::Public,
    };
    wanted
}

/// What a list from elsewhere shows is said of that list.
fn in_a_file(mut notice: Notice) -> Notice {
    if notice.outcome == Outcome::Missing {
        notice.reason = "这份清单里没有这一件".to_owned();
        notice.advice = "到这个网站上核实，没有公示的补上".to_owned();
    }
    notice
}

fn exit_of(told: &Told) -> Exit {
    if told.notices.iter().any(Notice::needs_a_person) {
        Exit::NeedsPerson
    } else if !told.compared.trouble.is_empty() {
        Exit::Unreachable
    } else {
        Exit::Well
    }
}

/// The table: what needs somebody first, then the rest by its word; all of it only when asked for.
fn tell(told: &Told, all: bool, style: Style) -> String {
    let compared = &told.compared;
    let mut lines = Vec::new();
    let Some((from, to)) = compared.days else {
        return "没有处罚决定需要核对。\n".to_owned();
    };
    lines.push(format!("公示核对  决定日期 {from} 至 {to}  来源：{}（读了 {} 行）", told.source, words::thousands(compared.rows)));
    if !compared.trouble.is_empty() {
        lines.push(style.paint(Colour::Red, &format!("  没有读完：{}。没看到的不算“没有公示”，程序会再核对。", compared.trouble)));
    }
    lines.push(format!("  {}", totals(told)));
    let mut shown: Vec<&Notice> = told.notices.iter().filter(|n| all || n.needs_a_person() || n.outcome == Outcome::Unseen).collect();
    shown.sort_by_key(|notice| (!notice.needs_a_person(), notice.working_days_left.unwrap_or(i64::MAX), notice.date));
    for notice in &shown {
        lines.extend(notice_lines(notice, style));
    }
    if shown.is_empty() && compared.trouble.is_empty() {
        lines.push(style.paint(Colour::Green, "  没有需要处理的 ✔"));
    }
    if compared.extra_count > 0 {
        lines.push(format!(
            "\n平台上有、本机没有的公示 {} 条（在平台上直接制作的，或本程序启用以前的，不必处理；否则请查明）：",
            compared.extra_count
        ));
        for extra in compared.extras.iter().take(20) {
            let day = extra.decided.map_or_else(|| "日期不明".to_owned(), |day| day.to_string());
            lines.push(format!("  {}  {day}", words::plain(&extra.number)));
        }
        if compared.extra_count > 20 {
            lines.push(format!("  另有 {} 条，用 --json 查看", words::thousands(compared.extra_count as u64 - 20)));
        }
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn totals(told: &Told) -> String {
    let mut counts: Vec<(String, u64)> = Vec::new();
    for notice in &told.notices {
        // The days left differ from one to the next and are told with each.
        let word = notice.label.split('（').next().unwrap_or_default().to_owned();
        match counts.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => counts.push((word, 1)),
        }
    }
    let list: Vec<_> = counts.iter().map(|(word, count)| format!("{word} {}", words::thousands(*count))).collect();
    format!("决定 {} 件：{}", words::thousands(told.compared.decisions), if list.is_empty() { "无".to_owned() } else { list.join("  ") })
}

/// One decision, and under it what differs and what to do.
fn notice_lines(notice: &Notice, style: Style) -> Vec<String> {
    let label = style.paint(notice.colour(), &words::pad(&notice.label, 22));
    let mut lines = vec![format!("  {}  {}  {label}  {}", words::pad(&words::plain(&notice.number), 28), notice.date, notice.reason)];
    lines.extend(notice.details().into_iter().map(|line| format!("      {line}")));
    lines
}

#[cfg(test)]
#[path = "reconcile_tests.rs"]
mod tests;
