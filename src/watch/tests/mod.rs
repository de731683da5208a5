//! The watcher against a real folder.

mod beside;

use std::{
    fs,
    os::unix::{ffi::OsStrExt as _, fs::symlink},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use super::{notes::Notes, *};
use crate::{config::AfterEntry, document::ContentHash};

/// A folder in memory where there is one: these tests make many files.
fn quick_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// A folder with its marker, a watcher on it, and a time that the test moves on.
struct Place {
    folder: tempfile::TempDir,
    rules: Folder,
    watcher: Watcher,
    now: Timestamp,
}

impl Place {
    fn new(settle_secs: i64) -> Self {
        let folder = quick_folder();
        marker::place(folder.path(), ".dangri-folder").unwrap();
        let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect();
        let rules = Folder {
            path: folder.path().to_owned(),
            marker: ".dangri-folder".into(),
            sweep: Duration::seconds(30),
            sweep_network: Duration::seconds(5),
            settle: Duration::seconds(settle_secs),
            max_file_bytes: 1 << 20,
            take: words(&["xml"]),
            advise: words(&["docx", "doc"]),
            side_files: true,
            receipt_files: true,
            status_file: true,
            after_entry: AfterEntry::Leave,
        };
        let watcher = Watcher::new(&rules);
        Self { folder, rules, watcher, now: Timestamp::from_millis(1_680_000_000_000) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    fn sweep(&mut self) -> Sweep {
        self.watcher.sweep(self.now)
    }

    fn later(&mut self, secs: i64) -> Sweep {
        self.now = self.now.plus(Duration::seconds(secs));
        self.sweep()
    }

    fn judge(&self, sweep: &Sweep) {
        for sighted in &sweep.ready {
            self.watcher.verdicts().judged(sighted, Some(id(sighted)));
        }
    }
}

fn id(sighted: &Sighted) -> DocumentId {
    DocumentId::of_unfit(&sighted.path, &ContentHash::of(b""))
}

fn paths(sweep: &Sweep) -> Vec<&str> {
    sweep.ready.iter().map(|s| s.path.as_str()).collect()
}

#[test]
fn a_file_is_handed_over_once_it_has_settled_and_again_only_when_it_changes() {
    let mut place = Place::new(5);
    fs::create_dir_all(place.path("2023-04-03/检查一组")).unwrap();
    place.put("2023-04-03/检查一组/现场检查记录.xml", "<a/>");
    let first = place.sweep();
    assert_eq!((first.ready.len(), first.settling), (0, 1));
    assert_eq!(first.look_again, Some(place.now.plus(Duration::seconds(5))));
    assert_eq!(place.later(4).settling, 1);
    let seen = place.later(1);
    assert_eq!(paths(&seen), ["2023-04-03/检查一组/现场检查记录.xml"]);
    let sighted = &seen.ready[0];
    assert_eq!(sighted.first_seen, place.now.plus(Duration::seconds(-5)));
    assert_eq!(sighted.absolute(), place.path("2023-04-03/检查一组/现场检查记录.xml"));
    assert_eq!(read_whole(sighted, 100).unwrap(), b"<a/>");
    assert_eq!(place.later(60).handed, 1);
    place.judge(&seen);
    assert_eq!(place.later(60).known, 1);

    place.put("2023-04-03/检查一组/现场检查记录.xml", "<a>1</a>");
    assert_eq!(place.later(1).settling, 1);
    // What is said late of the former version does not stop the new one.
    place.watcher.verdicts().judged(&seen.ready[0], None);
    let again = place.later(5);
    assert_eq!(again.ready.len(), 1);
    assert_eq!(again.ready[0].first_seen, place.now.plus(Duration::seconds(-5)));
    place.judge(&again);
    assert_eq!(place.later(1).known, 1);
}

#[test]
fn a_half_written_file_waits_for_its_end_and_is_never_given_up() {
    let mut place = Place::new(5);
    place.put("a.xml", "<a><b></b>");
    place.sweep();
    for _ in 0..3 {
        let seen = place.later(5);
        for sighted in &seen.ready {
            let why = read_whole(sighted, 100).unwrap_err();
            assert_eq!(why, Unread::Unfinished);
            place.watcher.verdicts().unread(sighted, &why);
        }
    }
    let waiting = place.later(60);
    assert_eq!((waiting.ready.len(), waiting.settling, waiting.slow.len()), (0, 1, 1));
    place.put("a.xml", "<a><b></b></a>");
    assert_eq!(place.later(1).settling, 1);
    let seen = place.later(5);
    assert_eq!(read_whole(&seen.ready[0], 100).unwrap(), b"<a><b></b></a>");
}

#[test]
fn an_empty_file_and_one_without_end_are_handed_to_the_check_after_ten_minutes() {
    let mut place = Place::new(0);
    place.put("empty.xml", "");
    place.put("stub.xml", "<a>");
    for sighted in &place.sweep().ready {
        place.watcher.verdicts().unread(sighted, &read_whole(sighted, 100).unwrap_err());
    }
    let waiting = place.later(599);
    assert_eq!((waiting.ready.len(), waiting.settling), (0, 2));
    assert_eq!(waiting.look_again, Some(place.now.plus(Duration::seconds(1))));
    let seen = place.later(1);
    assert_eq!(paths(&seen), ["empty.xml", "stub.xml"]);
    assert_eq!(read_whole(&seen.ready[0], 100).unwrap(), b"");
    assert_eq!(read_whole(&seen.ready[1], 100).unwrap(), b"<a>");
}

#[test]
fn room_that_a_copier_took_beforehand_is_no_content() {
    let mut place = Place::new(0);
    let text = b"<a>123</a>";
    let mut room = vec![0; 4096];
    room[..4].copy_from_slice(&text[..4]);
    place.put("a.xml", &room);
    let seen = place.sweep();
    assert_eq!(read_whole(&seen.ready[0], 10_000), Err(Unread::Unfinished));
}

#[test]
fn what_was_handed_to_somebody_who_died_is_handed_over_again() {
    let mut place = Place::new(0);
    place.put("a.xml", "<a/>");
    assert_eq!(place.sweep().ready.len(), 1);
    assert_eq!(place.later(599).ready.len(), 0);
    assert_eq!(place.later(1).ready.len(), 1);
}

#[test]
fn links_pipes_and_devices_are_refused_and_named() {
    let mut place = Place::new(0);
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.xml"), "<a/>").unwrap();
    symlink(outside.path().join("secret.xml"), place.path("link.xml")).unwrap();
    symlink(outside.path(), place.path("folder")).unwrap();
    symlink("gone", place.path("dangling.xml")).unwrap();
    place.put("one.xml", "<a/>");
    fs::hard_link(place.path("one.xml"), place.path("two.xml")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, place.path("pipe.xml"), rustix::fs::FileType::Fifo, rustix::fs::Mode::from_raw_mode(0o600), 0)
        .unwrap();
    std::os::unix::net::UnixListener::bind(place.path("socket.xml")).unwrap();
    let seen = place.sweep();
    assert_eq!(paths(&seen), Vec::<&str>::new());
    let odd: Vec<String> = seen.odd.iter().map(|o| format!("{} {}", o.path, o.what)).collect();
    assert_eq!(
        odd,
        [
            "dangling.xml 符号链接",
            "folder 符号链接",
            "link.xml 符号链接",
            "one.xml 硬链接",
            "pipe.xml 管道",
            "socket.xml 管道",
            "two.xml 硬链接"
        ]
    );
    fs::remove_file(place.path("two.xml")).unwrap();
    assert_eq!(paths(&place.sweep()), ["one.xml"]);
}

#[test]
fn what_turns_into_a_link_or_a_pipe_after_the_look_is_not_opened() {
    let mut place = Place::new(0);
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("a.xml"), "<a/>").unwrap();
    fs::create_dir(place.path("d")).unwrap();
    place.put("d/a.xml", "<a/>");
    place.put("p.xml", "<a/>");
    let seen = place.sweep();
    fs::rename(place.path("d"), place.path("e")).unwrap();
    symlink(outside.path(), place.path("d")).unwrap();
    fs::remove_file(place.path("p.xml")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, place.path("p.xml"), rustix::fs::FileType::Fifo, rustix::fs::Mode::from_raw_mode(0o600), 0)
        .unwrap();
    assert_eq!(read_whole(&seen.ready[0], 100), Err(Unread::Odd));
    assert_eq!(read_whole(&seen.ready[1], 100), Err(Unread::Odd));
}

#[test]
fn names_are_bytes_and_shown_escaped() {
    let mut place = Place::new(0);
    let long = format!("{}.xml", "长".repeat(83));
    assert!(long.len() > 250);
    let names: [&[u8]; 7] =
        [b"a\nb.xml", "\u{202E}lmx.xml".as_bytes(), b"\xd6\xd0\xce\xc4.xml", b"-rf.xml", b"=cmd.XML", b"back\\slash.xml", long.as_bytes()];
    for name in names {
        fs::write(place.folder.path().join(std::ffi::OsStr::from_bytes(name)), "<a/>").unwrap();
    }
    let seen = place.sweep();
    assert_eq!(seen.ready.len(), names.len());
    let notes = Notes::new(&place.rules);
    for sighted in &seen.ready {
        assert!(!sighted.path.chars().any(char::is_control), "{}", sighted.path);
        assert_eq!(read_whole(sighted, 100).unwrap(), b"<a/>");
        notes.write_reason(&sighted.path, "退回").unwrap();
    }
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 2 * names.len() + 1);
    for sighted in &seen.ready {
        notes.remove_reason(&sighted.path).unwrap();
    }
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), names.len() + 1);
}

#[test]
fn litter_and_other_files_are_passed_over() {
    let mut place = Place::new(0);
    for name in ["~$a.docx", ".~a.xml", "a.tmp", "Thumbs.db", "a.xml.退回原因.txt", "photo.jpg", "说明.txt", "a.xml", "b.DOC"] {
        place.put(name, "<a/>");
    }
    fs::create_dir_all(place.path("$RECYCLE.BIN")).unwrap();
    place.put("$RECYCLE.BIN/old.xml", "<a/>");
    let seen = place.sweep();
    assert_eq!(paths(&seen), ["a.xml", "b.DOC"]);
    assert_eq!(seen.ready[1].offer, Offer::Advise);
    assert_eq!(seen.ignored, 2);
}

#[test]
fn a_share_that_is_gone_is_not_a_folder_whose_drafts_were_deleted() {
    let mut place = Place::new(0);
    place.put("a.xml", "<a/>");
    let seen = place.sweep();
    place.judge(&seen);
    assert_eq!(place.later(1).known, 1);
    fs::remove_file(place.path(".dangri-folder")).unwrap();
    fs::remove_file(place.path("a.xml")).unwrap();
    for _ in 0..5 {
        let blind = place.later(30);
        assert!(matches!(&blind.share, ShareState::Unavailable(why) if why.contains("不要手工创建标记")));
        assert!(blind.gone.is_empty());
    }
    assert!(!place.path(".dangri-folder").try_exists().unwrap(), "the marker was put back by itself");
    assert_eq!(Notes::new(&place.rules).write_reason("a.xml", "x").unwrap_err().to_string(), "共享目录不可用");

    // It comes back, and the draft is really gone: that counts after two looks that saw everything.
    marker::place(place.folder.path(), ".dangri-folder").unwrap();
    assert!(place.later(30).gone.is_empty());
    let gone = place.later(30).gone;
    assert_eq!(gone, [Gone { key: PathKey::of(b"a.xml"), id: Some(id(&seen.ready[0])) }]);
    assert!(place.later(30).gone.is_empty());
}

#[test]
fn a_save_that_deletes_and_renames_is_a_change_not_a_loss() {
    let mut place = Place::new(0);
    place.put("a.xml", "<a/>");
    let seen = place.sweep();
    place.judge(&seen);
    place.later(1);
    fs::remove_file(place.path("a.xml")).unwrap();
    assert!(place.later(1).gone.is_empty());
    place.put("b.tmp", "<a>2</a>");
    fs::rename(place.path("b.tmp"), place.path("a.xml")).unwrap();
    let seen = place.later(1);
    assert_eq!(paths(&seen), ["a.xml"]);
    assert!(seen.gone.is_empty());
    assert_eq!(read_whole(&seen.ready[0], 100).unwrap(), b"<a>2</a>");
}

#[test]
fn a_file_over_the_cap_is_refused_unread() {
    let mut place = Place::new(0);
    fs::File::create(place.path("big.xml")).unwrap().set_len(2 << 30).unwrap();
    let seen = place.sweep();
    let why = read_whole(&seen.ready[0], place.rules.max_file_bytes).unwrap_err();
    assert_eq!(why, Unread::TooBig { size: 2 << 30, cap: 1 << 20 });
    place.watcher.verdicts().unread(&seen.ready[0], &why);
    assert_eq!(place.later(10_000).known, 1);
}

/// Two versions change places ten thousand times by rename and by rewriting, while the reader reads: whatever it reads is one of them whole.
#[test]
fn in_a_storm_of_renames_every_read_is_one_whole_version() {
    let mut place = Place::new(0);
    let versions: Vec<String> = (1..6).map(|n| format!("<a>{}</a>", n.to_string().repeat(n * 1000))).collect();
    place.put("a.xml", &versions[0]);
    let done = AtomicBool::new(false);
    let (folder, reads) = (place.folder.path().to_owned(), std::cell::Cell::new(0_u32));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut random = 88_172_645_463_325_252_u64;
            for _ in 0..10_000 {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let version = &versions[usize::try_from(random % 5).unwrap()];
                if random & 0x100 == 0 {
                    fs::write(folder.join("b.tmp"), version).unwrap();
                    fs::rename(folder.join("b.tmp"), folder.join("a.xml")).unwrap();
                } else {
                    fs::write(folder.join("a.xml"), version).unwrap();
                }
            }
            done.store(true, Ordering::Release);
        });
        let verdicts = place.watcher.verdicts();
        loop {
            let last = done.load(Ordering::Acquire);
            let mut ready = place.later(1).ready;
            // The very last version must come too.
            while last && ready.is_empty() && reads.get() == 0 {
                ready = place.later(601).ready;
            }
            for sighted in &ready {
                match read_whole(sighted, 1 << 20) {
                    Ok(bytes) => {
                        assert!(versions.iter().any(|v| v.as_bytes() == bytes), "a mixture of {} bytes", bytes.len());
                        reads.set(reads.get() + 1);
                        verdicts.judged(sighted, None);
                    }
                    Err(why) => verdicts.unread(sighted, &why),
                }
            }
            if last {
                break;
            }
        }
    });
    // After the storm the folder's content is what is handed over last.
    let now = fs::read(place.path("a.xml")).unwrap();
    let seen = place.later(1);
    if let Some(sighted) = seen.ready.first() {
        assert_eq!(read_whole(sighted, 1 << 20).unwrap(), now);
    } else {
        assert_eq!(seen.known, 1);
    }
    assert!(reads.get() > 0);
}

#[test]
fn twenty_thousand_files_are_looked_through_in_batches_and_remembered_in_little() {
    let mut place = Place::new(0);
    for folder in 0..20 {
        fs::create_dir(place.path(&format!("{folder:02}"))).unwrap();
        for file in 0..1000 {
            place.put(&format!("{folder:02}/{file:04}.xml"), "");
        }
    }
    let first = place.sweep();
    assert_eq!((first.ready.len(), first.more, first.files), (sweep::BATCH, true, 20_000));
    assert!(first.ready.is_sorted_by(|a, b| a.path < b.path));
    place.judge(&first);
    let second = place.later(1);
    assert_eq!((second.ready.len(), second.more), (20_000 - sweep::BATCH, false));
    place.judge(&second);
    let third = place.later(1);
    assert_eq!((third.known, third.ready.len()), (20_000, 0));
    assert_eq!(place.watcher.remembered(), 20_000);
    assert_eq!(place.watcher.progress().files(), 20_000);
}

#[tokio::test]
async fn the_system_hints_at_a_new_draft() {
    let place = Place::new(0);
    let clock: crate::clock::SharedClock = std::sync::Arc::new(crate::clock::SystemClock);
    let signal = crate::clock::Signal::new(&clock);
    let hints = Hints::new(place.folder.path(), std::sync::Arc::clone(&signal));
    if !hints.are_heard() {
        return crate::not_shown::not_shown("there is no inotify here");
    }
    place.put("a.xml", "<a/>");
    let work = crate::clock::Work::begin(&clock);
    tokio::time::timeout(std::time::Duration::from_secs(30), work.rest(Timestamp::MAX, &signal)).await.unwrap();
}
