//! `dangri plan` and `dangri roster`: lists are read in, shown, and asked for by template.

use std::{fmt::Write as _, io, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use super::{
    day::{ask, shown},
    envelope,
    list_args::{ImportArgs, PlanCommand, RosterCommand},
    place::Place,
    terminal::Terminal,
};
use crate::{
    clock::{Clock as _, SystemClock},
    control::today::{DayAnswer, DayAsk, LIST_LIMIT, PlanShown, RosterShown},
    day::{
        book::{Became, Import, ImportReport, Instruction, Progress},
        difference::Line,
        plan, roster,
        sheet::{Remark, template::BadTemplate},
    },
    status::{
        Exit, Problem,
        text::{Colour, Style},
        words,
    },
};

const SCHEMA: &str = "dangri.day/1";

/// How many lines of each kind a report names.
const NAMED: usize = 30;

/// `dangri plan`.
pub(super) fn plan(command: PlanCommand, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    match command {
        PlanCommand::Import(args) => {
            let (file, wanted) = match read(&args) {
                Ok(read) => read,
                Err(problem) => return envelope::failure(to, args.json, SCHEMA, SystemClock.now(), &problem),
            };
            shown(ask(DayAsk::ImportPlan { file, wanted }, place), args.json, to, |answer, style| match answer {
                DayAnswer::PlanImported(report) => Some(imported(report, "行", style)),
                _ => None,
            })
        }
        PlanCommand::Show(args) => shown(ask(DayAsk::Plan(args.day), place), args.json, to, |answer, style| match answer {
            DayAnswer::Plan(shown) => Some((plan_text(shown, style), Exit::Well)),
            _ => None,
        }),
        PlanCommand::Template(args) => template(&args.file, plan::template(), to),
    }
}

/// `dangri roster`.
pub(super) fn roster(command: RosterCommand, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    match command {
        RosterCommand::Import(args) => {
            let (file, wanted) = match read(&args) {
                Ok(read) => read,
                Err(problem) => return envelope::failure(to, args.json, SCHEMA, SystemClock.now(), &problem),
            };
            shown(ask(DayAsk::ImportRoster { file, wanted }, place), args.json, to, |answer, style| match answer {
                DayAnswer::RosterImported(report) => Some(imported(report, "人", style)),
                _ => None,
            })
        }
        RosterCommand::Show(args) => shown(ask(DayAsk::Roster, place), args.json, to, |answer, style| match answer {
            DayAnswer::Roster(shown) => Some((roster_text(shown, style), Exit::Well)),
            _ => None,
        }),
        RosterCommand::Template(args) => template(&args.file, roster::template(), to),
    }
}

fn read(args: &ImportArgs) -> Result<(String, Instruction), Problem> {
    let shown = args.file.display();
    let bytes = std::fs::read(&args.file).map_err(|error| {
        Problem::new(Exit::Usage, 8, format!("读不了 {shown}：{}", words::trouble(error.kind())), "请检查文件的路径和权限")
    })?;
    if bytes.len() > LIST_LIMIT {
        return Err(Problem::new(Exit::Usage, 8, format!("{shown} 太大，没有读取"), "只留下名单那一张表，删去图片，再导入"));
    }
    let file = args.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok((BASE64.encode(bytes), Instruction { file, keep: args.keep, confirmed: args.yes, dry_run: args.dry_run }))
}

fn template(file: &PathBuf, made: Result<Vec<u8>, BadTemplate>, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let fail = |message: String, hint: &str, to: &mut Terminal<'_>| {
        envelope::failure(to, false, SCHEMA, SystemClock.now(), &Problem::new(Exit::Failed, 4, message, hint))
    };
    let put = |bytes: Vec<u8>| {
        use io::Write as _;
        // Whatever stands there already is somebody's work.
        std::fs::File::create_new(file).and_then(|mut file| file.write_all(&bytes))
    };
    match made.map_err(io::Error::other).and_then(put) {
        Ok(()) => writeln_to(to, &format!("已写好模板 {}，按里面“说明”一页填写\n", file.display())),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fail(format!("{} 已经有了，没有覆盖", file.display()), "换一个文件名", to)
        }
        Err(error) => fail(format!("写不了 {}：{}", file.display(), words::trouble(error.kind())), "换一个能写的位置", to),
    }
}

fn writeln_to(to: &mut Terminal<'_>, text: &str) -> io::Result<Exit> {
    use io::Write as _;
    to.out.write_all(text.as_bytes()).map(|()| Exit::Well)
}

fn imported<L: Line>(report: &ImportReport<L>, unit: &str, style: Style) -> (String, Exit) {
    let difference = &report.difference;
    let mut text = String::new();
    let head = if report.applied { style.paint(Colour::Green, "已导入") } else { style.paint(Colour::Yellow, "没有写入") };
    let changes = format!(
        "新增 {}，变更 {}，删去 {}，不变 {}，跳过 {}",
        difference.added.len(),
        difference.changed.len(),
        difference.removed.len(),
        difference.same,
        report.skipped
    );
    line(&mut text, format!("{head}：{changes}；现在共 {} {unit}", report.total));
    if !report.held_back.is_empty() {
        line(&mut text, format!("  {}", report.held_back));
    }
    titles(&mut text, "新增", difference.added.iter().map(Line::title).collect());
    titles(
        &mut text,
        "变更",
        difference.changed.iter().map(|change| format!("{}  {}", change.line.title(), change.what.join("；"))).collect(),
    );
    titles(&mut text, "删去", difference.removed.iter().map(Line::title).collect());
    remarks(&mut text, "不能导入", &report.errors, style.paint(Colour::Red, "✘"));
    remarks(&mut text, "请核对", &report.warnings, style.paint(Colour::Yellow, "!"));
    report.notes.iter().for_each(|note| line(&mut text, format!("  提醒：{note}")));
    let exit = match report {
        _ if report.applied && report.skipped == 0 => Exit::Well,
        _ if report.applied => Exit::NeedsPerson,
        _ if report.held_back.starts_with("只是") && report.skipped == 0 => Exit::Well,
        _ => Exit::NeedsPerson,
    };
    (text, exit)
}

fn line(text: &mut String, said: String) {
    // Writing to a string cannot fail.
    writeln!(text, "{}", words::plain(&said).replace("\\u{1b}", "\u{1b}")).unwrap_or_default();
}

fn titles(text: &mut String, word: &str, titles: Vec<String>) {
    let more = titles.len().saturating_sub(NAMED);
    titles.iter().take(NAMED).for_each(|title| line(text, format!("  {word}  {title}")));
    if more > 0 {
        line(text, format!("  {word}  另有 {more} 条"));
    }
}

fn remarks(text: &mut String, word: &str, remarks: &[Remark], mark: String) {
    let more = remarks.len().saturating_sub(NAMED);
    remarks.iter().take(NAMED).for_each(|remark| line(text, format!("  {mark} {word}  {}：{}", remark.place(), remark.said)));
    if more > 0 {
        line(text, format!("  {mark} {word}  另有 {more} 处，加 --json 查看全部"));
    }
}

fn plan_text(shown: &PlanShown, style: Style) -> String {
    let mut text = String::new();
    if shown.total == 0 {
        let when = shown.day.map_or_else(|| "还没有检查计划".to_owned(), |day| format!("{day} 没有计划检查"));
        line(&mut text, format!("{when}；导入名单：dangri plan import 文件.xlsx（模板：dangri plan template 文件.xlsx）"));
        return text;
    }
    progress(&mut text, &shown.progress);
    line(&mut text, String::new());
    let group = widest(shown.rows.iter().map(|row| row.line.group.as_str()), 12);
    let town = widest(shown.rows.iter().map(|row| row.line.town.as_str()), 12);
    for row in &shown.rows {
        let colour = match row.became {
            Became::Absent => Colour::Red,
            Became::Ahead => Colour::Grey,
            Became::Recorded => Colour::Blue,
            Became::Entered => Colour::Green,
        };
        let moved = row.inspected_on.filter(|day| *day != row.line.day).map_or_else(String::new, |day| format!("（改在 {day} 检查）"));
        let became = style.paint(colour, row.became.label());
        let (group, town) = (words::pad(&row.line.group, group), words::pad(&row.line.town, town));
        line(&mut text, format!("  {}  {became}  {group}  {town}  {}  {}{moved}", row.line.day, row.line.uscc, row.line.enterprise));
    }
    let more = shown.total.saturating_sub(shown.rows.len() as u64);
    if more > 0 {
        line(&mut text, format!("  另有 {more} 行，请按日期查看：dangri plan show 2023-04-03"));
    }
    last_import(&mut text, &shown.imports);
    text
}

/// What the notice says beside what was done; never a quota.
fn progress(text: &mut String, progress: &Progress) {
    let name = if progress.campaign.is_empty() { "检查计划" } else { &progress.campaign };
    let counted = progress.counted.map_or_else(String::new, |(from, to)| format!("（{from} 至 {to} 的检查计入）"));
    line(text, format!("{name}{counted}"));
    let outside = if progress.outside_plan > 0 { format!("，计划外 {}", progress.outside_plan) } else { String::new() };
    line(text, format!("  合计: 计划 {}，已检查 {}，已录入 {}{outside}", progress.planned, progress.inspected, progress.entered));
    for group in &progress.groups {
        let leader = if group.leader.is_empty() { String::new() } else { format!("，组长 {}", group.leader) };
        line(
            text,
            format!(
                "  {}: 计划 {}，已检查 {}，已录入 {}；执法人员 {}，专家 {}{leader}",
                group.group, group.planned, group.inspected, group.entered, group.officers, group.experts
            ),
        );
    }
    let sectors: Vec<_> = progress.sectors.iter().map(|(name, planned, done)| format!("{name} {done}/{planned}")).collect();
    if sectors.len() > 1 || !progress.campaign.is_empty() {
        line(text, format!("  行业（已检查/计划）: {}", sectors.join("，")));
    }
    progress.notes.iter().for_each(|note| line(text, format!("  对照通知: {note}")));
}

fn roster_text(shown: &RosterShown, style: Style) -> String {
    let mut text = String::new();
    if shown.lines.is_empty() {
        line(&mut text, "还没有执法人员名册；导入附件1：dangri roster import 文件.xlsx（模板：dangri roster template 文件.xlsx）".into());
        return text;
    }
    let towns = shown.expected.saturating_sub(shown.missing.len() as u64);
    line(&mut text, format!("执法人员名册：共 {} 人；镇办已报 {towns}/{}", shown.lines.len(), shown.expected));
    let name = widest(shown.lines.iter().map(|line| line.name.as_str()), 12);
    let today = shown.at.beijing_day();
    for holder in &shown.lines {
        let valid = match (holder.valid_from, holder.valid_to) {
            (_, Some(to)) if to < today => style.paint(Colour::Red, &format!("已于 {to} 过期")),
            (Some(from), _) if from > today => style.paint(Colour::Yellow, &format!("{from} 起有效")),
            (_, Some(to)) => format!("有效至 {to}"),
            _ => "有效期未填".to_owned(),
        };
        let certificate = words::pad(&holder.certificate, 14);
        let name = words::pad(&holder.name, name);
        line(
            &mut text,
            format!("  {name}  {certificate}  {}  {valid}  {}  {}", roster::level_name(holder.level), holder.masked_phone(), holder.unit),
        );
    }
    shown.notes.iter().for_each(|note| line(&mut text, format!("  提醒: {note}")));
    last_import(&mut text, &shown.imports);
    text
}

fn last_import(text: &mut String, imports: &[Import]) {
    if let Some(last) = imports.last() {
        let [added, changed, removed, skipped] = last.figures;
        let what = format!("新增 {added}，变更 {changed}，删去 {removed}，跳过 {skipped}");
        line(text, format!("  上次导入: {} 由 {} 导入 {}（{what}）", words::full(last.at), last.by, last.file));
    }
}

fn widest<'a>(texts: impl Iterator<Item = &'a str>, most: usize) -> usize {
    texts.map(words::width).max().unwrap_or(0).min(most)
}
