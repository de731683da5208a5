//! The sample drafts from outside: against the schema bundle, against the committed files, and against themselves.

#![expect(clippy::unwrap_used, reason = "helpers of a test may fail it")]

use chrono::NaiveDate;
use dangri_mocks::drafts::{self, Expect, KINDS, Sample, Week, bulk, sample_day, samples, single};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs xmllint over files, in one process a verdict; none where it is not installed.
fn xmllint(folder: &Path, names: &[String]) -> Option<BTreeMap<String, bool>> {
    Command::new("xmllint").arg("--version").output().ok()?;
    let schema = root().join("config/platform/shandong/dangri-document.xsd");
    let mut verdicts = BTreeMap::new();
    for chunk in names.chunks(200) {
        let output = Command::new("xmllint")
            .current_dir(folder)
            .args(["--noout", "--schema"])
            .arg(schema.canonicalize().ok()?)
            .args(chunk)
            .output()
            .ok()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        for name in chunk {
            verdicts.insert(name.clone(), said.lines().any(|line| line == format!("{name} validates")));
        }
    }
    Some(verdicts)
}

/// Writes files under plain names and returns the folder with the names.
fn lay_out<'a>(files: impl Iterator<Item = &'a [u8]>) -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let names = files
        .enumerate()
        .map(|(nth, bytes)| {
            let name = format!("{nth:05}.xml");
            std::fs::write(folder.path().join(&name), bytes).unwrap();
            name
        })
        .collect();
    (folder, names)
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn every_fit_sample_is_valid_and_every_sample_of_a_wrong_form_is_not() {
    let samples = samples();
    let fit: Vec<&Sample> = samples
        .iter()
        .filter(|s| ["fit/", "odd-names/", "warned/", "inspection/", "case/"].iter().any(|room| s.path.starts_with(room)))
        .filter(|s| !s.path.ends_with(".toml"))
        .collect();
    assert!(fit.len() > 50);
    let (folder, names) = lay_out(fit.iter().map(|s| s.bytes.as_slice()));
    let Some(verdicts) = xmllint(folder.path(), &names) else {
        return;
    };
    for (sample, name) in fit.iter().zip(&names) {
        assert!(verdicts[name], "{} does not validate", sample.path);
    }
    for defect in drafts::defects() {
        let draft = drafts::unfit(5, defect, sample_day()).unwrap_or_else(|| panic!("{} was never made", defect.name));
        let (folder, names) = lay_out(std::iter::once(draft.bytes.as_slice()));
        let valid = xmllint(folder.path(), &names).unwrap()[&names[0]];
        match defect.expect {
            Expect::Schema(_) => assert!(!valid, "{} validates", defect.name),
            Expect::Rule(_) => assert!(valid, "{} breaks the schema as well", defect.name),
            // Some files are refused by us alone: a document type declaration, depth.
            Expect::File(_) => {}
        }
    }
}

#[test]
fn a_week_has_every_kind_and_validates_whatever_its_day() {
    for (seed, first_day) in [(1, "2023-04-03"), (2, "2023-04-01"), (3, "2026-11-23"), (4, "2024-02-09"), (5, "2025-12-31")] {
        let week: Vec<_> = Week::new(seed, day(first_day)).drafts().collect();
        assert_eq!(week.len(), 60);
        let kinds: BTreeSet<_> = week.iter().map(|d| d.kind).collect();
        assert_eq!(kinds.len(), KINDS.len(), "{first_day}: {kinds:?}");
        let groups: BTreeSet<_> = week.iter().map(|d| d.group).collect();
        assert_eq!(groups, BTreeSet::from([1, 2, 3]));
        assert_eq!(week.iter().filter(|d| !d.fit).count(), 9);
        let names: BTreeSet<_> = week.iter().map(|d| &d.file_name).collect();
        assert_eq!(names.len(), week.len(), "two drafts have one name");
        let numbers: BTreeSet<_> = week.iter().filter_map(|d| d.number.as_ref()).collect();
        assert_eq!(numbers.len(), week.iter().filter(|d| d.number.is_some()).count(), "two drafts have one number");
        assert!(week.iter().all(|d| d.date <= d.drafted_at.date_naive()), "a document is dated after it was saved");
        let (folder, names) = lay_out(week.iter().map(|d| d.mended.as_deref().unwrap_or(&d.bytes)));
        if let Some(verdicts) = xmllint(folder.path(), &names) {
            for (draft, name) in week.iter().zip(&names) {
                assert!(verdicts[name], "{first_day}: {} does not validate", draft.file_name);
            }
        }
    }
}

#[test]
fn many_seeds_and_days_of_every_kind_validate() {
    let mut files = Vec::new();
    for seed in 0..12 {
        for kind in KINDS {
            for date in ["2023-04-03", "2023-12-29", "2026-05-05"] {
                files.push(single(seed, kind, day(date)).unwrap());
            }
        }
    }
    let (folder, names) = lay_out(files.iter().map(|d| d.bytes.as_slice()));
    if let Some(verdicts) = xmllint(folder.path(), &names) {
        for (draft, name) in files.iter().zip(&names) {
            assert!(verdicts[name], "{} of {} does not validate", draft.kind, draft.date);
        }
    }
    assert!(single(1, "no_such_kind", day("2023-04-03")).is_none());
}

#[test]
fn bulk_records_are_about_as_long_as_asked_numbered_apart_and_valid() {
    let records: Vec<_> = bulk(300, 9, day("2023-04-03"), 6_000).collect();
    let numbers: BTreeSet<_> = records.iter().filter_map(|d| d.number.clone()).collect();
    assert_eq!(numbers.len(), 300);
    let mean = records.iter().map(|d| d.bytes.len()).sum::<usize>() / records.len();
    assert!((5_500..7_500).contains(&mean), "{mean} bytes on average");
    let (folder, names) = lay_out(records.iter().map(|d| d.bytes.as_slice()));
    if let Some(verdicts) = xmllint(folder.path(), &names) {
        assert!(verdicts.values().all(|valid| *valid));
    }
    let longer = bulk(1, 9, day("2023-04-03"), 40_000).next().unwrap();
    assert!((39_000..41_500).contains(&longer.bytes.len()), "{}", longer.bytes.len());
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_gives_others() {
    let bytes = |seed| Week::new(seed, day("2023-04-03")).drafts().map(|d| (d.file_name, d.bytes)).collect::<Vec<_>>();
    assert_eq!(bytes(11), bytes(11));
    assert_ne!(bytes(11), bytes(12));
}

#[test]
fn a_day_can_be_finished_before_an_hour() {
    let four = "04:00:00".parse().unwrap();
    let drafts: Vec<_> = Week::new(6, day("2026-11-23")).days(1).finished_by(four).drafts().collect();
    assert_eq!(drafts.len(), 60);
    assert!(drafts.iter().all(|d| d.drafted_at.date_naive() == day("2026-11-23") && d.drafted_at.time() <= four));
}

#[test]
fn no_two_samples_pass_for_one_document() {
    let mut seen = BTreeMap::new();
    for sample in samples() {
        let Ok(text) = String::from_utf8(sample.bytes) else { continue };
        let between = |open: &str, close: &str| Some(text.split_once(open)?.1.split_once(close)?.0.to_owned());
        let id = between("<InspectionId>", "<").or_else(|| between("<CaseId>", "<"));
        let room = sample.path.split('/').next().unwrap().to_owned();
        // One inspection and one case are whole; half-written files are cut from one; everything else stands alone.
        let alone = !matches!(room.as_str(), "inspection" | "case" | "half-written");
        if let Some(id) = id.filter(|_| alone)
            && let Some(other) = seen.insert(id.clone(), sample.path.clone())
        {
            panic!("{} and {other} are both of {id}", sample.path);
        }
    }
    assert!(seen.len() > 130, "{}", seen.len());
}

#[test]
fn the_files_in_the_repository_are_what_the_generator_writes() {
    let folder = root().join("mocks/drafts");
    let mut wanted: BTreeMap<String, Vec<u8>> = samples().into_iter().map(|s| (s.path, s.bytes)).collect();
    for room in std::fs::read_dir(&folder).unwrap().flatten().filter(|e| e.path().is_dir()) {
        for file in std::fs::read_dir(room.path()).unwrap().flatten() {
            let name = format!("{}/{}", room.file_name().to_string_lossy(), file.file_name().to_string_lossy());
            let bytes = wanted.remove(&name).unwrap_or_else(|| panic!("{name} is not written by write-drafts"));
            assert!(std::fs::read(file.path()).unwrap() == bytes, "{name} differs; run write-drafts");
        }
    }
    assert!(wanted.is_empty(), "missing: {:?}", wanted.keys());
}
