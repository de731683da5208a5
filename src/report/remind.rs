//! Terms of law and order that end soon or have passed (domain.md §3.7), in the plain form in which alerts take them.
//!
//! Pure, and made anew at each look: what is not said any more is over. Texts name documents by number; never a party.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::reconcile::drift::Drift;

use super::{
    ledger::{CaseLine, Ledger, Step, Urgency},
    words,
};

/// How much a reminder weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Worth knowing; it can wait for the morning.
    Notice,
    /// The term ends soon.
    Warning,
    /// The term ends now or has passed.
    Urgent,
}

/// One reminder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// What it is about, the same at each look: the leg and the document.
    pub key: String,
    /// The document that it names, as `text` names it: its number, or whatever stands for one; empty for none.
    #[serde(default)]
    pub number: String,
    /// How much it weighs.
    pub weight: Weight,
    /// Since when it is so.
    pub since: NaiveDate,
    /// When the term ends.
    pub due: Option<NaiveDate>,
    /// What is said, in Chinese.
    pub text: String,
    /// What to do, in Chinese.
    pub advice: String,
}

/// What a reminder is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A term of law or order.
    Term,
    /// The platform's copy of a document.
    Copy,
    /// The platform's schema.
    Schema,
}

impl Reminder {
    /// What it is about.
    pub fn subject(&self) -> Subject {
        match self.key.split_once('/') {
            Some(("copy", _)) => Subject::Copy,
            Some(("schema", _)) => Subject::Schema,
            _ => Subject::Term,
        }
    }

    /// Whether no open leg of the ledger says the same.
    pub fn stands_alone(&self) -> bool {
        ["preserve/", "hearing-over/", "hearing-held/", "limit/", "demand/", "demanded/", "enforce/", "copy/", "schema/"]
            .iter()
            .any(|kind| self.key.starts_with(kind))
    }
}

/// Preserved evidence whose disposal nobody can see is told of for so many days after its term.
const AFTER_PRESERVING: u64 = 7;
/// The court is told of as urgent within so many days of the end.
const LAST_DAYS_OF_ENFORCING: u64 = 30;

/// All reminders that the ledger gives, the weightiest first. Publication has clocks of its own and is not among them.
pub fn of(ledger: &Ledger) -> Vec<Reminder> {
    let mut found = Vec::new();
    for one in &ledger.loops {
        for missing in one.missing.iter().filter(|missing| missing.step != Step::Publication) {
            let weight = match missing.urgency {
                Urgency::Late => Weight::Urgent,
                Urgency::Soon => Weight::Warning,
                Urgency::Open => continue,
            };
            let late = missing
                .due
                .filter(|due| *due < ledger.today)
                .map_or_else(String::new, |due| format!("，已超期（{}止）", words::spoken(due)));
            let about = if missing.about.starts_with("问题") { format!(" {}", missing.about) } else { String::new() };
            found.push(Reminder {
                key: format!("{}/{}{}", step_key(missing.step), missing.number, about.trim()),
                number: missing.number.clone(),
                weight,
                since: missing.since,
                due: missing.due,
                text: format!("{}{about} {}{late}", missing.number, missing.said),
                advice: missing.advice.clone(),
            });
        }
        for case in &one.cases {
            of_case(case, ledger.today, &mut found);
        }
    }
    sort(&mut found);
    found
}

/// The weightiest first, then what ends soonest.
fn sort(all: &mut [Reminder]) {
    all.sort_by(|a, b| (b.weight, a.due, &a.key).cmp(&(a.weight, b.due, &b.key)));
}

/// The foremost of many reminders, and how many there are besides: nobody reads thousands, and they need not stand in memory.
#[derive(Debug, Clone)]
pub struct Foremost {
    /// So many at most.
    pub most: usize,
    kept: Vec<Reminder>,
    more: u64,
}

impl Foremost {
    /// None yet, and at most so many.
    pub const fn new(most: usize) -> Self {
        Self { most, kept: Vec::new(), more: 0 }
    }

    /// Takes in more of them.
    pub fn extend(&mut self, reminders: impl IntoIterator<Item = Reminder>) {
        for reminder in reminders {
            self.kept.push(reminder);
            if self.kept.len() >= self.most.saturating_mul(2).max(2) {
                self.cut();
            }
        }
    }

    /// Takes in those of another.
    pub fn join(&mut self, other: &Self) {
        self.more += other.more;
        self.extend(other.kept.iter().cloned());
    }

    fn cut(&mut self) {
        sort(&mut self.kept);
        self.more += self.kept.len().saturating_sub(self.most) as u64;
        self.kept.truncate(self.most);
    }

    /// The foremost in order, and how many there are besides.
    pub fn told(mut self) -> (Vec<Reminder>, u64) {
        self.cut();
        (self.kept, self.more)
    }
}

/// Reminders of drift: copies that are not what was entered, and a schema under which documents would fail.
pub fn of_drift(drift: &Drift, today: NaiveDate) -> Vec<Reminder> {
    let mut found: Vec<_> = drift
        .copies
        .iter()
        .map(|copy| Reminder {
            key: format!("copy/{}", copy.id),
            number: copy.title.clone(),
            weight: Weight::Urgent,
            since: copy.since.beijing_day(),
            due: None,
            text: format!("{} {}", copy.title, copy.what.label()),
            advice: "在平台上按文号核对；不是本单位改动的请联系平台".into(),
        })
        .collect();
    let Some(schema) = &drift.schema else { return found };
    let (version, from) = (&schema.version, schema.effective_from);
    let weight = if from <= today { Weight::Urgent } else { Weight::Warning };
    let begins = words::spoken(from);
    let reminder = |key: &str, text: String, advice: &str| Reminder {
        key: format!("schema/{key}/{version}"),
        number: String::new(),
        weight,
        since: schema.checked_at.beijing_day(),
        due: Some(from),
        text,
        advice: advice.to_owned(),
    };
    if !schema.has_bundle {
        let text = format!("平台{begins}起使用格式 {version}，本机没有这个格式包");
        found.push(reminder("bundle", text, "向平台索取格式包，放进平台目录后重启程序"));
    }
    if schema.would_fail > 0 {
        let text = format!("平台{begins}起使用格式 {version}，{} 件待上传和近期文书会不合格", schema.would_fail);
        found.push(reminder("fail", text, "用 dangri status 查看名单，待上传的赶在生效前录入或改好"));
    }
    found
}

const fn step_key(step: Step) -> &'static str {
    match step {
        Step::Record => "record",
        Step::Order => "order",
        Step::Review => "review",
        Step::Filing => "filing",
        Step::Notice => "notice",
        Step::Hearing => "hearing",
        Step::Decision => "decision",
        Step::Service => "service",
        Step::Publication => "publication",
        Step::Payment => "payment",
        Step::Close => "close",
    }
}

fn of_case(case: &CaseLine, today: NaiveDate, found: &mut Vec<Reminder>) {
    for (number, until) in &case.terms.preserved {
        let begin = before(*until, 2);
        if (begin..=after(*until, AFTER_PRESERVING)).contains(&today) {
            let passed = if today > *until { "，已到期，请核对是否已处理" } else { "" };
            found.push(Reminder {
                key: format!("preserve/{number}"),
                number: number.clone(),
                weight: if today >= *until { Weight::Urgent } else { Weight::Warning },
                since: begin,
                due: Some(*until),
                text: format!("{number} 先行登记保存的证据应在{}前作出处理决定{passed}", words::spoken(*until)),
                advice: "七个工作日内作出处理决定，做先行登记保存证据处理决定书".into(),
            });
        }
    }
    let open = |step: Step| case.legs.iter().any(|leg| leg.step == step && leg.is_open());
    if open(Step::Decision) {
        of_hearing(case, today, found);
        found.extend(of_the_limit(case));
    }
    if open(Step::Payment) {
        found.extend(of_enforcement(case, today));
    }
}

/// The term for asking for a hearing has ended; or one was called, and must not be held too early (DAT-10).
fn of_hearing(case: &CaseLine, today: NaiveDate, found: &mut Vec<Reminder>) {
    let reminder = |key: &str, since, due, text: String, advice: &str| Reminder {
        key: format!("{key}/{}", case.number),
        number: case.number.clone(),
        weight: Weight::Notice,
        since,
        due,
        text: format!("{} {text}", case.number),
        advice: advice.into(),
    };
    if let Some((told, from)) = case.terms.invited {
        if today <= from {
            let text = format!("听证会通知已于{}送达，听证不得早于{}举行", words::spoken(told), words::spoken(from));
            found.push(reminder("hearing-held", told, Some(from), text, "举行听证的七个工作日前通知当事人；定早了的，改期并重新通知"));
        }
    } else if let Some(until) = case.terms.hearing_until.filter(|until| today > *until) {
        let text = format!("申请听证的期限{}已满", words::spoken(until));
        let advice = "未申请听证的，可以作出处罚决定；申请了的，在举行听证的七个工作日前送达听证会通知书";
        found.push(reminder("hearing-over", after(until, 1), None, text, advice));
    }
}

/// The act was found too late to be punished (DAT-18).
fn of_the_limit(case: &CaseLine) -> Option<Reminder> {
    let (ended, when, last) = case.terms.too_late?;
    Some(Reminder {
        key: format!("limit/{}", case.number),
        number: case.number.clone(),
        weight: Weight::Warning,
        since: case.day,
        due: None,
        text: format!(
            "{} 违法行为{}终了，{}才发现，已过处罚时效（{}止）",
            case.number,
            words::spoken(ended),
            words::spoken(when),
            words::spoken(last)
        ),
        advice: "核对行为终了和发现的日期；确已超过时效的不再处罚，做结案审批表写明理由".into(),
    })
}

/// The fine is not paid: a demand, ten days, and then the court, before its term ends (DAT-16).
fn of_enforcement(case: &CaseLine, today: NaiveDate) -> Option<Reminder> {
    let (from, until) = case.terms.enforce?;
    let reminder = |key: &str, weight, since, due, text: String, advice: &str| Reminder {
        key: format!("{key}/{}", case.number),
        number: case.number.clone(),
        weight,
        since,
        due: Some(due),
        text: format!("{} 罚款没有缴清，{text}", case.number),
        advice: advice.into(),
    };
    let near = |due: NaiveDate| if today >= before(due, LAST_DAYS_OF_ENFORCING) { Weight::Urgent } else { Weight::Warning };
    let court = format!("申请法院强制执行的期限{}止", words::spoken(until));
    let elsewhere = "申请了复议或诉讼的，期限另行计算";
    match (case.terms.demanded, case.terms.demand_by) {
        _ if today < from || today > until => None,
        (Some((served, free)), _) if today < free => {
            let text = format!("催告书{}送达，{}起可以申请法院强制执行", words::spoken(served), words::spoken(free));
            Some(reminder("demanded", Weight::Notice, served, free, text, "催告书送达十日后仍不履行的，向人民法院申请"))
        }
        (Some((served, free)), _) => {
            let text = format!("催告书{}送达已满十日，{court}", words::spoken(served));
            let advice = format!("向人民法院申请强制执行；{elsewhere}");
            Some(reminder("enforce", near(until), free.max(from), until, text, &advice))
        }
        (None, Some(by)) => {
            let passed = if today > by { "，已过" } else { "" };
            let text = format!("还没有催告：催告书最迟{}送达{passed}，{court}", words::spoken(by));
            let advice = format!("送达催告书，做文书送达回执并录入，十日后仍不履行的向人民法院申请强制执行；{elsewhere}");
            Some(reminder("demand", near(by), from, by, text, &advice))
        }
        (None, None) => None,
    }
}

fn before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_foremost_of_many_are_kept_in_order_and_the_others_counted() {
        let of = |n: u32, weight| {
            let due = NaiveDate::from_num_days_from_ce_opt(738_000 + i32::try_from(n).unwrap());
            let since = due.unwrap();
            Reminder { key: format!("review/{n}"), number: String::new(), weight, since, due, text: String::new(), advice: String::new() }
        };
        let all: Vec<_> = (0..100).rev().map(|n| of(n, if n % 10 == 0 { Weight::Urgent } else { Weight::Notice })).collect();
        let (mut whole, mut first, mut other) = (all.clone(), Foremost::new(12), Foremost::new(12));
        sort(&mut whole);
        first.extend(all[..40].to_vec());
        other.extend(all[40..].to_vec());
        first.join(&other);
        let (kept, more) = first.told();
        assert_eq!((kept.as_slice(), more), (&whole[..12], 88));
        assert_eq!((kept[9].weight, kept[10].weight), (Weight::Urgent, Weight::Notice));
    }
}
