//! The document as rules see it, and how they say what they find.

use std::cell::OnceCell;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::{Ground, Rule, yuan::Yuan};
use crate::{
    calendar::Uncovered,
    check::{Attr, Context, Node, facts, mask},
    document::{DocumentNumber, Finding, Place, Reading, Severity},
    publication::Decision,
};

/// A document under judgement.
pub(super) struct Paper<'a> {
    /// The document element.
    pub(super) root: Node<'a>,
    /// Its children by name, and those of its header: nearly every rule begins with one of them.
    children: Vec<(&'a str, Node<'a>)>,
    header: Vec<(&'a str, Node<'a>)>,
    /// The code of its kind.
    pub(super) kind: &'a str,
    /// Its own date, when it has one that exists.
    pub(super) date: Option<NaiveDate>,
    pub(super) context: &'a Context<'a>,
    pub(super) ground: &'a Ground,
    /// Its number and how that was read.
    pub(super) number: Option<(Node<'a>, Reading)>,
    /// The officers it names, in order.
    pub(super) officers: Vec<Officer<'a>>,
    decision: OnceCell<Option<Decision>>,
}

/// An officer as the document names one.
pub(super) struct Officer<'a> {
    pub(super) node: Node<'a>,
    pub(super) name: &'a str,
    pub(super) certificate: &'a str,
    pub(super) level: &'a str,
}

impl<'a> Paper<'a> {
    pub(super) fn new(kind: &'a str, root: Node<'a>, context: &'a Context<'a>, ground: &'a Ground) -> Self {
        let children = by_name(root);
        let header = first(&children, "Header").map_or_else(Vec::new, by_name);
        let officers = first(&children, "Officers").map_or_else(Vec::new, officers);
        let date = first(&header, "DocumentDate").and_then(|node| day_of(node.text()));
        let number = first(&header, "DocumentNumber").map(|node| (node, DocumentNumber::read(node.text())));
        Self { root, children, header, kind, date, context, ground, number, officers, decision: OnceCell::new() }
    }

    /// The decision as it would be published, read once for all rules; `None` for every other document, and while number or date are missing.
    pub(super) fn decision(&self) -> Option<&Decision> {
        self.decision.get_or_init(|| facts::decision(self.root)).as_ref()
    }

    /// The first element at `path` below the document element.
    pub(super) fn node(&self, path: &str) -> Option<Node<'a>> {
        let (step, rest) = path.split_once('/').unwrap_or((path, ""));
        if step == "Header" && !rest.is_empty() {
            let (step, rest) = rest.split_once('/').unwrap_or((rest, ""));
            return first(&self.header, step)?.find(rest);
        }
        let node = first(&self.children, step)?;
        if rest.is_empty() { Some(node) } else { node.find(rest) }
    }

    /// The text of the element at `path`; `None` when nothing stands there.
    pub(super) fn text(&self, path: &str) -> Option<&'a str> {
        self.node(path).map(|node| node.text())
    }

    /// The element at `path` with the day that it gives: of a date, or the Beijing day of a moment.
    pub(super) fn day(&self, path: &str) -> Option<(Node<'a>, NaiveDate)> {
        let node = self.node(path)?;
        Some((node, day_of(node.text())?))
    }

    /// The element at `path` with the moment that it gives, on a Beijing wall clock.
    pub(super) fn moment(&self, path: &str) -> Option<(Node<'a>, NaiveDateTime)> {
        let node = self.node(path)?;
        Some((node, moment_of(node.text())?))
    }

    /// The element at `path` with the amount that it gives.
    pub(super) fn money(&self, path: &str) -> Option<(Node<'a>, Yuan)> {
        let node = self.node(path)?;
        Some((node, Yuan::parse(node.text())?))
    }

    /// Whether the party is a natural person.
    pub(super) fn against_person(&self) -> bool {
        self.node("Enterprise").is_none() && self.node("Party").is_some()
    }

    /// Whether the case officers include somebody of this name.
    pub(super) fn has_officer(&self, name: &str) -> bool {
        !name.is_empty() && self.officers.iter().any(|officer| officer.name == name)
    }
}

/// The children that share `node`'s namespace, with their names.
fn by_name<'a>(node: Node<'a>) -> Vec<(&'a str, Node<'a>)> {
    let namespace = node.namespace();
    node.children().filter(|child| child.namespace() == namespace).map(|child| (child.name(), child)).collect()
}

fn first<'a>(nodes: &[(&'a str, Node<'a>)], name: &str) -> Option<Node<'a>> {
    nodes.iter().find(|(known, _)| *known == name).map(|(_, node)| *node)
}

fn officers<'a>(block: Node<'a>) -> Vec<Officer<'a>> {
    let officer = |node: Node<'a>| Officer {
        node,
        name: node.value("Name").unwrap_or_default(),
        certificate: node.value("CertificateNo").unwrap_or_default(),
        level: node.value("Level").unwrap_or_default(),
    };
    block.children_named("Officer").map(officer).collect()
}

/// The element at `path` below `node` with the day that it gives.
pub(super) fn day_at<'a>(node: Node<'a>, path: &str) -> Option<(Node<'a>, NaiveDate)> {
    let node = node.find(path)?;
    Some((node, day_of(node.text())?))
}

/// The day of `2023-04-03` or of a moment that begins so.
pub(super) fn day_of(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' || (bytes.len() > 10 && bytes[10] != b'T') {
        return None;
    }
    let year = i32::try_from(digits(&bytes[..4])?).ok()?;
    NaiveDate::from_ymd_opt(year, digits(&bytes[5..7])?, digits(&bytes[8..10])?)
}

/// The wall clock of `2023-04-03T09:30:00+08:00`; the schema lets no other offset through, and it is not looked at here.
pub(super) fn moment_of(text: &str) -> Option<NaiveDateTime> {
    let day = day_of(text)?;
    let time = text.as_bytes().get(11..19)?;
    if time[2] != b':' || time[5] != b':' {
        return None;
    }
    let time = NaiveTime::from_hms_opt(digits(&time[..2])?, digits(&time[3..5])?, digits(&time[6..])?)?;
    Some(day.and_time(time))
}

fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
}

/// Where findings of one rule go.
pub(super) struct Notes<'r> {
    pub(super) rule: &'r Rule,
    pub(super) out: &'r mut Vec<Finding>,
}

/// A finding in the making.
#[must_use]
pub(super) struct Note<'n> {
    rule: &'n Rule,
    out: &'n mut Vec<Finding>,
    finding: Finding,
    words: Vec<(&'static str, String)>,
}

impl Notes<'_> {
    /// A count of the rule's parameters.
    pub(super) fn count(&self, name: &str) -> u32 {
        self.rule.params.count(name)
    }

    /// A finding at `node`, with its text as the value, personal numbers covered.
    pub(super) fn at<'n>(&'n mut self, node: &Node<'_>) -> Note<'n> {
        let mut note = self.blank();
        note.finding.place = node.place();
        note.finding.path = node.path();
        note.finding.label = node.label();
        note.finding.value = mask::shown(node.text(), &note.finding.path);
        note
    }

    /// A finding at an attribute, with its value.
    pub(super) fn at_attr<'n>(&'n mut self, attr: &Attr<'_>) -> Note<'n> {
        let mut note = self.blank();
        note.finding.place = attr.place();
        note.finding.path = attr.path();
        note.finding.label = attr.label();
        note.finding.value = mask::shown(attr.value(), &note.finding.path);
        note
    }

    /// Says that the rule could not be judged at `node` because the calendar ends before; never more than a warning.
    pub(super) fn unchecked(&mut self, node: &Node<'_>, uncovered: &Uncovered) {
        let year = uncovered.day.format("%Y");
        let mut note = self.at(node).at_most(Severity::Warning);
        note.finding.message = format!("“{}”这一项没有核对：工作日历里没有{year}年的数据。", note.rule.title_zh);
        note.finding.advice = format!("请把{year}年的日历文件放进日历文件夹后重新检查，在此之前请人工核对期限。");
        note.out.push(note.finding);
    }

    fn blank(&mut self) -> Note<'_> {
        let finding = Finding {
            rule: self.rule.id.clone(),
            severity: self.rule.severity,
            place: Default::default(),
            path: String::new(),
            label: String::new(),
            value: String::new(),
            message: String::new(),
            wanted: String::new(),
            advice: String::new(),
            law: self.rule.law_ref.clone(),
        };
        Note { rule: self.rule, out: self.out, finding, words: Vec::new() }
    }
}

impl Note<'_> {
    /// Another value than the element's text, shortened.
    pub(super) fn value(mut self, value: &str) -> Self {
        self.finding.value = mask::shown(value, "");
        self
    }

    /// A place within the element.
    pub(super) fn placed(mut self, place: Place) -> Self {
        self.finding.place = place;
        self
    }

    /// What is wanted instead.
    pub(super) fn wanted(mut self, wanted: impl Into<String>) -> Self {
        self.finding.wanted = wanted.into();
        self
    }

    /// A word for the catalogue's sentences: `{name}`.
    pub(super) fn with(mut self, name: &'static str, word: impl Into<String>) -> Self {
        self.words.push((name, word.into()));
        self
    }

    /// The finding weighs no more than `severity`.
    pub(super) fn at_most(mut self, severity: Severity) -> Self {
        self.finding.severity = self.finding.severity.min(severity);
        self
    }

    /// Says it.
    pub(super) fn say(mut self) {
        self.finding.message = self.fill(&self.rule.message_zh);
        self.finding.advice = self.fill(&self.rule.fix_zh);
        self.out.push(self.finding);
    }

    /// Fills `{…}` in a sentence of the catalogue; a word that nobody gave stays empty.
    fn fill(&self, sentence: &str) -> String {
        let mut text = String::with_capacity(sentence.len() + 32);
        let mut rest = sentence;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            match name {
                "value" => text.push_str(&self.finding.value),
                "wanted" => text.push_str(&self.finding.wanted),
                "label" => text.push_str(&self.finding.label),
                _ => text.extend(self.words.iter().find(|(known, _)| *known == name).map(|(_, word)| word.as_str())),
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }
}

/// `2023年4月3日`.
pub(super) fn spoken(day: NaiveDate) -> String {
    day.format("%Y年%-m月%-d日").to_string()
}
