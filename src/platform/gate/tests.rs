//! The gate as a machine.

use super::*;
use crate::document::Class;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_millis(secs * 1_000)
}

fn failure(cause: Cause) -> Failure {
    Failure::new(Class::Passing, cause, "x")
}

fn asked(cause: Cause, secs: u64) -> Failure {
    Failure { retry_after_secs: Some(secs), ..failure(cause) }
}

fn shut_gate(why: Cause) -> Gate {
    let mut gate = Gate::default();
    for _ in 0..FAILURES_IN_A_ROW {
        assert_eq!(gate.permit(Lane::Sendings, at(0)), Permit::Go { at_most: usize::MAX });
        gate.heard(Lane::Sendings, Heard::Failure(&failure(why)), at(0));
    }
    gate
}

fn probe(gate: &mut Gate, heard: Heard<'_>, now: Timestamp) {
    assert!(gate.take_probe(now), "{:?}", gate.state());
    assert!(!gate.take_probe(now), "one at a time");
    gate.probed(heard, now);
}

fn at_most(gate: &Gate, lane: Lane) -> usize {
    match gate.permit(lane, at(0)) {
        Permit::Go { at_most } => at_most,
        Permit::NotBefore(_) => 0,
    }
}

/// A platform that is down from second 100 to second 4000; the gate is asked every second for both lanes, and one request takes no time.
#[test]
fn an_outage_of_an_hour_costs_few_requests_and_ends_with_a_ramp() {
    let mut gate = Gate::default();
    let (mut requests, mut probes, mut story) = (Vec::new(), 0, Vec::new());
    let mut last = gate.state();
    for second in 0..4_200 {
        let down = (100..4_000).contains(&second);
        let failed = failure(Cause::Unreachable);
        let heard = if down { Heard::Failure(&failed) } else { Heard::Answer };
        if gate.take_probe(at(second)) {
            probes += 1;
            gate.probed(heard, at(second));
        }
        if let Permit::Go { at_most } = gate.permit(Lane::Sendings, at(second)) {
            for _ in 0..at_most.min(8) {
                gate.heard(Lane::Sendings, heard, at(second));
                requests.push((second, down));
            }
        }
        if std::mem::discriminant(&gate.state()) != std::mem::discriminant(&last)
            || matches!(gate.state(), GateState::Recovering { .. }) && gate.state() != last
        {
            story.push(format!("{second}: {:?}", gate.state()));
            last = gate.state();
        }
    }
    assert!(probes < 72, "{probes} probes into the outage");
    let wasted = requests.iter().filter(|(_, down)| *down).count();
    assert_eq!(wasted, 8, "those that were sent in the second of the outage, and none after");
    let first_after = requests.iter().find(|(second, _)| *second >= 4_000).unwrap();
    assert!(first_after.0 <= 4_060, "{first_after:?}");
    let at_once: Vec<_> = (first_after.0..first_after.0 + 6).map(|second| requests.iter().filter(|(s, _)| *s == second).count()).collect();
    assert_eq!(at_once, [1, 2, 4, 8, 8, 8]);
    insta::assert_snapshot!(story.join("\n"));
}

#[test]
fn five_failures_of_any_requests_shut_it_and_one_answer_between_them_does_not() {
    let mut gate = Gate::default();
    for _ in 0..3 {
        for _ in 0..FAILURES_IN_A_ROW - 1 {
            gate.heard(Lane::Sendings, Heard::Failure(&failure(Cause::NoAnswer)), at(0));
        }
        gate.heard(Lane::Sendings, Heard::Answer, at(0));
    }
    assert_eq!(gate.state(), GateState::Admitting);
    assert_eq!(shut_gate(Cause::NoAnswer).permit(Lane::Questions, at(0)), Permit::NotBefore(at(5)));
    let mut gate = Gate::default();
    for lane in [Lane::Sendings, Lane::Questions, Lane::Questions, Lane::Sendings, Lane::Questions] {
        gate.heard(lane, Heard::Failure(&failure(Cause::NoAnswer)), at(0));
    }
    assert!(gate.down_since().is_some());
}

#[test]
fn a_handshake_that_is_refused_shuts_it_at_once_and_says_why_until_it_is_mended() {
    let refused = |said: &str| Failure { said: said.into(), ..Failure::new(Class::Passing, Cause::Unreachable, "tls_expired") };
    let mut gate = Gate::default();
    gate.heard(Lane::Questions, Heard::Failure(&refused("平台证书已过期")), at(0));
    assert_eq!((gate.down_since(), gate.refusal()), (Some((at(0), Cause::Unreachable)), Some("平台证书已过期")));
    assert!(gate.take_probe(at(5)));
    gate.probed(Heard::Failure(&refused("平台证书与地址不符")), at(5));
    assert_eq!(gate.refusal(), Some("平台证书与地址不符"));
    // Another trouble is another outage's.
    assert!(gate.take_probe(at(60)));
    gate.probed(Heard::Failure(&failure(Cause::NoAnswer)), at(60));
    assert_eq!((gate.down_since().is_some(), gate.refusal()), (true, None));
    assert!(gate.take_probe(at(600)));
    gate.probed(Heard::Failure(&refused("平台证书已过期")), at(600));
    assert!(gate.take_probe(at(6_000)));
    gate.probed(Heard::Answer, at(6_000));
    assert_eq!((gate.down_since(), gate.refusal()), (None, None));
}

#[test]
fn a_platform_that_answers_questions_and_takes_no_documents_counts_as_down() {
    let mut gate = Gate::default();
    for _ in 0..FAILURES_IN_A_ROW {
        gate.heard(Lane::Questions, Heard::Answer, at(0));
        gate.heard(Lane::Sendings, Heard::Failure(&failure(Cause::PlatformError)), at(0));
    }
    assert_eq!(gate.down_since(), Some((at(0), Cause::PlatformError)));
    // It answers the probe and every question; each time one document finds out, later and later.
    let mut tries = Vec::new();
    for second in 1..600 {
        if gate.take_probe(at(second)) {
            gate.probed(Heard::Answer, at(second));
        }
        if gate.down_since().is_none() {
            (0..99).for_each(|_| gate.heard(Lane::Questions, Heard::Answer, at(second)));
            assert_eq!((at_most(&gate, Lane::Sendings), at_most(&gate, Lane::Questions)), (1, usize::MAX));
            assert_eq!(gate.state(), GateState::Admitting, "nothing was sent since");
            tries.push(second);
            gate.heard(Lane::Sendings, Heard::Failure(&failure(Cause::PlatformError)), at(second));
            assert_eq!(gate.down_since(), Some((at(0), Cause::PlatformError)), "it is the same outage");
        }
    }
    assert_eq!(tries[..6], [5, 15, 35, 75, 135, 195]);
}

#[test]
fn a_wait_that_the_platform_asks_for_shuts_it_at_once_and_is_not_cut_short() {
    let mut gate = Gate::default();
    gate.heard(Lane::Questions, Heard::Failure(&asked(Cause::Busy, 300)), at(0));
    gate.heard(Lane::Sendings, Heard::Failure(&asked(Cause::Busy, 10)), at(1));
    gate.heard(Lane::Sendings, Heard::Answer, at(2));
    gate.heard(Lane::Questions, Heard::Failure(&failure(Cause::NoAnswer)), at(3));
    for lane in [Lane::Sendings, Lane::Questions] {
        assert_eq!(gate.permit(lane, at(299)), Permit::NotBefore(at(300)));
    }
    assert!(!gate.take_probe(at(299)));
    assert!(gate.take_probe(at(300)));
    assert_eq!(gate.down_since(), Some((at(0), Cause::Busy)));
    // Asked for once more, by an answer that was under way, while the probe is.
    gate.heard(Lane::Questions, Heard::Failure(&asked(Cause::Busy, 60)), at(301));
    gate.probed(Heard::Answer, at(302));
    assert_eq!(gate.permit(Lane::Questions, at(303)), Permit::NotBefore(at(361)));
}

#[test]
fn a_refused_credential_shuts_it_at_once_until_a_person_says_so_or_much_later() {
    let mut gate = Gate::default();
    gate.heard(Lane::Questions, Heard::Failure(&failure(Cause::Credential)), at(0));
    assert_eq!(gate.permit(Lane::Sendings, at(60)), Permit::NotBefore(at(1_200)));
    gate.look_again(at(61));
    assert!(gate.take_probe(at(61)));
}

#[test]
fn a_documents_own_trouble_is_not_the_platforms() {
    let mut gate = Gate::default();
    for _ in 0..100 {
        for cause in [Cause::Order, Cause::BaseData, Cause::Defect, Cause::SchemaVersion] {
            gate.heard(Lane::Sendings, Heard::Failure(&failure(cause)), at(0));
        }
        gate.heard(Lane::Sendings, Heard::Failure(&failure(Cause::Interrupted)), at(0));
    }
    assert_eq!(gate.state(), GateState::Admitting);
    // Nor does an interruption of the probe open it.
    let mut gate = shut_gate(Cause::NoAnswer);
    probe(&mut gate, Heard::Failure(&failure(Cause::Interrupted)), at(5));
    assert_eq!(gate.down_since(), Some((at(0), Cause::NoAnswer)));
}

#[test]
fn a_failure_while_recovering_shuts_it_for_longer() {
    let mut gate = shut_gate(Cause::NoAnswer);
    probe(&mut gate, Heard::Answer, at(5));
    assert_eq!(gate.state(), GateState::Recovering { at_most: 1 });
    assert_eq!((at_most(&gate, Lane::Sendings), at_most(&gate, Lane::Questions)), (1, 1));
    gate.heard(Lane::Sendings, Heard::Answer, at(5));
    assert_eq!((at_most(&gate, Lane::Sendings), at_most(&gate, Lane::Questions)), (2, 2));
    assert_eq!(gate.state(), GateState::Recovering { at_most: 2 });
    gate.heard(Lane::Questions, Heard::Failure(&failure(Cause::NoAnswer)), at(6));
    assert_eq!(gate.permit(Lane::Sendings, at(6)), Permit::NotBefore(at(16)));
}

#[test]
fn a_clock_that_was_set_back_does_not_keep_it_shut() {
    let mut gate = Gate::default();
    gate.heard(Lane::Sendings, Heard::Failure(&asked(Cause::Busy, 3_600)), at(1_000_000));
    probe(&mut gate, Heard::Answer, at(0));
    assert_eq!(gate.permit(Lane::Sendings, at(0)), Permit::Go { at_most: 1 });
}
