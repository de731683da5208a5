//! The end: what came of every draft, what the platform's own books say, and where to look.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use chrono::NaiveDate;
use dangri_mocks::{Admitted, Fault, Verdict};

use super::{
    drawn,
    eyes::{Eyes, kind, name, reason},
    stage::{self, Stage},
    view::weekday,
    week::{Plan, Planned},
};
use crate::{
    day::DayReport,
    document::{Record, State},
    status::{
        day_text,
        text::{Colour, Style},
        words,
    },
};

/// One day's figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Day {
    drafts: usize,
    entered: usize,
    in_time: usize,
    unfit: usize,
    returned: usize,
    open: usize,
}

/// Everything there is to say at the end.
#[derive(Debug)]
pub(super) struct Closing {
    days: BTreeMap<NaiveDate, Day>,
    verdict: Verdict,
    doubts: usize,
    /// Documents that the platform was sent although it had them.
    repeated: u64,
    /// Drafts that wait for a person: the path, the document, the reason.
    left: Vec<[String; 3]>,
    spans: Vec<chrono::Duration>,
    /// What is not as it should be; empty when all is well.
    pub troubles: Vec<String>,
}

impl Closing {
    /// Looks at the books on both sides. `told` is what the story itself complains of.
    pub(super) fn of(stage: &Stage, eyes: &Eyes, plan: &Plan, told: Vec<String>) -> Self {
        let entered = eyes.records.iter().filter(|record| record.entry.is_some());
        let admitted: Vec<_> = entered.clone().map(|record| Admitted::Id(record.id().to_string())).collect();
        let mut closing = Self {
            days: BTreeMap::new(),
            verdict: stage.mock.books().verdict(&admitted),
            doubts: eyes.records.iter().filter(|record| record.doubt_since.is_some()).count(),
            repeated: stage.mock.books().counters().repeated_puts,
            left: Vec::new(),
            spans: entered.filter_map(|r| r.entry.as_ref().map(|e| e.entered_at.since(r.birth.source.first_seen))).collect(),
            troubles: told,
        };
        for planned in plan.drafts() {
            closing.add(stage, eyes, planned);
        }
        let faults: Vec<_> = closing.verdict.faults.iter().map(fault).collect();
        closing.troubles.extend(faults);
        closing
    }

    fn add(&mut self, stage: &Stage, eyes: &Eyes, planned: &Planned) {
        let day = self.days.entry(planned.draft.date).or_default();
        day.drafts += 1;
        for record in eyes.records.iter().filter(|record| record.birth.source.path == planned.path) {
            day.unfit += usize::from(record.birth.digest.is_none());
            // Only what the platform returned was ever received and then superseded.
            day.returned += usize::from(record.receipt.is_some() && matches!(record.state, State::Returned | State::Superseded));
        }
        let noted = stage.note(&planned.path).is_some();
        let Some(record) = eyes.latest.get(&planned.path) else {
            self.troubles.push(format!("没有收到 {}", planned.path));
            return;
        };
        let wanted = if planned.draft.fit || planned.mended.is_some() { State::Entered } else { State::Unfit };
        if record.state != wanted {
            self.troubles.push(format!("{} 停在{}：{}", name(record), record.state.label(), record.reason));
        }
        match (&record.entry, noted) {
            (Some(entry), noted) => {
                day.entered += 1;
                let in_time = entry.entered_at < record.birth.cut_off;
                day.in_time += usize::from(in_time);
                if !in_time {
                    self.troubles.push(format!("{} 逾期录入", name(record)));
                }
                if noted {
                    self.troubles.push(format!("{} 已录入，旁边的退回说明却还在", name(record)));
                }
            }
            (None, true) => {
                day.open += 1;
                let what = format!("{} {}", kind(record), name(record)).trim_start().to_owned();
                self.left.push([planned.path.clone(), what, reason(&record.reason)]);
            }
            (None, false) => self.troubles.push(format!("{} 没有录入，旁边也没有退回说明", name(record))),
        }
    }

    /// Writes the closing screen.
    ///
    /// # Errors
    /// Those of the writer.
    pub(super) fn write(&self, stage: &Stage, took: chrono::Duration, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let well = self.troubles.is_empty();
        let mark = if well { style.paint(Colour::Green, "✔ 一切正常") } else { style.paint(Colour::Red, "✘ 有不对的地方") };
        writeln!(out, "\n当日 dangri 演示结束：一周演了 {}  {mark}\n", words::span(took))?;
        self.table(style, out)?;
        let books = if self.verdict.ok {
            "每件恰好一次，没有重复，没有多余，没有漏掉"
        } else {
            "与本机记录不一致（见下）"
        };
        writeln!(out, "\n平台账本  录入 {} 件，{books}", self.verdict.entered)?;
        writeln!(out, "没有回音  {} 件，先向平台核实再往下办，重发 {} 件", self.doubts, self.repeated)?;
        writeln!(out, "用时      从放进文件夹到平台录入，一般 {}，最长 {}（那晚平台中断）", self.usual(), self.longest())?;
        writeln!(out, "告警      值班群收到 {} 条", stage.robot.taken().len())?;
        for trouble in &self.troubles {
            writeln!(out, "{}", style.paint(Colour::Red, &format!("不对      {trouble}")))?;
        }
        self.left_over(style, out)
    }

    /// Says where to look and what to try.
    ///
    /// # Errors
    /// Those of the writer.
    pub(super) fn places(&self, stage: &Stage, out: &mut dyn Write) -> io::Result<()> {
        places(stage, self.left.first(), out)
    }

    fn table(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        const HEADS: [&str; 6] = ["应录入", "已录入", "按时", "检查退改", "平台退回", "还没改"];
        let row = |label: &str, cells: [String; 6]| {
            let cells: Vec<_> =
                cells.iter().map(|cell| format!("{}{cell}", " ".repeat(10_usize.saturating_sub(words::width(cell))))).collect();
            format!("{}{}", words::pad(label, 16), cells.concat())
        };
        let figures = |day: &Day| [day.drafts, day.entered, day.in_time, day.unfit, day.returned, day.open].map(|n| n.to_string());
        writeln!(out, "{}", style.paint(Colour::Grey, &row("", HEADS.map(str::to_owned))))?;
        let mut sum = Day::default();
        for (date, day) in &self.days {
            writeln!(out, "{}", row(&format!("{} {}", date.format("%m-%d"), weekday(*date)), figures(day)))?;
            sum = Day {
                drafts: sum.drafts + day.drafts,
                entered: sum.entered + day.entered,
                in_time: sum.in_time + day.in_time,
                unfit: sum.unfit + day.unfit,
                returned: sum.returned + day.returned,
                open: sum.open + day.open,
            };
        }
        writeln!(out, "{}", row("合计", figures(&sum)))
    }

    fn usual(&self) -> String {
        let mut spans = self.spans.clone();
        spans.sort_unstable();
        spans.get(spans.len() / 2).map_or_else(|| "（没有）".to_owned(), |span| words::span(*span))
    }

    fn longest(&self) -> String {
        self.spans.iter().max().map_or_else(|| "（没有）".to_owned(), |span| words::span(*span))
    }

    fn left_over(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        if self.left.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n还没改的 {} 件，草稿旁都有“退回原因.txt”，改好保存就会自动录入：", self.left.len())?;
        for [_, what, reason] in &self.left {
            let reason = words::fit(reason, style.columns.saturating_sub(words::width(what) + 4).max(20));
            writeln!(out, "  {what}  {}", style.paint(Colour::Yellow, &reason))?;
        }
        Ok(())
    }
}

/// The close of the day on which the platform was away, as `dangri day` shows it.
///
/// # Errors
/// Those of the writer.
pub(super) fn close_of(report: &DayReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n平台中断那天的小结（dangri day {}）：", report.day)?;
    out.write_all(day_text::render(report, style).as_bytes())
}

fn places(stage: &Stage, left: Option<&[String; 3]>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n都留在 {}，看完可以整个删去：", stage.home.display())?;
    let about = [
        ("drafts/", "草稿，和旁边的退回说明"),
        ("state/", "数据：journal 是流水账，exchanges 是平台往来"),
        (drawn::FILE, "导入的检查计划"),
        (stage::LOG, "运行日志，没有个人信息"),
        ("dangri.toml", "演示用的配置"),
    ];
    for (name, what) in about {
        writeln!(out, "  {}{what}", words::pad(name, 14))?;
    }
    if let Some(note) = left.and_then(|[path, ..]| stage.note(path)) {
        writeln!(out, "打开一份退回说明看看：\n  {}", note.display())?;
    }
    Ok(())
}

/// What is wrong on the platform, for people.
fn fault(fault: &Fault) -> String {
    let which = |admitted: &Admitted| match admitted {
        Admitted::Id(id) => id.clone(),
        Admitted::Key { kind, number } => format!("{kind} {number}"),
    };
    match fault {
        Fault::NotEntered { admitted, .. } => format!("平台账本里没有 {}", which(admitted)),
        Fault::EnteredTwice { admitted, entries } => format!("平台账本里 {} 录入了 {entries} 次", which(admitted)),
        Fault::NotAdmitted { kind, key, .. } => format!("平台账本里多出 {kind} {key}"),
        Fault::TwoLive { kind, key, ids, .. } => format!("平台账本里 {kind} {key} 有 {} 份同时有效", ids.len()),
    }
}

/// How a record of the demo is asked for at the command line: by its number.
pub(super) fn number(records: &[Record]) -> Option<String> {
    records.iter().find(|record| record.doubt_since.is_some()).and_then(|record| record.birth.facts.as_ref()?.number.clone())
}
