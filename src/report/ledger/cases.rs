//! From the filing of a case to its closing (处罚到位, 公示到位).

use chrono::{Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{
    Publication, Publications,
    leg::{Leg, Standing, Step},
    rectify::on_the_way,
    terms::Terms,
};
use crate::{
    document::Yuan,
    report::{
        Reading,
        reading::{Citation, Close, Decision, Enterprise, Filing, Notice, Said, Spot},
        words,
    },
};

/// All documents of one case.
#[derive(Debug, Clone, Default)]
pub(super) struct Papers<'a> {
    pub(super) filing: Option<(&'a Reading, &'a Filing)>,
    pub(super) notice: Option<(&'a Reading, &'a Notice)>,
    pub(super) hearing: Option<(&'a Reading, &'a Notice)>,
    pub(super) decision: Option<(&'a Reading, &'a Decision)>,
    pub(super) spot: Option<(&'a Reading, &'a Spot)>,
    pub(super) close: Option<(&'a Reading, &'a Close)>,
    pub(super) others: Vec<&'a Reading>,
}

/// A case in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseLine {
    /// The number of the decision, else of the filing, else of whatever is there.
    pub number: String,
    /// What it is about, without a person's name.
    pub cause: String,
    /// Whether it was decided on the spot.
    pub on_the_spot: bool,
    /// The numbers of the findings that it deals with.
    pub findings: Vec<String>,
    /// The fine, decided or proposed, in 万元; empty when none is known.
    pub fine_wan: String,
    /// Whether the fine is decided, not only proposed.
    pub decided: bool,
    /// The day on which the act was found.
    pub found: Option<NaiveDate>,
    /// The day of the decision, the filing, or whatever is there.
    pub day: NaiveDate,
    /// Whether it came to a decision, or to none for a reason on record.
    pub has_outcome: bool,
    /// Whether the decision is published or lawfully exempt; true as well without a penalty.
    pub is_published: bool,
    /// The days that terms are counted from and end on.
    pub terms: CaseTerms,
    /// The legs.
    pub legs: Vec<Leg>,
}

/// The days of a case that are worth a reminder though no leg waits for them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CaseTerms {
    /// When the decision was served.
    pub served: Option<NaiveDate>,
    /// The last day of payment.
    pub pay_by: Option<NaiveDate>,
    /// The last day on which a hearing can be asked for (行政处罚法 art. 64).
    pub hearing_until: Option<NaiveDate>,
    /// Notices of preserved evidence that nobody is seen to have dealt with, and until when they must be (arts. 56, 85).
    pub preserved: Vec<(String, NaiveDate)>,
    /// From when and until when the court can be asked to enforce (行政强制法 art. 53); `None` once that was done.
    pub enforce: Option<(NaiveDate, NaiveDate)>,
    /// When a demand to pay was served, and from when the court may be asked after it (art. 54).
    #[serde(default)]
    pub demanded: Option<(NaiveDate, NaiveDate)>,
    /// The last day for a demand, so that the court can be asked in time.
    #[serde(default)]
    pub demand_by: Option<NaiveDate>,
    /// When the party was told of a hearing, and the first day on which it may be held (行政处罚法 art. 64).
    #[serde(default)]
    pub invited: Option<(NaiveDate, NaiveDate)>,
    /// When the act ended, was found, and could be found at the latest to be punished (art. 36); `None` when it was found in time.
    #[serde(default)]
    pub too_late: Option<(NaiveDate, NaiveDate, NaiveDate)>,
}

impl<'a> Papers<'a> {
    /// Puts a document where it belongs; an entered one takes the place of one on its way, a later one that of an earlier.
    pub(super) fn put(&mut self, reading: &'a Reading) {
        fn set<'a, T>(slot: &mut Option<(&'a Reading, &'a T)>, reading: &'a Reading, text: &'a T) {
            let better = |old: &Reading| (reading.is_entered(), reading.day) >= (old.is_entered(), old.day);
            if slot.as_ref().is_none_or(|(old, _)| better(old)) {
                *slot = Some((reading, text));
            }
        }
        match &reading.text.said {
            Said::Filing(text) => set(&mut self.filing, reading, text),
            Said::Notice(text) if reading.kind == "hearing_notice" => set(&mut self.hearing, reading, text),
            Said::Notice(text) => set(&mut self.notice, reading, text),
            Said::Decision(text) => set(&mut self.decision, reading, text),
            Said::Spot(text) => set(&mut self.spot, reading, text),
            Said::Close(text) => set(&mut self.close, reading, text),
            _ => self.others.push(reading),
        }
    }

    /// Whether there is more than a questioning or a receipt. Preserved evidence alone is a case that waits to be filed.
    pub(super) fn is_a_case(&self) -> bool {
        let slots = [
            self.filing.is_some(),
            self.notice.is_some(),
            self.hearing.is_some(),
            self.decision.is_some(),
            self.spot.is_some(),
            self.close.is_some(),
        ];
        slots.contains(&true) || self.others.iter().any(|reading| matches!(reading.text.said, Said::Preserve(_)))
    }

    fn each(&self) -> impl Iterator<Item = &'a Reading> {
        let slots = [
            self.decision.map(|(r, _)| r),
            self.spot.map(|(r, _)| r),
            self.filing.map(|(r, _)| r),
            self.hearing.map(|(r, _)| r),
            self.notice.map(|(r, _)| r),
            self.close.map(|(r, _)| r),
        ];
        slots.into_iter().flatten().chain(self.others.clone())
    }

    /// Any of its documents, the weightiest first.
    pub(super) fn any(&self) -> Option<&'a Reading> {
        self.each().next()
    }

    /// The enterprise; the town from whichever document gives it.
    pub(super) fn enterprise(&self) -> Enterprise {
        let mut all = self.each().map(|reading| &reading.text.enterprise);
        let mut enterprise = all.next().cloned().unwrap_or_default();
        for other in all {
            for (own, theirs) in
                [(&mut enterprise.name, &other.name), (&mut enterprise.uscc, &other.uscc), (&mut enterprise.town, &other.town)]
            {
                if own.is_empty() {
                    own.clone_from(theirs);
                }
            }
        }
        enterprise
    }

    /// The inspection that one of its documents names.
    pub(super) fn inspection(&self) -> Option<&'a str> {
        self.each().find_map(|reading| reading.inspection.as_deref())
    }

    /// The day on which the act was found.
    pub(super) fn found(&self) -> Option<NaiveDate> {
        let by_filing = self.filing.and_then(|(_, text)| text.found);
        by_filing.or_else(|| self.decision.and_then(|(_, text)| text.found)).or_else(|| self.spot.map(|(reading, _)| reading.day))
    }

    /// What it says was violated.
    pub(super) fn violated(&self) -> Vec<&'a Citation> {
        let filed = self.filing.iter().flat_map(|(_, text)| &text.suspected);
        let noticed = self.notice.iter().chain(&self.hearing).flat_map(|(_, text)| &text.violated);
        let decided = self.decision.iter().flat_map(|(_, text)| &text.violated);
        let spot = self.spot.iter().flat_map(|(_, text)| &text.violated);
        filed.chain(noticed).chain(decided).chain(spot).collect()
    }

    fn cause(&self) -> String {
        let filed = self.filing.map(|(reading, _)| reading);
        let mut said = filed.into_iter().chain(self.each()).map(|reading| &reading.text.cause).filter(|cause| !cause.is_empty());
        said.next().cloned().unwrap_or_else(|| {
            let mut once: Vec<_> = self.violated().iter().map(|c| format!("《{}》{}", c.law, c.article)).collect();
            once.dedup();
            if once.is_empty() { "案由见文书".to_owned() } else { format!("违反{}", once.join("、")) }
        })
    }

    /// The fine, and whether it is decided.
    fn fine(&self) -> (Option<Yuan>, bool) {
        let decided = self.decision.map(|(_, text)| text.fine).or_else(|| self.spot.map(|(_, text)| text.fine));
        match decided {
            Some(fine) => (fine, true),
            None => (self.hearing.and_then(|(_, text)| text.fine).or_else(|| self.notice.and_then(|(_, text)| text.fine)), false),
        }
    }

    fn kinds(&self) -> Vec<String> {
        let noticed = self.notice.or(self.hearing).map(|(_, text)| text.kinds.clone());
        self.decision.map(|(_, text)| text.kinds.clone()).or(noticed).unwrap_or_default()
    }

    /// The last day of payment and the day of service, as the receipts or the decision itself say.
    pub(super) fn served(&self, terms: &Terms) -> Option<(NaiveDate, Option<NaiveDate>)> {
        let (decision, text) = self.decision?;
        let on_receipt = self.others.iter().filter(|reading| reading.is_entered()).find_map(|reading| row_of(reading, decision));
        let by_itself = text.served.filter(|_| decision.is_entered());
        let (served, until) = on_receipt.map(|day| (day, None)).or(by_itself)?;
        Some((served, until.or_else(|| terms.days(served, terms.payment_days))))
    }
}

fn case_terms(papers: &Papers<'_>, terms: &Terms) -> CaseTerms {
    let served = papers.served(terms);
    let entered = || papers.others.iter().filter(|reading| reading.is_entered());
    let told = papers.hearing.and_then(|(hearing, _)| entered().find_map(|reading| row_of(reading, hearing)));
    // A bundle may know more kinds than the sixteen; where it does, what they did is seen.
    let has = |kind: &str| entered().any(|reading| reading.kind == kind);
    let dealt_with = has("preserve_disposal") || papers.decision.is_some() || papers.close.is_some();
    let preserved = |reading: &&Reading| match reading.text.said {
        Said::Preserve(until) => Some((reading.title.clone(), until.or_else(|| terms.working(reading.day, terms.preserve_working_days))?)),
        _ => None,
    };
    let of_kind = |kind: &str| entered().find_map(|reading| row_of_kind(reading, kind));
    let enforce = served.filter(|_| !has("enforce_application")).and_then(|(day, _)| terms.enforce_by(day));
    let heard = has("hearing_record") || has("hearing_report") || papers.decision.is_some() || papers.close.is_some();
    let invited = of_kind("hearing_meeting").filter(|_| !heard);
    CaseTerms {
        demanded: of_kind("enforce_warning").and_then(|day| Some((day, Terms::plain(day, terms.demand_days)?))),
        demand_by: enforce.and_then(|(_, until)| until.checked_sub_days(Days::new(terms.demand_days.into()))),
        invited: invited.and_then(|day| Some((day, terms.working(day, terms.invitation_working_days)?))),
        too_late: papers.filing.filter(|_| papers.close.is_none()).and_then(|(_, text)| too_late(text, terms)),
        served: served.map(|(day, _)| day),
        pay_by: served.and_then(|(_, until)| until),
        hearing_until: told.and_then(|day| terms.working(day, terms.hearing_working_days)),
        preserved: if dealt_with { Vec::new() } else { papers.others.iter().filter_map(preserved).collect() },
        enforce,
    }
}

/// The end of an act that was found too late to be punished, when it was found, and when it should have been.
fn too_late(filing: &Filing, terms: &Terms) -> Option<(NaiveDate, NaiveDate, NaiveDate)> {
    let (found, (ended, harm)) = (filing.found?, filing.act?);
    let years = if harm { terms.limit_years.1 } else { terms.limit_years.0 };
    let last = ended.checked_add_months(Months::new(years.saturating_mul(12)))?;
    (found > last).then_some((ended, found, last))
}

/// When a receipt says that any document of this kind was served.
fn row_of_kind(receipt: &Reading, kind: &str) -> Option<NaiveDate> {
    let Said::Receipt(rows) = &receipt.text.said else { return None };
    rows.iter().find(|row| row.kind == kind).map(|row| row.day)
}

/// When a receipt says that a document was served.
fn row_of(receipt: &Reading, decision: &Reading) -> Option<NaiveDate> {
    let Said::Receipt(rows) = &receipt.text.said else { return None };
    rows.iter().find(|row| decision.is_called(&row.number)).map(|row| row.day)
}

/// The line of a case.
pub(super) fn line(papers: &Papers<'_>, publications: &Publications, terms: &Terms) -> Option<CaseLine> {
    let any = papers.any()?;
    let (fine, decided) = papers.fine();
    let legs = match papers.spot {
        Some((reading, text)) => spot_legs(reading, text, terms),
        None => legs(papers, publications, terms),
    };
    let no_penalty = papers.close.is_some_and(|(reading, text)| reading.is_entered() && text.no_penalty);
    let terms_of_it = case_terms(papers, terms);
    let is = |step: Step| legs.iter().any(|leg| leg.step == step && leg.standing.is_settled());
    Some(CaseLine {
        number: any.number.clone().unwrap_or_else(|| any.title.clone()),
        cause: papers.cause(),
        on_the_spot: papers.spot.is_some(),
        findings: Vec::new(),
        fine_wan: fine.map_or_else(String::new, Yuan::wan),
        decided,
        found: papers.found(),
        day: any.day,
        has_outcome: no_penalty || is(Step::Decision),
        is_published: no_penalty || is(Step::Publication),
        terms: terms_of_it,
        legs,
    })
}

/// A decision on the spot: served by signature, not published, and paid where nobody here can see it unless it was collected.
fn spot_legs(reading: &Reading, text: &Spot, terms: &Terms) -> Vec<Leg> {
    let decided = if reading.is_entered() {
        Leg::done(Step::Decision, reading.day, reading.number.clone())
    } else {
        on_the_way(Step::Decision, reading, reading.day, Some(reading.day))
    };
    let payment = match (text.fine, text.collected) {
        (None, _) => Leg::not_needed(Step::Payment, "没有罚款"),
        (_, true) => Leg::done(Step::Payment, reading.day, None).because("当场收缴"),
        (_, false) => {
            let until =
                terms.days(reading.day, terms.payment_days).map_or_else(String::new, |day| format!("应在{}前缴纳，", words::spoken(day)));
            Leg::new(Step::Payment, Standing::Elsewhere).because(format!("{until}文书里看不出是否缴纳，请自行核对"))
        }
    };
    vec![decided, Leg::not_needed(Step::Publication, "当场处罚不在公示范围"), payment]
}

fn legs(papers: &Papers<'_>, publications: &Publications, terms: &Terms) -> Vec<Leg> {
    let filing = present(Step::Filing, papers.filing.map(|(r, _)| r));
    let closed_without = papers.close.filter(|(reading, text)| reading.is_entered() && text.no_penalty);
    if let Some((close, _)) = closed_without {
        let none = |step| Leg::not_needed(step, "不予处罚，理由在案");
        let notice = present(Step::Notice, papers.notice.map(|(r, _)| r)).unwrap_or_else(|| none(Step::Notice));
        let mut legs = vec![filing.unwrap_or_else(|| elsewhere(Step::Filing)), notice];
        legs.extend([Step::Decision, Step::Service, Step::Publication, Step::Payment].map(none));
        legs.push(Leg::done(Step::Close, close.day, close.number.clone()));
        return legs;
    }
    let notice = present(Step::Notice, papers.notice.map(|(r, _)| r));
    let hearing = present(Step::Hearing, papers.hearing.map(|(r, _)| r));
    let decision = present(Step::Decision, papers.decision.map(|(r, _)| r));
    let close = present(Step::Close, papers.close.map(|(r, _)| r));
    let later_done = [&notice, &hearing, &decision, &close].map(|leg| leg.as_ref().is_some_and(|l| l.standing == Standing::Done));
    let mut chain = Chain { open: false, since: papers.found().unwrap_or_else(|| papers.any().map_or_else(NaiveDate::default, |r| r.day)) };
    let mut legs = vec![chain.next(Step::Filing, filing, later_done.contains(&true), None, "做立案审批表，报审批后立案")];
    let filed = papers.filing.map(|(r, _)| r.day).or_else(|| papers.decision.and_then(|(_, text)| text.filed));
    let decide_by = filed.and_then(|day| Terms::plain(day, terms.decision_days)).and_then(|day| terms.calendar.rolled(day).ok());
    legs.push(chain.next(Step::Notice, notice, later_done[2] || later_done[3], decide_by, "调查终结后做行政处罚告知书并送达"));
    legs.push(hearing_leg(hearing, papers, &mut chain, later_done[2] || later_done[3], decide_by, terms));
    let advice = "陈述申辩、听证的期限届满后作出决定；经批准延期的，以批准的期限为准";
    let decision = chain.next(Step::Decision, decision, later_done[3], decide_by, advice);
    let decided = decision.standing == Standing::Done;
    legs.push(decision);
    legs.extend(after_decision(papers, publications, terms, decided, close));
    legs
}

/// Steps of which one follows the other: the first that is not done is the next thing to do, the rest wait.
struct Chain {
    open: bool,
    since: NaiveDate,
}

impl Chain {
    fn next(&mut self, step: Step, there: Option<Leg>, later_done: bool, due: Option<NaiveDate>, advice: &str) -> Leg {
        match there {
            Some(leg) if leg.standing == Standing::Done => {
                self.since = leg.since.unwrap_or(self.since);
                leg
            }
            None if later_done => elsewhere(step),
            Some(mut leg) => {
                self.open = true;
                (leg.since, leg.due) = (Some(self.since), due);
                leg
            }
            None if self.open => Leg::new(step, Standing::Later),
            None => {
                self.open = true;
                Leg::missing(step, self.since, due).because(format!("还没有{}", step.label())).then(advice)
            }
        }
    }
}

/// The leg of a document that is here: done when it is entered, on its way otherwise.
fn present(step: Step, reading: Option<&Reading>) -> Option<Leg> {
    let reading = reading?;
    Some(if reading.is_entered() {
        Leg::done(step, reading.day, reading.number.clone())
    } else {
        on_the_way(step, reading, reading.day, None)
    })
}

fn elsewhere(step: Step) -> Leg {
    Leg::new(step, Standing::Elsewhere).because("后续文书已录入，本机没有这份文书")
}

fn hearing_leg(there: Option<Leg>, papers: &Papers<'_>, chain: &mut Chain, later_done: bool, due: Option<NaiveDate>, terms: &Terms) -> Leg {
    if there.is_some() {
        return chain.next(Step::Hearing, there, later_done, due, "");
    }
    let known = papers.notice.is_some() || papers.decision.is_some();
    if !known {
        return Leg::new(Step::Hearing, Standing::Later);
    }
    if !needs_hearing(papers, terms) {
        return Leg::not_needed(Step::Hearing, "没有达到听证的标准");
    }
    chain.next(Step::Hearing, None, later_done, due, "做行政处罚听证告知书并送达，五个工作日内未申请的再作决定")
}

/// Whether the right to a hearing must be offered (AMT-3, 行政处罚法 art. 63).
fn needs_hearing(papers: &Papers<'_>, terms: &Terms) -> bool {
    let against_person = papers.any().is_some_and(|reading| reading.text.against_person);
    let limit = Yuan::whole(i64::from(if against_person { terms.person_yuan } else { terms.unit_yuan }));
    let heavy = |kind: &String| terms.penalty_kinds.cell(kind, "hearing") == Some("always");
    papers.fine().0.is_some_and(|fine| fine >= limit) || papers.kinds().iter().any(heavy)
}

fn after_decision(papers: &Papers<'_>, publications: &Publications, terms: &Terms, decided: bool, close: Option<Leg>) -> Vec<Leg> {
    let closed = close.as_ref().is_some_and(|leg| leg.standing == Standing::Done);
    let Some((decision, _)) = papers.decision.filter(|_| decided) else {
        // A closing that names a decision of before this program's time stands for it.
        let rest = |step| if closed { elsewhere(step) } else { Leg::new(step, Standing::Later) };
        let mut legs: Vec<_> = [Step::Service, Step::Publication, Step::Payment].map(rest).into();
        legs.push(close.filter(|_| closed).unwrap_or_else(|| Leg::new(Step::Close, Standing::Later)));
        return legs;
    };
    let served = papers.served(terms);
    let payment = payment_leg(papers, served, closed, decided);
    let settled = payment.standing.is_settled();
    vec![
        service_leg(papers, decision, served, closed, terms),
        publication_leg(decision, publications, terms),
        payment,
        match close {
            Some(leg) => leg,
            None if settled => Leg::missing(Step::Close, served.map_or(decision.day, |(day, _)| day), None)
                .because("还没有结案")
                .then("执行完毕后做结案审批表"),
            None => Leg::new(Step::Close, Standing::Later),
        },
    ]
}

fn service_leg(
    papers: &Papers<'_>,
    decision: &Reading,
    served: Option<(NaiveDate, Option<NaiveDate>)>,
    closed: bool,
    terms: &Terms,
) -> Leg {
    if let Some((day, _)) = served {
        return Leg::done(Step::Service, day, None);
    }
    let due = terms.working(decision.day, terms.service_working_days);
    if let Some(receipt) = papers.others.iter().find(|reading| row_of(reading, decision).is_some()) {
        return on_the_way(Step::Service, receipt, decision.day, due);
    }
    if closed {
        return elsewhere(Step::Service);
    }
    Leg::missing(Step::Service, decision.day, due).because("还没有送达").then("送达处罚决定书，做文书送达回执并录入")
}

fn publication_leg(decision: &Reading, publications: &Publications, terms: &Terms) -> Leg {
    let due = terms.working(decision.day, terms.publication_working_days);
    let missing = |said: String, advice: &str| Leg::missing(Step::Publication, decision.day, due).because(said).then(advice);
    match decision.number.as_deref().and_then(|number| publications.get(number)) {
        Some(Publication::Shown { day }) => Leg::done(Step::Publication, *day, None),
        Some(Publication::Exempt { why }) => Leg::not_needed(Step::Publication, why.clone()),
        Some(Publication::Ended { why }) => Leg::not_needed(Step::Publication, why.clone()),
        Some(Publication::Wrong { what }) => missing(format!("公示内容不符：{what}"), "在平台上更正公示内容，再运行 dangri reconcile 核对"),
        Some(Publication::NotShown) => missing("平台上还看不到公示".into(), "在平台上办理行政处罚公示，再运行 dangri reconcile 核对"),
        Some(Publication::Unseen { why }) => missing(format!("公示没有核对成：{why}"), "稍后运行 dangri reconcile 再核对"),
        None => missing("还没有核对过公示".into(), "在平台上办理行政处罚公示；程序会按时核对"),
    }
}

fn payment_leg(papers: &Papers<'_>, served: Option<(NaiveDate, Option<NaiveDate>)>, closed: bool, decided: bool) -> Leg {
    let (fine, _) = papers.fine();
    if decided && fine.is_none() {
        return Leg::not_needed(Step::Payment, "没有罚款");
    }
    if let Some((reading, text)) = papers.close.filter(|_| closed) {
        let how = match text.execution.as_str() {
            "paid" => "已全部缴纳",
            "paid_by_instalment" => "分期缴清",
            "enforced" => "强制执行完毕",
            "ended" => "终结执行",
            "nothing_to_execute" => "无需执行",
            _ => "执行情况见结案审批表",
        };
        return Leg::done(Step::Payment, reading.day, reading.number.clone()).because(how);
    }
    let Some((day, until)) = served else { return Leg::new(Step::Payment, Standing::Later) };
    let said = until.map_or_else(|| "缴款期限请自行核对".to_owned(), |until| format!("缴款期限{}", words::spoken(until)));
    let advice = "缴清后做结案审批表；逾期不缴的每日加处百分之三罚款，并催告、申请法院强制执行";
    Leg::missing(Step::Payment, day, until).because(format!("还没有缴清的记录，{said}")).then(advice)
}
