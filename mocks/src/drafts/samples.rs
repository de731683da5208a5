//! The sample files under `mocks/drafts/`: what a tester copies into the watched folder by hand.

use super::case::{Against, Case};
use super::defects::{self, Expect};
use super::enterprises::{Enterprise, Office};
use super::findings::{Disposition, ORG_OFFENCES};
use super::inspection::Inspection;
use super::parts::{Slot, Written};
use super::pieces::{KINDS, single};
use super::random::Random;
use super::{calendar, encode};
use chrono::{NaiveDate, NaiveTime};

/// One file, with its path below `mocks/drafts/`.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Relative path, with `/`.
    pub path: String,
    /// The file's bytes.
    pub bytes: Vec<u8>,
}

/// Text to bytes.
type Encode = fn(&str) -> Vec<u8>;

/// Divides into the serials of `single`, so that every sample has a number of its own: turns below 500, and 640 on for the unfit.
const SEED: u64 = 6_187 * 3_200;

/// The day of most samples: a Friday in the second phase of the campaign.
pub fn sample_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2023, 4, 14).unwrap_or_default()
}

/// Every sample file.
pub fn samples() -> Vec<Sample> {
    let mut files = Vec::new();
    fit(&mut files);
    unfit(&mut files);
    odd_names(&mut files);
    litter(&mut files);
    half_written(&mut files);
    inspection(&mut files);
    case(&mut files);
    files
}

fn put(files: &mut Vec<Sample>, path: String, bytes: Vec<u8>) {
    files.push(Sample { path, bytes });
}

/// A fit document of `kind` as text.
fn text(kind: &str, turn: u64) -> Option<String> {
    single(SEED + turn, kind, sample_day()).and_then(|draft| String::from_utf8(draft.bytes).ok())
}

fn fit(files: &mut Vec<Sample>) {
    for (turn, kind) in (0..).zip(KINDS) {
        if let Some(xml) = text(kind, turn) {
            put(files, format!("fit/{kind}.xml"), xml.into_bytes());
        }
    }
    let encodings: [(&str, &str, Encode); 6] = [
        ("GB18030", "insp_record", encode::gb18030),
        ("GBK", "rectify_order", encode::gbk),
        ("UTF-8带BOM", "insp_plan", encode::utf8_bom),
        ("UTF-16LE", "penalty_org", |xml| encode::utf16(xml, false)),
        ("UTF-16BE", "case_filing", |xml| encode::utf16(xml, true)),
        ("无声明UTF-8", "inquiry_record", |xml| xml.split_once('\n').map_or_else(Vec::new, |(_, rest)| rest.as_bytes().to_vec())),
    ];
    for (turn, (name, kind, encode)) in (100..).zip(encodings) {
        if let Some(xml) = text(kind, turn) {
            put(files, format!("fit/编码-{name}.xml"), encode(&xml));
        }
    }
    // A name that GBK lacks, which only GB18030's four bytes can write.
    if let Some(xml) = text("rectify_review", 110) {
        put(
            files,
            "fit/编码-GB18030生僻字.xml".to_owned(),
            encode::gb18030(&xml.replace("限期整改的各项问题均已", "限期整改的各项问题（𬭊、㛃、𠮷）均已")),
        );
    }
}

/// One file a defect, and an index that says who should find it.
fn unfit(files: &mut Vec<Sample>) {
    let head = "# Written by write-drafts. expect: file (cannot be read), schema, rule. rule: the id of the finding, or how it begins (XSD). path: where.\n";
    let mut indexes = [head.to_owned(), head.to_owned()];
    for (turn, defect) in (20..).zip(defects::all()) {
        let Some(draft) = defects::unfit(SEED / 32 + turn, defect, sample_day()) else {
            continue;
        };
        let which = usize::from(defect.only_warned);
        let folder = ["unfit", "warned"][which];
        let name = format!("{}.xml", defect.name);
        let expect = match defect.expect {
            Expect::File(id) => format!("expect = \"file\"\nrule = \"{id}\""),
            Expect::Schema(path) => format!("expect = \"schema\"\nrule = \"XSD\"\npath = \"{path}\""),
            Expect::Rule(id) => format!("expect = \"rule\"\nrule = \"{id}\""),
        };
        indexes[which]
            .push_str(&format!("\n[[draft]]\nfile = \"{name}\"\nkind = \"{}\"\ndefect = \"{}\"\n{expect}\n", defect.kind, defect.name));
        put(files, format!("{folder}/{name}"), draft.bytes);
    }
    let [unfit, warned] = indexes;
    put(files, "unfit/index.toml".to_owned(), unfit.into_bytes());
    put(files, "warned/index.toml".to_owned(), warned.into_bytes());
}

/// Fit documents under the names that people give files.
fn odd_names(files: &mut Vec<Sample>) {
    let long = "淄川区安全生产分片集中执法检查活动第三检查组现场检查记录整理后最终定稿请以此件为准不要再改了谢谢各位领导同事".repeat(2);
    let long: String = long.chars().take(80).collect();
    let names = [
        "（淄）应急检记〔2023〕12号.xml",
        "(淄)应急检记[2023]12号.xml",
        "现场检查记录 - 副本.xml",
        "现场检查记录 - 副本 (2).xml",
        "现场检查记录(1).xml",
        "检查记录 终稿.xml",
        "最终版2（改）真的最终.xml",
        "检查记录📋已签字✅.xml",
        "-检查记录.xml",
        "--help.xml",
        " 开头有空格.xml",
        "全角　空格　与ＡＢＣ１２３.xml",
        "大写扩展名.XML",
        "名字.带.很多.点.xml",
        "记录&附件#1%20+@2023;'.xml",
        "20230414_8f3a91c2.xml",
        "新建 文本文档.xml",
    ];
    for (turn, name) in (300..).zip(names.map(str::to_owned).into_iter().chain([format!("{long}.xml")])) {
        if let Some(xml) = text("insp_record", turn) {
            put(files, format!("odd-names/{name}"), xml.into_bytes());
        }
    }
}

/// What editors and systems leave beside documents; nobody's draft.
fn litter(files: &mut Vec<Sample>) {
    for name in [
        "~$现场检查记录.xml",
        ".~现场检查记录.xml",
        "~WRL0003.tmp",
        "现场检查记录.xml.tmp",
        "Thumbs.db",
        "desktop.ini",
        ".DS_Store",
        "现场检查记录.xml.bak",
    ] {
        put(files, format!("litter/{name}"), b"\x00\x05litter".to_vec());
    }
}

/// Files caught while they were being written.
fn half_written(files: &mut Vec<Sample>) {
    let Some(xml) = text("insp_record", 400) else {
        return;
    };
    let bytes = xml.as_bytes();
    let cuts = [
        ("写到一半", bytes.len() / 2),
        ("汉字写了一半", xml.find("检查").map_or(0, |at| at + 1)),
        ("标签写了一半", xml.find("</Place>").map_or(0, |at| at + 4)),
        ("声明写了一半", 20),
        ("只差最后一个尖括号", bytes.len() - 2),
        ("缺根要素结束标签", xml.rfind("</").unwrap_or(0)),
        ("刚建立还是空的", 0),
    ];
    for (name, end) in cuts {
        put(files, format!("half-written/{name}.xml"), bytes[..end].to_vec());
    }
    let wide = encode::utf16(&xml, false);
    put(files, "half-written/UTF-16只有奇数个字节.xml".to_owned(), wide[..(wide.len() / 2) | 1].to_vec());
    put(files, "half-written/尾部还是零字节.xml".to_owned(), [&bytes[..bytes.len() / 2], &[0; 2048]].concat());
}

/// Puts documents under names that begin with their place in the legal order.
fn in_order(files: &mut Vec<Sample>, folder: &str, documents: Vec<Written>) {
    for (place, written) in (1..).zip(documents) {
        put(files, format!("{folder}/{place:02}-{}.xml", written.title), written.xml.into_bytes());
    }
}

fn inspection(files: &mut Vec<Sample>) {
    let mut random = Random::new(SEED + 500);
    let office = Office::default();
    let start = NaiveTime::from_hms_opt(9, 10, 0).unwrap_or_default();
    let enterprise = Enterprise::invent(&mut random, 21);
    let mut visit = Inspection::invent(&mut random, enterprise, sample_day(), start, 2, 37);
    visit.refused = false;
    if !visit.has(Disposition::Measure) {
        visit.findings[0].1 = Disposition::Measure;
    }
    let documents = vec![
        visit.plan(&mut random, &office),
        visit.record(&mut random, &office),
        visit.measure(&mut random, &office),
        visit.order(&mut random, &office),
        visit.review(&mut random, &office, visit.deadline),
    ];
    in_order(files, "inspection", documents);
}

/// An ordinary case whose fine reaches the hearing threshold, from filing to closing.
fn case(files: &mut Vec<Sample>) {
    let mut random = Random::new(SEED + 600);
    let office = Office::default();
    let enterprise = Enterprise::invent(&mut random, 33);
    let slot = Slot { office: &office, group: 1, seq: 9, date: calendar::shift(sample_day(), 24) };
    let case = Case::with_document_on(&mut random, slot, enterprise, ORG_OFFENCES[3], Against::Enterprise, "penalty_org");
    in_order(files, "case", case.whole(&mut random, &office));
}
