//! Texts that are no documents: what stands in the way, and where.

use crate::{
    check::{
        say,
        schema::{Obstacle, Unreadable},
        tree::place,
    },
    document::{Finding, Place},
};

/// The finding for a text that could not be judged.
pub(in crate::check) fn unreadable(text: &str, found: &Unreadable) -> Box<Finding> {
    let place = place(text, found.at);
    let Place { line, .. } = place;
    let web_name = Some(found).filter(|found| found.why == Obstacle::Reference).and_then(|found| web_name(text, found.at));
    if let Some(name) = web_name {
        let message = format!("第 {line} 行的“{name}”是网页里的写法，文书里不认识");
        let advice = "请改成它代表的那个字，例如“&nbsp;”改成空格；多半是从网页粘贴带来的。";
        return say::file("XML-REF", place, message, String::new(), advice.to_owned());
    }
    let (rule, message, advice) = match found.why {
        Obstacle::Doctype => {
            ("XML-DTD", "文件含 DTD（<!DOCTYPE …>），不予受理".to_owned(), "请删去以 <!DOCTYPE 开头的那一段，或者从制作软件里重新导出。")
        }
        Obstacle::Truncated => {
            ("XML-CUT", format!("文件不完整：到第 {line} 行就断了，没有结束标记"), "可能没有保存完或者没有传完。请重新导出或复制一次。")
        }
        Obstacle::TagMismatch => (
            "XML-TAG",
            format!("第 {line} 行的开始标记和结束标记对不上"),
            "请检查这一行附近是否手工改动过，把标记配成对；最好从制作软件里重新导出。",
        ),
        Obstacle::Roots => (
            "XML-ROOT",
            format!("第 {line} 行：一个文件里只能有一份文书，首尾也不能有多余的文字"),
            "请一份文书存一个文件，删去多余的内容。",
        ),
        Obstacle::Character => {
            ("XML-CHAR", format!("第 {line} 行有不能使用的字符（控制字符）"), "多半是从别处粘贴带来的。请把这一行的文字重新输入一遍。")
        }
        Obstacle::Reference => {
            ("XML-REF", format!("第 {line} 行的“&”或“<”用错了"), "文字里的“&”要写成 &amp;，“<”要写成 &lt;；从制作软件里导出时会自动处理。")
        }
        Obstacle::Prefix => ("XML-PREFIX", format!("第 {line} 行用了没有声明的前缀"), "请从制作软件里重新导出。"),
        Obstacle::TwiceTheSame => ("XML-TWICE", format!("第 {line} 行的同一个属性写了两次"), "请删去多余的一个。"),
        Obstacle::Malformed => {
            ("XML-FORM", format!("第 {line} 行的 XML 写法有误，读不下去"), "请检查这一行附近是否手工改动过；最好从制作软件里重新导出。")
        }
        Obstacle::TooDeep => {
            ("XML-DEEP", format!("第 {line} 行的层次太深（超过 256 层），不予受理"), "正常的文书没有这么深。请从制作软件里重新导出。")
        }
        Obstacle::TooLong => {
            ("XML-LONG", format!("第 {line} 行有一项内容太长，不予受理"), "请检查是否误粘贴了大段内容；照片等应作为附件单独存放。")
        }
        Obstacle::TooMany => {
            ("XML-MANY", format!("第 {line} 行附近的项目或属性太多，不予受理"), "正常的文书没有这么多。请从制作软件里重新导出。")
        }
    };
    say::file(rule, place, message, String::new(), advice.to_owned())
}

/// A named character of HTML in the line at `at`, `&nbsp;`; XML has five names of its own, and no others without a DTD.
fn web_name(text: &str, at: usize) -> Option<&str> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(start..)?.lines().next()?;
    let names = line.match_indices('&').filter_map(|(at, _)| Some(&line[at..=at + line[at..].find(';')?]));
    let is_plain = |name: &str| name.len() <= 12 && name[1..name.len() - 1].bytes().all(|b| b.is_ascii_alphanumeric());
    names.into_iter().find(|name| is_plain(name) && name.len() > 3 && !["&amp;", "&lt;", "&gt;", "&quot;", "&apos;"].contains(name))
}
