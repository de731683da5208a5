//! What the platform is told to do wrong, and when (contract §8).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::{Millis, seconds};

/// Which calls a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `POST /token`
    Token,
    /// `PUT /documents/{submission-id}`
    Put,
    /// `GET /documents/{submission-id}`
    GetDocument,
    /// `GET /documents?number=…&kind=…`
    ByNumber,
    /// `GET /results`
    Results,
    /// `GET /publications`
    Publications,
    /// `GET /schema`
    Schema,
    /// everything under `/attachments`
    Attachments,
    /// an address or method that the contract does not have
    Unknown,
    /// every call
    Any,
}

/// What narrows a rule down; every part given must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Matching {
    /// Only documents of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Only this document number (canonical).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Only this submission id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The rule starts with the nth call that fits (1 is the first).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
}

/// How often a rule fires.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Times {
    /// This many times.
    Count(u64),
    /// Every time.
    Always,
    /// With probability `p`, the same calls for the same seed.
    Rate {
        /// 0.0 to 1.0
        p: f64,
        /// Seed of the choice.
        seed: u64,
    },
    /// From its first firing on, for this many seconds of the platform's clock.
    For {
        /// Seconds.
        seconds: u64,
    },
}

/// The value of a `Retry-After` header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// Seconds.
    Seconds(u64),
    /// An HTTP date this many seconds from the platform's now.
    Date(u64),
    /// Seconds until the rule's own `For` window ends (at least 1).
    Remaining,
    /// Any text, for what real platforms send: `-5`, `soon`, ten years.
    Text(String),
}

/// When a connection is reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// After the head, before the body is read.
    BeforeBody,
    /// After some of the body.
    DuringBody,
    /// After the whole body, nothing kept.
    AfterBody,
}

/// One entry of `Errors` (contract §3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorItem {
    /// The platform's own code, such as `E1203`.
    pub code: String,
    /// Where: an XPath with the prefix `d`; may be missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Line inside the document's bytes, from 1; may be missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What is wrong, in Chinese.
    pub message: String,
}

impl ErrorItem {
    /// An error without a place.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), path: None, line: None, message: message.into() }
    }

    /// The same error at a place.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>, line: u32) -> Self {
        self.path = Some(path.into());
        self.line = Some(line);
        self
    }
}

/// How a penalty decision is published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Publishing {
    /// Seconds after entry.
    pub after: u64,
    /// Never published at all.
    pub never: bool,
    /// Two rows for one decision.
    pub twice: bool,
    /// CF_ fields that are shown with another value; an empty value leaves the field out.
    pub alter: BTreeMap<String, String>,
    /// Values moved by one column, as an insert statement with shifted columns does it.
    pub shifted: bool,
    /// Withdrawn this many seconds after publication.
    pub withdrawn_after: Option<u64>,
    /// Ended by credit repair this many seconds after publication.
    pub repaired_after: Option<u64>,
}

/// What happens to a call that a rule fits. In JSON: `{"do": "reset", "at": "before_body"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Wait in real time before anything else (at most 60,000 ms).
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// Close the listening socket and every connection, and open again after a while of real time (at most 60,000 ms).
    RefuseConnections {
        /// Milliseconds; 0 stays closed until told otherwise.
        ms: u64,
    },
    /// Reset the connection (RST); nothing is kept.
    Reset {
        /// When.
        at: Moment,
    },
    /// Answer with a status of the transport.
    Status {
        /// 429, 500, 502, 503, 504 …
        status: u16,
        /// With this code in an envelope, or a bare text page when left out.
        #[serde(default)]
        code: Option<String>,
        /// The header, if any.
        #[serde(default)]
        retry_after: Option<RetryAfter>,
        /// Do the work first, then answer so.
        #[serde(default)]
        committing: bool,
    },
    /// Keep the document, then drop the answer.
    CommitThenDrop {
        /// With RST instead of a plain close.
        #[serde(default)]
        reset: bool,
    },
    /// Read it all, keep nothing, close without an answer.
    DropWithoutCommit,
    /// 200 with the login page of an expired session.
    Html {
        /// Do the work first, then answer so.
        #[serde(default)]
        committing: bool,
    },
    /// 200 without a body.
    Empty {
        /// Do the work first, then answer so.
        #[serde(default)]
        committing: bool,
    },
    /// Any other page, such as another proxy's.
    Page {
        /// HTTP status.
        status: u16,
        /// Content-Type.
        content_type: String,
        /// Body as is.
        body: String,
        /// Do the work first, then answer so.
        #[serde(default)]
        committing: bool,
    },
    /// Refuse with a code of the table. On a PUT it takes its place in the contract's order of precedence.
    Refuse {
        /// `01` to `18`.
        code: String,
        /// The message; the table's own when left out.
        #[serde(default)]
        message: Option<String>,
        /// For 10, 11 and 12.
        #[serde(default)]
        errors: Vec<ErrorItem>,
    },
    /// Send the whole answer twice on the same connection.
    AnswerTwice,
    /// Write the code in another way: `0`, `200`, `成功`.
    CodeAs {
        /// Text of `Code`.
        text: String,
    },
    /// Name another document in the answer's receipt or result.
    NameAnother {
        /// Its submission id.
        id: String,
    },
    /// Send the answer's body in small pieces.
    SlowDrip {
        /// Bytes at a time.
        bytes: usize,
        /// Real milliseconds between them.
        every_ms: u64,
    },
    /// Promise the whole answer, send this many bytes of it, close.
    Truncate {
        /// Bytes of the body.
        after: usize,
    },
    /// Show another `ServerTime`.
    ServerTime {
        /// Seconds off the platform's clock; negative is behind.
        offset: i64,
    },
    /// Forget every token given out so far.
    ExpireTokens,
    /// Give out tokens that live this long.
    TokenLife {
        /// Seconds.
        seconds: u64,
    },
    /// Take it, but show it only after a while.
    VisibleLate {
        /// Seconds after it was taken.
        seconds: u64,
    },
    /// Take it, then return it with errors once it was checked.
    ReturnLater {
        /// The reasons.
        errors: Vec<ErrorItem>,
    },
    /// Take it, and leave it in `checking` until somebody releases it.
    HoldInChecking,
    /// Take it and process it at this pace.
    Process {
        /// Seconds in `received`.
        received: u64,
        /// Seconds in `checking`.
        checking: u64,
    },
    /// How the decision is published.
    Publish(Publishing),
    /// Pages over a moving list: begin this many rows too early, or this many too late.
    Rows {
        /// Rows of the page before shown again.
        #[serde(default)]
        repeat: usize,
        /// Rows that are never shown.
        #[serde(default)]
        skip: usize,
    },
    /// From now on the schema has this version.
    ChangeSchema {
        /// The current version.
        version: String,
        /// The versions still taken.
        accepts: Vec<String>,
    },
}

impl Action {
    /// Two actions of one slot exclude each other; the first rule that fits wins and the other is not used up.
    fn slot(&self) -> u8 {
        match self {
            Self::Reset { .. }
            | Self::Status { .. }
            | Self::CommitThenDrop { .. }
            | Self::DropWithoutCommit
            | Self::Html { .. }
            | Self::Empty { .. }
            | Self::Page { .. }
            | Self::Refuse { .. }
            | Self::RefuseConnections { .. } => 0,
            Self::Delay { .. } => 1,
            Self::AnswerTwice => 2,
            Self::CodeAs { .. } => 3,
            Self::NameAnother { .. } => 4,
            Self::SlowDrip { .. } | Self::Truncate { .. } => 5,
            Self::ServerTime { .. } => 6,
            Self::ExpireTokens => 7,
            Self::TokenLife { .. } => 8,
            Self::VisibleLate { .. } => 9,
            Self::ReturnLater { .. } => 10,
            Self::HoldInChecking => 11,
            Self::Process { .. } => 12,
            Self::Publish(_) => 13,
            Self::Rows { .. } => 14,
            Self::ChangeSchema { .. } => 15,
        }
    }
}

/// One instruction: on these calls, do this, this often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Which calls.
    pub on: Endpoint,
    /// Which of them.
    #[serde(default)]
    pub matching: Matching,
    /// What happens.
    pub action: Action,
    /// How often; once when left out.
    #[serde(default = "once")]
    pub times: Times,
}

fn once() -> Times {
    Times::Count(1)
}

impl Rule {
    /// A rule that fires once.
    #[must_use]
    pub fn new(on: Endpoint, action: Action) -> Self {
        Self { on, matching: Matching::default(), action, times: once() }
    }

    /// Fires `n` times.
    #[must_use]
    pub fn times(mut self, n: u64) -> Self {
        self.times = Times::Count(n);
        self
    }

    /// Fires every time.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = Times::Always;
        self
    }

    /// Fires with probability `p`.
    #[must_use]
    pub fn rate(mut self, p: f64, seed: u64) -> Self {
        self.times = Times::Rate { p, seed };
        self
    }

    /// Fires for `seconds` of the platform's clock from its first firing on.
    #[must_use]
    pub fn lasting(mut self, seconds: u64) -> Self {
        self.times = Times::For { seconds };
        self
    }

    /// Only documents of this kind.
    #[must_use]
    pub fn of_kind(mut self, kind: impl Into<String>) -> Self {
        self.matching.kind = Some(kind.into());
        self
    }

    /// Only this document number.
    #[must_use]
    pub fn numbered(mut self, number: impl Into<String>) -> Self {
        self.matching.number = Some(number.into());
        self
    }

    /// Only this submission.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.matching.id = Some(id.into());
        self
    }

    /// Starts with the nth call that fits.
    #[must_use]
    pub fn nth(mut self, n: u64) -> Self {
        self.matching.nth = Some(n);
        self
    }

    fn needs_the_document(&self) -> bool {
        self.matching.kind.is_some() || self.matching.number.is_some()
    }
}

/// What is known about a call when rules are asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) kind: Option<String>,
    pub(crate) number: Option<String>,
    pub(crate) id: Option<String>,
}

struct Live {
    id: u64,
    rule: Rule,
    fitted: u64,
    fired: u64,
    until: Option<Millis>,
}

/// A rule as the admin port shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// Handle for taking it back.
    pub id: u64,
    /// The rule.
    #[serde(flatten)]
    pub rule: Rule,
    /// How many calls it fitted.
    pub fitted: u64,
    /// How often it fired.
    pub fired: u64,
}

/// All rules, in the order in which they were told.
#[derive(Default)]
pub(crate) struct Script {
    rules: Vec<Live>,
    last: u64,
}

/// What happens to one call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) actions: Vec<Action>,
    /// When the `For` window of the rule that met the call ends.
    pub(crate) until: Option<Millis>,
}

impl Plan {
    fn has(&self, slot: u8) -> bool {
        self.actions.iter().any(|a| a.slot() == slot)
    }

    /// The action that meets the call instead of the platform's own answer.
    pub(crate) fn meet(&self) -> Option<&Action> {
        self.actions.iter().find(|a| a.slot() == 0)
    }

    /// The first thing that `pick` finds.
    pub(crate) fn find<'a, T>(&'a self, pick: impl Fn(&'a Action) -> Option<T>) -> Option<T> {
        self.actions.iter().find_map(pick)
    }
}

impl Script {
    pub(crate) fn add(&mut self, rule: Rule) -> u64 {
        self.last += 1;
        self.rules.push(Live { id: self.last, rule, fitted: 0, fired: 0, until: None });
        self.last
    }

    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|r| r.id != id);
        self.rules.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.rules.len()
    }

    pub(crate) fn told(&self) -> Vec<Told> {
        self.rules.iter().map(|r| Told { id: r.id, rule: r.rule.clone(), fitted: r.fitted, fired: r.fired }).collect()
    }

    /// Adds to `plan` what the rules say about this call. `document_known` says whether kind and number are in
    /// `facts`: rules that need them are left for the second asking, when a PUT's body was read.
    pub(crate) fn ask(&mut self, on: Endpoint, facts: &Facts, pass: Pass, now: Millis, plan: &mut Plan) {
        for live in &mut self.rules {
            let rule = &live.rule;
            let due = match pass {
                Pass::Whole => true,
                Pass::Head => !rule.needs_the_document(),
                Pass::Body => rule.needs_the_document(),
            };
            if !due || (rule.on != Endpoint::Any && rule.on != on) || !fits(&rule.matching, facts) {
                continue;
            }
            if plan.has(rule.action.slot()) {
                continue;
            }
            live.fitted += 1;
            if live.fitted < rule.matching.nth.unwrap_or(1) || !live.due(now) {
                continue;
            }
            live.fired += 1;
            if live.rule.action.slot() == 0 {
                plan.until = live.until;
            }
            plan.actions.push(live.rule.action.clone());
        }
    }
}

/// Which rules are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// All: everything about the call is known.
    Whole,
    /// Those that need not know the document.
    Head,
    /// Those that do.
    Body,
}

impl Live {
    fn due(&mut self, now: Millis) -> bool {
        match self.rule.times {
            Times::Count(n) => self.fired < n,
            Times::Always => true,
            Times::Rate { p, seed } => unit(seed, self.fitted) < p,
            Times::For { seconds: s } => now < *self.until.get_or_insert(now + seconds(s)),
        }
    }
}

fn fits(m: &Matching, f: &Facts) -> bool {
    let same = |want: &Option<String>, is: &Option<String>| want.is_none() || want == is;
    same(&m.kind, &f.kind) && same(&m.number, &f.number) && same(&m.id, &f.id)
}

/// A number from 0 to 1 that depends on nothing but its arguments (splitmix64).
pub(crate) fn unit(seed: u64, n: u64) -> f64 {
    let mut z = seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    // 53 bits are what a double holds exactly.
    f64::from(u32::try_from(z >> 32).unwrap_or(0)) / 4_294_967_296.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fired(script: &mut Script, on: Endpoint, now: Millis) -> Vec<Action> {
        let mut plan = Plan::default();
        script.ask(on, &Facts::default(), Pass::Whole, now, &mut plan);
        plan.actions
    }

    #[test]
    fn rules_of_one_slot_come_one_after_the_other() {
        let mut script = Script::default();
        script.add(Rule::new(Endpoint::Put, Action::DropWithoutCommit));
        script.add(Rule::new(Endpoint::Put, Action::Empty { committing: false }));
        script.add(Rule::new(Endpoint::Any, Action::Delay { ms: 1 }).times(2));
        assert_eq!(fired(&mut script, Endpoint::Put, 0), [Action::DropWithoutCommit, Action::Delay { ms: 1 }]);
        assert_eq!(fired(&mut script, Endpoint::Put, 0), [Action::Empty { committing: false }, Action::Delay { ms: 1 }]);
        assert!(fired(&mut script, Endpoint::Put, 0).is_empty());
    }

    #[test]
    fn the_nth_call_alone_is_met() {
        let mut script = Script::default();
        script.add(Rule::new(Endpoint::Token, Action::DropWithoutCommit).nth(3));
        let met: Vec<bool> = (0..5).map(|_| !fired(&mut script, Endpoint::Token, 0).is_empty()).collect();
        assert_eq!(met, [false, false, true, false, false]);
    }

    #[test]
    fn a_lasting_rule_ends_by_the_clock() {
        let mut script = Script::default();
        script.add(Rule::new(Endpoint::Any, Action::DropWithoutCommit).lasting(10));
        assert!(!fired(&mut script, Endpoint::Put, 5_000).is_empty());
        assert!(!fired(&mut script, Endpoint::Put, 14_999).is_empty());
        assert!(fired(&mut script, Endpoint::Put, 15_000).is_empty());
    }

    #[test]
    fn a_rate_is_the_same_for_the_same_seed() {
        let hits = |seed| (0..1000).filter(|n| unit(seed, *n) < 0.3).count();
        assert_eq!(hits(7), hits(7));
        assert!((250..350).contains(&hits(7)), "{}", hits(7));
    }

    #[test]
    fn a_rule_is_read_from_json() {
        let rule: Rule = serde_json::from_str(
            r#"{"on":"put","matching":{"kind":"insp_record"},"action":{"do":"status","status":503,"retry_after":{"seconds":3}},"times":{"count":2}}"#,
        )
        .unwrap_or_else(|e| panic!("{e}"));
        let want = Rule::new(
            Endpoint::Put,
            Action::Status { status: 503, code: None, retry_after: Some(RetryAfter::Seconds(3)), committing: false },
        )
        .of_kind("insp_record")
        .times(2);
        assert_eq!(rule, want);
    }
}
