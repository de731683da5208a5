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
        ["preserve/", "hearing-over/", "enforce/", "copy/", "schema/"].iter().any(|kind| self.key.starts_with(kind))
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
    found.sort_by(|a, b| (b.weight, a.due, &a.key).cmp(&(a.weight, b.due, &b.key)));
    found
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
    if let Some(until) = case.terms.hearing_until.filter(|until| today > *until && open(Step::Decision)) {
        found.push(Reminder {
            key: format!("hearing-over/{}", case.number),
            number: case.number.clone(),
            weight: Weight::Notice,
            since: after(until, 1),
            due: None,
            text: format!("{} 申请听证的期限{}已满", case.number, words::spoken(until)),
            advice: "未申请听证的，可以作出处罚决定".into(),
        });
    }
    if let Some((from, until)) = case.terms.enforce.filter(|(from, until)| open(Step::Payment) && (*from..=*until).contains(&today)) {
        found.push(Reminder {
            key: format!("enforce/{}", case.number),
            number: case.number.clone(),
            weight: if today >= before(until, LAST_DAYS_OF_ENFORCING) { Weight::Urgent } else { Weight::Warning },
            since: from,
            due: Some(until),
            text: format!("{} 罚款没有缴清，申请法院强制执行的期限{}止", case.number, words::spoken(until)),
            advice: "先催告，催告书送达十日后仍不履行的，向人民法院申请强制执行；申请了复议或诉讼的，期限另行计算".into(),
        });
    }
}

fn before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}
