//! What is sent, and what comes of what is heard.

use super::*;

#[tokio::test]
async fn a_document_goes_out_as_the_contract_writes_it_and_its_receipt_comes_back() {
    let server = Server::run(willing).await;
    let setting = setting(&server.address);
    let mut submission = submission("（淄）应急检记〔2023〕1号");
    submission.body = submission.body.clone();
    let submitted = setting.platform.submit(&submission).await;
    assert_eq!(submitted, Submitted::Acknowledged(Receipt { receipt_no: "R-1".into(), received_at: now() }));
    let seen = server.seen();
    let put = &seen[1];
    assert_eq!(put.target, format!("/documents/{}", submission.record.id()));
    assert_eq!(put.header("authorization"), Some("Bearer t1"));
    assert_eq!(put.header("content-type"), Some("application/xml; charset=UTF-8"));
    assert_eq!(put.header("x-request-id"), Some(submission.request.to_string().as_str()));
    let digest = submission.record.birth.digest.unwrap();
    let expected = format!(
        "<Package xmlns=\"urn:dangri:exchange:1\"><Head><SubmissionId>{}</SubmissionId><SenderUscc>{SENDER}</SenderUscc><AppId>dangri</AppId><Kind>insp_record</Kind><DocumentNumber>（淄）应急检记〔2023〕1号</DocumentNumber><DraftId>00000000-0000-0000-0000-000000000007</DraftId><SchemaVersion>2023.1</SchemaVersion><AuthorLevel>town</AuthorLevel><Digest alg=\"sha-256\">{digest}</Digest><SentAt>{NOW}</SentAt></Head><Body>{}</Body></Package>",
        submission.record.id(),
        std::str::from_utf8(&submission.body).unwrap()
    );
    assert_eq!(String::from_utf8(put.body.clone()).unwrap(), expected);
}

#[tokio::test]
async fn what_became_of_a_document_is_read_or_absent() {
    let id = submission("1").record.id();
    let server = Server::run(move |seen| match (seen.method.as_str(), seen.id() == id.to_string()) {
        ("POST", _) => token("t1", 7_200),
        (_, true) => say(
            200,
            "00",
            &format!(
                "<Result><SubmissionId>{id}</SubmissionId><State>entered</State><EntryNo>E-1</EntryNo><EnteredAt>{NOW}</EnteredAt></Result>"
            ),
        ),
        _ => say(404, "18", ""),
    })
    .await;
    let setting = setting(&server.address);
    let sighting = setting.platform.look_up(id).await.unwrap().unwrap();
    assert_eq!(sighting.state, SightedState::Entered);
    assert_eq!(sighting.entered_at, Some(now()));
    let other = submission("2").record.id();
    assert_eq!(setting.platform.look_up(other).await, Ok(None));
    assert_eq!(Platform::skew(&*setting.platform).map(|s| s.millis), Some(0));
}
