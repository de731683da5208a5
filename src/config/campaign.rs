//! A campaign of inspections: what its notice says of time, groups and trades (S-05, S-07, S-10 to S-12, S-14, S-35).

use chrono::{Datelike as _, NaiveDate};

use super::raw::{File, Section, Wrong};

/// What a campaign's notice says. Figures are parameters to show progress against, never quotas that the program pushes (domain.md §0.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Campaign {
    /// Its name; empty when none is on.
    pub name: String,
    /// The day of its notice.
    pub announced: Option<NaiveDate>,
    /// The phase of training and self-checks: no inspection of these days counts (S-07).
    pub prepare: Option<(NaiveDate, NaiveDate)>,
    /// The phase of inspections: only inspections of these days count (S-10).
    pub inspect: Option<(NaiveDate, NaiveDate)>,
    /// How many groups there are (S-11).
    pub groups: u32,
    /// How many enterprises each group is to inspect at least (S-12).
    pub per_group: u32,
    /// The trades that it is about, by name (S-05).
    pub sectors: Vec<String>,
    /// Only enterprises that nobody inspected in so many years before the notice are drawn (S-03).
    pub uninspected_years: u32,
    /// By when the roster of officers is complete (S-14).
    pub roster_by: Option<NaiveDate>,
    /// By when its tables and the summary are handed in (S-35).
    pub report_by: Option<NaiveDate>,
}

impl Campaign {
    /// The year that is meant where a table writes month and day alone.
    pub fn year(&self) -> Option<i32> {
        self.inspect.map(|(from, _)| from).or(self.announced).map(|day| day.year())
    }

    /// Whether an inspection of `day` counts for it; without dates, every one does.
    pub fn counts(&self, day: NaiveDate) -> bool {
        self.inspect.is_none_or(|(from, to)| (from..=to).contains(&day))
    }

    /// The name under which its plan is kept; the same for all time without a campaign.
    pub fn key(&self) -> &str {
        if self.name.is_empty() { "-" } else { &self.name }
    }
}

pub(super) fn read(s: &mut Section<'_, '_>) -> Campaign {
    let name = s.text("name", "", |name| {
        let plain = !name.contains('/') && name.chars().count() <= 100;
        plain.then_some(()).ok_or_else(|| Wrong::new("太长，或者有斜杠", "写活动的名称，100 字以内，不用斜杠"))
    });
    let announced = day(s, "announced");
    let prepare = day(s, "prepare_from").zip(day(s, "prepare_to"));
    let inspect = day(s, "inspect_from").zip(day(s, "inspect_to"));
    let trade = |word: &str| !word.is_empty() && word.chars().count() <= 20;
    Campaign {
        name,
        announced,
        prepare,
        inspect,
        groups: few(s.number("groups", 3, 1..=100, "个")),
        per_group: few(s.number("per_group", 15, 0..=10_000, "家")),
        sectors: s.words("sectors", &["机械", "建材", "铸造", "轻工", "纺织"], "写行业名称，例如 [\"机械\", \"建材\"]", trade),
        uninspected_years: few(s.number("uninspected_years", 3, 0..=50, "年")),
        roster_by: day(s, "roster_by"),
        report_by: day(s, "report_by"),
    }
}

/// The dates of a phase stand in order, both or none.
pub(super) fn dates_whole(file: &mut File<'_>) {
    for (from, to) in [("prepare_from", "prepare_to"), ("inspect_from", "inspect_to")] {
        let value = |file: &File<'_>, key: &str| {
            let set = file.settings.iter().find(|s| s.section == "campaign" && s.key == key);
            set.and_then(|s| s.value.trim_matches('"').parse::<NaiveDate>().ok())
        };
        match (value(file, from), value(file, to)) {
            (Some(first), Some(last)) if first > last => file.contradiction("campaign", to, "早于开始日期", "结束日期要在开始日期之后"),
            (Some(_), None) => file.contradiction("campaign", from, "只写了开始日期", &format!("写上 {to}，或两个都留空")),
            (None, Some(_)) => file.contradiction("campaign", to, "只写了结束日期", &format!("写上 {from}，或两个都留空")),
            _ => {}
        }
    }
}

fn day(s: &mut Section<'_, '_>, key: &'static str) -> Option<NaiveDate> {
    let text = s.text(key, "", |text| {
        let fits = text.is_empty() || text.parse::<NaiveDate>().is_ok();
        fits.then_some(()).ok_or_else(|| Wrong::new("不是日期", "写成 \"2023-04-01\" 这样，没有就留空 \"\""))
    });
    text.parse().ok()
}

fn few(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
