//! What a repair can fall back on: the drafts that still lie in the watched folder, and the platform's word.

use std::{fs, sync::Arc};

use async_trait::async_trait;

use crate::{
    check::decode::decode,
    clock::{Clock as _, SystemClock},
    config::{self, Config, Problem},
    document::{ContentHash, Event, Failure, Record},
    platform::{Access, FileExchangeLog, HttpPlatform, Platform, Profile, Surroundings},
    queue,
    store::Salvage,
};

/// After so many questions in a row without an answer no more are asked: each may take as long as the platform may take.
const PATIENCE: u32 = 3;

/// The watched folder and the platform.
pub(super) struct Sources<'a> {
    folder: &'a config::Folder,
    platform: Result<Box<dyn Platform>, String>,
    unanswered: u32,
}

impl<'a> Sources<'a> {
    /// Those of this office. A platform that cannot be asked, for want of a secret say, is no reason not to repair.
    pub(super) fn of(config: &'a Config) -> Self {
        let said = |found: Vec<Problem>| found.first().map_or_else(String::new, |p| p.why.clone());
        Self { folder: &config.folder, platform: platform(config).map_err(said), unanswered: 0 }
    }
}

/// The office's platform, asked as the daemon asks it: every exchange is kept, and refused logins are counted with the daemon's.
fn platform(config: &Config) -> Result<Box<dyn Platform>, Vec<Problem>> {
    let log =
        FileExchangeLog::of(config).map_err(|e| vec![Problem::new("state.path", format!("往来记录打不开：{e}"), "请检查磁盘和权限")])?;
    let around = Surroundings { clock: Arc::new(SystemClock), log: Arc::new(log), login_book: Some(config.state.join("login.json")) };
    let access = Access::of(&config.office, &config.platform)?;
    Ok(Box::new(HttpPlatform::new(Profile::read(&config.platform.profile)?, access, around)?))
}

#[async_trait]
impl Salvage for Sources<'_> {
    /// What was taken, if the draft at its old path still has it: its element, else its whole text.
    fn bytes(&mut self, record: &Record) -> Option<Vec<u8>> {
        let path = self.folder.path.join(&record.birth.source.path);
        // A draft is a file of moderate size; a pipe or a link must not be followed even here.
        let about = fs::symlink_metadata(&path).ok().filter(|about| about.is_file() && about.len() <= self.folder.max_file_bytes)?;
        let most = usize::try_from(about.len()).ok()?;
        let text = decode(&fs::read(&path).ok()?, most).ok()?.text;
        let parts = [element(&text), Some(&*text)].into_iter().flatten();
        let is_what_was_taken = |part: &&str| Some(ContentHash::of(part.as_bytes())) == record.birth.digest;
        parts.map(str::trim).find(is_what_was_taken).map(|part| part.as_bytes().to_vec())
    }

    async fn word(&mut self, record: &Record) -> Result<Option<Event>, String> {
        let platform = self.platform.as_ref().map_err(Clone::clone)?;
        match platform.look_up(record.id()).await {
            Ok(sighting) => {
                self.unanswered = 0;
                let now = SystemClock.now();
                Ok(sighting.and_then(|sighting| queue::word_of(record, &sighting, now, now)))
            }
            Err(Failure { cause, code, .. }) => {
                let why = format!("{}（{code}）", cause.label());
                self.unanswered += 1;
                if self.unanswered >= PATIENCE {
                    self.platform = Err(why.clone());
                }
                Err(why)
            }
        }
    }
}

/// The root element of a text that was a document: from the first tag that is no declaration, comment or instruction to the last one.
fn element(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = rest.get(rest.find('<')?..)?;
        let skipped = match rest.as_bytes().get(1)? {
            b'?' => rest.find("?>")? + 2,
            b'!' => rest.find("-->")? + 3,
            _ => return rest.get(..=rest.rfind("</").and_then(|last| Some(last + rest.get(last..)?.find('>')?))?),
        };
        rest = rest.get(skipped..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_element_stands_between_declaration_and_end() {
        let draft = "<?xml version=\"1.0\"?>\n<!-- 草稿 <a> -->\n<Plan xmlns=\"u\"><Title>方案</Title></Plan>\n";
        assert_eq!(element(draft), Some("<Plan xmlns=\"u\"><Title>方案</Title></Plan>"));
        for broken in ["", "text", "<?xml", "<!-- only -->", "<Plan>", "<"] {
            assert_eq!(element(broken), None, "{broken}");
        }
    }
}
