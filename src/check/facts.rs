//! What queue, upload and status need to know of a document's content.

use chrono::{Duration, NaiveDate};
use uuid::Uuid;

use super::{
    bundle::Bundle,
    tree::{Node, Tree},
};
use crate::{
    document::{AuthorLevel, DocumentNumber, Facts, Lane, Name, Timestamp},
    publication::{Decision, DecisionKind, Leaves},
};

/// Reads the facts of a document of one of the bundle's kinds, fit or not.
///
/// `None` when it is of no known kind, or lacks what every document must have: draft id, date, author and level.
pub(super) fn facts(tree: &Tree, bundle: &Bundle) -> Option<Facts> {
    let entry = bundle.kind_of_root(tree.root().name())?;
    let said = |path: &str| tree.text(path).filter(|value| !value.is_empty());
    let level = match said("Header/AuthorLevel")? {
        "district" => AuthorLevel::District,
        "town" => AuthorLevel::Town,
        _ => return None,
    };
    let written = said("Header/DocumentNumber").filter(|_| !entry.word.is_empty());
    let number = written.map(|raw| DocumentNumber::read(raw).text);
    let inspection_end = match entry.kind.code() {
        "insp_record" => said("End").and_then(|end| Timestamp::parse(end).ok()),
        "insp_plan" => said("CheckTime").and_then(|time| Timestamp::parse(time).ok()),
        // Only the day is named: it counts to its last second.
        _ if entry.lane == Lane::Inspection => said("InspectionDate").and_then(|day| day.parse().ok()).map(last_second),
        _ => None,
    };
    let link = |path: &str| said(path).map(str::to_owned);
    Some(Facts {
        kind: entry.kind.clone(),
        kind_name: entry.name.clone(),
        lane: entry.lane,
        rank: entry.rank,
        number_as_written: written.filter(|raw| Some(*raw) != number.as_deref()).map(str::to_owned),
        number,
        draft_id: Uuid::try_parse(said("Header/DraftId")?).ok()?,
        schema_version: bundle.version.clone(),
        author_level: level,
        author: Name(said("Header/Author/Name")?.to_owned()),
        party: Name(said("Enterprise/Name").or_else(|| said("Party/Name")).unwrap_or_default().to_owned()),
        party_uscc: link("Enterprise/Uscc"),
        document_date: said("Header/DocumentDate")?.parse().ok()?,
        inspection_id: link("Header/InspectionId"),
        case_id: link("Header/CaseId"),
        inspection_end,
        ruling: DecisionKind::of(&entry.kind).and_then(|_| decision(tree.root())).map(|decision| Box::new(decision.ruling())),
    })
}

/// The decision as it would be published; `None` for every other document, and while number or date are missing.
pub(super) fn decision(root: Node<'_>) -> Option<Decision> {
    let mut leaves = Leaves::default();
    gather(root, "", &mut leaves);
    Decision::of(root.name(), &leaves)
}

fn gather(node: Node<'_>, above: &str, leaves: &mut Leaves) {
    for child in node.children() {
        let path = if above.is_empty() { child.name().to_owned() } else { format!("{above}/{}", child.name()) };
        for attribute in child.attributes() {
            leaves.push(format!("{path}/@{}", attribute.name()), attribute.value());
        }
        if !child.text().is_empty() {
            leaves.push(path.as_str(), child.text());
        }
        gather(child, &path, leaves);
    }
}

fn last_second(day: NaiveDate) -> Timestamp {
    Timestamp::start_of(day).plus(Duration::seconds(86_399))
}
