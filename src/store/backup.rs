//! Copies of the journal, and stores made of them.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    GENERATION, JournalStore, OpenError, RESTORED_AT, Settings, Store as _, StoreError,
    durable::{Extent, Request},
    journal::{FORMAT, Trouble, sync_dir},
};
use crate::document::Timestamp;

/// What a backup says of itself, in `backup.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// The journal's format.
    pub format: u32,
    /// The store that it was taken of.
    pub store: uuid::Uuid,
    /// When.
    pub taken_at: Timestamp,
    /// The number of the last frame in it.
    pub last_seq: u64,
    /// Its files.
    pub files: Vec<BackupFile>,
    /// The archive's files, which are not in it.
    #[serde(default)]
    pub archived: Vec<String>,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupFile {
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// The CRC32C of all of it.
    pub crc32c: u32,
}

const MANIFEST: &str = "backup.json";

impl JournalStore {
    /// Copies the journal as it stands at this moment into `dest`, which must be empty or not there; work goes on meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Full`] when `dest` has no room; [`StoreError::Failed`] when it is not empty or cannot be written. Neither says anything
    /// about the store itself.
    pub async fn backup(&self, dest: &Path, now: Timestamp) -> Result<Backup, StoreError> {
        let _turn = self.upkeep.lock().await;
        let extent = self.ask(|answer| Request::WhereNow { answer }).await??;
        let dest = dest.to_owned();
        let (within, beyond) = self.shared().segments.archive();
        let archived = within.into_iter().map(|segment| segment.path.display().to_string()).chain(beyond).collect();
        self.aside(move |_| copy_all(&extent, &dest, now, archived).map_err(|error| Trouble::of(&error, "writing a backup").into())).await
    }
}

fn copy_all(extent: &Extent, dest: &Path, now: Timestamp, archived: Vec<String>) -> io::Result<Backup> {
    make_own(dest)?;
    if !is_empty(dest)? {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{} is not empty", dest.display())));
    }
    let mut files = Vec::new();
    for segment in &extent.segments {
        let length = fs::metadata(&segment.path)?.len();
        let end = if segment.number == extent.end.segment { extent.end.offset.into() } else { length };
        files.push(copy(&segment.path, dest, end)?);
    }
    let backup = Backup { format: FORMAT, store: extent.store, taken_at: now, last_seq: extent.last_seq, files, archived };
    let mut manifest = create_own(&dest.join(MANIFEST))?;
    manifest.write_all(&serde_json::to_vec_pretty(&backup)?)?;
    manifest.sync_all()?;
    sync_dir(dest)?;
    Ok(backup)
}

fn is_empty(dir: &Path) -> io::Result<bool> {
    match fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Makes a folder for its owner only, as the store's is: documents name people.
fn make_own(dir: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// A new file for its owner only.
fn create_own(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// Copies the first `length` bytes of a file into a folder, durably.
fn copy(from: &Path, folder: &Path, length: u64) -> io::Result<BackupFile> {
    let name = from.file_name().unwrap_or_default();
    let mut source = File::open(from)?.take(length);
    let mut target = create_own(&folder.join(name))?;
    let mut buffer = vec![0; 1 << 18];
    let (mut bytes, mut crc) = (0, 0);
    loop {
        let got = source.read(&mut buffer)?;
        if got == 0 {
            break;
        }
        target.write_all(&buffer[..got])?;
        crc = crc32c::crc32c_append(crc, &buffer[..got]);
        bytes += got as u64;
    }
    target.sync_all()?;
    Ok(BackupFile { name: name.to_string_lossy().into_owned(), bytes, crc32c: crc })
}

/// Makes a store in `dir`, which must be empty or not there, of the backup in `src`.
///
/// What happened after the backup is not in it, on the platform perhaps it is: the new store remembers [`RESTORED_AT`], and a
/// [`GENERATION`] one higher, before anybody else can open it.
///
/// # Errors
/// [`OpenError::NotEmpty`]; [`OpenError::NewerFormat`]; [`StoreError::Damaged`] when the backup is not what was written.
pub async fn restore(src: &Path, dir: &Path, settings: Settings, now: Timestamp) -> Result<Backup, OpenError> {
    let failed = |doing: &'static str| move |error| OpenError::from(Trouble::of(&error, doing));
    if !is_empty(dir).map_err(failed("looking at the state folder"))? {
        return Err(OpenError::NotEmpty(dir.display().to_string()));
    }
    let manifest = fs::read(src.join(MANIFEST)).map_err(failed("reading the backup"))?;
    let backup: Backup = serde_json::from_slice(&manifest).map_err(|e| StoreError::Damaged(format!("{MANIFEST}: {e}")))?;
    if backup.format > FORMAT {
        return Err(OpenError::NewerFormat { found: backup.format, known: FORMAT });
    }
    // A crash half-way leaves this folder, and never one that looks like a store but does not know that it was restored.
    let making = beside(dir);
    if let Some(name) = make(&backup, src, &making).map_err(failed("copying the backup"))? {
        return Err(StoreError::Damaged(format!("{name} is not what was backed up")).into());
    }
    let store = JournalStore::open(&making, settings, now)?;
    let generation: u64 = store.recall(GENERATION).await?.and_then(|text| text.parse().ok()).unwrap_or(0);
    store.remember(GENERATION, &(generation + 1).to_string()).await?;
    store.remember(RESTORED_AT, &now.millis().to_string()).await?;
    store.close().await?;
    drop(store);
    let moved = fs::rename(&making, dir).and_then(|()| sync_dir(&making.with_file_name("")));
    moved.map_err(failed("putting the restored store in place"))?;
    Ok(backup)
}

fn beside(dir: &Path) -> PathBuf {
    let mut name = dir.file_name().unwrap_or_default().to_owned();
    name.push(".restoring");
    dir.with_file_name(name)
}

/// Copies a backup's files; the name of the first that is not what the backup says.
fn make(backup: &Backup, src: &Path, making: &Path) -> io::Result<Option<String>> {
    match fs::remove_dir_all(making) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => make_own(&making.join("journal"))?,
    }
    for file in &backup.files {
        // A name out of a manifest must not lead anywhere else.
        let plain = Path::new(&file.name).file_name().unwrap_or_default();
        if copy(&src.join(plain), &making.join("journal"), u64::MAX)? != *file {
            return Ok(Some(file.name.clone()));
        }
    }
    sync_dir(&making.join("journal"))?;
    Ok(None)
}
