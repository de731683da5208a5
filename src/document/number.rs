//! Document numbers: `（淄）应急检记〔2023〕12号`, and the untidy ways in which they are really written (domain.md §1.3).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A document number in its parts; shown, it is canonical.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DocumentNumber {
    /// 机关代字: one to eight Chinese characters.
    pub org: String,
    /// The word between 应急 and the year, which tells the kind: `检记`.
    pub word: String,
    /// The year, 2000 to 2099.
    pub year: u16,
    /// The serial, 1 to 99999.
    pub seq: u32,
}

/// Something that had to be mended before a number could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mend {
    /// White space inside.
    WhiteSpace,
    /// Full-width digits.
    Digits,
    /// Other brackets than （）and 〔〕.
    Brackets,
    /// Brackets round the serial.
    SerialBrackets,
    /// 第 before the serial.
    Ordinal,
    /// 字 after the word.
    Zi,
    /// Zeros before the serial.
    LeadingZeros,
    /// No brackets round the agency.
    AgencyBrackets,
}

impl Mend {
    /// What was untidy, in words for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::WhiteSpace => "多了空格",
            Self::Digits => "用了全角数字",
            Self::Brackets => "括号写法不规范",
            Self::SerialBrackets => "序号外加了括号",
            Self::Ordinal => "序号前多了“第”字",
            Self::Zi => "多了“字”字",
            Self::LeadingZeros => "序号前多了零",
            Self::AgencyBrackets => "机关代字没有加括号",
        }
    }

    /// Whether the exchange contract's own normalisation does this mend; the others serve matching only.
    const fn on_the_wire(self) -> bool {
        !matches!(self, Self::Zi | Self::AgencyBrackets)
    }
}

/// How a text was read as a document number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The text normalised as contract §3 wants it in `Head/DocumentNumber`; a text that misses the pattern keeps its normalised form.
    pub text: String,
    /// The number, when the text can be read as one.
    pub number: Option<DocumentNumber>,
    /// What had to be mended, in the order found; empty for a canonical number.
    pub mends: Vec<Mend>,
}

impl Reading {
    /// Whether the text was a number in canonical form already.
    pub fn canonical(&self) -> bool {
        self.number.is_some() && self.mends.is_empty()
    }
}

impl DocumentNumber {
    /// Reads `raw`, mending what can be mended. Never fails: a text that is no number comes back normalised, without parts.
    pub fn read(raw: &str) -> Reading {
        if let Some(number) = Self::strict(raw).filter(|number| !number.word.ends_with('字')) {
            return Reading { text: raw.to_owned(), number: Some(number), mends: Vec::new() };
        }
        let mut mends = Vec::new();
        let folded = fold(raw, &mut mends);
        let text = tidy_serial(&folded, &mut mends);
        debug_assert!(mends.iter().all(|m| m.on_the_wire()));
        let number = Self::strict(&text).map(|plain| without_zi(plain, &mut mends)).or_else(|| {
            let bracketed = bracket_agency(&text)?;
            let number = Self::strict(&bracketed)?;
            mends.push(Mend::AgencyBrackets);
            Some(without_zi(number, &mut mends))
        });
        Reading { text, number, mends }
    }

    /// The parts of a text in canonical form, which domain.md §1.3 gives as
    /// `^（\p{Han}{1,8}）应急\p{Han}{1,4}〔20\d{2}〕[1-9]\d{0,4}号$`.
    pub fn strict(text: &str) -> Option<Self> {
        let [org, word, year, seq] = parts(text)?;
        Some(Self { org: org.to_owned(), word: word.to_owned(), year: year.parse().ok()?, seq: seq.parse().ok()? })
    }

    /// Whether a text is a number in canonical form, as a number is shown.
    pub fn is_canonical(text: &str) -> bool {
        parts(text).is_some()
    }

    /// What a number is looked up by: the canonical number where the text can be read as one, else the normalised text. Whatever names the
    /// same document has the same name (domain.md §1.3).
    pub fn name(raw: &str) -> String {
        let reading = Self::read(raw);
        reading.number.map_or(reading.text, |number| number.to_string())
    }

    /// Whether two texts name the same document: equal parts where both can be read, else equal normalised text.
    pub fn matches(a: &str, b: &str) -> bool {
        if a == b {
            return true;
        }
        let (a, b) = (Self::read(a), Self::read(b));
        match (a.number, b.number) {
            (Some(a), Some(b)) => a == b,
            (None, None) => a.text == b.text,
            _ => false,
        }
    }
}

/// Agency, word, year and serial of a text in canonical form.
fn parts(text: &str) -> Option<[&str; 4]> {
    let rest = text.strip_prefix('（')?;
    let (org, rest) = rest.split_once('）')?;
    let rest = rest.strip_prefix("应急")?;
    let (word, rest) = rest.split_once('〔')?;
    let (year, rest) = rest.split_once('〕')?;
    let seq = rest.strip_suffix('号')?;
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let fits = all_han(org, 8)
        && all_han(word, 4)
        && year.len() == 4
        && year.starts_with("20")
        && digits(year)
        && (1..=5).contains(&seq.len())
        && digits(seq)
        && !seq.starts_with('0');
    fits.then_some([org, word, year, seq])
}

impl fmt::Display for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "（{}）应急{}〔{}〕{}号", self.org, self.word, self.year, self.seq)
    }
}

/// Folds characters one by one: white space goes, digits and brackets take their one form.
fn fold(raw: &str, mends: &mut Vec<Mend>) -> String {
    let mut text = String::with_capacity(raw.len());
    for c in raw.chars() {
        let (to, mend) = match c {
            '\u{feff}' | '\u{200b}' => (None, Mend::WhiteSpace),
            c if c.is_whitespace() => (None, Mend::WhiteSpace),
            '０'..='９' => (char::from_digit(u32::from(c) - u32::from('０'), 10), Mend::Digits),
            '(' | '﹙' | '⁽' => (Some('（'), Mend::Brackets),
            ')' | '﹚' | '⁾' => (Some('）'), Mend::Brackets),
            '[' | '［' | '【' | '﹝' | '〖' => (Some('〔'), Mend::Brackets),
            ']' | '］' | '】' | '﹞' | '〗' => (Some('〕'), Mend::Brackets),
            c => {
                text.push(c);
                continue;
            }
        };
        text.extend(to);
        note(mends, mend);
    }
    text
}

/// Cleans what stands between the year and 号: brackets round the serial, 第, leading zeros. Anything else stays as it is.
fn tidy_serial(text: &str, mends: &mut Vec<Mend>) -> String {
    let Some(at) = text.rfind(|c: char| c == '〕' && !text.ends_with("〕号")).or_else(|| {
        // The last 〕 may belong to the serial: `〔2019〕〔7〕号`.
        text.strip_suffix("〕号").and_then(|t| t.rfind('〕'))
    }) else {
        return text.to_owned();
    };
    let (head, tail) = text.split_at(at + '〕'.len_utf8());
    let Some(mut serial) = tail.strip_suffix('号') else {
        return text.to_owned();
    };
    let mut found = Vec::new();
    for _ in 0..3 {
        if let Some(rest) = serial.strip_prefix('第') {
            serial = rest;
            note(&mut found, Mend::Ordinal);
        }
        for (open, close) in [('（', '）'), ('〔', '〕')] {
            if let Some(rest) = serial.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) {
                serial = rest;
                note(&mut found, Mend::SerialBrackets);
            }
        }
    }
    let is_number = !serial.is_empty() && serial.bytes().all(|b| b.is_ascii_digit());
    if !is_number {
        return text.to_owned();
    }
    let trimmed = serial.trim_start_matches('0');
    if trimmed.len() != serial.len() {
        note(&mut found, Mend::LeadingZeros);
    }
    for mend in found {
        note(mends, mend);
    }
    let serial = if trimmed.is_empty() { "0" } else { trimmed };
    format!("{head}{serial}号")
}

/// `深龙华应急罚〔2026〕1号` with brackets round the agency.
fn bracket_agency(text: &str) -> Option<String> {
    let year_at = text.find('〔')?;
    let at = text[..year_at].rfind("应急")?;
    let (org, rest) = text.split_at(at);
    all_han(org, 8).then(|| format!("（{org}）{rest}"))
}

/// No word of domain.md §1.2 ends in 字, so one that does is `检记字〔2023〕第12号` of the old way of writing.
fn without_zi(mut number: DocumentNumber, mends: &mut Vec<Mend>) -> DocumentNumber {
    if let Some(word) = number.word.strip_suffix('字').filter(|w| !w.is_empty()) {
        number.word = word.to_owned();
        note(mends, Mend::Zi);
    }
    number
}

fn note(mends: &mut Vec<Mend>, mend: Mend) {
    if !mends.contains(&mend) {
        mends.push(mend);
    }
}

fn all_han(text: &str, most: usize) -> bool {
    let mut count = 0;
    let han = text.chars().all(|c| {
        count += 1;
        is_han(c)
    });
    han && (1..=most).contains(&count)
}

/// Unicode's script Han, by blocks.
fn is_han(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{323af}'
        | '\u{2e80}'..='\u{2fd5}' | '\u{3005}' | '\u{3007}' | '\u{3021}'..='\u{3029}'
        | '\u{3038}'..='\u{303b}' | '\u{f900}'..='\u{fad9}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(raw: &str) -> Reading {
        DocumentNumber::read(raw)
    }

    #[test]
    fn every_untidy_form_that_was_seen_is_mended() {
        use Mend::*;
        let forms: &[(&str, &str, &[Mend])] = &[
            ("（兰）应急检记〔2019〕12 号", "（兰）应急检记〔2019〕12号", &[WhiteSpace]),
            ("（宁）应急责改[2019](7)号", "（宁）应急责改〔2019〕7号", &[Brackets, SerialBrackets]),
            ("（区 ）应急复查[2019]（7）号", "（区）应急复查〔2019〕7号", &[WhiteSpace, Brackets, SerialBrackets]),
            ("（淄）应急罚【2019】1号", "（淄）应急罚〔2019〕1号", &[Brackets]),
            ("（淄）应急罚﹝2019﹞1号", "（淄）应急罚〔2019〕1号", &[Brackets]),
            ("（淄）应急罚〖2019〗1号", "（淄）应急罚〔2019〕1号", &[Brackets]),
            ("（淄）应急罚［2019］1号", "（淄）应急罚〔2019〕1号", &[Brackets]),
            ("(淄)应急检记〔２０２３〕１２号", "（淄）应急检记〔2023〕12号", &[Brackets, Digits]),
            ("（淄）应急检记〔2023〕第12号", "（淄）应急检记〔2023〕12号", &[Ordinal]),
            ("（淄）应急检记〔2023〕012号", "（淄）应急检记〔2023〕12号", &[LeadingZeros]),
            ("（淄）应急检记〔2023〕第〔012〕号", "（淄）应急检记〔2023〕12号", &[Ordinal, SerialBrackets, LeadingZeros]),
            ("\u{feff}（淄）应急检记　〔2023〕12号\n", "（淄）应急检记〔2023〕12号", &[WhiteSpace]),
        ];
        for (raw, wanted, mends) in forms {
            let reading = read(raw);
            assert_eq!(reading.text, *wanted, "{raw}");
            assert_eq!(reading.mends, *mends, "{raw}");
            assert_eq!(reading.number.as_ref().map(ToString::to_string).as_deref(), Some(*wanted));
            assert!(!reading.canonical());
            assert!(DocumentNumber::matches(raw, wanted));
        }
    }

    #[test]
    fn what_only_matching_mends_keeps_its_text_on_the_wire() {
        let bare = read("深龙华应急罚〔2026〕1号");
        assert_eq!(bare.text, "深龙华应急罚〔2026〕1号");
        assert_eq!(bare.mends, [Mend::AgencyBrackets]);
        assert!(DocumentNumber::matches("深龙华应急罚[2026]01号", "（深龙华）应急罚〔2026〕1号"));

        let zi = read("（淄）应急检记字〔2023〕第12号");
        assert_eq!(zi.text, "（淄）应急检记字〔2023〕12号");
        assert_eq!(zi.mends, [Mend::Ordinal, Mend::Zi]);
        let alone = DocumentNumber::read("（淄）应急检记字〔2023〕37号");
        assert_eq!((alone.mends, alone.number), (vec![Mend::Zi], DocumentNumber::strict("（淄）应急检记〔2023〕37号")));
        assert_eq!(DocumentNumber::name("淄应急罚字[2023]第09号"), "（淄）应急罚〔2023〕9号");
        assert_eq!(zi.number.unwrap().word, "检记");
    }

    #[test]
    fn a_text_that_misses_the_pattern_keeps_its_normalised_form() {
        for (raw, text) in [
            ("市场【2019】1号", "市场〔2019〕1号"),
            ("预立案", "预立案"),
            ("预 立案", "预立案"),
            ("（淄）应急检记〔2023〕0号", "（淄）应急检记〔2023〕0号"),
            ("（淄）应急检记〔2023〕123456号", "（淄）应急检记〔2023〕123456号"),
            ("（淄）应急检记〔1999〕1号", "（淄）应急检记〔1999〕1号"),
            ("（淄）应急检记〔2023〕号", "（淄）应急检记〔2023〕号"),
            ("（zc）应急检记〔2023〕1号", "（zc）应急检记〔2023〕1号"),
            ("", ""),
        ] {
            let reading = read(raw);
            assert_eq!(reading.text, text);
            assert_eq!(reading.number, None, "{raw}");
        }
    }

    #[test]
    fn a_canonical_number_is_left_alone() {
        let reading = read("（淄）应急现决〔2023〕3号");
        assert!(reading.canonical());
        assert_eq!(reading.number.unwrap(), DocumentNumber { org: "淄".into(), word: "现决".into(), year: 2023, seq: 3 });
    }

    #[test]
    fn different_numbers_do_not_match() {
        assert!(!DocumentNumber::matches("（淄）应急罚〔2023〕1号", "（淄）应急罚〔2023〕11号"));
        assert!(!DocumentNumber::matches("（淄）应急罚〔2023〕1号", "（淄）应急罚告〔2023〕1号"));
        assert!(!DocumentNumber::matches("预立案", "（淄）应急罚〔2023〕1号"));
    }

    #[test]
    fn what_is_canonical_is_shown_as_it_stands() {
        for text in ["（淄）应急现决〔2023〕3号", "（深龙华）应急罚〔2099〕99999号"] {
            assert!(DocumentNumber::is_canonical(text));
            assert_eq!(read(text).number.unwrap().to_string(), text);
        }
        for text in ["（淄）应急现决〔2023〕03号", " （淄）应急现决〔2023〕3号", "(淄)应急现决〔2023〕3号", "预立案", ""]
        {
            assert!(!DocumentNumber::is_canonical(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_twice_changes_nothing(raw in "[（(]?[淄川 ]{0,3}[）)]?应急[检记字]{0,3}[〔\\[【（][０-９0-9]{0,5}[〕\\]】）]第?[(（〔]?[0-9]{0,6}[)）〕]?号?") {
            let once = read(&raw);
            prop_assert_eq!(&read(&once.text).text, &once.text);
            if let Some(number) = once.number {
                prop_assert!(read(&number.to_string()).canonical());
                prop_assert!(DocumentNumber::matches(&raw, &number.to_string()));
            }
        }

        #[test]
        fn any_text_can_be_read(raw in ".*") {
            let once = read(&raw);
            prop_assert_eq!(&read(&once.text).text, &once.text);
        }
    }
}
