//! `dangri loop`: which enterprise, which finding, which case still lacks which leg, since when, and what to do.

use std::io::{self, Write as _};

use super::{args::LoopArgs, envelope, place::Place, terminal::Terminal};
use crate::{
    clock::{Clock as _, SystemClock},
    control::{Answer, Ask, AskError, api::LedgerHead, client::PATIENT},
    report::{
        ledger::{CaseLine, FindingLine, Loop, Missing, Step, Urgency},
        remind::{Reminder, Weight},
    },
    status::{
        Exit,
        text::{Colour, Style},
        words,
    },
};

const SCHEMA: &str = "dangri.loop/1";

/// Shows the ledger: 0, or 3 when a term has passed.
pub(super) fn run(args: &LoopArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let (mut head, mut loops, mut reminders) = (None, Vec::new(), Vec::new());
    let asked = place.ask(Ask::Loop { open: args.open }, PATIENT, |answer| {
        match answer {
            Answer::Ledger(told) => head = Some(told),
            Answer::Loop(one) => loops.push(*one),
            Answer::Reminder(one) => reminders.push(one),
            _ => {}
        }
        Ok(())
    });
    let head = match asked.and_then(|()| head.ok_or(AskError::CutShort)) {
        Ok(head) => head,
        Err(AskError::Output(error)) => return Err(error),
        Err(error) => return envelope::failure(to, args.json, SCHEMA, SystemClock.now(), &error.problem()),
    };
    let exit = if head.late > 0 { Exit::NeedsPerson } else { Exit::Well };
    if args.json {
        let data = serde_json::json!({ "today": head.today, "total": head.loops, "open": head.open, "finished": head.finished, "late": head.late, "reminders": reminders, "loops": loops });
        envelope::write(to, SCHEMA, SystemClock.now(), exit, Some(data), &[])?;
    } else {
        to.out.write_all(tell(&head, &loops, &reminders, to.style).as_bytes())?;
    }
    Ok(exit)
}

fn tell(head: &LedgerHead, loops: &[Loop], reminders: &[Reminder], style: Style) -> String {
    let n = words::thousands;
    let mut lines = vec![format!(
        "三到位台账  {}  共 {} 条，已办结 {}，未闭环 {}，有超期环节 {}",
        head.today,
        n(head.loops),
        n(head.finished),
        n(head.open),
        n(head.late)
    )];
    if loops.is_empty() {
        let nothing = if head.loops == 0 { "还没有检查和案件。" } else { "没有未办完的。" };
        lines.push(nothing.to_owned());
    }
    // What an open leg says already is not said twice.
    for one in reminders.iter().filter(|one| one.stands_alone()) {
        let colour = if one.weight == Weight::Urgent { Colour::Red } else { Colour::Yellow };
        lines.push(format!("{} {}", style.paint(colour, "提醒"), words::plain(&one.text)));
        lines.push(format!("     → {}", one.advice));
    }
    for one in loops {
        lines.extend(of_loop(one, head, style));
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn of_loop(one: &Loop, head: &LedgerHead, style: Style) -> Vec<String> {
    let (mark, colour) = match one.urgency() {
        None => ("✔", Colour::Green),
        Some(Urgency::Open) => ("○", Colour::Blue),
        Some(Urgency::Soon) => ("!", Colour::Yellow),
        Some(Urgency::Late) => ("✘", Colour::Red),
    };
    let name = if one.enterprise.is_empty() { "（单位未知）" } else { &one.enterprise };
    let mut lines = vec![
        String::new(),
        format!("{} {}  {}  {}", style.paint(colour, mark), words::plain(name), one.day, words::plain(&one.number)),
        format!("  {}", three(one)),
    ];
    for missing in &one.missing {
        lines.extend(of_missing(missing, head, style));
    }
    lines
}

/// The three, each with its mark; what never came to a case or a decision has nothing to be punished or published.
fn three(one: &Loop) -> String {
    let mark = |is: bool| if is { "✔" } else { "✘" };
    let suspected = one.findings.iter().any(|finding| finding.disposition == "case") || !one.cases.is_empty();
    let decided = one.cases.iter().any(|case| case.has_outcome);
    let rectified = match one.findings.len() {
        0 if one.cases.is_empty() => "整改 ✔（没有问题）".to_owned(),
        0 => "整改 –（检查记录不在本机）".to_owned(),
        all => {
            let mended = |f: &&FindingLine| f.legs.iter().any(|leg| leg.step == Step::Review && leg.standing.is_settled());
            let done = one.findings.iter().filter(mended).count();
            format!("整改 {} {done}/{all} 项", mark(one.rectified))
        }
    };
    let punished = if suspected { format!("处罚 {}", mark(one.punished)) } else { "处罚 –".to_owned() };
    let published = if decided { format!("公示 {}", mark(one.published)) } else { "公示 –".to_owned() };
    let cases: Vec<_> = one.cases.iter().map(case).collect();
    let cases = if cases.is_empty() { String::new() } else { format!("    {}", cases.join("  ")) };
    format!("{rectified}  {punished}  {published}{cases}")
}

fn case(one: &CaseLine) -> String {
    let fine = if one.fine_wan.is_empty() {
        String::new()
    } else {
        format!("，{}{}万元", if one.decided { "罚款" } else { "拟罚款" }, one.fine_wan)
    };
    format!("{}{fine}", words::plain(&one.number))
}

fn of_missing(missing: &Missing, head: &LedgerHead, style: Style) -> Vec<String> {
    let days = |days: i64| words::thousands(days.unsigned_abs());
    let (colour, when) = match (missing.urgency, missing.due) {
        (Urgency::Late, Some(due)) => (Colour::Red, format!("已超期 {} 天", days((head.today - due).num_days()))),
        (Urgency::Soon, Some(due)) if due == head.today => (Colour::Yellow, "今天到期".to_owned()),
        (Urgency::Soon, Some(due)) => (Colour::Yellow, format!("还有 {} 天", days((due - head.today).num_days()))),
        (_, Some(due)) => (Colour::Blue, format!("{due} 前")),
        (_, None) => (Colour::Blue, "没有期限".to_owned()),
    };
    let waited = (head.today - missing.since).num_days();
    let since = if waited > 0 { format!("自 {}，{} 天", missing.since, days(waited)) } else { format!("自 {}", missing.since) };
    let about = if missing.about == "案件" { missing.number.as_str() } else { &missing.about };
    let label = words::pad(&format!("缺 {}", missing.step.label()), 12);
    vec![
        format!(
            "  {} {}  {}  {}",
            style.paint(colour, &label),
            words::pad(&when, 14),
            words::plain(about),
            style.paint(Colour::Grey, &since)
        ),
        format!("     {}", words::plain(&missing.said)),
        format!("     → {}", missing.advice),
    ]
}
