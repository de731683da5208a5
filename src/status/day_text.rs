//! A day's close as people read it in a terminal.

use chrono::{Datelike as _, NaiveDate};

use super::{
    text::{Colour, Style},
    words,
};
use crate::day::{Absent, DayReport, DayRow, Standing};

/// How many lines of each list are shown.
const SHOWN: usize = 20;

/// The whole text, each line ended.
pub fn render(report: &DayReport, style: Style) -> String {
    let mut lines = vec![head(report, style), figures(report, style)];
    lines.extend(plan(report, style));
    lines.extend(rows(report, style));
    lines.extend(gaps(report, style));
    for (from, until) in report.outages.iter().take(5) {
        let until = until.map_or_else(|| "尚未恢复".to_owned(), |until| words::moment(until, report.at));
        lines.push(format!("  平台中断: {} 至 {until}", words::moment(*from, report.at)));
    }
    lines.push(confirmed(report, style));
    lines.into_iter().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// `周一`.
fn weekday(day: NaiveDate) -> &'static str {
    ["周一", "周二", "周三", "周四", "周五", "周六", "周日"][day.weekday().num_days_from_monday() as usize]
}

fn head(report: &DayReport, style: Style) -> String {
    let worked = match report.working_day {
        Some(true) => "工作日",
        Some(false) => "休息日",
        None => "工作日历没有这一年，是否工作日不判断",
    };
    let colour = match report {
        _ if report.unexplained() > 0 => Colour::Red,
        _ if report.clean() => Colour::Green,
        _ => Colour::Yellow,
    };
    let stage = if report.over { "已截止" } else { "未截止" };
    let end = words::cut_off_time(report.cut_off, report.day);
    format!("{} {}（{}，{worked}）  截止 {end}，{stage}", style.paint(colour, "●"), report.day, weekday(report.day))
}

fn figures(report: &DayReport, style: Style) -> String {
    let at_least = if report.at_least { "至少 " } else { "" };
    let mut tiles = vec![
        format!("应录入 {at_least}{}", words::thousands(report.expected)),
        format!("已起草 {}", words::thousands(report.drafted)),
        style.tile("按时", report.on_time, Colour::Green),
        style.tile("逾期补录", report.late, Colour::Red),
        style.tile("退回", report.returned, Colour::Yellow),
        style.tile("待核实", report.unknown, Colour::Yellow),
        style.tile("在途", report.on_the_way, Colour::Blue),
    ];
    if report.held > 0 {
        tiles.push(style.tile("暂停", report.held, Colour::Yellow));
    }
    if report.missed > 0 {
        tiles.push(style.tile("逾期合计", report.missed, Colour::Red));
        tiles.push(format!("其中有原因 {}", words::thousands(report.excused)));
    }
    format!("  {}", tiles.join("  "))
}

fn plan(report: &DayReport, style: Style) -> Vec<String> {
    let Some(planned) = report.planned else { return Vec::new() };
    let absent = report.absent.len();
    let none = format!("无记录 {absent}");
    let none = if absent > 0 { style.paint(Colour::Red, &none) } else { none };
    let mut line = format!("  计划: 应检查 {planned}  有记录 {}  已录入 {}  {none}", report.recorded, report.recorded_entered);
    if !report.elsewhere.is_empty() {
        line += &format!("  改期 {}", report.elsewhere.len());
    }
    if report.outside_plan > 0 {
        line += &format!("  计划外 {}", report.outside_plan);
    }
    let mut lines = vec![line];
    lines.extend(report.absent.iter().take(SHOWN).map(absent_line));
    if absent > SHOWN {
        lines.push(format!("    另有 {} 家，用 dangri plan show 查看", absent - SHOWN));
    }
    lines.extend(report.elsewhere.iter().map(|moved| format!("    改期  {}  检查在 {}", words::plain(&moved.enterprise), moved.day)));
    lines
}

/// `无记录  第二组  双杨镇  某某公司（张三、李四）`.
pub fn absent_line(absent: &Absent) -> String {
    let officers = if absent.officers.is_empty() { String::new() } else { format!("（{}）", absent.officers.join("、")) };
    let has = if absent.has.is_empty() { String::new() } else { format!("，已有{}", absent.has.join("、")) };
    words::plain(&format!("    无记录  {}  {}  {}{officers}{has}", absent.group, absent.town, absent.enterprise))
}

fn rows(report: &DayReport, style: Style) -> Vec<String> {
    let shown = report.rows.iter().take(SHOWN);
    let title = shown.clone().map(|row| words::width(&words::plain(&row.title))).max().unwrap_or(0).min(36);
    let mut lines: Vec<String> = shown.map(|row| row_line(row, title, style)).collect();
    let more = report.rows_total.saturating_sub(lines.len() as u64);
    if more > 0 {
        lines.push(format!("    另有 {more} 件，加 --json 查看全部"));
    }
    lines
}

/// How a document of a day stands, in its colour and a word.
pub fn stands(row: &DayRow) -> (Colour, String) {
    match row.standing {
        Standing::Overdue { .. } => (Colour::Red, format!("{} 逾期", row.state.label())),
        Standing::Late { late_secs, .. } => (Colour::Red, format!("逾期 {}补录", words::span(chrono::Duration::seconds(late_secs)))),
        Standing::OnTime { .. } => (Colour::Green, "按时录入".to_owned()),
        _ => (Colour::Yellow, row.state.label().to_owned()),
    }
}

/// The time that a document of a day has left, or by how much it is late.
pub fn time_left(row: &DayRow) -> String {
    let span = |secs| words::span(chrono::Duration::seconds(secs));
    match row.standing {
        Standing::Open { left_secs } | Standing::PastTarget { left_secs } => format!("还有 {}", span(left_secs)),
        Standing::Overdue { late_secs } => format!("已过 {}", span(late_secs)),
        Standing::Late { .. } | Standing::OnTime { .. } | Standing::Dropped => "—".to_owned(),
    }
}

fn row_line(row: &DayRow, title: usize, style: Style) -> String {
    let (colour, label) = stands(row);
    let name = words::pad(&words::fit(&words::plain(&row.title), title), title);
    let excuse = row.excuse.as_ref().map_or_else(
        || if row.standing.missed() { "  → 请登记原因：dangri day excuse".to_owned() } else { String::new() },
        |excuse| format!("  例外：{}（{}）", words::plain(&excuse.reason), words::plain(&excuse.by)),
    );
    format!("    {name}  {}  {}{excuse}", style.paint(colour, &words::pad(&label, 14)), words::plain(&row.reason))
}

fn gaps(report: &DayReport, style: Style) -> Vec<String> {
    let said = |gap: &crate::day::Gap| {
        let which = if gap.from == gap.to { format!("第 {} 号", gap.from) } else { format!("第 {} 至 {} 号", gap.from, gap.to) };
        let text = format!("    文号跳号  {} 之后缺{which}，请核对有没有漏交的文书", words::plain(&gap.after));
        style.paint(Colour::Yellow, &text)
    };
    report.gaps.iter().take(SHOWN).map(said).collect()
}

fn confirmed(report: &DayReport, style: Style) -> String {
    match &report.acknowledged {
        Some(ack) => {
            let note = if ack.note.is_empty() { String::new() } else { format!("：{}", words::plain(&ack.note)) };
            let changed =
                if report.changed_since { style.paint(Colour::Yellow, "；此后数字有变化，请再确认") } else { String::new() };
            format!("  确认: {} 于 {} 确认{note}{changed}", words::plain(&ack.by), words::moment(ack.at, report.at))
        }
        None if report.over => format!("  确认: {} → dangri day ack {}", style.paint(Colour::Yellow, "还没有人确认"), report.day),
        None => "  确认: 截止后请看一遍，用 dangri day ack 确认".to_owned(),
    }
}

#[cfg(test)]
#[path = "day_text_tests.rs"]
mod tests;
