//! The operators' desk: what answers at the control socket.

use std::{io, path::PathBuf, sync::Arc};

use async_trait::async_trait;

use super::{notes::Board, pulse::Pulse};
use crate::{
    alert::Alerter,
    audit::{Actor, AuditLog},
    clock::Signal,
    config::Config,
    control::{Answers, Ask, Desk, Exchanges, Handler, Upkeep, publicity::Publicity},
    day::book::DayBook,
    document::DocumentId,
    platform::{Exchange, exchanges_of},
    queue::Queue,
    report::Reports,
    status::Gatherer,
    users::Users,
};

/// The exchange log's files.
struct Kept(PathBuf);

impl Exchanges for Kept {
    fn about(&self, document: DocumentId) -> io::Result<Vec<Exchange>> {
        exchanges_of(&self.0, document, None)
    }
}

/// A desk that looks at the pulse before it answers, so that what it shows is of this moment.
pub(super) struct Fresh {
    desk: Desk,
    pulse: Arc<Pulse>,
}

#[async_trait]
impl Handler for Fresh {
    async fn answer(&self, ask: Ask, by: &Actor, to: &Answers) {
        self.pulse.refresh();
        self.desk.answer(ask, by, to).await;
    }
}

/// The desk of a daemon.
pub(super) fn desk(
    config: &Config,
    queue: &Arc<Queue>,
    pulse: &Arc<Pulse>,
    (wakes, board): ([Arc<Signal>; 3], Arc<Board>),
    (keeper, alerts, publicity): (Arc<dyn Upkeep>, &Arc<Alerter>, Arc<dyn Publicity>),
    (reports, book, users, audit): (Arc<Reports>, Arc<DayBook>, Arc<Users>, Arc<AuditLog>),
) -> Fresh {
    let gate = Arc::clone(pulse.platform.gate());
    let desk = Desk {
        queue: Arc::clone(queue),
        vitals: Arc::clone(&pulse.vitals),
        gatherer: Gatherer::new(Arc::clone(queue.store()), Arc::clone(&pulse.vitals)),
        exchanges: Arc::new(Kept(config.state.join("exchanges"))),
        upkeep: keeper,
        publicity,
        reports,
        book,
        alerts: Some(Arc::clone(alerts)),
        users,
        audit,
        wake: Arc::new(move |acted| {
            // What stands beside their drafts may have to go or to come back.
            acted.iter().for_each(|id| board.tell_of(*id));
            // An operator who asks for something now also means that the platform should be tried now.
            gate.look_again();
            wakes.iter().for_each(|signal| signal.raise());
        }),
    };
    Fresh { desk, pulse: Arc::clone(pulse) }
}
