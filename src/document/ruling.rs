//! What a penalty decision orders, as far as its public notice is held against it.

use serde::{Deserialize, Serialize};

use super::{Name, Yuan};

/// What a penalty decision says beyond the facts of every document, and its notice is compared by (domain.md §2.7).
///
/// It is read once, when the draft is checked, so that thousands of decisions can be compared without reading a document. As part of the
/// birth it belongs to one digest and never changes; when the program learns to read decisions otherwise, it reads older ones anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// By which way of reading a decision it was read.
    pub reading: u16,
    /// 法定代表人, or the operator of a sole trader.
    pub legal_rep: Name,
    /// 处罚类别, each by its word.
    pub kinds: Vec<String>,
    /// The fine.
    pub fine: Option<Yuan>,
    /// What was confiscated, in money.
    pub confiscated: Option<Yuan>,
    /// 暂扣或吊销证照名称及编号.
    pub licence: String,
    /// 处罚机关.
    pub authority: String,
    /// Its credit code.
    pub authority_code: String,
}
