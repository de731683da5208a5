//! What the platform is told to do wrong, and when (contract §8).

mod action;
mod rule;

pub use action::{Action, ErrorItem, Moment, Publishing, RetryAfter};
pub use rule::{Endpoint, Matching, Rule, Times};

use serde::Serialize;

use crate::clock::{Millis, seconds};

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
