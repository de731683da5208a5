//! A week's inspections become the papers that are handed in: made by the daemon, written by the command, opened by another program.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use chrono::Duration;
use dangri::{document::State, store::Fact};
use dangri_mocks::drafts::{Thread, Week, single};

use crate::harness::{Furnishing, Office};

/// The Monday evening after the made-up week, which has a holiday in it.
const MONDAY: &str = "2023-04-10T18:00:00+08:00";

/// What LibreOffice makes of a file: its path after conversion. Each conversion has a profile of its own, so that several can run at once.
pub(crate) fn converted(file: &Path, kind: &str) -> PathBuf {
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
pub(crate) fn cells(file: &Path) -> Vec<Vec<String>> {
    // Comma, double quote, UTF-8, from line 1, as shown.
    let csv = converted(file, "csv:Text - txt - csv (StarCalc):44,34,76,1");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(csv).unwrap();
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// The pages as text, one string a page; every one of them is A4 on its long side.
fn pages_across(file: &Path) -> Vec<String> {
    let pages = pages(file);
    let said = Command::new("pdfinfo").args(["-l", "-1"]).arg(file.with_extension("pdf")).output().expect("poppler-utils is installed");
    let said = String::from_utf8(said.stdout).unwrap();
    let sizes: Vec<Vec<f64>> = said
        .lines()
        .filter(|line| line.starts_with("Page") && line.contains(" size:"))
        .map(|line| line.split_whitespace().filter_map(|word| word.parse::<f64>().ok()).filter(|size| *size > 200.0).collect())
        .collect();
    assert_eq!(sizes.len(), pages.len(), "{said}");
    // 297 mm by 210 mm, in points.
    let across = |size: &Vec<f64>| size.len() == 2 && (size[0] - 841.9).abs() < 1.0 && (size[1] - 595.3).abs() < 1.0;
    assert!(sizes.iter().all(across), "{said}");
    pages
}

/// The merged cells of a sheet as LibreOffice reads them: how many columns and rows each goes over, and what stands in it.
fn merged(file: &Path) -> Vec<(u32, u32, String)> {
    let text = std::fs::read_to_string(converted(file, "fods")).unwrap();
    let of_cell = |cell: &str| {
        let (head, rest) = cell.split_once('>').unwrap();
        let number = |name: &str| {
            let value = head.split_once(&format!("table:number-{name}-spanned=\"")).map(|(_, rest)| rest.split('"').next().unwrap());
            value.map_or(1, |value| value.parse::<u32>().unwrap())
        };
        let inside = rest.split("</table:table-cell>").next().unwrap();
        let said: String = inside.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect();
        (number("columns"), number("rows"), said.split_whitespace().collect::<String>())
    };
    text.split("<table:table-cell").skip(1).map(of_cell).filter(|(columns, rows, _)| columns * rows > 1).collect()
}

/// The pages as text, one string a page.
fn pages(file: &Path) -> Vec<String> {
    let pdf = converted(file, "pdf");
    let output =
        Command::new("pdftotext").arg("-layout").arg(pdf).arg("-").output().expect("poppler-utils is installed; test.sh installs it");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split('\u{c}').map(str::to_owned).filter(|page| !page.trim().is_empty()).collect()
}

/// What a text document says, a line a paragraph.
fn text_of(file: &Path) -> String {
    std::fs::read_to_string(converted(file, "txt:Text (encoded):UTF8")).unwrap().trim_start_matches('\u{feff}').to_owned()
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
    let said = office.dangri(desk.path(), &["export", "annex2", "--from", "2023-04-03", "--to", "2023-04-10", "--out", "附件2.xlsx"]).await;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let file = desk.path().join("附件2.xlsx");
    let rows = cells(&file);
    insta::assert_snapshot!("annex_2_begins", rows[..8].iter().map(|row| row.join("|").replace('\n', "")).collect::<Vec<_>>().join("\n"));
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
    let merged = merged(&file);
    let over = |columns: u32, rows: u32, label: &str| merged.iter().any(|(c, r, said)| (*c, *r, said.as_str()) == (columns, rows, label));
    assert!(over(14, 1, "查出安全问题类型"), "{merged:?}");
    for label in ["序号", "检查企业", "镇办", "发现问题（项）", "处罚事项（项）"] {
        assert!(over(1, 2, label), "{label}: {merged:?}");
    }
    let pages = pages_across(&file);
    assert!(pages.len() > 1);
    for (no, page) in (1..).zip(&pages) {
        assert!(page.contains("检查企业") && page.contains("查出安全问题类型"), "page {no} has no header:\n{page}");
        let folded: String = page.chars().filter(|c| !c.is_whitespace()).collect();
        assert!(folded.contains(&format!("第{no}页共{}页", pages.len())), "{page}");
    }
    let again =
        office.dangri(desk.path(), &["export", "annex2", "--from", "2023-04-03", "--to", "2023-04-10", "--out", "附件2.xlsx"]).await;
    assert_eq!(again.code, 1, "{}", again.out);
    assert!(again.err.contains("没有覆盖") && again.err.contains("--force"), "{}", again.err);
    office.close().await;
}

/// An office at the end of May with three visits of April: one whose case is closed, one that was told of its penalty, one that is only
/// suspected; and a penalty on the spot.
async fn with_cases() -> Office {
    let office = Furnishing::at("2023-05-31T18:00:00+08:00").open().await;
    let day = "2023-04-06".parse().unwrap();
    for (seed, upto) in [(7, 14), (8, 11), (9, 4)] {
        for (at, draft) in Thread::new(seed, day).drafts().into_iter().take(upto).enumerate() {
            office.put(&format!("{seed}/{at:02}.xml"), &draft.bytes);
            office.pass(Duration::seconds(40)).await;
        }
    }
    office.put("当场.xml", &single(3, "spot_penalty_org", day).unwrap().bytes);
    office.drain().await;
    office.all_are(State::Entered).await;
    // The decision was seen where it should be.
    let decision = office.record("7/11.xml").await;
    let number = decision.title();
    let seen = format!(
        r#"{{"id":"{id}","number":"{number}","date":"2023-05-16","outcome":"matched","since":"2023-05-17T09:00:00+08:00","published_at":"2023-05-16T17:00:00+08:00"}}"#,
        id = decision.id()
    );
    office.daemon().queue.store().remember_all(vec![Fact::new(format!("publication/decision/{}", decision.id()), seen)]).await.unwrap();
    office
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn annex_3_has_every_ordinary_case_with_its_progress_and_its_sum_in_ten_thousands() {
    let office = with_cases().await;
    let desk = tempfile::tempdir().unwrap();
    let said = office.dangri(desk.path(), &["export", "annex3", "--from", "2023-04-01", "--to", "2023-04-30", "--out", "附件3.xlsx"]).await;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("当场处罚 1 件不属于一般程序") && said.out.contains("合计 12 万元"), "{}", said.out);
    let file = desk.path().join("附件3.xlsx");
    let rows: Vec<_> = cells(&file).iter().map(|row| row.join("|").replace('\n', "")).collect();
    // Publication has a clock of its own and is none of this table's business.
    insta::assert_snapshot!(rows.join("\n").replace("，待公示", "").replace("，已公示", ""));
    let pages = pages_across(&file);
    assert!(pages[0].contains("目前进展情况"), "{}", pages[0]);
    // Its header is one row; only what stands above it goes over all columns.
    let merged = merged(&file);
    assert!(merged.len() > 1 && merged.iter().all(|(columns, rows, _)| (*columns, *rows) == (6, 1)), "{merged:?}");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_summary_has_its_four_headings_and_the_figures_of_the_tables() {
    let office = with_cases().await;
    let desk = tempfile::tempdir().unwrap();
    let said = office.dangri(desk.path(), &["export", "summary", "--from", "2023-04-01", "--to", "2023-04-30", "--out", "总结.docx"]).await;
    assert_eq!(said.code, 3, "what people must fill in is told of: {}{}", said.out, said.err);
    let file = desk.path().join("总结.docx");
    insta::assert_snapshot!(text_of(&file));
    let pages = pages(&file);
    assert!(pages[0].chars().filter(|c| !c.is_whitespace()).collect::<String>().contains("第1页共"), "{}", pages[0]);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn annex_1_names_the_fourteen_units_and_who_has_not_reported() {
    let office = Office::open().await;
    // As the towns send it: their own heading, one row an officer.
    let desk = tempfile::tempdir().unwrap();
    let list = "抽调执法人员统计表,,,,\n姓名,工作单位及职务,执法证号,手机号码,备注\n\
                甲,昆仑镇安环办科员,37030200001,13800000001,\n乙,开发区安环办科员,37030200002,13800000002,\n";
    std::fs::write(desk.path().join("名册.csv"), list).unwrap();
    let imported = office.dangri(desk.path(), &["roster", "import", "名册.csv"]).await;
    assert_eq!(imported.code, 0, "{}{}", imported.out, imported.err);
    let said = office.dangri(desk.path(), &["export", "annex1", "--out", "附件1.xlsx", "--json"]).await;
    assert_eq!(said.code, 3, "{}{}", said.out, said.err);
    assert!(said.out.contains("还没有报送的 12 个：般阳路街道"), "{}", said.out);
    assert!(!said.out.contains("1380000"), "personal data goes into the file alone: {}", said.out);
    let rows = cells(&desk.path().join("附件1.xlsx"));
    assert_eq!(rows[3], ["姓名", "工作单位及职务", "执法证号", "手机号码", "备注"]);
    let lines = &rows[4..18];
    assert_eq!(lines.iter().filter(|line| line[4] == "未报送").count(), 12);
    assert_eq!(lines[13], ["乙", "开发区安环办科员", "37030200002", "13800000002", ""]);
    office.close().await;
}
