//! The program as a process: killed, stopped, started twice, started over what is damaged; each ends with the code that the manual names.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use dangri_mocks::{Action, Endpoint, ErrorItem, Rule};
use rustix::process::{Signal, kill_process};

use crate::{
    harness::{element, record, reworded, samples},
    not_shown::not_shown,
    process::{Site, home},
};

/// As long as no test waits; the call is still open when its client is gone.
const FOR_EVER_MS: u64 = 60_000;

fn number(bytes: &[u8]) -> String {
    element(bytes, "DocumentNumber")
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_with_a_document_in_every_state_it_enters_each_exactly_once() {
    let site = Site::new("").await;
    let drafts: Vec<_> = (1..=7).map(record).collect();
    let (mute, checking, returned, baseless, whole) = (&drafts[0], &drafts[1], &drafts[2], &drafts[3], &drafts[6]);
    let wrong = ErrorItem::new("E1", "检查时间不符");
    site.mock.script(Rule::new(Endpoint::Put, Action::Delay { ms: FOR_EVER_MS }).of_kind("insp_plan").always());
    site.mock.script(Rule::new(Endpoint::Put, Action::CommitThenDrop { reset: true }).numbered(number(mute)));
    site.mock.script(Rule::new(Endpoint::GetDocument, Action::Delay { ms: FOR_EVER_MS }).always());
    site.mock.script(Rule::new(Endpoint::Put, Action::HoldInChecking).numbered(number(checking)));
    site.mock.script(Rule::new(Endpoint::Put, refusal("11", vec![wrong])).numbered(number(returned)));
    site.mock.script(Rule::new(Endpoint::Put, refusal("12", Vec::new())).numbered(number(baseless)));
    site.put("good.xml", &drafts[4]);
    let mut first = site.start();
    first.has("Entered", &["good.xml"]);
    // From here on nothing comes by the feed.
    site.mock.script(Rule::new(Endpoint::Results, Action::Delay { ms: FOR_EVER_MS }).always());
    for (name, bytes) in ["mute", "checking", "returned", "baseless"].into_iter().zip(&drafts) {
        site.put(&format!("{name}.xml"), bytes);
    }
    let inspection = samples("inspection");
    let paths: Vec<_> = inspection.iter().map(|(name, _)| format!("检查/{name}")).collect();
    let behind: Vec<_> = paths[1..].iter().map(String::as_str).collect();
    for (path, (_, bytes)) in paths.iter().zip(&inspection) {
        site.put(path, bytes);
    }
    let unfit = samples("unfit").into_iter().find(|(name, _)| name == "处置意见为空.xml").unwrap().1;
    site.put("unfit.xml", &unfit);
    site.put("half.xml", &whole[..whole.len() / 2]);
    site.mock.until(|books| books.counters().puts >= 6).await;
    first.has("Unfit", &["unfit.xml"]);
    first.has("Unsure", &["mute.xml"]);
    first.has("Received", &["checking.xml"]);
    first.has("Returned", &["returned.xml"]);
    first.has("HeldWaiting", &["baseless.xml"]);
    first.has("Waiting", &behind);
    let counts = site.status().1;
    let expected = ["entered", "held_waiting", "received", "returned", "sending", "unfit", "unsure"];
    assert!(expected.iter().all(|state| counts.get(*state) == Some(&1)) && counts.get("waiting") == Some(&4), "{counts:?}");
    assert_eq!(counts.len(), 8, "{counts:?}");
    first.kill();

    site.mock.be_good();
    site.put("half.xml", whole);
    site.put("returned.xml", &reworded(returned));
    let mut second = site.start();
    second.says("recovered from an end that was not clean");
    let released = site.dangri(&["queue", "release", &number(baseless)]);
    assert_eq!(released.status.code(), Some(0), "{released:?}");
    let held = site.mock.books().submissions().into_iter().find(|s| s.number.as_deref() == Some(&number(checking))).unwrap();
    assert!(site.mock.release(&held.id, Vec::new()));
    second.has("Entered", &paths.iter().map(String::as_str).collect::<Vec<_>>());
    second.has("Entered", &["mute.xml", "checking.xml", "returned.xml", "baseless.xml", "good.xml", "half.xml"]);
    assert!(site.note("unfit.xml").is_some() && site.note("returned.xml").is_none());
    site.closes_with(&mut second).await;
}

fn refusal(code: &str, errors: Vec<ErrorItem>) -> Action {
    Action::Refuse { code: code.to_owned(), message: None, errors }
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_stop_it_puts_on_record_what_is_in_flight_and_ends_well() {
    let site = Site::new("").await;
    site.mock.script(Rule::new(Endpoint::Put, Action::Delay { ms: 1_500 }).always());
    let names = ["1.xml", "2.xml", "3.xml", "4.xml"];
    names.iter().zip(1..).for_each(|(name, seed)| site.put(name, &record(seed)));
    let mut daemon = site.start();
    site.mock.until(|books| books.counters().puts >= 4).await;
    kill_process(daemon.pid(), Signal::TERM).unwrap();
    site.hears("STOPPING=1");
    assert_eq!(daemon.ended(), 0, "{:#?}", daemon.said);
    assert_eq!(site.mock.books().counters().calls.get("put 00"), Some(&4), "each answer was waited for");
    let mut next = site.start();
    next.has("Entered", &names);
    let calls = site.mock.books().counters().calls;
    assert!(calls.keys().all(|call| !call.starts_with("get_document")), "nothing was in doubt: {calls:?}");
    assert_eq!(site.mock.books().counters().puts, 4);
    site.closes_with(&mut next).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_stop_before_it_has_begun_it_ends_well_too() {
    let site = Site::new("").await;
    let mut daemon = site.start();
    let lock = site.home.path().join("state/lock");
    // The first thing that it makes; everything else is still to come.
    while std::fs::metadata(&lock).is_err() {
        std::thread::yield_now();
    }
    kill_process(daemon.pid(), Signal::TERM).unwrap();
    assert_eq!(daemon.ended(), 0, "{:#?}", daemon.said);
    site.closes(&[&daemon]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_end_in_time_is_looked_up_at_the_next_start() {
    let site = Site::new("").await;
    site.mock.script(Rule::new(Endpoint::Put, Action::Delay { ms: FOR_EVER_MS }).always());
    site.put("1.xml", &record(1));
    let mut daemon = site.start();
    site.mock.until(|books| books.counters().puts >= 1).await;
    kill_process(daemon.pid(), Signal::TERM).unwrap();
    daemon.says("did not end in time");
    assert_eq!(daemon.ended(), 0, "{:#?}", daemon.said);
    site.mock.be_good();
    let mut next = site.start();
    next.has("Entered", &["1.xml"]);
    let counters = site.mock.books().counters();
    assert!(
        counters.calls.contains_key("get_document 18") && counters.puts == 2,
        "it was looked up before it was sent again: {counters:?}"
    );
    site.closes_with(&mut next).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_manager_hears_that_it_lives_until_it_says_that_it_stops() {
    let site = Site::new("").await;
    let mut daemon = site.start();
    site.hears("WATCHDOG=1");
    site.hears("WATCHDOG=1");
    kill_process(daemon.pid(), Signal::INT).unwrap();
    site.hears("STOPPING=1");
    assert_eq!(daemon.ended(), 0, "{:#?}", daemon.said);
    site.closes(&[&daemon]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_one_is_refused_and_told_of_the_first() {
    let site = Site::new("").await;
    let mut first = site.start();
    let mut second = site.start_through(&[]);
    assert_eq!(second.ended(), 7, "{:#?}", second.said);
    let said = second.said.concat();
    assert!(said.contains("另一个 dangri") && said.contains(&format!("（{} ", first.pid().as_raw_nonzero())), "{said}");
    site.put("1.xml", &record(1));
    first.has("Entered", &["1.xml"]);
    site.closes_with(&mut first).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_lost_or_damaged_is_made_anew_at_the_start() {
    let site = Site::new("").await;
    let index = site.home.path().join("state/index");
    let mut daemon = site.start();
    let names = ["0.xml", "1.xml", "2.xml"];
    for (name, seed) in names.iter().zip(0..) {
        site.put(name, &record(seed));
        daemon.has("Entered", &[name]);
        daemon.kill();
        let why = if seed == 0 {
            std::fs::remove_dir_all(&index).unwrap();
            "the index is missing"
        } else {
            files_in(&index).for_each(|file| std::fs::write(file, [0xa5; 70_000]).unwrap());
            "the index cannot be used and is rebuilt from the journal"
        };
        daemon = site.start();
        daemon.says(why);
        daemon.has("Entered", &names[..=usize::try_from(seed).unwrap()]);
        assert_eq!(site.status().1.get("entered"), Some(&(seed + 1)));
    }
    assert_eq!(site.mock.books().counters().puts, 3, "nothing was sent twice");
    site.closes_with(&mut daemon).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_platform_has_need_not_be_found_again_when_its_bytes_are_lost() {
    let site = Site::new("").await;
    let names = ["在审.xml", "无回音.xml", "没送到.xml"];
    let drafts: Vec<_> = (1..=3).map(record).collect();
    site.mock.script(Rule::new(Endpoint::Put, Action::HoldInChecking).numbered(number(&drafts[0])));
    site.mock.script(Rule::new(Endpoint::Put, Action::CommitThenDrop { reset: true }).numbered(number(&drafts[1])));
    site.mock.script(Rule::new(Endpoint::Put, Action::DropWithoutCommit).numbered(number(&drafts[2])).times(1));
    for way in [Endpoint::GetDocument, Endpoint::Results] {
        site.mock.script(Rule::new(way, Action::Delay { ms: FOR_EVER_MS }).always());
    }
    names.iter().zip(&drafts).for_each(|(name, draft)| site.put(name, draft));
    let mut daemon = site.start();
    daemon.has("Received", &names[..1]);
    daemon.has("Unsure", &names[1..]);
    daemon.kill();
    for (name, draft) in names.iter().zip(&drafts) {
        std::fs::remove_file(site.home.path().join("drafts").join(name)).unwrap();
        break_bytes(&site.home.path().join("state/journal"), &format!("<DraftId>{}<", element(draft, "DraftId")));
    }
    site.mock.refuse_connections().await;
    let alone = site.dangri(&["repair"]);
    let said = String::from_utf8(alone.stdout).unwrap();
    assert!(alone.status.code() == Some(9) && said.contains("3 件的存件找不回来"), "{said}");
    assert!(said.contains("没能向平台核实") && said.contains("平台恢复后再运行一次 dangri repair"), "{said}");
    assert_eq!(site.dangri(&["repair", "--dry-run"]).status.code(), Some(9));

    site.mock.accept_connections().await;
    site.mock.be_good();
    let asked = site.dangri(&["repair"]);
    let said = String::from_utf8(asked.stdout).unwrap();
    assert!(asked.status.code() == Some(9) && said.contains("2 件的存件找不回来，但用不着了"), "{said}");
    assert!(said.contains("1 件的存件找不回来；") && !said.contains("没能向平台核实"), "{said}");
    let mut next = site.start();
    assert_eq!(site.status().1, [("entered", 1), ("received", 1), ("corrupt", 1)].map(|(state, n)| (state.to_owned(), n)).into());
    site.put(names[2], &drafts[2]);
    let held = site.mock.books().submissions().into_iter().find(|s| s.number.as_deref() == Some(&number(&drafts[0]))).unwrap();
    assert!(site.mock.release(&held.id, Vec::new()));
    next.has("Entered", &[names[0], names[2]]);
    kill_process(next.pid(), Signal::TERM).unwrap();
    assert_eq!(next.ended(), 0, "{:#?}", next.said);
    let verified = site.dangri(&["verify"]);
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8(verified.stdout).unwrap());
    next.documents.insert(held_id(&site, &drafts[1]), (names[1].into(), "Entered".into()));
    site.closes(&[&next]).await;
}

fn held_id(site: &Site, draft: &[u8]) -> String {
    site.mock.books().submissions().into_iter().find(|s| s.number.as_deref() == Some(&number(draft))).unwrap().id
}

/// Breaks the journal where `mark` stands, which only a document's own bytes have.
pub(crate) fn break_bytes(journal: &Path, mark: &str) {
    let mut broken = 0;
    for segment in files_in(journal) {
        let mut bytes = std::fs::read(&segment).unwrap();
        while let Some(at) = bytes.windows(mark.len()).position(|window| window == mark.as_bytes()) {
            bytes[at + 1] ^= 1;
            broken += 1;
            std::fs::write(&segment, &bytes).unwrap();
        }
    }
    assert!(broken > 0, "{mark} is not in the journal");
}

fn files_in(folder: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file())
}

#[test]
fn every_mistake_in_the_configuration_is_told_before_anything_is_touched() {
    let home = home();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/config");
    std::fs::copy(corpus.join("everything-at-once.toml"), home.path().join("dangri.toml")).unwrap();
    let output = dangri_run(home.path());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    let expected = std::fs::read_to_string(corpus.join("everything-at-once.expected.txt")).unwrap();
    assert!(expected.lines().count() > 20 && said.ends_with(&expected), "{said}");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_folder_in_memory_is_refused() {
    let shared_memory = Path::new("/dev/shm");
    if !matches!(dangri::config::Disk::of(shared_memory), dangri::config::Disk::Memory(_)) {
        return not_shown(&format!(
            "there is no file system in memory at {}; that a state folder there is refused",
            shared_memory.display()
        ));
    }
    let site = Site::new("").await;
    let state = shared_memory.join(format!("dangri-never-made-{}", std::process::id()));
    let file = site.home.path().join("dangri.toml");
    let text = std::fs::read_to_string(&file).unwrap().replace("path = \"state\"", &format!("path = \"{}\"", state.display()));
    std::fs::write(file, text).unwrap();
    let output = dangri_run(site.home.path());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("state.path") && said.contains("内存盘") && said.contains("改到本机硬盘上"), "{said}");
    assert!(!state.try_exists().unwrap());
    site.closes(&[]).await;
}

fn dangri_run(home: &Path) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_dangri")).args(["run", "--config", "dangri.toml"]).current_dir(home).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_overdue_ends_the_status_with_10_until_it_is_entered() {
    let site = Site::new("").await;
    site.mock.refuse_connections().await;
    site.put("1.xml", &record(1));
    let mut daemon = site.start();
    daemon.says("an attempt failed");
    let shown = site.dangri(&["status"]);
    let text = String::from_utf8(shown.stdout).unwrap();
    assert_eq!(shown.status.code(), Some(10), "{text}");
    assert!(text.contains("逾期"), "{text}");
    site.mock.accept_connections().await;
    daemon.has("Entered", &["1.xml"]);
    assert_eq!(site.status().0, 0);
    site.closes_with(&mut daemon).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_ends_it_with_74_and_nothing_is_lost() {
    if !Command::new("strace").args(["-o", "/dev/null", "true"]).output().is_ok_and(|o| o.status.success()) {
        return not_shown("strace is missing or not allowed here; that a disk that fails ends it with 74");
    }
    let site = Site::new("").await;
    let mut daemon =
        site.start_through(&["strace", "-f", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=2+", "-o", "/dev/null"]);
    site.put("1.xml", &record(1));
    assert_eq!(daemon.ended(), 74, "{:#?}", daemon.said);
    daemon.says("the daemon ends");
    let mut next = site.start();
    next.has("Entered", &["1.xml"]);
    site.closes_with(&mut next).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_version_wrote_is_left_alone() {
    let site = Site::new("").await;
    site.start().kill();
    let segment = files_in(&site.home.path().join("state/journal")).next().unwrap();
    let before = as_a_newer_version(&segment);
    let mut daemon = site.start_through(&[]);
    assert_eq!(daemon.ended(), 8, "{:#?}", daemon.said);
    assert!(daemon.said.concat().contains("较新版本"), "{:#?}", daemon.said);
    assert_eq!(std::fs::read(&segment).unwrap(), before);
    site.closes(&[&daemon]).await;
}

/// Makes a segment look as though a program of the next format had begun it (the layout stands in `store/journal/frame.rs`).
fn as_a_newer_version(segment: &Path) -> Vec<u8> {
    const HEADER: usize = 72;
    let name = segment.file_stem().unwrap().to_str().unwrap();
    let salt = u32::from_str_radix(name.split_once('-').unwrap().1, 16).unwrap();
    let mut bytes = std::fs::read(segment).unwrap();
    let at = bytes.windows(10).position(|w| w == b"\"format\":1").unwrap();
    bytes[at + 9] = b'2';
    let json = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    let of_json = crc32c::crc32c(&bytes[HEADER..HEADER + json]);
    bytes[8..12].copy_from_slice(&of_json.to_le_bytes());
    let of_header = crc32c::crc32c_append(salt, &bytes[8..HEADER]);
    bytes[4..8].copy_from_slice(&of_header.to_le_bytes());
    std::fs::write(segment, &bytes).unwrap();
    bytes
}
