//! A penalty decision as it must be published: its own document turned into the CF_ fields (domain.md §2.1, §2.2, §2.6).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    Leaves,
    columns::{Column, ORGANISATION, PERSON},
    leaves, term,
};
use crate::document::{DocumentNumber, Facts, Kind, Name, Ruling, Yuan};

/// The way in which decisions are read. It goes up whenever a decision read anew could come to another [`Ruling`].
const READING: u16 = 1;

/// The four kinds of document that decide a penalty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    /// 行政处罚决定书（单位）.
    Organisation,
    /// 行政处罚决定书（个人）.
    Person,
    /// 行政（当场）处罚决定书（单位）.
    SpotOrganisation,
    /// 行政（当场）处罚决定书（个人）.
    SpotPerson,
}

impl DecisionKind {
    /// The kind of decision that documents of `kind` are; `None` for every other document.
    pub fn of(kind: &Kind) -> Option<Self> {
        Some(match kind.code() {
            "penalty_org" => Self::Organisation,
            "penalty_person" => Self::Person,
            "spot_penalty_org" => Self::SpotOrganisation,
            "spot_penalty_person" => Self::SpotPerson,
            _ => return None,
        })
    }

    fn of_root(root: &str) -> Option<Self> {
        Some(match root {
            "PenaltyOrg" => Self::Organisation,
            "PenaltyPerson" => Self::Person,
            "SpotPenaltyOrg" => Self::SpotOrganisation,
            "SpotPenaltyPerson" => Self::SpotPerson,
            _ => return None,
        })
    }

    /// Whether it was decided by the simple procedure.
    pub const fn on_the_spot(self) -> bool {
        matches!(self, Self::SpotOrganisation | Self::SpotPerson)
    }
}

/// CF_XDR_LB: exactly one of three (domain.md §2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// 法人及非法人组织.
    Organisation,
    /// 个体工商户: a credit code of 92…, in the table for organisations all the same.
    SoleTrader,
    /// 自然人.
    Person,
}

impl Category {
    fn of(kind: DecisionKind, uscc: Option<&str>) -> Self {
        match uscc {
            _ if matches!(kind, DecisionKind::Person | DecisionKind::SpotPerson) => Self::Person,
            Some(code) if code.starts_with("92") => Self::SoleTrader,
            _ => Self::Organisation,
        }
    }

    /// The word of the template.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Organisation => "法人及非法人组织",
            Self::SoleTrader => "个体工商户",
            Self::Person => "自然人",
        }
    }
}

/// What a decision says that is published, or decides whether and until when it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What it is.
    pub kind: DecisionKind,
    /// Its number as written, normalised.
    pub number: String,
    /// Its day.
    pub date: NaiveDate,
    /// Whom it is against.
    pub category: Category,
    /// 行政相对人名称.
    pub party: Name,
    /// The party's credit code; `None` for a person.
    pub uscc: Option<String>,
    /// 法定代表人, or the operator of a sole trader.
    pub legal_rep: Name,
    /// 证件类型 of a person.
    pub id_kind: String,
    /// 证件号码 of a person: filed, never shown.
    pub id_number: Name,
    /// 违法行为类型.
    pub violated: String,
    /// 违法事实.
    pub facts: String,
    /// 处罚依据.
    pub basis: String,
    /// 处罚类别, each by its word.
    pub kinds: Vec<String>,
    /// 处罚内容.
    pub content: String,
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

/// What [`Decision::of`] asks for; a decision has five times as much, and there are thousands of decisions.
const ASKED_FOR: [&str; 23] = [
    "Header/DocumentNumber",
    "Header/DocumentDate",
    "Header/IssuingOrg/Name",
    "Header/IssuingOrg/Uscc",
    "Enterprise/Name",
    "Enterprise/Uscc",
    "Enterprise/LegalRep",
    "Party/Name",
    "Party/IdKind",
    "Party/IdNumber",
    "Facts",
    "Violated/Citation/Law",
    "Violated/Citation/Article",
    "Violated/Text",
    "Basis/Citation/Law",
    "Basis/Citation/Article",
    "Basis/Text",
    "PenaltyKinds/PenaltyKind",
    "PenaltyKinds/PenaltyKind/@name",
    "PenaltyText",
    "FineYuan",
    "ConfiscatedYuan",
    "LicenceNote",
];

impl Decision {
    /// Reads a decision's bytes as they are sent; `None` for any other document.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (root, leaves) = leaves::read(std::str::from_utf8(bytes).ok()?, &ASKED_FOR)?;
        Self::of(&root, &leaves)
    }

    /// The decision that a document of this root element says; `None` for any other document, and for one without number or date.
    pub fn of(root: &str, leaves: &Leaves) -> Option<Self> {
        let kind = DecisionKind::of_root(root)?;
        let uscc = leaves.one("Enterprise/Uscc");
        let category = Category::of(kind, uscc.as_deref());
        let violated = leaves.cited("Violated");
        Some(Self {
            kind,
            number: DocumentNumber::read(&leaves.one("Header/DocumentNumber")?).text,
            date: leaves.get("Header/DocumentDate").parse().ok()?,
            category,
            party: Name(leaves.one("Enterprise/Name").or_else(|| leaves.one("Party/Name")).unwrap_or_default()),
            uscc: uscc.filter(|_| category != Category::Person),
            legal_rep: Name(leaves.get("Enterprise/LegalRep")),
            id_kind: id_kind(&leaves.get("Party/IdKind")).to_owned(),
            id_number: Name(leaves.get("Party/IdNumber")),
            violated: if violated.is_empty() { violated } else { format!("违反{violated}") },
            facts: leaves.get("Facts"),
            basis: leaves.cited("Basis"),
            kinds: kinds(leaves),
            content: leaves.get("PenaltyText"),
            fine: Yuan::parse(&leaves.get("FineYuan")),
            confiscated: Yuan::parse(&leaves.get("ConfiscatedYuan")),
            licence: leaves.get("LicenceNote"),
            authority: leaves.get("Header/IssuingOrg/Name"),
            authority_code: leaves.get("Header/IssuingOrg/Uscc"),
        })
    }

    /// What is kept of it beside its facts.
    pub fn ruling(self) -> Ruling {
        Ruling {
            reading: READING,
            legal_rep: self.legal_rep,
            kinds: self.kinds,
            fine: self.fine,
            confiscated: self.confiscated,
            licence: self.licence,
            authority: self.authority,
            authority_code: self.authority_code,
        }
    }

    /// A decision as far as it is compared, by what is kept of it; `None` where nothing is, or another reading's. Its long texts are empty.
    pub fn kept(facts: &Facts) -> Option<Self> {
        let ruling = facts.ruling.as_deref().filter(|ruling| ruling.reading == READING)?;
        let (kind, number) = (DecisionKind::of(&facts.kind)?, facts.number.clone()?);
        Some(Self {
            legal_rep: ruling.legal_rep.clone(),
            kinds: ruling.kinds.clone(),
            fine: ruling.fine,
            confiscated: ruling.confiscated,
            licence: ruling.licence.clone(),
            authority: ruling.authority.clone(),
            authority_code: ruling.authority_code.clone(),
            ..Self::bare(kind, number, facts.document_date, facts.party.clone(), facts.party_uscc.clone())
        })
    }

    /// A decision of which only this much is known: its own document cannot be read back.
    pub fn bare(kind: DecisionKind, number: String, date: NaiveDate, party: Name, uscc: Option<String>) -> Self {
        let category = Category::of(kind, uscc.as_deref());
        Self {
            kind,
            number,
            date,
            category,
            party,
            uscc: uscc.filter(|_| category != Category::Person),
            legal_rep: Name::default(),
            id_kind: String::new(),
            id_number: Name::default(),
            violated: String::new(),
            facts: String::new(),
            basis: String::new(),
            kinds: Vec::new(),
            content: String::new(),
            fine: None,
            confiscated: None,
            licence: String::new(),
            authority: String::new(),
            authority_code: String::new(),
        }
    }

    /// The template that it belongs into.
    pub fn columns(&self) -> &'static [Column] {
        if self.category == Category::Person { &PERSON } else { &ORGANISATION }
    }

    /// What stands in a column; empty when nothing does. The legal representative's ID number is never there.
    pub fn field(&self, name: &str) -> String {
        let person = self.category == Category::Person;
        match name {
            "CF_XDR_MC" => self.party.0.clone(),
            "CF_XDR_LB" => self.category.word().to_owned(),
            "CF_XDR_SHXYM" => self.uscc.clone().unwrap_or_default(),
            "CF_FRDB" if !person => self.legal_rep.0.clone(),
            "CF_XDR_ZJLX" if person => self.id_kind.clone(),
            "CF_XDR_ZJHM" if person => self.id_number.0.clone(),
            "CF_WSH" => self.number.clone(),
            "CF_WFXW" => self.violated.clone(),
            "CF_SY" => self.facts.clone(),
            "CF_YJ" => self.basis.clone(),
            "CF_CFLB" => self.kinds.join("；"),
            "CF_NR" => self.content.clone(),
            "CF_NR_FK" => self.fine.map(Yuan::wan).unwrap_or_default(),
            "CF_NR_WFFF" => self.confiscated.map(Yuan::wan).unwrap_or_default(),
            "CF_NR_ZKDX" => self.licence.clone(),
            "CF_JDRQ" => self.date.to_string(),
            // Without an end of its own a decision holds for good (domain.md §2.1).
            "CF_YXQ" => "2099-12-31".to_owned(),
            "CF_GSJZQ" => term::proposed_end(self.date).map(|end| end.to_string()).unwrap_or_default(),
            "CF_CFJG" | "CF_SJLY" => self.authority.clone(),
            "CF_CFJGDM" | "CF_SJLYDM" => self.authority_code.clone(),
            // The template for organisations has no column for it.
            "BZ" if self.category == Category::SoleTrader => self.category.word().to_owned(),
            _ => String::new(),
        }
    }

    /// Whether the kinds of penalty call for what a column holds (domain.md §2.1, 罚款 → CF_NR_FK and so on).
    pub fn calls_for(&self, column: &str) -> bool {
        let any = |words: &[&str]| self.kinds.iter().any(|kind| words.iter().any(|word| kind.contains(word)));
        match column {
            "CF_NR_FK" => any(&["罚款"]),
            "CF_NR_WFFF" => any(&["没收"]),
            "CF_NR_ZKDX" => any(&["暂扣", "吊销"]),
            // No code is 17 zeros and X, and then the registration number is wanted.
            "CF_XDR_GSZC" => self.uscc.as_deref() == Some("00000000000000000X"),
            _ => false,
        }
    }
}

/// The kinds in words; `other` is `其他-` and its name.
fn kinds(leaves: &Leaves) -> Vec<String> {
    let mut kinds: Vec<String> = Vec::new();
    for (path, value) in leaves.all() {
        match path {
            "PenaltyKinds/PenaltyKind" => kinds.push(kind_word(value).to_owned()),
            "PenaltyKinds/PenaltyKind/@name" => kinds.push(format!("其他-{value}")),
            _ => {}
        }
    }
    // An attribute comes before its element's text, which then only says that it is another kind.
    kinds.retain(|kind| kind != "其他");
    kinds
}

/// The word of 行政处罚法第九条 for a code of `penalty-kinds.csv`.
fn kind_word(code: &str) -> &str {
    match code {
        "warning" => "警告",
        "criticism" => "通报批评",
        "fine" => "罚款",
        "confiscate_gains" => "没收违法所得",
        "confiscate_goods" => "没收非法财物",
        "suspend_licence" => "暂扣许可证件",
        "lower_qualification" => "降低资质等级",
        "revoke_licence" => "吊销许可证件",
        "limit_operation" => "限制开展生产经营活动",
        "stop_production" => "责令停产停业",
        "close_down" => "责令关闭",
        "ban_from_work" => "限制从业",
        "detention" => "行政拘留",
        "other" => "其他",
        code => code,
    }
}

/// The word of the template for a code of `id-kinds.csv`.
fn id_kind(code: &str) -> &str {
    match code {
        "id_card" => "身份证",
        "passport" => "护照号",
        "hk_macao_permit" => "港澳居民来往内地通行证",
        "taiwan_permit" => "台湾居民来往大陆通行证",
        "foreign_residence" => "外国人永久居留身份证",
        code => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORG: &[u8] = include_bytes!("../../mocks/drafts/fit/penalty_org.xml");
    const ONE: &[u8] = include_bytes!("../../mocks/drafts/fit/penalty_person.xml");
    const SPOT: &[u8] = include_bytes!("../../mocks/drafts/fit/spot_penalty_org.xml");

    fn body(bytes: &[u8]) -> &[u8] {
        let at = bytes.windows(2).rposition(|two| two == b"?>").map_or(0, |at| at + 2);
        &bytes[at..]
    }

    fn filled(decision: &Decision) -> String {
        decision.columns().iter().map(|c| format!("{:<14}{}\n", c.field, decision.field(c.field))).collect()
    }

    #[test]
    fn a_decision_against_an_organisation_fills_twenty_six_columns() {
        let decision = Decision::read(body(ORG)).unwrap();
        assert_eq!(decision.columns().len(), 26);
        insta::assert_snapshot!(filled(&decision));
    }

    #[test]
    fn a_decision_against_a_person_fills_twenty() {
        let decision = Decision::read(body(ONE)).unwrap();
        assert_eq!(decision.columns().len(), 20);
        insta::assert_snapshot!(filled(&decision));
    }

    #[test]
    fn a_sole_trader_stands_among_the_organisations() {
        let text = String::from_utf8(body(ORG).to_vec()).unwrap().replace("<Uscc>91370302", "<Uscc>92370302");
        let decision = Decision::read(text.as_bytes()).unwrap();
        assert_eq!((decision.category, decision.field("CF_XDR_LB").as_str()), (Category::SoleTrader, "个体工商户"));
        assert_eq!((decision.columns().len(), decision.field("BZ").as_str()), (26, "个体工商户"));
    }

    #[test]
    fn decisions_on_the_spot_are_decisions_and_other_documents_are_not() {
        assert!(Decision::read(body(SPOT)).unwrap().kind.on_the_spot());
        for other in ["penalty_notice", "insp_record", "case_close"] {
            let bytes = std::fs::read(format!("mocks/drafts/fit/{other}.xml")).unwrap();
            assert_eq!(Decision::read(body(&bytes)), None, "{other}");
        }
        assert_eq!(Decision::read(b"<PenaltyOrg><Header>"), None);
        assert_eq!(Decision::read(b""), None);
    }

    #[test]
    fn another_kind_of_penalty_is_published_by_its_name() {
        let text = String::from_utf8(body(ORG).to_vec()).unwrap();
        let text = text.replace(
            "<PenaltyKind>fine</PenaltyKind>",
            "<PenaltyKind>fine</PenaltyKind><PenaltyKind name=\"公开检讨\">other</PenaltyKind>",
        );
        let decision = Decision::read(text.as_bytes()).unwrap();
        assert_eq!(decision.kinds, ["罚款", "其他-公开检讨"]);
        assert!(decision.calls_for("CF_NR_FK") && !decision.calls_for("CF_NR_WFFF"));
    }
}
