//! Amounts in upper-case Chinese figures, as decisions print them.

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];

/// An amount in whole yuan: 50000 is 伍万元整. Up to 9999 亿.
pub fn upper(yuan: u64) -> String {
    if yuan == 0 {
        return "零元整".to_owned();
    }
    let mut text = String::new();
    let mut gap = false;
    for (unit, name) in [(100_000_000, "亿"), (10_000, "万"), (1, "")] {
        let part = yuan / unit % 10_000;
        if part == 0 {
            gap = gap || !text.is_empty();
            continue;
        }
        if !text.is_empty() && (gap || part < 1000) {
            text.push('零');
        }
        gap = false;
        push_group(&mut text, part);
        text.push_str(name);
    }
    text.push_str("元整");
    text
}

/// Writes a group of up to four digits without a leading zero.
fn push_group(text: &mut String, part: u64) {
    let mut gap = false;
    let mut begun = false;
    for (unit, name) in [(1000, "仟"), (100, "佰"), (10, "拾"), (1, "")] {
        let digit = part / unit % 10;
        if digit == 0 {
            gap = begun;
            continue;
        }
        if gap {
            text.push('零');
            gap = false;
        }
        text.push(DIGITS[usize::try_from(digit).unwrap_or(0)]);
        text.push_str(name);
        begun = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_a_cashier_would() {
        for (yuan, text) in [
            (0, "零元整"),
            (20, "贰拾元整"),
            (200, "贰佰元整"),
            (3_000, "叁仟元整"),
            (1_008, "壹仟零捌元整"),
            (10_185, "壹万零壹佰捌拾伍元整"),
            (19_000, "壹万玖仟元整"),
            (50_000, "伍万元整"),
            (105_000, "壹拾万伍仟元整"),
            (200_050, "贰拾万零伍拾元整"),
            (100_000_001, "壹亿零壹元整"),
        ] {
            assert_eq!(upper(yuan), text);
        }
    }
}
