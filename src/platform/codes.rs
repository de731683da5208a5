//! What the platform's codes mean. The contract's table is the default; another platform's codes are mapped in its profile.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A code's meaning (contract §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// 00.
    Done,
    /// 01.
    Malformed,
    /// 02.
    CredentialInvalid,
    /// 03.
    TokenExpired,
    /// 04.
    PlatformError,
    /// 05.
    Busy,
    /// 10.
    SchemaMisfit,
    /// 11.
    RuleBroken,
    /// 12.
    BaseDataMissing,
    /// 13.
    NumberHeld,
    /// 14.
    OutOfOrder,
    /// 15.
    NotPermitted,
    /// 16.
    OtherBytes,
    /// 17.
    SchemaVersionGone,
    /// 18.
    UnknownHere,
}

impl Meaning {
    /// Every meaning with the contract's code.
    pub const CONTRACT: [(&'static str, Self); 15] = [
        ("00", Self::Done),
        ("01", Self::Malformed),
        ("02", Self::CredentialInvalid),
        ("03", Self::TokenExpired),
        ("04", Self::PlatformError),
        ("05", Self::Busy),
        ("10", Self::SchemaMisfit),
        ("11", Self::RuleBroken),
        ("12", Self::BaseDataMissing),
        ("13", Self::NumberHeld),
        ("14", Self::OutOfOrder),
        ("15", Self::NotPermitted),
        ("16", Self::OtherBytes),
        ("17", Self::SchemaVersionGone),
        ("18", Self::UnknownHere),
    ];

    /// The word that stands for it in a profile.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Malformed => "malformed",
            Self::CredentialInvalid => "credential_invalid",
            Self::TokenExpired => "token_expired",
            Self::PlatformError => "platform_error",
            Self::Busy => "busy",
            Self::SchemaMisfit => "schema_misfit",
            Self::RuleBroken => "rule_broken",
            Self::BaseDataMissing => "base_data_missing",
            Self::NumberHeld => "number_held",
            Self::OutOfOrder => "out_of_order",
            Self::NotPermitted => "not_permitted",
            Self::OtherBytes => "other_bytes",
            Self::SchemaVersionGone => "schema_version_gone",
            Self::UnknownHere => "unknown_here",
        }
    }
}

/// The platform's codes and what they mean. A code that is not in here is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeTable(BTreeMap<String, Meaning>);

impl CodeTable {
    /// What `code` means; compared to the letter, so that `0` and `200` are not `00`.
    pub fn meaning(&self, code: &str) -> Option<Meaning> {
        self.0.get(code).copied()
    }

    /// Whether some code stands for `meaning`.
    pub fn names(&self, meaning: Meaning) -> bool {
        self.0.values().any(|known| *known == meaning)
    }
}

impl Default for CodeTable {
    fn default() -> Self {
        Self(Meaning::CONTRACT.iter().map(|(code, meaning)| ((*code).to_owned(), *meaning)).collect())
    }
}
