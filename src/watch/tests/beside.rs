//! What dangri writes beside drafts, and where it may not write.

use super::*;

#[test]
fn a_note_is_ours_alone_and_goes_when_it_has_served() {
    let place = Place::new(0);
    place.put("a.xml", "<a/>");
    let notes = Notes::new(&place.rules);
    notes.write_reason("a.xml", "文书没有录入。\n处罚种类为空。").unwrap();
    let note = place.path("a.xml.退回原因.txt");
    let text = fs::read_to_string(&note).unwrap();
    assert!(text.starts_with('\u{feff}') && text.contains("录入。\r\n处罚种类为空。\r\n"), "{text}");
    assert!(!text.replace("\r\n", "").contains('\n'));
    notes.write_reason("a.xml", "换了一个原因").unwrap();
    assert!(fs::read_to_string(&note).unwrap().contains("换了一个原因"));
    notes.entered("a.xml", "已录入").unwrap();
    assert!(!note.try_exists().unwrap());
    assert!(fs::read_to_string(place.path("a.xml.录入回执.txt")).unwrap().contains("已录入"));
    notes.remove_all("a.xml").unwrap();
    notes.remove_all("gone/away.xml").unwrap();

    // Somebody's own file of that name stays as it is.
    fs::write(&note, "我自己写的").unwrap();
    assert!(notes.write_reason("a.xml", "x").is_err());
    notes.remove_reason("a.xml").unwrap();
    assert_eq!(fs::read_to_string(&note).unwrap(), "我自己写的");
    fs::remove_file(&note).unwrap();
    symlink(place.path("a.xml"), &note).unwrap();
    assert!(notes.write_reason("a.xml", "x").is_err());
    assert_eq!(fs::read_to_string(place.path("a.xml")).unwrap(), "<a/>");
}

#[test]
fn an_entered_draft_moves_to_the_archive_only_when_that_is_wanted() {
    let mut place = Place::new(0);
    let archive = quick_folder();
    fs::create_dir(place.path("一组")).unwrap();
    place.put("一组/a.xml", "<a/>");
    Notes::new(&place.rules).entered("一组/a.xml", "x").unwrap();
    assert!(place.path("一组/a.xml").try_exists().unwrap());
    place.rules.after_entry = AfterEntry::Archive(archive.path().to_owned());
    Notes::new(&place.rules).entered("一组/a.xml", "x").unwrap();
    assert!(!place.path("一组/a.xml").try_exists().unwrap());
    assert_eq!(fs::read(archive.path().join("一组/a.xml")).unwrap(), b"<a/>");
    // Twice is once, and what lies in the archive is never overwritten.
    Notes::new(&place.rules).entered("一组/a.xml", "x").unwrap();
    place.put("一组/a.xml", "<b/>");
    assert!(Notes::new(&place.rules).entered("一组/a.xml", "x").is_err());
    assert_eq!(fs::read(archive.path().join("一组/a.xml")).unwrap(), b"<a/>");
}

#[test]
fn a_share_that_may_only_be_read_is_watched_and_notes_fail_softly() {
    let mut place = Place::new(0);
    place.put("a.xml", "<a/>");
    let _mount = match read_only(place.folder.path()) {
        Ok(mount) => mount,
        Err(why) => {
            return crate::not_shown::not_shown(&why);
        }
    };
    place.watcher = Watcher::new(&place.rules);
    let seen = place.sweep();
    assert_eq!(paths(&seen), ["a.xml"]);
    assert_eq!(read_whole(&seen.ready[0], 100).unwrap(), b"<a/>");
    let notes = Notes::new(&place.rules);
    assert!(notes.write_reason("a.xml", "x").is_err());
    notes.remove_reason("a.xml").unwrap();
}

/// A folder that was made read-only for a while.
enum ReadOnly {
    Mounted(PathBuf),
    Closed(PathBuf),
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        match self {
            Self::Mounted(path) => drop(std::process::Command::new("umount").arg(path).status()),
            Self::Closed(path) => fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap(),
        }
    }
}

fn read_only(path: &Path) -> Result<ReadOnly, String> {
    if !rustix::process::geteuid().is_root() {
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o500)).unwrap();
        return Ok(ReadOnly::Closed(path.to_owned()));
    }
    let mount = |args: &[&str]| {
        let done = std::process::Command::new("mount").args(args).arg(path).output();
        done.is_ok_and(|done| done.status.success())
    };
    let shown = path.to_str().unwrap();
    if mount(&["--bind", shown]) && mount(&["-o", "remount,bind,ro"]) {
        Ok(ReadOnly::Mounted(path.to_owned()))
    } else {
        Err("root, but mounting is not allowed here: a read-only folder cannot be shown".into())
    }
}
