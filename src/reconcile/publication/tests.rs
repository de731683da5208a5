use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;

use super::*;
use crate::{
    clock::ManualClock,
    document::{ContentHash, DocumentId, Kind, Name, Ruling},
    platform::{FeedPage, PublicationPage, SchemaInForce, Sighting, Skew, Submission, Submitted},
    publication::Exemption,
    queue::QueueSettings,
    store::{MemoryStore, Newcomer, Store as _, samples::Sample},
};

/// Nobody is asked.
struct Silent;

#[async_trait]
impl Platform for Silent {
    async fn submit(&self, _: &Submission) -> Submitted {
        unreachable!()
    }

    async fn look_up(&self, _: DocumentId) -> Result<Option<Sighting>, crate::document::Failure> {
        unreachable!()
    }

    async fn look_up_number(&self, _: &str, _: &Kind) -> Result<Vec<Sighting>, crate::document::Failure> {
        unreachable!()
    }

    async fn feed(&self, _: Option<&str>) -> Result<FeedPage, crate::document::Failure> {
        unreachable!()
    }

    async fn schema(&self) -> Result<SchemaInForce, crate::document::Failure> {
        unreachable!()
    }

    async fn publications(&self, _: NaiveDate, _: NaiveDate, _: Option<&str>) -> Result<PublicationPage, crate::document::Failure> {
        unreachable!()
    }

    fn skew(&self) -> Option<Skew> {
        None
    }
}

/// A decision of nothing but a warning, by its bytes; beside it is kept what `ruling` says.
fn warning(ruling: Option<Ruling>) -> Newcomer {
    let text = include_str!("../../../mocks/drafts/fit/penalty_org.xml");
    let text = text.split_once("?>").unwrap().1.replace("2023-04-14</DocumentDate>", "2023-05-14</DocumentDate>");
    let text = text.replace("<PenaltyKind>fine<", "<PenaltyKind>warning<");
    let mut newcomer = Sample::new(1).newcomer();
    newcomer.body = Arc::from(text.as_bytes());
    newcomer.birth.digest = Some(ContentHash::of(text.as_bytes()));
    let facts = newcomer.birth.facts.as_mut().unwrap();
    facts.kind = Kind::new("penalty_org");
    facts.document_date = NaiveDate::from_ymd_opt(2023, 5, 14).unwrap();
    facts.ruling = ruling.map(Box::new);
    newcomer
}

/// Why the decision need not be public, by whatever is read of it.
async fn exemption(ruling: Option<Ruling>) -> Option<Exemption> {
    let store = Arc::new(MemoryStore::new());
    store.admit(vec![warning(ruling)]).await.unwrap();
    let clock: SharedClock = ManualClock::at(Timestamp::from_millis(0));
    let hour = Duration::hours(1);
    let queue_settings =
        QueueSettings { sender_uscc: String::new(), visibility_delay: hour, ask_after: hour, cut_off: hour * 24, upload_penalties: true };
    let queue = Arc::new(Queue::new(store, Arc::clone(&clock), queue_settings));
    let settings = Settings { uscc: String::new(), office: String::new(), appear_within: hour, warnings: Warnings::Exempt };
    let record = queue.store().get(Sample::new(1).id()).await.unwrap().unwrap();
    let follower = Follower::new(queue, Arc::new(Silent), clock, Arc::new(Calendar::embedded().unwrap()), settings);
    let alone = follower.standing(&record).await.unwrap().unwrap().exempt;
    let day = record.birth.facts.unwrap().document_date;
    let among = follower.sought(day, day, &Kept::default()).await.unwrap();
    assert_eq!(among.iter().map(|(sought, _)| sought.exempt).collect::<Vec<_>>(), [alone], "whichever way it is read");
    alone
}

#[tokio::test]
async fn what_is_kept_of_a_decision_spares_the_reading_and_what_an_older_program_kept_does_not() {
    let fine = Decision {
        kinds: vec!["罚款".to_owned()],
        ..Decision::bare(crate::publication::DecisionKind::Organisation, String::new(), NaiveDate::default(), Name::default(), None)
    };
    let kept = fine.ruling();
    let older = Ruling { reading: kept.reading - 1, ..kept.clone() };
    // The bytes say that it is a warning, what is kept says that it is a fine.
    assert_eq!(exemption(Some(kept)).await, None, "the bytes are not looked at");
    assert_eq!(exemption(Some(older)).await, Some(Exemption::WarningOnly), "it is read anew");
    assert_eq!(exemption(None).await, Some(Exemption::WarningOnly), "it was taken before anything was kept");
}
