use uuid::Uuid;

use super::*;
use crate::{
    document::{Actor, Birth, Cause, Class, Event, Failure, Receipt},
    store::samples::Sample,
};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(&format!("{}+08:00", text.replace(' ', "T"))).unwrap()
}

const HOURS: Hours = Hours { cut_off: Duration::hours(24), target: Duration::hours(20) };

fn birth() -> Birth {
    let mut birth = Sample::new(12).newcomer().birth;
    birth.cut_off = at("2023-04-13 00:00:00");
    birth.source.first_seen = at("2023-04-12 20:30:05");
    let facts = birth.facts.as_mut().unwrap();
    facts.document_date = "2023-04-12".parse().unwrap();
    facts.inspection_end = Some(at("2023-04-12 16:40:00"));
    birth
}

fn story() -> Vec<Entry> {
    let entry = |moment: &str, by, event| Entry { at: at(moment), by, event };
    let failure = Failure::new(Class::Passing, Cause::Unreachable, "ECONNREFUSED");
    let receipt = Receipt { receipt_no: "H20230413-7".into(), received_at: at("2023-04-13 00:24:10") };
    let due = at("2023-04-13 00:25:00");
    let entered_at = at("2023-04-13 00:27:33");
    vec![
        entry("2023-04-12 20:30:12", Actor::Daemon, Event::Taken { findings: vec![], held: None, supersedes: None }),
        entry("2023-04-12 20:44:00", Actor::Daemon, Event::Leased { attempt: 1, request: Uuid::from_u64_pair(1, 1) }),
        entry("2023-04-12 20:44:01", Actor::Platform, Event::Deferred { failure, due: at("2023-04-12 20:45:00") }),
        entry("2023-04-13 00:24:09", Actor::Daemon, Event::Leased { attempt: 2, request: Uuid::from_u64_pair(1, 2) }),
        entry("2023-04-13 00:24:10", Actor::Platform, Event::Acknowledged { receipt, due }),
        entry("2023-04-13 00:27:40", Actor::Platform, Event::EntryConfirmed { entry_no: Some("LR-88".into()), entered_at }),
    ]
}

fn exchange(nth: u64, moment: &str, said: &str) -> Exchange {
    Exchange {
        request: Uuid::from_u64_pair(1, nth),
        document: None,
        call: "PUT /documents".into(),
        at: at(moment),
        took_ms: 1_000,
        status: (nth == 2).then_some(202),
        code: (nth == 2).then(|| "00".into()),
        answer: said.into(),
    }
}

fn dossier(change: impl FnOnce(&mut Record)) -> Dossier {
    let history = story();
    let mut record = Record::begin(birth(), &history[0]).unwrap();
    for entry in &history[1..] {
        record = record.after(entry).unwrap();
    }
    change(&mut record);
    let answer = "<Response><Code>00</Code><ServerTime>2023-04-13T00:24:11+08:00</ServerTime></Response>";
    let exchanges = [exchange(1, "2023-04-12 20:44:00", "connection refused"), exchange(2, "2023-04-13 00:24:09", answer)];
    let outages = vec![
        Outage { from: at("2023-04-12 09:00:00"), until: Some(at("2023-04-12 09:20:00")), why: "平台出错".into() },
        Outage { from: at("2023-04-12 20:42:00"), until: Some(at("2023-04-13 00:24:00")), why: "连不上平台".into() },
    ];
    let excuse = Excuse {
        document: "insp_record/x".into(),
        title: record.title(),
        at: at("2023-04-13 08:20:00"),
        by: "zhang".into(),
        reason: "平台中断，恢复后立即补录 <见通知>".into(),
    };
    let beside = Beside {
        office: "某某区应急管理局",
        version: "0.1.0",
        now: at("2023-04-13 09:00:00"),
        hours: &HOURS,
        skew_millis: Some(400),
        first_seen: at("2023-04-12 20:30:05"),
    };
    Dossier::of(&record, &history, &exchanges, outages, vec![excuse], beside)
}

#[test]
fn what_follows_from_the_books_is_said_in_sentences() {
    insta::assert_snapshot!(dossier(|_| {}).conclusion.join("\n"));
}

#[test]
fn a_document_still_missing_and_one_found_late_say_so() {
    let missing = dossier(|record| {
        (record.entry, record.state) = (None, crate::document::State::Waiting);
    });
    assert!(missing.conclusion[0].contains("至制表时没有录入，已逾期"), "{:?}", missing.conclusion);
    let mut late = dossier(|_| {});
    late.found_late = true;
    assert!(late.conclude()[1].contains("自始逾期"));
}

#[test]
fn clocks_that_could_have_decided_are_told_of() {
    let mut close = dossier(|record| record.entry.as_mut().unwrap().entered_at = at("2023-04-13 00:00:20"));
    close.clock = vec![(close.made_at, 30_000)];
    assert!(close.conclude().last().unwrap().contains("可能影响"), "{:?}", close.conclude());
    assert!(dossier(|_| {}).conclusion.last().unwrap().contains("不影响判断"));
}

#[test]
fn the_page_stands_alone_and_lets_no_text_become_markup() {
    let html = page(&dossier(|_| {}));
    for outside in ["http://", "https://", "src=", "<script", "@import", "url("] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(html.contains("&lt;见通知&gt;") && html.contains("size:A4"));
    let digest = dossier(|_| {}).record.birth.digest.unwrap().to_string();
    for part in ["LR-88", "H20230413-7", &digest, "ECONNREFUSED", "2023年4月12日 20:42:00", "审核人"] {
        assert!(html.contains(part), "{part} is missing");
    }
    let body = html.split_once("<body>").unwrap().1;
    insta::assert_snapshot!(body);
}

#[test]
fn a_long_story_is_cut_in_the_middle_and_says_so() {
    let mut long = dossier(|_| {});
    let step = long.steps[2].clone();
    long.steps.extend(std::iter::repeat_n(step, 200));
    let html = page(&long);
    assert!(html.contains("略去 200 条"), "{html}");
    assert_eq!(printed(&html), 1, "it still is one page");
    // The worst night: every table is as long as it gets.
    for _ in 0..20 {
        long.attempts.push(long.attempts[1].clone());
        long.outages.push(long.outages[0].clone());
        long.excuses.push(long.excuses[0].clone());
    }
    assert_eq!(printed(&page(&long)), 1);
}

#[test]
fn however_long_people_and_the_platform_write_it_is_one_page_that_says_what_was_cut() {
    let mut long = dossier(|record| {
        record.birth.source.path = format!("{}.xml", "某某有限公司现场检查记录".repeat(60));
        record.entry.as_mut().unwrap().entry_no = Some("LR".repeat(300));
        if let Some(receipt) = record.receipt.as_mut() {
            receipt.receipt_no = "H".repeat(600);
        }
    });
    let said = "平台当晚中断，恢复以后又退回两次，经办人在外地出差，第二天才改好补录。".repeat(80);
    for excuse in &mut long.excuses {
        (excuse.reason, excuse.by) = (said.clone(), "王".repeat(90));
    }
    for step in &mut long.steps {
        (step.what, step.by) = (said.clone(), "李".repeat(90));
    }
    long.attempts.iter_mut().for_each(|attempt| attempt.result.clone_from(&said));
    long.outages.iter_mut().for_each(|outage| outage.why.clone_from(&said));
    (long.title, long.office, long.kind) = ("文".repeat(300), "局".repeat(300), "书".repeat(300));
    for _ in 0..20 {
        long.steps.push(long.steps[0].clone());
        long.attempts.push(long.attempts[0].clone());
        long.outages.push(long.outages[0].clone());
        long.excuses.push(long.excuses[0].clone());
    }
    let html = page(&long);
    assert!(html.contains("截短的和全部经过用 dangri day、doc 查看。"), "{html}");
    assert!(html.contains("平台当晚中断，恢复以后又退回两次"), "{html}");
    assert_eq!(printed(&html), 1);
}

/// On how many pages a browser prints it.
fn printed(html: &str) -> u32 {
    let folder = tempfile::tempdir().unwrap();
    let (file, pdf) = (folder.path().join("page.html"), folder.path().join("page.pdf"));
    std::fs::write(&file, html).unwrap();
    let run = |program: &str, arguments: &[String]| {
        let done = std::process::Command::new(program).args(arguments).output();
        done.unwrap_or_else(|error| panic!("{program}: {error}; test.sh installs it"))
    };
    let browser = [
        "--headless".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--no-pdf-header-footer".to_owned(),
        format!("--user-data-dir={}", folder.path().join("profile").display()),
        format!("--print-to-pdf={}", pdf.display()),
        format!("file://{}", file.display()),
    ];
    let said = run("chromium", &browser);
    assert!(pdf.is_file(), "{}", String::from_utf8_lossy(&said.stderr));
    let about = String::from_utf8(run("pdfinfo", &[pdf.display().to_string()]).stdout).unwrap();
    assert!(about.contains("(A4)"), "{about}");
    about.lines().find_map(|line| line.strip_prefix("Pages:")).unwrap().trim().parse().unwrap()
}
