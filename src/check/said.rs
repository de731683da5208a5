//! What the check says of files that are no documents and of forms that are filled in wrongly, as their authors read it: one draft for every
//! shape of finding.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use super::{
    Checker, Context, Settings, Worker,
    explain::{About, terminal},
};

fn worker(profile: &Path) -> Worker<'static> {
    Arc::new(Checker::load(profile, Settings::default()).unwrap()).worker()
}

/// What is said of each draft, and the ids of the findings.
fn said<B: AsRef<[u8]>>(worker: &Worker<'_>, drafts: impl IntoIterator<Item = (String, B)>) -> (String, BTreeSet<String>) {
    let context = Context::alone(chrono::NaiveDate::from_ymd_opt(2024, 6, 3).unwrap());
    let (mut text, mut ids) = (String::new(), BTreeSet::new());
    for (name, bytes) in drafts {
        let verdict = worker.check(bytes.as_ref(), &context);
        assert!(!verdict.findings().is_empty(), "nothing is said of {name}");
        for finding in verdict.findings() {
            assert!(!finding.message.is_ascii() && finding.advice.ends_with('。') && !finding.label.is_empty(), "{name}: {finding:?}");
            ids.insert(finding.rule.clone());
        }
        text += &terminal(About { file: &name, facts: verdict.facts() }, &verdict);
        text.push('\n');
    }
    (text, ids)
}

/// The ids that a source names with this beginning.
fn named(sources: &[&str], beginning: &str) -> BTreeSet<String> {
    let quoted = |source: &&str| source.split('"').map(str::to_owned).collect::<Vec<_>>();
    let is_id =
        |word: &String| word.strip_prefix(beginning).is_some_and(|rest| rest.chars().all(|c| c.is_ascii_uppercase()) && !rest.is_empty());
    sources.iter().flat_map(quoted).filter(is_id).collect()
}

/// A fit draft of the shipped form with a change in it.
fn changed(from: &str, to: &str) -> String {
    let text = std::fs::read_to_string("mocks/drafts/fit/insp_record.xml").unwrap();
    assert!(text.contains(from), "{from} is not there");
    text.replacen(from, to, 1)
}

/// Files that are no text, or not the text that they say they are.
fn unreadable() -> Vec<(&'static str, Vec<u8>)> {
    let fit = changed("", "");
    let gbk = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
    let utf16 = |text: &str| [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect::<Vec<u8>>();
    let marked = |bytes: &[u8]| [b"\xEF\xBB\xBF".as_slice(), bytes].concat();
    let declared = |name: &str| fit.replacen("UTF-8", name, 1);
    let latin: String = "<a>安全生产</a>".bytes().map(char::from).collect();
    let twice = encoding_rs::GBK.decode_without_bom_handling("<文书>行政处罚文件，管理执法检查</文书>".as_bytes()).0.into_owned();
    vec![
        ("空文件", Vec::new()),
        ("太大", vec![b' '; 12 << 20]),
        ("旧版 Word", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1rest".to_vec()),
        ("docx", b"PK\x03\x04....word/document.xml".to_vec()),
        ("PDF", b"%PDF-1.7".to_vec()),
        ("照片", b"\xFF\xD8\xFF\xE0".to_vec()),
        ("压缩包", b"Rar!".to_vec()),
        ("网页", b"<!DOCTYPE HTML><html>".to_vec()),
        ("表格文字", "姓名,单位\n".into()),
        ("声明 UTF-8 实为 GBK", gbk(&fit)),
        ("没有声明实为 GBK", gbk(&fit.replacen(" encoding=\"UTF-8\"", "", 1))),
        ("声明 GBK 实为 UTF-8", declared("GBK").into()),
        ("声明不支持的编码", declared("Big5").into()),
        ("声明 UTF-16 没有标记", declared("UTF-16").into()),
        ("UTF-16 缺少标记", utf16(&fit)[2..].to_vec()),
        ("标记与声明不一", marked(&gbk(&declared("GBK")))),
        ("UTF-16 标记与声明不一", utf16(&fit)),
        ("UTF-32", b"\xFF\xFE\0\0<\0\0\0".to_vec()),
        ("声明前面有空行", format!("\n{}", declared("UTF-8")).into()),
        (
            "字节不是文字",
            changed("<Place>", "<Place>\u{1}")
                .replace('\u{1}', "?")
                .into_bytes()
                .iter()
                .map(|b| if *b == b'?' { 0xFF } else { *b })
                .collect(),
        ),
        ("替换字符", changed("<Place>", "<Place>\u{fffd}").into()),
        ("锟斤拷", changed("<Place>", "<Place>锟斤拷").into()),
        ("烫烫烫", changed("<Place>", "<Place>烫烫烫").into()),
        ("转了两遍", format!("<a>\n{twice}</a>").into()),
        ("按西欧编码", latin.into()),
    ]
}

/// Texts that are no documents.
fn ill_formed() -> Vec<(&'static str, Vec<u8>)> {
    let fit = changed("", "");
    let before = |text: &str| changed("<InspectionRecord", &format!("{text}<InspectionRecord"));
    let inside = |text: &str| changed("</Place>", &format!("{text}</Place>"));
    let attributes: String = (0..300).map(|n| format!(" a{n}=\"\"")).collect();
    vec![
        ("网页里的空格", changed("<Place>", "<Place>&nbsp;").into()),
        ("文档类型声明", before("<!DOCTYPE a SYSTEM \"a.dtd\">").into()),
        ("实体", before("<!DOCTYPE a [<!ENTITY x \"y\">]>").into()),
        ("没有声明的实体", inside("&x;").into()),
        ("裸的和号", inside(" & ").into()),
        ("裸的小于号", inside("< 3").into()),
        ("断在中间", fit[..fit.find("</Place>").unwrap()].into()),
        ("标记不配对", changed("</Place>", "</Palce>").into()),
        ("两份文书", format!("{fit}<a/>").into()),
        ("控制字符", inside("\u{1}").into()),
        ("没有声明的前缀", changed("</Place>", "</Place><x:a/>").into()),
        ("同一属性两次", changed("<Place>", "<Place a=\"1\" a=\"2\">").into()),
        ("写法有误", changed("<Place>", "<Place a=1>").into()),
        ("太深", inside(&"<a>".repeat(300)).into()),
        ("一项太长", inside(&"车".repeat(2 << 20)).into()),
        ("属性太多", changed("<Place>", &format!("<Place{attributes}>")).into()),
    ]
}

#[test]
fn a_file_that_is_no_document_is_told_what_it_is() {
    let worker = worker(Path::new("config/platform/shandong"));
    let (text, heard) = said(&worker, unreadable().into_iter().chain(ill_formed()).map(|(name, bytes)| (name.to_owned(), bytes)));
    insta::assert_snapshot!(text);
    let decode = [
        include_str!("decode/mod.rs"),
        include_str!("decode/bytes.rs"),
        include_str!("decode/mojibake.rs"),
        include_str!("decode/sniff.rs"),
    ];
    let known: BTreeSet<String> =
        named(&decode, "FILE-").into_iter().chain(named(&[include_str!("schema/message/unreadable.rs")], "XML-")).collect();
    assert!(known.len() > 15);
    assert_eq!(heard, known, "a finding stands in no snapshot");
}

#[test]
fn a_form_that_is_filled_in_wrongly_reads_like_this() {
    let field = |name: &str, text: &str| {
        let fit = changed("", "");
        let (before, rest) = fit.split_once(&format!("<{name}>")).unwrap();
        let (_, after) = rest.split_once(&format!("</{name}>")).unwrap();
        format!("{before}<{name}>{text}</{name}>{after}")
    };
    // The enterprise with its first children in this order, and one of them with another value.
    let enterprise = |town: &str, order: &[&str]| {
        let fit = if town.is_empty() { changed("", "") } else { field("Town", town) };
        let (before, rest) = fit.split_once("<Enterprise>").unwrap();
        let (inside, after) = rest.split_once("<LegalRep>").unwrap();
        let element = |name: &&str| inside.lines().find(|line| line.contains(&format!("<{name}>"))).unwrap().to_owned();
        let inside: Vec<String> = order.iter().map(element).collect();
        format!("{before}<Enterprise>\n{}\n    <LegalRep>{after}", inside.join("\n"))
    };
    let moved_officers = {
        let fit = enterprise("", &["Uscc", "Name", "Address", "Town"]);
        let (before, rest) = fit.split_once("  <Enterprise>").unwrap();
        let (inside, after) = rest.split_once("</Enterprise>\n").unwrap();
        let inside = inside.replacen("宋德胜", &"宋".repeat(26), 1);
        after
            .split_once("  </Officers>\n")
            .map(|(officers, rest)| format!("{before}{officers}  </Officers>\n  <Enterprise>{inside}</Enterprise>\n{rest}"))
            .unwrap()
    };
    let drafts = [
        ("没有这种文书", "<Nothing xmlns=\"urn:dangri:document:1\"/>".to_owned()),
        ("没有命名空间", "<InspectionRecord/>".to_owned()),
        ("种类不符", field("Kind", "insp_plan")),
        ("表单版本不符", field("SchemaVersion", "2019.1")),
        ("缺一项", changed("<Place>生产车间、仓库、配电室及安全管理资料室</Place>", "")),
        ("缺开头一项", changed("<DraftId>806f9909-d685-4bd9-84c6-2e907bddc5a9</DraftId>", "")),
        ("多一项", changed("</Officers>", "</Officers><Weather>晴</Weather>")),
        ("名称写成中文", changed("<RecorderId>DSJ-105</RecorderId>", "<RecorderID>DSJ-105</RecorderID>")),
        ("两处", changed("<RecorderId>DSJ-105</RecorderId>", "<RecorderId>DSJ-105</RecorderId><RecorderId>DSJ-106</RecorderId>")),
        ("次序", changed("<Kind>insp_record</Kind>", "").replacen("<DraftId>", "<Kind>insp_record</Kind><DraftId>", 1)),
        ("次序全乱", enterprise("", &["Town", "Address", "Uscc", "Name"])),
        ("次序不对，又写错、缺项", enterprise("双杨镇", &["Uscc", "Town", "Name"]).replacen("<Place>", "<Weather/><Place>", 1)),
        ("整块的位置不对", moved_officers),
        ("没有填", field("Place", "")),
        ("太长", field("Place", &"车".repeat(53))),
        ("日期写成中文", field("DocumentDate", "2023年4月3日")),
        ("没有这一天", field("DocumentDate", "2023-02-30")),
        ("时间没有时区", field("Start", "2023-04-14 9:15")),
        ("不在单子里", field("AuthorLevel", "市级")),
        ("单子里的中文", field("AuthorLevel", "区级")),
        ("镇办写成名称", field("Town", "双杨镇")),
        ("检查编号写成中文", field("InspectionId", "检查1205号")),
        ("草稿编号不对", field("DraftId", "1205")),
        ("表单版本写法不对", field("SchemaVersion", "二〇二三")),
        ("信用代码小写带空格", changed("<Uscc>91370302MA800RTD6X", "<Uscc>91370302 ma800rtd6x")),
        ("信用代码少一位", changed("<Uscc>91370302MA800RTD6X", "<Uscc>91370302MA800RTD6")),
    ];
    let worker = worker(Path::new("config/platform/shandong"));
    insta::assert_snapshot!(said(&worker, drafts.map(|(name, text)| (name.to_owned(), text))).0);
}

/// A made-up form that asks for whatever a schema can ask.
const FORM: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:form" targetNamespace="urn:form" elementFormDefault="qualified">
<xs:simpleType name="Code"><xs:restriction base="xs:token"><xs:length value="4"/></xs:restriction></xs:simpleType>
<xs:simpleType name="Title"><xs:restriction base="xs:token"><xs:minLength value="3"/><xs:maxLength value="5"/></xs:restriction></xs:simpleType>
<xs:simpleType name="Amount"><xs:restriction base="xs:decimal"><xs:minInclusive value="1"/><xs:maxInclusive value="99999"/><xs:totalDigits value="6"/><xs:fractionDigits value="2"/></xs:restriction></xs:simpleType>
<xs:simpleType name="Share"><xs:restriction base="xs:decimal"><xs:minExclusive value="0"/><xs:maxExclusive value="1"/></xs:restriction></xs:simpleType>
<xs:simpleType name="Sort"><xs:restriction base="xs:token"><xs:enumeration value="a"/><xs:enumeration value="b"/></xs:restriction></xs:simpleType>
<xs:simpleType name="Post"><xs:restriction base="xs:token"><xs:pattern value="[0-9]{6}"/></xs:restriction></xs:simpleType>
<xs:simpleType name="Plate"><xs:restriction base="xs:token"><xs:pattern value="鲁C[0-9]{5}"/></xs:restriction></xs:simpleType>
<xs:complexType name="Any" abstract="true"/>
<xs:complexType name="Row"><xs:attribute name="no" type="xs:int"/><xs:attribute name="id" type="xs:ID"/><xs:attribute name="see" type="xs:IDREF"/><xs:attribute name="fix" type="xs:token" fixed="定"/></xs:complexType>
<xs:complexType name="Form"><xs:sequence>
<xs:element name="Code" type="Code"><xs:annotation><xs:documentation>代码</xs:documentation></xs:annotation></xs:element>
<xs:element name="Title" type="Title"><xs:annotation><xs:documentation>名称</xs:documentation></xs:annotation></xs:element>
<xs:element name="Amount" type="Amount"><xs:annotation><xs:documentation>数额</xs:documentation></xs:annotation></xs:element>
<xs:element name="Share" type="Share"><xs:annotation><xs:documentation>比例</xs:documentation></xs:annotation></xs:element>
<xs:element name="Sort" type="Sort"><xs:annotation><xs:documentation>种类</xs:documentation></xs:annotation></xs:element>
<xs:element name="Post" type="Post"><xs:annotation><xs:documentation>邮编</xs:documentation></xs:annotation></xs:element>
<xs:element name="Plate" type="Plate"><xs:annotation><xs:documentation>车牌</xs:documentation></xs:annotation></xs:element>
<xs:element name="Day" type="xs:date"><xs:annotation><xs:documentation>日期</xs:documentation></xs:annotation></xs:element>
<xs:element name="Moment" type="xs:dateTime"><xs:annotation><xs:documentation>时间</xs:documentation></xs:annotation></xs:element>
<xs:element name="Hour" type="xs:time"><xs:annotation><xs:documentation>钟点</xs:documentation></xs:annotation></xs:element>
<xs:element name="Yes" type="xs:boolean"><xs:annotation><xs:documentation>是否</xs:documentation></xs:annotation></xs:element>
<xs:element name="Count" type="xs:integer"><xs:annotation><xs:documentation>件数</xs:documentation></xs:annotation></xs:element>
<xs:element name="Scan" type="xs:base64Binary"><xs:annotation><xs:documentation>扫描件</xs:documentation></xs:annotation></xs:element>
<xs:element name="Fixed" type="xs:token" fixed="甲"><xs:annotation><xs:documentation>定值</xs:documentation></xs:annotation></xs:element>
<xs:element name="Nothing"><xs:annotation><xs:documentation>空项</xs:documentation></xs:annotation><xs:complexType/></xs:element>
<xs:choice><xs:element name="Person" type="xs:token"><xs:annotation><xs:documentation>个人</xs:documentation></xs:annotation></xs:element><xs:element name="Firm" type="xs:token"><xs:annotation><xs:documentation>单位</xs:documentation></xs:annotation></xs:element></xs:choice>
<xs:element name="Row" type="Row" maxOccurs="3"><xs:annotation><xs:documentation>行</xs:documentation></xs:annotation></xs:element>
<xs:element name="See" maxOccurs="2"><xs:annotation><xs:documentation>参见</xs:documentation></xs:annotation><xs:complexType><xs:attribute name="no" type="xs:int" use="required"><xs:annotation><xs:documentation>序号</xs:documentation></xs:annotation></xs:attribute></xs:complexType></xs:element>
</xs:sequence></xs:complexType>
<xs:element name="Form" type="Form"><xs:annotation><xs:documentation>表单</xs:documentation></xs:annotation>
<xs:key name="rows"><xs:selector xpath="f:Row" xmlns:f="urn:form"/><xs:field xpath="@no"/></xs:key>
<xs:keyref name="seen" refer="rows"><xs:selector xpath="f:See" xmlns:f="urn:form"/><xs:field xpath="@no"/></xs:keyref></xs:element>
</xs:schema>"#;

/// That form, filled in as it should be.
const FILLED: &str = r#"<Form xmlns="urn:form" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Code>甲乙丙丁</Code><Title>机械厂</Title>
<Amount>12.50</Amount><Share>0.5</Share><Sort>a</Sort><Post>255100</Post><Plate>鲁C12345</Plate><Day>2023-04-03</Day>
<Moment>2023-04-03T09:30:00+08:00</Moment><Hour>09:30:00</Hour><Yes>true</Yes><Count>3</Count><Scan>YQ==</Scan><Fixed>甲</Fixed>
<Nothing/><Person>某某</Person>
<Row no="1" id="r1"/><Row no="2" id="r2" see="r1"/>
<See no="1"/></Form>"#;

/// Every shape of finding that a schema can give: what is wrong, and the change to the form that makes it so.
const SHAPES: &[(&str, &str, &str)] = &[
    ("长度不对", "甲乙丙丁", "甲乙"),
    ("太短", "机械厂", "厂"),
    ("太长", "机械厂", "机械厂机械厂"),
    ("太小", "12.50", "0.5"),
    ("太大", "12.50", "100000"),
    ("位数太多", "12.50", "12345.67"),
    ("小数太多", "12.50", "12.505"),
    ("数字带逗号和单位", "12.50", "1,200元"),
    ("必须更大", "0.5", "0"),
    ("必须更小", "0.5", "1"),
    ("不在单子里", ">a<", ">c<"),
    ("大小写", ">a<", ">A<"),
    ("少一位", "255100", "25510"),
    ("写法不对", "鲁C12345", "鲁D12345"),
    ("不是日期", "2023-04-03<", "四月三日<"),
    ("不是时间", "2023-04-03T09:30:00+08:00", "上午"),
    ("不是钟点", ">09:30:00", ">九点半"),
    ("是写成中文", ">true", ">是"),
    ("不是是否", ">true", ">也许"),
    ("不是整数", ">3<", ">三<"),
    ("附件损坏", "YQ==", "Y?"),
    ("不是定值", "<Fixed>甲", "<Fixed>乙"),
    ("应当为空", "<Nothing/>", "<Nothing>有</Nothing>"),
    ("不该直接写文字", "<Nothing/>", "<Nothing/>文字"),
    ("都没有填", "<Person>某某</Person>", ""),
    ("两项都填", "<Person>某某</Person>", "<Person>某某</Person><Firm>某某</Firm>"),
    ("太多", "<See no=\"1\"/>", "<See no=\"1\"/><See no=\"1\"/><See no=\"1\"/>"),
    ("缺属性", "<See no=\"1\"/>", "<See/>"),
    ("多属性", "<See no", "<See od=\"1\" no"),
    ("编号重复", "no=\"2\"", "no=\"1\""),
    ("没有编号", "<Row no=\"2\"", "<Row"),
    ("参见的编号没有", "<See no=\"1\"", "<See no=\"7\""),
    ("标识重复", "id=\"r2\"", "id=\"r1\""),
    ("标识没有", "see=\"r1\"", "see=\"r9\""),
    ("属性定值", "id=\"r2\"", "fix=\"动\""),
    ("标为空", "<Yes>true</Yes>", "<Yes xsi:nil=\"true\"/>"),
    ("类型不认识", "<Yes>", "<Yes xsi:type=\"None\">"),
    ("类型不对", "<Yes>", "<Yes xsi:type=\"Title\">"),
    ("没有填", "<Title>机械厂", "<Title>"),
    ("另一个命名空间", "<Yes>true</Yes>", "<Yes xmlns=\"urn:other\">true</Yes>"),
];

#[test]
fn whatever_a_schema_can_ask_is_said_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("form.xsd");
    std::fs::write(&schema, FORM).unwrap();
    let worker = worker(&schema);
    assert!(worker.check(FILLED.as_bytes(), &Context::alone(chrono::NaiveDate::MIN)).findings().is_empty());
    let drafts = SHAPES.iter().map(|(name, from, to)| {
        assert!(FILLED.contains(from), "{from}");
        ((*name).to_owned(), FILLED.replacen(from, to, 1))
    });
    let (text, heard) = said(&worker, drafts);
    insta::assert_snapshot!(text);
    insta::assert_snapshot!("ids_of_the_shapes", heard.into_iter().collect::<Vec<_>>().join("\n"));
}
