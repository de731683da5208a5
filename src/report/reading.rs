//! What the reports read out of a document: its links, its enterprise, and what its kind adds. Pure.

use std::sync::Arc;

use chrono::NaiveDate;

use super::words;
use crate::{
    check::{Node, Tree},
    document::{DocumentId, DocumentNumber, Facts, Record, State, Timestamp, Yuan},
};

/// A document as the reports see it.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Its identity.
    pub id: DocumentId,
    /// The code of its kind.
    pub kind: String,
    /// The kind's Chinese name.
    pub kind_name: String,
    /// Its canonical number.
    pub number: Option<String>,
    /// What people call it.
    pub title: String,
    /// Its date.
    pub day: NaiveDate,
    /// The day whose end is its cut-off: of the inspection, else its own.
    pub inspection_day: NaiveDate,
    /// Where it stands.
    pub state: State,
    /// When the platform entered it.
    pub entered_at: Option<Timestamp>,
    /// Whether it was entered later than it should have been.
    pub late: bool,
    /// The inspection that it names.
    pub inspection: Option<String>,
    /// The case that it names.
    pub case: Option<String>,
    /// What stands in it.
    pub text: Arc<Text>,
}

/// What stands in a document, as far as reports ask. Does not change while the document lives, and may be kept.
#[derive(Debug, Clone, Default)]
pub struct Text {
    /// The enterprise: inspected, party, or the employer of the party.
    pub enterprise: Enterprise,
    /// Whether the party is a person; then its name stands nowhere in a report.
    pub against_person: bool,
    /// What a case is about, without the party's name; empty when the document does not say.
    pub cause: String,
    /// What its kind adds.
    pub said: Said,
}

/// An enterprise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Enterprise {
    /// Its name.
    pub name: String,
    /// Its unified social credit code; empty when the document gives none.
    pub uscc: String,
    /// The code of its 镇办; empty when the document gives none.
    pub town: String,
}

/// What a kind adds.
#[derive(Debug, Clone, Default)]
pub enum Said {
    /// Nothing that reports ask for, or its bytes are not at hand.
    #[default]
    Other,
    /// 现场检查记录.
    Record(Vec<Found>),
    /// 责令限期整改指令书 or 现场处理措施决定书.
    Order(Order),
    /// 整改复查意见书.
    Review(Review),
    /// 立案审批表.
    Filing(Filing),
    /// 行政处罚告知书 or 行政处罚听证告知书.
    Notice(Notice),
    /// 行政处罚决定书, by ordinary procedure.
    Decision(Decision),
    /// 行政（当场）处罚决定书.
    Spot(Spot),
    /// 文书送达回执.
    Receipt(Vec<Served>),
    /// 结案审批表.
    Close(Close),
    /// 先行登记保存证据通知书: until when the evidence must be dealt with.
    Preserve(Option<NaiveDate>),
}

/// A problem that an inspection found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its number in the record.
    pub no: String,
    /// What was found.
    pub text: String,
    /// The code of its category, one of fourteen.
    pub category: String,
    /// What was decided: `fixed_on_spot`, `order`, `measure`, `case`.
    pub disposition: String,
    /// The articles that it stands on.
    pub basis: Vec<Citation>,
}

/// A law and an article, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// The law's name without book marks.
    pub law: String,
    /// The article without paragraph and item.
    pub article: String,
}

/// An order or measures: problems that must be mended.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// The number of the record that it follows.
    pub record: Option<String>,
    /// The numbered problems.
    pub problems: Vec<(String, String)>,
    /// Deadlines of single items.
    pub deadlines: Vec<(String, NaiveDate)>,
    /// The deadline of all others; measures have none.
    pub deadline: Option<NaiveDate>,
}

/// A review of an order or of measures.
#[derive(Debug, Clone, Default)]
pub struct Review {
    /// The number of what it reviews.
    pub of: String,
    /// Each item's number, text, and whether it is mended.
    pub items: Vec<(String, String, bool)>,
    /// Until when what is not mended must be.
    pub new_deadline: Option<NaiveDate>,
}

/// A case that was filed.
#[derive(Debug, Clone, Default)]
pub struct Filing {
    /// The day on which the act was found.
    pub found: Option<NaiveDate>,
    /// The day on which the act ended, where the filing says so, and whether life or health was harmed.
    pub act: Option<(NaiveDate, bool)>,
    /// What is suspected to be violated.
    pub suspected: Vec<Citation>,
}

/// A notice of a penalty or of the right to a hearing.
#[derive(Debug, Clone, Default)]
pub struct Notice {
    /// The number of the filing.
    pub filing: Option<String>,
    /// The codes of the kinds of penalty.
    pub kinds: Vec<String>,
    /// The fine.
    pub fine: Option<Yuan>,
    /// What is violated.
    pub violated: Vec<Citation>,
}

/// A decision by ordinary procedure.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// The number and the day of the filing.
    pub filing: Option<String>,
    /// The day of the filing.
    pub filed: Option<NaiveDate>,
    /// The day on which the act was found.
    pub found: Option<NaiveDate>,
    /// The number of the notice.
    pub notice: Option<String>,
    /// The number of the notice of the right to a hearing.
    pub hearing: Option<String>,
    /// The codes of the kinds of penalty.
    pub kinds: Vec<String>,
    /// The fine.
    pub fine: Option<Yuan>,
    /// What is violated.
    pub violated: Vec<Citation>,
    /// Service, where the decision itself says so: its day and the last day of payment.
    pub served: Option<(NaiveDate, Option<NaiveDate>)>,
}

/// A decision on the spot.
#[derive(Debug, Clone, Default)]
pub struct Spot {
    /// The fine.
    pub fine: Option<Yuan>,
    /// Whether it was collected on the spot.
    pub collected: bool,
    /// What is violated.
    pub violated: Vec<Citation>,
}

/// One row of a service receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The code of the kind of what was served; it may be one that no bundle knows.
    pub kind: String,
    /// Its number; empty when the row gives none.
    pub number: String,
    /// When.
    pub day: NaiveDate,
}

/// A case that was closed.
#[derive(Debug, Clone, Default)]
pub struct Close {
    /// The number of the filing.
    pub filing: Option<String>,
    /// The number of the decision.
    pub decision: Option<String>,
    /// Whether there is no penalty, for a reason that is on record.
    pub no_penalty: bool,
    /// How the decision was carried out: `paid`, `paid_by_instalment`, `enforced`, `ended`, `nothing_to_execute`.
    pub execution: String,
}

impl Reading {
    /// The reading of a record; `None` when it was never read as a document.
    pub fn of(record: &Record, text: Arc<Text>) -> Option<Self> {
        let facts = record.birth.facts.as_ref()?;
        let entered_at = record.entry.as_ref().map(|entry| entry.entered_at);
        Some(Self {
            id: record.id(),
            kind: facts.kind.code().to_owned(),
            kind_name: facts.kind_name.clone(),
            number: facts.number.clone(),
            title: facts.title(),
            day: facts.document_date,
            inspection_day: facts.inspection_day(),
            state: record.state,
            entered_at,
            late: entered_at.is_some_and(|at| at >= record.birth.cut_off),
            inspection: facts.inspection_id.clone(),
            case: facts.case_id.clone(),
            text,
        })
    }

    /// Whether the platform has entered it; nothing else closes a leg.
    pub fn is_entered(&self) -> bool {
        self.state == State::Entered
    }

    /// Whether `number`, as another document writes it, means this one.
    pub fn is_called(&self, number: &str) -> bool {
        self.number.as_deref().is_some_and(|own| DocumentNumber::matches(own, number))
    }
}

impl Text {
    /// What can be said of a document from its facts alone, when its bytes are not at hand.
    pub fn of_facts(facts: &Facts) -> Self {
        let against_person = facts.party_uscc.is_none();
        let name = if against_person { String::new() } else { facts.party.0.clone() };
        let enterprise = Enterprise { name, uscc: facts.party_uscc.clone().unwrap_or_default(), town: String::new() };
        Self { enterprise, against_person, cause: String::new(), said: Said::Other }
    }

    /// What stands in a document of `kind`.
    pub fn of(kind: &str, tree: &Tree) -> Self {
        let root = tree.root();
        let at = |path: &str| tree.text(path).unwrap_or_default().to_owned();
        let employed = tree.find("Party").is_some() && tree.find("Enterprise").is_none();
        let enterprise = if employed {
            Enterprise { name: at("Party/Employer"), uscc: at("Party/EmployerUscc"), town: String::new() }
        } else {
            Enterprise { name: at("Enterprise/Name"), uscc: at("Enterprise/Uscc"), town: at("Enterprise/Town") }
        };
        let said = match kind {
            "insp_record" => Said::Record(root.all("Findings/Finding").iter().map(found).collect()),
            "rectify_order" | "onsite_measure" => Said::Order(order(&root)),
            "rectify_review" => Said::Review(review(&root)),
            "case_filing" => Said::Filing(Filing {
                found: day(&root, "FoundDate"),
                act: day(&root, "Act/End").map(|end| (end, matches!(root.value("Act/HarmToLife"), Some("true" | "1")))),
                suspected: citations(&root, "Suspected"),
            }),
            "penalty_notice" | "hearing_notice" => Said::Notice(notice(&root)),
            "penalty_org" | "penalty_person" => Said::Decision(decision(&root)),
            "spot_penalty_org" | "spot_penalty_person" => Said::Spot(Spot {
                fine: yuan(&root, "FineYuan"),
                collected: root.find("SpotCollection").is_some(),
                violated: citations(&root, "Violated"),
            }),
            "service_receipt" => Said::Receipt(root.all("Rows/Row").iter().filter_map(served).collect()),
            "case_close" => Said::Close(Close {
                filing: text(&root, "CaseRef/FilingNumber"),
                decision: text(&root, "DecisionRef/Number"),
                no_penalty: text(&root, "NoPenaltyReason").is_some(),
                execution: at("Execution/State"),
            }),
            "preserve_notice" => Said::Preserve(day(&root, "DisposalDueDate")),
            _ => Said::Other,
        };
        Self { enterprise, against_person: employed, cause: cause(&root), said }
    }
}

/// What a case is about: its cause, what is suspected, or its name without the party.
fn cause(root: &Node<'_>) -> String {
    let by_itself = text(root, "Cause").or_else(|| text(root, "SuspectedAct"));
    let by_name = || {
        let name = text(root, "CaseName").or_else(|| text(root, "CaseRef/CaseName"))?;
        let party = root.value("Party/Name").or_else(|| root.value("Enterprise/Name")).filter(|party| !party.is_empty())?;
        // A name that does not begin with the party may hold anybody's.
        Some(name.strip_prefix(party)?.strip_suffix('案')?.to_owned())
    };
    by_itself.or_else(by_name).unwrap_or_default().trim_start_matches("涉嫌").to_owned()
}

fn text(node: &Node<'_>, path: &str) -> Option<String> {
    node.value(path).filter(|value| !value.is_empty()).map(str::to_owned)
}

/// The day of a date or of a moment.
fn day(node: &Node<'_>, path: &str) -> Option<NaiveDate> {
    let value = node.value(path)?;
    value.parse().ok().or_else(|| Timestamp::parse(value).ok().map(Timestamp::beijing_day))
}

fn yuan(node: &Node<'_>, path: &str) -> Option<Yuan> {
    node.value(path).and_then(Yuan::parse)
}

fn citations(node: &Node<'_>, path: &str) -> Vec<Citation> {
    let block = node.find(path).into_iter().flat_map(|block| block.all("Citation"));
    block
        .map(|c| Citation {
            law: words::law(c.value("Law").unwrap_or_default()),
            article: words::article(c.value("Article").unwrap_or_default()),
        })
        .collect()
}

fn found(node: &Node<'_>) -> Found {
    let at = |path: &str| node.value(path).unwrap_or_default().to_owned();
    Found { no: at("@no"), text: at("Text"), category: at("Category"), disposition: at("Disposition"), basis: citations(node, "Basis") }
}

fn order(root: &Node<'_>) -> Order {
    let numbered = |node: &Node<'_>| (node.attr("no").unwrap_or_default().to_owned(), node.text().to_owned());
    let item = |node: &Node<'_>| Some((node.attr("no")?.to_owned(), node.attr("deadline")?.parse().ok()?));
    Order {
        record: text(root, "RecordRef/Number"),
        problems: root.all("Problems/Problem").iter().map(numbered).collect(),
        deadlines: root.all("ItemsToFix/Item").iter().filter_map(item).collect(),
        deadline: day(root, "Deadline"),
    }
}

fn review(root: &Node<'_>) -> Review {
    let item = |node: &Node<'_>| {
        let at = |path: &str| node.value(path).unwrap_or_default().to_owned();
        (at("@no"), at("Text"), node.value("Result") == Some("fixed"))
    };
    Review {
        of: text(root, "OrderRef/Number").unwrap_or_default(),
        items: root.all("Items/Item").iter().map(item).collect(),
        new_deadline: day(root, "NewDeadline").or_else(|| day(root, "Delay/NewDeadline")),
    }
}

fn kinds(root: &Node<'_>) -> Vec<String> {
    root.all("PenaltyKinds/PenaltyKind").iter().map(|kind| kind.text().to_owned()).collect()
}

fn notice(root: &Node<'_>) -> Notice {
    Notice {
        filing: text(root, "CaseRef/FilingNumber"),
        kinds: kinds(root),
        fine: yuan(root, "FineYuan"),
        violated: citations(root, "Violated"),
    }
}

fn decision(root: &Node<'_>) -> Decision {
    Decision {
        filing: text(root, "CaseRef/FilingNumber"),
        filed: day(root, "CaseRef/FilingDate"),
        found: day(root, "Act/FoundDate"),
        notice: text(root, "NoticeRef/Number"),
        hearing: text(root, "HearingRef/Number"),
        kinds: kinds(root),
        fine: yuan(root, "FineYuan"),
        violated: citations(root, "Violated"),
        served: day(root, "Service/ServedDate").map(|served| (served, day(root, "Service/PaymentDeadline"))),
    }
}

fn served(row: &Node<'_>) -> Option<Served> {
    let at = |path: &str| text(row, path).unwrap_or_default();
    Some(Served { kind: at("DocumentKind"), number: at("DocumentNumber"), day: day(row, "ServedDate")? })
}
