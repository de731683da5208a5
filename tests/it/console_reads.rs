//! Every page of the console, as its words stand there.

use dangri_mocks::{Action, Endpoint, ErrorItem, Rule};

use crate::{
    console::{Browser, PASSWORD, add, down, office},
    harness::{Furnishing, edited, element, record},
    telling::until,
};

/// The words of a page's own part, a block a line; what is of the moment is named instead: ids, request numbers, room, the last look.
fn words(html: &str, of_the_moment: &[(String, &str)]) -> String {
    const WITHIN_A_LINE: [&str; 10] = ["a", "b", "strong", "em", "span", "time", "code", "small", "td", "th"];
    let own = html.split_once("<main").or_else(|| html.split_once("<body")).map_or(html, |(_, own)| own);
    let (mut text, mut rest) = (String::new(), own.split_once('>').map_or(own, |(_, own)| own));
    while let Some((before, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').unwrap_or((after, ""));
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        text += before;
        match name {
            "td" | "th" if !tag.starts_with('/') => text.push('　'),
            name if WITHIN_A_LINE.contains(&name) => {}
            _ => text.push('\n'),
        }
        rest = after;
    }
    for (shown, meant) in [("&#60;", "<"), ("&#62;", ">"), ("&#39;", "'"), ("&#34;", "\""), ("&#38;", "&"), ("&nbsp;", " ")] {
        text = text.replace(shown, meant);
    }
    for (part, name) in of_the_moment {
        text = text.replace(part, name);
    }
    let is_hex = |c: char| c.is_ascii_hexdigit() || c == '-';
    let requests: Vec<String> = text.split(|c| !is_hex(c)).filter(|word| word.len() == 36).map(str::to_owned).collect();
    for request in requests {
        text = text.replace(&request, "〈请求〉");
    }
    for (before, after) in [("剩 ", " GB"), ("上次巡视 ", "前")] {
        let Some((head, tail)) = text.split_once(before).and_then(|(head, tail)| Some((head, tail.split_once(after)?.1))) else { continue };
        text = format!("{head}{before}〈…〉{after}{tail}");
    }
    // How soon a file is seen differs by seconds.
    let bytes = text.clone().into_bytes();
    let is_time = |at: usize| {
        let shape = |(n, b): (usize, &u8)| if n == 2 || n == 5 { *b == b':' } else { b.is_ascii_digit() };
        bytes.get(at..at + 8).is_some_and(|part| part.iter().enumerate().all(shape))
    };
    let seconds: Vec<usize> = (0..bytes.len()).filter(|at| is_time(*at)).map(|at| at + 5).collect();
    for at in seconds.into_iter().rev() {
        text.replace_range(at..at + 3, "");
    }
    let lines = text.lines().map(|line| line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.trim().is_empty()).map(|line| format!("{}\n", line.trim())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_the_console_reads_like_this() {
    let (office, mut browser) = office(Furnishing::at("2023-04-03T22:00:00+08:00")).await;
    let nobody = browser.get("/login").await.text;
    for (name, role) in [("王芳", "经办员"), ("赵敏", "查看员"), ("孙磊", "管理员")] {
        add(&office, name, role).await;
    }
    let returned = record(3);
    let refusal =
        Action::Refuse { code: "10".into(), message: None, errors: vec![ErrorItem::new("E1", "检查时间与平台登记的不符")] };
    office.script(Rule::new(Endpoint::Put, refusal).numbered(element(&returned, "DocumentNumber")).times(1));
    office.put("入.xml", &record(1));
    office.put("坏.xml", &edited(&record(2), "<Uscc>9", "<Uscc>8"));
    office.put("退.xml", &returned);
    until(&office, "2023-04-03T22:30:00").await;
    office.script(down());
    office.put("晚.xml", &record(4));
    until(&office, "2023-04-04T00:10:00").await;

    let whoami = std::process::Command::new("id").arg("-un").output().unwrap();
    let whoami = String::from_utf8(whoami.stdout).unwrap();
    let mut moment = vec![(format!("由 {}", whoami.trim()), "由 〈系统用户〉")];
    for (name, meant) in [("入.xml", "〈甲〉"), ("坏.xml", "〈乙〉"), ("退.xml", "〈丙〉"), ("晚.xml", "〈丁〉")] {
        let id = office.record(name).await.id().to_string();
        moment.push((id[..8].to_owned(), meant));
        moment.push((id, meant));
    }
    let of = |name: &'static str| office.record(name);
    let (entered, unfit, back, late) = (of("入.xml").await.id(), of("坏.xml").await.id(), of("退.xml").await.id(), of("晚.xml").await.id());
    let mut said = format!("== 没有用户时的登录页\n{}", words(&nobody, &moment));
    said += &format!("\n== 登录页\n{}", words(&browser.get("/login").await.text, &moment));
    said += &format!("\n== 口令不对\n{}", words(&browser.login("王芳", "Whatever-1x").await.text, &moment));
    browser.login("王芳", PASSWORD).await;
    for (what, path) in [
        ("当日", "/".to_owned()),
        ("已录入的文书", format!("/doc/{entered}")),
        ("检查不合格的文书", format!("/doc/{unfit}")),
        ("平台退回的文书", format!("/doc/{back}")),
        ("没有这份文书", format!("/doc/{}", "0".repeat(32))),
        ("逾期例外", "/excuses?day=2023-04-03".to_owned()),
        ("登记例外", format!("/excuses/{late}")),
        ("经办员看用户", "/users".to_owned()),
        ("没有这一页", "/nowhere".to_owned()),
    ] {
        said += &format!("\n== {what}\n{}", words(&browser.get(&path).await.text, &moment));
    }
    let mut head = Browser::new(browser.port);
    head.login("孙磊", PASSWORD).await;
    for (what, path) in [("管理员看用户", "/users"), ("管理员看审计", "/audit")] {
        said += &format!("\n== {what}\n{}", words(&head.get(path).await.text, &moment));
    }
    insta::assert_snapshot!(said);
    office.close().await;
}
