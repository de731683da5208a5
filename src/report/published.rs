//! How publication stands, from what reconciliation has kept (facts below `publication/decision/`).

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::Deserialize;

use super::ledger::{Publication, Publications};
use crate::{
    document::{DocumentNumber, Timestamp},
    store::{Store, StoreError},
};

/// Where it keeps them.
const KEPT: &str = "publication/decision/";

/// What the ledger asks of one decision's standing. More is kept than this.
#[derive(Debug, Deserialize)]
struct Kept {
    number: String,
    outcome: String,
    since: Timestamp,
    #[serde(default)]
    published_at: Option<Timestamp>,
    #[serde(default)]
    exempt: Option<String>,
    #[serde(default)]
    doubt: Option<String>,
    #[serde(default)]
    differences: Vec<Differs>,
}

#[derive(Debug, Deserialize)]
struct Differs {
    label: String,
}

/// Everything that is known of publications.
pub(super) async fn of(store: &dyn Store) -> Result<Publications, StoreError> {
    let mut known = Publications::new();
    for (_, value) in store.recall_below(KEPT).await? {
        // What cannot be read is as good as not reconciled yet.
        let kept = serde_json::from_str::<Kept>(&value).ok();
        known.extend(kept.and_then(|kept| Some((DocumentNumber::read(&kept.number).text, meaning(&kept)?))));
    }
    Ok(known)
}

/// Another one when anything of them has changed.
pub(super) fn mark(publications: &Publications) -> u64 {
    // Whatever order they come in.
    let one = |known: (&String, &Publication)| {
        let mut hasher = DefaultHasher::new();
        known.hash(&mut hasher);
        hasher.finish()
    };
    publications.iter().map(one).fold(0, u64::wrapping_add)
}

/// `None` while nobody has looked.
fn meaning(kept: &Kept) -> Option<Publication> {
    let day = kept.published_at.unwrap_or(kept.since).beijing_day();
    let wrong = |what: &str| Some(Publication::Wrong { what: what.to_owned() });
    match kept.outcome.as_str() {
        "matched" => Some(Publication::Shown { day }),
        "mismatched" => {
            let labels: Vec<_> = kept.differences.iter().map(|one| one.label.as_str()).collect();
            wrong(&if labels.is_empty() { "与决定书不一致".to_owned() } else { labels.join("、") })
        }
        "duplicate" => wrong("重复公示"),
        "withdrawn" => wrong("应当公示却已撤下"),
        "lingering" => wrong("应当撤下却仍在公示"),
        "missing" => Some(Publication::NotShown),
        "repaired" => Some(Publication::Ended { why: "信用修复，公示提前结束".into() }),
        "expired" => Some(Publication::Ended { why: "公示期满".into() }),
        "gone" => Some(Publication::Ended { why: "决定更正或撤销后已撤下".into() }),
        "exempt" => Some(Publication::Exempt {
            why: match kept.exempt.as_deref() {
                Some("on_the_spot") => "当场处罚不在公示范围",
                Some("warning_only") => "只有警告、通报批评，按本单位设置不公示",
                _ => "依法不公示",
            }
            .into(),
        }),
        "unseen" => Some(Publication::Unseen { why: kept.doubt.clone().unwrap_or_else(|| "平台的公示清单没有读全".into()) }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    #[tokio::test]
    async fn what_reconciliation_kept_is_understood() {
        let store = MemoryStore::new();
        let fact = |id: u8, number: &str, outcome: &str, more: &str| {
            let value = format!(
                r#"{{"number":"{number}","date":"2023-04-03","outcome":"{outcome}","since":"2023-04-04T09:00:00+08:00","anything":"new"{more}}}"#
            );
            crate::store::Fact::new(format!("{KEPT}{id}"), value)
        };
        let facts = vec![
            fact(1, "（淄）应急罚〔2023〕1号", "matched", r#","published_at":"2023-04-03T17:00:00+08:00""#),
            fact(
                2,
                "（淄）应急罚〔2023〕2号",
                "mismatched",
                r#","differences":[{"label":"罚款金额（万元）","ours":"6","theirs":"60000"}]"#,
            ),
            fact(3, "（淄）应急罚〔2023〕3号", "not_yet", ""),
            fact(4, "（淄）应急罚〔2023〕4号", "exempt", r#","exempt":"warning_only""#),
            crate::store::Fact::new(format!("{KEPT}5"), "nonsense"),
        ];
        store.remember_all(facts).await.unwrap();
        let known = of(&store).await.unwrap();
        assert_eq!(known.len(), 3);
        let of = |n: u8| known.get(&format!("（淄）应急罚〔2023〕{n}号"));
        assert_eq!(of(1), Some(&Publication::Shown { day: "2023-04-03".parse().unwrap() }));
        assert_eq!(of(2), Some(&Publication::Wrong { what: "罚款金额（万元）".into() }));
        assert!(matches!(of(4), Some(Publication::Exempt { why }) if why.contains("警告")));
    }
}
