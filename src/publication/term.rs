//! Which decisions are public at all, and for how long, by the date of the decision (domain.md §2.3, §2.4).

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::Decision;

/// Whether decisions of nothing but 警告 or 通报批评 are public; offices read the rules of 2023 differently (domain.md §2.4, to be confirmed).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warnings {
    /// They are, as every decision (安全生产法第七十八条).
    #[default]
    Publish,
    /// They are not, from the decisions of 2023-05-01 on.
    Exempt,
}

/// Why a decision is lawfully not public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exemption {
    /// Decided on the spot.
    OnTheSpot,
    /// Nothing but a warning or a public criticism, by the office's setting.
    WarningOnly,
}

impl Exemption {
    /// The reason, as it is shown.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::OnTheSpot => "简易程序（当场处罚）的决定不归集、不公示",
            Self::WarningOnly => "只有警告、通报批评，按本单位设置不公示",
        }
    }

    /// The exemption that holds for `decision`, if one does.
    pub fn of(decision: &Decision, warnings: Warnings) -> Option<Self> {
        if decision.kind.on_the_spot() {
            return Some(Self::OnTheSpot);
        }
        let mild = |kind: &String| matches!(kind.as_str(), "警告" | "通报批评");
        let since = NaiveDate::from_ymd_opt(2023, 5, 1)?;
        let only_mild = !decision.kinds.is_empty() && decision.kinds.iter().all(mild);
        (warnings == Warnings::Exempt && only_mild && decision.date >= since).then_some(Self::WarningOnly)
    }
}

/// For how long a decision is public, counted from its date.
///
/// Two of the rules go by a class of untrustworthiness (轻微, 一般, 严重) that the line ministry sets (domain.md §2.4). No document carries
/// it and no column of the notice does, so it cannot be told here which holds: the bounds are the outermost of all classes, and whoever is
/// shown them is told so. Under the rule of 2026 the least is none at all, because what is 轻微 may end within three months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The least, in months.
    pub least: u32,
    /// The most, in months.
    pub most: u32,
    /// The rule that says so.
    pub rule: &'static str,
    /// What the rule gives to each class, where it goes by them, in Chinese.
    pub by_class: Option<&'static str>,
}

/// From which day each rule holds (domain.md §2.4, with the sources there).
const TERMS: [((i32, u32, u32), Term); 3] = [
    ((2019, 7, 1), Term { least: 3, most: 36, rule: "发改办财金〔2019〕527号", by_class: Some(CLASSES_OF_2019) }),
    // 安全生产: at least a year.
    ((2023, 5, 1), Term { least: 12, most: 36, rule: "国家发展改革委令第58号", by_class: None }),
    ((2026, 4, 1), Term { least: 0, most: 36, rule: "信用修复管理办法", by_class: Some(CLASSES_OF_2026) }),
];

const CLASSES_OF_2019: &str = "一般 3 个月至 1 年，严重 6 个月至 3 年";
const CLASSES_OF_2026: &str = "轻微不公示或不超过 3 个月，一般 3 个月至 1 年，严重 1 年至 3 年";

impl Term {
    /// The term of a decision of `day`; `None` before the first rule that is known.
    pub fn of(day: NaiveDate) -> Option<Self> {
        let holds = |(year, month, first): (i32, u32, u32)| NaiveDate::from_ymd_opt(year, month, first).is_some_and(|from| from <= day);
        TERMS.iter().rev().find(|(from, _)| holds(*from)).map(|(_, term)| *term)
    }

    /// The last day on which it may be public.
    pub fn last(self, decided: NaiveDate) -> Option<NaiveDate> {
        decided.checked_add_months(Months::new(self.most))
    }

    /// The last day on which a notice is public: the 公示截止期 that it gives itself, where the rule allows that one; else the outermost.
    pub fn end(self, decided: NaiveDate, shown: Option<NaiveDate>) -> Option<NaiveDate> {
        shown.filter(|end| self.allows(decided, *end)).or_else(|| self.last(decided))
    }

    /// In words: until when it is public at least, when it ends by itself, and the rule; where it goes by a class that nobody here knows, that
    /// these are the outermost bounds.
    pub fn words(self, decided: NaiveDate, last: NaiveDate) -> String {
        let first = decided.checked_add_months(Months::new(self.least)).unwrap_or(decided);
        let (from, span) = match self.least {
            0 => (String::new(), format!("最长 {} 个月", self.most)),
            least => (format!("至少到 {first}，"), format!("{least} 个月至 {} 个月", self.most)),
        };
        let class = self
            .by_class
            .map_or_else(String::new, |classes| format!("；文书不写失信类别，这里是各类别的最外限，实际以认定的类别为准：{classes}"));
        format!("{from}最迟到 {last} 自行期满（{span}，{}{class}）", self.rule)
    }

    /// Whether a published 公示截止期 of `end` is one that the rule allows.
    pub fn allows(self, decided: NaiveDate, end: NaiveDate) -> bool {
        let first = decided.checked_add_months(Months::new(self.least));
        decided < end && first.is_some_and(|first| first <= end) && self.last(decided).is_some_and(|last| end <= last)
    }
}

/// The 公示截止期 that is proposed: a year, which every rule since 2019 allows, whatever the class but 轻微, and that of 2023 asks for in
/// 安全生产.
pub(super) fn proposed_end(decided: NaiveDate) -> Option<NaiveDate> {
    decided.checked_add_months(Months::new(12))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_rule_is_chosen_by_the_date_of_the_decision() {
        for (decided, least) in [("2019-07-01", 3), ("2023-04-30", 3), ("2023-05-01", 12), ("2026-03-31", 12), ("2026-04-01", 0)] {
            let term = Term::of(day(decided)).unwrap();
            assert_eq!((term.least, term.most), (least, 36), "{decided}");
            assert!(term.allows(day(decided), proposed_end(day(decided)).unwrap()));
        }
        assert_eq!(Term::of(day("2019-06-30")), None);
    }

    #[test]
    fn a_term_is_told_with_its_ends_and_its_rule() {
        let decided = day("2023-05-10");
        let term = Term::of(decided).unwrap();
        let told = term.words(decided, term.last(decided).unwrap());
        assert_eq!(told, "至少到 2024-05-10，最迟到 2026-05-10 自行期满（12 个月至 36 个月，国家发展改革委令第58号）");
    }

    #[test]
    fn where_the_class_decides_and_nobody_knows_it_the_bounds_are_said_to_be_the_outermost() {
        let told = |decided: &str| {
            let term = Term::of(day(decided)).unwrap();
            term.words(day(decided), term.last(day(decided)).unwrap())
        };
        assert_eq!(
            told("2026-04-01"),
            "最迟到 2029-04-01 自行期满（最长 36 个月，信用修复管理办法；文书不写失信类别，这里是各类别的最外限，实际以认定的类别为准：\
             轻微不公示或不超过 3 个月，一般 3 个月至 1 年，严重 1 年至 3 年）"
        );
        assert!(told("2020-01-01").starts_with("至少到 2020-04-01，最迟到 2023-01-01") && told("2020-01-01").contains("最外限"));
        assert!(!told("2023-05-01").contains("类别"), "安全生产 has one term");
        // A month is right for what is 轻微.
        let term = Term::of(day("2026-04-01")).unwrap();
        assert!(term.allows(day("2026-04-01"), day("2026-05-01")) && !term.allows(day("2026-04-01"), day("2026-04-01")));
    }

    #[test]
    fn only_a_warning_is_public_or_not_as_the_office_has_set_it() {
        let bytes = include_bytes!("../../mocks/drafts/fit/penalty_org.xml");
        let at = bytes.windows(2).rposition(|two| two == b"?>").map_or(0, |at| at + 2);
        let fine = Decision::read(&bytes[at..]).unwrap();
        let of = |kinds: &[&str], date: &str| Decision {
            kinds: kinds.iter().map(ToString::to_string).collect(),
            date: day(date),
            ..fine.clone()
        };
        for (kinds, date, wanted) in [
            (&["警告"][..], "2023-05-01", Some(Exemption::WarningOnly)),
            (&["通报批评", "警告"], "2023-06-01", Some(Exemption::WarningOnly)),
            (&["警告"], "2023-04-30", None),
            (&["警告", "罚款"], "2023-06-01", None),
            (&["罚款"], "2023-06-01", None),
            (&[], "2023-06-01", None),
        ] {
            assert_eq!(Exemption::of(&of(kinds, date), Warnings::Exempt), wanted, "{kinds:?} {date}");
            assert_eq!(Exemption::of(&of(kinds, date), Warnings::Publish), None);
        }
    }

    #[test]
    fn an_end_outside_the_rule_is_not_allowed() {
        let decided = day("2023-06-01");
        let term = Term::of(decided).unwrap();
        assert!(!term.allows(decided, day("2023-09-01")), "安全生产 has a year at least");
        assert!(term.allows(decided, day("2024-06-01")) && term.allows(decided, day("2026-06-01")));
        assert!(!term.allows(decided, day("2026-06-02")));
        assert!(!term.allows(decided, decided), "a timestamp that renews itself is no end");
    }
}
