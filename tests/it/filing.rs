//! Decisions that are filed by hand: the template as the office files it, and lists that other sites give out, held against the decisions.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use chrono::Duration;
use dangri::{
    document::State,
    publication::{ORGANISATION, PERSON},
};
use dangri_mocks::{Action, Endpoint, Publishing, Rule, drafts};

use crate::{
    annexes::{cells, converted},
    harness::{Furnishing, Office, Said, edited, element},
};

const FRIDAY: &str = "2023-04-21T09:00:00+08:00";
const DAYS: [&str; 4] = ["--from", "2023-04-01", "--to", "2023-04-30"];

fn draft(seed: u64, kind: &str) -> Vec<u8> {
    drafts::single(seed, kind, FRIDAY[..10].parse().unwrap()).unwrap().bytes
}

/// An office with two decisions against organisations, one against a person and one on the spot, of which the platform publishes none.
async fn office() -> Office {
    let office = Furnishing::at(FRIDAY).open().await;
    for kind in ["penalty_org", "penalty_person"] {
        let never = Publishing { never: true, ..Publishing::default() };
        office.script(Rule::new(Endpoint::Put, Action::Publish(never)).of_kind(kind).always());
    }
    office.put("单位一.xml", &draft(31, "penalty_org"));
    office.put("单位二.xml", &draft(32, "penalty_org"));
    office.put("个人.xml", &draft(33, "penalty_person"));
    office.put("当场.xml", &draft(34, "spot_penalty_org"));
    office.drain().await;
    office.all_are(State::Entered).await;
    office
}

async fn dangri(office: &Office, at: &Path, arguments: &[&str]) -> Said {
    let said = office.dangri(at, &[arguments, &DAYS].concat()).await;
    assert!(said.err.is_empty(), "{}", said.err);
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_template_opens_elsewhere_and_says_what_the_decisions_say() {
    let (office, desk) = (office().await, tempfile::tempdir().unwrap());
    let listed = dangri(&office, desk.path(), &["export", "publications"]).await;
    assert!(listed.code == 0 && listed.out.contains("共 3 件") && std::fs::read_dir(desk.path()).unwrap().count() == 0, "{}", listed.out);
    assert!(listed.out.contains("简易程序（当场处罚）的决定不归集、不公示"), "{}", listed.out);
    let said = dangri(&office, desk.path(), &["export", "publications", "--xlsx", "--out", "公示.xlsx"]).await;
    assert!(said.code == 0 && said.out.contains("单位 2 件") && said.out.contains("个人 1 件"), "{}", said.out);
    let file = desk.path().join("公示.xlsx");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "numbers of persons' papers stand in it");
    // LibreOffice opens it: the first sheet, and the second by way of its own format.
    let rows = cells(&file);
    let head: Vec<&str> = ORGANISATION.iter().map(|column| column.label).collect();
    assert_eq!((rows.len(), &rows[0][..]), (3, &head.iter().map(ToString::to_string).collect::<Vec<_>>()[..]));
    for (row, bytes) in rows[1..].iter().zip([draft(31, "penalty_org"), draft(32, "penalty_org")]) {
        assert!(row.contains(&element(&bytes, "DocumentNumber")) && row.contains(&element(&bytes, "LegalRep")), "{row:?}");
        let fine: f64 = element(&bytes, "FineYuan").parse().unwrap();
        assert_eq!(row[15].parse::<f64>().unwrap(), fine / 10_000.0, "万元: {row:?}");
        assert!(row[8].is_empty() && row[1].len() == 18 && row[18] == "2023-04-21", "{row:?}");
    }
    let persons = std::fs::read_to_string(converted(&file, "fods")).unwrap();
    assert!(
        PERSON.iter().all(|column| persons.contains(column.label)) && persons.contains(&element(&draft(33, "penalty_person"), "IdNumber"))
    );
    // What it wrote is a list as any site's, and all of it is as decided; only that no site may show the number of a person's paper.
    let compared = dangri(&office, desk.path(), &["reconcile", "--all", "--from-file", "公示.xlsx"]).await;
    assert!(compared.code == 3 && compared.out.contains("决定 4 件：已公示 2  公示有误 1  不公示 1"), "{}", compared.out);
    assert!(compared.out.contains("证件号码：决定书 （不得公开）"), "{}", compared.out);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_public_already_is_not_filed_twice() {
    let (office, desk) = (Furnishing::at(FRIDAY).open().await, tempfile::tempdir().unwrap());
    office.put("单位.xml", &draft(35, "penalty_org"));
    office.drain().await;
    office.pass(Duration::minutes(5)).await;
    let said = dangri(&office, desk.path(), &["export", "publications", "--xlsx"]).await;
    assert!(said.code == 0 && said.out.contains("已经公示的 1 件没有列入") && said.out.contains("没有写文件"), "{}", said.out);
    assert_eq!(std::fs::read_dir(desk.path()).unwrap().count(), 0);
    let said = dangri(&office, desk.path(), &["export", "publications", "--xlsx", "--all"]).await;
    assert!(said.out.contains("✔ 已导出：行政处罚双公示_2023-04-01至2023-04-30.xlsx"), "{}", said.out);
    let refused = office.dangri(desk.path(), &["export", "publications", "--force"]).await;
    assert!(refused.code == 2 && refused.err.contains("--xlsx"), "{} {}", refused.code, refused.err);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_from_another_site_is_held_against_the_same_decisions() {
    let (office, desk) = (office().await, tempfile::tempdir().unwrap());
    let [one, two] = [31, 32].map(|seed| draft(seed, "penalty_org"));
    let (number, name, fine) = (element(&one, "DocumentNumber"), element(&one, "Name"), element(&one, "FineYuan"));
    let party = name_of(&one);
    assert_ne!(name, party, "the authority's name comes first");
    // Yuan where ten thousands should stand; a row of another authority; one of ours that nobody knows; the second decision is not there.
    let list = format!(
        "某某网站行政处罚公示,,,,,\n文号,行政相对人名称,统一社会信用代码,罚款金额（万元）,处罚决定日期,处罚机关\n\
         {number},{party},{code},{yuan},2023/4/21,{name}\n\
         （淄）市监罚〔2023〕7号,某某超市,91370302MA3CE5H79R,0.1,2023/4/21,淄川区市场监督管理局\n\
         （淄）应急罚〔2023〕9999号,某某厂,91370302MA3CE5H79R,2,2023/4/21,{name}\n",
        code = element(&one[party_at(&one)..], "Uscc"),
        yuan = fine.trim_end_matches(".00"),
    );
    let (gb, _, lost) = encoding_rs::GB18030.encode(&list);
    assert!(!lost);
    std::fs::write(desk.path().join("清单.csv"), gb).unwrap();
    let said = dangri(&office, desk.path(), &["reconcile", "--from-file", "清单.csv"]).await;
    assert_eq!(said.code, 3, "{}", said.out);
    let folded: String = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let wan = fine.trim_end_matches(".00").parse::<u64>().unwrap();
    let side_by_side = format!("决定书 {}（{wan}元），公示 {wan}（{}元）", wan / 10_000, wan * 10_000);
    assert!(folded.contains(&side_by_side), "{side_by_side}\n{}", said.out);
    assert!(folded.contains(&element(&two, "DocumentNumber")) && folded.contains("这份清单里没有这一件"), "{}", said.out);
    assert!(folded.contains("9999号") && !folded.contains("市监罚"), "{}", said.out);
    // A page that is none, and a file that has lost its digits, are told with what to do.
    for (file, bytes, word) in
        [("登录.csv", &b"<html>login</html>"[..], "找不到认得的栏目名"), ("旧.xls", b"\xd0\xcf\x11\xe0\xa1", "另存为 .xlsx")]
    {
        std::fs::write(desk.path().join(file), bytes).unwrap();
        let said = office.dangri(desk.path(), &["reconcile", "--from-file", file]).await;
        assert!(said.code == 2 && said.err.contains(word), "{} {}", said.code, said.err);
    }
    office.close().await;
}

fn party_at(bytes: &[u8]) -> usize {
    std::str::from_utf8(bytes).unwrap().find("<Enterprise>").unwrap()
}

fn name_of(bytes: &[u8]) -> String {
    element(&bytes[party_at(bytes)..], "Name")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_that_would_give_a_person_away_is_sent_back_with_the_place() {
    let office = Furnishing::at(FRIDAY).open().await;
    office.put("决定书.xml", &edited(&draft(36, "penalty_org"), "进行执法检查时", "由证人（电话13812345678）陪同检查时"));
    office.drain().await;
    assert_eq!(office.state("决定书.xml").await, Some(State::Unfit));
    let note = office.note("决定书.xml").unwrap();
    assert!(note.contains("违法事实") && note.contains("138****5678") && note.contains("第 ") && !note.contains("13812345678"), "{note}");
    office.close().await;
}
