//! Changes to documents, the same every time.

use std::sync::Arc;

use dangri::check::{Node, Tree};

/// A generator of numbers that are the same for the same seed, on every machine and with every version of every crate.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        // xorshift64*, Vigna 2016.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).unwrap() % sides
    }

    fn pick<'i, T>(&mut self, items: &'i [T]) -> Option<&'i T> {
        if items.is_empty() { None } else { items.get(self.roll(items.len())) }
    }
}

const VALUES: &[&str] = &[
    "",
    "x",
    "-1",
    "0",
    "7",
    " 7 ",
    "12.345",
    "1e3",
    "true",
    "maybe",
    "2023-04-03",
    "2023-02-30",
    "20230403",
    "2023-04-03T09:30:00",
    "EUR",
    "ZZZ",
    "99999999999999999999",
    "文书",
    "a b  c",
    "&amp;",
    "P1D",
    "380",
    "102",
];

/// The document with one change.
pub(super) fn mutated(document: &str, dice: &mut Dice) -> String {
    let tree = Tree::parse(Arc::from(document), Arc::default()).unwrap();
    let nodes: Vec<Node<'_>> = tree.root().descendants().collect();
    loop {
        let node = *dice.pick(&nodes).unwrap();
        let kind = dice.roll(12);
        if let Some(changed) = changed(document, &node, kind, dice)
            && changed != document
        {
            return changed;
        }
    }
}

fn changed(document: &str, node: &Node<'_>, kind: usize, dice: &mut Dice) -> Option<String> {
    let span = node.span();
    let raw = &document[span.clone()];
    let splice = |range: std::ops::Range<usize>, text: &str| format!("{}{text}{}", &document[..range.start], &document[range.end..]);
    let siblings: Vec<Node<'_>> = node.parent().map(|parent| parent.children().collect()).unwrap_or_default();
    let attributes: Vec<_> = node.attributes().collect();
    match kind {
        0 => node.parent().map(|_| splice(span, "")),
        1 => node.parent().map(|_| splice(span.end..span.end, raw)),
        2 => {
            let index = siblings.iter().position(|sibling| sibling == node)?;
            let next = siblings.get(index + 1)?.span();
            let between = &document[span.end..next.start];
            Some(splice(span.start..next.end, &format!("{}{between}{raw}", &document[next.clone()])))
        }
        3 => {
            let name = format!("{}X", node.name());
            let renamed = raw.replacen(node.name(), &name, 1);
            let end = renamed.rfind(node.name()).filter(|end| *end > renamed.find('>').unwrap_or(0));
            Some(splice(
                span,
                &end.map_or(renamed.clone(), |end| format!("{}{name}{}", &renamed[..end], &renamed[end + node.name().len()..])),
            ))
        }
        4 | 5 => {
            let text = node.children().next().is_none().then(|| node.text_span()).flatten()?;
            Some(splice(text, dice.pick(VALUES)?))
        }
        6 => {
            let attribute = dice.pick(&attributes)?;
            let value = attribute.value_span()?;
            let name = document[..value.start].rfind(attribute.name())?;
            Some(splice(name..value.end + 1, ""))
        }
        7 => Some(splice(dice.pick(&attributes)?.value_span()?, dice.pick(VALUES)?)),
        8 => {
            let at = node.offset() + 1 + document[node.offset() + 1..].find([' ', '>', '/', '\n'])?;
            Some(splice(at..at, " odd=\"1\""))
        }
        9 => node.inside().map(|inside| splice(inside..inside, "文字")),
        10 => {
            let last = siblings.last()?.span();
            if last == span {
                return None;
            }
            Some(format!("{}{}{raw}{}", &document[..span.start], &document[span.end..last.end], &document[last.end..]))
        }
        _ => {
            let inside = node.inside()?;
            let end = span.start + raw.rfind("</")?;
            Some(splice(inside..end, ""))
        }
    }
}
