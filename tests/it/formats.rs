//! What an earlier version wrote, frozen in `formats/`: today's program opens it and tells the very same of it, by the index as it lay there
//! and by the journal alone.
//!
//! A frozen file is never written anew for a change of the program; a change that cannot read it must learn to, or carry it over. For a new
//! format another one is added: `DANGRI_TEST_FREEZE=v2 cargo test --test it formats::`, and two tests for it.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
};

use dangri::document::{ContentHash, State};
use dangri_mocks::{Action, Endpoint, ErrorItem, Publishing, Rule, drafts};
use serde_json::Value;

use crate::{
    console::typed,
    harness::{Furnishing, Office, element, record, reworded, samples},
    telling::{self, Time, group, until},
};

/// When the office was frozen.
const NOON: &str = "2023-04-04T12:00:00";

/// Where the frozen files lie.
fn frozen() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/formats")
}

/// Everything that the program tells programs of what it keeps; the answers by the command.
async fn answers(office: &Office) -> BTreeMap<String, Value> {
    office.clock.settled().await;
    let mut told = BTreeMap::new();
    let mut commands: Vec<String> = [
        "queue list 全部",
        "day 2023-04-03",
        "day 2023-04-04",
        "plan show",
        "roster show",
        "loop",
        "alert duty",
        "user list",
        "audit verify",
    ]
    .map(str::to_owned)
    .into();
    for record in office.records().await {
        commands.push(format!("doc {}", record.id()));
        if record.birth.digest.is_some() {
            let body = office.daemon().queue.store().body(record.id()).await.unwrap();
            assert_eq!(Some(ContentHash::of(&body)), record.birth.digest, "{}", record.title());
        }
    }
    for command in commands {
        let arguments: Vec<&str> = command.split(' ').chain(["--json"]).collect();
        let said = office.dangri(&office.folder(), &arguments).await;
        let mut value: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{command}: {error}: {}", said.err));
        told.insert(command, value["data"].take());
    }
    told.insert("alert".to_owned(), episodes(office).await);
    told
}

/// The alerts by their numbers. What else is told of them goes on with every look.
async fn episodes(office: &Office) -> Value {
    let mut found = serde_json::Map::new();
    for command in [vec!["alert", "list", "--json"], vec!["alert", "history", "--limit", "500", "--json"]] {
        let said = office.dangri(&office.folder(), &command).await;
        let told: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.err));
        for episode in told["data"].as_array().unwrap().iter().filter_map(|one| one.get("episode")) {
            let lasting = ["kind", "began"].map(|field| (field.to_owned(), episode[field].clone()));
            found.insert(episode["id"].as_str().unwrap().to_owned(), Value::Object(lasting.into_iter().collect()));
        }
    }
    Value::Object(found)
}

/// Whether all that was told then is told now; fields may have been added since (operators.md B5).
fn holds(now: &Value, then: &Value, at: &str, lost: &mut Vec<String>) {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => {
            then.iter().for_each(|(key, value)| holds(now.get(key).unwrap_or(&Value::Null), value, &format!("{at}/{key}"), lost));
        }
        (Value::Array(now), Value::Array(then)) if now.len() == then.len() => {
            now.iter().zip(then).enumerate().for_each(|(n, (now, then))| holds(now, then, &format!("{at}/{n}"), lost));
        }
        _ if now == then => {}
        _ => lost.push(format!("{at}: {then} then, {now} now")),
    }
}

/// Opens a frozen office, after `change` to what lies there, and compares what it tells.
async fn thaw(folder: &Path, version: &str, change: impl FnOnce(&Path)) {
    let mut furnishing = Furnishing::at(&format!("{NOON}+08:00")).with("[alert]\nreassure = \"\"\n");
    furnishing.standing = Some(folder.join(format!("{version}.zip")));
    let mut office = furnishing.open().await;
    office.crash().await;
    change(&office.state_folder());
    office.start().await;
    let now = answers(&office).await;
    let told = std::fs::read(folder.join(format!("{version}.expected.json"))).unwrap();
    let then: BTreeMap<String, Value> = serde_json::from_slice(&told).unwrap();
    office.close_without_books().await;
    let mut lost = Vec::new();
    for (command, then) in &then {
        holds(now.get(command).unwrap_or(&Value::Null), then, command, &mut lost);
    }
    assert!(then.len() > 15 && lost.is_empty(), "{}", lost.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_version_one_wrote_is_read_as_it_was_written() {
    thaw(&frozen(), "v1", |_| {}).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journal_of_version_one_alone_tells_the_same() {
    thaw(&frozen(), "v1", |state| std::fs::remove_dir_all(state.join("index")).unwrap()).await;
}

fn refusal(code: &str) -> Action {
    Action::Refuse { code: code.to_owned(), message: None, errors: vec![ErrorItem::new("E1", "检查时间不符")] }
}

/// An office in which most of what there is to keep has happened by noon of the second day.
async fn lived_in() -> Office {
    let time = Time::default();
    let (_sink, channel) = group(&time, "值班群", "group").await;
    let office = telling::open(telling::office("2023-04-03T19:00:00+08:00", &[&channel]), &time).await;
    let run = async |arguments: &[&str]| {
        let said = office.dangri(&office.folder(), arguments).await;
        assert!(matches!(said.code, 0 | 3 | 10), "{arguments:?}: {}{}", said.out, said.err);
    };
    let absent = record(9);
    let named = |bytes: &[u8], name: &str| element(&bytes[std::str::from_utf8(bytes).unwrap().find("<Enterprise>").unwrap()..], name);
    let rows = [&record(1), &absent].map(|one| format!("第一组,{},{},2023-04-03\n", named(one, "Name"), named(one, "Uscc"))).concat();
    let list = office.home().join("名单.csv");
    std::fs::write(&list, format!("检查组,企业名称,统一社会信用代码,计划检查日期\n{rows}")).unwrap();
    run(&["plan", "import", list.to_str().unwrap()]).await;
    let user = typed(&office, &["user", "add", "王芳", "--role", "经办员"], "Zhengque-kouling-8").await;
    assert_eq!(user.code, 0, "{}{}", user.out, user.err);
    let numbers: Vec<String> = (1..8).map(|seed| element(&record(seed), "DocumentNumber")).collect();
    office.script(Rule::new(Endpoint::Put, refusal("11")).numbered(numbers[1].clone()).times(1));
    office.script(Rule::new(Endpoint::Put, refusal("11")).numbered(numbers[2].clone()).times(1));
    office.script(Rule::new(Endpoint::Put, refusal("12")).numbered(numbers[3].clone()));
    office.script(Rule::new(Endpoint::Put, Action::Publish(Publishing::default())).of_kind("penalty_org").always());
    for seed in 1..5 {
        office.put(&format!("第一组/{seed}.xml"), &record(seed));
    }
    office.put("第一组/5.xml", &record(5));
    office.put("决定书.xml", &drafts::single(2, "penalty_org", "2023-04-03".parse().unwrap()).unwrap().bytes);
    let (name, unfit) = samples("unfit").into_iter().find(|(name, _)| name == "处置意见为空.xml").unwrap();
    office.put(&name, &unfit);
    office.pass(chrono::Duration::minutes(10)).await;
    office.put("第一组/3.xml", &reworded(&record(3)));
    office.script(Rule::new(Endpoint::Any, Action::Status { status: 502, code: None, retry_after: None, committing: false }).always());
    office.put("第一组/6.xml", &record(6));
    until(&office, "2023-04-04T00:30:00").await;
    run(&["day", "excuse", &numbers[5], "--reason", "平台当晚中断"]).await;
    run(&["queue", "hold", &numbers[5], "--reason", "等平台恢复"]).await;
    office.mock.be_good();
    until(&office, "2023-04-04T10:00:00").await;
    run(&["queue", "hold", &numbers[5], "--reason", "等平台恢复"]).await;
    run(&["day", "ack", "2023-04-03"]).await;
    until(&office, NOON).await;
    office
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_this_version_writes_it_reads_as_it_was_written() {
    let elsewhere = crate::process::home();
    let (folder, version) = match std::env::var("DANGRI_TEST_FREEZE") {
        Ok(version) => (frozen(), version),
        Err(_) => (elsewhere.path().to_owned(), "now".to_owned()),
    };
    let mut office = lived_in().await;
    let states: std::collections::BTreeSet<State> = office.records().await.iter().map(|record| record.state).collect();
    assert!(states.len() >= 5, "{states:?}");
    assert_eq!(office.stop().await, 0);
    let mut zip = zip::ZipWriter::new(File::create_new(folder.join(format!("{version}.zip"))).unwrap());
    pack(office.home(), Path::new("state"), &mut zip);
    pack(office.home(), Path::new("drafts"), &mut zip);
    zip.finish().unwrap();
    office.start().await;
    let told = serde_json::to_vec_pretty(&answers(&office).await).unwrap();
    std::fs::write(folder.join(format!("{version}.expected.json")), told).unwrap();
    office.close().await;
    thaw(&folder, &version, |_| {}).await;
}

/// Packs a folder, but what only keeps room on the disk or stands for a process.
fn pack(home: &Path, folder: &Path, zip: &mut zip::ZipWriter<File>) {
    for entry in std::fs::read_dir(home.join(folder)).unwrap() {
        let (entry, kind) = entry.map(|entry| (entry.file_name(), entry.file_type().unwrap())).unwrap();
        let path = folder.join(&entry);
        if kind.is_dir() {
            pack(home, &path, zip);
        } else if kind.is_file() && !["ballast", "lock"].contains(&entry.to_str().unwrap()) {
            zip.start_file(path.to_str().unwrap(), zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(&std::fs::read(home.join(&path)).unwrap()).unwrap();
        }
    }
}
