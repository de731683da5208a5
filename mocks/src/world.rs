//! What the platform holds: submissions, the log of their changes, published notices.
//!
//! Nothing here runs by itself. Changes lie in an agenda with their times and are carried out when somebody asks.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::answer::{Receipt, hex};
use crate::clock::{Millis, local, millis_of, seconds};
use crate::package::Head;
use crate::publications::Notice;
use crate::script::{Action, ErrorItem, Plan, Publishing, unit};
use crate::setup::Setup;
use crate::structure::Facts;

/// Where a submission stands (contract §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Taken, not looked at.
    Received,
    /// Being checked.
    Checking,
    /// Entered: counts.
    Entered,
    /// Returned to the author with errors.
    Returned,
    /// Replaced by a correction.
    Superseded,
}

impl State {
    /// As the contract writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Checking => "checking",
            Self::Entered => "entered",
            Self::Returned => "returned",
            Self::Superseded => "superseded",
        }
    }

    fn is_live(self) -> bool {
        !matches!(self, Self::Returned | Self::Superseded)
    }
}

/// One submission.
#[derive(Debug)]
pub(crate) struct Submission {
    pub(crate) head: Head,
    pub(crate) receipt: u64,
    pub(crate) received_at: Millis,
    pub(crate) visible_at: Millis,
    pub(crate) state: State,
    pub(crate) entered_at: Option<Millis>,
    pub(crate) entry: u64,
    pub(crate) errors: Vec<ErrorItem>,
    pub(crate) held: bool,
    /// Somebody has changed what the platform holds.
    pub(crate) altered: bool,
    /// Its processing time is over.
    due: bool,
    /// Attachments that are not complete, by digest.
    pub(crate) waiting: Vec<String>,
    publishing: Option<Publishing>,
    /// What a publication is made from; only kept for kinds that are published.
    leaves: Vec<(String, String)>,
    pub(crate) puts: u32,
    /// Entries made of it: more than one only where the platform is set up not to be idempotent.
    pub(crate) copies: u32,
    pub(crate) shown: [u32; 5],
    pub(crate) history: Vec<(Millis, State)>,
    pub(crate) body: Option<Box<str>>,
}

/// A submission that nothing speaks against.
pub(crate) struct Taken {
    pub(crate) head: Head,
    pub(crate) facts: Facts,
    /// The document bytes, where they are kept.
    pub(crate) body: Option<Box<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Appear,
    Check,
    Finish,
    Publish,
}

/// Everything the platform holds.
pub(crate) struct World {
    pub(crate) submissions: Vec<Submission>,
    by_id: HashMap<[u8; 16], usize>,
    by_key: HashMap<[u8; 16], Vec<usize>>,
    by_affair: HashMap<String, Vec<usize>>,
    /// The credit codes under which each account sends.
    senders: HashMap<String, Vec<String>>,
    /// The log of changes: which submission, in order.
    pub(crate) log: Vec<usize>,
    agenda: BinaryHeap<Reverse<(Millis, u64, Turn, usize)>>,
    turns: u64,
    entries: u64,
    pub(crate) notices: Vec<Notice>,
    /// A fixed `complete-to`, instead of the clock less the lag.
    pub(crate) complete_to: Option<Millis>,
    pub(crate) schema_version: String,
    pub(crate) accepts: Vec<String>,
    /// Digests of complete uploads by submission.
    pub(crate) complete: HashMap<[u8; 16], Vec<String>>,
}

impl World {
    pub(crate) fn new(setup: &Setup) -> Self {
        Self {
            submissions: Vec::new(),
            by_id: HashMap::new(),
            by_key: HashMap::new(),
            by_affair: HashMap::new(),
            senders: HashMap::new(),
            log: Vec::new(),
            agenda: BinaryHeap::new(),
            turns: 0,
            entries: 0,
            notices: Vec::new(),
            complete_to: None,
            schema_version: setup.schema_version.clone(),
            accepts: setup.accepts.clone(),
            complete: HashMap::new(),
        }
    }

    pub(crate) fn find(&self, id: &[u8; 16]) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    pub(crate) fn by_id(&self, id: &[u8; 16]) -> Option<&Submission> {
        self.find(id).map(|n| &self.submissions[n])
    }

    /// All submissions with this sender, kind and number.
    pub(crate) fn by_key(&self, sender: &str, kind: &str, number: &str) -> impl Iterator<Item = usize> + '_ {
        self.by_key.get(&key_of(sender, kind, number)).into_iter().flatten().copied()
    }

    /// The submissions of an account with this kind and number, oldest first.
    pub(crate) fn submissions_of(&self, app: &str, kind: &str, number: &str) -> Vec<usize> {
        let Some(senders) = self.senders.get(app) else {
            return Vec::new();
        };
        let mut found: Vec<usize> =
            senders.iter().flat_map(|sender| self.by_key(sender, kind, number)).filter(|n| self.submissions[*n].head.app == app).collect();
        found.sort_unstable();
        found
    }

    /// The submission that holds the number of `head` (code 13), if another does.
    pub(crate) fn holder(&self, head: &Head) -> Option<&Submission> {
        let number = head.number.as_deref()?;
        self.by_key(&head.sender, &head.kind, number)
            .map(|n| &self.submissions[n])
            .find(|s| s.state.is_live() && s.head.id != head.id && Some(s.head.id) != head.supersedes)
    }

    /// Whether an earlier document of the same case or inspection is not entered (code 14).
    pub(crate) fn awaits_earlier(&self, affairs: &[String], kind: &str) -> bool {
        let rank = rank(kind);
        affairs.iter().filter_map(|a| self.by_affair.get(a)).flatten().any(|&n| {
            let s = &self.submissions[n];
            matches!(s.state, State::Received | State::Checking) && self::rank(&s.head.kind) < rank
        })
    }

    /// Carries out what is due.
    pub(crate) fn settle(&mut self, setup: &Setup, now: Millis) {
        while let Some(Reverse((at, _, turn, n))) = self.agenda.peek().copied() {
            if at > now {
                return;
            }
            self.agenda.pop();
            match turn {
                Turn::Appear => self.log.push(n),
                Turn::Check => {
                    if self.submissions[n].state == State::Received {
                        self.change(n, at, State::Checking);
                    }
                }
                Turn::Finish => self.finish(setup, n, at),
                Turn::Publish => self.publish(n, at),
            }
        }
    }

    fn plan(&mut self, at: Millis, turn: Turn, n: usize) {
        self.turns += 1;
        self.agenda.push(Reverse((at, self.turns, turn, n)));
    }

    fn change(&mut self, n: usize, at: Millis, state: State) {
        let s = &mut self.submissions[n];
        s.state = state;
        s.history.push((at, state));
        if s.visible_at <= at {
            self.log.push(n);
        }
    }

    /// Takes a submission that nothing speaks against.
    pub(crate) fn take(&mut self, setup: &Setup, taken: Taken, plan: &Plan, now: Millis) -> Receipt {
        let Taken { head, facts, body } = taken;
        let n = self.submissions.len();
        let late = plan.find(|a| if let Action::VisibleLate { seconds: s } = a { Some(seconds(*s)) } else { None });
        let errors = plan.find(|a| if let Action::ReturnLater { errors } = a { Some(errors.clone()) } else { None });
        let pace = plan.find(|a| match a {
            Action::Process { received, checking } => Some((seconds(*received), seconds(*checking))),
            _ => None,
        });
        let (in_received, in_checking) = pace.unwrap_or_else(|| pace_of(setup, &head.id));
        let complete = self.complete.get(&head.id).map_or(&[][..], Vec::as_slice);
        let waiting: Vec<String> = if setup.wait_for_attachments {
            facts.attachments.iter().filter(|d| !complete.contains(d)).cloned().collect()
        } else {
            Vec::new()
        };
        self.by_id.insert(head.id, n);
        self.by_key.entry(key_of(&head.sender, &head.kind, head.key())).or_default().push(n);
        let senders = self.senders.entry(head.app.clone()).or_default();
        if !senders.contains(&head.sender) {
            senders.push(head.sender.clone());
        }
        if setup.case_order {
            for a in &facts.affairs {
                self.by_affair.entry(a.clone()).or_default().push(n);
            }
        }
        self.submissions.push(Submission {
            receipt: u64::try_from(n).unwrap_or(0) + 1,
            received_at: now,
            visible_at: now + late.unwrap_or_else(|| millis_of(setup.visibility_delay)),
            state: State::Received,
            entered_at: None,
            entry: 0,
            errors: errors.map_or_else(Vec::new, reasons),
            held: plan.find(|a| matches!(a, Action::HoldInChecking).then_some(())).is_some(),
            altered: false,
            due: false,
            waiting,
            publishing: plan.find(|a| if let Action::Publish(p) = a { Some(p.clone()) } else { None }),
            leaves: facts.leaves,
            puts: 1,
            copies: 1,
            shown: [0; 5],
            history: vec![(now, State::Received)],
            body,
            head,
        });
        self.start(setup, n, now, in_received, in_checking);
        self.submissions[n].receipt()
    }

    /// Puts the processing of a new submission on the agenda, or does it at once.
    fn start(&mut self, setup: &Setup, n: usize, now: Millis, in_received: Millis, in_checking: Millis) {
        let s = &self.submissions[n];
        let visible_at = s.visible_at;
        let at_once = in_received == 0 && in_checking == 0 && !s.held && s.waiting.is_empty();
        if visible_at > now {
            self.plan(visible_at, Turn::Appear, n);
        }
        if at_once {
            self.finish(setup, n, now);
        } else {
            if in_received > 0 && visible_at <= now {
                self.log.push(n);
            }
            if in_received > 0 {
                self.plan(now + in_received, Turn::Check, n);
            } else {
                self.change(n, now, State::Checking);
            }
            self.plan(now + in_received + in_checking, Turn::Finish, n);
        }
    }

    fn finish(&mut self, setup: &Setup, n: usize, at: Millis) {
        let s = &mut self.submissions[n];
        if !matches!(s.state, State::Received | State::Checking) {
            return;
        }
        s.due = true;
        if s.held || !s.waiting.is_empty() {
            return;
        }
        if !s.errors.is_empty() {
            self.change(n, at, State::Returned);
            return;
        }
        self.entries += 1;
        s.entry = self.entries;
        s.entered_at = Some(at);
        let supersedes = s.head.supersedes;
        self.change(n, at, State::Entered);
        if let Some(old) = supersedes.and_then(|id| self.find(&id))
            && self.submissions[old].state.is_live()
        {
            self.change(old, at, State::Superseded);
        }
        if setup.published.contains_key(&self.submissions[n].head.kind) {
            self.arrange_publication(setup, n, at);
        }
    }

    fn arrange_publication(&mut self, setup: &Setup, n: usize, at: Millis) {
        let publishing = self.submissions[n]
            .publishing
            .get_or_insert_with(|| Publishing { after: setup.publish_after.as_secs(), ..Publishing::default() });
        if publishing.never {
            return;
        }
        let when = at + seconds(publishing.after);
        if publishing.after == 0 {
            self.publish(n, at);
        } else {
            self.plan(when, Turn::Publish, n);
        }
    }

    fn publish(&mut self, n: usize, at: Millis) {
        let s = &self.submissions[n];
        let publishing = s.publishing.clone().unwrap_or_default();
        let first = self.notices.len();
        let notice = Notice::of(&s.head, &s.leaves, &publishing, at, first);
        if publishing.twice {
            let mut again = notice.clone();
            again.place = first + 1;
            self.notices.push(notice);
            self.notices.push(again);
        } else {
            self.notices.push(notice);
        }
    }

    /// Lets a held document go on.
    pub(crate) fn release(&mut self, setup: &Setup, id: &[u8; 16], errors: Vec<ErrorItem>, now: Millis) -> bool {
        let Some(n) = self.find(id) else { return false };
        let s = &mut self.submissions[n];
        s.held = false;
        if !errors.is_empty() {
            s.errors = errors;
        }
        if s.due {
            self.finish(setup, n, now);
        }
        true
    }

    /// Notes that an attachment is complete.
    pub(crate) fn attached(&mut self, setup: &Setup, id: [u8; 16], digest: &str, now: Millis) {
        self.complete.entry(id).or_default().push(digest.to_owned());
        let Some(n) = self.find(&id) else { return };
        let s = &mut self.submissions[n];
        s.waiting.retain(|d| d != digest);
        if s.due {
            self.finish(setup, n, now);
        }
    }
}

fn reasons(errors: Vec<ErrorItem>) -> Vec<ErrorItem> {
    if errors.is_empty() { vec![ErrorItem::new("E2000", "审核未通过，请核对后重新报送")] } else { errors }
}

/// How long this submission stays in `received` and in `checking`.
fn pace_of(setup: &Setup, id: &[u8; 16]) -> (Millis, Millis) {
    let p = &setup.processing;
    let mut word = [0; 8];
    word.copy_from_slice(&id[..8]);
    let pick = |(least, most): (std::time::Duration, std::time::Duration), salt: u64| {
        if least >= most {
            return millis_of(least);
        }
        millis_of(least + (most - least).mul_f64(unit(p.seed ^ salt, u64::from_be_bytes(word))))
    };
    (pick(p.received, 1), pick(p.checking, 2))
}

/// The legal order of kinds inside one case or inspection (domain §1.2: the master list is in that order).
fn rank(kind: &str) -> usize {
    const ORDER: [&str; 16] = [
        "insp_plan",
        "insp_record",
        "onsite_measure",
        "rectify_order",
        "rectify_review",
        "case_filing",
        "inquiry_record",
        "preserve_notice",
        "penalty_notice",
        "hearing_notice",
        "spot_penalty_org",
        "spot_penalty_person",
        "penalty_org",
        "penalty_person",
        "service_receipt",
        "case_close",
    ];
    ORDER.iter().position(|k| *k == kind).unwrap_or(ORDER.len())
}

fn key_of(sender: &str, kind: &str, key: &str) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in [sender, "\n", kind, "\n", key] {
        hash.update(part);
    }
    let full: [u8; 32] = hash.finalize().into();
    let mut out = [0; 16];
    out.copy_from_slice(&full[..16]);
    out
}

impl Submission {
    pub(crate) fn receipt(&self) -> Receipt {
        let day = local(self.received_at).format("%Y%m%d");
        Receipt { id: hex(&self.head.id), number: format!("SD{day}{:06}", self.receipt), at: self.received_at }
    }

    pub(crate) fn entry_no(&self) -> Option<String> {
        let day = local(self.entered_at?).format("%Y%m%d");
        Some(format!("LR{day}{:06}", self.entry))
    }
}
