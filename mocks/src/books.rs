//! The books: what the platform took, how often, what it showed; and the verdict over them.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::answer::hex;
use crate::clock::{Millis, instant, stamp};
use crate::platform::Shared;
use crate::script::{Endpoint, ErrorItem};
use crate::token::AccountState;
use crate::world::State;

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Not yet.
    Open,
    /// With an envelope: code and HTTP status.
    Code(String, u16),
    /// With a page that is no envelope.
    Page(u16),
    /// Without an answer.
    Cut(&'static str),
}

impl Outcome {
    fn text(&self) -> String {
        match self {
            Self::Open => "open".into(),
            Self::Code(code, _) => code.clone(),
            Self::Page(status) => format!("page {status}"),
            Self::Cut(how) => (*how).into(),
        }
    }
}

#[derive(Debug)]
struct Line {
    seq: u64,
    request_id: Option<Box<str>>,
    endpoint: Endpoint,
    target: Box<str>,
    at: Millis,
    outcome: Outcome,
    while_busy: Option<Duration>,
}

/// One call as the books show it.
#[derive(Debug, Clone, Serialize)]
pub struct RequestRecord {
    /// Running number from 1.
    pub seq: u64,
    /// `X-Request-Id`, if it carried one.
    pub request_id: Option<String>,
    /// Which call.
    pub endpoint: Endpoint,
    /// Method, path and query.
    pub target: String,
    /// When its head was read, by the platform's clock.
    pub at: String,
    /// A code, `page 200`, or how it was cut.
    pub outcome: String,
    /// Real milliseconds since the answer with `Retry-After` that it should have heeded.
    pub while_busy_ms: Option<u64>,
}

/// Running totals.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Counters {
    /// Connections accepted.
    pub connections: u64,
    /// Calls by endpoint and outcome: `put 00`, `token 02`.
    pub calls: BTreeMap<String, u64>,
    /// Calls to `/token`.
    pub token_calls: u64,
    /// Tokens given out.
    pub tokens: u64,
    /// PUTs whose head was read.
    pub puts: u64,
    /// PUTs of a submission that was already held.
    pub repeated_puts: u64,
    /// PUTs at the same time, at most.
    pub most_puts_at_once: u64,
    /// Calls begun before a `Retry-After` was over, by the platform's clock.
    pub begun_while_busy: u64,
    /// Of these, PUTs.
    pub puts_begun_while_busy: u64,
    /// Request ids that came more than once.
    pub repeated_request_ids: u64,
}

/// One submission as the books show it.
#[derive(Debug, Clone, Serialize)]
pub struct SubmissionRecord {
    /// Submission id.
    pub id: String,
    /// Account.
    pub app_id: String,
    /// Sender.
    pub sender: String,
    /// Kind.
    pub kind: String,
    /// Document number, if the kind has one.
    pub number: Option<String>,
    /// Draft id, if it was sent.
    pub draft_id: Option<String>,
    /// Digest of the bytes.
    pub digest: String,
    /// The submission that it corrects.
    pub supersedes: Option<String>,
    /// Receipt number.
    pub receipt_no: String,
    /// Where it stands.
    pub state: State,
    /// Entry number, once entered.
    pub entry_no: Option<String>,
    /// Time of entry, once entered.
    pub entered_at: Option<String>,
    /// Why it was or will be returned.
    pub errors: Vec<ErrorItem>,
    /// Digests of attachments that are still to come.
    pub waiting_for: Vec<String>,
    /// How often it was PUT.
    pub puts: u32,
    /// Entries made of it; more than one only on a platform that is not idempotent.
    pub copies: u32,
    /// States with their times.
    pub history: Vec<(String, State)>,
    /// How often each state was shown.
    pub shown: BTreeMap<&'static str, u32>,
    /// The document bytes, where the setup keeps them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// A document that should be on the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Admitted {
    /// By submission id.
    Id(String),
    /// By kind and number (or draft id).
    Key {
        /// Kind.
        kind: String,
        /// Number, or draft id for kinds without a number.
        number: String,
    },
}

/// What is wrong with the platform's entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// Admitted, but nothing entered.
    NotEntered {
        /// Which.
        admitted: Admitted,
        /// What the platform holds instead, if anything.
        state: Option<State>,
    },
    /// Entered more than once.
    EnteredTwice {
        /// Which.
        admitted: Admitted,
        /// How often.
        entries: u32,
    },
    /// Entered, but never admitted.
    NotAdmitted {
        /// Its submission id.
        id: String,
        /// Its kind.
        kind: String,
        /// Number or draft id.
        key: String,
    },
    /// Two live entries for one sender, kind and key.
    TwoLive {
        /// Sender.
        sender: String,
        /// Kind.
        kind: String,
        /// Number or draft id.
        key: String,
        /// Their submission ids.
        ids: Vec<String>,
    },
}

/// The judgement over the books.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// No fault at all.
    pub ok: bool,
    /// Entries on the platform, superseded ones included.
    pub entered: usize,
    /// Everything that is wrong.
    pub faults: Vec<Fault>,
}

/// The running part of the books, behind its own lock.
pub(crate) struct Ledger {
    lines: VecDeque<Line>,
    keep: usize,
    seq: u64,
    pub(crate) counters: Counters,
    puts_now: u64,
    hasher: RandomState,
    seen: HashSet<u64>,
    busy: Option<(Millis, Instant)>,
}

impl Ledger {
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            lines: VecDeque::new(),
            keep,
            seq: 0,
            counters: Counters::default(),
            puts_now: 0,
            hasher: RandomState::new(),
            seen: HashSet::new(),
            busy: None,
        }
    }

    /// Opens a line; its number closes it.
    pub(crate) fn begin(&mut self, endpoint: Endpoint, target: &str, request_id: Option<&str>, now: Millis) -> u64 {
        self.seq += 1;
        let c = &mut self.counters;
        let while_busy = self.busy.filter(|(until, _)| now < *until).map(|(_, since)| instant().duration_since(since));
        if while_busy.is_some() {
            c.begun_while_busy += 1;
        }
        match endpoint {
            Endpoint::Token => c.token_calls += 1,
            Endpoint::Put => {
                c.puts += 1;
                c.puts_begun_while_busy += u64::from(while_busy.is_some());
                self.puts_now += 1;
                c.most_puts_at_once = c.most_puts_at_once.max(self.puts_now);
            }
            _ => {}
        }
        if let Some(id) = request_id
            && self.seen.len() < 4_000_000
            && !self.seen.insert(self.hasher.hash_one(id))
        {
            c.repeated_request_ids += 1;
        }
        if self.lines.len() >= self.keep {
            self.lines.pop_front();
        }
        if self.keep > 0 {
            self.lines.push_back(Line {
                seq: self.seq,
                request_id: request_id.map(Into::into),
                endpoint,
                target: target.into(),
                at: now,
                outcome: Outcome::Open,
                while_busy,
            });
        }
        self.seq
    }

    pub(crate) fn end(&mut self, seq: u64, endpoint: Endpoint, outcome: Outcome) {
        if endpoint == Endpoint::Put {
            self.puts_now = self.puts_now.saturating_sub(1);
        }
        let first = self.lines.front().map_or(seq, |l| l.seq);
        let index = seq.checked_sub(first).and_then(|i| usize::try_from(i).ok());
        // One allocation less a call: the key is only made for new pairs.
        let text = name_of(endpoint);
        let key = match &outcome {
            Outcome::Code(code, _) => format!("{text} {code}"),
            other => format!("{text} {}", other.text()),
        };
        *self.counters.calls.entry(key).or_default() += 1;
        if let Some(line) = index.and_then(|i| self.lines.get_mut(i)) {
            line.outcome = outcome;
        }
    }

    /// Notes that clients were told to stay away until `until`.
    pub(crate) fn busy_until(&mut self, until: Millis) {
        if self.busy.is_none_or(|(u, _)| until > u) {
            self.busy = Some((until, instant()));
        }
    }
}

fn name_of(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Token => "token",
        Endpoint::Put => "put",
        Endpoint::GetDocument => "get_document",
        Endpoint::ByNumber => "by_number",
        Endpoint::Results => "results",
        Endpoint::Publications => "publications",
        Endpoint::Schema => "schema",
        Endpoint::Attachments => "attachments",
        Endpoint::Unknown => "unknown",
        Endpoint::Any => "any",
    }
}

/// A handle to the books of a running platform.
#[derive(Clone)]
pub struct Books(pub(crate) Arc<Shared>);

impl Books {
    /// Running totals.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let mut c = self.0.ledger().counters.clone();
        c.repeated_puts = self.0.world().submissions.iter().map(|s| u64::from(s.puts - 1)).sum();
        c.tokens = c.calls.get("token 00").copied().unwrap_or(0);
        c
    }

    /// The calls, oldest first (the last [`Setup::keep_requests`](crate::Setup::keep_requests) of them).
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        let ledger = self.0.ledger();
        ledger
            .lines
            .iter()
            .map(|l| RequestRecord {
                seq: l.seq,
                request_id: l.request_id.as_deref().map(str::to_owned),
                endpoint: l.endpoint,
                target: l.target.to_string(),
                at: stamp(l.at),
                outcome: l.outcome.text(),
                while_busy_ms: l.while_busy.map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)),
            })
            .collect()
    }

    /// Calls that were begun before a `Retry-After` was over and more than `grace` of real time after it was told.
    #[must_use]
    pub fn begun_while_busy(&self, grace: Duration) -> Vec<RequestRecord> {
        let grace = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        self.requests().into_iter().filter(|r| r.while_busy_ms.is_some_and(|ms| ms >= grace)).collect()
    }

    /// Every submission as it stands now, in the order in which they were taken.
    #[must_use]
    pub fn submissions(&self) -> Vec<SubmissionRecord> {
        let mut world = self.0.world();
        world.settle(&self.0.setup, self.0.setup.clock.millis());
        world.submissions.iter().map(record).collect()
    }

    /// One submission.
    #[must_use]
    pub fn submission(&self, id: &str) -> Option<SubmissionRecord> {
        let id = crate::answer::unhex(id)?;
        let mut world = self.0.world();
        world.settle(&self.0.setup, self.0.setup.clock.millis());
        world.by_id(&id).map(record)
    }

    /// The accounts.
    #[must_use]
    pub fn accounts(&self) -> Vec<AccountState> {
        self.0.accounts().states()
    }

    /// Judges: each admitted document entered exactly once, nothing entered that was not admitted, no two live entries for
    /// one sender, kind and number (or draft id).
    #[must_use]
    pub fn verdict(&self, admitted: &[Admitted]) -> Verdict {
        let mut world = self.0.world();
        world.settle(&self.0.setup, self.0.setup.clock.millis());
        let mut ids: HashMap<&str, usize> = HashMap::new();
        let mut keys: HashMap<(&str, &str), usize> = HashMap::new();
        for (n, a) in admitted.iter().enumerate() {
            match a {
                Admitted::Id(id) => ids.insert(id, n),
                Admitted::Key { kind, number } => keys.insert((kind, number), n),
            };
        }
        let mut entries = vec![0_u32; admitted.len()];
        let mut instead: Vec<Option<State>> = vec![None; admitted.len()];
        let mut live: BTreeMap<(&str, &str, &str), Vec<String>> = BTreeMap::new();
        let mut faults = Vec::new();
        let mut entered = 0;
        for s in &world.submissions {
            let id = hex(&s.head.id);
            let key = s.head.key();
            let n = ids.get(id.as_str()).or_else(|| keys.get(&(s.head.kind.as_str(), key))).copied();
            if s.entered_at.is_none() {
                if let Some(n) = n {
                    instead[n] = Some(s.state);
                }
                continue;
            }
            entered += 1;
            match n {
                // A correction under the same number replaces its entry; together they are one.
                Some(n) if s.state == State::Superseded && matches!(admitted[n], Admitted::Key { .. }) => {
                    instead[n] = instead[n].or(Some(s.state));
                    entries[n] += s.copies - 1;
                }
                Some(n) => entries[n] += s.copies,
                None => {
                    faults.push(Fault::NotAdmitted { id: id.clone(), kind: s.head.kind.clone(), key: key.to_owned() });
                }
            }
            if s.state == State::Entered {
                live.entry((&s.head.sender, &s.head.kind, key)).or_default().push(id);
            }
        }
        for (n, a) in admitted.iter().enumerate() {
            match entries[n] {
                0 => faults.push(Fault::NotEntered { admitted: a.clone(), state: instead[n] }),
                1 => {}
                entries => faults.push(Fault::EnteredTwice { admitted: a.clone(), entries }),
            }
        }
        for ((sender, kind, key), ids) in live.into_iter().filter(|(_, ids)| ids.len() > 1) {
            faults.push(Fault::TwoLive { sender: sender.into(), kind: kind.into(), key: key.into(), ids });
        }
        Verdict { ok: faults.is_empty(), entered, faults }
    }
}

fn record(s: &crate::world::Submission) -> SubmissionRecord {
    const STATES: [State; 5] = [State::Received, State::Checking, State::Entered, State::Returned, State::Superseded];
    SubmissionRecord {
        id: hex(&s.head.id),
        app_id: s.head.app.clone(),
        sender: s.head.sender.clone(),
        kind: s.head.kind.clone(),
        number: s.head.number.clone(),
        draft_id: s.head.draft.clone(),
        digest: hex(&s.head.digest),
        supersedes: s.head.supersedes.map(|id| hex(&id)),
        receipt_no: s.receipt().number,
        state: s.state,
        entry_no: s.entry_no(),
        entered_at: s.entered_at.map(stamp),
        errors: s.errors.clone(),
        waiting_for: s.waiting.clone(),
        puts: s.puts,
        copies: s.copies,
        history: s.history.iter().map(|(at, state)| (stamp(*at), *state)).collect(),
        shown: STATES.iter().map(|st| (st.name(), s.shown[*st as usize])).filter(|(_, n)| *n > 0).collect(),
        body: s.body.as_deref().map(str::to_owned),
    }
}
