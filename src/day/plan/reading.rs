//! A list of drawn enterprises becomes lines, row by row.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};

use super::{
    BATCH, COLUMNS, DAY, ENTERPRISE, EXPERTS, GROUP, LAST, LEADER, NOTE, OFFICERS, PUBLISHED, PlanLine, SECTOR, SELF_CHECK, TOWN, USCC,
};
use crate::{
    check::rules::credit_code::{self, BadCreditCode},
    config::Campaign,
    day::{
        difference::Line as _,
        sheet::{self, BadSheet, Imported, Row},
        towns::Towns,
    },
};

/// Reads a plan for `campaign`; `towns` are the district's.
///
/// # Errors
/// [`BadSheet`] when the file is no table with the columns of a plan.
pub fn read(bytes: &[u8], campaign: &Campaign, towns: &Towns) -> Result<Imported<PlanLine>, BadSheet> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    sheet::rows(bytes, &COLUMNS, |row| {
        let line = line(row, campaign, towns)?;
        let number = row.number();
        if let Some(before) = seen.insert(line.key(), number) {
            row.wrong(USCC, format!("与第 {before} 行是同一家企业、同一天，重复了；请删去一行"));
            return None;
        }
        Some(line)
    })
}

fn line(row: &mut Row<'_>, campaign: &Campaign, towns: &Towns) -> Option<PlanLine> {
    let group = group_name(&row.needed(GROUP));
    let enterprise = row.needed(ENTERPRISE);
    let uscc = row.needed_code(USCC);
    credit_code_is_right(row, &uscc);
    let day = row.needed_day(DAY, campaign.year());
    let written_town = row.text(TOWN);
    let town = towns.named(&written_town).map_or_else(|| written_town.clone(), str::to_owned);
    if !written_town.is_empty() && towns.named(&written_town).is_none() {
        row.doubtful(TOWN, format!("“{written_town}”不在本区镇办名单里，请核对"));
    }
    let sector = row.text(SECTOR);
    let last_inspected = row.day(LAST, None);
    let line = PlanLine {
        group,
        enterprise,
        uscc,
        town,
        day: day.unwrap_or_default(),
        leader: row.text(LEADER),
        officers: row.names(OFFICERS),
        experts: row.names(EXPERTS),
        sector,
        last_inspected,
        batch: row.text(BATCH),
        note: row.text(NOTE),
        published: row.day(PUBLISHED, campaign.year()),
        self_check: row.text(SELF_CHECK),
    };
    against_the_campaign(row, &line, campaign);
    row.is_right().then_some(line)
}

/// A code must have its shape; a check digit that does not fit is only told of, for some real codes are so (domain.md §3.1).
fn credit_code_is_right(row: &mut Row<'_>, uscc: &str) {
    if uscc.is_empty() {
        return;
    }
    match credit_code::check(uscc) {
        Ok(()) => {}
        // The last digits of a number that a spreadsheet cut short read as zeros.
        Err(_) if uscc.len() == 18 && uscc.ends_with("000") && uscc.bytes().all(|b| b.is_ascii_digit()) => {
            row.wrong(USCC, "末尾是 000，多半被当成数字保存，后几位已丢失精度；请把这一列设为“文本”，照证照重新填写");
        }
        Err(BadCreditCode::Length(length)) => row.wrong(USCC, format!("是 {length} 位，统一社会信用代码应为 18 位；请照证照填写")),
        Err(BadCreditCode::Symbol(symbol)) => row.wrong(USCC, format!("里有“{symbol}”，统一社会信用代码不用这个字符；请照证照填写")),
        Err(BadCreditCode::CheckDigit(_) | BadCreditCode::OrganisationDigit(_)) => {
            row.doubtful(USCC, "校验位不对，可能抄错了一位；确实无误可以不改");
        }
    }
}

/// What the notice says of the list; told of, never refused, for the list is the office's (S-03, S-05, S-07, S-10, S-11).
fn against_the_campaign(row: &mut Row<'_>, line: &PlanLine, campaign: &Campaign) {
    let in_preparation = campaign.prepare.is_some_and(|(from, to)| (from..=to).contains(&line.day));
    if !campaign.counts(line.day) && row.is_right() {
        let when = if in_preparation { "在培训自查阶段" } else { "不在集中检查阶段" };
        row.doubtful(DAY, format!("{} {when}，不计入活动", line.day));
    }
    if !campaign.name.is_empty() && !line.sector.is_empty() && !campaign.sectors.iter().any(|sector| line.sector.contains(sector.as_str()))
    {
        row.doubtful(SECTOR, format!("“{}”不是活动针对的行业", line.sector));
    }
    if let (Some(last), Some(announced)) = (line.last_inspected, campaign.announced)
        && years_before(announced, campaign.uninspected_years).is_some_and(|since| (since..announced).contains(&last))
    {
        row.doubtful(LAST, format!("{last} 检查过，在近 {} 年之内，不应列入抽查名单", campaign.uninspected_years));
    }
}

/// The same day so many years before; `None` for no years.
fn years_before(day: NaiveDate, years: u32) -> Option<NaiveDate> {
    let year = day.year().checked_sub(i32::try_from(years).ok()?)?;
    // The 28th stands in for a leap day.
    (years > 0).then(|| day.with_year(year).or_else(|| day.with_day(28)?.with_year(year))).flatten()
}

/// `1`, `一`, `第1组`, `1组`, `第一检查组` are all 第一组; any other name stays as it is.
fn group_name(written: &str) -> String {
    const DIGITS: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
    let bare: String = written.chars().filter(|c| !c.is_whitespace()).collect();
    let core = bare.trim_start_matches('第').trim_end_matches('组').trim_end_matches("检查").trim_end_matches('小');
    let nth = core.parse::<usize>().ok().or_else(|| DIGITS.iter().position(|digit| *digit == core).map(|at| at + 1));
    match nth.and_then(|nth| DIGITS.get(nth.checked_sub(1)?)) {
        Some(digit) => format!("第{digit}组"),
        None => bare,
    }
}
