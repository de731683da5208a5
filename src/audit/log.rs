//! The files: one line at a time, on the disk before anybody is told.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::Mutex;

use super::{
    Actor, Deed, Line, Outcome, Verified,
    chain::{self, Head},
    line::{hash, nothing},
};
use crate::{
    clock::SharedClock,
    document::Timestamp,
    store::{Store, StoreError},
};

/// The log's folder below the state folder, and below a backup.
const FOLDER: &str = "audit";

/// The end of the chain, in the store.
const HEAD: &str = "audit/head";

/// Why the log cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A file could not be read or written.
    #[error("the audit log's files: {0}")]
    Files(#[from] io::Error),
    /// The end of the chain could not be kept in the store.
    #[error("the audit log's end: {0}")]
    Store(#[from] StoreError),
    /// A line has no JSON; a defect.
    #[error("an audit line: {0}")]
    Line(#[from] serde_json::Error),
}

/// The log of one daemon, which holds the store's lock: nobody else writes here.
pub struct AuditLog {
    folder: PathBuf,
    store: Arc<dyn Store>,
    clock: SharedClock,
    end: Mutex<End>,
}

/// Where the next line goes.
struct End {
    head: Head,
    /// The last file's name: a clock that steps back over a month's border does not go back to an older one.
    file: String,
}

impl AuditLog {
    /// Opens the log below the folder `state`. A line that a crash cut short was never answered for and goes.
    ///
    /// # Errors
    /// [`AuditError`].
    pub async fn open(state: &Path, store: Arc<dyn Store>, clock: SharedClock) -> Result<Self, AuditError> {
        let remembered = recalled(&*store).await?;
        let folder = state.join(FOLDER);
        let path = folder.clone();
        let found = blocking(move || {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
            last_line(&path)
        })
        .await?;
        let end = match (found, remembered) {
            (Some((file, found)), remembered) => {
                let seq = found.seq.max(remembered.map_or(0, |head| head.seq));
                End { head: Head { seq, hash: found.hash }, file }
            }
            // The files are gone: the chain goes on from where it was, so that a verification misses what was before.
            (None, Some(head)) => End { head, file: String::new() },
            (None, None) => End { head: Head { seq: 0, hash: nothing() }, file: String::new() },
        };
        Ok(Self { folder, store, clock, end: Mutex::new(end) })
    }

    /// Writes a line; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`AuditError`]; then the line is not there.
    pub async fn write(&self, actor: &Actor, deed: &Deed, result: Outcome) -> Result<(), AuditError> {
        let mut end = self.end.lock().await;
        let now = self.clock.now();
        let line = Line::new((end.head.seq + 1, &end.head.hash), now, actor, deed, result);
        let mut bytes = serde_json::to_vec(&line)?;
        let next = Head { seq: line.seq, hash: hash(&bytes) };
        bytes.push(b'\n');
        let file = file_of(now).max(end.file.clone());
        let path = self.folder.join(&file);
        blocking(move || append(&path, &bytes)).await?;
        // The files are ahead of the store now, which a verification allows; the other way round it would miss a line that never was.
        let fact = serde_json::to_string(&next)?;
        *end = End { head: next, file };
        self.store.remember(HEAD, &fact).await?;
        Ok(())
    }

    /// The same, where nothing more can be done about a failure than to tell the log of it: the deed itself is on record elsewhere.
    pub async fn note(&self, actor: &Actor, deed: &Deed, result: Outcome) {
        if let Err(error) = self.write(actor, deed, result).await {
            tracing::error!(%error, action = deed.action, "an act could not be written into the audit log");
        }
    }

    /// The number of the last line and its hash in hexadecimal; number 0 before the first.
    pub async fn head(&self) -> (u64, String) {
        let end = self.end.lock().await;
        (end.head.seq, end.head.hash.clone())
    }

    /// Reads every line and follows the chain.
    ///
    /// # Errors
    /// [`AuditError`] when it cannot be read.
    pub async fn verify(&self) -> Result<Verified, AuditError> {
        // Nobody writes meanwhile.
        let end = self.end.lock().await;
        let remembered = recalled(&*self.store).await?;
        let folder = self.folder.clone();
        let files = blocking(move || read(&folder)).await?;
        drop(end);
        Ok(chain::follow(&files, remembered.as_ref(), self.clock.now()))
    }

    /// The last `limit` lines, newest first. Lines that cannot be understood are left to [`AuditLog::verify`].
    ///
    /// # Errors
    /// [`AuditError`] when they cannot be read.
    pub async fn latest(&self, limit: usize) -> Result<Vec<Line>, AuditError> {
        let folder = self.folder.clone();
        blocking(move || {
            let mut found = Vec::new();
            for path in files(&folder)?.iter().rev() {
                let bytes = fs::read(path)?;
                let lines = bytes.split(|byte| *byte == b'\n').rev();
                found.extend(lines.filter_map(|line| serde_json::from_slice(line).ok()).take(limit - found.len()));
                if found.len() >= limit {
                    break;
                }
            }
            Ok(found)
        })
        .await
        .map_err(AuditError::Files)
    }

    /// The lines as they stand, oldest first, for whoever keeps a copy elsewhere.
    ///
    /// # Errors
    /// [`AuditError`] when they cannot be read.
    pub async fn text(&self) -> Result<Vec<u8>, AuditError> {
        let end = self.end.lock().await;
        let folder = self.folder.clone();
        let files = blocking(move || read(&folder)).await?;
        drop(end);
        Ok(files.into_iter().flat_map(|(_, bytes)| bytes).collect())
    }
}

/// Copies the log's files from a state folder, or a backup, into another; where there is no log nothing is copied.
///
/// A line that is being written meanwhile may come over in part, and counts then as never written.
///
/// # Errors
/// Those of reading and writing.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let (from, to) = (from.join(FOLDER), to.join(FOLDER));
    let found = match files(&from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&to)?;
    for path in found {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to.join(name(&path)))?;
        file.write_all(&fs::read(&path)?)?;
        file.sync_all()?;
    }
    File::open(&to)?.sync_all()
}

async fn recalled(store: &dyn Store) -> Result<Option<Head>, AuditError> {
    Ok(store.recall(HEAD).await?.and_then(|text| serde_json::from_str(&text).ok()))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// `2023-04.jsonl`.
fn file_of(at: Timestamp) -> String {
    format!("{}.jsonl", at.beijing().format("%Y-%m"))
}

/// The files, oldest first.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn read(folder: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    files(folder)?.iter().map(|path| Ok((name(path), fs::read(path)?))).collect()
}

/// The end of the chain as the files have it; what stands after the last line end is cut.
fn last_line(folder: &Path) -> io::Result<Option<(String, Head)>> {
    for path in files(folder)?.iter().rev() {
        let bytes = fs::read(path)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if whole < bytes.len() {
            tracing::warn!(bytes = bytes.len() - whole, "the audit log ended in the middle of a line, which is cut");
            let file = OpenOptions::new().write(true).open(path)?;
            file.set_len(whole as u64)?;
            file.sync_all()?;
        }
        if let Some(last) = bytes[..whole].split(|byte| *byte == b'\n').rfind(|line| !line.is_empty()) {
            let seq = serde_json::from_slice::<Line>(last).map_or(0, |line| line.seq);
            return Ok(Some((name(path), Head { seq, hash: hash(last) })));
        }
    }
    Ok(None)
}

fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let begins = fs::symlink_metadata(path).is_err();
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let before = file.metadata()?.len();
    let written = file.write_all(bytes).and_then(|()| file.sync_data());
    if written.is_err() {
        // Half a line must not stand before the next one.
        drop(file.set_len(before));
    }
    if let (true, Some(folder)) = (begins, path.parent()) {
        File::open(folder)?.sync_all()?;
    }
    written
}
