//! The forecast against what truly happened: whole evenings, minute by minute, by the real daemon against the mock platform.
//!
//! What the daemon recorded of these evenings stands in `src/day/traces`, and the forecast alone is held against it there. To record them
//! anew, run this test with `DANGRI_TRACES` naming a folder.

use std::fmt::Write as _;

use chrono::Duration;
use dangri::document::Timestamp;
use dangri_mocks::{Action, Endpoint, Processing, Rule};

use crate::harness::{Furnishing, record};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(&format!("2023-04-{text}:00+08:00")).unwrap()
}

/// What was foretold and what came.
struct Evening {
    /// When the forecast fired, minute by minute, and how many it said would miss the cut-off.
    fired: Vec<(Timestamp, u64)>,
    /// How many did.
    missed: u64,
}

/// Thirty-two drafts come, one every nine minutes from 18:10 on, and the platform is away from one moment to another.
async fn evening(name: &str, from: Timestamp, until: Timestamp) -> Evening {
    let secs = std::time::Duration::from_secs;
    let usual = Processing { received: (secs(10), secs(40)), checking: (secs(60), secs(150)), seed: 11 };
    let office = Furnishing::at("2023-04-03T18:00:00+08:00").platform(|setup| setup.processing = usual).open().await;
    let (cut_off, mut seed, mut fired) = (at("04T00:00"), 0_u32, Vec::new());
    while office.clock_now() < at("04T02:00") {
        let now = office.clock_now();
        if now >= at("03T18:10").plus(Duration::minutes(9 * i64::from(seed))) && seed < 32 {
            seed += 1;
            office.put(&format!("{seed}.xml"), &record(u64::from(seed)));
        }
        if (from..from.plus(Duration::minutes(1))).contains(&now) {
            let failing = Action::Status { status: 502, code: None, retry_after: None, committing: false };
            office.script(Rule::new(Endpoint::Any, failing).always());
        }
        if (until..until.plus(Duration::minutes(1))).contains(&now) {
            office.mock.be_good();
        }
        office.pass(Duration::minutes(1)).await;
        let forecast = office.status().await.day.unwrap().forecast;
        if forecast.fires() && forecast.cut_off == cut_off {
            fired.push((office.clock_now(), forecast.will_miss));
        }
    }
    let mut trace = String::from("what,from,received,until\n");
    let records = office.records().await;
    for record in &records {
        let (receipt, entry) = (record.receipt.as_ref().unwrap(), record.entry.as_ref().unwrap());
        writeln!(trace, "document,{},{},{}", record.birth.due, receipt.received_at, entry.entered_at).unwrap();
    }
    let day = office.dangri(&office.folder(), &["day", "2023-04-03", "--json"]).await;
    let day: serde_json::Value = serde_json::from_str(&day.out).unwrap();
    let outages = day["data"]["outages"].as_array().unwrap();
    assert_eq!(outages.len(), 1, "{day:#}");
    writeln!(trace, "outage,{},,{}", outages[0][0].as_str().unwrap(), outages[0][1].as_str().unwrap()).unwrap();
    if let Some(folder) = std::env::var_os("DANGRI_TRACES") {
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.csv")), trace).unwrap();
    }
    let missed = records.iter().filter(|record| record.entry.as_ref().unwrap().entered_at >= cut_off).count() as u64;
    assert_eq!(records.len(), 32);
    office.close().await;
    Evening { fired, missed }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_evening_whose_outage_goes_past_midnight_is_foretold_and_one_with_a_hiccup_is_not() {
    let bad = evening("outage", at("03T21:40"), at("04T00:20")).await;
    assert!(bad.missed > 0);
    let (first, _) = bad.fired[0];
    assert!((at("03T22:30")..at("03T23:15")).contains(&first), "{:?}", bad.fired);
    assert_eq!(bad.fired.last().unwrap().1, bad.missed, "{:?}", bad.fired);
    let calm = evening("calm", at("03T19:31"), at("03T19:37")).await;
    assert_eq!((calm.missed, calm.fired), (0, Vec::new()));
}
