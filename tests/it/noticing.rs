//! A draft is noticed: files that grow, names that change, copies, a folder that vanishes, drafts that are taken away.

use chrono::Duration;
use dangri::{document::State, status::FolderState};
use dangri_mocks::{Action, Endpoint, RetryAfter, Rule};

use crate::harness::{Furnishing, Office, SAMPLE_SIX, edited, record, reworded, samples};

fn minutes(n: i64) -> Duration {
    Duration::minutes(n)
}

/// The platform asks to be left alone for so many seconds: what is taken meanwhile waits.
fn busy(seconds: u64) -> Rule {
    let status =
        Action::Status { status: 503, code: Some("05".into()), retry_after: Some(RetryAfter::Seconds(seconds)), committing: false };
    Rule::new(Endpoint::Any, status).times(1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_grows_slowly_is_taken_once_and_whole() {
    let office = Office::open().await;
    let whole = record(1);
    // A slow scanner: a piece every four seconds, so that it looks still between two looks more than once.
    for end in (0..whole.len()).step_by(whole.len() / 12) {
        office.put("记录.xml", &whole[..end]);
        office.pass(Duration::seconds(4)).await;
        assert_eq!(office.state("记录.xml").await, None, "taken with {end} of {} bytes", whole.len());
    }
    office.put("记录.xml", &whole);
    office.pass(minutes(2)).await;
    assert_eq!(office.state("记录.xml").await, Some(State::Entered));
    assert_eq!(office.records().await.len(), 1);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_written_files_wait_for_their_end_and_are_named_after_a_while() {
    let office = Furnishing::at(SAMPLE_SIX).open().await;
    let halves = samples("half-written");
    for (name, bytes) in &halves {
        office.put(name, bytes);
    }
    office.pass(minutes(5)).await;
    assert!(office.records().await.is_empty(), "nothing is taken, and nobody is blamed for a copy under way");
    // Nobody goes on writing: after ten minutes of silence the author is told what is wrong with it.
    office.pass(minutes(10)).await;
    for (name, _) in &halves {
        assert_eq!(office.state(name).await, Some(State::Unfit), "{name}");
        assert!(office.note(name).is_some(), "{name}");
    }
    // The copy goes on after all.
    let sample = samples("fit").into_iter().find(|(name, _)| name == "insp_record.xml").unwrap().1;
    office.put(&halves[0].0, &sample);
    office.pass(minutes(2)).await;
    assert_eq!(office.state(&halves[0].0).await, Some(State::Entered));
    assert_eq!(office.note(&halves[0].0), None);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rename_storm_as_office_programs_make_it_is_one_document() {
    let office = Office::open().await;
    let path = |name: &str| office.folder().join(name);
    for _ in 0..20 {
        // As Word saves: write aside, put the old one away, move the new one in, delete the old one.
        office.put("~WRL0001.tmp", &record(2));
        office.put("~$记录.xml", b"owner");
        if std::fs::metadata(path("记录.xml")).is_ok() {
            std::fs::rename(path("记录.xml"), path("~WRL0002.tmp")).unwrap();
        }
        std::fs::rename(path("~WRL0001.tmp"), path("记录.xml")).unwrap();
        std::fs::remove_file(path("~WRL0002.tmp")).unwrap_or_default();
        office.pass(Duration::milliseconds(700)).await;
    }
    std::fs::remove_file(path("~$记录.xml")).unwrap();
    office.pass(minutes(2)).await;
    assert_eq!(office.state("记录.xml").await, Some(State::Entered));
    assert_eq!(office.records().await.len(), 1);
    // Renamed by hand afterwards, twice: still the same document, and nothing is sent again.
    std::fs::rename(path("记录.xml"), path("记录 终稿.xml")).unwrap();
    office.pass(minutes(3)).await;
    std::fs::create_dir(path("归档")).unwrap();
    std::fs::rename(path("记录 终稿.xml"), path("归档/记录.xml")).unwrap();
    office.pass(minutes(3)).await;
    assert_eq!(office.state("归档/记录.xml").await, Some(State::Entered));
    assert_eq!(office.records().await.len(), 1);
    assert_eq!(office.mock.books().counters().puts, 1);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_content_under_two_names_is_one_entry_and_the_second_is_noted() {
    let office = Office::open().await;
    office.put("记录.xml", &record(3));
    office.put("记录 - 副本.xml", &record(3));
    office.pass(minutes(2)).await;
    office.put("第三份.xml", &record(3));
    office.pass(minutes(2)).await;
    assert_eq!(office.records().await.len(), 1);
    assert_eq!(office.state("第三份.xml").await, Some(State::Entered));
    let seen = office.events("第三份.xml").await.iter().filter(|name| **name == "also_seen_at").count();
    assert_eq!(seen, 2);
    assert_eq!(office.mock.books().counters().puts, 1);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_vanishes_proves_nothing_and_uploads_go_on_until_it_is_back() {
    let office = Office::open().await;
    office.script(busy(600));
    office.put("记录.xml", &record(4));
    office.put("坏的.xml", &edited(&record(5), "<Uscc>9", "<Uscc>8"));
    office.pass(minutes(2)).await;
    assert_eq!(office.state("记录.xml").await, Some(State::Waiting));
    assert_eq!(office.state("坏的.xml").await, Some(State::Unfit));
    // Unmounted: an empty folder without the marker stands where the share was.
    let share = office.folder();
    let away = share.with_extension("away");
    std::fs::rename(&share, &away).unwrap();
    std::fs::create_dir(&share).unwrap();
    office.pass(minutes(30)).await;
    assert_eq!(office.status().await.folder.state, FolderState::Unavailable);
    assert_eq!(office.state("记录.xml").await, Some(State::Entered), "what was taken goes on");
    assert_eq!(office.state("坏的.xml").await, Some(State::Unfit), "that a file is not seen proves nothing");
    assert!(office.record("记录.xml").await.draft_present);
    assert_eq!(std::fs::read_dir(&share).unwrap().count(), 0, "nothing is written into what is not the share");
    std::fs::remove_dir(&share).unwrap();
    std::fs::rename(&away, &share).unwrap();
    office.put("新的.xml", &record(6));
    office.pass(minutes(2)).await;
    assert_eq!(office.status().await.folder.state, FolderState::Watched);
    assert_eq!(office.state("新的.xml").await, Some(State::Entered));
    assert_eq!(office.records().await.len(), 3);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_that_is_deleted_after_it_was_taken_goes_on() {
    let office = Office::open().await;
    office.script(busy(900));
    office.put("记录.xml", &record(7));
    office.pass(minutes(2)).await;
    assert_eq!(office.state("记录.xml").await, Some(State::Waiting));
    std::fs::remove_file(office.folder().join("记录.xml")).unwrap();
    office.pass(minutes(5)).await;
    assert!(!office.record("记录.xml").await.draft_present);
    office.pass(minutes(20)).await;
    assert_eq!(office.state("记录.xml").await, Some(State::Entered));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_name_is_too_odd_for_an_entry_and_litter_is_no_draft() {
    let office = Furnishing::at(SAMPLE_SIX).open().await;
    let odd = samples("odd-names");
    for (name, bytes) in odd.iter().chain(&samples("litter")) {
        office.put(name, bytes);
    }
    office.pass(minutes(5)).await;
    let records = office.records().await;
    assert_eq!(records.len(), odd.len());
    office.all_are(State::Entered).await;
    for (name, bytes) in odd.iter().chain(&samples("litter")) {
        assert_eq!(&std::fs::read(office.folder().join(name)).unwrap(), bytes, "{name} was touched");
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_no_terminal_should_see_is_shown_escaped_and_entered_all_the_same() {
    use std::os::unix::ffi::OsStrExt as _;
    let office = Office::open().await;
    let name = std::ffi::OsStr::from_bytes(b"a\nb\x1b[2J\xff.xml");
    std::fs::write(office.folder().join(name), record(11)).unwrap();
    office.pass(minutes(2)).await;
    let records = office.records().await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].state, State::Entered);
    let path = &records[0].birth.source.path;
    assert!(path.is_ascii() && !path.contains(char::is_control), "{path}");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_office_file_gets_a_note_that_says_how_to_save_it() {
    let office = Office::open().await;
    // The end of a ZIP, its directory, is there: a file that was saved whole.
    let docx = [&b"PK\x03\x04 word/document.xml PK\x05\x06"[..], &[0; 18]].concat();
    office.put("检查记录.docx", &docx);
    office.put("台账.xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 an old workbook");
    office.put("扫描件.pdf", b"%PDF-1.4\n%%EOF\n");
    office.put("照片.jpg", b"\xFF\xD8\xFF");
    office.pass(minutes(15)).await;
    for name in ["检查记录.docx", "台账.xls", "扫描件.pdf"] {
        let note = office.note(name).unwrap_or_else(|| panic!("no note beside {name}"));
        assert!(note.contains("另存为") || note.contains("导出"), "{note}");
        assert_eq!(office.state(name).await, Some(State::Unfit), "{name}");
    }
    assert_eq!(office.note("照片.jpg"), None);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_that_could_not_be_written_is_written_as_soon_as_it_can_be() {
    let office = Office::open().await;
    let theirs = office.folder().join("坏的.xml.退回原因.txt");
    // Somebody's own file bears the note's name; it is nobody's to overwrite.
    std::fs::write(&theirs, "我的备忘").unwrap();
    let bad = edited(&record(13), "<Uscc>9", "<Uscc>8");
    office.put("坏的.xml", &bad);
    office.pass(minutes(3)).await;
    assert_eq!(office.state("坏的.xml").await, Some(State::Unfit));
    assert_eq!(office.note("坏的.xml").as_deref(), Some("我的备忘"));
    std::fs::remove_file(&theirs).unwrap();
    office.pass(minutes(2)).await;
    assert!(office.note("坏的.xml").is_some_and(|note| note.contains("统一社会信用代码")));
    office.put("坏的.xml", &record(13));
    office.pass(minutes(3)).await;
    assert_eq!((office.state("坏的.xml").await, office.note("坏的.xml")), (Some(State::Entered), None));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_takes_nothing_again_and_writes_no_second_line_about_it() {
    let mut office = Office::open().await;
    office.put("记录.xml", &record(12));
    office.put("副本.xml", &record(12));
    office.put("坏的.xml", &edited(&record(13), "<Uscc>9", "<Uscc>8"));
    office.pass(minutes(2)).await;
    let note = office.note("坏的.xml").unwrap();
    let mut lives = Vec::new();
    for _ in 0..3 {
        assert_eq!(office.stop().await, 0);
        office.start().await;
        office.pass(minutes(3)).await;
        lives.push([office.events("记录.xml").await, office.events("坏的.xml").await]);
    }
    assert_eq!(lives[0], lives[2]);
    assert_eq!(lives[0][0].iter().filter(|name| **name == "also_seen_at").count(), 1);
    assert_eq!(office.records().await.len(), 2);
    assert_eq!(office.mock.books().counters().puts, 1);
    assert_eq!(office.note("坏的.xml").unwrap(), note);
    office.close().await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unfit_draft_that_is_deleted_is_put_aside_and_judged_anew_when_it_comes_back() {
    let office = Office::open().await;
    let bad = edited(&record(8), "<Uscc>9", "<Uscc>8");
    office.put("记录.xml", &bad);
    office.pass(minutes(2)).await;
    assert!(office.note("记录.xml").is_some());
    std::fs::remove_file(office.folder().join("记录.xml")).unwrap();
    office.pass(minutes(5)).await;
    assert_eq!(office.state("记录.xml").await, Some(State::Ignored));
    assert_eq!(office.note("记录.xml"), None);
    // The same bad file again: its author is told again.
    office.put("记录.xml", &bad);
    office.pass(minutes(2)).await;
    assert_eq!(office.state("记录.xml").await, Some(State::Unfit));
    assert!(office.note("记录.xml").is_some());
    office.put("记录.xml", &record(8));
    office.pass(minutes(2)).await;
    assert_eq!(office.state("记录.xml").await, Some(State::Entered));
    assert_eq!(office.note("记录.xml"), None);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_author_who_goes_back_to_a_former_version_means_that_one() {
    let office = Office::open().await;
    let bad = edited(&record(9), "<Uscc>9", "<Uscc>8");
    let worse = edited(&bad, "370302", "379999");
    for version in [&bad, &worse, &bad] {
        office.put("记录.xml", version);
        office.pass(minutes(2)).await;
    }
    let here = office.record("记录.xml").await;
    assert_eq!(here.state, State::Unfit);
    assert_eq!(here.birth.source.file, dangri::document::ContentHash::of(&bad), "the note speaks of the version that stands there");
    assert!(!office.note("记录.xml").unwrap().contains("379999"));
    // Fit versions as well: the last one saved is the one that is entered.
    office.script(busy(1800));
    let other = reworded(&record(10));
    for version in [&record(10), &other, &record(10)] {
        office.put("另一份.xml", version);
        office.pass(minutes(2)).await;
    }
    office.drain().await;
    let here = office.record("另一份.xml").await;
    assert_eq!((here.state, here.birth.source.file), (State::Entered, dangri::document::ContentHash::of(&record(10))));
    office.close().await;
}
