//! The daemon's own eye: the status, the open documents, and what the other rooms contribute.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use chrono::Duration;
use sha2::{Digest as _, Sha256};

use super::{Contribution, Eye, Hours, Sight, Source, documents::Documents, outbox::Health, seen::Seen};
use crate::{
    config::Person,
    document::{State, Timestamp},
    status::{ChannelFacts, Gatherer, Vitals, words},
    store::{Listing, Store, StoreError},
};

/// What looks after an office.
pub struct OfficeEye {
    /// Makes the picture.
    pub gatherer: Gatherer,
    /// Where the channels' state is put for the picture.
    pub vitals: Arc<Vitals>,
    /// Where the documents are.
    pub store: Arc<dyn Store>,
    /// Looks at gate, clocks and disk before the picture is made.
    pub refresh: Box<dyn Fn() + Send + Sync>,
    /// The hours.
    pub hours: Hours,
    /// Who can be told.
    pub people: Vec<Person>,
    /// How old a backup may grow; `None` where none are made.
    pub backup_within: Option<Duration>,
    /// The other rooms.
    pub sources: Mutex<Vec<Arc<dyn Source>>>,
}

impl OfficeEye {
    /// From now on this room is heard too.
    pub fn hear(&self, source: Arc<dyn Source>) {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).push(source);
    }

    async fn contributed(&self, now: Timestamp) -> Contribution {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut all = Contribution::default();
        for source in sources {
            let Contribution { seen, excused } = source.contribute(now).await;
            all.seen.conditions.extend(seen.conditions);
            all.seen.unseen.extend(seen.unseen);
            all.seen.looked.extend(seen.looked);
            all.excused.extend(excused);
        }
        all
    }

    /// The documents with an exception on record (`excuse/<kind>/<number>/<when>`). One that cannot be read excuses nobody.
    async fn excused(&self) -> BTreeSet<String> {
        let key = |name: &str| name.strip_prefix("excuse/")?.rsplit_once('/').map(|(key, _)| key.to_owned());
        let facts = self.store.recall_below("excuse/").await.unwrap_or_default();
        facts.iter().filter_map(|(name, _)| key(name)).collect()
    }

    /// How many of today's documents there are, how many are entered in time, and a digest over what the platform confirmed.
    async fn today(&self, now: Timestamp) -> Result<(u64, u64, u64, String), StoreError> {
        let (mut all, mut entered, mut late, mut after) = (0, 0, 0, None);
        let mut confirmed = Vec::new();
        loop {
            let page = self.store.page(&Listing::Day(now.beijing_day()), after.as_ref(), 500).await?;
            for record in page.records.iter().filter(|r| !matches!(r.state, State::Superseded | State::Ignored)) {
                all += 1;
                if let Some(entry) = record.entry.as_ref().filter(|_| record.state == State::Entered) {
                    entered += 1;
                    late += u64::from(entry.entered_at > record.birth.cut_off);
                    confirmed.push(format!("{} {}", record.id(), entry.entered_at));
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        confirmed.sort();
        let digest = Sha256::digest(confirmed.join("\n").as_bytes());
        let digest = digest.iter().take(4).map(|b| format!("{b:02x}")).collect();
        Ok((all, entered, late, digest))
    }
}

#[async_trait]
impl Eye for OfficeEye {
    async fn see(&self, now: Timestamp, channels: &BTreeMap<String, Health>) -> Sight {
        (self.refresh)();
        let status = self.gatherer.gather(now).await;
        let documents = Documents::of(&*self.store).await;
        if let Err(error) = &documents {
            tracing::error!(%error, "the open documents could not be looked at; what was known of them stays");
        }
        let contributed = self.contributed(now).await;
        let excused = self.excused().await;
        let seen = Seen {
            excused: &excused,
            status: &status,
            documents: documents.as_ref().ok(),
            contributed: &contributed,
            channels,
            hours: &self.hours,
            people: &self.people,
            backup_within: self.backup_within,
        };
        Sight { seen: seen.observation(), strict: seen.strict() }
    }

    async fn reassure(&self, now: Timestamp) -> String {
        match self.today(now).await {
            Ok((0, ..)) => "今日没有应录入的文书，程序运行正常。".to_owned(),
            Ok((all, entered, 0, digest)) if entered == all => {
                format!("今日 {} 件全部按时录入。录入摘要 {digest}", words::thousands(all))
            }
            Ok((all, entered, late, digest)) => {
                let late = if late > 0 { format!("（其中逾期 {} 件）", words::thousands(late)) } else { String::new() };
                let left = words::thousands(all - entered);
                format!(
                    "今日 {} 件，已录入 {} 件{late}，还有 {left} 件在办。录入摘要 {digest}",
                    words::thousands(all),
                    words::thousands(entered)
                )
            }
            Err(_) => "程序在运行，但数据读不出来，请查看 dangri status。".to_owned(),
        }
    }

    fn tell_of(&self, channels: Vec<ChannelFacts>, open: u64) {
        self.vitals.alerts(channels, open);
    }
}
