//! Which of the things that are asked are acts, and go into the audit log.

use super::{
    api::Ask,
    handler::Stop,
    people::{AuditAsk, UsersAsk},
    today::DayAsk,
};
use crate::{
    alert,
    audit::{Deed, Outcome},
    queue::{Operation, Selection},
};

/// The deed that `ask` asks for; `None` for what only looks. Looking into the audit log, and what carries people's data out, are deeds.
pub(super) fn of(ask: &Ask) -> Option<Deed> {
    Some(match ask {
        Ask::Status | Ask::List { .. } | Ask::Document { .. } | Ask::Verify | Ask::Loop { .. } | Ask::Reconcile { .. } => return None,
        Ask::Operate { wanted, operation, why, .. } => Deed::new(operated(*operation), named(wanted)).because(why),
        Ask::Alert(ask) => return alerted(ask),
        Ask::Backup { to } => Deed::new("store.backup", to.display().to_string()),
        Ask::Annul { name, annulled } => {
            let reason = annulled.as_ref().map_or("取消登记", |(_, reason)| reason.as_str());
            Deed::new("decision.annul", name).because(reason)
        }
        Ask::Decisions { from, to } => Deed::new("decision.export", format!("{from} 至 {to}")),
        Ask::Export(wanted) => Deed::new("paper.export", format!("{:?} {} 至 {}", wanted.paper, wanted.from, wanted.to)),
        Ask::Day(ask) => return of_the_day(ask),
        Ask::Users(UsersAsk::List) => return None,
        Ask::Users(UsersAsk::Add { name, .. }) => Deed::new("user.add", name),
        Ask::Users(UsersAsk::SetPassword { name, .. }) => Deed::new("user.password", name),
        Ask::Users(UsersAsk::Lock { name, locked }) => Deed::new(if *locked { "user.lock" } else { "user.unlock" }, name),
        Ask::Audit(AuditAsk::Verify) => Deed::new("audit.verify", ""),
        Ask::Audit(AuditAsk::Latest(_) | AuditAsk::Export) => Deed::new("audit.read", ""),
    })
}

const fn operated(operation: Operation) -> &'static str {
    match operation {
        Operation::Retry => "document.retry",
        Operation::Hold => "document.hold",
        Operation::Release => "document.release",
        Operation::Ignore => "document.ignore",
        Operation::TakeUp => "document.take_up",
    }
}

fn named(wanted: &Selection) -> String {
    match wanted {
        Selection::Named(name) => name.clone(),
        Selection::InStates(states) => states.iter().map(|state| state.label()).collect::<Vec<_>>().join("、"),
    }
}

fn alerted(ask: &alert::desk::Ask) -> Option<Deed> {
    use alert::desk::Ask;
    match ask {
        Ask::List | Ask::History { .. } | Ask::Duty { people: None, .. } => None,
        Ask::Test { channel } => Some(Deed::new("alert.test", channel.clone().unwrap_or_default())),
        Ask::Claim { id } => Some(Deed::new("alert.claim", id)),
        Ask::Silence { what, why, .. } => Some(Deed::new("alert.silence", what).because(why)),
        Ask::Duty { day, .. } => Some(Deed::new("alert.duty", day.map_or_else(String::new, |day| day.to_string()))),
    }
}

fn of_the_day(ask: &DayAsk) -> Option<Deed> {
    match ask {
        DayAsk::Report(_) | DayAsk::Dossier { .. } | DayAsk::Plan(_) | DayAsk::Roster | DayAsk::Excuses | DayAsk::ExcusesOf(_) => None,
        DayAsk::Acknowledge { day, note } => Some(Deed::new("day.acknowledge", day.words()).because(note)),
        DayAsk::Excuse { name, why } => Some(Deed::new("day.excuse", name).because(why)),
        DayAsk::ImportPlan { wanted, .. } if !wanted.dry_run => Some(Deed::new("plan.import", &wanted.file)),
        DayAsk::ImportRoster { wanted, .. } if !wanted.dry_run => Some(Deed::new("roster.import", &wanted.file)),
        DayAsk::ImportPlan { .. } | DayAsk::ImportRoster { .. } => None,
    }
}

/// What came of it; `None` when nothing was done because somebody must confirm first.
pub(super) fn came_of(answered: &Result<(), Stop>) -> Option<Outcome> {
    match answered {
        // Whoever left before the answer was told is not known to have been refused.
        Ok(()) | Err(Stop::Gone) => Some(Outcome::Done),
        Err(Stop::Previewed) => None,
        Err(Stop::Refused(problem)) => Some(Outcome::Refused(problem.code.clone())),
    }
}
