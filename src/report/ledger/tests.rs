//! One enterprise from the visit to the closed case, document by document.

use std::{path::Path, sync::Arc};

use dangri_mocks::drafts::{Draft, Thread};

use super::*;
use crate::{
    check::{Checker, Context, Settings, Verdict, rules::CodeList},
    document::{DocumentId, State},
    report::{Reading, reading::Text, remind},
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn checker() -> Arc<Checker> {
    let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/platform/shandong");
    Arc::new(Checker::load(&profile, Settings::default()).unwrap())
}

fn terms(checker: &Checker) -> Terms {
    let list = checker.versions()[0].lists["penalty_kinds"].clone();
    Terms::of(checker, CodeList::parse(&list).unwrap())
}

/// An entered document; it must be fit.
fn reading(checker: &Arc<Checker>, draft: &Draft) -> Reading {
    let worker = checker.worker();
    let tree = Arc::clone(worker.read(&draft.bytes).unwrap().tree());
    let Verdict::Fit(fit) = worker.check(&draft.bytes, &Context::alone(day("2023-12-31"))) else {
        panic!("{} is not fit", draft.file_name)
    };
    let facts = fit.facts();
    Reading {
        id: DocumentId::of_unfit(&draft.file_name, &crate::document::ContentHash::of(&draft.bytes)),
        kind: draft.kind.to_owned(),
        kind_name: facts.kind_name.clone(),
        number: facts.number.clone(),
        title: facts.title(),
        day: facts.document_date,
        inspection_day: facts.inspection_day(),
        state: State::Entered,
        entered_at: None,
        late: false,
        inspection: facts.inspection_id.clone(),
        case: facts.case_id.clone(),
        text: Arc::new(Text::of(draft.kind, &tree)),
    }
}

fn thread() -> (Terms, Vec<Reading>) {
    let checker = checker();
    let readings = Thread::new(7, day("2023-04-06")).drafts().iter().map(|draft| reading(&checker, draft)).collect();
    (terms(&checker), readings)
}

/// What a ledger of one loop says, in lines.
fn told(ledger: &Ledger) -> String {
    let mut lines = Vec::new();
    for one in &ledger.loops {
        let flags = [(one.rectified, "整改"), (one.punished, "处罚"), (one.published, "公示")];
        let flags: Vec<_> = flags.iter().map(|(is, name)| format!("{name}{}", if *is { "✔" } else { "✘" })).collect();
        lines.push(format!("{} {} {}", one.number, one.enterprise, flags.join(" ")));
        for finding in &one.findings {
            lines.push(format!("  问题{} [{}] {}{}", finding.no, finding.disposition, legs(&finding.legs), case(finding)));
        }
        for case in &one.cases {
            lines.push(format!("  案件 {} {}万元 问题{} {}", case.number, case.fine_wan, case.findings.join("、"), legs(&case.legs)));
        }
        for missing in &one.missing {
            let due = missing.due.map_or_else(|| "无期限".to_owned(), |due| due.to_string());
            let Missing { step, about, since, urgency, said, advice, .. } = missing;
            lines.push(format!("  → {} {about} {} 自{since} 至{due}：{said}。{advice}", urgency.label(), step.label()));
        }
    }
    lines.join("\n")
}

fn case(finding: &FindingLine) -> String {
    finding.case.as_ref().map_or_else(String::new, |case| format!(" → {case}"))
}

fn legs(legs: &[Leg]) -> String {
    legs.iter().map(|leg| format!("{}{}", leg.step.label(), leg.standing.mark())).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_leg_is_missing_until_its_document_is_entered() {
    let (terms, readings) = thread();
    let mut pictures = Vec::new();
    // The scheme alone is no inspection yet: what was planned and not done is the day's to say.
    assert!(Ledger::of(&readings[..1], &Publications::new(), &terms, day("2023-04-06")).loops.is_empty());
    for upto in 2..=readings.len() {
        let last = &readings[upto - 1];
        let ledger = Ledger::of(&readings[..upto], &Publications::new(), &terms, last.day);
        pictures.push(format!("── {} {}\n{}", last.day, last.kind_name, told(&ledger)));
    }
    insta::assert_snapshot!(pictures.join("\n"));
}

#[test]
fn a_loop_closes_only_when_every_decision_is_published_or_exempt() {
    let (terms, readings) = thread();
    let decision = readings.iter().find(|r| r.kind == "penalty_org").unwrap();
    let number = decision.number.clone().unwrap();
    let with = |publication: Option<Publication>| {
        let known = publication.into_iter().map(|p| (number.clone(), p)).collect();
        Ledger::of(&readings, &known, &terms, decision.day).loops[0].clone()
    };
    let open = [
        None,
        Some(Publication::NotShown),
        Some(Publication::Wrong { what: "罚款金额".into() }),
        Some(Publication::Unseen { why: "页面不全".into() }),
    ];
    for publication in open {
        let one = with(publication.clone());
        assert!(!one.is_closed() && !one.published, "{publication:?}");
        assert_eq!(one.missing.iter().map(|m| m.step).collect::<Vec<_>>(), [Step::Publication], "{publication:?}");
        assert_eq!(one.missing[0].due, terms.working(decision.day, 7));
    }
    for publication in [Publication::Shown { day: decision.day }, Publication::Exempt { why: "当场处罚".into() }] {
        assert!(with(Some(publication.clone())).is_finished(), "{publication:?}");
    }
}

#[test]
fn a_suspected_violation_without_a_case_keeps_the_loop_open_and_a_reasoned_none_closes_it() {
    let (terms, mut readings) = thread();
    readings.retain(|r| matches!(r.kind.as_str(), "insp_record" | "rectify_order" | "onsite_measure" | "rectify_review"));
    let one = Ledger::of(&readings, &Publications::new(), &terms, day("2023-06-30")).loops.remove(0);
    assert!(one.rectified && !one.punished && one.published);
    assert_eq!(one.missing.iter().map(|m| (m.step, m.about.as_str())).collect::<Vec<_>>(), [(Step::Filing, "问题5")]);
    // The case is closed without a penalty: its decision is not missed any more.
    let (_, mut whole) = thread();
    whole.retain(|r| !matches!(r.kind.as_str(), "penalty_org" | "service_receipt"));
    let close = whole.iter_mut().find(|r| r.kind == "case_close").unwrap();
    let mut text = (*close.text).clone();
    let crate::report::reading::Said::Close(said) = &mut text.said else { panic!("no closing") };
    (said.no_penalty, said.decision) = (true, None);
    close.text = Arc::new(text);
    let one = Ledger::of(&whole, &Publications::new(), &terms, day("2023-06-30")).loops.remove(0);
    assert!(one.is_finished(), "{}", told(&Ledger { today: day("2023-06-30"), loops: vec![one] }));
}

#[test]
fn what_a_review_finds_not_mended_is_missing_again_from_that_day() {
    let checker = checker();
    let drafts = Thread::new(7, day("2023-04-06")).unfinished().drafts();
    let readings: Vec<_> = drafts.iter().filter(|d| d.kind != "case_close").map(|draft| reading(&checker, draft)).collect();
    let one = Ledger::of(&readings, &Publications::new(), &terms(&checker), day("2023-06-30")).loops.remove(0);
    let review = readings.iter().find(|r| r.kind == "rectify_review").unwrap();
    let again: Vec<_> = one.missing.iter().filter(|m| m.step == Step::Review).collect();
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].about.as_str(), again[0].since, again[0].urgency), ("问题5", review.day, Urgency::Late));
    assert!(again[0].said.contains("复查未整改"), "{}", again[0].said);
    assert!(!one.rectified);
}

#[test]
fn a_document_that_is_not_entered_closes_nothing() {
    let (terms, mut readings) = thread();
    for (kind, state) in [("rectify_review", State::Returned), ("penalty_org", State::Waiting), ("insp_record", State::HeldWaiting)] {
        let at = readings.iter().position(|r| r.kind == kind).unwrap();
        readings[at].state = state;
        let one = Ledger::of(&readings, &Publications::new(), &terms, day("2023-06-30")).loops.remove(0);
        assert!(!one.is_closed(), "{kind} {state:?}");
        assert!(one.missing.iter().any(|m| m.said.contains(state.label())), "{kind}: {:?}", one.missing);
        readings[at].state = State::Entered;
    }
}

/// The reminders of the thread without what comes after `kinds`, day by day, as far as they change.
fn reminded(without: &[&str], days: &[&str]) -> String {
    let (terms, mut readings) = thread();
    readings.retain(|r| !without.contains(&r.kind.as_str()));
    let mut lines = Vec::new();
    for today in days {
        let ledger = Ledger::of(&readings, &Publications::new(), &terms, day(today));
        lines.push(format!("── {today}"));
        for one in remind::of(&ledger) {
            let due = one.due.map_or_else(String::new, |due| due.to_string());
            lines.push(format!("  {:?} [{}] 自{} 至{due}\n    {}。{}", one.weight, one.key, one.since, one.text, one.advice));
        }
    }
    lines.join("\n")
}

#[test]
fn every_term_of_the_law_is_told_of_before_it_ends() {
    // Not reviewed: from the deadline on, then late. Evidence preserved: two days before, and a week after.
    let decided = ["penalty_org", "service_receipt", "case_close"];
    let early = reminded(&[&decided[..], &["rectify_review"]].concat(), &["2023-04-27", "2023-04-28", "2023-05-09", "2023-05-30"]);
    let preserved = reminded(&decided, &["2023-04-13", "2023-04-15", "2023-04-18", "2023-04-30"]);
    // Decided by 6 July (90 days after 7 April), warned of 15 days before.
    let term = reminded(&decided, &["2023-06-20", "2023-06-21", "2023-07-06", "2023-07-07"]);
    // Not served: seven working days after 16 May. Not paid: fifteen days after 18 May, rolled; then three months for the court.
    let service = reminded(&["service_receipt", "case_close"], &["2023-05-21", "2023-05-22", "2023-05-26"]);
    let payment = reminded(&["case_close"], &["2023-05-29", "2023-05-30", "2023-06-03", "2023-11-18", "2024-01-20", "2024-02-19"]);
    insta::assert_snapshot!([early, preserved, term, service, payment].join("\n════\n"));
}

/// The reminders of the thread with this changed in it, on some days: weight and key's first word, and what is said.
fn reminded_of(word: &str, change: impl Fn(&mut Vec<Reading>), days: &[&str]) -> Vec<String> {
    let (terms, mut readings) = thread();
    change(&mut readings);
    let mut lines = Vec::new();
    for today in days {
        let ledger = Ledger::of(&readings, &Publications::new(), &terms, day(today));
        let of_word = remind::of(&ledger).into_iter().filter(|one| one.key.split('/').next().is_some_and(|key| key.starts_with(word)));
        let said = of_word.map(|one| format!("{} {:?} {}。{}", &one.key[..one.key.find('/').unwrap()], one.weight, one.text, one.advice));
        lines.push(format!("── {today} {}", said.collect::<Vec<_>>().join("\n")));
    }
    lines
}

/// A receipt says that a document of this kind was served.
fn serve(readings: &mut [Reading], kind: &str, on: &str) {
    use crate::report::reading::{Said, Served};
    let receipt = readings.iter_mut().find(|r| r.kind == "service_receipt").unwrap();
    let mut text = (*receipt.text).clone();
    let Said::Receipt(rows) = &mut text.said else { panic!("no receipt") };
    rows.push(Served { kind: kind.into(), number: String::new(), day: day(on) });
    receipt.text = Arc::new(text);
}

#[test]
fn a_fine_that_is_not_paid_is_demanded_ten_days_before_the_court_is_asked() {
    // Served on 18 May: six months for a suit end on 18 November, three more for the court on 18 February.
    let unpaid = |readings: &mut Vec<Reading>| readings.retain(|r| r.kind != "case_close");
    let silent = reminded_of("de", unpaid, &["2023-11-17", "2023-11-18", "2024-01-09", "2024-02-08", "2024-02-09", "2024-02-19"]);
    let demanded = |readings: &mut Vec<Reading>| {
        unpaid(readings);
        serve(readings, "enforce_warning", "2023-11-20");
    };
    let waiting = reminded_of("de", demanded, &["2023-11-20", "2023-11-29", "2023-11-30"]);
    let court = reminded_of("enforce", demanded, &["2023-11-29", "2023-11-30", "2024-01-19", "2024-02-18", "2024-02-19"]);
    insta::assert_snapshot!([silent, waiting, court].concat().join("\n"));
    let paid = reminded_of("demand", |readings| serve(readings, "enforce_warning", "2023-11-20"), &["2023-11-30"]);
    assert_eq!(paid, ["── 2023-11-30 "]);
}

#[test]
fn a_hearing_is_not_held_within_seven_working_days_of_its_notice() {
    let undecided = |readings: &mut Vec<Reading>| {
        readings.retain(|r| !matches!(r.kind.as_str(), "penalty_org" | "case_close"));
    };
    let invited = |readings: &mut Vec<Reading>| {
        undecided(readings);
        // Seven working days after 24 April, with the holiday of May between, end on Saturday 6 May, which is worked.
        serve(readings, "hearing_meeting", "2023-04-24");
    };
    let told = reminded_of("hearing", invited, &["2023-04-24", "2023-05-06", "2023-05-07"]);
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn an_act_that_was_found_after_two_years_is_told_of_until_the_case_is_closed() {
    use crate::report::reading::Said;
    let ended = |end: &str, harm: bool| {
        let end = day(end);
        move |readings: &mut Vec<Reading>| {
            readings.retain(|r| !matches!(r.kind.as_str(), "penalty_org" | "case_close" | "service_receipt"));
            let filing = readings.iter_mut().find(|r| r.kind == "case_filing").unwrap();
            let mut text = (*filing.text).clone();
            let Said::Filing(said) = &mut text.said else { panic!("no filing") };
            said.act = Some((end, harm));
            filing.text = Arc::new(text);
        }
    };
    let (_, readings) = thread();
    let found = readings.iter().find_map(|r| match &r.text.said {
        Said::Filing(filing) => filing.found,
        _ => None,
    });
    assert_eq!(found, Some(day("2023-04-06")));
    assert_eq!(reminded_of("limit", ended("2021-04-06", false), &["2023-05-10"]), ["── 2023-05-10 "]);
    insta::assert_snapshot!(reminded_of("limit", ended("2021-04-05", false), &["2023-05-10"]).join("\n"));
    assert_eq!(reminded_of("limit", ended("2021-04-05", true), &["2023-05-10"]), ["── 2023-05-10 "], "five years where life was harmed");
}
