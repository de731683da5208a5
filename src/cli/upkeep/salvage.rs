//! Lost bytes found again in the drafts that still lie in the watched folder.

use std::{fs, path::PathBuf};

use crate::{
    check::decode::decode,
    config,
    document::{ContentHash, Event, Record},
    store::Salvage,
};

/// The drafts in the watched folder.
pub(super) struct Drafts {
    folder: PathBuf,
    most_bytes: u64,
}

impl Drafts {
    /// Those of this folder.
    pub(super) fn of(folder: &config::Folder) -> Self {
        Self { folder: folder.path.clone(), most_bytes: folder.max_file_bytes }
    }
}

impl Salvage for Drafts {
    /// What was taken, if the draft at its old path still has it: its element, else its whole text.
    fn bytes(&mut self, record: &Record) -> Option<Vec<u8>> {
        let path = self.folder.join(&record.birth.source.path);
        // A draft is a file of moderate size; a pipe or a link must not be followed even here.
        let about = fs::symlink_metadata(&path).ok().filter(|about| about.is_file() && about.len() <= self.most_bytes)?;
        let most = usize::try_from(about.len()).ok()?;
        let text = decode(&fs::read(&path).ok()?, most).ok()?.text;
        let parts = [element(&text), Some(&*text)].into_iter().flatten();
        let is_what_was_taken = |part: &&str| Some(ContentHash::of(part.as_bytes())) == record.birth.digest;
        parts.map(str::trim).find(is_what_was_taken).map(|part| part.as_bytes().to_vec())
    }

    /// The platform is asked by the daemon once it runs again: after a repair it looks up before it sends.
    fn word(&mut self, _: &Record) -> Option<Event> {
        None
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
