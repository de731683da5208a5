//! How it stands with a decision's notice, as it is kept from one reading to the next.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Difference, Exemption, Outcome, RowState, Term, Verdict, clock};
use crate::{
    calendar::Calendar,
    document::{ContentHash, DocumentId, Timestamp},
};

/// The latest of one decision. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The document.
    pub id: DocumentId,
    /// Its number.
    pub number: String,
    /// Its day.
    pub date: NaiveDate,
    /// How its notice stands, by the last reading that could tell.
    pub outcome: Outcome,
    /// Since when.
    pub since: Timestamp,
    /// Why it is lawfully not public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exempt: Option<Exemption>,
    /// The day on which it was corrected, from which the term of withdrawal runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_on: Option<NaiveDate>,
    /// Who put on record that it was annulled, where that was so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annulled: Option<Annulled>,
    /// Why the last reading could not tell, in Chinese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
    /// Since when none could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt_since: Option<Timestamp>,
    /// Whether it is only that the list is not complete up to the moment yet: time alone may mend that.
    #[serde(default)]
    pub behind: bool,
    /// In what the notice differs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// How many public rows there are.
    #[serde(default)]
    pub rows: usize,
    /// Whether every reading of one run agreed that it stands so; a later run that could not see as much does not undo that.
    #[serde(default)]
    pub confirmed: bool,
    /// When it was published, by the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Timestamp>,
    /// When it was withdrawn or repaired, by the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
    /// Where it can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The SHA-256 of the row as it was last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<ContentHash>,
    /// The day of decision under which it was seen, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_under: Option<NaiveDate>,
    /// The 公示截止期 that it gave when it was last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_until: Option<NaiveDate>,
    /// When it was first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Timestamp>,
    /// When it was last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// When it was last looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<Timestamp>,
}

/// A decision that does not hold any more though no other took its place: annulled, unlawful, without effect (行政处罚法第四十八条).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annulled {
    /// The day, from which the term of withdrawal runs.
    pub on: NaiveDate,
    /// Why, in the words of whoever put it on record.
    pub reason: String,
    /// Who did.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Standing {
    /// A decision that was not looked for yet.
    pub fn new(id: DocumentId, number: impl Into<String>, date: NaiveDate, now: Timestamp) -> Self {
        Self {
            id,
            number: number.into(),
            date,
            outcome: Outcome::NotYet,
            since: now,
            exempt: None,
            gone_on: None,
            annulled: None,
            doubt: None,
            doubt_since: None,
            behind: false,
            differences: Vec::new(),
            rows: 0,
            confirmed: false,
            published_at: None,
            withdrawn_at: None,
            url: None,
            evidence: None,
            seen_under: None,
            shown_until: None,
            first_seen: None,
            last_seen: None,
            last_run: None,
        }
    }

    /// How it stands after a run that came to `verdict` at `now`. What could not be seen leaves what was known before, and says so.
    #[must_use]
    pub fn after(&self, verdict: &Verdict, now: Timestamp) -> Self {
        let mut next = Self { last_run: Some(now), ..self.clone() };
        next.doubt = verdict.doubt.as_ref().map(super::Doubt::words);
        next.doubt_since = next.doubt.as_ref().map(|_| self.doubt_since.unwrap_or(now));
        next.behind = matches!(verdict.doubt, Some(super::Doubt::NotCompleteTo(_)));
        let mut outcome = verdict.outcome;
        if outcome == Outcome::Unseen && !matches!(self.outcome, Outcome::NotYet | Outcome::Unseen) {
            outcome = self.outcome;
        } else {
            next.differences.clear();
            next.rows = verdict.rows;
        }
        if let Some(sight) = &verdict.sight {
            next.differences.clone_from(&sight.differences);
            next.published_at = sight.published_at;
            next.withdrawn_at = sight.withdrawn_at;
            next.url.clone_from(&sight.url);
            next.evidence = Some(sight.evidence);
            next.seen_under = sight.decided.filter(|day| *day != self.date);
            next.shown_until = sight.until;
            next.first_seen = self.first_seen.or(Some(now));
            next.last_seen = Some(now);
            if sight.state == RowState::Published {
                next.withdrawn_at = None;
            }
        }
        let same = outcome == self.outcome && next.differences == self.differences;
        next.confirmed = verdict.confirmed || (same && self.confirmed);
        if outcome != self.outcome {
            next.outcome = outcome;
            next.since = now;
        }
        next
    }

    /// The same, where its term has run out before it was looked for again: nothing is public any more, and nothing need be.
    #[must_use]
    pub fn at_its_end(mut self, now: Timestamp) -> Self {
        let last = Term::of(self.date).and_then(|term| term.end(self.date, self.shown_until));
        if self.is_unpublished() && last.is_some_and(|last| last < now.beijing_day()) {
            self.outcome = Outcome::Expired;
        }
        self
    }

    /// Whether a sighting, or its end, says something that the document's history does not say yet (P6).
    pub fn is_news_after(&self, before: &Self) -> bool {
        let seen = self.first_seen.is_some();
        seen && (self.outcome != before.outcome || self.differences != before.differences || before.first_seen.is_none())
    }

    /// Whether it is public as it should be, or need not be any more: nothing is left to be done or waited for.
    pub const fn is_settled(&self) -> bool {
        matches!(self.outcome, Outcome::Matched | Outcome::Repaired | Outcome::Expired | Outcome::Gone | Outcome::Exempt)
    }

    /// Whether a notice should be public and was never seen to be, or is not any more.
    pub const fn is_unpublished(&self) -> bool {
        matches!(self.outcome, Outcome::NotYet | Outcome::Missing | Outcome::Unseen | Outcome::Withdrawn)
    }

    /// Whether all that speaks against it is that one reading alone saw it taken away, after it had been public: no ground for an alarm.
    pub(super) fn is_only_said_to_be_withdrawn(&self) -> bool {
        self.outcome == Outcome::Withdrawn && !self.confirmed && self.first_seen.is_some_and(|first| first < self.since)
    }

    /// The word that people are shown.
    pub fn label(&self, now: Timestamp, calendar: &Calendar) -> String {
        match self.outcome {
            Outcome::Matched => "已公示".to_owned(),
            Outcome::Mismatched => "公示有误".to_owned(),
            Outcome::Duplicate => format!("重复公示（{} 条）", self.rows),
            Outcome::Repaired => "已信用修复".to_owned(),
            Outcome::Expired => "公示期满".to_owned(),
            Outcome::Gone => "已撤下".to_owned(),
            Outcome::Exempt => "不公示".to_owned(),
            Outcome::Lingering if self.exempt.is_some() => "不应公示".to_owned(),
            Outcome::Lingering => format!("应撤下{}", left(clock::withdrawal_left(self, now, calendar))),
            Outcome::NotYet | Outcome::Missing | Outcome::Withdrawn | Outcome::Unseen => {
                let late = clock::working_days_left(self.date, now, calendar);
                match (self.outcome, late) {
                    (_, Some(days)) if days < 0 && self.outcome != Outcome::Unseen => "超期".to_owned(),
                    (Outcome::NotYet, _) => "应公示".to_owned(),
                    (Outcome::Unseen, _) => "核对失败".to_owned(),
                    (Outcome::Withdrawn, days) => format!("被撤下{}", left(days)),
                    (_, days) => format!("未公示{}", left(days)),
                }
            }
        }
    }

    /// Why, in one sentence without names.
    pub fn reason(&self) -> String {
        let doubt = self.doubt.as_deref().unwrap_or_default();
        let fields = || self.differences.iter().map(|d| d.label.as_str()).collect::<Vec<_>>().join("、");
        match self.outcome {
            Outcome::Exempt | Outcome::Lingering if self.exempt.is_some() => {
                self.exempt.map_or_else(String::new, |exempt| exempt.reason().to_owned())
            }
            Outcome::Mismatched => format!("与决定书不一致：{}", fields()),
            Outcome::Missing if self.first_seen.is_some() => "曾经公示，现在清单上没有了".to_owned(),
            Outcome::Missing => "平台公示清单已读完两遍，没有这一件".to_owned(),
            Outcome::Withdrawn => "没有更正，公示却被撤下".to_owned(),
            Outcome::Lingering if self.annulled.is_some() => "决定书已撤销，公示还在".to_owned(),
            Outcome::Lingering => "决定书已更正，原来的公示还在".to_owned(),
            Outcome::Duplicate if self.differences.is_empty() => "同一文号公示了不止一条".to_owned(),
            Outcome::Duplicate => format!("同一文号公示了不止一条，且有不一致：{}", fields()),
            Outcome::NotYet => "等待平台公示".to_owned(),
            Outcome::Unseen => doubt.to_owned(),
            Outcome::Matched | Outcome::Repaired | Outcome::Expired | Outcome::Gone | Outcome::Exempt => String::new(),
        }
    }

    /// What to do, in one sentence; empty when nothing is to be done.
    pub const fn advice(&self) -> &'static str {
        match self.outcome {
            Outcome::Missing => "请在平台上发布；确已发布的，把网址截图留存并联系平台",
            Outcome::Mismatched => "请在平台上按决定书更正公示",
            Outcome::Duplicate => "请在平台上撤下多出的一条",
            Outcome::Withdrawn => "请向平台问明原因，仍应公示的重新发布",
            Outcome::Lingering => "请在平台上撤下，并公开说明理由",
            Outcome::Unseen => "程序会继续核对；一直看不到的，请到公示网站上人工核对",
            _ => "",
        }
    }
}

fn left(days: Option<i64>) -> String {
    match days {
        Some(days) if days < 0 => "（超期）".to_owned(),
        Some(0) => "（今日到期）".to_owned(),
        Some(days) => format!("（剩 {days} 个工作日）"),
        None => String::new(),
    }
}

/// The figures over all decisions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// 应公示: all that should be public.
    pub due: u64,
    /// 已公示, rightly.
    pub published: u64,
    /// 未公示, still in time.
    pub waiting: u64,
    /// 超期.
    pub overdue: u64,
    /// 公示有误, 重复, 被撤下, 应撤下.
    pub wrong: u64,
    /// 核对失败: the last reading could not tell.
    pub unseen: u64,
    /// How many working days are left to the most urgent one that is not public.
    #[serde(default)]
    pub least_days_left: Option<i64>,
    /// Published notices of this office of which nothing is known here.
    #[serde(default)]
    pub extra: u64,
    /// When the list was last read, and whether that went well: in Chinese what went wrong, else empty.
    #[serde(default)]
    pub last_run: Option<Timestamp>,
    /// See above.
    #[serde(default)]
    pub last_trouble: String,
}

impl Figures {
    /// Counts one more.
    pub fn count(&mut self, standing: &Standing, now: Timestamp, calendar: &Calendar) {
        if standing.outcome == Outcome::Lingering {
            self.wrong += 1;
        }
        if standing.exempt.is_some() || standing.gone_on.is_some() {
            return;
        }
        self.due += 1;
        self.unseen += u64::from(standing.doubt.is_some());
        match standing.outcome {
            Outcome::Matched | Outcome::Repaired | Outcome::Expired => self.published += 1,
            Outcome::Mismatched | Outcome::Duplicate => self.wrong += 1,
            _ => {
                self.wrong += u64::from(standing.outcome == Outcome::Withdrawn);
                let left = clock::working_days_left(standing.date, now, calendar);
                match left {
                    Some(days) if days < 0 => self.overdue += 1,
                    _ => self.waiting += 1,
                }
                self.least_days_left = [self.least_days_left, left].into_iter().flatten().min();
            }
        }
    }

    /// Whether a person must act.
    pub const fn needs_a_person(&self) -> bool {
        self.overdue > 0 || self.wrong > 0
    }
}
