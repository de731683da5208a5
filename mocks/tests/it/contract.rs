//! The mock against its own written contract: openapi.yaml and exchange.xsd.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dangri_mocks::{Action, Endpoint, ErrorItem, Rule};

use crate::harness::{Ask, Desk, Paper, Reply, setup};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// One operation of openapi.yaml.
#[derive(Debug, Default)]
struct Operation {
    codes: Vec<String>,
    statuses: Vec<u16>,
}

/// Reads paths, methods, x-codes and statuses by their indentation, which is all that this test needs of YAML.
fn operations() -> BTreeMap<(String, String), Operation> {
    let text = std::fs::read_to_string(file("openapi.yaml")).unwrap();
    let mut out: BTreeMap<(String, String), Operation> = BTreeMap::new();
    let (mut path, mut method) = (String::new(), String::new());
    let paths = text.split("\npaths:\n").nth(1).unwrap().split("\ncomponents:").next().unwrap();
    for line in paths.lines() {
        let indent = line.len() - line.trim_start().len();
        let word = line.trim().split(':').next().unwrap().trim_matches('"');
        match indent {
            2 => path = word.to_owned(),
            4 if word != "parameters" => {
                method = word.to_uppercase();
                out.entry((path.clone(), method.clone())).or_default();
            }
            6 if word == "x-codes" => {
                let codes = line.split('"').skip(1).step_by(2).map(str::to_owned).collect();
                out.get_mut(&(path.clone(), method.clone())).unwrap().codes = codes;
            }
            8 => {
                if let Ok(status) = word.parse() {
                    out.get_mut(&(path.clone(), method.clone())).unwrap().statuses.push(status);
                }
            }
            _ => {}
        }
    }
    out
}

fn endpoint(path: &str, method: &str) -> (Endpoint, Ask) {
    let query = "number=%EF%BC%88&kind=insp_record";
    match (path, method) {
        ("/token", _) => (Endpoint::Token, Ask::new("POST", "/token").with("Content-Type", "application/x-www-form-urlencoded")),
        ("/documents", _) => (Endpoint::ByNumber, Ask::get(format!("/documents?{query}"))),
        ("/results", _) => (Endpoint::Results, Ask::get("/results")),
        ("/publications", _) => (Endpoint::Publications, Ask::get("/publications?from=2023-01-01&to=2023-12-31")),
        ("/schema", _) => (Endpoint::Schema, Ask::get("/schema")),
        ("/documents/{submission-id}", "GET") => (Endpoint::GetDocument, Ask::get(format!("/documents/{}", Paper::record(1).id()))),
        ("/documents/{submission-id}", "PUT") => (Endpoint::Put, Paper::record(1).ask()),
        other => panic!("openapi.yaml has {other:?}, which no test knows"),
    }
}

/// Codes that cannot be told by a rule are met in the natural way.
async fn answer_with(desk: &mut Desk, path: &str, method: &str, code: &str) -> Reply {
    let (on, ask) = endpoint(path, method);
    match code {
        "00" if on == Endpoint::Token => {
            let form = desk.form(dangri_mocks::SignAlgorithm::HmacSm3);
            return desk.token_call(&form).await;
        }
        "00" if on == Endpoint::GetDocument => {
            desk.put(&Paper::record(1)).await;
        }
        "00" => {}
        _ => {
            desk.platform.script(Rule::new(on, Action::Refuse { code: code.into(), message: None, errors: Vec::new() }));
        }
    }
    desk.call(ask).await.unwrap()
}

#[tokio::test]
async fn every_path_method_and_code_of_the_openapi_file_is_served() {
    let operations = operations();
    assert_eq!(operations.len(), 12, "{operations:?}");
    for ((path, method), operation) in &operations {
        if path.starts_with("/attachments") {
            continue; // tus has no codes of ours but 01 to 03; attachments.rs walks its statuses.
        }
        assert!(!operation.codes.is_empty(), "{method} {path}");
        for code in &operation.codes {
            let mut desk = Desk::open(setup()).await;
            let reply = answer_with(&mut desk, path, method, code).await;
            assert_eq!(reply.code(), code, "{method} {path}: {}", reply.body);
            assert!(operation.statuses.contains(&reply.status), "{method} {path} {code}: {} is not written down", reply.status);
        }
    }
}

#[tokio::test]
async fn no_other_address_is_served() {
    let mut desk = Desk::open(setup()).await;
    let known = operations();
    for path in ["/token", "/documents", "/documents/x", "/results", "/publications", "/schema", "/attachments", "/attachments/x", "/"] {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"] {
            let pattern = match path {
                "/documents/x" => "/documents/{submission-id}",
                "/attachments/x" => "/attachments/{upload-id}",
                other => other,
            };
            // tus lets OPTIONS be asked of an upload as well.
            if known.contains_key(&(pattern.to_owned(), method.to_owned())) || (path.starts_with("/attachments") && method == "OPTIONS") {
                continue;
            }
            let reply = desk.call(Ask::new(method, path)).await.unwrap();
            assert_eq!(reply.status, 400, "{method} {path}");
        }
    }
}

fn xmllint(files: &[PathBuf]) -> Option<(bool, String)> {
    let out = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .arg(file("exchange.xsd"))
        .args(files)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .ok()?;
    Some((out.status.success(), String::from_utf8_lossy(&out.stderr).into_owned()))
}

/// Answers of every sort, and packages, against exchange.xsd by an outside validator.
#[tokio::test]
async fn answers_and_packages_fit_the_exchange_schema() {
    if Command::new("xmllint").arg("--version").stderr(Stdio::null()).output().is_err() {
        // Without the tool there is nothing to compare with; continuous integration installs it.
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    let mut keep = |text: &str| {
        let path = dir.path().join(format!("{}.xml", files.len()));
        std::fs::write(&path, text).unwrap();
        files.push(path);
    };
    let mut desk = Desk::open(setup()).await;
    let form = desk.form(dangri_mocks::SignAlgorithm::HmacSha256);
    keep(&desk.token_call(&form).await.body);
    let errors = vec![ErrorItem::new("E1", "理由一"), ErrorItem::new("E2", " a<b&\"c\" ").at("/d:A/d:B", 3)];
    for code in ["01", "02", "03", "04", "05", "10", "11", "12", "13", "14", "15", "16", "17", "18"] {
        desk.platform.script(Rule::new(Endpoint::Put, Action::Refuse { code: code.into(), message: None, errors: errors.clone() }));
        keep(&desk.put(&Paper::record(1)).await.body);
    }
    desk.platform.script(Rule::new(Endpoint::Put, Action::ReturnLater { errors }).nth(2));
    let penalty =
        Paper::of("penalty_org", Some("（兰）应急罚〔2023〕1号"), "PenaltyOrg", "<Enterprise><Name>甲&amp;乙</Name></Enterprise>");
    let talk = Paper::of("inquiry_record", None, "InquiryRecord", "");
    for paper in [&Paper::record(1), &Paper::record(2), &penalty, &talk] {
        keep(&desk.put(paper).await.body);
        keep(&paper.body());
        keep(&desk.look_up(paper).await.body);
    }
    for path in [
        "/results",
        "/results?after=r4",
        "/publications?from=2023-01-01&to=2023-12-31",
        "/publications?from=2022-01-01&to=2022-12-31",
        "/schema",
        "/nowhere",
    ] {
        keep(&desk.get(path).await.body);
    }
    keep(&desk.get("/documents?kind=insp_record&number=%E9%A2%84%E7%AB%8B%E6%A1%88").await.body);
    let (fits, said) = xmllint(&files).unwrap();
    assert!(fits, "{said}");
    let broken = dir.path().join("broken.xml");
    std::fs::write(&broken, std::fs::read_to_string(&files[0]).unwrap().replace("<Code>00", "<Code>0")).unwrap();
    assert!(!xmllint(&[broken]).unwrap().0, "the schema can say no");
}
