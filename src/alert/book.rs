//! Everything the room remembers, written down as facts below `alert/`, all that changed together in one durable commit.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use chrono::NaiveDate;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    ledger::{Episode, Ledger},
    outbox::{Delivery, Letter, Outbox},
};
use crate::{
    document::Timestamp,
    store::{Fact, Store, StoreError},
};

/// How many deliveries are remembered.
const DELIVERIES: usize = 1_000;

const REST: &str = "alert/ledger";
const HEALTH: &str = "alert/health";
const LAST: &str = "alert/last";
const DUTY: &str = "alert/duty";

/// The ledger, the outbox, the log of deliveries and the duty list.
#[derive(Default)]
pub(super) struct Book {
    pub(super) ledger: Ledger,
    pub(super) outbox: Outbox,
    /// Who is on duty in the week of a Monday, by name.
    pub(super) duty: BTreeMap<NaiveDate, Vec<String>>,
    /// The newest last.
    pub(super) deliveries: VecDeque<Delivery>,
    /// What came of trials, until the one who asked has heard.
    pub(super) trials: BTreeMap<u64, Delivery>,
    /// When somebody last looked; not written down, for a program that starts has not looked yet.
    pub(super) looked: Option<Timestamp>,
    saved: BTreeMap<String, String>,
}

impl Book {
    /// Reads what was written down before. What cannot be read is left out and told of: an alert too many is better than none.
    pub(super) async fn open(store: &Arc<dyn Store>) -> Result<Self, StoreError> {
        let mut book = Self::default();
        for (name, value) in store.recall_below("alert/").await? {
            book.read(&name, &value);
            book.saved.insert(name, value);
        }
        Ok(book)
    }

    fn read(&mut self, name: &str, value: &str) {
        match (name, name.rsplit_once('/').map_or("", |(folder, _)| folder)) {
            (REST, _) => self.ledger.rest = read(name, value).unwrap_or_default(),
            (HEALTH, _) => self.outbox.health = read(name, value).unwrap_or_default(),
            (LAST, _) => self.outbox.last_no = read(name, value).unwrap_or_default(),
            (DUTY, _) => self.duty = read(name, value).unwrap_or_default(),
            (_, "alert/open") => {
                let episode: Option<Episode> = read(name, value);
                self.ledger.open.extend(episode.map(|e| (e.key.clone(), e)));
            }
            (_, "alert/past") => self.ledger.past.extend(read::<Episode>(name, value)),
            (_, "alert/letter") => {
                let letter: Option<Letter> = read(name, value);
                self.outbox.letters.extend(letter.map(|l| (l.no, l)));
            }
            (_, "alert/sent") => self.deliveries.extend(read::<Delivery>(name, value)),
            _ => {}
        }
    }

    /// Notes what became of letters.
    pub(super) fn log(&mut self, deliveries: impl IntoIterator<Item = Delivery>) {
        self.deliveries.extend(deliveries);
        while self.deliveries.len() > DELIVERIES {
            self.deliveries.pop_front();
        }
    }

    /// Writes down what has changed. A store that cannot is no reason to be silent: the book goes on from memory and tries again.
    pub(super) async fn save(&mut self, store: &Arc<dyn Store>) {
        let now = self.facts();
        let changed = now.iter().filter(|(name, value)| self.saved.get(*name) != Some(value));
        let mut facts: Vec<Fact> = changed.map(|(name, value)| Fact::new(name.clone(), value.clone())).collect();
        facts.extend(self.saved.keys().filter(|name| !now.contains_key(*name)).map(|name| Fact::struck_out(name.clone())));
        if facts.is_empty() {
            return;
        }
        match store.remember_all(facts).await {
            Ok(()) => self.saved = now,
            Err(error) => tracing::error!(%error, "alerts could not be written down; they go out from memory"),
        }
    }

    fn facts(&self) -> BTreeMap<String, String> {
        let mut facts = BTreeMap::new();
        put(&mut facts, REST.to_owned(), &self.ledger.rest);
        put(&mut facts, HEALTH.to_owned(), &self.outbox.health);
        put(&mut facts, LAST.to_owned(), &self.outbox.last_no);
        put(&mut facts, DUTY.to_owned(), &self.duty);
        for episode in self.ledger.open.values() {
            put(&mut facts, format!("alert/open/{}-{}", sortable(episode), episode.id), episode);
        }
        for episode in &self.ledger.past {
            put(&mut facts, format!("alert/past/{}-{}", sortable(episode), episode.id), episode);
        }
        for letter in self.outbox.letters.values() {
            put(&mut facts, format!("alert/letter/{:012}", letter.no), letter);
        }
        for delivery in &self.deliveries {
            put(&mut facts, format!("alert/sent/{:015}-{:012}-{}", delivery.at.millis().max(0), delivery.no, delivery.attempts), delivery);
        }
        facts
    }
}

/// Its beginning, so that names go by time and an id of another year is another name.
fn sortable(episode: &Episode) -> String {
    format!("{:015}", episode.began.millis().max(0))
}

fn put<T: Serialize>(facts: &mut BTreeMap<String, String>, name: String, value: &T) {
    match serde_json::to_string(value) {
        Ok(value) => drop(facts.insert(name, value)),
        Err(error) => tracing::error!(%error, fact = name, "an alert's record could not be written"),
    }
}

fn read<T: DeserializeOwned>(name: &str, value: &str) -> Option<T> {
    let read = serde_json::from_str(value);
    read.inspect_err(|error| tracing::error!(%error, fact = name, "an alert's record cannot be read and is left out")).ok()
}
