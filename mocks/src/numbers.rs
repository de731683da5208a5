//! Canonical document numbers, read from domain §1.3 on the mock's own account.

/// Normalises a document number: digits and brackets folded, year brackets 〔〕, no blanks, no brackets round the
/// serial, no 第 and no leading zeros before it. A text that is no number keeps its folded form.
pub(crate) fn canonical(text: &str) -> String {
    let mut s: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\u{feff}' && *c != '\u{200b}').map(fold).collect();
    if let Some(body) = s.strip_suffix('号') {
        let serial = strip_serial(body);
        s = format!("{serial}号");
    }
    s
}

fn fold(c: char) -> char {
    match c {
        '０'..='９' => char::from_u32(u32::from(c) - 0xff10 + u32::from('0')).unwrap_or(c),
        '(' | '﹙' | '⁽' => '（',
        ')' | '﹚' | '⁾' => '）',
        '[' | '［' | '【' | '﹝' | '〖' => '〔',
        ']' | '］' | '】' | '﹞' | '〗' => '〕',
        c => c,
    }
}

/// Cleans what stands before 号: `…〔2019〕（07）`, `…〔2019〕第7`.
fn strip_serial(body: &str) -> String {
    let inner = body.strip_suffix(['）', '〕']).unwrap_or(body);
    let digits_at = inner.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |i| i + inner[i..].chars().next().map_or(0, char::len_utf8));
    let (head, digits) = inner.split_at(digits_at);
    if digits.is_empty() {
        return body.to_owned();
    }
    let head = if inner.len() == body.len() {
        head
    } else {
        // Only brackets round a serial that follows the year's own bracket are dropped; 〔2019〕号 keeps its year.
        match head.strip_suffix(['（', '〔']) {
            Some(rest) if rest.ends_with(['〕', '第']) => rest,
            _ => return body.to_owned(),
        }
    };
    let head = head.strip_suffix('第').unwrap_or(head);
    let digits = digits.trim_start_matches('0');
    format!("{head}{}", if digits.is_empty() { "0" } else { digits })
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn the_dirty_forms_really_seen_come_out_canonical() {
        for (dirty, clean) in [
            ("（宁）应急罚〔2019〕12 号", "（宁）应急罚〔2019〕12号"),
            ("（宁）应急责改[2019](7)号", "（宁）应急责改〔2019〕7号"),
            ("（区 ）应急复查[2019]（7）号", "（区）应急复查〔2019〕7号"),
            ("市场【2019】1号", "市场〔2019〕1号"),
            ("深龙华应急罚〔2026〕1号", "深龙华应急罚〔2026〕1号"),
            ("预立案", "预立案"),
            ("(兰)应急检记﹝２０２３﹞第００７号", "（兰）应急检记〔2023〕7号"),
            ("应急罚〔2019〕号", "应急罚〔2019〕号"),
        ] {
            assert_eq!(canonical(dirty), clean);
            assert_eq!(canonical(clean), clean, "canonical twice");
        }
    }
}
