//! Every code of the table that a PUT can meet, and their order of precedence.

use std::collections::BTreeSet;

use dangri_mocks::{Action, Endpoint, ErrorItem, Registers, Rule};

use crate::harness::{Ask, Desk, Paper, Reply, setup};

fn seen(reply: &Reply) -> (u16, &str) {
    (reply.status, reply.code())
}

/// A body changed by hand, sent to the paper's own address.
async fn put_changed(desk: &mut Desk, paper: &Paper, from: &str, to: &str) -> Reply {
    let body = paper.body();
    assert!(body.contains(from), "{from} is not in the body");
    desk.call(paper.ask_with(body.replacen(from, to, 1))).await.unwrap()
}

#[tokio::test]
async fn a_malformed_package_is_01_and_keeps_nothing() {
    let mut desk = Desk::open(setup()).await;
    let paper = Paper::record(1);
    let kind = "<Kind>insp_record</Kind>";
    let changes: &[(&str, &str)] = &[
        ("</Package>", ""),
        ("<Kind>insp_record</Kind>", ""),
        (kind, "<Kind>insp_record</Kind><Kind>insp_record</Kind>"),
        (kind, "<Kind> insp_record</Kind>"),
        (kind, "<Kind></Kind>"),
        (kind, "<Kind>no_such_kind</Kind>"),
        (kind, "<Kind x=\"1\">insp_record</Kind>"),
        (kind, "<Sort>insp_record</Sort>"),
        (kind, "<x:Kind xmlns:x=\"urn:other\">insp_record</x:Kind>"),
        ("<AuthorLevel>district", "<AuthorLevel>city"),
        ("alg=\"sha-256\"", "alg=\"sha-1\""),
        ("+08:00</SentAt>", "Z</SentAt>"),
        ("</SentAt>", "</SentAt><Note>x</Note>"),
        ("xmlns=\"urn:dangri:exchange:1\"", "xmlns=\"urn:dangri:exchange:2\""),
        ("</InspectionRecord>", "</InspectionRecord><InspectionRecord xmlns=\"urn:dangri:document:1\"/>"),
        ("<Head>", "text<Head>"),
        ("<Body>", "<!DOCTYPE a><Body>"),
        ("<DraftId>3f1c", "<DraftId>3F1C"),
        ("urn:dangri:document:1", "urn:dangri:document:2"),
        ("车间", "\u{1}"),
        ("车间", "&nbsp;"),
        ("<AppId>demo-app", "<AppId>other-app"),
    ];
    for (from, to) in changes {
        let reply = put_changed(&mut desk, &paper, from, to).await;
        assert_eq!(seen(&reply), (400, "01"), "{from} -> {to}: {}", reply.body);
    }
    assert!(desk.platform.books().submissions().is_empty());
}

#[tokio::test]
async fn the_platform_recomputes_digest_and_id() {
    let mut desk = Desk::open(setup()).await;
    let mut paper = Paper::record(1);
    paper.claim = Some("0".repeat(64));
    assert_eq!(seen(&desk.put(&paper).await), (400, "01"), "a digest that is not that of the bytes");
    paper.claim = None;
    paper.address = Some("a".repeat(32));
    assert_eq!(seen(&desk.put(&paper).await), (400, "01"), "an id that is not made of the head");
    paper.address = Some(paper_id_upper(&paper));
    assert_eq!(seen(&desk.put(&paper).await), (400, "01"), "an id in upper case");
}

fn paper_id_upper(paper: &Paper) -> String {
    let mut plain = paper.clone();
    plain.address = None;
    plain.id().to_uppercase()
}

#[tokio::test]
async fn a_number_must_be_canonical_and_belong_to_the_kind() {
    let mut desk = Desk::open(setup()).await;
    for number in [
        "(兰)应急检记〔2023〕1号",
        "（兰）应急检记[2023]1号",
        "（兰）应急检记〔2023〕第1号",
        "（兰）应急检记〔2023〕01号",
        "（兰）应急检记〔2023〕 1号",
    ] {
        let mut paper = Paper::record(1);
        paper.number = Some(number.into());
        assert_eq!(seen(&desk.put(&paper).await), (400, "01"), "{number}");
    }
    let mut odd = Paper::record(1);
    odd.number = Some("预立案".into());
    assert_eq!(seen(&desk.put(&odd).await), (202, "00"), "a text that misses the pattern keeps its normalised form");
    let mut none = Paper::record(2);
    none.number = None;
    assert_eq!(seen(&desk.put(&none).await), (400, "01"), "a numbered kind without its number");
    let talk = Paper::of("inquiry_record", None, "InquiryRecord", "");
    assert_eq!(seen(&desk.put(&talk).await), (202, "00"), "the draft id is the key of a kind without a number");
    let numbered = Paper::of("inquiry_record", Some("（兰）应急询〔2023〕1号"), "InquiryRecord", "");
    assert_eq!(seen(&desk.put(&numbered).await), (400, "01"));
}

#[tokio::test]
async fn headers_that_every_call_carries_are_wanted() {
    let mut desk = Desk::open(setup()).await;
    let paper = Paper::record(1);
    for ask in [
        paper.ask().without("X-Request-Id"),
        paper.ask().with("Content-Type", "text/xml; charset=UTF-8"),
        paper.ask().with("Content-Type", "application/xml"),
    ] {
        assert_eq!(seen(&desk.call(ask).await.unwrap()), (400, "01"));
    }
    for ask in
        [Ask::get("/nowhere"), Ask::get("/documents/"), Ask::new("DELETE", format!("/documents/{}", paper.id())), Ask::get("/schema?x=1")]
    {
        assert_eq!(seen(&desk.call(ask).await.unwrap()), (400, "01"));
    }
    assert_eq!(seen(&desk.raw(Ask::get("/nowhere")).await.unwrap()), (401, "02"), "without a token 02 comes before 01");
}

#[tokio::test]
async fn a_body_over_10_mib_is_413_with_code_01() {
    let mut desk = Desk::open(setup()).await;
    let mut paper = Paper::record(1);
    paper.document = paper.document.replace("车间", &"长".repeat(3_600_000));
    assert_eq!(seen(&desk.put(&paper).await), (413, "01"));
    paper.document = paper.document.replace(&"长".repeat(1_000_000), "短");
    assert_eq!(seen(&desk.put(&paper).await), (202, "00"), "just under it is taken");
}

#[tokio::test]
async fn other_bytes_under_a_held_id_are_16_whatever_else_is_wrong() {
    let mut desk = Desk::open(setup()).await;
    let paper = Paper::record(1);
    desk.put(&paper).await;
    let mut other = paper.clone();
    other.address = Some(paper.id());
    other.document = paper.document.replace("车间", "仓库");
    other.kind = "no_such_kind".into();
    assert_eq!(seen(&desk.put(&other).await), (409, "16"), "before 01");
    let mut liar = paper.clone();
    liar.address = Some(paper.id());
    liar.claim = Some("0".repeat(64));
    assert_eq!(seen(&desk.put(&liar).await), (400, "01"), "the same bytes under a wrong digest are malformed, not other");
}

#[tokio::test]
async fn a_changed_head_is_answered_with_the_first_receipt() {
    let mut desk = Desk::open(setup()).await;
    let paper = Paper::record(1);
    let first = desk.put(&paper).await;
    let mut later = paper.clone();
    later.level = "town".into();
    later.schema = "2001.1".into();
    let again = desk.put(&later).await;
    assert_eq!(seen(&again), (200, "00"), "the repeat's 00 comes before 17 and 15");
    assert_eq!(first.between("<Receipt>", "</Receipt>"), again.between("<Receipt>", "</Receipt>"));
}

#[tokio::test]
async fn a_schema_version_no_longer_taken_is_17_and_names_the_current_one() {
    let mut desk = Desk::open(setup()).await;
    desk.platform.set_schema("2024.1", &["2024.1"]);
    let reply = desk.put(&Paper::record(1)).await;
    assert_eq!(seen(&reply), (409, "17"));
    assert_eq!((reply.attribute("version"), reply.attribute("accepts")), (Some("2024.1"), Some("2024.1")), "{}", reply.body);
    let schema = desk.get("/schema").await;
    assert_eq!((schema.code(), schema.attribute("version")), ("00", Some("2024.1")));
}

#[tokio::test]
async fn a_town_officer_may_not_send_penalty_documents() {
    let mut desk = Desk::open(setup()).await;
    let mut paper = Paper::of("penalty_org", Some("（兰）应急罚〔2023〕1号"), "PenaltyOrg", "");
    paper.level = "town".into();
    assert_eq!(seen(&desk.put(&paper).await), (403, "15"));
    let mut record = Paper::record(1);
    record.level = "town".into();
    assert_eq!(seen(&desk.put(&record).await), (202, "00"));
}

#[tokio::test]
async fn a_root_of_another_kind_is_10_with_errors() {
    let mut desk = Desk::open(setup()).await;
    let paper = Paper::of("insp_record", Some("（兰）应急检记〔2023〕1号"), "InspectionPlan", "");
    let reply = desk.put(&paper).await;
    assert_eq!(seen(&reply), (422, "10"));
    assert_eq!(reply.attribute("code"), Some("E1001"), "{}", reply.body);
}

#[tokio::test]
async fn a_correction_names_a_submission_of_the_same_sender_and_kind() {
    let mut desk = Desk::open(setup()).await;
    let first = Paper::record(1);
    desk.put(&first).await;
    let mut second = first.clone();
    second.document = first.document.replace("车间", "仓库");
    let conflict = desk.put(&second).await;
    assert_eq!(seen(&conflict), (409, "13"), "the number is held");
    assert_eq!(conflict.between("<SubmissionId>", "</SubmissionId>"), Some(first.id().as_str()), "the holder's receipt");
    second.supersedes = Some("b".repeat(32));
    let unknown = desk.put(&second).await;
    assert_eq!(seen(&unknown), (422, "11"), "it names nothing that is there");
    second.supersedes = Some(first.id());
    assert_eq!(seen(&desk.put(&second).await), (202, "00"));
    assert_eq!(desk.look_up(&first).await.states(), ["superseded"]);
    assert_eq!(desk.look_up(&second).await.states(), ["entered"]);
    let mut other_kind = Paper::of("insp_plan", Some("（兰）应急检查〔2023〕1号"), "InspectionPlan", "");
    other_kind.supersedes = Some(second.id());
    assert_eq!(seen(&desk.put(&other_kind).await), (422, "11"), "of another kind");
}

#[tokio::test]
async fn a_returned_submission_frees_its_number_and_is_never_revived() {
    let mut desk = Desk::open(setup()).await;
    let paper = Paper::record(1);
    desk.platform.script(Rule::new(
        Endpoint::Put,
        Action::ReturnLater { errors: vec![ErrorItem::new("E9", "时间不符").at("/d:InspectionRecord", 1)] },
    ));
    desk.put(&paper).await;
    let look = desk.look_up(&paper).await;
    assert_eq!(look.states(), ["returned"]);
    assert_eq!((look.attribute("code"), look.attribute("line")), (Some("E9"), Some("1")));
    assert_eq!(seen(&desk.put(&paper).await), (200, "00"), "the same bytes only get the first receipt");
    assert_eq!(desk.look_up(&paper).await.states(), ["returned"]);
    let mut mended = paper.clone();
    mended.document = paper.document.replace("车间", "仓库");
    assert_eq!(seen(&desk.put(&mended).await), (202, "00"), "the number is free");
}

#[tokio::test]
async fn missing_base_data_is_12_until_somebody_registers_it() {
    let mut desk = Desk::open(setup()).await;
    let known = |codes: &[&str]| Some(codes.iter().map(|c| (*c).to_owned()).collect::<BTreeSet<_>>());
    desk.platform.set_registers(Registers { enterprises: known(&[]), officers: known(&["鲁A1"]) });
    let inside = "<Enterprise><Uscc>91370302MA3C4D5E6F</Uscc></Enterprise><Officers><Officer><CertificateNo>鲁A1</CertificateNo></Officer></Officers>";
    let paper = Paper::of("insp_record", Some("（兰）应急检记〔2023〕1号"), "InspectionRecord", inside);
    let reply = desk.put(&paper).await;
    assert_eq!((seen(&reply), reply.attribute("code")), ((422, "12"), Some("E3101")));
    desk.platform.set_registers(Registers { enterprises: known(&["91370302MA3C4D5E6F"]), officers: known(&[]) });
    assert_eq!(desk.put(&paper).await.attribute("code"), Some("E3102"));
    desk.platform.set_registers(Registers::default());
    assert_eq!(seen(&desk.put(&paper).await), (202, "00"));
}

#[tokio::test]
async fn a_later_document_of_a_case_waits_for_the_earlier_one() {
    let mut desk = Desk::open(dangri_mocks::Setup { case_order: true, ..setup() }).await;
    let header = "<Header><InspectionId>J-7</InspectionId></Header>";
    let plan = Paper::of("insp_plan", Some("（兰）应急检查〔2023〕1号"), "InspectionPlan", header);
    let record = Paper::of("insp_record", Some("（兰）应急检记〔2023〕1号"), "InspectionRecord", header);
    desk.platform.script(Rule::new(Endpoint::Put, Action::HoldInChecking));
    desk.put(&plan).await;
    assert_eq!(seen(&desk.put(&record).await), (409, "14"));
    desk.platform.release(&plan.id(), Vec::new());
    assert_eq!(seen(&desk.put(&record).await), (202, "00"));
}

/// Contract §1: 02/03, then 16, 01, the repeat's 00, 17, 15, 10, 11, 12, 13, 14. A paper that breaks everything is mended
/// step by step, and each step shows the next code.
#[tokio::test]
async fn codes_come_in_the_contracts_order() {
    let mut desk = Desk::open(setup()).await;
    let holder = Paper::of("penalty_org", Some("（兰）应急罚〔2023〕1号"), "PenaltyOrg", "<Facts>一</Facts>");
    desk.put(&holder).await;
    desk.platform.set_registers(Registers { enterprises: Some(BTreeSet::new()), officers: None });
    desk.platform.script(Rule::new(Endpoint::Put, Action::Refuse { code: "14".into(), message: None, errors: vec![] }).always());
    let enterprise = "<Enterprise><Uscc>91370302MA3C4D5E6F</Uscc></Enterprise>";
    let mut paper = Paper::of("penalty_org", Some("（兰）应急罚〔2023〕1号"), "PenaltyPerson", enterprise);
    paper.schema = "2001.1".into();
    paper.level = "town".into();
    paper.supersedes = Some("b".repeat(32));
    let mut codes = Vec::new();
    codes.push(desk.raw(paper.ask()).await.unwrap().code().to_owned());
    let mut malformed = paper.clone();
    malformed.app = "other".into();
    codes.push(desk.put(&malformed).await.code().to_owned());
    codes.push(desk.put(&paper).await.code().to_owned());
    paper.schema = "2023.1".into();
    codes.push(desk.put(&paper).await.code().to_owned());
    paper.level = "district".into();
    codes.push(desk.put(&paper).await.code().to_owned());
    paper.document = paper.document.replace("PenaltyPerson", "PenaltyOrg");
    codes.push(desk.put(&paper).await.code().to_owned());
    paper.supersedes = None;
    codes.push(desk.put(&paper).await.code().to_owned());
    desk.platform.set_registers(Registers::default());
    codes.push(desk.put(&paper).await.code().to_owned());
    paper.supersedes = Some(holder.id());
    codes.push(desk.put(&paper).await.code().to_owned());
    assert_eq!(codes, ["02", "01", "17", "15", "10", "11", "12", "13", "14"]);
    desk.platform.be_good();
    assert_eq!(desk.put(&paper).await.code(), "00");
    paper.schema = "2001.1".into();
    assert_eq!(seen(&desk.put(&paper).await), (200, "00"), "the repeat's 00 comes before 17");
}
