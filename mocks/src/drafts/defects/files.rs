//! Files that cannot be read as the document they are meant to be.

use super::super::encode;
use super::surgery::{map, swap};
use super::{Defect, Expect};

const fn file(id: &'static str, name: &'static str, kind: &'static str, change: fn(&str) -> Option<Vec<u8>>) -> Defect {
    Defect::bytes(name, kind, Expect::File(id), change)
}

/// Puts a document type declaration before the root element.
fn with_doctype(xml: &str, doctype: &str) -> Option<String> {
    let at = xml.find("?>")? + 2;
    Some(format!("{}\n{doctype}{}", &xml[..at], &xml[at..]))
}

pub(super) static DEFECTS: &[Defect] = &[
    file("FILE-ENCODING", "声明UTF-8实为GBK", "insp_record", |xml| Some(encode::gbk_declared_utf8(xml))),
    file("FILE-ENCODING", "声明GB18030实为UTF-8", "rectify_order", |xml| {
        swap(xml, "encoding=\"UTF-8\"", "encoding=\"GB18030\"").map(String::into_bytes)
    }),
    file("FILE-ENCODING", "编码声明不认识", "rectify_review", |xml| {
        swap(xml, "encoding=\"UTF-8\"", "encoding=\"GB-WPS\"").map(String::into_bytes)
    }),
    file("FILE-GARBLED", "文字中间断了字节", "case_filing", |xml| {
        let at = xml.find("<Summary>")?;
        let at = at + xml[at..].find('年')? + 1;
        let mut bytes = xml.as_bytes().to_vec();
        bytes.remove(at);
        Some(bytes)
    }),
    file("XML-CHAR", "含控制字符", "onsite_measure", |xml| {
        map(xml, "Problems/Problem", |old| format!("{old}\u{8}")).map(String::into_bytes)
    }),
    file("FILE-MOJIBAKE", "单位名称是乱码", "insp_record", |xml| {
        map(xml, "Enterprise/Name", |_| "淄博锟斤拷锟斤拷有限公司".to_owned()).map(String::into_bytes)
    }),
    file("FILE-MOJIBAKE", "文字按西欧编码转了两遍", "preserve_notice", |xml| {
        map(xml, "SuspectedAct", encode::as_western).map(String::into_bytes)
    }),
    file("XML-DTD", "引用外部实体", "insp_record", |xml| {
        let xml = with_doctype(xml, "<!DOCTYPE InspectionRecord [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>")?;
        map(&xml, "Place", |_| "&x;".to_owned()).map(String::into_bytes)
    }),
    file("XML-DTD", "实体层层展开", "rectify_order", |xml| {
        let mut dtd = String::from("<!DOCTYPE RectifyOrder [<!ENTITY a0 \"当日录入\">");
        for level in 1..10 {
            dtd.push_str(&format!("<!ENTITY a{level} \"{}\">", format!("&a{};", level - 1).repeat(10)));
        }
        dtd.push_str("]>");
        map(&with_doctype(xml, &dtd)?, "Problems/Problem", |_| "&a9;".to_owned()).map(String::into_bytes)
    }),
    file("XML-DTD", "带有文档类型声明", "insp_plan", |xml| with_doctype(xml, "<!DOCTYPE InspectionPlan>").map(String::into_bytes)),
    file("XML-TAG", "标签没有关闭", "penalty_org", |xml| xml.replacen("</Facts>", "", 1).into_bytes().into()),
    file("XML-FORM", "文字里有裸的小于号", "insp_record", |xml| {
        map(xml, "Situation", |old| format!("{old}温度<60度")).map(String::into_bytes)
    }),
    file("XML-TWICE", "同一属性写了两遍", "rectify_order", |xml| {
        swap(xml, "<Item no=\"1\"", "<Item no=\"1\" no=\"1\"").map(String::into_bytes)
    }),
    file("XML-ROOT", "两个根要素", "insp_plan", |xml| {
        Some(format!("{xml}<InspectionPlan xmlns=\"urn:dangri:document:1\"/>\n").into_bytes())
    })
    .endless(),
    file("FILE-EMPTY", "空文件", "service_receipt", |_| Some(Vec::new())).endless(),
    file("FILE-KIND", "Word文档改了扩展名", "case_close", |_| {
        Some(b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00[Content_Types].xml".to_vec())
    })
    .endless(),
    file("XML-DEEP", "嵌套过深", "insp_record", |xml| {
        let deep = format!("{}{}", "<Place>".repeat(3000), "</Place>".repeat(3000));
        super::surgery::replace(xml, "Place", &deep).map(String::into_bytes)
    }),
    file("XML-MANY", "属性过多", "rectify_order", |xml| {
        let many: String = (0..2000).map(|n| format!(" a{n}=\"1\"")).collect();
        swap(xml, "<Item no=\"1\"", &format!("<Item no=\"1\"{many}")).map(String::into_bytes)
    }),
];
