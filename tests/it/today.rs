//! The day from outside: what was planned and has no record, what misses midnight, why, and who confirmed it.

use chrono::Duration;
use dangri::document::State;
use dangri_mocks::{
    Action, Endpoint, MockClock, Rule,
    sink::{Demands, Sink},
};
use serde_json::Value;

use crate::{
    harness::{Furnishing, Office, edited, element, record},
    telling::{Time, group, office, open, until},
};

/// The platform answers nothing but errors.
fn down() -> Rule {
    Rule::new(Endpoint::Any, Action::Status { status: 502, code: None, retry_after: None, committing: false }).always()
}

/// Name and code of the enterprise that a record is about.
fn enterprise(record: &[u8]) -> (String, String) {
    let at = std::str::from_utf8(record).unwrap().find("<Enterprise>").unwrap();
    (element(&record[at..], "Name"), element(&record[at..], "Uscc"))
}

/// A list of the enterprises of these records, planned for 3 April.
fn plan(records: &[&[u8]]) -> String {
    let rows = records.iter().zip(["一", "二", "三"].iter().cycle()).map(|(record, group)| {
        let (name, code) = enterprise(record);
        format!("第{group}组,{name},{code},2023-04-03\n")
    });
    format!("检查组,企业名称,统一社会信用代码,计划检查日期\n{}", rows.collect::<String>())
}

/// What a command says for machines.
async fn json(office: &Office, arguments: &[&str]) -> Value {
    let said = office.dangri(&office.folder(), arguments).await;
    let value: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}{}", said.out, said.err));
    value["data"].clone()
}

fn count(texts: &[String], words: &[&str]) -> usize {
    texts.iter().filter(|text| words.iter().all(|word| text.contains(word))).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_with_an_absent_record_a_miss_an_exception_and_its_confirmation() {
    let time = Time::default();
    let (sink, channel) = group(&time, "值班群", "group").await;
    let office = open(office("2023-04-03T19:40:00+08:00", &[&channel]), &time).await;
    let (first, second, third) = (record(1), record(2), record(3));
    let list = office.folder().join("名单.csv");
    std::fs::write(&list, plan(&[&first, &second, &third])).unwrap();
    let imported = office.dangri(&office.folder(), &["plan", "import", "名单.csv"]).await;
    assert_eq!(imported.code, 0, "{}{}", imported.out, imported.err);
    std::fs::remove_file(list).unwrap();

    // Two of the three come, and the third one's record is missed by name before anybody asks.
    office.put("甲.xml", &first);
    office.put("乙.xml", &second);
    until(&office, "2023-04-03T20:10:00").await;
    let day = json(&office, &["day", "--json"]).await;
    assert_eq!(
        (&day["planned"], &day["recorded"], &day["recorded_entered"], &day["expected"]),
        (&3.into(), &2.into(), &2.into(), &3.into())
    );
    assert_eq!(day["absent"][0]["enterprise"], enterprise(&third).0);
    assert_eq!(count(&sink.texts(), &["红", "尚无记录 1 户"]), 1, "{:#?}", sink.texts());
    assert_eq!(count(&sink.texts(), &[&enterprise(&third).0]), 0, "an enterprise is named where people look it up, not in a message");

    // It comes, and the platform has gone: the miss is told of within a minute of midnight.
    office.script(down());
    office.put("丙.xml", &third);
    until(&office, "2023-04-03T23:59:30").await;
    assert_eq!(count(&sink.texts(), &["已逾期"]), 0, "{:#?}", sink.texts());
    until(&office, "2023-04-04T00:01:00").await;
    assert_eq!(count(&sink.texts(), &["红 已逾期 1 件", "4月3日 24:00 截止"]), 1, "{:#?}", sink.texts());
    assert_eq!(count(&sink.texts(), &["已恢复", "尚无记录"]), 1, "its record came in time, if only here: {:#?}", sink.texts());
    let number = element(&third, "DocumentNumber");
    assert_eq!(office.dangri(&office.folder(), &["day", "2023-04-03"]).await.code, 10, "late, and nobody has said why");

    // A person says why; from then on it is not told of as overdue any more.
    let without = office.dangri(&office.folder(), &["day", "excuse", &number]).await;
    assert_ne!(without.code, 0, "no reason, no exception");
    let excused = office.dangri(&office.folder(), &["day", "excuse", &number, "--reason", "平台当晚中断"]).await;
    assert!(excused.code == 0 && excused.out.contains("记录永久保存"), "{}{}", excused.out, excused.err);
    office.pass(Duration::minutes(2)).await;
    assert_eq!(count(&sink.texts(), &["已恢复", "已逾期"]), 1, "{:#?}", sink.texts());

    // The day is closed with its figures, and asks for a confirmation in the morning.
    office.mock.be_good();
    until(&office, "2023-04-04T08:32:00").await;
    assert_eq!(office.state("丙.xml").await, Some(State::Entered));
    assert_eq!(count(&sink.texts(), &["当日未确认 1 项"]), 1, "{:#?}", sink.texts());
    let close = json(&office, &["day", "2023-04-03", "--json"]).await;
    let figures = ["expected", "drafted", "on_time", "late", "missed", "excused", "unknown"].map(|name| close[name].as_u64().unwrap());
    assert_eq!(figures, [3, 3, 2, 1, 1, 1, 0]);
    let acknowledged = office.dangri(&office.folder(), &["day", "ack", "2023-04-03", "--note", "已知悉"]).await;
    assert!(acknowledged.out.contains("已知悉"), "{}{}", acknowledged.out, acknowledged.err);
    office.pass(Duration::minutes(2)).await;
    assert_eq!(count(&sink.texts(), &["已恢复 当日未确认"]), 1, "{:#?}", sink.texts());

    // One page proves why it was late: attempts, answers, the outage, the clocks, the digests.
    let page = office.folder().join("../说明.html");
    let proved = office.dangri(&office.folder(), &["day", "dossier", &number, "--out", page.to_str().unwrap()]).await;
    assert_eq!(proved.code, 0, "{}{}", proved.out, proved.err);
    let page = std::fs::read_to_string(page).unwrap();
    let digest = office.record("丙.xml").await.birth.digest.unwrap().to_string();
    for part in [number.as_str(), "平台当晚中断", "502", "中断", digest.trim_start_matches("sha256:")] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_that_is_found_the_day_after_is_late_from_the_start_and_says_so() {
    let time = Time::default();
    let (sink, channel) = group(&time, "值班群", "group").await;
    let office = open(office("2023-04-04T09:00:00+08:00", &[&channel]), &time).await;
    office.put("甲.xml", &record(1));
    office.pass(Duration::minutes(3)).await;
    assert_eq!(office.state("甲.xml").await, Some(State::Entered));
    let day = json(&office, &["day", "2023-04-03", "--json"]).await;
    assert_eq!((&day["late"], &day["found_late"], &day["missed"]), (&1.into(), &1.into(), &1.into()), "{day:#}");
    let row = &day["rows"][0];
    assert!(row["reason"].as_str().unwrap().contains("才放进文件夹，当天已过"), "{row:#}");
    let told = office.dangri(&office.folder(), &["doc", &element(&record(1), "DocumentNumber")]).await;
    assert!(told.out.contains("逾期"), "{}", told.out);
    office.close().await;
    drop(sink);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_forecast_fires_from_the_measured_pace_and_the_outage_before_anything_is_late() {
    let time = Time::default();
    let (sink, channel) = group(&time, "值班群", "group").await;
    let office = open(office("2023-04-03T20:30:00+08:00", &[&channel]), &time).await;
    // An ordinary half hour is recorded: a document every two minutes.
    for seed in 1..=10 {
        office.put(&format!("{seed}.xml"), &record(seed));
        office.pass(Duration::minutes(2)).await;
    }
    office.all_are(State::Entered).await;
    let calm = office.status().await.day.unwrap().forecast;
    assert!(calm.measured && !calm.fires(), "{calm:?}");
    until(&office, "2023-04-03T21:30:00").await;
    office.script(down());
    for seed in 11..=13 {
        office.put(&format!("{seed}.xml"), &record(seed));
    }
    until(&office, "2023-04-03T22:30:00").await;
    assert_eq!(count(&sink.texts(), &["预计赶不上"]), 0, "after an hour there is time for another: {:#?}", sink.texts());
    until(&office, "2023-04-03T22:50:00").await;
    let fired: Vec<_> = sink.texts().into_iter().filter(|text| text.contains("照此速度，3 件将赶不上 24:00")).collect();
    assert_eq!(fired.len(), 1, "{:#?}", sink.texts());
    let shown = office.dangri(&office.folder(), &["status"]).await;
    assert!(shown.out.contains("照此速度，3 件将赶不上 24:00"), "{}", shown.out);
    office.mock.be_good();
    until(&office, "2023-04-03T23:20:00").await;
    office.all_are(State::Entered).await;
    assert_eq!(count(&sink.texts(), &["已恢复", "预计赶不上"]), 1, "{:#?}", sink.texts());
    assert!(office.records().await.iter().all(|r| r.entry.as_ref().unwrap().entered_at < r.birth.cut_off), "and nothing was late");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_the_roster_lacks_sends_the_draft_back_and_the_mended_roster_lets_it_through() {
    let office = Office::open().await;
    let draft = record(1);
    let text = std::str::from_utf8(&draft).unwrap();
    let officers: Vec<(String, String)> =
        text.split("<Officer>").skip(1).map(|part| (element(part.as_bytes(), "Name"), element(part.as_bytes(), "CertificateNo"))).collect();
    let roster = |left_out: usize| {
        let rows = officers.iter().skip(left_out).map(|(name, number)| format!("{name},执法大队监察一室,{number},,\n"));
        let towns = "外人,般阳路街道安环办,15039900001,,\n";
        format!("姓名,工作单位及职务,执法证号,手机号码,备注\n{}{towns}", rows.collect::<String>())
    };
    let import = async |left_out: usize, more: &[&str]| {
        let file = office.folder().join("../名册.csv");
        std::fs::write(&file, roster(left_out)).unwrap();
        let said = office.dangri(&office.folder(), &[&["roster", "import", "../名册.csv"], more].concat()).await;
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    };
    import(1, &[]).await;
    office.put("甲.xml", &draft);
    office.pass(Duration::minutes(2)).await;
    assert_eq!(office.state("甲.xml").await, Some(State::Unfit));
    let note = office.note("甲.xml").unwrap();
    assert!(note.contains(&officers[0].0) && note.contains("名册"), "{note}");
    assert!(!note.contains(&officers[1].0), "the others are on it: {note}");
    import(0, &[]).await;
    office.put("甲.xml", &edited(&draft, "</InspectionRecord>", "</InspectionRecord>\n"));
    office.pass(Duration::minutes(3)).await;
    assert_eq!(office.state("甲.xml").await, Some(State::Entered), "{:?}", office.note("甲.xml"));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_wants_to_be_visited_is_visited_each_minute_and_told_when_all_is_not_well() {
    let visited = Sink::open(MockClock::system(), Demands::default()).await.unwrap();
    let time = Time::default();
    let (sink, channel) = group(&time, "值班群", "group").await;
    let beside = tempfile::tempdir().unwrap();
    let address = beside.path().join("ping");
    std::fs::write(&address, visited.address().to_owned() + "/8a1c\n").unwrap();
    std::fs::set_permissions(&address, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut furnishing = office("2023-04-03T10:00:00+08:00", &[&channel]);
    furnishing.extra = furnishing.extra.replace("[alert]\n", &format!("[alert]\nping = {{ file = \"{}\" }}\n", address.display()));
    let office = open(furnishing, &time).await;
    office.pass(Duration::minutes(10)).await;
    let visits = visited.taken();
    assert!((9..=11).contains(&visits.len()) && visits.iter().all(|visit| visit.path == "/8a1c"), "{visits:?}");
    // No channel works any more: that is not well.
    sink.always(Some(dangri_mocks::sink::Mishap::Status(502)));
    for _ in 0..3 {
        office.dangri(&office.folder(), &["alert", "test"]).await;
    }
    office.pass(Duration::minutes(3)).await;
    assert!(visited.taken().iter().skip(visits.len()).any(|visit| visit.path == "/8a1c/fail"), "{:?}", visited.taken());
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_in_the_folder_tells_of_the_day_and_stops_when_the_program_does() {
    let mut furnishing = Furnishing::at("2023-04-03T15:00:00+08:00");
    furnishing.folder = "status_file = true".into();
    let mut office = furnishing.open().await;
    office.put("甲.xml", &record(1));
    office.pass(Duration::minutes(3)).await;
    let line = || std::fs::read_to_string(office.folder().join("_当日状态.txt")).unwrap();
    assert!(line().contains("2023-04-03 15:0") && line().contains("今日应录入 1 件，已录入 1 件"), "{}", line());
    assert!(!line().contains(&enterprise(&record(1)).0), "{}", line());
    office.pass(Duration::minutes(10)).await;
    assert!(line().contains("2023-04-03 15:1"), "{}", line());
    assert_eq!(office.records().await.len(), 1, "it is no draft");
    let last = line();
    office.stop().await;
    office.pass(Duration::minutes(10)).await;
    assert_eq!(std::fs::read_to_string(office.folder().join("_当日状态.txt")).unwrap(), last, "it ages for all to see");
    office.start().await;
    office.close().await;
}
