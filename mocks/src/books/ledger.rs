//! The running part of the books: a line for each call, and totals.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

use super::records::{Counters, RequestRecord};
use crate::clock::{Millis, instant, stamp};
use crate::script::Endpoint;

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

    /// All lines that are kept, oldest first.
    pub(super) fn requests(&self) -> Vec<RequestRecord> {
        let show = |l: &Line| RequestRecord {
            seq: l.seq,
            request_id: l.request_id.as_deref().map(str::to_owned),
            endpoint: l.endpoint,
            target: l.target.to_string(),
            at: stamp(l.at),
            outcome: l.outcome.text(),
            while_busy_ms: l.while_busy.map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)),
        };
        self.lines.iter().map(show).collect()
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
