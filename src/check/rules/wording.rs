//! Wording: slips that a reader would see (domain.md §3.8). Never more than warnings.

use super::{
    ParamKind, Predicate, citation,
    paper::{Notes, Paper},
    yuan::Yuan,
};
use crate::check::Node;

pub(super) static PREDICATES: &[Predicate] = &[
    Predicate::new("TXT-1", title_marks_are_balanced),
    Predicate::new("TXT-2", no_doubled_punctuation),
    Predicate::new("TXT-3", one_way_of_writing_dates),
    Predicate::new("TXT-4", amounts_are_constant),
    Predicate::new("TXT-5", citations_have_articles),
    Predicate::with("TXT-6", &[("words", ParamKind::Texts)], nothing_left_of_the_template),
    Predicate::new("TXT-7", facts_have_a_date),
    Predicate::with("TXT-8", &[("word", ParamKind::Texts)], case_name_says_suspected),
];

/// Fields in which officers write sentences.
const PROSE: [&str; 7] = ["Situation", "Facts", "PenaltyText", "ProposedPenalty", "Summary", "Result", "SuspectedAct"];

fn prose<'a>(paper: &Paper<'a>) -> impl Iterator<Item = Node<'a>> {
    PROSE.iter().filter_map(|name| paper.node(name))
}

fn title_marks_are_balanced(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    // One look at the whole text first: nearly every document is in order.
    if balanced(paper.root.tree().source()) {
        return;
    }
    for node in paper.root.descendants() {
        if !balanced(node.text()) {
            notes.at(&node).say();
        }
    }
}

/// Whether every 《 has its 》 behind it, in the same element; a title inside a title is written with 〈〉.
fn balanced(text: &str) -> bool {
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once('《') {
        let Some((title, after)) = inside.split_once('》') else {
            return false;
        };
        if before.contains('》') || title.contains(['《', '<']) {
            return false;
        }
        rest = after;
    }
    !rest.contains('》')
}

fn no_doubled_punctuation(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    for node in prose(paper) {
        if let Some(mark) = doubled(node.text()) {
            notes.at(&node).with("mark", format!("{mark}{mark}")).say();
        }
    }
}

fn doubled(text: &str) -> Option<char> {
    let mut last = '\0';
    for c in text.chars() {
        if c == last && matches!(c, '。' | '，' | '；' | '、' | '：') {
            return Some(c);
        }
        last = c;
    }
    None
}

fn one_way_of_writing_dates(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    for node in prose(paper) {
        let text = node.text();
        if has_spoken_date(text)
            && let Some(other) = figures_date(text)
        {
            notes.at(&node).value(other).say();
        }
    }
}

fn has_spoken_date(text: &str) -> bool {
    text.match_indices('年').any(|(at, year)| {
        let after = text[at + year.len()..].trim_start_matches(|c: char| c.is_ascii_digit());
        text[..at].ends_with(|c: char| c.is_ascii_digit()) && after.starts_with('月')
    })
}

/// A date such as 2023-04-03, 2023.4.3 or 2023/4/3 in the text.
fn figures_date(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + 8 <= bytes.len() {
        let separator = bytes[at + 4];
        let fresh = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        if fresh && bytes[at..at + 4].iter().all(u8::is_ascii_digit) && bytes[at] == b'2' && matches!(separator, b'-' | b'.' | b'/') {
            let month = run(&bytes[at + 5..]);
            let day_at = at + 5 + month + 1;
            let same = bytes.get(day_at - 1) == Some(&separator);
            let day = bytes.get(day_at..).map_or(0, run);
            if same && (1..=2).contains(&month) && (1..=2).contains(&day) {
                return text.get(at..day_at + day);
            }
        }
        at += 1;
    }
    None
}

fn run(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| b.is_ascii_digit()).count()
}

fn amounts_are_constant(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let known: Vec<Yuan> = ["FineYuan", "ConfiscatedYuan"].iter().filter_map(|path| paper.money(path)).map(|(_, yuan)| yuan).collect();
    let Some(first) = known.first() else {
        return;
    };
    for node in ["PenaltyText", "ProposedPenalty"].iter().filter_map(|name| paper.node(name)) {
        if let Some((written, _)) = sums(node.text()).into_iter().find(|(_, sum)| !known.contains(sum)) {
            notes.at(&node).value(written).wanted(format!("{}元", first.figures())).say();
            return;
        }
    }
}

/// The sums in a sentence, as they are written: `¥20000`, `20,000.00元`, `2万元`, `贰万元整`. What is a bound of the law's (以上, 以下) is none.
fn sums(text: &str) -> Vec<(&str, Yuan)> {
    let is_figure = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
    let mut found = Vec::new();
    for (at, mark) in text.match_indices(['¥', '￥']) {
        let end = text[at + mark.len()..].find(|c| !is_figure(c)).map_or(text.len(), |end| at + mark.len() + end);
        found.extend(Yuan::parse(&text[at + mark.len()..end]).map(|sum| (&text[at..end], sum)));
    }
    for (at, unit) in text.match_indices(['元', '圆']) {
        let (before, after) = (&text[..at], &text[at + unit.len()..]);
        if ["以上", "以下", "至"].iter().any(|bound| after.starts_with(bound)) {
            continue;
        }
        let (bare, wan) = before.strip_suffix('万').map_or((before, false), |bare| (bare, true));
        let figures = &bare[bare.rfind(|c| !is_figure(c)).map_or(0, |last| last + bare[last..].chars().next().map_or(1, char::len_utf8))..];
        if !figures.is_empty() {
            let sum = if wan { Yuan::parse_wan(figures) } else { Yuan::parse(figures) };
            found.extend(sum.map(|sum| (&text[bare.len() - figures.len()..at + unit.len()], sum)));
            continue;
        }
        let is_upper = |c: char| "零壹贰叁肆伍陆柒捌玖拾佰仟万亿".contains(c);
        let start = before.rfind(|c| !is_upper(c)).map_or(0, |last| last + before[last..].chars().next().map_or(1, char::len_utf8));
        let end =
            after.find(|c: char| !(is_upper(c) || matches!(c, '角' | '分' | '整' | '正'))).map_or(text.len(), |end| at + unit.len() + end);
        found.extend(Yuan::parse_upper(&text[start..end]).map(|sum| (&text[start..end], sum)));
    }
    found
}

fn citations_have_articles(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let blocks = ["Violated", "Basis", "RightsBasis", "Suspected"].iter().filter_map(|name| paper.node(name));
    let of_findings = paper
        .node("Findings")
        .into_iter()
        .flat_map(|findings| findings.children_named("Finding"))
        .filter_map(|finding| finding.child("Basis"));
    for cited in blocks.chain(of_findings).flat_map(|block| block.children_named("Citation")) {
        if let Some(node) = cited.child("Article").filter(|node| citation::article(node.text()).is_none()) {
            notes.at(&node).say();
        }
    }
}

fn nothing_left_of_the_template(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    for node in prose(paper) {
        let left = notes.rule.params.texts("words").find(|word| node.text().contains(word));
        if let Some(word) = left {
            notes.at(&node).with("word", word).say();
        }
    }
}

fn facts_have_a_date(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    if let Some(node) = paper.node("Facts").filter(|node| !has_spoken_date(node.text()) && figures_date(node.text()).is_none()) {
        notes.at(&node).say();
    }
}

fn case_name_says_suspected(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let word = notes.rule.params.texts("word").next().unwrap_or_default();
    if let Some(node) = paper.node("CaseName").filter(|node| !node.text().contains(word)) {
        notes.at(&node).wanted(format!("{word}……案")).say();
    }
}
