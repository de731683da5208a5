//! A schema bundle as the mock reads it: all `.xsd` files of a folder, compiled once.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::text::TextRule;

/// The index of no type: whatever stands there is accepted.
pub(crate) const NO_TYPE: usize = usize::MAX;

/// Compiled declarations.
#[derive(Debug)]
pub(crate) struct Bundle {
    pub(super) types: Vec<Type>,
    pub(super) roots: HashMap<String, usize>,
    /// Over the names and bytes of the files in order of name.
    pub(crate) digest: [u8; 32],
}

/// One type.
#[derive(Debug, Clone)]
pub(crate) struct Type {
    pub(crate) content: Content,
    pub(crate) text: TextRule,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) any_attribute: bool,
}

/// What an element may hold.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Simple,
    Empty,
    Sequence(Vec<Item>),
    /// More than the mock reads: accepted.
    Any,
}

/// One place in a sequence: one of these names, this often.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) names: Vec<(Box<str>, usize)>,
    pub(crate) min: u32,
    pub(crate) max: u32,
}

/// One attribute.
#[derive(Debug, Clone)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) text: TextRule,
}

impl Bundle {
    /// Reads every `.xsd` file of a folder (not of folders below it).
    ///
    /// # Errors
    /// A folder or file that cannot be read, or a schema that is no XML.
    pub(crate) fn load(dir: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "xsd") {
                files.push(path);
            }
        }
        files.sort();
        let mut hash = Sha256::new();
        let mut texts = Vec::new();
        for path in &files {
            let bytes = std::fs::read(path)?;
            hash.update(path.file_name().unwrap_or_default().as_encoded_bytes());
            hash.update([0]);
            hash.update(&bytes);
            let name = path.display();
            texts.push(String::from_utf8(bytes).map_err(|e| io::Error::other(format!("{name}: {e}")))?);
        }
        let (types, roots) = super::compile::compile(&texts).map_err(io::Error::other)?;
        Ok(Self { types, roots, digest: hash.finalize().into() })
    }

    /// The type of a global element, or `NO_TYPE`.
    pub(crate) fn root(&self, name: &str) -> usize {
        self.roots.get(name).copied().unwrap_or(NO_TYPE)
    }

    pub(crate) fn has_root(&self, name: &str) -> bool {
        self.roots.contains_key(name)
    }

    pub(crate) fn get(&self, ty: usize) -> Option<&Type> {
        self.types.get(ty)
    }
}
