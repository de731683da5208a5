//! Stale forms: wordings and article numbers that the law has left behind (domain.md §0.1, §3.6).

use std::borrow::Cow;

use super::{
    ParamKind, Predicate, citation,
    paper::{Notes, Paper},
};
use crate::check::Node;

pub(super) static PREDICATES: &[Predicate] = &[
    Predicate::with("STALE-1", &[("articles", ParamKind::Tables)], old_articles_of_the_penalty_law),
    Predicate::with("STALE-2", &[("working_days", ParamKind::Count), ("words", ParamKind::Texts)], old_hearing_term),
    Predicate::with("STALE-3", &[("words", ParamKind::Texts)], old_name_of_the_office),
    Predicate::with("STALE-4", &[("wanted", ParamKind::Texts), ("not", ParamKind::Texts)], old_review_authority),
    Predicate::with("STALE-5", &[("laws", ParamKind::Texts), ("new", ParamKind::Texts)], law_that_was_rewritten),
];

const PENALTY_LAW: &str = "行政处罚法";
/// A text shorter than this has no room for a law and an article.
const SHORTEST: usize = "《行政处罚法》第一条".len();

fn is_penalty_law(law: &str) -> bool {
    citation::law_name(law).ends_with(PENALTY_LAW)
}

/// One subject of table 3.6.
struct Moved<'r> {
    subject: &'r str,
    old: &'r [toml::Value],
    new: &'r str,
    kinds: &'r [toml::Value],
    words: &'r [toml::Value],
    not_words: &'r [toml::Value],
}

fn moved<'r>(notes: &Notes<'r>) -> Vec<Moved<'r>> {
    let rule = notes.rule;
    let list = |table: &'r toml::Table, key: &str| table.get(key).and_then(toml::Value::as_array).map_or(&[][..], Vec::as_slice);
    let text = |table: &'r toml::Table, key: &str| table.get(key).and_then(toml::Value::as_str).unwrap_or_default();
    rule.params
        .tables("articles")
        .map(|t| Moved {
            subject: text(t, "subject"),
            old: list(t, "old"),
            new: text(t, "new"),
            kinds: list(t, "kinds"),
            words: list(t, "words"),
            not_words: list(t, "not_words"),
        })
        .collect()
}

impl Moved<'_> {
    fn is_old(&self, article: u16) -> bool {
        self.old.iter().any(|old| old.as_integer() == Some(i64::from(article)))
    }

    /// Whether the block is the legal basis of this subject, by the kind and, where a document has two, by the block: there the old number
    /// cannot mean anything else.
    fn is_basis(&self, kind: &str, block: Option<Node<'_>>) -> bool {
        let of = |known: &str| match known.split_once('/') {
            Some((of, within)) => of == kind && block.is_some_and(|block| block.name() == within),
            None => known == kind && block.is_some_and(|block| matches!(block.name(), "RightsBasis" | "Basis")),
        };
        self.kinds.iter().filter_map(toml::Value::as_str).any(of)
    }

    /// What an article is about, by the words around it: `true` that it is this subject, `false` that it is what the number stands for today.
    fn spoken_of(&self, words: &str) -> Option<bool> {
        let any = |of: &[toml::Value]| of.iter().filter_map(toml::Value::as_str).any(|word| words.contains(word));
        if any(self.not_words) { Some(false) } else { any(self.words).then_some(true) }
    }

    /// Whether an article in a block, among these words, is the old one of this subject.
    fn is_meant(&self, article: u16, kind: &str, block: Option<Node<'_>>, words: &str) -> bool {
        self.is_old(article) && self.spoken_of(words).unwrap_or_else(|| self.is_basis(kind, block))
    }
}

fn old_articles_of_the_penalty_law(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let mut subjects = None;
    for node in paper.root.descendants() {
        if node.name() == "Citation" {
            if is_penalty_law(node.value("Law").unwrap_or_default()) {
                cited(paper, notes, subjects.get_or_insert_with(|| moved(notes)), node);
            }
        } else if node.text().len() >= SHORTEST && node.text().contains('《') && node.text().contains(PENALTY_LAW) {
            let subjects = &*subjects.get_or_insert_with(|| moved(notes));
            written(paper, notes, subjects, node);
        }
    }
}

/// A citation in its own fields. It stands for the document's subject where the field is the basis of the act itself.
fn cited(paper: &Paper<'_>, notes: &mut Notes<'_>, subjects: &[Moved<'_>], node: Node<'_>) {
    let Some(field) = node.child("Article") else {
        return;
    };
    let Some(article) = citation::article(field.text()) else {
        return;
    };
    let block = node.parent();
    let words = block.and_then(|block| block.value("Text")).unwrap_or_default();
    if let Some(subject) = subjects.iter().find(|s| s.is_meant(article, paper.kind, block, words)) {
        say(notes, field, subject, article);
    }
}

fn written(paper: &Paper<'_>, notes: &mut Notes<'_>, subjects: &[Moved<'_>], node: Node<'_>) {
    let text = node.text();
    for found in citation::citations(text).filter(|found| is_penalty_law(found.law)) {
        let sentence = sentence_around(text, found.at);
        if let Some(subject) = subjects.iter().find(|s| s.is_meant(found.article, paper.kind, node.parent(), sentence)) {
            say(notes, node, subject, found.article);
        }
    }
}

fn sentence_around(text: &str, at: usize) -> &str {
    let (start, end) = sentence_at(text, at);
    &text[start..end]
}

fn sentence_at(text: &str, at: usize) -> (usize, usize) {
    const STOPS: [char; 3] = ['。', '；', ';'];
    let after = |stop: usize| stop + text[stop..].chars().next().map_or(1, char::len_utf8);
    let start = text[..at].rfind(STOPS).map_or(0, after);
    let end = text[at..].find(STOPS).map_or(text.len(), |stop| at + stop);
    (start, end)
}

fn say(notes: &mut Notes<'_>, node: Node<'_>, subject: &Moved<'_>, article: u16) {
    let old = format!("第{}条", citation::written(article));
    notes.at(&node).wanted(subject.new).with("old", old).with("subject", subject.subject).say();
}

fn old_hearing_term(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let wanted = notes.count("working_days");
    if let Some(node) = paper.node("RequestWorkingDays")
        && node.text().parse::<u32>().is_ok_and(|days| days < wanted)
    {
        notes.at(&node).wanted(format!("{wanted}个工作日")).with("detail", format!("写的是{}日", node.text())).say();
        return;
    }
    for node in paper.root.descendants().filter(|node| node.text().len() >= SHORTEST && node.text().contains("听证")) {
        let text: String = node.text().chars().map(|c| citation::digit(c).unwrap_or(c)).collect();
        let of_hearing = |word: &&str| text.match_indices(*word).any(|(at, _)| is_about_a_hearing(&text, at));
        if let Some(old) = notes.rule.params.texts("words").find(of_hearing) {
            notes.at(&node).wanted(format!("{wanted}个工作日")).with("detail", format!("写的是“{old}”")).say();
            return;
        }
    }
}

/// Whether the term at `at` is that of a hearing: a notice also gives one for statements (陈述、申辩). Within its sentence the right that is
/// named last before it counts, else the one that is named first after it.
fn is_about_a_hearing(text: &str, at: usize) -> bool {
    let (start, end) = sentence_at(text, at);
    let (before, after) = (&text[start..at], &text[at..end]);
    let rights = ["听证", "陈述", "申辩"];
    let last = rights.iter().filter_map(|right| Some((before.rfind(right)?, *right))).max();
    let first = rights.iter().filter_map(|right| Some((after.find(right)?, *right))).min();
    last.or(first).is_some_and(|(_, right)| right == "听证")
}

fn old_name_of_the_office(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    for path in ["Header/IssuingOrg/Name", "Header/DocumentNumber", "CertificatesShown"] {
        let Some(node) = paper.node(path) else {
            continue;
        };
        if let Some(word) = notes.rule.params.texts("words").find(|word| node.text().contains(word)) {
            notes.at(&node).with("word", word).say();
        }
    }
}

fn old_review_authority(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(node) = paper.node("Remedy/ReviewAuthority") else {
        return;
    };
    let has = |words: &'static str| notes.rule.params.texts(words).any(|word| node.text().contains(word));
    if !node.text().is_empty() && (!has("wanted") || has("not")) {
        notes.at(&node).wanted("本级人民政府").say();
    }
}

fn law_that_was_rewritten(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    // An order's number alone, 总局令第15号, is shorter than a law with its article.
    let shortest = notes.rule.params.texts("laws").map(str::len).min().unwrap_or(SHORTEST);
    for node in paper.root.descendants().filter(|node| node.text().len() >= shortest) {
        let text = node.text();
        // A line may be broken within a name.
        let whole = if text.contains(char::is_whitespace) { text.split_whitespace().collect() } else { Cow::Borrowed(text) };
        let named = notes.rule.params.texts("laws").find(|law| whole.contains(law)).filter(|_| {
            // Who names the order that rewrote it has the new one before him.
            !notes.rule.params.texts("new").any(|new| whole.contains(new))
        });
        if let Some(law) = named {
            let article = node.parent().and_then(|citation| citation.value("Article")).unwrap_or_default();
            notes.at(&node).with("law", law).with("article", article).say();
        }
    }
}
