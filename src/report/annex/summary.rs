//! The summary report's skeleton (S-35): its four headings and the figures, as a text document to write on in.
//!
//! Page and type follow GB/T 9704-2012 as far as a skeleton can: A4, margins 37/35/28/26 mm, 方正小标宋 and 仿宋 of 三号, 28 points a line.
//! What only people can know is left open and says so; nothing is made up.

use std::io::{Cursor, Write as _};

use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use super::{
    Heading, Made, NotMade, Note,
    three::Annex3,
    two::{Annex2, CATEGORIES},
};
use crate::report::{Ledger, Reading, ledger::Standing, words};

/// The figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// Enterprises inspected.
    pub enterprises: usize,
    /// Inspections.
    pub inspections: usize,
    /// Problems found.
    pub problems: u32,
    /// By category, in the order of [`CATEGORIES`].
    pub by_category: [u32; 14],
    /// Problems reviewed as mended.
    pub mended: usize,
    /// Documents of the inspections.
    pub documents: usize,
    /// And how many of them were entered the same day.
    pub same_day: usize,
    /// Cases by ordinary procedure, those intended included.
    pub cases: usize,
    /// Cases decided.
    pub decided: usize,
    /// Fines known, in 万元.
    pub fines_wan: String,
    /// Penalties on the spot.
    pub on_the_spot: usize,
    /// Loops that are not closed.
    pub open: usize,
    /// Loops in which a term has passed.
    pub late: usize,
}

impl Figures {
    /// Those of a period: its annexes, its ledger of entered documents, and the documents themselves.
    pub fn of(two: &Annex2, three: &Annex3, ledger: &Ledger, readings: &[Reading], heading: &Heading) -> Self {
        let period = heading.from..=heading.to;
        let sums = two.sums();
        let loops: Vec<_> = ledger.loops.iter().filter(|one| period.contains(&one.day)).collect();
        let mended = |one: &&crate::report::ledger::FindingLine| {
            one.legs.iter().any(|leg| leg.step == crate::report::ledger::Step::Review && leg.standing == Standing::Done)
        };
        let lane_a = ["insp_plan", "insp_record", "onsite_measure", "rectify_order"];
        let documents: Vec<_> =
            readings.iter().filter(|r| r.is_entered() && lane_a.contains(&r.kind.as_str()) && period.contains(&r.inspection_day)).collect();
        Self {
            enterprises: two.rows.len(),
            inspections: two.inspections,
            problems: sums.problems,
            by_category: sums.by_category,
            mended: loops.iter().flat_map(|one| &one.findings).filter(mended).count(),
            documents: documents.len(),
            same_day: documents.iter().filter(|r| !r.late).count(),
            cases: three.rows.len(),
            decided: loops.iter().flat_map(|one| &one.cases).filter(|case| case.decided && !case.on_the_spot).count(),
            fines_wan: three.sum().wan(),
            on_the_spot: three.on_the_spot,
            open: loops.iter().filter(|one| !one.is_closed()).count(),
            late: loops.iter().filter(|one| one.urgency() == Some(crate::report::ledger::Urgency::Late)).count(),
        }
    }

    /// The paragraphs under the four headings.
    fn paragraphs(&self, heading: &Heading) -> Vec<(&'static str, Vec<String>)> {
        let mut kinds: Vec<_> = CATEGORIES.iter().zip(self.by_category).filter(|(_, n)| *n > 0).collect();
        kinds.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        let kinds: Vec<_> = kinds.iter().map(|((_, label), n)| format!("{label}{n}项")).collect();
        let kinds = if kinds.is_empty() { "没有发现问题".to_owned() } else { kinds.join("、") };
        let overall = vec![
            format!(
                "{}，共检查企业{}家（{}家次），发现问题{}项，其中：{kinds}。",
                words::period(heading.from, heading.to),
                self.enterprises,
                self.inspections,
                self.problems
            ),
            format!(
                "已经复查整改合格（含当场整改）{}项，整改率{}。拟立案和已立案的一般程序案件{}件，已作出处罚决定{}件，已（拟）处罚金额{}万元；当场处罚{}件。",
                self.mended,
                percent(self.mended, self.problems as usize),
                self.cases,
                self.decided,
                self.fines_wan,
                self.on_the_spot
            ),
            format!(
                "检查文书录入省平台{}份，其中当日录入{}份，当日录入率{}。",
                self.documents,
                self.same_day,
                percent(self.same_day, self.documents)
            ),
        ];
        let open = if self.open == 0 {
            "本期检查已全部实现问题整改、执法处罚、处罚公示“三到位”。".to_owned()
        } else {
            format!("尚有{}家次没有实现问题整改、执法处罚、处罚公示“三到位”，其中{}家次有环节超期，须逐项督促。", self.open, self.late)
        };
        vec![
            ("一、总体情况", overall),
            ("二、主要做法", vec!["（请填写：组织领导、检查方式、执法与专家联合、严格程序等方面的做法。）".into()]),
            ("三、存在问题", vec![open, "（请填写：检查中发现的共性问题和工作中的不足。）".into()]),
            ("四、下一步工作建议", vec!["（请填写：整改复查、案件办理、行业规范等方面的建议。）".into()]),
        ]
    }

    /// The file.
    ///
    /// # Errors
    /// [`NotMade`], a defect.
    pub fn make(&self, heading: &Heading, campaign: &str) -> Result<Made, NotMade> {
        let mut body = String::new();
        let campaign = if campaign.is_empty() { "安全生产分片集中执法检查活动" } else { campaign };
        paragraph(&mut body, Style::Title, &format!("{campaign}工作总结"));
        paragraph(&mut body, Style::Middle, &format!("（{}）", words::period(heading.from, heading.to)));
        for (title, paragraphs) in self.paragraphs(heading) {
            paragraph(&mut body, Style::Heading, title);
            paragraphs.iter().for_each(|text| paragraph(&mut body, Style::Body, text));
        }
        paragraph(&mut body, Style::Right, &heading.unit);
        paragraph(&mut body, Style::Right, &words::spoken(heading.made_at.beijing_day()));
        let notes = vec![
            Note::well("数字取自已录入的文书和三到位台账。"),
            Note::look("“主要做法”“存在问题”“下一步工作建议”中括号内的文字须由人填写。"),
        ];
        let file_name = format!("工作总结（{}）.docx", words::period(heading.from, heading.to));
        Ok(Made { file_name, bytes: document(&body)?, notes })
    }
}

fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "—".to_owned();
    }
    // One decimal, rounded down: 99.96 % is not all.
    let tenths = part * 1_000 / whole;
    if tenths.is_multiple_of(10) { format!("{}%", tenths / 10) } else { format!("{}.{}%", tenths / 10, tenths % 10) }
}

#[derive(Debug, Clone, Copy)]
enum Style {
    Title,
    Middle,
    Heading,
    Body,
    Right,
}

impl Style {
    /// Paragraph properties, font, size in half points. 28 points a line; two characters of indent.
    const fn parts(self) -> (&'static str, &'static str, u32) {
        match self {
            Self::Title => ("<w:jc w:val=\"center\"/>", "方正小标宋简体", 44),
            Self::Middle => ("<w:jc w:val=\"center\"/>", "楷体_GB2312", 32),
            Self::Heading => ("<w:ind w:firstLineChars=\"200\" w:firstLine=\"640\"/>", "黑体", 32),
            Self::Body => ("<w:ind w:firstLineChars=\"200\" w:firstLine=\"640\"/>", "仿宋_GB2312", 32),
            Self::Right => ("<w:ind w:rightChars=\"400\" w:right=\"1280\"/><w:jc w:val=\"right\"/>", "仿宋_GB2312", 32),
        }
    }
}

fn paragraph(body: &mut String, style: Style, text: &str) {
    let (properties, font, size) = style.parts();
    let text = quick_xml::escape::escape(text);
    body.push_str(&format!(
        "<w:p><w:pPr><w:spacing w:line=\"560\" w:lineRule=\"exact\"/>{properties}</w:pPr><w:r><w:rPr><w:rFonts w:ascii=\"Times New Roman\" \
         w:hAnsi=\"Times New Roman\" w:eastAsia=\"{font}\"/><w:sz w:val=\"{size}\"/><w:szCs w:val=\"{size}\"/></w:rPr>\
         <w:t xml:space=\"preserve\">{text}</w:t></w:r></w:p>"
    ));
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";
const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// The container: the five parts that a word processor asks for.
fn document(body: &str) -> Result<Vec<u8>, NotMade> {
    // In twentieths of a point: A4, and the margins of GB/T 9704-2012 (37, 35, 28, 26 mm).
    let page = "<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId1\"/><w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
                <w:pgMar w:top=\"2098\" w:right=\"1474\" w:bottom=\"1984\" w:left=\"1588\" w:header=\"851\" w:footer=\"1417\" w:gutter=\"0\"/></w:sectPr>";
    let text = format!("{DECLARATION}<w:document xmlns:w=\"{WORD}\" xmlns:r=\"{OFFICE}\"><w:body>{body}{page}</w:body></w:document>");
    let field = |name: &str| {
        format!(
            "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText xml:space=\"preserve\"> {name} </w:instrText></w:r>\
             <w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r>"
        )
    };
    let word = |text: &str| format!("<w:r><w:rPr><w:rFonts w:eastAsia=\"宋体\"/></w:rPr><w:t xml:space=\"preserve\">{text}</w:t></w:r>");
    let footer = format!(
        "{DECLARATION}<w:ftr xmlns:w=\"{WORD}\"><w:p><w:pPr><w:jc w:val=\"center\"/></w:pPr>{}{}{}{}{}</w:p></w:ftr>",
        word("第 "),
        field("PAGE"),
        word(" 页 共 "),
        field("NUMPAGES"),
        word(" 页")
    );
    let types = format!(
        "{DECLARATION}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/>\
         <Override PartName=\"/word/footer1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml\"/></Types>"
    );
    let relations = |id: &str, kind: &str, target: &str| {
        format!(
            "{DECLARATION}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
             <Relationship Id=\"{id}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let parts = [
        ("[Content_Types].xml", types),
        ("_rels/.rels", relations("rId1", "officeDocument", "word/document.xml")),
        ("word/document.xml", text),
        ("word/_rels/document.xml.rels", relations("rId1", "footer", "footer1.xml")),
        ("word/footer1.xml", footer),
    ];
    // The same figures give the same bytes.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).last_modified_time(DateTime::default());
    let mut container = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        container.start_file(name, options)?;
        container.write_all(content.as_bytes())?;
    }
    Ok(container.finish()?.into_inner())
}
