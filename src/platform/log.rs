//! Keeps what the platform said, attempt by attempt: error pages may be shown once only (domain.md §5 item 7).

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
};

use chrono::NaiveDate;

use super::{Exchange, ExchangeLog};
use crate::{config::Config, document::DocumentId};

/// How many exchanges may wait for the disk before further ones are dropped.
const WAITING: usize = 4_096;

/// Keeps nothing.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoExchangeLog;

impl ExchangeLog for NoExchangeLog {
    fn keep(&self, _: Exchange) {}
}

/// Keeps exchanges as JSON lines in one file a Beijing day, `YYYY-MM-DD.jsonl`. A thread of its own writes; whoever keeps one never waits.
pub struct FileExchangeLog {
    way: Mutex<Option<SyncSender<Exchange>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    dropped: Arc<AtomicU64>,
}

impl FileExchangeLog {
    /// Opens the office's own.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn of(config: &Config) -> io::Result<Self> {
        Self::open(config.state.join("exchanges"), u32::try_from(config.retention.exchanges.num_days()).unwrap_or(u32::MAX))
    }

    /// Opens the folder, and makes it if need be. Files older than `retention_days` go whenever a new day's file begins.
    ///
    /// # Errors
    /// When the folder or the thread cannot be made.
    pub fn open(folder: impl Into<PathBuf>, retention_days: u32) -> io::Result<Self> {
        let folder = folder.into();
        fs::create_dir_all(&folder)?;
        let (way, arriving) = sync_channel(WAITING);
        let dropped = Arc::new(AtomicU64::new(0));
        let lost = Arc::clone(&dropped);
        let writer = std::thread::Builder::new()
            .name("exchange-log".into())
            .spawn(move || Writer::new(folder, retention_days, lost).run(&arriving))?;
        Ok(Self { way: Mutex::new(Some(way)), writer: Mutex::new(Some(writer)), dropped })
    }

    /// How many exchanges could not be kept, for want of room in the queue or on the disk.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// Writes what is waiting and ends the thread. What is kept later is dropped and counted.
    pub fn close(&self) {
        drop(lock(&self.way).take());
        if let Some(writer) = lock(&self.writer).take()
            && writer.join().is_err()
        {
            tracing::error!("the exchange log's thread ended in a panic");
        }
    }
}

impl ExchangeLog for FileExchangeLog {
    fn keep(&self, exchange: Exchange) {
        let kept = match &*lock(&self.way) {
            Some(way) => way.try_send(exchange),
            None => Err(TrySendError::Disconnected(exchange)),
        };
        if kept.is_err() {
            self.dropped.fetch_add(1, Relaxed);
        }
    }
}

impl Drop for FileExchangeLog {
    fn drop(&mut self) {
        self.close();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Writer {
    folder: PathBuf,
    retention_days: u32,
    open: Option<(NaiveDate, BufWriter<File>)>,
    dropped: Arc<AtomicU64>,
}

impl Writer {
    fn new(folder: PathBuf, retention_days: u32, dropped: Arc<AtomicU64>) -> Self {
        Self { folder, retention_days, open: None, dropped }
    }

    fn run(mut self, arriving: &Receiver<Exchange>) {
        while let Ok(first) = arriving.recv() {
            self.keep(&first);
            while let Ok(next) = arriving.try_recv() {
                self.keep(&next);
            }
            // Flushed whenever nothing waits, so that a reader sees all of it.
            if let Some((_, file)) = &mut self.open
                && let Err(error) = file.flush()
            {
                self.failed(&error);
            }
        }
    }

    fn keep(&mut self, exchange: &Exchange) {
        if let Err(error) = self.write(exchange) {
            self.failed(&error);
        }
    }

    fn failed(&mut self, error: &io::Error) {
        // Once for each spell of trouble; the count says how much was lost.
        if self.open.take().is_some() {
            tracing::warn!(%error, "exchanges with the platform cannot be kept");
        }
        self.dropped.fetch_add(1, Relaxed);
    }

    fn write(&mut self, exchange: &Exchange) -> io::Result<()> {
        let day = exchange.at.beijing_day();
        if self.open.as_ref().is_none_or(|(open, _)| *open != day) {
            self.sweep(day);
            let path = self.folder.join(format!("{day}.jsonl"));
            let file = OpenOptions::new().create(true).append(true).open(path)?;
            self.open = Some((day, BufWriter::with_capacity(64 * 1024, file)));
        }
        let Some((_, file)) = &mut self.open else {
            return Ok(());
        };
        serde_json::to_writer(&mut *file, exchange)?;
        file.write_all(b"\n")
    }

    /// Removes what is older than the retention; a file that cannot be removed is tried again the next day.
    fn sweep(&self, today: NaiveDate) {
        let days = chrono::Days::new(u64::from(self.retention_days));
        let Some(oldest) = today.checked_sub_days(days) else {
            return;
        };
        for (day, path) in days_kept(&self.folder).unwrap_or_default() {
            if day < oldest
                && let Err(error) = fs::remove_file(&path)
            {
                tracing::warn!(%error, file = %path.display(), "an old exchange log stays");
            }
        }
    }
}

/// The files of a folder by day, oldest first; whatever is named otherwise is not ours.
fn days_kept(folder: &Path) -> io::Result<Vec<(NaiveDate, PathBuf)>> {
    let mut days = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|s| s.to_str());
        let day = stem.and_then(|s| NaiveDate::parse_from_str(s, "%Y-%m-%d").ok());
        if let Some(day) = day.filter(|_| path.extension().is_some_and(|e| e == "jsonl")) {
            days.push((day, path));
        }
    }
    days.sort();
    Ok(days)
}

/// All exchanges about one document since a day, oldest first. A line that cannot be read (cut by a power failure) is left out.
///
/// # Errors
/// When a file cannot be read; a folder that is not there has no exchanges.
pub fn exchanges_of(folder: &Path, document: DocumentId, since: Option<NaiveDate>) -> io::Result<Vec<Exchange>> {
    let days = match days_kept(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        days => days?,
    };
    let wanted = document.to_string();
    let mut found = Vec::new();
    for (day, path) in days {
        if since.is_some_and(|since| day < since) {
            continue;
        }
        let mut lines = BufReader::new(File::open(path)?);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 {
            // Reading every line as JSON would be the slow part.
            if std::str::from_utf8(&line).is_ok_and(|text| text.contains(&wanted)) {
                let exchange = serde_json::from_slice::<Exchange>(&line).ok();
                // A page of the feed belongs to no document and may name it all the same.
                found.extend(exchange.filter(|e| e.document.is_none_or(|of| of == document)));
            }
            line.clear();
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::document::{ContentHash, Timestamp};

    fn exchange(document: DocumentId, at: &str, answer: &str) -> Exchange {
        Exchange {
            request: Uuid::nil(),
            document: Some(document),
            call: "PUT /documents/…".into(),
            at: Timestamp::parse(at).unwrap(),
            took_ms: 12,
            status: Some(202),
            code: Some("00".into()),
            answer: answer.into(),
        }
    }

    #[test]
    fn what_was_kept_about_a_document_is_found_again_oldest_first() {
        let folder = tempfile::tempdir().unwrap();
        let ours = DocumentId::of_unfit("a", &ContentHash::of(b"a"));
        let other = DocumentId::of_unfit("b", &ContentHash::of(b"b"));
        let log = FileExchangeLog::open(folder.path(), 180).unwrap();
        for (document, at) in
            [(ours, "2023-04-03T23:59:59+08:00"), (other, "2023-04-03T23:59:59+08:00"), (ours, "2023-04-04T00:00:01+08:00")]
        {
            log.keep(exchange(document, at, "换行\n也在一行里"));
        }
        for named in [ours, other] {
            let page = exchange(named, "2023-04-04T00:00:02+08:00", &format!("<SubmissionId>{named}</SubmissionId>"));
            log.keep(Exchange { document: None, ..page });
        }
        log.close();
        log.keep(exchange(ours, "2023-04-04T00:00:02+08:00", ""));
        assert_eq!(log.dropped(), 1);
        fs::write(folder.path().join("2023-04-05.jsonl"), format!("{{\"document\":\"{ours}\"")).unwrap();
        let found = exchanges_of(folder.path(), ours, None).unwrap();
        assert_eq!(found.iter().map(|e| e.document).collect::<Vec<_>>(), [Some(ours), Some(ours), None]);
        assert!(found[0].at < found[1].at);
        let day = NaiveDate::from_ymd_opt(2023, 4, 4);
        assert_eq!(exchanges_of(folder.path(), ours, day).unwrap().len(), 2);
        assert!(exchanges_of(&folder.path().join("none"), ours, None).unwrap().is_empty());
    }

    #[test]
    fn a_new_day_removes_what_is_older_than_the_retention_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["2022-10-04.jsonl", "2022-10-05.jsonl", "notes.txt", "2022-01-01.txt"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let log = FileExchangeLog::open(folder.path(), 180).unwrap();
        let id = DocumentId::of_unfit("a", &ContentHash::of(b"a"));
        log.keep(exchange(id, "2023-04-03T12:00:00+08:00", ""));
        log.close();
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, ["2022-01-01.txt", "2022-10-05.jsonl", "2023-04-03.jsonl", "notes.txt"]);
    }
}
