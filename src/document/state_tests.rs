use super::*;
use crate::document::{Class, Receipt};

/// One event of every kind, in the order of [`Event::name`]'s table.
fn every_event() -> Vec<Event> {
    let due = Timestamp::from_millis(0);
    let id = DocumentId::from_bytes([7; 16]);
    let failure = Failure::new(Class::Unknown, Cause::NoAnswer, "x");
    let why = || String::from("原因");
    let taken = |held| Event::Taken { findings: vec![], held, supersedes: None };
    vec![
        Event::JudgedUnfit { findings: vec![] },
        taken(None),
        taken(Some(HoldCause::Drift)),
        Event::Leased { attempt: 1, request: uuid::Uuid::nil() },
        Event::Recalled { due },
        Event::Deferred { failure: failure.clone(), due },
        Event::NotHeard { failure: failure.clone(), due },
        Event::Doubted { why: why(), due },
        Event::StillUnclear { failure: Some(failure), due },
        Event::Acknowledged { receipt: Receipt { receipt_no: "r".into(), received_at: due }, due },
        Event::EntryConfirmed { entry_no: None, entered_at: due },
        Event::FoundAbsent { due },
        Event::SentBack { cause: Cause::Schema, code: "10".into(), refusals: vec![] },
        Event::Held { cause: HoldCause::Operator, why: why() },
        Event::Released { why: why(), due },
        Event::Hurried { due },
        Event::ReplacedBy { by: id },
        Event::SupersededThere { by: None },
        Event::Drifted { now: ContentHash::of(b"") },
        Event::AlsoSeenAt { path: "b.xml".into() },
        Event::DraftGone { path: "a.xml".into() },
        Event::PutAside { why: why() },
        Event::TakenUpAgain { why: why() },
        Event::Damaged { why: why() },
        Event::Restored { from: "folder".into(), due },
        Event::PublicationSeen { said: why(), published_at: None, evidence: None },
    ]
}

#[test]
fn the_grid_of_states_and_events_is_as_agreed() {
    let mut grid = String::new();
    for event in every_event() {
        grid.push_str(&format!("{}\n", event.name()));
        for state in State::ALL {
            if let Ok(next) = state.after(&event) {
                grid.push_str(&format!("    {state:?} -> {next:?}\n"));
            }
        }
    }
    insta::assert_snapshot!(grid);
}

#[test]
fn nothing_is_sent_from_doubt_without_a_look_up() {
    // P2: the only event that leads to Sending begins in Waiting, and from Unsure the only way to Waiting is a certain absence.
    for event in every_event() {
        for state in State::ALL {
            let Ok(next) = state.after(&event) else { continue };
            assert!(next != State::Sending || next == state || state == State::Waiting, "{state:?} {}", event.name());
            if matches!(state, State::Unsure | State::HeldUnsure) && next == State::Waiting {
                assert_eq!(event.name(), "found_absent");
            }
        }
    }
}

#[test]
fn entered_is_written_only_from_the_platforms_word() {
    for event in every_event() {
        for state in State::ALL.into_iter().filter(|s| *s != State::Entered) {
            if state.after(&event) == Ok(State::Entered) {
                assert_eq!(event.name(), "entry_confirmed");
            }
        }
    }
}

#[test]
fn an_entered_document_never_goes_back_to_the_queue() {
    for event in every_event() {
        if let Ok(next) = State::Entered.after(&event) {
            assert!(matches!(next, State::Entered | State::Superseded), "{} leads to {next:?}", event.name());
        }
    }
}
