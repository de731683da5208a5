//! What the durable store answers: readings from the index and the journal, and changes through the one who writes.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;

use super::{
    super::{Admission, Change, Cursor, DamageReport, Due, Fact, Listing, Newcomer, Page, Store, StoreError},
    JournalStore, Request, Shared, lock, plan,
};
use crate::document::{DocumentId, Entry, Record, State, Timestamp};

#[async_trait]
impl Store for JournalStore {
    async fn admit(&self, newcomers: Vec<Newcomer>) -> Result<Vec<Admission>, StoreError> {
        let newcomers = newcomers.into_iter().map(plan::Arrival::of).collect::<Result<_, _>>()?;
        self.ask(|answer| Request::Admit { newcomers, answer }).await?
    }

    async fn apply(&self, changes: Vec<Change>) -> Result<Vec<Result<Record, StoreError>>, StoreError> {
        let changes = changes.into_iter().map(plan::Step::of).collect::<Result<_, _>>()?;
        self.ask(|answer| Request::Apply { changes, answer }).await?
    }

    async fn get(&self, id: DocumentId) -> Result<Option<Record>, StoreError> {
        Ok(self.slot(id).await?.map(|slot| slot.record))
    }

    async fn body(&self, id: DocumentId) -> Result<Arc<[u8]>, StoreError> {
        let slot = self.known(id).await?;
        self.aside(move |shared| shared.read_body(&slot).map(Arc::from)).await
    }

    async fn supply(&self, id: DocumentId, body: Arc<[u8]>) -> Result<(), StoreError> {
        self.ask(|answer| Request::Supply { id, body, answer }).await?
    }

    async fn bodies(&self, ids: &[DocumentId]) -> Vec<Result<Arc<[u8]>, StoreError>> {
        let mut slots = Vec::with_capacity(ids.len());
        for id in ids {
            slots.push(self.known(*id).await);
        }
        // One errand to the disk for all of them.
        let read = move |shared: &Shared| Ok(slots.into_iter().map(|slot| shared.read_body(&slot?).map(Arc::from)).collect());
        self.aside(read).await.unwrap_or_else(|error| vec![Err(error); ids.len()])
    }

    async fn history(&self, id: DocumentId) -> Result<Vec<Entry>, StoreError> {
        let slot = self.known(id).await?;
        match self.aside(move |shared| shared.read_history(&slot)).await? {
            (history, None) => Ok(history),
            (_, Some(file)) => Err(StoreError::Archived(file)),
        }
    }

    async fn history_within_reach(&self, id: DocumentId) -> Result<(Vec<Entry>, Option<String>), StoreError> {
        let slot = self.known(id).await?;
        self.aside(move |shared| shared.read_history(&slot)).await
    }

    async fn due(&self, state: State, now: Timestamp, limit: usize) -> Result<Vec<Due>, StoreError> {
        self.shared.sound()?;
        Ok(lock(&self.shared.agenda).due(state, now, limit))
    }

    async fn next_due(&self, state: State) -> Result<Option<Timestamp>, StoreError> {
        self.shared.sound()?;
        Ok(lock(&self.shared.agenda).next_due(state))
    }

    async fn page(&self, listing: &Listing, after: Option<&Cursor>, limit: usize) -> Result<Page, StoreError> {
        let more = limit.saturating_add(1);
        let found = if is_short(listing, limit) {
            self.shared.sound().and_then(|()| Ok(self.shared.index()?.ids(listing, after, more)?))
        } else {
            let (wanted, after) = (listing.clone(), after.cloned());
            self.aside(move |shared| Ok(shared.index()?.ids(&wanted, after.as_ref(), more)?)).await
        };
        let mut places = match found {
            Err(StoreError::Damaged(why)) => {
                self.distrust(&why);
                return Err(StoreError::Damaged(why));
            }
            found => found?,
        };
        let more = places.len() > limit;
        places.truncate(limit);
        let next = places.last().filter(|_| more).map(|(place, _)| place.clone());
        let mut records = Vec::with_capacity(places.len());
        for (_, id) in places {
            match self.slot(id).await {
                // It moved on while the page was read.
                Ok(Some(slot)) if matches!(listing, Listing::InState(state) if *state != slot.record.state) => {}
                Ok(Some(slot)) => records.push(slot.record),
                // What cannot be read is in `damaged`, and everything else still works (law 9).
                Ok(None) | Err(StoreError::Damaged(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Page { records, next })
    }

    async fn counts(&self) -> Result<BTreeMap<State, u64>, StoreError> {
        self.shared.sound()?;
        Ok(lock(&self.shared.counts).map())
    }

    async fn remember_all(&self, facts: Vec<Fact>) -> Result<(), StoreError> {
        facts.iter().try_for_each(Fact::fits)?;
        self.ask(|answer| Request::Remember { facts, answer }).await?
    }

    async fn recall(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.shared.sound()?;
        Ok(self.shared.index()?.fact(name)?)
    }

    async fn recall_all(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<(String, String)>, StoreError> {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        self.aside(move |shared| Ok(shared.index()?.facts(&prefix, after.as_deref(), limit)?)).await
    }

    async fn damaged(&self) -> Result<Vec<DamageReport>, StoreError> {
        Ok(lock(&self.shared.damages).clone())
    }

    fn unwell(&self) -> Option<String> {
        lock(&self.shared.failed).clone().or_else(|| lock(&self.shared.full).clone())
    }

    async fn close(&self) -> Result<(), StoreError> {
        let outcome = self.ask(|answer| Request::Close { answer }).await;
        self.end();
        outcome?
    }
}

/// Whether a page is read where it is asked for, as a record is: what stands under one name lies together in the index, and handing it to
/// another thread and back costs several times the reading. Intake asks for five of these for each draft.
const fn is_short(listing: &Listing, limit: usize) -> bool {
    limit <= 256 && matches!(listing, Listing::Path(_) | Listing::Number(_) | Listing::Draft(_) | Listing::Case(_))
}
