//! The one thread that writes: what is there is one commit, one sync, and then everybody is answered; the next commit gathers meanwhile.

use std::sync::{Arc, PoisonError, atomic::Ordering, mpsc};

use tokio::sync::oneshot;

use super::{
    Shared, lock, opening,
    plan::{Arrival, Plan, Step, json},
    replay::SummaryHead,
};
use crate::{
    document::{DocumentId, Record},
    store::{
        Admission, Fact, StoreError,
        archive::{Again, may_go},
        folder::{Left, Lock},
        index::{Changes, GATHER, Index, Slot, Summary},
        journal::{Draft, Matter, Pos, Prev, Segment, Tail, Trouble},
        must_be_what_was_taken, volume,
    },
};

/// So many requests are one commit at most.
const COMPANY: usize = 512;
/// So many bytes are one commit at most, unless a single request has more.
const COMMIT_BYTES: usize = 8 << 20;
/// With less free room than this the index is not tried again.
const INDEX_ROOM: u64 = 4 << 20;
/// With so many changed documents in memory, and no room to write them, nothing more is done.
const MEMORY_LIMIT: usize = 8 * GATHER;

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer is asked for.
pub(in crate::store) enum Request {
    Admit {
        newcomers: Vec<Arrival>,
        answer: Answer<Vec<Admission>>,
    },
    Apply {
        changes: Vec<Step>,
        answer: Answer<Vec<Result<Record, StoreError>>>,
    },
    Remember {
        facts: Vec<Fact>,
        answer: Answer<()>,
    },
    Mend {
        id: DocumentId,
        answer: Option<Answer<Option<Slot>>>,
    },
    Supply {
        id: DocumentId,
        body: Arc<[u8]>,
        answer: Answer<()>,
    },
    /// Writes records and facts once more as they stand now; `false`, and nothing written, when one of the documents is on its way again.
    Restate {
        documents: Vec<Again>,
        names: Vec<String>,
        notes: Vec<Fact>,
        answer: Answer<bool>,
    },
    WhereNow {
        answer: Answer<Extent>,
    },
    Distrust {
        why: String,
    },
    Close {
        answer: Answer<()>,
    },
}

/// All that is durable at one moment.
#[derive(Debug, Clone)]
pub(in crate::store) struct Extent {
    pub segments: Vec<Segment>,
    pub end: Pos,
    pub last_seq: u64,
    pub store: uuid::Uuid,
}

/// An outcome, held back until the commit is durable.
enum Held {
    Admit(Answer<Vec<Admission>>, Result<Vec<Admission>, StoreError>),
    Apply(Answer<Vec<Result<Record, StoreError>>>, Vec<Result<Record, StoreError>>),
    Remember(Answer<()>, Result<(), StoreError>),
}

impl Held {
    /// Sends it off; `all` says that nothing of the commit was written. Whoever no longer waits for an answer does not need it.
    fn send(self, all: Option<&StoreError>) {
        match self {
            Self::Admit(answer, outcome) => drop(answer.send(all.map_or(outcome, |e| Err(e.clone())))),
            Self::Apply(answer, outcome) => drop(answer.send(all.map_or(Ok(outcome), |e| Err(e.clone())))),
            Self::Remember(answer, outcome) => drop(answer.send(all.map_or(outcome, |e| Err(e.clone())))),
        }
    }
}

pub(super) struct Writer {
    shared: Arc<Shared>,
    tail: Tail,
    summary: Summary,
    boot: Option<String>,
    /// How many changed documents the index still has in memory.
    waiting: usize,
    /// Whether sled refused to write.
    sick: bool,
    _lock: Lock,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, tail: Tail, summary: Summary, lock: Lock, boot: Option<String>) -> Self {
        Self { shared, tail, summary, boot, waiting: 0, sick: false, _lock: lock }
    }

    pub(super) fn run(mut self, inbox: &mpsc::Receiver<Request>) {
        while let Ok(first) = inbox.recv() {
            let mut company = vec![first];
            let mut bytes = company[0].bytes();
            while company.len() < COMPANY && bytes < COMMIT_BYTES {
                let Ok(next) = inbox.try_recv() else { break };
                bytes += next.bytes();
                company.push(next);
            }
            let mut ordinary = Vec::with_capacity(company.len());
            for request in company {
                if request.is_ordinary() {
                    ordinary.push(request);
                } else {
                    self.commit(std::mem::take(&mut ordinary));
                    self.serve(request);
                }
            }
            self.commit(ordinary);
            self.relieve();
        }
    }

    /// Facts, outside the loop; while the store opens.
    pub(super) fn write_facts(&mut self, facts: Vec<Fact>) -> Result<(), StoreError> {
        let mut plan = Plan::default();
        plan.remember(facts)?;
        self.write(plan)
    }

    fn serve(&mut self, request: Request) {
        match request {
            Request::Mend { id, answer } => {
                let outcome = self.mend(id);
                if let Some(answer) = answer {
                    drop(answer.send(outcome));
                }
            }
            Request::Supply { id, body, answer } => drop(answer.send(self.supply(id, body))),
            Request::Restate { documents, names, notes, answer } => drop(answer.send(self.restate(documents, names, notes))),
            Request::WhereNow { answer } => {
                let segments = self.shared.segments.all();
                let extent = Extent { segments, end: self.tail.end(), last_seq: self.tail.last_seq(), store: self.tail.store() };
                drop(answer.send(Ok(extent)));
            }
            Request::Distrust { why } => {
                // The next start finds a mark that no boot of the machine ever has, and rebuilds.
                let left = Left { boot: None, clean: None };
                if let Err(error) = self.shared.folder.write_left(&left) {
                    tracing::error!(%error, "the index could not be marked as unusable");
                }
                self.fail(&why);
            }
            Request::Close { answer } => drop(answer.send(self.close())),
            Request::Admit { .. } | Request::Apply { .. } | Request::Remember { .. } => {}
        }
    }

    fn commit(&mut self, requests: Vec<Request>) {
        if requests.is_empty() {
            return;
        }
        if let Err(error) = self.ready() {
            for request in requests {
                request.refuse(&error);
            }
            return;
        }
        let mut plan = Plan::default();
        let low = self.low_water();
        let held: Vec<Held> = requests.into_iter().filter_map(|request| self.plan(&mut plan, request, low.as_ref())).collect();
        let outcome = self.write(plan);
        for one in held {
            one.send(outcome.as_ref().err());
        }
    }

    fn plan(&mut self, plan: &mut Plan, request: Request, low: Option<&StoreError>) -> Option<Held> {
        let look_up = &mut |id| self.slot(id);
        match request {
            Request::Admit { newcomers, answer } => {
                let refused = match low {
                    Some(why) => plan.any_new(&newcomers, look_up).map(|new| new.then(|| why.clone())),
                    None => Ok(None),
                };
                let outcome = match refused {
                    Ok(None) => plan.admit(newcomers, look_up),
                    Ok(Some(why)) | Err(why) => Err(why),
                };
                Some(Held::Admit(answer, outcome))
            }
            Request::Apply { changes, answer } => {
                Some(Held::Apply(answer, changes.into_iter().map(|step| plan.apply(step, look_up)).collect()))
            }
            Request::Remember { facts, answer } => Some(Held::Remember(answer, plan.remember(facts))),
            _ => None,
        }
    }

    /// Makes a plan durable, and known to all who ask.
    fn write(&mut self, plan: Plan) -> Result<(), StoreError> {
        if plan.drafts.is_empty() {
            return Ok(());
        }
        let bytes = plan.bytes();
        let places = self.append(&plan.drafts, bytes)?;
        let first = self.tail.last_seq() + 1 - places.len() as u64;
        let changes = plan.changes(&places, first, &mut self.summary.counts);
        self.tell_index(changes, places.last().copied().unwrap_or_default());
        Ok(())
    }

    fn append(&mut self, drafts: &[Draft], bytes: usize) -> Result<Vec<Pos>, StoreError> {
        let mut outcome = self.try_append(drafts, bytes);
        if matches!(outcome, Err(Trouble::Full(_))) && self.shared.ballast.release() {
            tracing::warn!("the disk is full; the ballast is let go");
            outcome = self.try_append(drafts, bytes);
        }
        match outcome {
            Ok(places) => {
                *lock(&self.shared.full) = None;
                Ok(places)
            }
            Err(Trouble::Full(what)) => {
                *lock(&self.shared.full) = Some(what.clone());
                Err(StoreError::Full(what))
            }
            Err(other) => Err(self.fail(&other.to_string())),
        }
    }

    fn try_append(&mut self, drafts: &[Draft], bytes: usize) -> Result<Vec<Pos>, Trouble> {
        if !self.tail.has_room_for(bytes) {
            let segment = self.tail.roll(bytes, self.summary.counts.total())?;
            self.shared.segments.add(segment);
            if let Ok(room) = volume::room(self.shared.folder.dir()) {
                self.shared.ballast.take(room);
            }
        }
        self.tail.append(drafts)
    }

    fn tell_index(&mut self, changes: Changes, last: Pos) {
        let end = self.tail.end();
        self.summary.seq = self.tail.last_seq();
        self.summary.last = (last.segment, last.offset);
        self.summary.end = (end.segment, end.offset);
        let moves: Vec<_> = changes.slots.iter().map(|told| (told.was, told.slot.item())).collect();
        if let Ok(index) = self.shared.index() {
            self.waiting = index.commit(changes, &self.summary);
        }
        {
            let mut agenda = lock(&self.shared.agenda);
            for (before, now) in moves {
                agenda.change(before, now);
            }
        }
        *lock(&self.shared.counts) = self.summary.counts;
    }

    /// Hands the index what has gathered, after everybody was answered. Whatever goes wrong with it, the journal has it all: the index is
    /// opened anew and told again. Meanwhile it goes on answering, for the changes rest in memory.
    fn relieve(&mut self) {
        if self.waiting < GATHER {
            return;
        }
        let Ok(index) = self.shared.index() else { return };
        let flushed = if self.sick { Err(Trouble::Full("the index had no room".into())) } else { index.flush() };
        drop(index);
        match flushed {
            Ok(()) => self.waiting = 0,
            Err(Trouble::Damaged(why)) => {
                tracing::warn!(%why, "the index is damaged and is opened anew");
                self.open_index_anew();
            }
            Err(trouble) => {
                if !self.sick {
                    tracing::warn!(%trouble, "the index has no room; changes rest in memory");
                }
                self.sick = true;
                if self.has_index_room() {
                    self.open_index_anew();
                }
            }
        }
    }

    fn open_index_anew(&mut self) {
        self.shared.set_index(None);
        if let Err(error) = self.ready() {
            tracing::warn!(%error, "the index is not back yet");
        }
    }

    fn has_index_room(&self) -> bool {
        let dir = self.shared.folder.dir();
        let enough = || volume::room(dir).is_ok_and(|room| room.free >= INDEX_ROOM);
        enough() || (self.shared.ballast.release() && enough())
    }

    /// Whether anything can be done at all; brings an index back that had no room.
    fn ready(&mut self) -> Result<(), StoreError> {
        self.shared.sound()?;
        if self.shared.index().is_ok() && self.waiting < MEMORY_LIMIT {
            return Ok(());
        }
        if !self.has_index_room() {
            let why = "the index has no room".to_owned();
            *lock(&self.shared.full) = Some(why.clone());
            return Err(StoreError::Full(why));
        }
        self.shared.set_index(None);
        let (index, summary) = opening::reopen(&self.shared, self.tail.last_seq())?;
        let fresh = opening::load(&index, &summary)?;
        {
            let mut agenda = lock(&self.shared.agenda);
            *agenda = fresh.asked_like(&agenda);
        }
        self.summary = summary;
        self.shared.set_index(Some(index));
        (self.sick, self.waiting) = (false, 0);
        *lock(&self.shared.full) = None;
        Ok(())
    }

    /// Why nothing new is admitted, when there is little room.
    fn low_water(&self) -> Option<StoreError> {
        let room = volume::room(self.shared.folder.dir()).ok()?;
        let usual = (256 << 20).min(room.whole / 50);
        let least = self.shared.settings.low_water_bytes.unwrap_or(usual);
        (room.free < least)
            .then(|| StoreError::Full(format!("{} bytes are free, and {least} are wanted before anything new is taken", room.free)))
    }

    fn slot(&self, id: DocumentId) -> Result<Option<Slot>, StoreError> {
        match self.shared.index()?.slot(id) {
            Err(Trouble::Damaged(_)) => self.mend(id),
            other => Ok(other?),
        }
    }

    /// Finds a record again in the journal that is damaged in the index.
    fn mend(&self, id: DocumentId) -> Result<Option<Slot>, StoreError> {
        let index = self.shared.index()?;
        if let Ok(slot) = index.slot(id) {
            return Ok(slot);
        }
        let slot = opening::find(&self.shared.segments.all(), id)?;
        match &slot {
            Some(slot) => {
                tracing::warn!(document.id = %id, "a damaged record of the index is mended from the journal");
                index.commit(Changes::of_one(slot.clone()), &self.summary);
            }
            None => self.shared.report(crate::store::DamageReport {
                place: "index".into(),
                what: "a record is damaged, and the journal does not have the document".into(),
                id: Some(id),
            }),
        }
        Ok(slot)
    }

    /// Keeps a document's bytes once more.
    fn supply(&mut self, id: DocumentId, body: Arc<[u8]>) -> Result<(), StoreError> {
        self.ready()?;
        let mut slot = self.slot(id)?.ok_or(StoreError::Unknown(id))?;
        must_be_what_was_taken(&slot.record, &body)?;
        let mut draft = Draft::about_none(Matter::Bytes, Vec::new());
        (draft.id, draft.version, draft.body, draft.prev) = (id, slot.record.version, body, Prev::At(Pos::NONE));
        let bytes = draft.stride();
        let places = self.append(&[draft], bytes)?;
        let place = places.first().copied().unwrap_or_default();
        slot.bytes = (place.segment, place.offset);
        self.tell_index(Changes::of_one(slot), place);
        Ok(())
    }

    fn restate(&mut self, documents: Vec<Again>, names: Vec<String>, notes: Vec<Fact>) -> Result<bool, StoreError> {
        self.ready()?;
        let mut plan = Plan::default();
        for (id, paths) in documents {
            // One that is not known has nothing to be kept of it.
            let Some(slot) = self.slot(id)? else { continue };
            if !may_go(slot.record.state) {
                return Ok(false);
            }
            let (version, prev) = (slot.record.version, Prev::At(slot.last()));
            let head = json(&SummaryHead { slot, paths })?;
            plan.drafts.push(Draft { id, version, prev, ..Draft::about_none(Matter::Summary, head) });
        }
        let index = self.shared.index()?;
        let mut facts = notes;
        for name in names {
            facts.extend(index.fact(&name)?.map(|value| Fact::new(name, value)));
        }
        plan.remember(facts)?;
        self.write(plan).map(|()| true)
    }

    fn fail(&self, why: &str) -> StoreError {
        let mut failed = lock(&self.shared.failed);
        let why = failed.get_or_insert_with(|| {
            tracing::error!(%why, "the store failed; the process must end and start anew");
            why.to_owned()
        });
        StoreError::Failed(why.clone())
    }

    fn close(&self) -> Result<(), StoreError> {
        self.shared.sound()?;
        if let Ok(index) = self.shared.index() {
            index.write_out()?;
        }
        self.shared.closing.store(true, Ordering::Release);
        self.shared.set_index(None);
        let folder = &self.shared.folder;
        let done = std::fs::File::open(folder.dir())
            .and_then(|dir| rustix::fs::syncfs(&dir).map_err(std::io::Error::from))
            .and_then(|()| folder.write_left(&Left { boot: self.boot.clone(), clean: Some(self.tail.last_seq()) }));
        done.map_err(|error| Trouble::of(&error, "closing the store").into())
    }
}

impl Request {
    fn is_ordinary(&self) -> bool {
        matches!(self, Self::Admit { .. } | Self::Apply { .. } | Self::Remember { .. })
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Admit { newcomers, .. } => newcomers.iter().map(Arrival::bytes).sum(),
            _ => 0,
        }
    }

    fn refuse(self, error: &StoreError) {
        match self {
            Self::Admit { answer, .. } => drop(answer.send(Err(error.clone()))),
            Self::Apply { answer, .. } => drop(answer.send(Err(error.clone()))),
            Self::Remember { answer, .. } => drop(answer.send(Err(error.clone()))),
            _ => {}
        }
    }
}

/// The index is given to readers by value; this is where the writer swaps it.
impl Shared {
    fn set_index(&self, index: Option<Index>) {
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = index.map(Arc::new);
    }
}
