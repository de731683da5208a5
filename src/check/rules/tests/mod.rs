//! Every rule with a document that breaks it and one that does not, written as the few elements that it looks at.

mod amounts;
mod catalogue;
mod codes;
mod days;
mod forms;
mod people;
mod publicity;
mod references;
mod said;
mod soft;
mod stale;
mod wording;

use std::{collections::HashMap, sync::Arc};

use uuid::Uuid;

use super::*;
use crate::{
    calendar::Calendar,
    check::{CaseDocument, Roster, schema::Labels},
    document::{AuthorLevel, DocumentNumber, Facts, Name, Severity},
};

/// The day of the check, after every document in these tests.
pub(super) const TODAY: &str = "2026-12-01";

#[derive(serde::Deserialize)]
struct Bundle {
    kind: Vec<BundleKind>,
}

#[derive(serde::Deserialize)]
struct BundleKind {
    code: String,
    root: String,
    name: String,
    word: String,
    lane: Lane,
}

fn bundle() -> Bundle {
    toml::from_str(include_str!("../../../../config/platform/shandong/bundle.toml")).unwrap()
}

/// The shipped profile's ground.
pub(super) fn ground() -> Ground {
    let list = |text| CodeList::parse(text).unwrap();
    let kinds =
        bundle().kind.into_iter().map(|kind| (kind.code, KindWords { name: kind.name, word: kind.word, lane: kind.lane })).collect();
    Ground {
        kinds,
        lists: HashMap::from([
            ("towns".to_owned(), list(include_str!("../../../../config/platform/shandong/towns.csv"))),
            ("industries".to_owned(), list(include_str!("../../../../config/platform/shandong/industries.csv"))),
            ("penalty_kinds".to_owned(), list(include_str!("../../../../config/platform/shandong/penalty-kinds.csv"))),
            ("service_methods".to_owned(), list(include_str!("../../../../config/platform/shandong/service-methods.csv"))),
        ]),
        allowed_codes: AllowList::parse("code,reason\n91350100M0001TGQXM,早期试点地区发放，已与营业执照核对\n").unwrap(),
        exceptions: Exceptions::default(),
        calendar: Arc::new(Calendar::embedded().unwrap()),
    }
}

/// The shipped rules, all of them on.
pub(super) fn all_on() -> RuleSet {
    let mut catalogue = Catalogue::embedded().unwrap();
    for rule in &mut catalogue.rules {
        rule.enabled = true;
    }
    RuleSet::new(catalogue, ground()).unwrap()
}

/// One document with what stands beside it, and what one rule should say of it.
pub(super) struct Case {
    rule: &'static str,
    xml: String,
    kind: String,
    others: Vec<(String, String)>,
    namesakes: Vec<Facts>,
    roster: Option<Roster>,
    /// Words that the finding must contain, and its severity when that is not the catalogue's; none when the rule must be silent.
    wanted: Option<&'static str>,
    severity: Option<Severity>,
}

/// The rule must say something that contains `words`.
pub(super) fn fails(rule: &'static str, kind: &str, date: &str, body: &str, words: &'static str) -> Case {
    let mut case = passes(rule, kind, date, body);
    case.wanted = Some(words);
    case
}

/// The rule must be silent.
pub(super) fn passes(rule: &'static str, kind: &str, date: &str, body: &str) -> Case {
    Case {
        rule,
        xml: document(kind, date, body),
        kind: kind.to_owned(),
        others: Vec::new(),
        namesakes: Vec::new(),
        roster: None,
        wanted: None,
        severity: None,
    }
}

impl Case {
    /// With another text in a header's element.
    pub(super) fn header(mut self, name: &str, text: &str) -> Self {
        self.xml = with_header(&self.xml, name, text);
        self
    }

    /// With another document of the same case.
    pub(super) fn beside(mut self, kind: &str, date: &str, body: &str) -> Self {
        self.others.push((kind.to_owned(), document(kind, date, body)));
        self
    }

    /// With a change in the last of the other documents.
    pub(super) fn whose(mut self, name: &str, text: &str) -> Self {
        let (_, xml) = self.others.last_mut().unwrap();
        *xml = with_header(xml, name, text);
        self
    }

    /// In a penalty case.
    pub(super) fn of_case(mut self, case: &str) -> Self {
        self.xml = with_case(&self.xml, case);
        self
    }

    /// With the last of the other documents in a penalty case.
    pub(super) fn whose_case(mut self, case: &str) -> Self {
        let (_, xml) = self.others.last_mut().unwrap();
        *xml = with_case(xml, case);
        self
    }

    /// With another document of the same number.
    pub(super) fn namesake(mut self, kind: &str, date: &str, body: &str) -> Self {
        let xml = document(kind, date, body);
        let mut facts = facts(kind, &tree(&xml));
        facts.draft_id = Uuid::from_u128(7);
        self.namesakes.push(facts);
        self
    }

    pub(super) fn roster(mut self, roster: Roster) -> Self {
        self.roster = Some(roster);
        self
    }

    pub(super) fn only(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    fn findings(&self, rules: &RuleSet) -> Vec<Finding> {
        self.findings_under(rules, &Arc::default())
    }

    /// What its rule says, in the words of a schema.
    pub(super) fn findings_under(&self, rules: &RuleSet, labels: &Arc<Labels>) -> Vec<Finding> {
        let tree = Tree::parse(self.xml.as_str().into(), Arc::clone(labels)).unwrap();
        let others: Vec<CaseDocument> = self
            .others
            .iter()
            .map(|(kind, xml)| {
                let tree = self::tree(xml);
                CaseDocument { facts: facts(kind, &tree), tree: Arc::new(tree) }
            })
            .collect();
        let context = Context { today: TODAY.parse().unwrap(), case: &others, same_number: &self.namesakes, roster: self.roster.as_ref() };
        let findings = rules.judge(&Kind::new(&*self.kind), &tree, &context);
        findings.into_iter().filter(|finding| finding.rule == self.rule).collect()
    }
}

/// Judges every case and tells of all that went wrong.
pub(super) fn judge(cases: &[Case]) {
    let rules = all_on();
    let mut wrong = Vec::new();
    for case in cases {
        let findings = case.findings(&rules);
        let (rule, xml) = (case.rule, &case.xml);
        match (case.wanted, findings.as_slice()) {
            (None, []) => {}
            (Some(words), [finding, ..]) => {
                let said = format!("{}|{}|{}|{}", finding.message, finding.wanted, finding.advice, finding.value);
                let catalogued = rules.rules.iter().find(|loaded| loaded.rule.id == rule).unwrap().rule.severity;
                if !said.contains(words) {
                    wrong.push(format!("{rule} should say {words:?}, said {said:?} of\n{xml}"));
                }
                if said.contains(['{', '}'])
                    || finding.message.contains("“”")
                    || finding.advice.contains("“”")
                    || finding.message.contains("：。")
                {
                    wrong.push(format!("{rule} left a gap in {said:?}"));
                }
                if finding.severity != case.severity.unwrap_or(catalogued) || finding.place.line == 0 || finding.path.is_empty() {
                    wrong.push(format!("{rule}: {finding:?}"));
                }
            }
            (None, findings) => wrong.push(format!("{rule} should be silent, said {findings:?} of\n{xml}")),
            (Some(words), []) => wrong.push(format!("{rule} should say {words:?}, was silent about\n{xml}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn document(kind: &str, date: &str, body: &str) -> String {
    let kind = bundle().kind.into_iter().find(|known| known.code == kind).unwrap();
    let number = if kind.word.is_empty() {
        String::new()
    } else {
        format!("<DocumentNumber>（淄）应急{}〔{}〕12号</DocumentNumber>", kind.word, &date[..4])
    };
    format!(
        "<{root} xmlns=\"urn:dangri:document:1\">\n<Header><DraftId>{id}</DraftId><Kind>{code}</Kind>{number}\
         <IssuingOrg><Name>淄川区应急管理局</Name><Uscc>113703020042700086</Uscc></IssuingOrg>\
         <DocumentDate>{date}</DocumentDate><InspectionId>JC-1</InspectionId><AuthorLevel>district</AuthorLevel></Header>\n{body}\n</{root}>",
        root = kind.root,
        code = kind.code,
        id = Uuid::from_u128(1),
    )
}

fn with_header(xml: &str, name: &str, text: &str) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let from = xml.find(&open).unwrap() + open.len();
    let to = from + xml[from..].find(&close).unwrap();
    format!("{}{text}{}", &xml[..from], &xml[to..])
}

fn with_case(xml: &str, case: &str) -> String {
    xml.replacen("</InspectionId>", &format!("</InspectionId><CaseId>{case}</CaseId>"), 1)
}

fn tree(xml: &str) -> Tree {
    Tree::parse(xml.into(), Arc::new(Labels::default())).unwrap()
}

fn facts(kind: &str, tree: &Tree) -> Facts {
    let known = bundle().kind.into_iter().find(|known| known.code == kind).unwrap();
    let text = |path: &str| tree.text(path).map(str::to_owned);
    Facts {
        kind: Kind::new(kind),
        kind_name: known.name,
        lane: known.lane,
        rank: 0,
        number: tree.text("Header/DocumentNumber").map(|number| DocumentNumber::read(number).text),
        number_as_written: None,
        draft_id: tree.text("Header/DraftId").unwrap().parse().unwrap(),
        schema_version: "2023.1".to_owned(),
        author_level: AuthorLevel::District,
        author: Name::default(),
        party: Name(text("Enterprise/Name").or_else(|| text("Party/Name")).unwrap_or_default()),
        party_uscc: text("Enterprise/Uscc"),
        document_date: tree.text("Header/DocumentDate").unwrap().parse().unwrap(),
        inspection_id: text("Header/InspectionId"),
        case_id: text("Header/CaseId"),
        inspection_end: None,
        ruling: None,
    }
}
