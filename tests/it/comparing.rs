//! What stands on the platform's list against what was decided: any dress of the same, other amounts, one too many, pages that move.

use chrono::Duration;
use dangri::{control::publicity::Notice, document::State, publication::Outcome};
use dangri_mocks::{Action, Endpoint, Publishing, Rule, drafts};

use crate::{
    harness::{Furnishing, element},
    publishing::{FRIDAY, NAME, decision, hours, office},
};

/// What of the notice of a decision differs, where `alter` is published of it.
async fn published_as(seed: u64, alter: &[(&str, &str)]) -> (Notice, Vec<String>, u64) {
    let alter = alter.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect();
    let office = office(Publishing { alter, ..Publishing::default() }).await;
    office.put(NAME, &decision(seed));
    office.pass(hours(2)).await;
    let notice = office.notice().await;
    let fields = notice.differences.iter().map(|difference| difference.field.clone()).collect();
    let extra = office.status().await.publication.unwrap().extra;
    office.close().await;
    (notice, fields, extra)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dress_makes_no_difference_and_everything_else_does() {
    let bytes = decision(20);
    let yuan: u64 = element(&bytes, "FineYuan").trim_end_matches(".00").parse().unwrap();
    let shifted = |places: usize| {
        let figures = format!("{yuan:0>width$}", width = places + 1);
        let (whole, part) = figures.split_at(figures.len() - places);
        format!("{whole}.{part}").trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let wan = shifted(4);
    let wide: String = element(&bytes[party_at(&bytes)..], "Uscc").chars().map(wide).collect();
    let name = element(&bytes[party_at(&bytes)..], "Name");
    let spaced: String = name.chars().flat_map(|c| [c, '\u{3000}']).collect();
    let number = element(&bytes, "DocumentNumber").replace('（', "(").replace('）', ")").replace('〔', "[").replace('〕', "]");
    let dressed = [
        ("CF_XDR_MC", &*spaced),
        ("CF_XDR_SHXYM", &*wide),
        ("CF_WSH", &*number),
        ("CF_JDRQ", "2023/04/21"),
        ("CF_NR_FK", &*format!("{wan}{}", if wan.contains('.') { "00" } else { ".00" })),
    ];
    assert_eq!(published_as(20, &dressed).await.0.label, "已公示");
    // Yuan for ten thousands, and the other way round: off by exactly ten thousand.
    let careless = office(Publishing { in_yuan: true, ..Publishing::default() }).await;
    careless.put(NAME, &bytes);
    careless.pass(hours(2)).await;
    assert_eq!(careless.notice().await.differences[0].theirs, format!("{yuan}（{}元）", yuan * 10_000));
    careless.close().await;
    for wrong in [yuan.to_string(), shifted(8)] {
        let (notice, fields, _) = published_as(20, &[("CF_NR_FK", &wrong)]).await;
        assert_eq!(fields, ["CF_NR_FK"]);
        assert!(
            notice.differences[0].ours == format!("{wan}（{yuan}元）") && notice.differences[0].theirs.starts_with(&wrong),
            "{notice:?}"
        );
    }
    let (notice, fields, _) = published_as(20, &[("CF_JDRQ", "2023-04-20"), ("CF_CFLB", "警告")]).await;
    assert_eq!(fields, ["CF_CFLB", "CF_JDRQ"], "{notice:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_that_nobody_here_decided_is_told_as_one_too_many() {
    let alter =
        [("CF_WSH", "（淄）应急罚〔2023〕99999号"), ("CF_NR_FK", "0.5"), ("CF_XDR_MC", "某某厂"), ("CF_XDR_SHXYM", "91370302MA3CE5H79R")];
    let alter = alter.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect();
    let (office, desk) = (office(Publishing { alter, ..Publishing::default() }).await, tempfile::tempdir().unwrap());
    office.put(NAME, &decision(21));
    office.pass(hours(2)).await;
    assert_eq!(office.notice().await.outcome, Outcome::Missing);
    // The second reading comes to nothing: what the first alone saw is not told.
    office.script(Rule::new(Endpoint::Publications, Action::Html { committing: false }).nth(2));
    let said = office.dangri(desk.path(), &["reconcile", "--from", "2023-04-20", "--to", "2023-04-22"]).await;
    assert!(said.out.contains("没有读到") && !said.out.contains("99999号"), "{}{}", said.out, said.err);
    let said = office.dangri(desk.path(), &["reconcile", "--from", "2023-04-20", "--to", "2023-04-22"]).await;
    assert!(said.code == 3 && said.out.contains("平台公示清单已读完两遍，没有这一件"), "{}{}", said.out, said.err);
    assert!(said.out.contains("平台上有、本机没有的公示 1 条") && said.out.contains("99999号"), "{}", said.out);
    let json = office.dangri(desk.path(), &["reconcile", "--json"]).await;
    let told: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&told["data"]["extra_count"], &told["data"]["notices"][0]["outcome"]), (&1.into(), &"missing".into()), "{told:#}");
    // By night all is looked at, and the page keeps what was found.
    office.until("2023-04-22T02:00").await;
    assert_eq!(office.status().await.publication.unwrap().extra, 1);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_a_moving_list_that_repeat_or_skip_rows_double_and_hide_nothing() {
    let office = Furnishing::at(FRIDAY).open().await;
    let names: Vec<String> = (0..12).map(|n| format!("{n}.xml")).collect();
    for (seed, name) in (40..).zip(&names) {
        office.put(name, &decision(seed));
    }
    office.pass(Duration::minutes(10)).await;
    for rows in [Action::Rows { repeat: 5, skip: 0 }, Action::Rows { repeat: 0, skip: 5 }] {
        // The first reading's page is troubled, the second's is not.
        office.script(Rule::new(Endpoint::Publications, rows).times(1));
        let found = office.reconcile().await;
        assert_eq!(found.iter().filter(|notice| notice.outcome == Outcome::Matched).count(), 12, "{found:#?}");
    }
    office.close().await;
}

fn party_at(bytes: &[u8]) -> usize {
    std::str::from_utf8(bytes).unwrap().find("<Enterprise>").unwrap()
}

/// The full-width form of an ASCII character.
fn wide(c: char) -> char {
    char::from_u32(u32::from(c) + 0xfee0).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_warning_is_not_published_where_the_office_has_set_it_so_and_the_reason_is_shown() {
    let office = Furnishing::at("2023-05-10T09:00:00+08:00").with("[publication]\nwarnings = \"exempt\"\n").open().await;
    let mut text = String::from_utf8(drafts::single(60, "penalty_org", "2023-05-10".parse().unwrap()).unwrap().bytes).unwrap();
    text = text.replace("<PenaltyKind>fine<", "<PenaltyKind>warning<");
    for gone in ["FineYuan", "FineUpper", "Payment"] {
        let close = format!("</{gone}>");
        // The last is the decision's own; the notice's stands before it.
        let (from, to) = (text.rfind(&format!("<{gone}>")).unwrap(), text.rfind(&close).unwrap() + close.len());
        text.replace_range(from..to, "");
    }
    let (from, to) = (text.find("<PenaltyText>").unwrap() + 13, text.find("</PenaltyText>").unwrap());
    text.replace_range(from..to, "决定对你单位给予警告的行政处罚。");
    office.put(NAME, text.as_bytes());
    office.pass(hours(2)).await;
    assert_eq!(office.state(NAME).await, Some(State::Entered), "{:?}", office.note(NAME));
    let desk = tempfile::tempdir().unwrap();
    let said = office.dangri(desk.path(), &["doc", NAME]).await;
    assert!(said.out.contains("不应公示") && said.out.contains("只有警告、通报批评，按本单位设置不公示"), "{}", said.out);
    let reminders = office.reminders();
    assert!(reminders.len() == 1 && reminders[0].said.contains("不应公示却已公示"), "{reminders:?}");
    office.mock.end_publication(&element(text.as_bytes(), "DocumentNumber"), false);
    office.pass(hours(1)).await;
    assert_eq!((office.notice().await.label.as_str(), office.reminders().len()), ("不公示", 0));
    office.close().await;
}
