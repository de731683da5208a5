//! Readings become loops.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::{
    CaseLine, FindingLine, Ledger, Leg, Loop, Missing, Publications, Step, Urgency,
    cases::{self, Papers},
    rectify::{self, Index, plain},
    terms::{Terms, WARN_DAYS},
};
use crate::report::{
    Reading,
    reading::{Found, Said},
};

impl Ledger {
    /// The ledger of all documents that stand, as it looks on `today`.
    pub fn of(readings: &[Reading], publications: &Publications, terms: &Terms, today: NaiveDate) -> Self {
        let index = Index::of(readings);
        let mut loops = inspections(readings, &index, terms);
        let known: HashMap<&str, usize> = (0..).zip(&loops).filter_map(|(at, half)| half.inspection.map(|id| (id, at))).collect();
        let places: HashMap<(&str, NaiveDate), usize> = (0..).zip(&loops).map(|(at, half)| ((half.uscc.as_str(), half.day), at)).collect();
        let mut of_loops: HashMap<usize, Vec<Papers<'_>>> = HashMap::new();
        let mut alone = Vec::new();
        for papers in cases_of(readings) {
            let enterprise = papers.enterprise();
            let by_id = papers.inspection().and_then(|id| known.get(id));
            let by_day = || places.get(&(enterprise.uscc.as_str(), papers.found()?)).filter(|_| !enterprise.uscc.is_empty());
            match by_id.or_else(by_day) {
                Some(at) => of_loops.entry(*at).or_default().push(papers),
                None => alone.push(papers),
            }
        }
        for (at, papers) in of_loops {
            loops[at].cases = papers;
        }
        loops.extend(alone.into_iter().filter_map(Half::of_case));
        Self::with(loops.into_iter().map(|half| half.whole(publications, terms, today)).collect(), today)
    }

    /// The ledger with these loops, in any order.
    pub fn with(mut loops: Vec<Loop>, today: NaiveDate) -> Self {
        loops.sort_by_cached_key(|a| (std::cmp::Reverse(a.urgency()), a.is_closed(), first_day(a), a.number.clone()));
        Self { today, loops }
    }
}

/// What sorts loops of the same urgency: the earliest end of a term, else the longest wait.
fn first_day(one: &Loop) -> Option<NaiveDate> {
    one.missing.first().map(|missing| missing.due.unwrap_or(missing.since))
}

/// A loop while it is put together.
struct Half<'a> {
    number: String,
    enterprise: String,
    uscc: String,
    town: String,
    day: NaiveDate,
    inspection: Option<&'a str>,
    /// The record's own leg, while it is not entered or not here.
    record: Option<Leg>,
    found: Vec<Found>,
    findings: Vec<FindingLine>,
    cases: Vec<Papers<'a>>,
}

fn inspections<'a>(readings: &'a [Reading], index: &Index<'a>, terms: &Terms) -> Vec<Half<'a>> {
    let mut halves = Vec::new();
    let mut ordered: Vec<_> = Vec::new();
    for reading in readings {
        let Said::Record(found) = &reading.text.said else { continue };
        let papers = index.papers(reading.inspection.as_deref(), reading.number.as_deref());
        ordered.extend(papers.orders.iter().map(|(order, _)| order.id));
        let record = (!reading.is_entered())
            .then(|| rectify::on_the_way(Step::Record, reading, reading.inspection_day, Some(reading.inspection_day)));
        halves.push(Half::of_inspection(reading, found.clone(), record, &papers, terms));
    }
    // Orders whose record is not here: what they order is what was found.
    let mut threads: BTreeMap<String, Vec<&Reading>> = BTreeMap::new();
    for reading in readings.iter().filter(|r| matches!(r.text.said, Said::Order(_)) && !ordered.contains(&r.id)) {
        threads.entry(reading.inspection.clone().unwrap_or_else(|| reading.title.clone())).or_default().push(reading);
    }
    for orders in threads.into_values() {
        let mut found = Vec::new();
        for order in &orders {
            let Said::Order(text) = &order.text.said else { continue };
            found.extend(text.problems.iter().map(|(no, text)| Found {
                no: no.clone(),
                text: text.clone(),
                category: String::new(),
                disposition: "order".into(),
                basis: Vec::new(),
            }));
        }
        let first = orders[0];
        let papers = index.papers(first.inspection.as_deref(), None);
        let papers = if papers.orders.is_empty() { index.of_order(first) } else { papers };
        let record = Leg::missing(Step::Record, first.day, Some(first.day))
            .because("本机没有现场检查记录")
            .then("补做现场检查记录并录入；平台上已有的请核对编号");
        halves.push(Half::of_inspection(first, found, Some(record), &papers, terms));
    }
    halves
}

/// The cases, each with all its documents.
fn cases_of(readings: &[Reading]) -> Vec<Papers<'_>> {
    let of_filing = |reading: &Reading| match &reading.text.said {
        Said::Notice(text) => text.filing.as_deref().map(plain),
        Said::Decision(text) => text.filing.as_deref().map(plain),
        Said::Close(text) => text.filing.as_deref().map(plain),
        _ => None,
    };
    let by_filing: HashMap<&str, &str> = readings
        .iter()
        .filter(|reading| matches!(reading.text.said, Said::Filing(_)))
        .filter_map(|reading| Some((reading.number.as_deref()?, reading.case.as_deref()?)))
        .collect();
    let mut cases: BTreeMap<String, Papers<'_>> = BTreeMap::new();
    for reading in readings.iter().filter(|reading| belongs_to_a_case(reading)) {
        let filed = of_filing(reading);
        let by_reference = || filed.as_deref().and_then(|number| by_filing.get(number)).map(|case| (*case).to_owned());
        let key = match &reading.text.said {
            Said::Spot(_) => reading.title.clone(),
            _ => reading.case.clone().or_else(by_reference).or_else(|| filed.clone()).unwrap_or_else(|| reading.title.clone()),
        };
        cases.entry(key).or_default().put(reading);
    }
    // A questioning or a service receipt alone is no case.
    cases.into_values().filter(Papers::is_a_case).collect()
}

fn belongs_to_a_case(reading: &Reading) -> bool {
    match reading.text.said {
        Said::Filing(_) | Said::Notice(_) | Said::Decision(_) | Said::Spot(_) | Said::Close(_) => true,
        Said::Receipt(_) | Said::Preserve(_) | Said::Other => reading.case.is_some(),
        Said::Record(_) | Said::Order(_) | Said::Review(_) => false,
    }
}

impl<'a> Half<'a> {
    fn of_inspection(reading: &'a Reading, found: Vec<Found>, record: Option<Leg>, papers: &rectify::Papers<'a>, terms: &Terms) -> Self {
        let enterprise = &reading.text.enterprise;
        let line = |one: &Found| FindingLine {
            no: one.no.clone(),
            text: one.text.clone(),
            category: one.category.clone(),
            disposition: one.disposition.clone(),
            case: None,
            legs: rectify::legs(one, &found, reading.inspection_day, papers, terms),
        };
        Self {
            number: reading.number.clone().unwrap_or_else(|| reading.title.clone()),
            enterprise: enterprise.name.clone(),
            uscc: enterprise.uscc.clone(),
            town: enterprise.town.clone(),
            day: reading.inspection_day,
            inspection: reading.inspection.as_deref(),
            record,
            findings: found.iter().map(line).collect(),
            cases: Vec::new(),
            found,
        }
    }

    fn of_case(papers: Papers<'a>) -> Option<Self> {
        let any = papers.any()?;
        let enterprise = papers.enterprise();
        Some(Self {
            number: any.number.clone().unwrap_or_else(|| any.title.clone()),
            enterprise: enterprise.name,
            uscc: enterprise.uscc,
            town: enterprise.town,
            day: papers.found().unwrap_or(any.day),
            inspection: None,
            record: None,
            found: Vec::new(),
            findings: Vec::new(),
            cases: vec![papers],
        })
    }

    fn whole(mut self, publications: &Publications, terms: &Terms, today: NaiveDate) -> Loop {
        let with_papers: Vec<_> =
            self.cases.iter().filter_map(|papers| Some((papers, cases::line(papers, publications, terms)?))).collect();
        let cases = assign(&mut self.findings, &self.found, with_papers, self.day);
        let missing = missing(&self, &cases, terms, today);
        let settled = |finding: &FindingLine| finding.legs.iter().any(|leg| leg.step == Step::Review && leg.standing.is_settled());
        let suspected = |finding: &&FindingLine| finding.disposition == "case";
        Loop {
            rectified: self.record.is_none() && self.findings.iter().all(settled),
            punished: self.record.is_none()
                && self.findings.iter().filter(suspected).all(|finding| finding.case.is_some())
                && cases.iter().all(|case| case.has_outcome),
            published: cases.iter().all(|case| case.is_published || !case.has_outcome),
            number: self.number,
            enterprise: self.enterprise,
            uscc: self.uscc,
            town: self.town,
            day: self.day,
            findings: self.findings,
            cases,
            missing,
        }
    }
}

/// Which case deals with which suspected finding.
fn assign(findings: &mut [FindingLine], found: &[Found], mut cases: Vec<(&Papers<'_>, CaseLine)>, day: NaiveDate) -> Vec<CaseLine> {
    let suspected: Vec<usize> = (0..findings.len()).filter(|at| findings[*at].disposition == "case").collect();
    for at in &suspected {
        let cites = |papers: &Papers<'_>| papers.violated().iter().any(|cited| found[*at].basis.contains(cited));
        if let Some((_, case)) = cases.iter_mut().find(|(papers, _)| cites(papers)) {
            findings[*at].case = Some(case.number.clone());
            case.findings.push(findings[*at].no.clone());
        }
    }
    let none = suspected.iter().all(|at| findings[*at].case.is_none());
    let mut ordinary = cases.iter_mut().filter(|(_, case)| !case.on_the_spot);
    if let (true, Some((_, case)), None) = (none, ordinary.next(), ordinary.next()) {
        for at in &suspected {
            findings[*at].case = Some(case.number.clone());
            case.findings.push(findings[*at].no.clone());
        }
    }
    for at in suspected {
        if findings[at].case.is_none() {
            let leg =
                Leg::missing(Step::Filing, day, None).because("涉嫌违法，还没有立案").then("做立案审批表；依法不予立案的在案卷中写明理由");
            findings[at].legs.push(leg);
        }
    }
    cases.into_iter().map(|(_, case)| case).collect()
}

fn missing(half: &Half<'_>, cases: &[CaseLine], terms: &Terms, today: NaiveDate) -> Vec<Missing> {
    let mut all: Vec<(Missing, Vec<String>)> = Vec::new();
    let mut note = |leg: &Leg, about: String, no: Option<&str>, number: &str| {
        let warn = match leg.step {
            // From the deadline on a review is due; the days after it are grace.
            Step::Review => i64::from(terms.review_days),
            Step::Notice | Step::Hearing | Step::Decision => i64::from(terms.decision_days.saturating_sub(terms.decision_warn_days)),
            _ => WARN_DAYS,
        };
        let Some(since) = leg.since else { return };
        let missing = Missing {
            step: leg.step,
            about,
            number: number.to_owned(),
            since,
            due: leg.due,
            urgency: Urgency::of(leg.due, today, warn),
            said: leg.said.clone(),
            advice: leg.advice.clone(),
        };
        // Findings that wait for the same thing are told of together.
        match all.iter_mut().find(|(known, numbers)| !numbers.is_empty() && no.is_some() && *known == missing) {
            Some((_, numbers)) => numbers.extend(no.map(str::to_owned)),
            None => all.push((missing, no.map(str::to_owned).into_iter().collect())),
        }
    };
    if let Some(record) = &half.record {
        note(record, "检查".into(), None, &half.number);
    }
    for finding in &half.findings {
        for leg in finding.legs.iter().filter(|leg| leg.is_open()) {
            let ordered = finding.legs.iter().find(|leg| leg.step == Step::Order).and_then(|leg| leg.document.as_deref());
            let number = if leg.step == Step::Review { ordered.unwrap_or(&half.number) } else { &half.number };
            note(leg, String::new(), Some(&finding.no), number);
        }
    }
    for case in cases {
        case.legs.iter().filter(|leg| leg.is_open()).for_each(|leg| note(leg, "案件".to_owned(), None, &case.number));
    }
    let mut all: Vec<_> = all.into_iter().map(named).collect();
    all.sort_by_key(|missing| (std::cmp::Reverse(missing.urgency), missing.due.unwrap_or(missing.since), missing.step));
    all
}

fn named((mut missing, numbers): (Missing, Vec<String>)) -> Missing {
    if !numbers.is_empty() {
        missing.about = format!("问题{}", numbers.join("、"));
    }
    missing
}
