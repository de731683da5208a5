//! What moves under documents that are entered: the platform's copy, and its schema.

use std::path::Path;

use chrono::Duration;
use dangri::{document::State, status::Status};
use dangri_mocks::{Action, Endpoint, Rule};

use crate::harness::{Furnishing, Office, edited, element, profile, record};

/// The problems that concern drift, by their code and what they say.
fn told(status: &Status) -> Vec<String> {
    status
        .problems()
        .into_iter()
        .filter(|p| ("D-0320".."D-0330").contains(&p.code.as_str()))
        .map(|p| format!("{} {}", p.code, p.message))
        .collect()
}

/// From six in the evening to seven the next morning, past both looks.
const NIGHT: Duration = Duration::minutes(13 * 60 + 15);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_changes_on_the_platform_is_seen_the_next_morning_and_until_it_is_right() {
    let office = Office::open().await;
    office.put("甲.xml", &record(1));
    office.put("乙.xml", &record(2));
    office.drain().await;
    let id = office.record("甲.xml").await.id().to_string();
    assert!(office.mock.alter(&id, true));
    office.pass(NIGHT).await;
    let problems = told(&office.status().await);
    assert_eq!(problems.len(), 1, "{problems:?}");
    let number = office.record("甲.xml").await.title();
    assert!(problems[0].contains("1 件已录入文书与平台存件不一致") && problems[0].contains(&number), "{problems:?}");
    // A restart forgets nothing of it, and the ledger reminds of it.
    let mut office = office;
    office.stop().await;
    office.start().await;
    assert_eq!(told(&office.status().await), problems);
    let ledger = office.dangri(&office.folder(), &["loop", "--json"]).await;
    assert!(ledger.out.contains("平台上的内容与本机存件不同"), "{}", ledger.out);
    assert!(office.mock.alter(&id, false));
    office.pass(Duration::hours(24)).await;
    let status = office.status().await;
    assert_eq!(told(&status), Vec::<String>::new());
    assert_eq!(status.drift.run.map(|run| (run.compared, run.unfinished)), Some((2, String::new())));
    office.close().await;
}

/// The profile with a second version from May on, under which the recorder's id must be there.
fn with_may(folder: &Path) {
    let copy = |to: &Path| {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(profile()).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    };
    copy(folder);
    let may = folder.join("may");
    copy(&may);
    let change = |name: &str, from: &str, to: &str| {
        let path = may.join(name);
        std::fs::write(&path, edited(&std::fs::read(&path).unwrap(), from, to)).unwrap();
    };
    change("bundle.toml", "version = \"2023.1\"\n", "version = \"2023.5\"\n");
    change("bundle.toml", "effective_from = \"2023-01-01\"", "effective_from = \"2023-05-01\"");
    change("bundle.toml", "accepts = [\"2023.1\"]", "accepts = [\"2023.1\", \"2023.5\"]");
    change("insp_record.xsd", "name=\"RecorderId\" type=\"d:Text25\" minOccurs=\"0\"", "name=\"RecorderId\" type=\"d:Text25\"");
}

/// A record whose recorder's id was left out, which the present schema takes.
fn without_recorder(seed: u64) -> Vec<u8> {
    let whole = record(seed);
    let id = element(&whole, "RecorderId");
    edited(&whole, &format!("<RecorderId>{id}</RecorderId>"), "")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_schema_is_held_against_what_waits_and_what_was_entered_before_it_bites() {
    let bundle = tempfile::tempdir().unwrap();
    with_may(bundle.path());
    let office = Furnishing::default().checking(bundle.path()).platform(|setup| setup.effective_from = "2023-05-01".into()).open().await;
    office.put("全.xml", &record(1));
    office.put("缺.xml", &without_recorder(2));
    office.drain().await;
    office.all_are(State::Entered).await;
    office.script(Rule::new(Endpoint::Put, Action::Refuse { code: "12".into(), message: None, errors: vec![] }).times(1));
    office.put("等.xml", &without_recorder(3));
    office.drain().await;
    assert_eq!(office.state("等.xml").await, Some(State::HeldWaiting));
    office.mock.set_schema("2023.5", &["2023.1", "2023.5"]);
    office.pass(NIGHT).await;
    let status = office.status().await;
    let problems = told(&status);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("将于 2023-05-01 起使用格式 2023.5：查过 3 件，2 件会不合格（其中待上传 1 件）"), "{problems:?}");
    let failing = status.drift.schema.unwrap().failing;
    let titles: Vec<_> = failing.iter().map(|one| (one.title.clone(), one.entered)).collect();
    assert_eq!(titles, [(office.record("等.xml").await.title(), false), (office.record("缺.xml").await.title(), true)]);
    assert!(failing[0].finding.contains("执法记录仪编号"), "{}", failing[0].finding);
    // Nothing was done to any document.
    assert_eq!(office.state("缺.xml").await, Some(State::Entered));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_that_the_office_has_no_bundle_of_is_asked_for() {
    let office = Furnishing::default().platform(|setup| setup.effective_from = "2023-06-01".into()).open().await;
    office.mock.set_schema("2023.6", &["2023.1", "2023.6"]);
    office.pass(NIGHT).await;
    let problems = told(&office.status().await);
    assert_eq!(problems, ["D-0321 平台将于 2023-06-01 起使用格式 2023.6，本机没有这个格式包"]);
    office.close().await;
}
