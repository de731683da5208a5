//! The real binary, as it is typed: what it says, where it says it, and what it ends with.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::{
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
    sync::Arc,
};

use async_trait::async_trait;
use chrono::{Duration, NaiveDate};
use dangri::{
    audit::AuditLog,
    check::{self, Checker},
    clock::ManualClock,
    control::{
        Desk, Exchanges, Server, Upkeep, UpkeepReport,
        publicity::{Compared, Decided, Notice, Publicity},
    },
    document::{DocumentId, Event, HoldCause, Record, Timestamp},
    platform::Exchange,
    queue::{Queue, QueueSettings},
    report::{self, Reports},
    status::{Gatherer, Office, Vitals},
    store::{
        JournalStore, MemoryStore, Settings, Store as _, StoreError,
        samples::{Sample, change, leased},
    },
    users::Users,
};
use serde_json::Value;

/// What came of a command.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

/// Runs dangri in `home`, where nothing of this machine's environment reaches it.
pub(crate) fn dangri(home: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dangri"));
    for variable in ["DANGRI_CONFIG", "SUDO_USER", "NO_COLOR", "COLUMNS"] {
        command.env_remove(variable);
    }
    Said::of(&command.current_dir(home).args(arguments).output().unwrap())
}

/// A folder with a configuration of a daemon that does not run.
pub(crate) fn office() -> tempfile::TempDir {
    let home = crate::process::home();
    let at = |name: &str| home.path().join(name).display().to_string();
    std::fs::create_dir(home.path().join("文书")).unwrap();
    let secret = home.path().join("secret");
    std::fs::write(&secret, "0123456789abcdef0123456789abcdef").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/platform/shandong");
    let config = format!(
        "[office]\nname = \"某某区应急管理局\"\nuscc = \"113703020042700086\"\n[folder]\npath = \"{}\"\n[state]\npath = \"{}\"\n\
         [platform]\nprofile = \"{}\"\nbase_url = \"http://127.0.0.1:9\"\napp_id = \"dangri-demo\"\nsecret = {{ file = \"{}\" }}\n",
        at("文书"),
        at("state"),
        profile.display(),
        at("secret"),
    );
    std::fs::write(home.path().join("dangri.toml"), config).unwrap();
    home
}

#[test]
fn the_first_thing_a_newcomer_types_answers_in_chinese() {
    let home = tempfile::tempdir().unwrap();
    let bare = dangri(home.path(), &[]);
    assert_eq!(bare.code, 2);
    let help = dangri(home.path(), &["--help"]);
    assert_eq!((help.code, help.err.as_str()), (0, ""));
    assert!(help.out.contains("用法: dangri [选项] <命令>") && help.out.contains("dangri demo"));
    assert_eq!(bare.err.trim(), help.out.trim());
    let version = dangri(home.path(), &["--version"]);
    assert_eq!((version.code, version.out), (0, format!("当日 dangri {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn a_draft_is_checked_from_any_folder_without_daemon_and_configuration() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("记录.xml"), crate::harness::record(1)).unwrap();
    let fit = dangri(home.path(), &["check", "记录.xml"]);
    assert_eq!(fit.code, 0, "{}{}", fit.out, fit.err);
    let unfit = String::from_utf8(crate::harness::record(1)).unwrap().replace("<Place>", "<Place/><Place>");
    std::fs::write(home.path().join("记录.xml"), unfit).unwrap();
    let told = dangri(home.path(), &["check", "记录.xml"]);
    assert!(told.code == 4 && told.out.contains("怎么改"), "{}{}", told.out, told.err);
    let nowhere = dangri(home.path(), &["check", "--profile", "nowhere", "记录.xml"]);
    assert!(nowhere.code == 2 && nowhere.out.contains("没有这个目录"), "{}{}", nowhere.out, nowhere.err);
    let nothing = dangri(home.path(), &["check"]);
    assert!(nothing.code == 2 && nothing.err.contains("缺少 <文件>"), "{}{}", nothing.out, nothing.err);
}

#[test]
fn a_slip_of_the_fingers_is_told_in_chinese_and_ends_with_two() {
    let home = tempfile::tempdir().unwrap();
    let said = dangri(home.path(), &["statsu"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    assert!(said.err.starts_with("没有“statsu”这个命令，是不是 status？"), "{}", said.err);
}

#[test]
fn every_command_that_needs_the_daemon_says_plainly_that_it_does_not_run() {
    let home = office();
    for line in [vec!["status"], vec!["queue"], vec!["queue", "--shape"], vec!["doc", "x"], vec!["queue", "retry", "待上传"]] {
        let said = dangri(home.path(), &line);
        assert_eq!(said.code, 11, "{line:?}: {}{}", said.out, said.err);
        let text = format!("{}{}", said.out, said.err);
        assert!(text.contains("程序没有运行") && text.contains("systemctl start dangri"), "{line:?}: {text}");
    }
}

#[test]
fn json_has_one_shape_on_failure_too() {
    let home = office();
    for (schema, line) in [
        ("dangri.status/1", vec!["status", "--json"]),
        ("dangri.queue/1", vec!["queue", "list", "--json"]),
        ("dangri.doc/1", vec!["doc", "x", "--json"]),
    ] {
        let said = dangri(home.path(), &line);
        let json = said.json();
        assert_eq!((said.code, &json["code"], &json["ok"]), (11, &Value::from(11), &Value::from(false)), "{line:?}");
        assert_eq!(json["schema"], schema);
        assert_eq!(json["errors"][0]["code"], "D-1101");
        assert!(json["time"].as_str().unwrap().ends_with("+08:00") && json["data"].is_null());
        assert_eq!(said.err, "");
    }
}

#[test]
fn without_a_configuration_the_way_to_one_is_shown() {
    let home = tempfile::tempdir().unwrap();
    let said = dangri(home.path(), &["status", "--config", "nowhere.toml"]);
    assert_eq!(said.code, 2);
    assert!(said.out.contains("nowhere.toml") && said.out.contains("--config"), "{}", said.out);
}

#[test]
fn a_hold_without_a_reason_is_refused_before_anybody_is_asked() {
    let home = office();
    let said = dangri(home.path(), &["queue", "hold", "待上传"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("暂停必须写明原因") && said.err.contains("--reason"), "{}", said.err);
}

#[test]
fn the_doctor_tells_a_missing_marker_from_a_missing_daemon() {
    let home = office();
    let said = dangri(home.path(), &["doctor"]);
    assert_eq!(said.code, 11, "{}", said.out);
    assert!(said.out.contains("✔ 监视目录") && said.out.contains("✘ 标记文件") && said.out.contains("✘ 程序"), "{}", said.out);
    let json = dangri(home.path(), &["doctor", "--json"]).json();
    let named = |name: &str| json["data"].as_array().unwrap().iter().find(|c| c["name"] == name).unwrap()["mark"].clone();
    assert_eq!((named("监视目录"), named("标记文件"), named("平台密钥")), ("well".into(), "wrong".into(), "well".into()));
}

struct Nothing;

impl Exchanges for Nothing {
    fn about(&self, _: DocumentId) -> std::io::Result<Vec<Exchange>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Publicity for Nothing {
    async fn compare(&self, _: Option<(NaiveDate, NaiveDate)>) -> Result<Compared, StoreError> {
        Ok(Compared::default())
    }

    async fn of(&self, _: &Record) -> Result<Option<Notice>, StoreError> {
        Ok(None)
    }

    async fn annul(&self, _: &Record, _: Option<dangri::publication::Annulled>) -> Result<Option<Notice>, StoreError> {
        Ok(None)
    }

    async fn decisions(&self, _: (NaiveDate, NaiveDate)) -> Result<Vec<Decided>, StoreError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Upkeep for Nothing {
    async fn verify(&self) -> Result<UpkeepReport, String> {
        Ok(UpkeepReport { well: false, said: vec!["第 3 段第 1024 字节处损坏".into()], data: serde_json::json!({ "damage": 1 }) })
    }

    async fn backup(&self, to: &Path) -> Result<UpkeepReport, String> {
        Ok(UpkeepReport { well: true, said: vec![format!("已备份到 {}", to.display())], data: Value::Null })
    }
}

/// A desk over a store in memory listening in `home`: one entered, one held, three waiting; it is 1 January 1970, noon.
pub(crate) async fn desk(home: &Path) -> Arc<MemoryStore> {
    let clock = ManualClock::at(Timestamp::from_millis(4 * 3_600_000));
    let store = Arc::new(MemoryStore::new());
    let mut held = Sample::new(2);
    held.held = Some(HoldCause::BaseData);
    let samples = [Sample::new(1), held, Sample::new(3), Sample::new(4), Sample::new(5)];
    store.admit(samples.iter().map(Sample::newcomer).collect()).await.unwrap();
    let entered = Event::EntryConfirmed { entry_no: Some("LR-1".into()), entered_at: Timestamp::from_millis(5) };
    for moved in [change(&samples[0], 1, leased(1)), change(&samples[0], 2, entered)] {
        store.apply(vec![moved]).await.unwrap()[0].as_ref().unwrap();
    }
    let settings = QueueSettings {
        sender_uscc: "113703020042700086".into(),
        visibility_delay: Duration::seconds(60),
        ask_after: Duration::seconds(60),
        cut_off: Duration::hours(24),
        upload_penalties: true,
    };
    let office = Office {
        name: "某某区应急管理局".into(),
        version: "9.9.9".into(),
        pid: 7,
        started: Timestamp::from_millis(0),
        cut_off: Duration::hours(24),
        target: Duration::hours(20),
    };
    let vitals = Arc::new(Vitals::new(office));
    let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/platform/shandong");
    let checker = Checker::load(&profile, check::Settings::default()).unwrap();
    let desk = Desk {
        users: Arc::new(Users::new(store.clone(), clock.clone())),
        audit: Arc::new(AuditLog::open(home, store.clone(), clock.clone()).await.unwrap()),
        alerts: None,
        queue: Arc::new(Queue::new(store.clone(), clock.clone(), settings)),
        gatherer: Gatherer::new(store.clone(), vitals.clone()),
        vitals,
        exchanges: Arc::new(Nothing),
        upkeep: Arc::new(Nothing),
        book: Arc::new(dangri::day::book::DayBook::new(store.clone(), clock.clone(), dangri::day::book::DaySettings::default())),
        publicity: Arc::new(Nothing),
        reports: Arc::new(Reports::new(store.clone(), Arc::new(checker), report::Settings::default())),
        wake: Arc::new(|_| {}),
    };
    let server = Server::bind(&home.join("control.sock"), Arc::new(desk), clock).unwrap();
    #[expect(clippy::disallowed_methods, reason = "it serves until the test ends")]
    tokio::spawn(server.run(std::future::pending()));
    store
}

/// Runs dangri against the desk, on a thread where it may block.
pub(crate) async fn asked(home: &Path, arguments: &[&str]) -> Said {
    let home = home.to_owned();
    let arguments: Vec<String> = arguments.iter().chain(&["--socket", "control.sock"]).map(|a| (*a).to_owned()).collect();
    let run = move || dangri(&home, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    tokio::task::spawn_blocking(run).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_of_a_running_daemon_is_text_for_people_and_json_for_machines() {
    let home = tempfile::tempdir().unwrap();
    desk(home.path()).await;
    let text = asked(home.path(), &["status"]).await;
    assert_eq!((text.code, text.err.as_str()), (3, ""));
    insta::assert_snapshot!(text.out);
    let json = asked(home.path(), &["status", "--json"]).await;
    let told = json.json();
    assert_eq!((json.code, &told["code"], &told["schema"]), (3, &Value::from(3), &Value::from("dangri.status/1")));
    assert_eq!(told["data"]["today"]["expected"], 5);
    assert_eq!(told["errors"][0]["message"], "1 件暂停");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_as_a_table_as_one_object_and_as_lines() {
    let home = tempfile::tempdir().unwrap();
    desk(home.path()).await;
    let text = asked(home.path(), &["queue", "list", "待上传", "--limit", "2"]).await;
    assert_eq!(text.code, 0);
    insta::assert_snapshot!(text.out);
    let json = asked(home.path(), &["queue", "list", "--json"]).await.json();
    assert_eq!((&json["data"]["total"], json["data"]["documents"].as_array().unwrap().len()), (&Value::from(4), 4));
    let lines = asked(home.path(), &["queue", "list", "全部", "--jsonl"]).await;
    let states: Vec<Value> = lines.out.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["state"].clone()).collect();
    assert_eq!(states.len(), 5);
    assert!(states.contains(&Value::from("entered")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_on_several_is_shown_first_and_done_on_confirmation() {
    let home = tempfile::tempdir().unwrap();
    let store = desk(home.path()).await;
    let hold = ["queue", "hold", "待上传", "--reason", "系统演练"];
    let preview = asked(home.path(), &hold).await;
    assert_eq!(preview.code, 3);
    assert!(preview.out.contains("将对 3 件文书暂停") && preview.out.contains("--yes"), "{}", preview.out);
    let held = |counts: &std::collections::BTreeMap<_, u64>| counts.get(&dangri::document::State::HeldWaiting).copied();
    assert_eq!(held(&store.counts().await.unwrap()), Some(1));
    let done = asked(home.path(), &[&hold[..], &["--yes"]].concat()).await;
    assert_eq!((done.code, done.out.lines().count()), (0, 3), "{}{}", done.out, done.err);
    assert_eq!(held(&store.counts().await.unwrap()), Some(4));
    let number = "（淄）应急检记〔2023〕1号";
    let refused = asked(home.path(), &["queue", "release", number]).await;
    assert_eq!(refused.code, 3);
    assert!(refused.out.contains("没能解除暂停：已经录入，无需操作"), "{}", refused.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_documents_life_is_told_by_its_number_however_it_is_typed() {
    let home = tempfile::tempdir().unwrap();
    desk(home.path()).await;
    let text = asked(home.path(), &["doc", "（淄）应急检记〔2023〕1号"]).await;
    assert_eq!((text.code, text.err.as_str()), (0, ""));
    for part in ["已录入", "检查通过并收存", "开始第 1 次上传", "录入编号 LR-1", "按时录入"] {
        assert!(text.out.contains(part), "{part} is missing:\n{}", text.out);
    }
    let loose = asked(home.path(), &["doc", "(淄)应急检记[2023]1号", "--json"]).await;
    assert_eq!(loose.json()["data"]["record"]["state"], "entered");
    let unknown = asked(home.path(), &["doc", "（淄）应急检记〔2023〕99号"]).await;
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("没有找到"), "{}", unknown.err);
}

#[test]
fn what_is_too_large_or_no_file_is_refused_unread_and_the_office_s_own_settings_count() {
    let home = office();
    std::fs::File::create(home.path().join("大.xml")).unwrap().set_len(1 << 40).unwrap();
    let large = dangri(home.path(), &["check", "大.xml"]);
    assert!(large.code == 4 && large.out.contains("文件有 1048576.0 MB，超过了 10.0 MB"), "{}{}", large.out, large.err);
    let device = dangri(home.path(), &["check", "/dev/zero"]);
    assert!(device.code == 2 && device.out.contains("这不是普通文件"), "{}{}", device.out, device.err);
    let config = home.path().join("dangri.toml");
    let written = std::fs::read_to_string(&config).unwrap();
    std::fs::write(home.path().join("记录.xml"), crate::harness::record(1)).unwrap();
    std::fs::write(&config, written.replace("[folder]\n", "[folder]\nmax_file_mib = 1\n")).unwrap();
    std::fs::write(home.path().join("两兆.xml"), vec![b' '; 2 << 20]).unwrap();
    let office_s = dangri(home.path(), &["check", "两兆.xml"]);
    assert!(office_s.out.contains("超过了 1.0 MB"), "{}{}", office_s.out, office_s.err);
    std::fs::create_dir(home.path().join("日历")).unwrap();
    std::fs::write(home.path().join("日历/2027.json"), "{").unwrap();
    std::fs::write(&config, format!("{written}[day]\ncalendar_dir = \"日历\"\n")).unwrap();
    let calendar = dangri(home.path(), &["check", "记录.xml"]);
    assert!(calendar.code == 2 && calendar.err.contains("day.calendar_dir"), "{}{}", calendar.out, calendar.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn verification_and_backup_go_through_the_running_daemon_and_repair_does_not() {
    let home = tempfile::tempdir().unwrap();
    desk(home.path()).await;
    let verified = asked(home.path(), &["verify"]).await;
    assert_eq!((verified.code, verified.out.as_str()), (9, "第 3 段第 1024 字节处损坏\n"));
    let copied = asked(home.path(), &["backup", "copy"]).await;
    let whole = home.path().canonicalize().unwrap().join("copy");
    assert_eq!((copied.code, copied.out), (0, format!("已备份到 {}\n", whole.display())));
    let repaired = asked(home.path(), &["repair"]).await;
    assert_eq!(repaired.code, 7);
    assert!(repaired.err.contains("先停止程序"), "{}", repaired.err);
}

/// A stopped daemon's store with two documents in it.
pub(crate) async fn store_in(state: &Path) {
    let small = Settings { segment_bytes: 1 << 20, ballast_bytes: 0, ..Settings::default() };
    let store = JournalStore::open(state, small, Timestamp::from_millis(0)).unwrap();
    store.admit(vec![Sample::new(1).newcomer(), Sample::new(2).newcomer()]).await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_copied_lost_restored_and_read_without_a_daemon() {
    let home = office();
    let state = home.path().join("state");
    let nothing = dangri(home.path(), &["verify"]);
    assert_eq!(nothing.code, 1);
    assert!(nothing.err.contains("还没有数据") && !state.try_exists().unwrap(), "{}", nothing.err);
    store_in(&state).await;
    let copied = dangri(home.path(), &["backup", "copy"]);
    assert_eq!(copied.code, 0, "{}{}", copied.out, copied.err);
    let over = dangri(home.path(), &["restore", "copy"]);
    assert_eq!(over.code, 2);
    assert!(over.err.contains("不是空目录"), "{}", over.err);
    std::fs::remove_dir_all(&state).unwrap();
    let restored = dangri(home.path(), &["restore", "copy"]);
    assert_eq!(restored.code, 0, "{}{}", restored.out, restored.err);
    assert!(restored.out.contains("先向平台核实"), "{}", restored.out);
    let verified = dangri(home.path(), &["verify", "--json"]);
    assert_eq!((verified.code, &verified.json()["data"]["documents"]), (0, &Value::from(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_body_is_found_and_found_again_in_the_folder() {
    let home = office();
    let state = home.path().join("state");
    store_in(&state).await;
    let body = Sample::new(1).body();
    let segments = std::fs::read_dir(state.join("journal")).unwrap().map(|entry| entry.unwrap().path());
    for segment in segments {
        let mut bytes = std::fs::read(&segment).unwrap();
        if let Some(at) = bytes.windows(body.len()).position(|w| w == body) {
            bytes[at + 60] ^= 1;
            std::fs::write(&segment, bytes).unwrap();
        }
    }
    let verified = dangri(home.path(), &["verify"]);
    assert_eq!(verified.code, 9, "{}{}", verified.out, verified.err);
    assert!(verified.out.contains("处损坏") && verified.out.contains("dangri repair"), "{}", verified.out);
    let lost = dangri(home.path(), &["repair"]);
    assert_eq!(lost.code, 9, "{}{}", lost.out, lost.err);
    assert!(lost.out.contains("找不回来"), "{}", lost.out);
    let draft = home.path().join("文书").join("第一组/现场检查记录 1.xml");
    std::fs::create_dir_all(draft.parent().unwrap()).unwrap();
    std::fs::write(&draft, body).unwrap();
    let mended = dangri(home.path(), &["repair"]);
    assert_eq!(mended.code, 0, "{}{}", mended.out, mended.err);
    assert!(mended.out.contains("1 件的存件已从草稿找回"), "{}", mended.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_a_process_holds_is_left_alone() {
    let home = office();
    let state = home.path().join("state");
    let held = JournalStore::open(&state, Settings { ballast_bytes: 0, ..Settings::default() }, Timestamp::from_millis(0)).unwrap();
    for line in [vec!["verify"], vec!["repair"], vec!["backup", "copy"]] {
        let said = dangri(home.path(), &line);
        assert_eq!(said.code, 7, "{line:?}: {}{}", said.out, said.err);
        assert!(said.err.contains("数据正被另一进程使用"), "{}", said.err);
    }
    held.close().await.unwrap();
}
