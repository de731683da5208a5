//! A week's inspections become the papers that are handed in: made by the daemon, written by the command, opened by another program.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use dangri::document::State;
use dangri_mocks::drafts::Week;

use crate::harness::{Furnishing, Office};

/// The Monday evening after the made-up week, which has a holiday in it.
const MONDAY: &str = "2023-04-10T18:00:00+08:00";

/// What came of a command.
struct Said {
    code: i32,
    out: String,
    err: String,
}

/// Runs the real command against the office's daemon.
async fn dangri(office: &Office, at: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dangri"));
    command.current_dir(at).arg("--socket").arg(office.config().control_socket).args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Said { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// What LibreOffice makes of a file: its path after conversion. Each conversion has a profile of its own, so that several can run at once.
fn converted(file: &Path, kind: &str) -> PathBuf {
    let folder = file.parent().unwrap();
    let extension = kind.split(':').next().unwrap();
    let profile = format!("-env:UserInstallation=file://{}/profile-{extension}", folder.display());
    let output = Command::new("soffice")
        .args([&profile, "--headless", "--norestore", "--convert-to", kind, "--outdir"])
        .arg(folder)
        .arg(file)
        .output()
        .expect("soffice is installed; test.sh installs it");
    let made = file.with_extension(extension);
    assert!(made.is_file(), "{}: {}", made.display(), String::from_utf8_lossy(&output.stderr));
    made
}

/// The cells of a sheet as LibreOffice reads them.
fn cells(file: &Path) -> Vec<Vec<String>> {
    // Comma, double quote, UTF-8, from line 1, as shown.
    let csv = converted(file, "csv:Text - txt - csv (StarCalc):44,34,76,1");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(csv).unwrap();
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// The pages as text, one string a page.
fn pages(file: &Path) -> Vec<String> {
    let pdf = converted(file, "pdf");
    let output =
        Command::new("pdftotext").arg("-layout").arg(pdf).arg("-").output().expect("poppler-utils is installed; test.sh installs it");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split('\u{c}').map(str::to_owned).filter(|page| !page.trim().is_empty()).collect()
}

/// An office on that evening with the week's drafts, all of them fit, entered.
async fn after_the_week(drafts: usize) -> Office {
    let office = Furnishing::at(MONDAY).open().await;
    for draft in Week::new(4, "2023-04-03".parse().unwrap()).drafts_total(drafts).share_unfit(0.0).drafts() {
        office.put(&format!("第{}组/{}", draft.group, draft.file_name), &draft.bytes);
    }
    office.drain().await;
    office.all_are(State::Entered).await;
    office
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn annex_2_has_a_line_for_each_enterprise_and_its_sums_are_right() {
    let office = after_the_week(220).await;
    let desk = tempfile::tempdir().unwrap();
    let said =
        dangri(&office, desk.path(), &["export", "annex2", "--from", "2023-04-03", "--to", "2023-04-10", "--out", "附件2.xlsx"]).await;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let file = desk.path().join("附件2.xlsx");
    let rows = cells(&file);
    insta::assert_snapshot!("annex_2_begins", rows[..8].iter().map(|row| row.join("|")).collect::<Vec<_>>().join("\n"));
    let lines: Vec<_> = rows.iter().filter(|row| row[0].parse::<u32>().is_ok()).collect();
    assert!(lines.len() >= 45, "{} lines", lines.len());
    let number = |cell: &String| cell.parse::<u32>().unwrap();
    for line in &lines {
        assert_eq!(number(&line[3]), line[4..18].iter().map(number).sum::<u32>(), "{line:?}");
        assert!(number(&line[18]) <= number(&line[3]), "{line:?}");
    }
    let sums = rows.iter().find(|row| row[1] == "合计").unwrap();
    for at in 3..19 {
        assert_eq!(number(&sums[at]), lines.iter().map(|line| number(&line[at])).sum::<u32>(), "column {at}");
    }
    let pages = pages(&file);
    assert!(pages.len() > 1);
    for (no, page) in (1..).zip(&pages) {
        assert!(page.contains("检查企业") && page.contains("查出安全问题类型"), "page {no} has no header:\n{page}");
        let folded: String = page.chars().filter(|c| !c.is_whitespace()).collect();
        assert!(folded.contains(&format!("第{no}页共{}页", pages.len())), "{page}");
    }
    let again =
        dangri(&office, desk.path(), &["export", "annex2", "--from", "2023-04-03", "--to", "2023-04-10", "--out", "附件2.xlsx"]).await;
    assert_eq!(again.code, 1, "{}", again.out);
    assert!(again.err.contains("没有覆盖") && again.err.contains("--force"), "{}", again.err);
    office.close().await;
}
