//! `dangri export publications`: the decisions that are to be published, as a list or as the template that is filed by hand.

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::{envelope, export, place::Place, publication_args::PublicationsArgs, terminal::Terminal};
use crate::{
    calendar::Calendar,
    clock::{Clock as _, SystemClock},
    control::{Answer, Ask, AskError, client::AS_LONG_AS_IT_TAKES, publicity::Decided},
    document::Timestamp,
    publication::{Category, Decision, template},
    status::{
        Exit, Problem,
        text::{Colour, Style},
        words,
    },
};

const SCHEMA: &str = "dangri.export/1";
/// Numbers of persons' papers stand in the file.
const FOR_ONESELF: u32 = 0o600;
/// How many days back it goes by default.
const BACK: Days = Days::new(45);

/// What is told of one decision.
#[derive(Debug, Serialize)]
struct Line {
    number: String,
    date: NaiveDate,
    category: &'static str,
    fine_wan: String,
    label: String,
    /// Columns that must be filled and are not.
    lacking: Vec<&'static str>,
}

/// Lists or writes them.
pub(super) fn run(args: &PublicationsArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let now = SystemClock.now();
    let today = now.beijing_day();
    let last = args.to.unwrap_or(today);
    let days = (args.from.unwrap_or_else(|| last.checked_sub_days(BACK).unwrap_or(last)), last);
    let refuse = |to: &mut Terminal<'_>, problem: Problem| envelope::failure(to, args.out.json, SCHEMA, now, &problem);
    if days.0 > days.1 {
        return refuse(to, Problem::new(Exit::Usage, 6, "--from 比 --to 晚", "把两个日期对调"));
    }
    if !args.xlsx && (args.out.out.is_some() || args.out.force) {
        return refuse(to, Problem::new(Exit::Usage, 8, "没有写 --xlsx，不会写文件", "加上 --xlsx，或者去掉 --out 和 --force"));
    }
    let (then, found) = match ask(days, place) {
        Ok(found) => found,
        Err(AskError::Output(error)) => return Err(error),
        Err(error) => return refuse(to, error.problem()),
    };
    let (wanted, left): (Vec<_>, Vec<_>) = found.into_iter().partition(|decided| is_wanted(decided, args.all));
    let calendar = Calendar::embedded().unwrap_or_default();
    let lines: Vec<Line> = wanted.iter().map(|decided| line(decided, then, &calendar)).collect();
    let remarks = remarks(&wanted, &left, &lines, args.xlsx);
    let exit = if lines.iter().all(|line| line.lacking.is_empty()) { Exit::Well } else { Exit::NeedsPerson };
    let mut file = None;
    if args.xlsx && !wanted.is_empty() {
        let name = format!("行政处罚双公示_{}至{}.xlsx", days.0, days.1);
        let path = args.out.out.clone().unwrap_or_else(|| PathBuf::from(name));
        let bytes = template::write(wanted.iter().map(|decided| &decided.decision)).map_err(io::Error::other)?;
        if let Err(error) = export::keep(&path, &bytes, args.out.force, FOR_ONESELF) {
            return refuse(to, export::not_written(&path, &error));
        }
        file = Some(path);
    }
    if args.out.json {
        let data = serde_json::json!({ "file": file, "from": days.0, "to": days.1, "decisions": lines, "remarks": remarks });
        envelope::write(to, SCHEMA, now, exit, Some(data), &[])?;
        return Ok(exit);
    }
    match &file {
        Some(path) => writeln!(to.out, "✔ 已导出：{}", words::plain(&path.display().to_string()))?,
        None => to.out.write_all(list(&lines, days, to.style).as_bytes())?,
    }
    for remark in &remarks {
        writeln!(to.out, "  · {}", words::plain(remark))?;
    }
    if file.is_some() {
        for line in lines.iter().filter(|line| !line.lacking.is_empty()) {
            writeln!(to.out, "  {} {}", to.style.paint(Colour::Yellow, "!"), lacks(line))?;
        }
    }
    Ok(exit)
}

/// The decisions of these days, and the moment at which they stood so.
pub(super) fn ask(days: (NaiveDate, NaiveDate), place: &Place) -> Result<(Timestamp, Vec<Decided>), AskError> {
    let (mut now, mut found) = (None, Vec::new());
    place.ask(Ask::Decisions { from: days.0, to: days.1 }, AS_LONG_AS_IT_TAKES, |answer| {
        match answer {
            Answer::Moment(at) => now = Some(at),
            Answer::Decision(decided) => found.push(*decided),
            _ => {}
        }
        Ok(())
    })?;
    Ok((now.ok_or(AskError::CutShort)?, found))
}

/// To be published and not seen to be; filing what is public already doubles it (domain.md §2.5).
fn is_wanted(decided: &Decided, all: bool) -> bool {
    let standing = &decided.standing;
    standing.exempt.is_none() && standing.gone_on.is_none() && (all || standing.is_unpublished())
}

fn line(Decided { decision, standing }: &Decided, now: Timestamp, calendar: &Calendar) -> Line {
    Line {
        number: decision.number.clone(),
        date: decision.date,
        category: decision.category.word(),
        fine_wan: decision.field("CF_NR_FK"),
        label: standing.label(now, calendar),
        lacking: template::lacking(decision),
    }
}

fn lacks(line: &Line) -> String {
    format!("{} 缺必填栏：{}，请补填后再报送", words::plain(&line.number), line.lacking.join("、"))
}

fn list(lines: &[Line], (from, to): (NaiveDate, NaiveDate), style: Style) -> String {
    let mut told = vec![format!("待公示的处罚决定  决定日期 {from} 至 {to}  共 {} 件", words::thousands(lines.len() as u64))];
    for line in lines {
        let fine = if line.fine_wan.is_empty() { "无罚款".to_owned() } else { format!("罚款 {} 万元", line.fine_wan) };
        let (number, category, fine) = (words::plain(&line.number), words::pad(line.category, 16), words::pad(&fine, 18));
        told.push(format!("  {}  {}  {category}  {fine}  {}", words::pad(&number, 28), line.date, line.label));
        if !line.lacking.is_empty() {
            told.push(format!("      {}", style.paint(Colour::Yellow, &lacks(line))));
        }
    }
    if !lines.is_empty() {
        told.push("加上 --xlsx 写成“双公示”报送模板。".to_owned());
    }
    told.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// How many there are of each sort, and what was left out and why.
fn remarks(wanted: &[Decided], left: &[Decided], lines: &[Line], xlsx: bool) -> Vec<String> {
    let of = |category: Category| wanted.iter().filter(|d| d.decision.category == category).count();
    let (organisations, traders, persons) = (of(Category::Organisation), of(Category::SoleTrader), of(Category::Person));
    let mut said = vec![format!("单位 {organisations} 件，个体工商户 {traders} 件（按单位填报），个人 {persons} 件")];
    if persons > 0 {
        said.push("个人的证件号码在文件里，请妥善保管，报送后删除".to_owned());
    }
    let exempt: Vec<_> = left.iter().filter_map(|d| Some((d.standing.exempt?, &d.decision))).collect();
    for (reason, decision) in exempt.iter().take(10) {
        said.push(format!("没有列入 {}：{}", name(decision), reason.reason()));
    }
    if exempt.len() > 10 {
        said.push(format!("另有 {} 件依法不公示的没有列入", exempt.len() - 10));
    }
    let gone = left.iter().filter(|d| d.standing.exempt.is_none() && d.standing.gone_on.is_some()).count();
    let public = left.len() - exempt.len() - gone;
    said.extend((gone > 0).then(|| format!("已被更正的旧决定 {gone} 件没有列入")));
    said.extend((public > 0).then(|| format!("已经公示的 {public} 件没有列入（重复报送会重复公示；确要列入加 --all）")));
    said.extend(wanted.is_empty().then(|| "没有待公示的，所以没有写文件".to_owned()).filter(|_| xlsx));
    let lame = lines.iter().filter(|line| !line.lacking.is_empty()).count();
    said.extend((lame > 0).then(|| format!("{lame} 件缺必填栏，一件不合格整份文件会被退回")));
    said
}

fn name(decision: &Decision) -> &str {
    &decision.number
}
