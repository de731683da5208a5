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
