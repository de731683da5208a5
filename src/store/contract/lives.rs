//! Arbitrary lives of a few documents, told to a store and to the plain one alike.

use proptest::prelude::*;

use super::{Backend, at};
use crate::{
    document::{Event, Record, State},
    store::{
        Listing, MemoryStore, Store as _,
        samples::{Sample, acknowledged, change, confirmed, deferred, held, leased, not_heard, released},
    },
};

/// One step of an arbitrary life.
#[derive(Debug, Clone)]
enum Step {
    Admit(Sample),
    Happen { n: u64, seen: u32, what: u8, due: i64 },
    Ask { now: i64, limit: usize },
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    const HOUR: i64 = 3_600_000;
    let sample = (0..8_u64, 0..3_u16, 0..4_u8, 0..6_i64, 0..6_i64).prop_map(|(n, rank, case, cut_off, due)| {
        let mut sample = Sample::new(n);
        sample.rank = rank;
        sample.case = (case > 0).then(|| format!("C-{case}"));
        (sample.cut_off, sample.due) = (cut_off * HOUR, due * HOUR);
        sample
    });
    prop_oneof![
        4 => sample.prop_map(Step::Admit),
        12 => (0..8_u64, 0..5_u32, 0..10_u8, 0..6_i64)
            .prop_map(|(n, off, what, due)| Step::Happen { n, seen: off, what, due: due * HOUR }),
        4 => (0..8_i64, 1..6_usize).prop_map(|(now, limit)| Step::Ask { now: now * HOUR, limit }),
        1 => Just(Step::Reopen),
    ]
}

fn event(what: u8, due: i64) -> Event {
    match what {
        0 | 1 => leased(1),
        2 => deferred(due),
        3 => not_heard(due),
        4 => acknowledged(due),
        5 => confirmed(),
        6 => held(),
        7 => released(due),
        8 => Event::FoundAbsent { due: at(due) },
        _ => Event::PutAside { why: "样例".into() },
    }
}

/// Laws 3, 5, 6 and 7 over arbitrary lives: the backend and the plain store, told the same, answer the same.
pub(crate) fn any_life<B: Backend>() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(steps in prop::collection::vec(step(), 1..60))| {
        runtime.block_on(live::<B>(&steps))?;
    });
}

async fn live<B: Backend>(steps: &[Step]) -> Result<(), TestCaseError> {
    let mut backend = B::new();
    let mut store = backend.open();
    let plain = MemoryStore::new();
    for step in steps {
        match step {
            Step::Admit(sample) => {
                let (a, b) = (vec![sample.newcomer()], vec![sample.newcomer()]);
                prop_assert_eq!(store.admit(a).await.unwrap(), plain.admit(b).await.unwrap());
            }
            Step::Happen { n, seen, what, due } => {
                let sample = Sample::new(*n);
                let version = plain.get(sample.id()).await.unwrap().map_or(1, |r| r.version);
                // Mostly the right version, now and then one too early.
                let seen = if *seen == 0 { version.saturating_sub(1) } else { version };
                let change = change(&sample, seen, event(*what, *due));
                let mine = store.apply(vec![change.clone()]).await.unwrap().remove(0);
                let theirs = plain.apply(vec![change]).await.unwrap().remove(0);
                prop_assert_eq!(format!("{mine:?}"), format!("{theirs:?}"));
            }
            Step::Ask { now, limit } => {
                for state in [State::Waiting, State::Unsure, State::Received] {
                    prop_assert_eq!(store.due(state, at(*now), *limit).await.unwrap(), plain.due(state, at(*now), *limit).await.unwrap());
                    prop_assert_eq!(store.next_due(state).await.unwrap(), plain.next_due(state).await.unwrap());
                }
            }
            Step::Reopen => {
                drop(store);
                store = backend.open();
            }
        }
    }
    prop_assert_eq!(store.counts().await.unwrap(), plain.counts().await.unwrap());
    let all = plain.page(&Listing::All, None, 100).await.unwrap().records;
    prop_assert_eq!(&store.page(&Listing::All, None, 100).await.unwrap().records, &all);
    for record in all {
        let history = store.history(record.id()).await.unwrap();
        let (first, rest) = history.split_first().unwrap();
        let born = Record::begin(record.birth.clone(), first).unwrap();
        prop_assert_eq!(rest.iter().fold(born, |r, e| r.after(e).unwrap()), record);
    }
    Ok(())
}
