//! PUT, and what became of it.

use crate::harness::{Desk, Paper, setup};
use dangri_mocks::Admitted;

#[tokio::test]
async fn a_document_is_taken_once_and_entered() {
    let mut desk = Desk::open(setup()).await;
    let paper = Paper::record(1);
    let first = desk.put(&paper).await;
    assert_eq!((first.status, first.code()), (202, "00"), "{}", first.body);
    let again = desk.put(&paper).await;
    assert_eq!((again.status, again.code()), (200, "00"), "{}", again.body);
    let receipt = |r: &crate::harness::Reply| r.between("<Receipt>", "</Receipt>").map(str::to_owned);
    assert!(receipt(&first).is_some());
    assert_eq!(receipt(&first), receipt(&again), "the first receipt again");
    let found = desk.look_up(&paper).await;
    assert_eq!(found.states(), ["entered"]);
    assert_eq!(found.between("<EnteredAt>", "</EnteredAt>"), Some("2023-04-03T17:20:11+08:00"));
    assert_eq!(found.between("<Digest>", "</Digest>"), Some(paper.digest().as_str()));
    let verdict = desk.platform.books().verdict(&[Admitted::Id(paper.id())]);
    assert!(verdict.ok, "{:?}", verdict.faults);
}

#[tokio::test]
async fn prefixes_are_as_good_as_a_default_namespace_if_declared_on_the_document_itself() {
    let mut desk = Desk::open(setup()).await;
    let mut paper = Paper::record(1);
    paper.document = "<d:InspectionRecord xmlns:d=\"urn:dangri:document:1\"><d:Place>车间</d:Place></d:InspectionRecord>".into();
    let put = desk.put(&paper).await;
    assert_eq!((put.status, put.code()), (202, "00"), "{}", put.body);
    paper.document = "<d:InspectionRecord><d:Place>车间</d:Place></d:InspectionRecord>".into();
    let outside = paper.body().replace("<Body>", "<Body xmlns:d=\"urn:dangri:document:1\">");
    let put = desk.call(paper.ask_with(outside)).await.unwrap();
    assert_eq!((put.status, put.code()), (400, "01"), "declared on Body: its bytes do not stand alone");
}

#[tokio::test]
async fn a_package_may_use_a_prefix_and_be_laid_out_in_lines() {
    let mut desk = Desk::open(setup()).await;
    let paper = Paper::record(1);
    let head = paper.head().replace("</", "\u{0}").replace('<', "\n    <x:").replace('\u{0}', "</x:");
    let body = format!(
        "<!-- a note --><x:Package xmlns:x=\"urn:dangri:exchange:1\">\n  <x:Head>{head}\n  </x:Head>\n  <x:Body>\n{}\n  </x:Body>\n</x:Package>\n",
        paper.document
    );
    let put = desk.call(paper.ask_with(body)).await.unwrap();
    assert_eq!((put.status, put.code()), (202, "00"), "{}", put.body);
}

#[tokio::test]
async fn entry_follows_attempts_one_by_one_over_one_connection() {
    let mut desk = Desk::open(setup()).await;
    for n in 1..=20 {
        assert_eq!(desk.put(&Paper::record(n)).await.status, 202);
    }
    assert_eq!(desk.platform.books().counters().connections, 1, "kept alive");
}
