//! The sample drafts against the mock's own reading of the bundle.

use std::path::{Path, PathBuf};

use dangri_mocks::drafts::{KINDS, single};
use dangri_mocks::{MockClock, Setup};

use crate::harness::{Desk, Paper, Reply, noon};

fn bundle() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/platform/shandong")
}

async fn strict_desk() -> Desk {
    let setup = Setup { bundle_dir: Some(bundle()), wait_for_attachments: false, ..Setup::on_clock(MockClock::manual(noon())) };
    Desk::open(setup).await
}

/// A draft as a submission: the document element alone, without declaration.
fn paper(seed: u64, kind: &str) -> Paper {
    let draft = single(seed, kind, noon().date_naive()).unwrap();
    let text = String::from_utf8(draft.bytes).unwrap();
    let start = text.find("<?xml").map_or(0, |at| at + text[at..].find("?>").unwrap() + 2);
    let mut paper = Paper::of(kind, draft.number.as_deref(), "X", "");
    paper.document = text[start..].trim().to_owned();
    paper
}

fn first_error(reply: &Reply) -> (&str, &str, &str) {
    (reply.code(), reply.attribute("code").unwrap_or(""), reply.attribute("path").unwrap_or(""))
}

#[tokio::test]
async fn every_kind_of_sample_draft_is_taken_under_the_bundle() {
    let mut desk = strict_desk().await;
    for kind in KINDS {
        for seed in 1..=5 {
            let reply = desk.put(&paper(seed, kind)).await;
            assert!(reply.code() == "00" || reply.code() == "13", "{kind} {seed}: {}", reply.body);
        }
    }
    let schema = desk.get("/schema").await;
    assert_ne!(schema.attribute("digest"), Some("0".repeat(64).as_str()));
    let page = desk.get("/publications?from=2023-01-01&to=2023-12-31").await;
    assert!(page.body.contains("<CF_NR_FK>") && page.body.contains("<CF_YJ>《"), "decisions are published: {}", page.body);
    assert!(page.body.contains("<CF_XDR_LB>自然人</CF_XDR_LB>"), "persons too");
}

/// Changes that the schema forbids, what the platform calls them and where.
#[tokio::test]
async fn what_the_schema_forbids_is_10_with_path_and_line() {
    let good = paper(3, "insp_record");
    let line = |p: &str| good.document.lines().position(|l| l.contains(p)).unwrap() + 1;
    let cut = |from: &str, to: &str| {
        let (a, b) = (good.document.find(from).unwrap(), good.document.find(to).unwrap() + to.len());
        format!("{}{}", &good.document[..a], &good.document[b..])
    };
    let place = {
        let at = good.document.find("<Place>").unwrap() + 7;
        good.document[at..at + good.document[at..].find('<').unwrap()].to_owned()
    };
    let changes = [
        (cut("<Place>", "</Place>"), "E1102", "/d:InspectionRecord/d:Start", None),
        (good.document.replace("<Place>", "<Extra>1</Extra><Place>"), "E1101", "/d:InspectionRecord/d:Extra", Some(line("<Place>"))),
        (good.document.replace(&place, &"长".repeat(101)), "E1201", "/d:InspectionRecord/d:Place", Some(line("<Place>"))),
        (good.document.replace(&place, " "), "E1202", "/d:InspectionRecord/d:Place", Some(line("<Place>"))),
        (
            good.document.replacen("<AuthorLevel>", "<AuthorLevel>no_", 1),
            "E1203",
            "/d:InspectionRecord/d:Header/d:AuthorLevel",
            Some(line("<AuthorLevel>")),
        ),
        (
            good.document.replacen("<DocumentDate>2023-04", "<DocumentDate>2023-14", 1),
            "E1204",
            "/d:InspectionRecord/d:Header/d:DocumentDate",
            Some(line("<DocumentDate>")),
        ),
        (good.document.replacen("<Header>", "<Header extra=\"1\">", 1), "E1301", "/d:InspectionRecord/d:Header", Some(line("<Header>"))),
    ];
    let mut desk = strict_desk().await;
    for (document, code, path, line) in changes {
        assert_ne!(document, good.document, "{code}");
        let mut bad = good.clone();
        bad.document = document;
        let reply = desk.put(&bad).await;
        assert_eq!(first_error(&reply), ("10", code, path), "{}", reply.body);
        if let Some(line) = line {
            assert_eq!(reply.attribute("line"), Some(line.to_string().as_str()), "{}", reply.body);
        }
    }
    assert_eq!(desk.put(&good).await.code(), "00");
}

#[tokio::test]
async fn errors_are_told_together() {
    let mut bad = paper(3, "insp_record");
    bad.document = bad.document.replacen("<AuthorLevel>", "<AuthorLevel>no_", 1).replace("<Place>", "<Extra>1</Extra><Place>");
    let mut desk = strict_desk().await;
    let reply = desk.put(&bad).await;
    assert_eq!(reply.body.matches("<Error ").count(), 2, "{}", reply.body);
}

/// Every element of a draft cut out, doubled and emptied in turn.
fn mutations(document: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (at, _) in document.match_indices("    <") {
        let rest = &document[at + 4..];
        if rest.starts_with("</") {
            continue;
        }
        let name: String = rest[1..].chars().take_while(char::is_ascii_alphanumeric).collect();
        let Some(end) = rest.find(&format!("</{name}>")).map(|e| e + name.len() + 3) else { continue };
        let (before, element, after) = (&document[..at], &rest[..end], &rest[end..]);
        out.push(format!("{before}{after}"));
        out.push(format!("{before}{element}{element}{after}"));
        out.push(format!("{before}<{name}/>{after}"));
    }
    out
}

/// The mock's light reading against an outside validator: what it refuses must be wrong, and it must notice most of what is.
#[tokio::test]
async fn the_light_reading_never_refuses_what_a_real_validator_takes() {
    let dir = tempfile::tempdir().unwrap();
    let mut desk = strict_desk().await;
    let (mut files, mut refused) = (Vec::new(), Vec::new());
    for kind in ["insp_plan", "penalty_org", "service_receipt"] {
        for (n, document) in mutations(&paper(5, kind).document).into_iter().enumerate() {
            let mut paper = paper(5, kind);
            paper.number = Some(format!("（兰）应急试〔2023〕{}号", n + 1));
            paper.document = document;
            let path = dir.path().join(format!("{kind}-{n}.xml"));
            std::fs::write(&path, &paper.document).unwrap();
            files.push(path);
            refused.push(desk.put(&paper).await.code() == "10");
        }
    }
    let schema = bundle().join("dangri-document.xsd");
    let lint = std::process::Command::new("xmllint").args(["--noout", "--nonet", "--schema"]).arg(schema).args(&files).output();
    let Ok(lint) = lint else { return }; // Without the tool there is nothing to compare with.
    let said = String::from_utf8_lossy(&lint.stderr);
    let (mut wrong, mut noticed) = (0, 0);
    for (path, refused) in files.iter().zip(refused) {
        let valid = said.contains(&format!("{} validates", path.display()));
        assert!(!(valid && refused), "{} is valid: {}", path.display(), std::fs::read_to_string(path).unwrap());
        wrong += usize::from(!valid);
        noticed += usize::from(!valid && refused);
    }
    assert!(wrong > 100 && noticed * 10 >= wrong * 9, "{noticed} of {wrong} noticed");
}
